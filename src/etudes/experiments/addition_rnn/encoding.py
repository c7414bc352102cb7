"""Text as rows with a single one in them, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from etudes.contract import Array
from etudes.errors import UserError

SUMS = " +0123456789"
"""The alphabet of sums: the space that pads, the plus sign, ten digits; 12 characters, in the order of their codes."""

Texts = NDArray[np.str_]


def encode(text: str, length: int = 7, alphabet: str = SUMS) -> NDArray[np.float32]:
    """One text as an array (length, len(alphabet)) with a single 1 in each row; spaces fill it up on the right.

    `decode` is its exact inverse: `decode(encode(text)) == text` for every text that does not end in a space, and
    `encode(decode(rows)) == rows` for every array of such rows.

    Raises:
        UserError: the text is longer than `length`, or has a character that is not in the alphabet.
    """
    rows = one_hot(places_of(np.array([text]), length, alphabet), alphabet)
    return np.asarray(rows[0], dtype=np.float32)


def decode(rows: ArrayLike, alphabet: str = SUMS) -> str:
    """The text of one array (length, len(alphabet)): the largest entry of each row, without the spaces on the right."""
    return str(texts_of(np.asarray(rows).argmax(axis=-1)[None], alphabet)[0])


def places_of(texts: Texts, length: int, alphabet: str) -> Array:
    """The place of every character in the alphabet, int64 (n, length), for n texts at once.

    Args:
        texts: array of strings (n,).
        length: characters of each row; spaces fill up the shorter texts.
        alphabet: characters in the order of their codes, the space among them.

    Raises:
        UserError: as in `encode`.
    """
    texts = np.strings.rstrip(texts, " ")
    longest = int(np.strings.str_len(texts).max(initial=0))
    if longest > length:
        raise UserError(f"a text has {longest} characters: at most {length} can be read")
    # NumPy keeps a string as code points, filled up with zeros: one view gives all characters as numbers.
    codes = np.ascontiguousarray(texts.astype(f"<U{length}")).view(np.uint32).reshape(len(texts), length)
    codes = np.where(codes == 0, ord(" "), codes)
    known = np.array([ord(character) for character in alphabet], dtype=np.uint32)
    places = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    strange = codes[known[places] != codes]
    if len(strange):
        raise UserError(f"the character {chr(strange[0])!r} is not one of {alphabet[:80]!r}")
    return places.astype(np.int64)


def texts_of(places: Array, alphabet: str) -> Texts:
    """The inverse of `places_of`: strings (n,), without the spaces on the right."""
    known = np.array([ord(character) for character in alphabet], dtype=np.uint32)
    codes = np.ascontiguousarray(known[places])
    return np.strings.rstrip(codes.view(f"<U{places.shape[1]}")[:, 0], " ")


def one_hot(places: Array, alphabet: str) -> NDArray[np.uint8]:
    """Places (n, length) as uint8 rows (n, length, len(alphabet)) with a single one."""
    return np.eye(len(alphabet), dtype=np.uint8)[places]
