"""What a person names to dream on, and where each dream goes: pictures, folders of pictures, films."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from etudes.data import PHOTOS
from etudes.data.errors import file_error
from etudes.data.formats import is_picture_name
from etudes.data.inputs import GivenPicture
from etudes.data.notes import note
from etudes.errors import UserError, format_path
from etudes.experiments.deep_dream.film_files import is_film
from etudes.extras import EXTRAS
from etudes.views.pictures import picture_format, written_by_etudes

FOLDER = "dreams"
"""Where several dreams go, if no place is named."""

UNFINISHED = ".unfinished"
"""The ending of what is kept until dreams are finished."""

FRAMES = ".frames"
"""The ending of the folder where the frames of a film are until it is written."""


@dataclass(frozen=True)
class Job:
    """One thing to dream on."""

    source: str
    """A picture or a film."""
    place: Path | None = None
    """Where the dream goes; None for one picture, which the action saves."""
    film: bool = False
    is_folder: bool = False
    """Whether the dream of a film is a folder of its frames."""


def split_result(inputs: Sequence[str], out: str | None) -> tuple[tuple[str, ...], str | None]:
    """The inputs, and the result if its place is the last of them.

    That is so where nothing has this name yet, or what has it was written by Études. Any other file is one more input.
    """
    if out is None and len(inputs) > 1 and may_be_result(inputs[-1]):
        return tuple(inputs[:-1]), inputs[-1]
    return tuple(inputs), out


def may_be_result(name: str) -> bool:
    """Whether nothing has this name yet, or what has it was written by Études, in a folder all of it."""
    path = Path(name)
    if isinstance(name, GivenPicture):
        return False
    if path.is_dir():
        seen = (entry for entry in path.iterdir() if not entry.name.startswith("."))
        return all(entry.name.endswith((UNFINISHED, FRAMES)) or written_by_etudes(entry) for entry in seen)
    return name not in PHOTOS and (not os.path.lexists(path) or written_by_etudes(path))


def jobs_of(inputs: Sequence[str], out: str | None) -> tuple[Job, ...]:
    """What to dream on, and where each dream goes; nothing of it is opened but to tell a GIF from a film.

    Raises:
        UserError: a folder has no picture, or one file is to hold several dreams.
    """
    named = [source for name in inputs for source in (_pictures_in(name) if _is_folder(name) else [name])]
    sources = list({os.path.realpath(source): source for source in reversed(named)}.values())[::-1]  # each once
    still = out is not None and picture_format(out) not in (None, "GIF")
    moving = [
        not isinstance(source, GivenPicture) and is_film(source) and not (still and source.lower().endswith(".gif"))
        for source in sources
    ]
    several = len(sources) > 1 or _is_folder(inputs[0])
    to_folder = out is not None and (Path(out).is_dir() or out.endswith(("/", os.sep)))
    if not several and (moving[0] or not to_folder):
        return (_one(sources[0], out, moving[0]),)
    folder = Path(out or FOLDER)
    if folder.suffix and not folder.is_dir():
        count = f"{len(sources)} dreams need" if len(sources) > 1 else "the dream of a folder needs"
        raise UserError(f"{count} a folder, and {format_path(folder)} is a file: --out {FOLDER}, or name one input")
    taken: set[str] = set()
    return tuple(Job(s, folder / _free(s, film, taken), film) for s, film in zip(sources, moving, strict=True))


def _is_folder(name: str) -> bool:
    return not isinstance(name, GivenPicture) and os.path.isdir(name)


def _one(source: str, out: str | None, film: bool) -> Job:
    if not film:
        return Job(source)
    place = Path(out or f"{Path(source).stem}-dream{_film_ending()}")
    if picture_format(place) not in (None, "GIF"):
        raise UserError(f"the dream of a film is no picture: let {format_path(place)} end in .mp4, .gif or nothing")
    return Job(source, place, film, is_folder=place.is_dir() or not place.suffix)


def _film_ending() -> str:
    return ".gif" if EXTRAS["film"].missing else ".mp4"


def _free(source: str, film: bool, taken: set[str]) -> str:
    """A name for the dream that none before it has."""
    stem, ending, number = f"{Path(source).stem}-dream", _film_ending() if film else ".png", 1
    name = stem + ending
    while name.lower() in taken:
        number += 1
        name = f"{stem}-{number}{ending}"
    taken.add(name.lower())
    return name


def _pictures_in(folder: str) -> list[str]:
    """The pictures that a folder holds itself, by name, without those that Études wrote."""
    entries = [entry for entry in sorted(Path(folder).iterdir()) if is_picture_name(entry.name)]
    found = [str(entry) for entry in entries if entry.name[0] != "." and entry.is_file()]
    found = [name for name in found if not written_by_etudes(name)]
    if not found:
        raise file_error(folder, "no picture to dream on is in it: put some there, or name pictures")
    return found


def note_left_out(inputs: Sequence[str]) -> None:
    """Note what of the folders among the inputs is not dreamed on."""
    for folder in filter(_is_folder, inputs):
        entries = sum(not name.startswith(".") for name in os.listdir(folder))
        rest = entries - len(_pictures_in(folder))
        if rest:
            what = "what is no picture, folders in it, and what Études wrote"
            note(f"{format_path(folder)}: {rest} of {entries} left out ({what}); name those to dream on")


def frames_place(job: Job) -> Path:
    """The folder of a film's frames."""
    assert job.place is not None
    return job.place if job.is_folder else job.place.with_name(job.place.name + FRAMES)
