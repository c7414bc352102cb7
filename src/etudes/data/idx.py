"""IDX, the format of MNIST: a header of big-endian sizes, then bytes; http://yann.lecun.com/exdb/mnist/."""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from etudes.data.errors import error_reason, file_error
from etudes.data.limits import MAX_BYTES


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not.

    Args:
        path: the file; a name that ends in ".gz" is unpacked while it is read.
        dimensions: how many the array has: 3 for pictures (n, height, width), 1 for labels (n,).

    Raises:
        UserError: the file cannot be read, is not IDX, or is shorter or longer than its header says.
    """
    try:
        with _opened(path) as file:
            shape = _read_shape(file, path, dimensions)
            size = math.prod(shape)
            data = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise file_error(path, f"cannot be read as IDX ({error_reason(error)}): get a fresh copy") from error
    if len(data) != size:
        problem = "is cut short" if len(data) < size else "is longer than it should be"
        raise file_error(path, f"{problem}: its header says {size:,} bytes; get a fresh copy")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def read_idx_shape(path: Path, dimensions: int) -> tuple[int, ...]:
    """Read the sizes in the header alone; arguments and errors are those of `read_idx`."""
    try:
        with _opened(path) as file:
            return _read_shape(file, path, dimensions)
    except (OSError, EOFError, zlib.error) as error:
        raise file_error(path, f"cannot be read as IDX ({error_reason(error)}): get a fresh copy") from error


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _read_shape(file: BinaryIO, path: Path, dimensions: int) -> tuple[int, ...]:
    header = file.read(4 + 4 * dimensions)
    if len(header) < 4 + 4 * dimensions or header[:4] != bytes([0, 0, 8, dimensions]):
        raise file_error(path, f"is not an IDX file of unsigned bytes in {dimensions} dimension(s): check the file")
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", header[4:])
    if 0 in shape:
        raise file_error(path, "holds no example: check the file")
    if math.prod(shape) > MAX_BYTES:
        raise file_error(path, f"holds more than {MAX_BYTES:,} bytes: keep fewer or smaller pictures")
    return shape


def read_idx_pair(pictures: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read pictures (n, height, width, 1) and their labels (n,).

    Raises:
        UserError: one of the files is bad, or they are not of the same length.
    """
    images = read_idx(pictures, 3)
    numbers = read_idx(labels, 1)
    if len(images) != len(numbers):
        raise file_error(
            labels, f"has {len(numbers):,} labels for {len(images):,} pictures: put the files of one set together"
        )
    return images[..., np.newaxis], numbers.astype(np.int64)
