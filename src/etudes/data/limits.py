"""How much data of your own is read, asked for before it is read."""

from pathlib import Path

from etudes.contract import MAX_IMAGE_SIDE
from etudes.data.errors import file_error

MAX_BYTES = 2**31
"""Bytes that all pictures of a set may take in memory."""


def check_side(path: Path, height: int, width: int) -> None:
    """Check that the pictures of a file are not too large for a network.

    Raises:
        UserError: a side is longer than `MAX_IMAGE_SIDE`.
    """
    if max(height, width) > MAX_IMAGE_SIDE:
        raise file_error(
            path, f"has pictures of {height}×{width}: resize them to {MAX_IMAGE_SIDE} pixels a side at most"
        )
