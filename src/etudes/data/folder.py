"""A folder of your own pictures: one subfolder a class, or `train`, `test` and so on with such subfolders."""

from collections.abc import Iterable
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from etudes.contract import ImageInfo, Images
from etudes.data.errors import file_error, listed
from etudes.data.folder_scan import Folder, Labelled, check_bad_share, scan_folder
from etudes.data.limits import MAX_BYTES
from etudes.data.notes import note
from etudes.data.npz import check_range
from etudes.data.parts import TEST, TRAINING, VALIDATION
from etudes.data.pictures import PictureHeader, Reading, fit_picture, open_picture, reading_of_set
from etudes.data.ranges import ValueRange
from etudes.data.splits import Parts, split_off_test
from etudes.errors import UserError, format_path

MAX_KEPT_SIDE = 256
"""Pictures that are all of one size keep it up to this side, in pixels."""

RESIZED_SIDE = 64
"""Pictures of different sizes, and larger ones, are resized: their longer side is at most so many pixels."""

COMMON_SHARE = 0.25
"""The most frequent size counts if this share of the pictures has it; otherwise the median of their proportions."""

_LOOKED_AT = 200
"""Transparent pictures that decide on what background all of them are put."""
_UNUSUAL = 2.0
"""More than half of a picture is cropped away if its proportions differ by this factor."""


def describe_folder(path: Path) -> ImageInfo:
    """What a folder holds, from the headers of its pictures.

    Raises:
        UserError: there are no class folders, or too many files in them are not pictures.
    """
    return _info(scan_folder(path))


def load_folder(path: Path) -> tuple[ImageInfo, Parts]:
    """Load a folder's pictures, all brought to one size; what was skipped or decided is noted.

    Returns:
        What they are, and their parts: as the folder comes split, such as into train, valid and test; otherwise a fixed
        fifth is the test part. A single held-out part is the test part, whatever it is called.

    Raises:
        UserError: there are no class folders, or 5 % of the files or more are bad.
    """
    folder = scan_folder(path)
    info = _info(folder)
    reading = _reading(folder)
    found = {part: _read(files, info, folder, reading) for part, files in folder.parts.items()}
    check_bad_share(folder)
    found = _in_one_range(path, found)
    if not len(found.get(TEST, ())):
        found[TRAINING], found[TEST] = split_off_test(found[TRAINING])
    if not len(found[TRAINING]) or not len(found[TEST]):
        raise file_error(path, "has too few good pictures: give at least two of each class")
    _note_scan(folder)
    _note_sizes(folder, info)
    return info, Parts(found[TRAINING], found[TEST], found.get(VALIDATION))


def _info(folder: Folder) -> ImageInfo:
    """Size and channels that all pictures get: a size that many have, or a smaller one of its proportions."""
    height, width = _common_size(folder)
    if max(height, width) > (MAX_KEPT_SIDE if len(folder.sizes) == 1 else RESIZED_SIDE):
        factor = RESIZED_SIDE / max(height, width)
        height, width = max(1, round(height * factor)), max(1, round(width * factor))
    channels = 1 if all(header.grey for header in folder.headers.values()) else 3
    if len(folder) * height * width * channels > MAX_BYTES:
        raise file_error(folder.path, f"has more than {MAX_BYTES:,} bytes of pictures: keep fewer or smaller ones")
    return ImageInfo(str(folder.path), height, width, channels, folder.class_names)


def _most_frequent(folder: Folder) -> tuple[tuple[int, int], int]:
    """The most frequent size, the larger of two, and how many pictures have it."""
    return max(folder.sizes.items(), key=lambda item: (item[1], item[0]))


def _common_size(folder: Folder) -> tuple[int, int]:
    """The most frequent size, if it is common; else one of the median proportions and the median longer side."""
    if not folder.headers:
        return 1, 1
    (height, width), count = _most_frequent(folder)
    if count >= COMMON_SHARE * len(folder.headers):
        return height, width
    proportion = median(header.height / header.width for header in folder.headers.values())
    side = median(max(header.height, header.width) for header in folder.headers.values())
    return max(1, round(side * min(1, proportion))), max(1, round(side * min(1, 1 / proportion)))


