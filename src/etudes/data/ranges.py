"""Ranges of values: which of 0..1, 0..15, 0..255, 0..4095, 0..65535 or -1..1 pictures are in, and from there to 0..255.

Files of pictures say how many bits a value has; arrays do not, and 16-bit files often hold 10, 12 or 14 bits. What is
plain is scaled, what is not is refused: a set in another range than a network was trained on is answered wrongly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BYTE = 255
DEPTHS = (8, 10, 12, 14, 16)
"""Bits that a value of a camera, a scanner or a satellite has."""

_CHUNK = 2**24
"""Values that are looked at in one go."""
_DARK = 127
"""Whole numbers up to here leave the upper half of 0..255 empty."""
FEW_LEVELS = 16
"""Whole numbers up to here are too few levels, and too dark, for most pictures of 8 bits."""
_ROUNDING = 1e-3
"""Floats this far outside of their range are taken as rounding errors."""


@dataclass(frozen=True)
class ValueRange:
    """The values that stand for black and white."""

    low: float
    high: float
    note: str = ""
    """What was decided, in a line; empty where the values are what they are expected to be."""

    def to_bytes(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Values of any kind as 0..255; those outside of the range are clipped."""
        if (self.low, self.high) == (0, BYTE) and values.dtype.kind in "iu":
            return values.astype(np.uint8, copy=False)
        result = np.empty(values.shape, np.uint8)
        for taken, part in _chunks(values):
            shifted = part if part.dtype.kind == "f" and not self.low else part.astype(np.float64) - self.low
            if (self.low, self.high) == (0, 1):
                scaled = shifted * BYTE
            else:
                scaled = shifted if self.high == BYTE else shifted * (BYTE / (self.high - self.low))
            result[taken] = np.clip(np.round(scaled), 0, BYTE)
        return result


def find_range(pictures: NDArray[Any]) -> ValueRange:
    """The range of a training part's pictures (n, …), from its values.

    - Floats: 0..1; -1..1 if a quarter of the way below 0 is used; whole numbers, as below; others above 127 and up to
      255 as 0..255.
    - Whole numbers up to 1: 0..1.
    - Up to 16: few levels, so either of four bits or less (or 0..16, as scikit-learn's digits), or very dark pictures
      of eight. In a range of its own most pictures use its top, as it is their white; the highest value of dark
      pictures is reached in few. So it is plain if half of the pictures reach the highest value; otherwise refused.
    - 17 to 127: taken as dark pictures in 0..255, with a note; unless the highest value is the top of a range (31, 63,
      100, 127) and half of the pictures reach it.
    - 128 to 255: 0..255. Above: 10, 12, 14 or 16 bits, the fewest that hold the highest value; or exactly 2^k - 1.

    Raises:
        ValueError: the range is not plain; the message says what the values are and what to do.
    """
    low, high = float(pictures.min()), float(pictures.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"values from {low:g} to {high:g}: replace those that are no numbers, such as with nan_to_num")
    if pictures.dtype.kind == "f" and not (high > 1 and low >= 0 and _are_whole(pictures)):
        return _range_of_floats(low, high)
    if low == -1 and high <= 1:
        return _noted(-1, 1)
    if highest_of(pictures) > BYTE:
        return _noted(0, int(bits_range(high).high))
    return _range_of_few_levels(int(high), pictures) if 0 < high <= _DARK else ValueRange(0, BYTE)


def bits_range(high: float) -> ValueRange:
    """The range of whole numbers up to `high` in a file of 16 bits: 8, 10, 12, 14 or 16 bits, or exactly 2^k - 1.

    Raises:
        ValueError: there are more than 16 bits.
    """
    if high >= 2**16:
        raise ValueError(f"values up to {high:.0f}, more than 16 bits hold: bring them to 0..255")
    whole = int(high)
    exact = whole.bit_length() if whole > BYTE and whole & (whole + 1) == 0 else 0
    bits = exact or next(bits for bits in DEPTHS if whole < 2**bits)
    return _noted(0, 2**bits - 1) if bits < 16 else ValueRange(0, 2**bits - 1)


def highest_of(values: NDArray[Any]) -> float:
    """The highest of whole numbers from 0.

    Raises:
        ValueError: there are negative ones.
    """
    low, high = float(values.min()), float(values.max())
    if low < 0:
        raise ValueError(f"values from {low:.0f} to {high:.0f}: bring them to 0..255")
    return high


def _range_of_floats(low: float, high: float) -> ValueRange:
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        return ValueRange(0, 1)
    if -1 - _ROUNDING <= low <= -0.25 and high <= 1 + _ROUNDING:
        return _noted(-1, 1)
    if low >= 0 and _DARK < high <= BYTE:
        return _noted(0, BYTE)
    cure = "undo what shifted them" if low < 0 else "divide them by their white"
    raise ValueError(f"values from {low:.4g} to {high:.4g}: {cure} and use uint8, or floats in 0..1")


def _range_of_few_levels(high: int, pictures: NDArray[Any]) -> ValueRange:
    """See `find_range`; `high` is 1 to 127."""
    if high == 1:
        return _noted(0, 1)
    tops = np.concatenate([part.reshape(len(part), -1).max(axis=1) for _, part in _chunks(pictures)])
    reached = float((tops == high).mean()) >= 0.5
    if high <= FEW_LEVELS:
        if reached:
            return _noted(0, high if high == FEW_LEVELS else 2 ** high.bit_length() - 1)
        raise ValueError(
            f"whole numbers up to {high}: divide them by their white (15? or 255 if they are dark), as floats"
        )
    if reached and (high & (high + 1) == 0 or high == 100):
        return _noted(0, high)
    text = f"values up to {high} are taken as dark pictures in 0..255; if {high} is white, scale them"
    return ValueRange(0, BYTE, text)


def _noted(low: int, high: int) -> ValueRange:
    done = "taken as 0..255" if high == BYTE else f"scaled from {low}..{high} to 0..255"
    return ValueRange(low, high, f"values are {done}, by their highest; to decide otherwise, scale them yourself")


def _are_whole(values: NDArray[Any]) -> bool:
    return all(bool((part == np.round(part)).all()) for _, part in _chunks(values))


def _chunks(values: NDArray[Any]) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Rows of an array, as many at a time as keep copies of them small."""
    step = max(1, _CHUNK // max(1, values[:1].size))
    for start in range(0, len(values), step):
        yield slice(start, start + step), values[start : start + step]
