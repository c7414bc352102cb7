"""IN: data that is embedded, published elsewhere or one's own, checked before it is used."""

from etudes.data.catalogue import data_folder
from etudes.data.downloads import fetch
from etudes.data.images import IMAGE_SETS, describe_images, load_images
from etudes.data.pairs import load_pairs
from etudes.data.pictures import LARGEST_FILE, PHOTOS, embedded_photo, fit_picture, look_at_picture, open_picture
from etudes.data.storage import SetStatus, find_file, list_sets, verify

__all__ = [
    "IMAGE_SETS",
    "LARGEST_FILE",
    "PHOTOS",
    "SetStatus",
    "data_folder",
    "describe_images",
    "embedded_photo",
    "fetch",
    "find_file",
    "fit_picture",
    "list_sets",
    "load_images",
    "load_pairs",
    "look_at_picture",
    "open_picture",
    "verify",
]
