"""Data: embedded, published elsewhere, or your own; checked before it is used. Each file is loaded when first used."""

from typing import TYPE_CHECKING

import lazy_loader

__all__ = [
    "IMAGE_SETS",
    "MAX_FILE_BYTES",
    "PHOTOS",
    "SetStatus",
    "data_folder",
    "describe_images",
    "embedded_photo",
    "find_file",
    "fit_picture",
    "is_picture_name",
    "list_sets",
    "load_images",
    "load_pairs",
    "load_test_images",
    "note_learned",
    "open_picture",
    "read_picture_header",
]

if TYPE_CHECKING:
    from etudes.data.catalogue import data_folder
    from etudes.data.formats import is_picture_name
    from etudes.data.images import IMAGE_SETS, describe_images, load_images
    from etudes.data.labelled import load_test_images
    from etudes.data.pairs import load_pairs
    from etudes.data.pictures import (
        MAX_FILE_BYTES,
        PHOTOS,
        embedded_photo,
        fit_picture,
        open_picture,
        read_picture_header,
    )
    from etudes.data.repeats import note_learned
    from etudes.data.storage import SetStatus, find_file, list_sets
else:
    __getattr__, __dir__, _ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "catalogue": ["data_folder"],
            "formats": ["is_picture_name"],
            "images": ["IMAGE_SETS", "describe_images", "load_images"],
            "labelled": ["load_test_images"],
            "pairs": ["load_pairs"],
            "pictures": [
                "MAX_FILE_BYTES",
                "PHOTOS",
                "embedded_photo",
                "fit_picture",
                "open_picture",
                "read_picture_header",
            ],
            "repeats": ["note_learned"],
            "storage": ["SetStatus", "find_file", "list_sets"],
        },
    )
