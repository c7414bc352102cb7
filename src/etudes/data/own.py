"""Your own labelled pictures: which kind of data a path leads to."""

import re
from pathlib import Path

from etudes.contract import ImageInfo, Images
from etudes.data.classes import note_numbering, number_classes
from etudes.data.errors import file_error
from etudes.data.folder import describe_folder, load_folder
from etudes.data.folder_scan import entries
from etudes.data.idx import read_idx, read_idx_pair, read_idx_shape
from etudes.data.limits import check_side
from etudes.data.npz import check_range, describe_npz, load_npz, training_range
from etudes.data.parts import TEST, TRAINING, VALIDATION, named_parts
from etudes.data.splits import Parts, split_off_test

_IDX_NAME = re.compile(r"(.*?)(images|labels)([-._]idx)([13])([-._]ubyte)(\.gz)?", re.IGNORECASE)

IdxFiles = dict[str, tuple[Path, Path]]
"""Part → its files of pictures and of labels, the training part first."""


def describe_own(path: Path) -> ImageInfo:
    """What your own data is, from headers and labels alone; errors are those of `load_own`."""
    files = _idx_files(path)
    return _describe_idx(path, files) if files else describe_folder(path) if path.is_dir() else describe_npz(path)


def load_own(path: Path) -> tuple[ImageInfo, Parts]:
    """Load an image folder, an NPZ archive, or IDX files.

    Returns:
        What the pictures are, and their parts; the test part is a fixed fifth unless the data sets one aside.

    Raises:
        UserError: the path leads to none of these, or to damaged data.
    """
    files = _idx_files(path)
    if not files:
        return load_folder(path) if path.is_dir() else load_npz(path)
    info = _describe_idx(path, files)  # first, as the pictures may be large
    pairs = {part: read_idx_pair(*pair) for part, pair in files.items()}
    labels = {files[part][1].name: numbers for part, (_, numbers) in pairs.items()}
    numbers = dict(zip(files, number_classes(path, labels)[1], strict=True))
    values = training_range(path, "its training part", pairs[TRAINING][0])
    for part, (pictures, _) in pairs.items():
        if pictures.shape[1:] != info.shape:
            raise file_error(path, "training and test pictures differ in size: make them one size")
        check_range(files[part][0], "it", pictures, values)
    found = {part: Images(values.to_bytes(pictures), numbers[part]) for part, (pictures, _) in pairs.items()}
    if TEST not in found:
        found[TRAINING], found[TEST] = split_off_test(found[TRAINING])
    note_numbering(path, list(labels.values()), info.class_names)
    return info, Parts(found[TRAINING], found[TEST], found.get(VALIDATION))


def _describe_idx(path: Path, files: IdxFiles) -> ImageInfo:
    _, height, width = read_idx_shape(files[TRAINING][0], 3)
    check_side(path, height, width)
    labels = {file.name: read_idx(file, 1) for _, file in files.values()}
    return ImageInfo(str(path), height, width, 1, number_classes(path, labels)[0])


def _idx_files(path: Path) -> IdxFiles:
    """The IDX files of pictures and labels that the path stands for; none if it is not IDX.

    Raises:
        UserError: the path leads to no data at all, the labels are missing, or a folder holds several sets.
    """
    if not path.is_dir():
        if re.fullmatch(_IDX_NAME, path.name) and "images" in path.name.lower():
            return {TRAINING: (path, _labels(path))}
        if path.suffix.lower() != ".npz":
            raise file_error(path, "is not data: give an image folder, an .npz file or a …-images-idx3-ubyte file")
        return {}
    found: dict[str, Path] = {}
    for file in reversed(entries(path)):  # so that an unpacked file is taken before the packed one
        name = re.fullmatch(_IDX_NAME, file.name)
        if name and name[2].lower() == "images" and file.is_file():
            found[name[1].strip("-._ ").lower()] = file
    if not found:
        return {}
    return {part: (found[name], _labels(found[name])) for part, name in _idx_parts(path, found).items()}


def _idx_parts(path: Path, found: dict[str, Path]) -> dict[str, str]:
    """Part → what stands before "images" in the file's name."""
    by_word = {re.split(r"[-._ ]", name)[-1]: name for name in found}
    if len(by_word) < len(found) or len({name.removesuffix(word) for word, name in by_word.items()}) > 1:
        raise file_error(path, f"holds IDX files of several sets: name one file, such as {min(found.values()).name}")
    words = named_parts(path, by_word)
    if TRAINING not in words:
        if len(found) > 1 or words:
            raise file_error(path, "has no training part: put train-images-idx3-ubyte and its labels into it")
        words = {TRAINING: next(iter(by_word))}
    return {part: by_word[word] for part, word in words.items()}


def _labels(pictures: Path) -> Path:
    """The file of labels that belongs to a file of pictures, whatever separates the words of its name."""
    name = re.fullmatch(_IDX_NAME, pictures.name)
    assert name
    for file in entries(pictures.parent):
        other = re.fullmatch(_IDX_NAME, file.name)
        if other and other[1] == name[1] and other[2].lower() == "labels" and file.is_file():
            return file
    wanted = f"{name[1]}labels{name[3]}1{name[5]}"
    raise file_error(pictures, f"its labels are missing: put {wanted} beside it")
