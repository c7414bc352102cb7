"""The fast versions of `encode` and `decode` in study.py, for many texts at once: a million sums take a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etudes.contract import Array
from etudes.errors import UserError

Texts = NDArray[np.str_]


def encode_batch(texts: Texts, length: int, alphabet: str) -> NDArray[np.uint8]:
    """Texts (n,) as one-hot rows, uint8 (n, length, len(alphabet)), padded with spaces on the right.

    Raises:
        UserError: as `encode`.
    """
    return np.eye(len(alphabet), dtype=np.uint8)[indices_of(texts, length, alphabet)]


def decode_batch(rows: Array, alphabet: str) -> Texts:
    """The texts (n,) of rows (n, length, len(alphabet)): the largest entry of each row, without the padding."""
    known = np.array([ord(character) for character in alphabet], dtype=np.uint32)
    codes = np.ascontiguousarray(known[rows.argmax(axis=-1)])
    return np.strings.rstrip(codes.view(f"<U{codes.shape[1]}")[:, 0], " ")


def indices_of(texts: Texts, length: int, alphabet: str) -> NDArray[np.int64]:
    """The index of every character in the alphabet, (n, length).

    Args:
        texts: strings (n,).
        length: characters of each row; shorter texts are padded with spaces.
        alphabet: characters in the order of their codes, the space among them.
    """
    texts = np.strings.rstrip(texts, " ")
    longest = int(np.strings.str_len(texts).max(initial=0))
    if longest > length:
        raise UserError(f"a text has {longest} characters: at most {length} can be encoded")
    # NumPy stores a string as code points, padded with zeros: one view gives all characters as numbers.
    codes = np.ascontiguousarray(texts.astype(f"<U{length}")).view(np.uint32).reshape(len(texts), length)
    codes = np.where(codes == 0, ord(" "), codes)
    known = np.array([ord(character) for character in alphabet], dtype=np.uint32)
    indices = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    unknown = codes[known[indices] != codes]
    if len(unknown):
        raise UserError(f"the character {chr(unknown[0])!r} is not one of {alphabet[:80]!r}")
    return indices.astype(np.int64)