def _reading(folder: Folder) -> Reading:
    """What its files leave open, decided over those of the training part."""
    training = [(file, folder.headers[file]) for file, _ in folder.parts[TRAINING]]
    deep = [file for file, header in training if header.deep]
    transparent = [file for file, header in training if header.transparent and not header.deep]
    return reading_of_set(folder.path, [*deep, *transparent[:: 1 + len(transparent) // _LOOKED_AT]])


def _read(files: Labelled, info: ImageInfo, folder: Folder, reading: Reading) -> Images:
    """Decode pictures into one array; those that fail are moved to the bad files."""
    pictures: NDArray[np.uint8] = np.empty((len(files), *info.shape), dtype=np.uint8)
    labels: list[int] = []
    for file, number in list(files):
        try:
            pictures[len(labels)] = fit_picture(open_picture(file, reading), info)
        except UserError as error:
            folder.bad[file] = str(error)
            files.remove((file, number))
        else:
            labels.append(number)
    return Images(pictures[: len(labels)], np.array(labels, dtype=np.int64))


def _in_one_range(path: Path, found: dict[str, Images]) -> dict[str, Images]:
    """The parts, scaled if values 0 and 1 alone are in the training part, such as in masks."""
    if not len(found[TRAINING]) or found[TRAINING].pictures.max() != 1:
        return found
    values = ValueRange(0, 1)
    for images in found.values():
        if len(images):
            check_range(path, "a part", images.pictures, values)
    note(f"{format_path(path)}: values 0 and 1 are scaled to 0..255; save the pictures in 0..255 to decide otherwise")
    return {part: Images(values.to_bytes(images.pictures), images.labels) for part, images in found.items()}


def _note_scan(folder: Folder) -> None:
    """Say what was skipped, and how the parts were found."""
    at = format_path(folder.path)
    if folder.bad:
        names = listed(file.name for file in folder.bad)
        note(f"{at}: {len(folder.bad)} of {len(folder)} files skipped, as no pictures or damaged: {names}; remove them")
    if folder.skipped:
        note(f"{at}: skipped {listed(folder.skipped)}; to use them, make them class folders")
    if folder.nested:
        note(f"{at}: {folder.nested} pictures in subfolders of classes count for the class; else move them out")
    if folder.taken_as:
        parts = ", ".join(f"{format_path(name)[:30]} is the {part} part" for part, name in folder.taken_as.items())
        rest = "" if len(folder.taken_as) == 3 else "; what is missing is split off the training part"
        note(f"{at}: {parts}{rest}; rename the folders to decide otherwise")


def _note_sizes(folder: Folder, info: ImageInfo) -> None:
    """Say what size was chosen and why, if there was a choice, and name pictures that hardly fit it."""
    at, chosen, total = format_path(folder.path), f"{info.height}×{info.width}", len(folder.headers)
    sizes, (size, count) = len(folder.sizes), _most_frequent(folder)
    if sizes == 1 and max(size) > MAX_KEPT_SIDE:
        cure = f"to keep a size, make it {MAX_KEPT_SIDE} pixels at most"
        note(f"{at}: pictures of {size[0]}×{size[1]} are resized to {chosen}: {cure}")
    if sizes > 1:
        common = count >= COMMON_SHARE * total
        why = f"{count} of {total} are {size[0]}×{size[1]}" if common else "their median proportions"
        note(f"{at}: pictures of {sizes} sizes become {chosen} ({why}); make them one size to decide otherwise")
        if names := _unusual(folder.headers.items(), info.height / info.width):
            done = f"{len(names)} of other proportions, cropped to their middle"
            note(f"{at}: {done}: {listed(names)}; crop them yourself to decide otherwise")


def _unusual(headers: Iterable[tuple[Path, PictureHeader]], wanted: float) -> list[str]:
    """Names and sizes of the pictures of which more than half is cropped away."""
    found = []
    for file, header in headers:
        factor = header.height / header.width / wanted
        if not 1 / _UNUSUAL <= factor <= _UNUSUAL:
            found.append(f"{file.name} ({header.height}×{header.width})")
    return found
