"""However many classes there are: what is drawn stays small."""

import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from etudes.analysis.classification import MANY_CLASSES, evaluate_classifier
from etudes.contract import Images, Table
from etudes.experiments.antirectifier.pictures import Activity, dead_units
from etudes.experiments.mnist_acgan.pictures import MAX_ROWS, class_grid
from etudes.views import card, terminal
from etudes.views.confusion import MAX_CELLS, MAX_CLASSES, MAX_SIDE, confusion_cells, confusion_page
from etudes.views.grids import confusion_matrix
from etudes.views.plotting import MAX_PIXELS, figure, picture


def answers(classes: int, each: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted classes; a third is wrong."""
    truth = np.arange(classes).repeat(each)
    return truth, np.where(np.arange(len(truth)) % 3 == 0, (truth * 7 + 1) % classes, truth)


@pytest.mark.parametrize("classes", [150, 1003, 4000])
def test_a_matrix_of_any_size_is_a_picture_of_one_size(classes: int) -> None:
    names = [f"class {number}" for number in range(classes)]
    drawn = confusion_matrix(*answers(classes), names, "t")
    assert drawn.size == confusion_matrix(*answers(130), names[:130], "t").size
    assert drawn.width * drawn.height < MAX_PIXELS


def test_a_matrix_of_many_classes_shows_where_they_are_confused() -> None:
    truth = np.arange(400).repeat(2)
    names = [str(number) for number in range(400)]
    right = np.asarray(confusion_matrix(truth, truth, names, "t").convert("L"), np.int64)
    wrong = np.asarray(confusion_matrix(truth, np.where(truth == 30, 370, truth), names, "t").convert("L"), np.int64)
    changed = np.argwhere(right != wrong)
    assert 0 < len(changed) < 200


def test_a_plot_larger_than_the_budget_is_drawn_with_fewer_dots() -> None:
    with figure(700, 30) as drawn:
        drawn.add_subplot().plot([1, 2])
        found = picture(drawn)
    assert found.width * found.height <= MAX_PIXELS * 1.01


def test_the_dead_units_of_many_classes_fit_a_page() -> None:
    found = [Activity("net", 1, np.zeros((900, 5)), np.zeros(5))]
    assert dead_units(found, [f"class {number}" for number in range(900)]).width < 3000


def test_a_grid_of_many_classes_shows_the_first_and_says_so() -> None:
    tiles = np.zeros((300 * 2, 8, 8, 1), np.uint8)
    names = [f"c{number}" for number in range(300)]
    assert class_grid(tiles, names, "t").height == class_grid(tiles[:400], names[:200], "t").height
    assert class_grid(tiles, names).height < class_grid(tiles[: 2 * MAX_ROWS], names[:MAX_ROWS]).height * 1.1


class Cells(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.count, self.links, self.ids = 0, set[str](), set[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.count += tag == "td"
        self.ids |= {str(given["id"])} if "id" in given else set()
        self.links |= {str(given["href"])[1:]} if tag == "a" else set()


@pytest.mark.parametrize("classes", [MAX_CLASSES, MAX_CLASSES + 1, 700])
def test_a_page_has_so_many_cells_and_no_more(classes: int, tmp_path: Path) -> None:
    truth, guess = answers(classes)
    names = [f"class {number} $" for number in range(classes)]
    _, record = confusion_cells(np.zeros((len(truth), 2, 2, 1), np.uint8), truth, guess, np.ones(len(truth)), names)
    (tmp_path / "confusion.json").write_text(json.dumps(record))
    page = confusion_page(tmp_path)
    found = Cells(page)
    assert found.count <= MAX_CLASSES**2 + 1
    assert found.links <= found.ids
    mistakes = {pair for pair in zip(truth.tolist(), guess.tolist(), strict=True) if pair[0] != pair[1]}
    assert len(record["cells"]) == min(MAX_CELLS, len(mistakes))
    assert ("counts" in record) == (classes <= MAX_CLASSES)
    assert f"{names[1]}</th>" in page


def test_large_pictures_are_small_on_the_sheet_of_a_cell() -> None:
    pictures = np.zeros((2, 700, 900, 3), np.uint8)
    sheets, _ = confusion_cells(pictures, np.array([0, 1]), np.array([1, 1]), np.ones(2), ("a", "b"))
    (sheet,) = sheets.values()
    assert isinstance(drawn := sheet(), Image.Image)
    assert max(drawn.size) <= MAX_SIDE + 30


def test_tables_are_printed_to_a_limit() -> None:
    rows = [(f"class {number}", number) for number in range(5000)]
    console = Console(record=True, width=60, file=io.StringIO())
    terminal.print_table(console, Table("t", ("class", "n"), rows))
    shown = console.export_text()
    assert f"class {terminal.MAX_ROWS - 1} " in shown
    assert f"… and {5000 - terminal.MAX_ROWS:,} more" in shown
    written = card.literal_table(Table("t", ("class", "n"), rows))
    assert len(written.splitlines()) == card.MAX_ROWS + 5


def test_the_classes_with_the_lowest_accuracy_come_first_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    classes = MANY_CLASSES + 20
    labels = np.arange(classes).repeat(4)
    probabilities = np.eye(classes, dtype=np.float32)[np.where(labels == 33, 0, labels)]
    monkeypatch.setattr("etudes.analysis.classification.outputs_of", lambda *_: probabilities)
    test: Any = Images(np.zeros((len(labels), 4, 4, 1), np.uint8), labels)
    (table,) = evaluate_classifier(None, test, [f"c{number}" for number in range(classes)]).tables
    assert table.rows[0] == ("c33", 4, 0.0)
    assert len(table.rows) == classes
