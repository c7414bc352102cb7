"""Pictures that come from a page or go to it: data URLs, and drawings prepared for the networks."""

import base64
import binascii
import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.data import MAX_FILE_BYTES
from etudes.data.drawings import Drawing, like_mnist
from etudes.errors import UserError
from etudes.results.html import file_url

MAX_DRAWING_BYTES = 1_000_000
"""A drawing from the page's pad has a few thousand."""

SIDE = 28
"""Pixels of an MNIST picture."""


def data_url(picture: Image.Image | list[Image.Image]) -> str:
    """A picture as a PNG, or a film as a GIF of 12 frames a second, inside a URL: the page needs no further request."""
    file = io.BytesIO()
    if isinstance(picture, list):
        picture[0].save(file, "GIF", save_all=True, append_images=picture[1:], duration=80, loop=0)
        return file_url("gif", file.getvalue())
    picture.save(file, "PNG")
    return file_url("png", file.getvalue())


def decode(text: str, max_bytes: int) -> bytes:
    """The bytes in a data URL or in plain base64.

    Raises:
        UserError: it is neither, or holds more than `max_bytes`.
    """
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    if len(encoded) > max_bytes * 4 // 3 + 4:
        raise UserError(f"this picture is larger than {max_bytes / 1e6:g} MB: save it smaller")
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError("this is not a picture in base64: send the bytes of a picture file in base64") from error


def read_drawing(text: str | None) -> Array:
    """A drawing as MNIST prepares digits: uint8 (28, 28), light on dark, scaled to 20 pixels, centred by its mass.

    Args:
        text: a PNG as a data URL or in base64, dark ink on white or on a transparent background.

    Raises:
        UserError: nothing was drawn, or it is not such a picture.
    """
    if not text:
        raise UserError("draw something first")
    content = decode(text, MAX_DRAWING_BYTES)
    try:
        image = Image.open(io.BytesIO(content), formats=("PNG",))
        if max(image.size) > 2000:
            raise UserError("this drawing is too large: 2000 pixels a side at most")
        flat = Image.new("RGB", image.size, "white")
        coloured = image.convert("RGBA")
        flat.paste(coloured, mask=coloured.getchannel("A"))
    except UserError:
        raise
    except Exception as error:  # a broken file makes a decoder raise nearly anything
        raise UserError("this drawing is not a PNG picture: save it as PNG") from error
    ink = 255 - np.asarray(flat.convert("L"), dtype=np.float32)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 40), np.flatnonzero(ink.max(axis=0) > 40)
    if not len(rows):
        raise UserError("draw something first")
    strokes = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] / np.float32(255)
    return like_mnist(Drawing(strokes, "dark", like_mnist=False), SIDE, SIDE)


def save_drawing(text: str | None, folder: Path) -> Path:
    """Write a drawing into a folder, prepared by `read_drawing`."""
    path = folder / f"{secrets.token_hex(8)}.png"
    Image.fromarray(read_drawing(text)).save(path)
    return path


@contextmanager
def drawing_file(text: str | None, folder: Path) -> Iterator[str]:
    """The path of a drawing's file, which is removed at the end."""
    path = save_drawing(text, folder)
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def picture_file(text: str, folder: Path) -> Iterator[str]:
    """The path of a file that holds a picture sent in base64; removed at the end. The server does not decode it."""
    path = folder / f"{secrets.token_hex(8)}.png"
    path.write_bytes(decode(text, MAX_FILE_BYTES))
    try:
        yield str(path)
    finally:
        path.unlink(missing_ok=True)
