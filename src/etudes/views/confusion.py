"""The pictures behind the cells of a confusion matrix: as sheets, and as a table on a page whose cells open them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.errors import UserError
from etudes.views.grids import picture_grid

NAME = "confusion"
"""Name of the set of pictures and of the record beside it: `confusion/TRUTH-GUESS.png` and `confusion.json`."""

MAX_PICTURES = 24
"""Pictures on the sheet of a cell."""

MAX_CELLS = 200
"""Cells that have a sheet: the fullest ones, where there are more (a hundred classes have up to 9,900)."""


def confusion_cells(
    pictures: Array, truth: Array, guess: Array, confidence: Array, class_names: Sequence[str]
) -> tuple[dict[str, Image.Image], dict[str, Any]]:
    """A sheet for each kind of mistake, the most confident first, each picture with the confidence below it.

    Args:
        pictures: uint8 (n, height, width, channels).
        truth: int (n,) in 0..classes-1.
        guess: int (n,).
        confidence: of the prediction, (n,), 0..1.
        class_names: one for each class.

    Returns:
        The sheets by name, "confusion/TRUTH-GUESS", and the record: `classes`, `counts` (rows are the true classes),
        and for each cell that has a sheet its `truth` and `guess` (indices in `classes`), `file` and `shown`.
    """
    size, words = len(class_names), _words(class_names)
    counts = np.bincount(np.asarray(truth) * size + guess, minlength=size * size).reshape(size, size)
    sheets: dict[str, Image.Image] = {}
    cells = []
    wrong = counts * (1 - np.eye(size, dtype=np.int64))
    fullest = np.argsort(-wrong, axis=None, kind="stable")[: min(MAX_CELLS, np.count_nonzero(wrong))]
    for row, column in zip(*np.unravel_index(np.sort(fullest), wrong.shape), strict=True):
        found = np.flatnonzero((truth == row) & (guess == column))
        found = found[np.argsort(-confidence[found], kind="stable")][:MAX_PICTURES]
        name = f"{NAME}/{words[row]}-{words[column]}"
        sheets[name] = picture_grid(
            pictures[found],
            min(8, len(found)),
            captions=[f"{confidence[index]:.0%}" for index in found],
            scale=max(1, round(56 / pictures.shape[2])),
        )
        cells.append({"truth": int(row), "guess": int(column), "file": f"{name}.png", "shown": len(found)})
    return sheets, {"classes": list(class_names), "counts": counts.tolist(), "cells": cells}


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
    classes = [html.escape(str(each)) for each in record["classes"]]
    counts = np.array(record["counts"], dtype=np.int64).reshape(len(classes), len(classes))
    cells = {(int(cell["truth"]), int(cell["guess"])): cell for cell in record["cells"]}
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    what = "rows are true classes, columns are predictions; a linked cell opens its pictures"
    yield f'<div class="confusion" id="{name}">{STYLE}'
    # On a phone the table scrolls, not the page; with the keyboard too, as it can be focused.
    yield f'<div class="confusion-table" tabindex="0"><table><caption>Confusion matrix: {what}</caption>'
    head = "".join(f'<th scope="col">{each}</th>' for each in classes)
    yield f"<thead><tr><td></td>{head}</tr></thead><tbody>"
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
    yield "</tbody></table></div>"
    for (row, column), cell in sorted(cells.items()):
        count, shown = int(counts[row, column]), int(cell["shown"])
        many = f"{count} of {classes[row]} predicted as {classes[column]}"
        rest = f", the {shown} most confident" if shown < count else ""
        yield f'<section class="confusion-cell" id="{name}-{row}-{column}" aria-label="{many}">'
        yield f'<p>{many}{rest}; below each, the confidence. <a href="#{name}">Back to the matrix</a></p>'
        yield f'<img src="{_embedded(pictures, str(cell["file"]))}" alt="{many}"></section>'
    yield "</div>"


def _embedded(pictures: Path, file: str) -> str:
    """A sheet as a data URI. Only the last part of its name is used, so nothing outside its folder is shown."""
    content = (pictures / NAME / Path(file).name).read_bytes()
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
