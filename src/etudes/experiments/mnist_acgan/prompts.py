"""Prompts: the classes to generate, alone or as the two ends of a film, where they go, and what is refused."""

from __future__ import annotations

import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path

from etudes.contract import ImageInfo
from etudes.errors import UserError, format_path, unknown
from etudes.experiments.mnist_acgan.study import LATENT
from etudes.views.films import ENDINGS as FILMS
from etudes.views.pictures import check_new_file, check_place, picture_format

MAX_PICTURES = 2000
"""Pictures of one input on a sheet or in a film, at most: a film of more would fill the memory."""

MAX_COUNT = 1_000_000
"""Pictures of one class that are written one by one."""


@dataclass(frozen=True)
class Prompt:
    """The classes to generate, how many of each, and for a film as many classes that they become."""

    classes: list[int]
    count: int = 1
    end: list[int] | None = None

    @property
    def pictures(self) -> int:
        """How many pictures it asks for."""
        return len(self.classes) * self.count


def make_prompt(word: str, walk_to: str | None, count: int, info: ImageInfo) -> Prompt:
    """The prompt for an input, generated `count` times, or as often as it says: "7:500" asks for 500 sevens.

    Args:
        word: what `spell` takes, and if wanted a colon and a count.
        walk_to: the word that it becomes in a film.
        count: how many of each, where the input does not say.
        info: the names of the classes.

    Raises:
        UserError: a word that cannot be spelled, a count that is none, or two words that differ in length.
    """
    name, colon, given = word.rpartition(":")
    if colon and word not in info.class_names:
        classes = spell(name, info)
        if not (given.isascii() and given.isdigit() and len(given) <= 7 and 1 <= int(given) <= MAX_COUNT):
            raise UserError(f"{word[:60]}: behind the colon goes how many to draw, from 1 to {MAX_COUNT:,}")
        count = int(given)
    else:
        classes = spell(word, info)
    end = None if walk_to is None else spell(walk_to, info)
    if end is not None and len(end) != len(classes):
        raise UserError(f"--walk-to needs a word of the same length, not {len(classes)} and {len(end)} characters")
    return Prompt(classes, count, end)


def check_count(prompts: list[Prompt]) -> None:
    """Raise `UserError` where a sheet or film would hold too many pictures."""
    for prompt in prompts:
        if prompt.pictures > MAX_PICTURES:
            raise UserError(
                f"{len(prompt.classes)} × --count {prompt.count}: at most {MAX_PICTURES:,} pictures for one input on a "
                "sheet; use fewer, or --each"
            )


def spell(word: str, info: ImageInfo) -> list[int]:
    """The classes of an input: the name of one, or a word whose every character is the name of one.

    Raises:
        UserError: it is neither.
    """
    names = info.class_names
    if word in names:
        return [names.index(word)]
    if not word or any(letter not in names for letter in word):
        raise unknown("class", word, names)
    return [names.index(letter) for letter in word]


def split_output(inputs: tuple[str, ...], out: str | None) -> tuple[tuple[str, ...], str | None]:
    """The inputs to generate, and where the pictures go: `out`, or the last input where it looks like a file or folder.

    Raises:
        UserError: there are two places.
    """
    if not inputs or not _is_place(inputs[-1]):
        return inputs, out
    if out is not None:
        raise UserError(f"{inputs[-1]} and --out {out}: name one file for the picture")
    return inputs[:-1], inputs[-1]


def _is_place(word: str) -> bool:
    """Whether a word ends like a picture, a film (also one that cannot be written), an NPZ or a folder."""
    kind = mimetypes.guess_type(word)[0] or ""
    return (
        word.endswith(("/", os.sep))
        or picture_format(word) is not None
        or Path(word).suffix.lower() in (*FILMS, ".npz")
        or kind.startswith(("image/", "video/"))
    )


def check_output(out: str | None, *, film: bool, overwrite: bool) -> None:
    """Raise `UserError` where the picture, or the film, cannot be written."""
    if out is None:
        return
    if Path(out).suffix.lower() == ".mp4" and not film:
        raise UserError(f"{format_path(out)} is a film: add --walk-to or --latent-walk, or name a picture: 7.png")
    check_place(out, overwrite=overwrite, film=film)


def check_single(out: str | None, *, film: bool, overwrite: bool) -> None:
    """Raise `UserError` where single pictures cannot be written; files within a folder are left to `check_folder`."""
    if film:
        raise UserError("single pictures are no film: leave out --each and .npz, or --walk-to and --latent-walk")
    if out is None:
        raise UserError("--each writes many files: name a folder, or a file such as drawings.npz, with --out")
    if is_npz(out):
        check_new_file(out, overwrite=overwrite)
    elif _is_place(out.rstrip("/" + os.sep)):
        raise UserError(f"--each --out {format_path(out)}: name a folder, or a file that ends in .npz")


def is_npz(out: str | None) -> bool:
    """Whether pictures go into an NPZ."""
    return out is not None and Path(out).suffix.lower() == ".npz"


def check_parts(parts: tuple[float, ...] | None, *, film: bool) -> None:
    """Raise `UserError` for factors of z that leave its range, for none or too many of them, and for a film."""
    if parts is None:
        return
    if film:
        raise UserError("--parts needs a still picture: leave out --walk-to and --latent-walk, or --parts")
    if not parts:
        raise UserError("--parts: name a factor for each part of z, such as --parts 1 0.5 -1")
    if len(parts) > LATENT:
        raise UserError(f"--parts: {len(parts)} factors, but z has only {LATENT} values; use fewer")
    for factor in parts:
        if not -1 <= factor <= 1:
            raise UserError(f"--parts {factor:g}: must be from -1 to 1, the range of z in training")


def check_latent_walk(stops: int | None, walk_to: str | None, prompts: list[Prompt]) -> None:
    """Raise `UserError` for both kinds of walk together, and for too many pictures."""
    if stops is None:
        return
    if walk_to is not None:
        raise UserError("--latent-walk changes z and --walk-to the class: leave one out")
    largest = max(prompts, key=lambda prompt: prompt.pictures)
    if largest.pictures * stops > MAX_PICTURES:
        size = f"{len(largest.classes)} × --count {largest.count} × --latent-walk {stops}"
        raise UserError(f"{size}: at most {MAX_PICTURES:,} pictures together; use fewer")
