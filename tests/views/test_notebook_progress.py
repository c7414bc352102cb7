"""In a notebook the progress is one line that is replaced, however many epochs there are."""

import io
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etudes.views.progress import ProgressInNotebook, ProgressLines, progress_for

display = pytest.importorskip("IPython.display")


class Line:
    """What `display` returns: it can be updated."""

    def __init__(self, shown: Any) -> None:
        self.shown = [shown.data]

    def update(self, shown: Any) -> None:
        self.shown.append(shown.data)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Line]:
    made: list[Line] = []

    def show(shown: Any, display_id: bool = False) -> Line:
        made.append(Line(shown))
        return made[-1]

    monkeypatch.setattr(display, "display", show)
    return made


def train(progress: ProgressLines, phases: int = 1, epochs: int = 100) -> None:
    with progress:
        for phase in range(phases):
            progress.on_phase_begin(f"<phase {phase}>", epochs, 0)
            for epoch in range(epochs):
                progress.on_epoch_begin(epoch, 10)
                progress.on_batch_end(10, {"loss": 0.5})
                progress.on_epoch_end(
                    {"phase": "p", "epoch": epoch + 1, "seconds": 1.0, "samples_per_second": 9.0, "loss": 0.25}
                )
                progress.message(Text(f"✓ epoch {epoch}", style="green"))


def test_one_line_for_each_phase_and_one_of_the_latest_epoch(lines: list[Line]) -> None:
    console = Console(file=io.StringIO(), force_jupyter=False)
    train(ProgressInNotebook(console), phases=2)
    assert len(lines) == 3
    assert "100/100" in lines[0].shown[-1]
    assert "loss 0.25" in lines[0].shown[-1]
    assert "&lt;phase 0&gt;" in lines[0].shown[-1]
    assert "epoch 99" in lines[1].shown[-1]
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]


def test_tables_before_the_training_can_be_opened_and_lines_are_printed(lines: list[Line]) -> None:
    console = Console(file=io.StringIO(), force_jupyter=False)
    progress, table = ProgressInNotebook(console), Table("class", title="pictures <b>")
    table.add_row("<script>")
    progress.message(table)
    progress.message("one file was left out")
    assert "<details>" in lines[0].shown[0]
    assert "<script>" not in lines[0].shown[0]
    assert console.file.getvalue() == "one file was left out\n"  # type: ignore[attr-defined]


def test_a_notebook_gets_the_live_line_and_a_pipe_gets_plain_lines() -> None:
    assert isinstance(progress_for(Console(force_jupyter=True), quiet=False), ProgressInNotebook)
    assert type(progress_for(Console(file=io.StringIO(), force_jupyter=False), quiet=False)) is ProgressLines
    assert not isinstance(progress_for(Console(force_jupyter=True), quiet=True), ProgressLines)
