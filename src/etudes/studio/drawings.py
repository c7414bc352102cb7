"""What a person drew or dropped on the page, as picture files that the networks take."""

from __future__ import annotations

import base64
import binascii
import io
import secrets
from pathlib import Path

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.data import MAX_FILE_BYTES
from etudes.errors import UserError

LARGEST_DRAWING = 1_000_000
"""Bytes of a drawing; that of the page has some thousands."""

SIDE, BOX = 28, 20
"""MNIST's pictures, and the box in them that the digit fills; its centre of mass is in the middle."""


def read_drawing(address: str | None) -> Array:
    """A drawing as MNIST prepares digits: uint8 (28, 28), light on dark, scaled to 20 pixels, centred by its mass.

    Args:
        address: a `data:` address of a PNG with dark ink on white or on nothing, as the page's pad gives it.

    Raises:
        UserError: nothing was drawn, or it is no such address.
    """
    if not address:
        raise UserError("draw something first")
    content = decoded(address, LARGEST_DRAWING)
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
        raise UserError("this drawing is no PNG picture") from error
    ink = 255 - np.asarray(flat.convert("L"), dtype=np.float32)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 40), np.flatnonzero(ink.max(axis=0) > 40)
    if not len(rows):
        raise UserError("draw something first")
    return _centred(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _centred(ink: Array) -> Array:
    scale = BOX / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    small = np.asarray(Image.fromarray(ink.astype(np.uint8)).resize(size, Image.Resampling.BOX), dtype=np.float32)
    small *= 255 / max(float(small.max()), 1.0)
    total = float(small.sum())
    places = [
        round(SIDE / 2 - float((small.sum(axis=1 - axis) * (np.arange(n) + 0.5)).sum()) / total)
        for axis, n in enumerate(small.shape)
    ]
    top, left = (min(max(place, 0), SIDE - n) for place, n in zip(places, small.shape, strict=True))
    page = np.zeros((SIDE, SIDE), np.uint8)
    page[top : top + small.shape[0], left : left + small.shape[1]] = np.round(small).astype(np.uint8)
    return page


def decoded(address: str, most: int) -> bytes:
    """The bytes in a `data:` address, or in plain base64.

    Raises:
        UserError: it is neither, or holds more than `most` bytes.
    """
    text = address.partition(",")[2] if address.startswith("data:") else address
    if len(text) > most * 4 // 3 + 4:
        raise UserError(f"this picture is larger than {most / 1e6:g} MB: save it smaller")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError("this is no picture in base64") from error


def keep_drawing(address: str | None, folder: Path) -> Path:
    """Write a drawing into a folder, prepared as `read_drawing` says."""
    path = folder / f"{secrets.token_hex(8)}.png"
    Image.fromarray(read_drawing(address)).save(path)
    return path


def keep_picture(address: str, folder: Path) -> Path:
    """Write a picture that came as base64 into a folder; whether it is one, whoever opens it says."""
    path = folder / f"{secrets.token_hex(8)}.png"
    path.write_bytes(decoded(address, MAX_FILE_BYTES))
    return path
