"""A picture, a card, a report never costs a run: the results are written first."""

import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import etudes
from etudes.cli import run as command
from etudes.contract import Result
from etudes.runs import Run
from etudes.runs.failpoints import injected
from etudes.views.progress import NoProgress

STUDY = "deep_dream"


class Listening(NoProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def message(self, text: Any) -> None:
        self.lines.append(str(text))


def fail(*_: object, **__: object) -> None:
    raise ValueError("nothing can be drawn today")


def test_a_picture_that_cannot_be_drawn_costs_one_line_each(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that training draws too; and later they are drawn again."""
    with monkeypatch.context() as patched:
        patched.setattr("matplotlib.figure.Figure.savefig", fail)  # curves
        for module, function in (("evaluate", "before_after"), ("study", "octave_strip")):
            patched.setattr(import_module(f"etudes.experiments.{STUDY}.{module}"), function, fail)
        progress = Listening()
        run = etudes.train(STUDY, preset="tiny", out="run", progress=progress)
    failed = [line for line in progress.lines if "nothing can be drawn today" in line]
    assert [line.split(" could")[0] for line in failed] == ["octaves", "before-after", "learning curves"]
    assert "etudes evaluate run" in failed[-1]
    assert run.finished
    assert {"loss_ratio"} < set(run.results()["metrics"])
    assert (run.folder / "card.md").exists()
    assert (run.folder / "report.html").exists()
    assert sorted(path.name for path in run.pictures.glob("*.png")) == ["dream.png", "octave-1.png", "octave-2.png"]
    result = etudes.evaluate(run)
    assert set(result.files) == {"dream", "before-after"}
    etudes.report(run)
    assert (run.pictures / "learning-curves.png").exists()


@pytest.mark.parametrize("broken", ["write_card", "write_report", "save_result", "_save_curves"])
def test_whatever_fails_after_the_results_the_rest_is_written(
    broken: str, tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from etudes.actions.showing import show_finished

    run, progress = tiny_run(STUDY, tmp_path / "run"), Listening()
    written = {"write_card": "card.md", "write_report": "report.html", "save_result": "evaluate.json"}
    written["_save_curves"] = "pictures/learning-curves.png"
    for name in written.values():
        (run.folder / name).unlink()
    monkeypatch.setattr(f"etudes.actions.showing.{broken}", fail)
    show_finished(run, Result({"loss_ratio": 1.0}), progress, {})
    (line,) = progress.lines
    assert "nothing can be drawn today" in line
    there = {name for name in written.values() if (run.folder / name).exists()}
    # The report draws the curves where they are missing.
    assert set(written.values()) - there == {written[broken]} - {"pictures/learning-curves.png"}


def test_a_run_whose_process_died_once_the_results_were_there_is_finished(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its report makes what is missing."""
    run = tiny_run(STUDY, tmp_path / "run")
    shutil.rmtree(run.folder / "pictures")
    for name in ("evaluate.json", "card.md", "report.html"):
        (run.folder / name).unlink()
    assert command(["resume", str(run), "--quiet"]) == 0
    assert command(["report", str(run)]) == 0
    made = {path.name for path in run.folder.rglob("*")}
    assert made >= {"card.md", "report.html", "evaluate.json", "learning-curves.png", "before-after.png"}
    assert "before-after" in (run.folder / "card.md").read_text()
    capsys.readouterr()


def test_results_come_before_pictures(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies while it draws leaves a finished run."""
    run = tiny_run(STUDY, tmp_path / "run")
    (run.folder / "results.json").unlink()

    class Died(BaseException):
        pass

    def die(*_: object) -> None:
        assert run.finished
        raise Died

    monkeypatch.setattr("etudes.contract.Result.draw", die)
    with pytest.raises(Died):
        etudes.resume(run, quiet=True)
    assert run.finished


def test_a_full_disk_before_the_results_leaves_the_run_to_be_resumed(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path
) -> None:
    run = tiny_run(STUDY, tmp_path / "run")
    before = run.results()
    (run.folder / "results.json").unlink()
    with injected("results.json:half=full"), pytest.raises(etudes.UserError, match="resume"):
        etudes.resume(run, quiet=True)
    assert not run.finished
    assert etudes.resume(run, quiet=True).results()["metrics"] == before["metrics"]


def test_what_a_result_draws_is_drawn_once_and_trouble_named() -> None:
    from PIL import Image

    drawn: list[str] = []

    def draw() -> Image.Image:
        drawn.append("good")
        return Image.new("L", (1, 1))

    result = Result(drawings={"bad": fail, "good": draw})  # type: ignore[dict-item]
    assert result.draw() == ["bad could not be drawn: ValueError: nothing can be drawn today"]
    assert result.draw() == []
    assert (list(result.pictures), drawn) == (["good"], ["good"])
