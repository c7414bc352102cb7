"""`reproduce`: the same bits come out again, and where they do not, it says what differs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import etudes
from etudes.cli import run
from etudes.errors import UserError
from etudes.runs import Run


@pytest.fixture
def finished(tmp_path: Path, runs: Path, tiny_run: Callable[[str, Path], Run]) -> Run:
    return tiny_run("deep_dream", tmp_path / "first")


def test_a_run_is_reproduced_bit_for_bit_and_leaves_nothing(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(finished.folder.parent.iterdir())
    assert run(["reproduce", str(finished), "--quiet", "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert metrics["same"] is True
    assert metrics["weights_sha256"] == metrics["weights_sha256_again"]
    assert sorted(finished.folder.parent.iterdir()) == before


def test_what_differs_is_named(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (finished.folder / "metrics.jsonl").read_text().splitlines()
    record = json.loads(lines[0])
    lines[0] = json.dumps({**record, "loss": record["loss"] + 1e-9})
    (finished.folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    environment = finished.read_json("environment.json")
    environment["versions"]["keras"] = "3.0.0"
    finished.write_json("environment.json", environment)
    finished.write_json("results.json", {**finished.read_json("results.json"), "weights_sha256": "other"})
    assert run(["reproduce", str(finished), "--quiet", "--out", str(finished.folder.parent / "again")]) == 1
    said = capsys.readouterr().out
    assert "not the same" in said
    assert "3.0.0" in said
    assert "octave-1" in said
    assert Run(finished.folder.parent / "again").finished


def test_an_unfinished_run_cannot_be_reproduced(finished: Run) -> None:
    (finished.folder / "results.json").unlink()
    with pytest.raises(UserError, match="not finished"):
        etudes.reproduce(finished, quiet=True)
