"""Saving pictures and films."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from etudes.errors import UserError


def save_pictures(pictures: Mapping[str, Image.Image | list[Image.Image]], path: Path) -> dict[str, str]:
    """Save the first picture as `path`, others beside it as STEM-NAME.

    Args:
        pictures: by name; a list of pictures is a film, saved as GIF with 4 frames a second.
        path: where the first one goes; its ending says the format (a film's is always GIF).

    Returns:
        name → path of what was written.

    Raises:
        UserError: the folder cannot be written, or the ending names no format.
    """
    saved = {}
    for number, (name, picture) in enumerate(pictures.items()):
        place = path if number == 0 else path.with_name(f"{path.stem}-{name}{path.suffix}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(picture, list):
                place = place.with_suffix(".gif")
                picture[0].save(place, save_all=True, append_images=picture[1:], duration=250, loop=0)
            else:
                picture.save(place)
        except OSError as error:
            raise UserError(f"cannot write {place}: {error.strerror or error}") from error
        except ValueError as error:
            raise UserError(
                f"cannot write {place}: {place.suffix or 'no ending'} is no picture format; use .png"
            ) from error
        saved[name] = str(place)
    return saved
