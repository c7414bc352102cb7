"""Single pictures at their own size, however many: a file for each in a folder, or all in one NPZ.

A chunk of them is in memory at a time. The NPZ is one that `etudes train --data` takes.
"""

from __future__ import annotations

import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from etudes.contract import Array, ImageInfo
from etudes.errors import UserError, format_path
from etudes.experiments.mnist_acgan.pictures import draw_word
from etudes.experiments.mnist_acgan.prompts import Prompt
from etudes.experiments.mnist_acgan.study import draw_z
from etudes.training.rng import rng
from etudes.views.exif import SOFTWARE
from etudes.views.grids import to_image
from etudes.views.pictures import check_new_file, check_writable, encode_picture, replace_file
from etudes.views.progress import on_terminal

CHUNK = 1000
"""Pictures that are drawn and written at a time; whole batches, so that it changes no bit of them."""

Drawings = Iterable[tuple[Array, Array]]
"""Chunks of pictures, uint8 (n, height, width, channels), with their classes, int64 (n,)."""


def draw_single(generator: Any, prompts: Sequence[Prompt], seed: int, parts: Sequence[float]) -> Drawings:
    """The pictures of some prompts, one prompt after another, the same as on their sheets; a terminal shows a bar."""
    chunks = sum(-(-prompt.pictures // CHUNK) for prompt in prompts)
    drawn = _drawn(generator, prompts, seed, parts)
    return track(
        drawn, "drawing", chunks, console=Console(stderr=True), transient=True, disable=not on_terminal(sys.stderr)
    )


def _drawn(generator: Any, prompts: Sequence[Prompt], seed: int, parts: Sequence[float]) -> Drawings:
    for index, prompt in enumerate(prompts):
        noise, word = rng(seed, "drawing", index), np.array(prompt.classes, dtype=np.int64)
        for start in range(0, prompt.pictures, CHUNK):
            count = min(CHUNK, prompt.pictures - start)
            labels = word[np.arange(start, start + count) % len(word)]
            yield draw_word(generator, labels, draw_z(noise, count), parts), labels


# --- a folder ---------------------------------------------------------------------------------------------------------


class FileNames:
    """Names for the pictures of a folder, of their class and their number in it: 7-0001.png."""

    def __init__(self, names: Sequence[str], count: int) -> None:
        """Classes by name, and how many pictures there are; a sign that file names cannot have becomes _."""
        self._digits, self._counts = max(4, len(str(count))), Counter[str]()
        self._stems = [
            "".join(sign if sign.isalnum() or sign in "-_+" else "_" for sign in name)[:60] or "_" for name in names
        ]

    def next_of(self, label: int) -> str:
        """The name of the next picture of a class."""
        stem = self._stems[label]
        self._counts[stem.casefold()] += 1  # some systems take A and a for the same name
        return f"{stem}-{self._counts[stem.casefold()]:0{self._digits}}.png"


def check_folder(folder: Path, prompts: Sequence[Prompt], names: Sequence[str], *, overwrite: bool) -> None:
    """Check that the pictures can be written into a folder, before they are drawn.

    Raises:
        UserError: it is no folder, cannot be made, or a file that Études did not write has the name of a picture.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{format_path(folder)} is a file: --each needs a folder, or a file that ends in .npz")
    check_writable(folder / "picture.png")
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    files = FileNames(names, total(prompts))
    for label in (label for prompt in prompts for label in prompt.classes * prompt.count if there):
        if (name := files.next_of(label)) in there:
            check_new_file(folder / name, overwrite=overwrite)


def total(prompts: Sequence[Prompt]) -> int:
    """How many pictures the prompts ask for together."""
    return sum(prompt.pictures for prompt in prompts)


def write_folder(drawings: Drawings, folder: Path, files: FileNames) -> None:
    """Write a PNG for each picture.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for pictures, labels in drawings:
        for picture, label in zip(pictures, labels, strict=True):
            target = folder / files.next_of(label)
            replace_file(target, partial(_write, encode_picture(to_image(picture), target)))


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


# --- an NPZ -----------------------------------------------------------------------------------------------------------


def write_npz(drawings: Drawings, path: Path, info: ImageInfo, count: int) -> None:
    """Write all pictures into one NPZ: x uint8 (n, height, width, channels), y int64 (n,) and class_names.

    The same pictures give the same bytes.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, partial(_write_npz, drawings, info, count))


def _write_npz(drawings: Drawings, info: ImageInfo, count: int, path: Path) -> None:
    classes: list[Array] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = SOFTWARE.encode()
        with archive.open(_member("x"), "w", force_zip64=True) as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": (count, *info.shape)}
            np.lib.format.write_array_header_1_0(file, header)
            for pictures, labels in drawings:
                file.write(pictures.tobytes())
                classes.append(labels)
        for name, array in (("y", np.concatenate(classes)), ("class_names", np.array(info.class_names))):
            with archive.open(_member(name), "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def _member(name: str) -> zipfile.ZipInfo:
    """A member without the time of writing."""
    member = zipfile.ZipInfo(f"{name}.npy")
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
