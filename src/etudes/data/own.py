"""Your own labelled pictures: which kind of data a path leads to."""

from pathlib import Path

from etudes.contract import ImageInfo, Images
from etudes.data.errors import file_error
from etudes.data.folder import describe_folder, load_folder
from etudes.data.idx import read_idx, read_idx_pair, read_idx_shape
from etudes.data.limits import check_side
from etudes.data.npz import describe_npz, load_npz
from etudes.data.splits import split_off_test

_PARTS = ("train", "t10k")


def describe_own(path: Path) -> ImageInfo:
    """What your own data is, from headers and labels alone; errors are those of `load_own`."""
    pairs = _idx_pairs(path)
    if pairs:
        _, height, width = read_idx_shape(pairs[0][0], 3)
        check_side(path, height, width)
        highest = max(int(read_idx(labels, 1).max()) for _, labels in pairs)
        if highest < 1:
            raise file_error(path, "has a single class: give pictures of two or more")
        return ImageInfo(str(path), height, width, 1, tuple(str(number) for number in range(highest + 1)))
    return describe_folder(path) if path.is_dir() else describe_npz(path)


def load_own(path: Path) -> tuple[ImageInfo, Images, Images]:
    """Load an image folder, an NPZ archive, or IDX files.

    Returns:
        What the pictures are, the training part and the test part; the test part is a fixed fifth unless the
        data sets one aside.

    Raises:
        UserError: the path leads to none of these, or to damaged data.
    """
    pairs = _idx_pairs(path)
    if not pairs:
        return load_folder(path) if path.is_dir() else load_npz(path)
    info = describe_own(path)  # first, as the pictures may be large
    parts = [Images(*read_idx_pair(pictures, labels)) for pictures, labels in pairs]
    if any(part.pictures.shape[1:] != info.shape for part in parts):
        raise file_error(path, "training and test pictures differ in size: make them one size")
    training, test = parts if len(parts) == 2 else split_off_test(parts[0])
    return info, training, test


def _idx_pairs(path: Path) -> list[tuple[Path, Path]]:
    """The IDX files of pictures and labels that the path stands for, training part first; none if it is not IDX.

    Raises:
        UserError: the path leads to no data at all, or the labels are missing.
    """
    if path.is_dir():
        found = [_beside(path, f"{part}-images-idx3-ubyte") for part in _PARTS]
        if found[0] is None:
            return []
        return [(file, _labels(file)) for file in found if file]
    if "images-idx3-ubyte" in path.name:
        return [(path, _labels(path))]
    if path.suffix.lower() != ".npz":
        raise file_error(path, "is not data: give an image folder, an .npz file or a …-images-idx3-ubyte file")
    return []


def _labels(pictures: Path) -> Path:
    """The file of labels that belongs to a file of pictures."""
    name = pictures.name.removesuffix(".gz").replace("images-idx3-ubyte", "labels-idx1-ubyte")
    found = _beside(pictures.parent, name)
    if found is None:
        raise file_error(pictures, f"its labels are missing: put {name} beside it")
    return found


def _beside(folder: Path, name: str) -> Path | None:
    """The file of this name, gzipped or not."""
    return next((file for file in (folder / name, folder / f"{name}.gz") if file.is_file()), None)
