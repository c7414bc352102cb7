"""Labelled pictures by name or path: what they are, and the pictures themselves."""

import os
from dataclasses import replace
from pathlib import Path

from etudes.contract import ImageData, ImageInfo
from etudes.data.builtin import load_builtin
from etudes.data.catalogue import CIFAR10_NAMES, DIGIT_NAMES, FASHION_NAMES
from etudes.data.digits import load_digits
from etudes.data.drawings import ink_of_set
from etudes.data.errors import file_error
from etudes.data.own import describe_own, load_own
from etudes.data.repeats import note_repeats
from etudes.data.shapes import SHAPE_NAMES, load_shapes
from etudes.data.splits import Parts, split_off_validation
from etudes.errors import unknown, user_path

IMAGE_SETS = {
    "mnist": ImageInfo("mnist", 28, 28, 1, DIGIT_NAMES),
    "fashion_mnist": ImageInfo("fashion_mnist", 28, 28, 1, FASHION_NAMES),
    "cifar10": ImageInfo("cifar10", 32, 32, 3, CIFAR10_NAMES),
    "digits": ImageInfo("digits", 28, 28, 1, DIGIT_NAMES),
    "shapes": ImageInfo("shapes", 32, 32, 3, SHAPE_NAMES),
}
"""The sets that are known by name, and what each is."""


def describe_images(source: str) -> ImageInfo:
    """What a set of labelled pictures is. For a name no file is read; of your own data, headers and labels are.

    Args:
        source: "mnist", "fashion_mnist", "cifar10", "digits", "shapes", or the path of an image folder, an
            NPZ archive or IDX files.

    Raises:
        UserError: the source is neither a known name nor data that can be read.
    """
    return IMAGE_SETS.get(source) or describe_own(_own_path(source))


def load_images(source: str, *, seed: int, validation_share: float, limit: int = 0) -> ImageData:
    """Load labelled pictures, split into training, validation and test set, which share no example.

    Args:
        source: as for `describe_images`; a built-in set that is missing is fetched if there is a network.
        seed: decides which training pictures are held out for validation, and their order. It never changes
            the test set.
        validation_share: the part to hold out, in 0..1; if it is not 0, at least one picture of each class
            that has two. Data of your own that comes with a part for validation beside one for the test is taken as
            it is split.
        limit: keep at most so many pictures in each of the three sets, with the classes in the same proportion; 0
            keeps all.

    Returns:
        Pictures as uint8 (n, height, width, channels) in 0..255, labels as int64 (n,).

    Raises:
        UserError: the data is missing or damaged; the message says which file and what to do.
    """
    info, parts = _load(source)
    data = split_off_validation(info, parts, seed=seed, validation_share=validation_share, limit=limit)
    if source not in IMAGE_SETS:
        note_repeats(source, data)
    return data


def _load(source: str) -> tuple[ImageInfo, Parts]:
    if source not in IMAGE_SETS:
        info, parts = load_own(_own_path(source))
        return replace(info, ink=ink_of_set(parts.training.pictures)), parts
    embedded = {"digits": load_digits, "shapes": load_shapes}
    training, test = embedded[source]() if source in embedded else load_builtin(source)
    return IMAGE_SETS[source], Parts(training, test)


def _own_path(source: str) -> Path:
    path = user_path(source)
    if os.path.isdir(path) or os.path.isfile(path):
        return path
    if os.path.lexists(path):
        raise file_error(path, "is neither a file nor a folder: give an image folder, an .npz or an IDX file")
    if path.name == source and not path.suffix:
        raise unknown("data set", source, IMAGE_SETS)
    raise file_error(path, "does not exist: give a folder, an .npz or IDX file, or the name of a set")
