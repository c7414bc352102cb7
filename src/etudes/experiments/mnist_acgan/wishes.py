"""What a person asks the generator to draw: words of classes, alone or as both ends of a walk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from etudes.contract import ImageInfo
from etudes.errors import UserError, unknown
from etudes.experiments.mnist_acgan.model import LATENT
from etudes.views.pictures import check_place

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
"""Endings by which a last input is known as the place of the picture."""

MOST_PICTURES = 2000
"""Pictures that one input may ask for: a film of more would fill the memory."""


@dataclass(frozen=True)
class Wish:
    """The classes to draw, and for a film those that they become, as many."""

    classes: list[int]
    end: list[int] | None = None


def wish_for(word: str, walk_to: str | None, count: int, info: ImageInfo) -> Wish:
    """What an input asks for.

    Args:
        word: see `spell`.
        walk_to: the word that it becomes in a film; None for a still picture.
        count: how many times the word is drawn.
        info: what was learned.

    Raises:
        UserError: a word that cannot be spelt, two that differ in length, or too many pictures.
    """
    classes = spell(word, info)
    if len(classes) * count > MOST_PICTURES:
        raise UserError(f"{len(classes)} × --count {count}: at most {MOST_PICTURES:,} pictures are drawn of one input")
    end = None if walk_to is None else spell(walk_to, info)
    if end is not None and len(end) != len(classes):
        raise UserError(f"a walk needs two words of the same length, not {len(classes)} and {len(end)} characters")
    return Wish(classes, end)


def place_among(inputs: tuple[str, ...], out: str | None) -> tuple[tuple[str, ...], str | None]:
    """What to draw, and where the picture goes: `out`, or the last input where it ends as a picture does.

    Raises:
        UserError: both say where.
    """
    if not inputs or Path(inputs[-1]).suffix.lower() not in PICTURES:
        return inputs, out
    if out is not None:
        raise UserError(f"{inputs[-1]} and --out {out}: name one place for the picture")
    return inputs[:-1], inputs[-1]


def check_out(out: str | None, *, film: bool) -> None:
    """Refuse a place where the picture, or the film, cannot be written.

    Raises:
        UserError: no such format, or no such place.
    """
    if out is None:
        return
    if film and Path(out).suffix.lower() != ".gif":
        raise UserError(f"cannot write {out}: a film is a GIF; let its name end in .gif")
    check_place(out)


def check_parts(parts: tuple[float, ...] | None, *, film: bool) -> None:
    """Refuse factors of z that lead out of where the generator learned to draw.

    Raises:
        UserError: there are none, or more than z has values; one is not in -1..1; or a film was asked for.
    """
    if parts is None:
        return
    if film:
        raise UserError("--parts goes with a still picture: leave out --walk-to and --wander, or --parts")
    if not parts:
        raise UserError("--parts: name a factor for each part of z, such as --parts 1 0.5 -1")
    if len(parts) > LATENT:
        raise UserError(f"--parts: {len(parts)} factors, but z has only {LATENT} values")
    for factor in parts:
        if not -1 <= factor <= 1:
            raise UserError(f"--parts {factor:g}: must be from -1 to 1, as all that was learned from is there")


def check_wander(places: int, walk_to: str | None, wishes: list[Wish], count: int) -> None:
    """Refuse a way from z to z that leads nowhere or takes too many pictures.

    Raises:
        UserError: what is wrong with it.
    """
    if places == 1 or (places and walk_to is not None):
        raise UserError("--wander leads through 2 to 20 z, and goes without --walk-to, which leads to another class")
    longest = max(len(wish.classes) for wish in wishes)
    if longest * count * places > MOST_PICTURES:
        raise UserError(f"{longest} × --count {count} × --wander {places}: at most {MOST_PICTURES:,} together")


def spell(word: str, info: ImageInfo) -> list[int]:
    """The classes that a person asks for: the name of one, or a word whose every character is the name of one.

    Raises:
        UserError: it is neither.
    """
    names = info.class_names
    if word in names:
        return [names.index(word)]
    if not word or any(letter not in names for letter in word):
        raise unknown("class", word, names)
    return [names.index(letter) for letter in word]
