"""A folder of your own pictures: one subfolder a class, or `train` and `test` with such subfolders."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etudes.contract import ImageInfo, Images
from etudes.data.errors import file_error
from etudes.data.limits import MAX_BYTES
from etudes.data.notes import note
from etudes.data.pictures import fit_picture, open_picture, read_picture_header
from etudes.data.splits import split_off_test
from etudes.errors import UserError, format_path

MAX_BAD_SHARE = 0.05
"""A folder with this share of unreadable files, or more, is an error."""

MAX_KEPT_SIDE = 256
"""Pictures that are all of one size keep it up to this side, in pixels."""

RESIZED_SIDE = 64
"""Pictures of different sizes, and larger ones, are resized: their longer side is at most so many pixels."""

_NOT_PICTURES = {"thumbs.db", "desktop.ini"}
_TEST_FOLDERS = ("test", "validation", "val")


@dataclass
class Folder:
    """What a folder holds, from headers alone: no picture is decoded."""

    path: Path
    class_names: tuple[str, ...]
    training: list[tuple[Path, int]]
    """Pictures and the numbers of their classes."""
    test: list[tuple[Path, int]]
    """The same of the test part; empty if there is none."""
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """How many pictures have this (height, width)."""
    grey: bool = True
    """Whether all pictures are greyscale."""
    bad: list[str] = field(default_factory=list)
    """Errors of the files that are not pictures."""

    def __len__(self) -> int:
        return len(self.training) + len(self.test) + len(self.bad)


def describe_folder(path: Path) -> ImageInfo:
    """What a folder holds, from the headers of its pictures.

    Raises:
        UserError: there are no class folders, or too many files in them are not pictures.
    """
    return _info(_scan(path))


def load_folder(path: Path) -> tuple[ImageInfo, Images, Images]:
    """Load a folder's pictures, all brought to one size, and name the bad files in the log.

    Returns:
        What they are, the training part and the test part: `test` (else `validation` or `val`) beside `train`, or a
        fixed fifth.

    Raises:
        UserError: there are no class folders, or 5 % of the files or more are bad.
    """
    folder = _scan(path)
    info = _info(folder)
    (size, *others) = folder.sizes
    if not others and max(size) > MAX_KEPT_SIDE:
        resized = f"{size[0]}×{size[1]} are resized to {info.height}×{info.width}"
        note(f"{path}: pictures of {resized}: to keep a size, make it {MAX_KEPT_SIDE} pixels at most")
    training = _read(folder.training, info, folder)
    test = _read(folder.test, info, folder)
    _check_bad_share(folder)
    if folder.bad:
        note(f"{path}: {len(folder.bad)} of {len(folder)} files skipped: {'; '.join(folder.bad)}")
    if not len(test):
        training, test = split_off_test(training)
    if not len(training) or not len(test):
        raise file_error(path, "has too few good pictures: give at least two of each class")
    return info, training, test


def _scan(path: Path) -> Folder:
    """Find the classes and read every picture's header."""
    has_parts = (path / "train").is_dir() and bool(_subfolders(path / "train"))
    root = path / "train" if has_parts else path
    class_names = tuple(_subfolders(root))
    if len(class_names) < 2:
        raise file_error(path, "has no classes: make two or more subfolders with pictures, one for each class")
    for name in class_names:
        if name.encode(errors="ignore").decode() != name:
            raise file_error(root / name, "is a class whose name is not in Unicode: rename the folder")
    beside = next((path / name for name in _TEST_FOLDERS if has_parts and (path / name).is_dir()), None)
    if beside and (unknown := set(_subfolders(beside)) - set(class_names)):
        raise file_error(path, f"class {min(unknown)!r} is in {beside.name} but not in train: add or remove it")
    folder = Folder(path, class_names, training=[], test=[])
    folder.training = _headers(root, folder)
    folder.test = _headers(beside, folder) if beside else []
    if not folder.sizes and not folder.bad:
        raise file_error(path, "its class folders are empty: put PNG, JPEG, WEBP, GIF or BMP files into them")
    _check_bad_share(folder)
    return folder


def _subfolders(path: Path) -> list[str]:
    """Names of the subfolders that are not hidden, in the order of numbers if all are numbers."""
    names = [entry.name for entry in _entries(path) if entry.is_dir() and not entry.name.startswith(".")]
    return sorted(names, key=int) if all(name.isdecimal() for name in names) else sorted(names)


def _entries(path: Path) -> list[Path]:
    try:
        return sorted(path.iterdir())
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}; check its permissions") from error


def _headers(root: Path, folder: Folder) -> list[tuple[Path, int]]:
    """The pictures below `root` and their classes; sizes, colours and bad files are noted in `folder`."""
    pictures = []
    for number, name in enumerate(folder.class_names):
        files = _entries(root / name) if (root / name).is_dir() else []
        for file in files:
            if file.is_dir() or file.name.startswith(".") or file.name.lower() in _NOT_PICTURES:
                continue
            try:
                height, width, grey = read_picture_header(file)
            except UserError as error:
                folder.bad.append(str(error))
                continue
            folder.sizes[height, width] += 1
            folder.grey = folder.grey and grey
            pictures.append((file, number))
    return pictures


def _check_bad_share(folder: Folder) -> None:
    """Raise an error for a folder of which too much is bad."""
    if folder.bad and len(folder.bad) >= MAX_BAD_SHARE * len(folder):
        first = format_path(folder.bad[0])
        raise UserError(f"{len(folder.bad)} of {len(folder)} files are bad: remove or fix them, such as {first}")


def _info(folder: Folder) -> ImageInfo:
    """Size and channels that all pictures get: the most frequent size, or a smaller one of its proportions."""
    (height, width), _ = max(folder.sizes.items(), key=lambda item: (item[1], item[0]))
    if max(height, width) > (MAX_KEPT_SIDE if len(folder.sizes) == 1 else RESIZED_SIDE):
        factor = RESIZED_SIDE / max(height, width)
        height, width = max(1, round(height * factor)), max(1, round(width * factor))
    channels = 1 if folder.grey else 3
    if len(folder) * height * width * channels > MAX_BYTES:
        raise file_error(folder.path, f"has more than {MAX_BYTES:,} bytes of pictures: keep fewer or smaller ones")
    return ImageInfo(str(folder.path), height, width, channels, folder.class_names)


def _read(files: list[tuple[Path, int]], info: ImageInfo, folder: Folder) -> Images:
    """Decode pictures into one array; those that fail are moved to the bad files."""
    pictures: NDArray[np.uint8] = np.empty((len(files), *info.shape), dtype=np.uint8)
    labels: list[int] = []
    for file, number in list(files):
        try:
            pictures[len(labels)] = fit_picture(open_picture(file), info)
        except UserError as error:
            folder.bad.append(str(error))
            files.remove((file, number))
        else:
            labels.append(number)
    return Images(pictures[: len(labels)], np.array(labels, dtype=np.int64))
