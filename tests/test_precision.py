"""What `--precision auto` means is decided once, where a run begins, and stands in its settings."""

from pathlib import Path
from typing import Any

import pytest

import etudes
from etudes.errors import UserError
from etudes.training import backend
from etudes.views.progress import NoProgress


class Listening(NoProgress):
    """A progress callback that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: Any) -> None:
        self.said.append(str(text))


def test_auto_is_decided_by_the_machine_said_and_kept(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(machine_has_it: bool, progress: Listening) -> Any:
        monkeypatch.setattr(backend, "has_bfloat16", lambda: machine_has_it)
        settings = {"precision": "auto", "epochs": 1, "baselines": ()}
        return etudes.train("antirectifier", preset="tiny", out=tmp_path / "run", progress=progress, **settings)

    progress = Listening()
    run = train(True, progress)
    assert run.header()["settings"]["precision"] == "bfloat16"
    assert run.read_json("environment.json")["precision"] == "bfloat16"
    assert "precision bfloat16: this machine has it in hardware (--precision chooses)" in progress.said
    (run.folder / "results.json").unlink()
    later = Listening()
    assert train(False, later).read_json("environment.json")["precision"] == "bfloat16", "a run keeps what it began in"
    assert not any(line.startswith("precision") for line in later.said)
    (run.folder / "results.json").unlink()
    with pytest.raises(UserError, match="--precision"):
        etudes.train("antirectifier", preset="tiny", out=run.folder, precision="float32", epochs=1, baselines=())
