"""The pictures behind the cells of a confusion matrix, and the part of a page that opens them."""

import base64
import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from etudes.errors import UserError
from etudes.views.confusion import MAX_PICTURES, confusion_cells, confusion_page

NAMES = ("cat", "dog", "<b>ship</b>")


class Page(HTMLParser):
    """What a page links to, what it holds, and which tags it is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.images: dict[str, str] = {}
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.section = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "section":
            self.section = str(given["id"])
        if tag == "a":
            self.links.append((str(given["href"]), str(given.get("aria-label"))))
        if tag == "img":
            self.images[self.section] = str(given["src"])


def answers() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pictures of one grey value each, which is their number; truth, guess and confidence."""
    random = np.random.default_rng(0)
    truth, guess = random.integers(0, 3, 150), random.integers(0, 3, 150)
    guess[truth == 2] = 2
    truth[:40], guess[:40] = 0, 1
    pictures = np.arange(150, dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 8, 8, 1), np.uint8)
    return pictures, truth, guess, random.random(150)


def saved(folder: Path, names: tuple[str, ...] = NAMES) -> Path:
    sheets, record = confusion_cells(*answers(), names)
    (folder / "confusion").mkdir()
    for name, sheet in sheets.items():
        sheet().save(folder / f"{name}.png")
    (folder / "confusion.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def test_the_counts_are_those_of_scikit_learn() -> None:
    _, truth, guess, _ = answers()
    _, record = confusion_cells(*answers(), NAMES)
    np.testing.assert_array_equal(record["counts"], confusion_matrix(truth, guess))
    wrong = {(row, column) for row, column in zip(truth, guess, strict=True) if row != column}
    assert {(cell["truth"], cell["guess"]) for cell in record["cells"]} == wrong
    assert not any(cell["truth"] == 2 for cell in record["cells"])


def test_a_cell_shows_its_surest_mistakes_and_no_more_than_so_many() -> None:
    pictures, truth, guess, confidence = answers()
    sheets, record = confusion_cells(pictures, truth, guess, confidence, ("cat", "dog", "ship"))
    members = np.flatnonzero((truth == 0) & (guess == 1))
    assert len(members) > MAX_PICTURES
    sheet = np.asarray(sheets["confusion/cat-dog"]().convert("L"))
    side = 8 * 7 + 2
    shown = [int(sheet[row * (side + 13) + 20, column * side + 20]) for row in range(3) for column in range(8)]
    assert shown == members[np.argsort(-confidence[members])][:MAX_PICTURES].tolist()
    cell = next(cell for cell in record["cells"] if (cell["truth"], cell["guess"]) == (0, 1))
    assert (cell["file"], cell["shown"]) == ("confusion/cat-dog.png", MAX_PICTURES)


@pytest.mark.parametrize("names", [NAMES, ("a", "A", "b"), ("../x", "y", "z"), ("x" * 99, "y", "z")])
def test_names_that_are_no_file_names_become_numbers(names: tuple[str, ...]) -> None:
    sheets, _ = confusion_cells(*answers(), names)
    assert "confusion/0-1" in sheets


def test_many_classes_get_the_pictures_of_their_fullest_cells() -> None:
    size = 30
    truth, guess = (each.reshape(-1) for each in np.meshgrid(np.arange(size), np.arange(size), indexing="ij"))
    truth, guess = np.append(truth, [3, 3]), np.append(guess, [4, 4])
    pictures = np.zeros((len(truth), 2, 2, 1), np.uint8)
    _, record = confusion_cells(pictures, truth, guess, np.ones(len(truth)), [str(k) for k in range(size)])
    assert len(record["cells"]) == 200
    assert {"truth": 3, "guess": 4, "file": "confusion/3-4.png", "count": 3, "shown": 3} in record["cells"]


def test_no_mistake_needs_no_picture(tmp_path: Path) -> None:
    labels = np.arange(3)
    sheets, record = confusion_cells(np.zeros((3, 2, 2, 1), np.uint8), labels, labels, np.ones(3), NAMES)
    assert (sheets, record["cells"]) == ({}, [])
    (tmp_path / "confusion.json").write_text(json.dumps(record))
    assert Page(confusion_page(tmp_path)).links == []


def test_every_wrong_cell_opens_its_pictures(tmp_path: Path) -> None:
    page = Page(confusion_page(saved(tmp_path)))
    record = json.loads((tmp_path / "confusion.json").read_text())
    for cell in record["cells"]:
        place = f"confusion-{cell['truth']}-{cell['guess']}"
        count = record["counts"][cell["truth"]][cell["guess"]]
        (label,) = (label for link, label in page.links if link == f"#{place}")
        assert label.startswith(f"{count} of ")
        kind, content = page.images[place].split(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(content) == (tmp_path / cell["file"]).read_bytes()
    assert len(page.images) == len(record["cells"])
    assert all(link.startswith("#") and link[1:] in page.ids for link, _ in page.links)


def test_on_a_narrow_page_the_matrix_moves_and_not_the_page(tmp_path: Path) -> None:
    text = confusion_page(saved(tmp_path))
    assert '<div class="confusion-table" tabindex="0"><table>' in text
    assert ".confusion-table { overflow-x: auto; }" in text


def test_the_part_of_a_page_is_whole_and_safe(tmp_path: Path) -> None:
    text = confusion_page(saved(tmp_path), prefix="one")
    page = Page(text)
    assert not page.tags & {"script", "b", "iframe", "link"}
    assert "&lt;b&gt;ship&lt;/b&gt;" in text
    assert all(name.startswith("one-confusion") for name in page.ids)
    assert len(set(page.ids)) == len(page.ids)


def test_a_run_without_cells_gives_nothing_and_a_damaged_record_one_line(tmp_path: Path) -> None:
    assert confusion_page(tmp_path) == ""
    for damaged in ("{", "{}", '{"classes": ["a"], "counts": [[1, 2]], "cells": []}', "[]"):
        (tmp_path / "confusion.json").write_text(damaged)
        with pytest.raises(UserError, match="etudes evaluate"):
            confusion_page(tmp_path)


def test_a_record_leads_to_no_file_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    saved(folder)
    (tmp_path / "secret.png").write_bytes(b"secret")
    record = json.loads((folder / "confusion.json").read_text())
    record["cells"][0]["file"] = "../secret.png"
    (folder / "confusion.json").write_text(json.dumps(record))
    assert base64.b64encode(b"secret").decode() not in confusion_page(folder)
