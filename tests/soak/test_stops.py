"""Signals, a full disk, a folder that vanishes or is in use: one line, the right exit code, and nothing is lost."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import etudes
from etudes.errors import UserError
from etudes.runs import Run
from etudes.views.progress import NoProgress
from soak.forking import Forks
from soak.kills import end_of, finish, kill_at, words_for

FITTED, QUICK = "cifar10_cnn", "deep_dream"
"""One whose epochs are Keras' own `fit`, and the one that is the quickest to start."""

pytestmark = pytest.mark.long


def last_line(log: Path) -> str:
    """The last line that the command wrote."""
    return log.read_text(encoding="utf-8").strip().split("\n")[-1]


@pytest.mark.parametrize(("action", "code"), [("interrupt", 130), ("terminate", 143)])
def test_a_signal_saves_and_says_how_to_go_on(
    action: str, code: int, forks: Forks, straight: Callable[[str], Any], tmp_path: Path
) -> None:
    folder, log = tmp_path / "run", tmp_path / "log.txt"
    assert forks.run(words_for(FITTED, folder), log, ETUDES_FAILPOINT=f"validation={action}") == code
    line = last_line(log)
    assert line.startswith("etudes: ")
    assert line.endswith(f"continue with `etudes resume {folder}`")
    assert (folder / "checkpoints" / "current.safetensors").exists()
    assert forks.run(["resume", str(folder), "--quiet"], tmp_path / "resumed.txt") == 0
    assert end_of(folder) == straight(FITTED)


def test_a_signal_before_the_first_step_leaves_a_run_that_goes_on(
    forks: Forks, straight: Callable[[str], Any], tmp_path: Path
) -> None:
    folder, log = tmp_path / "run", tmp_path / "log.txt"
    assert forks.run(words_for(QUICK, folder), log, ETUDES_FAILPOINT="environment.json:done=terminate") == 143
    assert "stopped by SIGTERM" in last_line(log)
    assert finish(forks, QUICK, folder, log) == straight(QUICK)


@pytest.mark.parametrize(
    ("etude", "file"),
    [
        (FITTED, "current.safetensors"),
        (QUICK, "weights.safetensors"),
        (QUICK, "weights.json"),
        (QUICK, "results.json"),
    ],
)
def test_a_disk_that_is_full_for_one_file_loses_nothing(
    etude: str, file: str, forks: Forks, straight: Callable[[str], Any], tmp_path: Path
) -> None:
    folder, log = tmp_path / "run", tmp_path / "log.txt"
    code = forks.run(words_for(etude, folder), log, ETUDES_FAILPOINT=f"{file}:half=full", ETUDES_CHECKPOINT_SECONDS="0")
    assert code == 2
    assert "run cannot be written to: No space left on device; fix that" in last_line(log)
    assert not list(folder.rglob("*.writing"))
    assert finish(forks, etude, folder, log) == straight(etude)


def test_a_disk_that_is_full_at_any_size_loses_nothing(
    forks: Forks, straight: Callable[[str], Any], tmp_path: Path
) -> None:
    folder, log = tmp_path / "run", tmp_path / "log.txt"
    assert kill_at(forks, FITTED, folder, "epoch", log)
    size = (folder / "checkpoints" / "current.safetensors").stat().st_size
    for limit in (300, 3_000, size // 2, size - 1):
        before = (folder / "checkpoints" / "current.safetensors").read_bytes()
        said = tmp_path / f"{limit}.txt"
        assert forks.run(words_for(FITTED, folder), said, largest_file=limit, ETUDES_CHECKPOINT_SECONDS="0") == 2
        assert "cannot be written to: File too large" in said.read_text(encoding="utf-8")
        assert (folder / "checkpoints" / "current.safetensors").read_bytes() == before
    assert finish(forks, FITTED, folder, log) == straight(FITTED)


def test_a_killed_run_can_be_finished_as_it_is(forks: Forks, tmp_path: Path) -> None:
    folder, log = tmp_path / "run", tmp_path / "log.txt"
    assert kill_at(forks, FITTED, folder, "epoch@2", log)
    assert forks.run(["finish", str(folder), "--quiet"], log) == 0
    assert Run(folder).finished_early == "finished early after 1 of 2 epochs"
    assert etudes.evaluate(folder).metrics == Run(folder).results()["metrics"]


class Removing(NoProgress):
    """A progress callback that removes the run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def test_a_folder_that_vanishes_is_one_line(tmp_path: Path, runs: Path) -> None:
    with pytest.raises(UserError, match="is gone: the training stopped"):
        etudes.train("deep_dream", preset="tiny", out=tmp_path / "run", progress=Removing(tmp_path / "run"))


def test_a_second_process_is_refused_before_it_loads_anything(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with Run(folder).locked():
        command = [sys.executable, "-X", "importtime", "-m", "etudes", *words_for("deep_dream", folder)]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "is in use by another process" in refused.stderr
    assert "keras.src" not in refused.stderr


def test_a_run_goes_on_only_on_its_backend_with_its_data_and_settings(
    forks: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, log = tmp_path / "run", tmp_path / "log.txt"
    assert kill_at(forks, FITTED, folder, "epoch", log)
    with pytest.raises(UserError, match="began on tensorflow"):
        etudes.train(FITTED, preset="tiny", out=folder, backend="jax")
    header = Run(folder).header()
    Run(folder).write_header({**header, "fingerprint": "other"})
    with pytest.raises(UserError, match=r"changed since .* began"):
        etudes.resume(folder, quiet=True)
    Run(folder).write_header({**header, "preset": "demo"})
    with pytest.raises(UserError, match="belongs to other settings"):
        etudes.resume(folder, quiet=True)
