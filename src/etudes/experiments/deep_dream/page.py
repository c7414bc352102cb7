"""share: what a dream puts into its page, which is pictures alone."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from etudes.contract import SharedRun
from etudes.data import PHOTOS, open_picture
from etudes.data.notes import note
from etudes.errors import UserError
from etudes.experiments.deep_dream.photographs import open_photo, shrunk
from etudes.experiments.deep_dream.seen import RECORD, look
from etudes.experiments.deep_dream.study import DreamData, DreamInfo, DreamSettings, deprocess, read_pictures
from etudes.results.html import file_url
from etudes.runs.reading import read_object, read_whole
from etudes.training.backend import BackendError
from etudes.training.computing import computing

MAX_SIDE, QUALITY = 960, 80
"""Pixels of the longer side of a picture in the page, and the quality of its WebP."""

MAX_BYTES = 1_000_000
"""Of a picture that is taken as it is."""

KINDS = (".webp", ".avif")
"""Of pictures that are taken as they are: those of the steps, and of a dream that came with the package."""

CREDITS = {
    "china": ("danielbuechele", "https://www.flickr.com/photos/danielbuechele/6061409035/"),
    "flower": ("vultilion", "https://www.flickr.com/photos/vultilion/6056698931/"),
}
"""Who took the photographs that come with Études; both are CC BY 2.0."""


def is_private(info: DreamInfo, settings: DreamSettings) -> bool:
    """Whether the dream is of a person's own picture: it shows that picture."""
    return settings.data not in PHOTOS


def content(shared: SharedRun) -> dict[str, Any]:
    """Pictures of the photograph, of each octave and of steps on the way; what the network saw in them.

    Raises:
        UserError: the picture is private, or the run has no pictures.
    """
    if is_private(shared.info, shared.settings) and not shared.with_pictures:
        raise UserError("this dream shows your own picture: add --with-pictures to put it into the page")
    folder = shared.folder / "pictures"
    ends = {int(path.stem.removeprefix("octave-")): path for path in _found(folder, "octave-*")}
    if not ends:
        raise UserError(f"{folder} has no pictures of octaves: dream again with `etudes train deep_dream`")
    original = _original(shared)
    found, missing = _seen(shared, folder / "seen", original, ends)
    name = shared.settings.data if shared.settings.data in PHOTOS else ""
    author, address = CREDITS.get(name, ("", ""))
    return {
        "credit": {"name": name, "author": author, "address": address} if name else None,
        "original": None if original is None else encoded(original),
        "octaves": [_octave(number, path, folder / "steps") for number, path in sorted(ends.items())],
        "missing": missing,
        **found,
    }


def _found(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.suffix in (".png", *KINDS))


def _octave(number: int, end: Path, steps: Path) -> dict[str, Any]:
    """The pictures of an octave: before some of its steps, counted from 0, and after the last."""
    before = [
        {"step": int(path.stem.rpartition("-")[2]), "picture": embedded(path)}
        for path in _found(steps, f"octave-{number}-*")
    ]
    return {"number": number, "steps": before, "end": embedded(end)}


def _original(shared: SharedRun) -> Image.Image | None:
    """The photograph; None where it is no longer there."""
    if shared.settings.data in PHOTOS:
        return open_photo(shared.settings.data, shared.settings.max_size)
    return None if shared.data is None else deprocess(shared.data.picture)


def encoded(image: Image.Image) -> str:
    """A picture as an address that holds it."""
    memory = io.BytesIO()
    shrunk(image, MAX_SIDE).convert("RGB").save(memory, "WEBP", quality=QUALITY, method=6)
    return file_url("webp", memory.getvalue())


def embedded(path: Path) -> str:
    """A picture file of a run as an address that holds it; a PNG becomes a WebP.

    Raises:
        UserError: it cannot be read.
    """
    if path.suffix not in KINDS:
        return encoded(open_picture(path))
    try:
        return file_url(path.suffix[1:], read_whole(path, MAX_BYTES))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}; copy the run again") from error


# --- what the network saw ---------------------------------------------------------------------------------------------

NOTHING_SEEN: dict[str, Any] = {"gradients": {}, "maps": [], "layers": [], "wrong": []}


def _seen(
    shared: SharedRun, folder: Path, original: Image.Image | None, ends: dict[int, Path]
) -> tuple[dict[str, Any], str]:
    """What only the network can say, and why it is missing: "backend", "network", "picture", or "" where it is there.

    It is computed where the run does not have it, and kept in the run where that can be written.
    """
    if (folder / RECORD).is_file():
        return _with_pictures(folder, read_object(folder / RECORD)), ""
    data = _data(shared)
    if original is None or data is None:
        return NOTHING_SEEN, "picture"
    pictures = {0: original, **{number: open_picture(path) for number, path in ends.items()}}
    note("the network looks at the dream, once, for its page: half a minute")
    try:
        with computing():
            network = shared.build()["network"]
            try:
                look(network, data, shared.settings, pictures, folder)
                return _with_pictures(folder, read_object(folder / RECORD)), ""
            except OSError:  # the run is read-only
                with TemporaryDirectory(prefix="etudes-") as place:
                    look(network, data, shared.settings, pictures, Path(place))
                    return _with_pictures(Path(place), read_object(Path(place) / RECORD)), ""
    except BackendError:
        return NOTHING_SEEN, "backend"
    except UserError:
        return NOTHING_SEEN, "network"


def _data(shared: SharedRun) -> DreamData | None:
    """What was dreamed on; a photograph of the package is there, wherever the network is."""
    if shared.data is None and shared.settings.data in PHOTOS and not (shared.settings.guide or shared.settings.mask):
        return read_pictures(shared.settings, shared.info)
    return shared.data


def _with_pictures(folder: Path, value: Any) -> Any:
    """A record with the pictures that it names, which must be in its folder."""
    if isinstance(value, dict):
        return {key: _with_pictures(folder, part) for key, part in value.items()}
    if isinstance(value, list):
        return [_with_pictures(folder, part) for part in value]
    if isinstance(value, str) and value.endswith(KINDS):
        return embedded(folder / Path(value).name)
    return value
