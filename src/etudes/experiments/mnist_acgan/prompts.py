"""Prompts: the classes to generate, alone or as the two ends of a film, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from etudes.contract import ImageInfo
from etudes.errors import UserError, unknown
from etudes.experiments.mnist_acgan.study import LATENT
from etudes.views.pictures import check_place

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
"""A last input that ends in one of these is the file of the picture."""

MAX_PICTURES = 2000
"""Pictures of one input, at most: a film of more would fill the memory."""


@dataclass(frozen=True)
class Prompt:
    """The classes to generate, and for a film as many that they become."""

    classes: list[int]
    end: list[int] | None = None


def make_prompt(word: str, walk_to: str | None, count: int, info: ImageInfo) -> Prompt:
    """The prompt for an input, generated `count` times; `walk_to` is the word that it becomes in a film.

    Raises:
        UserError: a word that cannot be spelled, two that differ in length, or too many pictures.
    """
    classes = spell(word, info)
    if len(classes) * count > MAX_PICTURES:
        raise UserError(f"{len(classes)} × --count {count}: at most {MAX_PICTURES:,} pictures for one input; use fewer")
    end = None if walk_to is None else spell(walk_to, info)
    if end is not None and len(end) != len(classes):
        raise UserError(f"--walk-to needs a word of the same length, not {len(classes)} and {len(end)} characters")
    return Prompt(classes, end)


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
    """The inputs to generate, and the file of the picture: `out`, or the last input where it has such a suffix.

    Raises:
        UserError: there are two files.
    """
    if not inputs or Path(inputs[-1]).suffix.lower() not in SUFFIXES:
        return inputs, out
    if out is not None:
        raise UserError(f"{inputs[-1]} and --out {out}: name one file for the picture")
    return inputs[:-1], inputs[-1]


def check_output(out: str | None, *, film: bool) -> None:
    """Raise `UserError` where the picture, or the film, cannot be written."""
    if out is None:
        return
    if film and Path(out).suffix.lower() != ".gif":
        raise UserError(f"cannot write {out}: a film is a GIF; use a name that ends in .gif")
    check_place(out)


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


def check_latent_walk(stops: int, walk_to: str | None, prompts: list[Prompt], count: int) -> None:
    """Raise `UserError` for a single stop, for both kinds of walk together, and for too many pictures."""
    if stops == 1 or (stops and walk_to is not None):
        raise UserError("--latent-walk needs 2 to 20 stops, and no --walk-to, which changes the class instead of z")
    longest = max(len(prompt.classes) for prompt in prompts)
    if longest * count * stops > MAX_PICTURES:
        size = f"{longest} × --count {count} × --latent-walk {stops}"
        raise UserError(f"{size}: at most {MAX_PICTURES:,} pictures together; use fewer")
