"""Saving pictures and films."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from etudes.errors import UserError


def check_place(path: str | Path) -> None:
    """Check that a picture can be saved there, before the work that makes it.

    Raises:
        UserError: its ending names no picture format, it is a folder, or its folder cannot be made.
    """
    target = Path(path)
    if Image.registered_extensions().get(target.suffix.lower()) not in Image.SAVE:
        raise UserError(f"cannot write {target}: {target.suffix or 'no ending'} is no picture format; use .png")
    check_writable(target)


def check_writable(target: Path) -> None:
    """Check that a file can be written there.

    Raises:
        UserError: it is a folder, or its folder cannot be made.
    """
    if target.is_dir():
        raise UserError(f"cannot write {target}: it is a folder; name a file in it")
    above = next(folder for folder in target.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UserError(f"cannot write {target}: {above} is no folder that can be written; name another")


def save_pictures(pictures: Mapping[str, Image.Image | list[Image.Image]], path: Path) -> dict[str, str]:
    """Save the first picture as `path`, others beside it as STEM-NAME.

    Args:
        pictures: by name; a list of pictures is a film, saved as GIF with 4 frames a second.
        path: of the first one; its ending is the format (a film's is always GIF).

    Returns:
        name → path of what was written.

    Raises:
        UserError: the folder cannot be written, or the ending names no format.
    """
    saved = {}
    for number, (name, picture) in enumerate(pictures.items()):
        target = path if number == 0 else path.with_name(f"{path.stem}-{name}{path.suffix}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(picture, list):
                target = target.with_suffix(".gif")
                picture[0].save(target, save_all=True, append_images=picture[1:], duration=250, loop=0)
            else:
                picture.save(target)
        except OSError as error:
            raise UserError(f"cannot write {target}: {error.strerror or error}") from error
        except ValueError as error:
            raise UserError(
                f"cannot write {target}: {target.suffix or 'no ending'} is no picture format; use .png"
            ) from error
        saved[name] = str(target)
    return saved
