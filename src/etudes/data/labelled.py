"""Labelled pictures to test a trained network on: all of a set, as the network takes them, classes matched by name."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
from PIL import Image

from etudes.contract import Array, ImageData, ImageInfo, Images
from etudes.data.images import load_images
from etudes.data.pictures import fit_picture
from etudes.data.repeats import note_learned
from etudes.errors import UserError, format_path
from etudes.schema import Settings


def load_test_images(
    source: str, info: ImageInfo, _settings: Settings, data: ImageData | None, others: Sequence[str] = ()
) -> ImageData:
    """Data whose test set is all labelled pictures of a source, whatever their split.

    Args:
        source: as for `load_images`.
        info: what a network was trained on; the pictures get its size, and its numbers for the classes.
        data: what it was trained on, which the test set takes the rest from; None if that was not found.
        others: further classes, whose pictures are left out.

    Raises:
        UserError: as in `load_images`, or there is a class that is none of these.
    """
    whole, known = load_images(source, seed=0, validation_share=0.0), list(info.class_names)
    parts = (whole.train, whole.validation, whole.test)
    pictures = np.concatenate([part.pictures for part in parts])
    names = np.array(whole.info.class_names)[np.concatenate([part.labels for part in parts])]
    for name in dict.fromkeys(names.tolist()):
        if name not in (*known, *others):
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0][:30]!r}" if near else f"the run has {', '.join(known)[:50]}"
            raise UserError(f"{format_path(source)} has an unknown class {name[:30]!r} ({hint}): rename or remove it")
    chosen = np.isin(names, known)
    labels = np.array([known.index(name) for name in names[chosen].tolist()], np.int64)
    test = Images(_fitted(pictures[chosen], info), labels)
    none = Images(np.zeros((0, *info.shape), np.uint8), np.zeros(0, np.int64))
    train, validation = (data.train, data.validation) if data else (none, none)
    note_learned(_ids(test.pictures), {*_ids(train.pictures), *_ids(validation.pictures)}, source)
    return ImageData(info, train, validation, test)


def _ids(pictures: Array) -> list[bytes]:
    return [picture.tobytes() for picture in pictures]


def _fitted(pictures: Array, info: ImageInfo) -> Array:
    if pictures.shape[1:] == info.shape:
        return pictures
    images = (Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture) for picture in pictures)
    return np.stack([fit_picture(image, info) for image in images])
