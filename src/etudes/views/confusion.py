"""The pictures behind the cells of a confusion matrix: as sheets, and as a table on a page whose cells open them."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.errors import UserError
from etudes.results.html import file_url
from etudes.views.grids import picture_grid
from etudes.views.plotting import one_line

Cells = Mapping[tuple[int, int], Mapping[str, Any]]
"""The cells of a record that have a sheet, by (true class, predicted class)."""

NAME = "confusion"
"""Name of the set of pictures and of the record beside it: `confusion/TRUTH-GUESS.png` and `confusion.json`."""

MAX_PICTURES = 24
"""Pictures on the sheet of a cell."""

MAX_CELLS = 200
"""Cells that have a sheet: the fullest ones, where there are more (a hundred classes have up to 9,900)."""

MAX_SIDE = 112
"""Pixels of the side of a picture on a sheet; larger ones lose rows and columns, as the sheets would fill a disk."""

MAX_CLASSES = 100
"""Classes whose matrix a page shows as a table; of more classes it lists the cells that have sheets."""


def confusion_cells(
    pictures: Array, truth: Array, guess: Array, confidence: Array, class_names: Sequence[str]
) -> tuple[dict[str, Callable[[], Image.Image]], dict[str, Any]]:
    """A sheet for each kind of mistake, the most confident first, each picture with the confidence below it.

    Args:
        pictures: uint8 (n, height, width, channels).
        truth: int (n,) in 0..classes-1.
        guess: int (n,).
        confidence: of the prediction, (n,), 0..1.
        class_names: one for each class.

    Returns:
        Functions that draw the sheets, by name, "confusion/TRUTH-GUESS", and the record: `classes`, the `sizes` of the
        classes, and for each cell that has a sheet its `truth` and `guess` (indices in `classes`), `file`, `count` and
        how many are `shown`. Up to `MAX_CLASSES` classes, `counts` is the whole matrix; its rows are the true classes.
    """
    size, words = len(class_names), _words(class_names)
    wrong = np.flatnonzero(truth != guess)
    kinds, of_kind, counts = np.unique(
        np.asarray(truth, np.int64)[wrong] * size + guess[wrong], return_inverse=True, return_counts=True
    )
    sheets: dict[str, Callable[[], Image.Image]] = {}
    cells = []
    for kind in np.sort(np.argsort(-counts, kind="stable")[:MAX_CELLS]):
        row, column = divmod(int(kinds[kind]), size)
        found = wrong[of_kind == kind]
        found = found[np.argsort(-confidence[found], kind="stable")][:MAX_PICTURES]
        name = f"{NAME}/{words[row]}-{words[column]}"
        sheets[name] = partial(_sheet, pictures, found, confidence)
        cell = {"truth": row, "guess": column, "file": f"{name}.png", "count": int(counts[kind]), "shown": len(found)}
        cells.append(cell)
    record: dict[str, Any] = {"classes": list(class_names), "sizes": np.bincount(truth, minlength=size).tolist()}
    if size <= MAX_CLASSES:
        matrix = np.bincount(np.asarray(truth) * size + guess, minlength=size * size).reshape(size, size)
        record["counts"] = matrix.tolist()
    return sheets, {**record, "cells": cells}


def _sheet(pictures: Array, chosen: Array, confidence: Array) -> Image.Image:
    step = math.ceil(max(pictures.shape[1:3]) / MAX_SIDE)
    shown = pictures[chosen, ::step, ::step]
    captions = [f"{confidence[index]:.0%}" for index in chosen]
    return picture_grid(shown, min(8, len(chosen)), captions=captions, scale=max(1, round(56 / shown.shape[2])))


def _words(class_names: Sequence[str]) -> list[str]:
    """Classes in file names: names where all are plain words, else numbers."""
    plain = all(re.fullmatch(r"[A-Za-z0-9_]{1,40}", name) for name in class_names)
    if plain and len({name.lower() for name in class_names}) == len(class_names):
        return list(class_names)
    return [str(number) for number in range(len(class_names))]


STYLE = """<style>
.confusion { margin-top: 1.25rem; }
.confusion-table { overflow-x: auto; }
.confusion table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
.confusion caption { text-align: left; padding-bottom: .4rem; }
.confusion th { font-weight: 400; padding: .15rem .5rem; text-align: right; border: 0; }
.confusion thead th { text-align: center; }
.confusion td { width: 3.4rem; padding: 0; text-align: center; border: 1px solid rgb(128 128 128 / .25); }
.confusion td > * { display: block; padding: .35rem .2rem; color: inherit; }
.confusion a:focus-visible { outline: 3px solid #d55e00; }
.confusion-cell { display: none; padding: .75rem; }
.confusion-cell:target { display: block; }
.confusion-cell img { max-width: 100%; image-rendering: pixelated; background: #fff; }
</style>"""


def confusion_page(pictures: Path, prefix: str = "") -> str:
    """A part of a page: the matrix as a table, whose wrong cells are links that open their pictures below it.

    It needs no script and nothing from outside, and works with the keyboard: each cell is a link, and its sheet is
    shown while it is the page's target.

    Args:
        pictures: a run's `pictures/`, where `evaluate` saved the cells and their record.
        prefix: of the anchors, where a page holds several such parts.

    Returns:
        HTML; empty where the run has no such record.

    Raises:
        UserError: the record is damaged.
    """
    path = pictures / f"{NAME}.json"
    if not path.exists():
        return ""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        parts = list(_parts(record, pictures, f"{prefix}-{NAME}" if prefix else NAME))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"{path} is damaged: `etudes evaluate` the run to write it again") from error
    return "\n".join(parts)


def _parts(record: dict[str, Any], pictures: Path, name: str) -> Iterator[str]:
    classes = [html.escape(one_line(str(each), 80)) for each in record["classes"]]
    cells = {(int(cell["truth"]), int(cell["guess"])): cell for cell in record["cells"]}
    yield f'<div class="confusion" id="{name}">{STYLE}'
    # On a phone the table scrolls, not the page; with the keyboard too, as it can be focused.
    yield '<div class="confusion-table" tabindex="0"><table>'
    yield from (_matrix if "counts" in record else _list)(record, classes, cells, name)
    yield "</table></div>"
    for (row, column), cell in sorted(cells.items()):
        count, shown = int(cell["count"]), int(cell["shown"])
        many = f"{count} of {classes[row]} predicted as {classes[column]}"
        rest = f", the {shown} most confident" if shown < count else ""
        sheet = _embedded(pictures, str(cell["file"]))
        yield f'<section class="confusion-cell" id="{name}-{row}-{column}" aria-label="{many}">'
        yield f'<p>{many}{rest}; below each, the confidence. <a href="#{name}">Back to the matrix</a></p>'
        yield (f'<img src="{sheet}" alt="{many}">' if sheet else "<p>not drawn</p>") + "</section>"
    yield "</div>"


def _matrix(record: dict[str, Any], classes: Sequence[str], cells: Cells, name: str) -> Iterator[str]:
    """The rows of the whole matrix."""
    counts = np.array(record["counts"], dtype=np.int64).reshape(len(classes), len(classes))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    what = "rows are true classes, columns are predictions; a linked cell opens its pictures"
    head = "".join(f'<th scope="col">{each}</th>' for each in classes)
    yield f"<caption>Confusion matrix: {what}</caption><thead><tr><td></td>{head}</tr></thead><tbody>"
    for row, truth in enumerate(classes):
        line = [f'<tr><th scope="row">{truth}</th>']
        for column, guess in enumerate(classes):
            count = int(counts[row, column])
            text = f"<span>{count or ''}</span>"
            if (row, column) in cells:
                label = f"{count} of {truth} predicted as {guess}: show them"
                text = f'<a href="#{name}-{row}-{column}" aria-label="{label}">{count}</a>'
            colour = "0 114 178" if row == column else "213 94 0"
            strength = 0.45 * share[row, column] if row == column else min(0.6, 3 * share[row, column])
            line.append(f'<td style="background: rgb({colour} / {strength:.3f})">{text}</td>')
        yield "".join([*line, "</tr>"])
    yield "</tbody>"


def _list(record: dict[str, Any], classes: Sequence[str], cells: Cells, name: str) -> Iterator[str]:
    """A row for each cell that has a sheet, the fullest first: a matrix of so many classes could not be read."""
    what = f"the {len(cells)} most frequent mistakes among {len(classes):,} classes; a linked count opens its pictures"
    head = "".join(f'<th scope="col">{each}</th>' for each in ("true", "predicted", "pictures", "of"))
    yield f"<caption>Confusion: {what}</caption><thead><tr>{head}</tr></thead><tbody>"
    for (row, column), cell in sorted(cells.items(), key=lambda item: -int(item[1]["count"])):
        label = f"{int(cell['count'])} of {classes[row]} predicted as {classes[column]}: show them"
        link = f'<a href="#{name}-{row}-{column}" aria-label="{label}">{int(cell["count"])}</a>'
        of = int(record["sizes"][row])
        yield f'<tr><th scope="row">{classes[row]}</th><th>{classes[column]}</th><td>{link}</td><td>{of}</td></tr>'
    yield "</tbody>"


def _embedded(pictures: Path, file: str) -> str:
    """A sheet as a data URI, or "" where it was not drawn.

    Only the last part of its name is used, so nothing outside its folder is shown.
    """
    path = pictures / NAME / Path(file).name
    return file_url("png", path.read_bytes()) if path.exists() else ""
