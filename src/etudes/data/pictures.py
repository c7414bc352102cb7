"""One picture of yours: opened without trusting it, and resized to what a network expects."""

import importlib.util
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from etudes.contract import ImageInfo
from etudes.data.errors import error_reason, file_error
from etudes.errors import UserError, unknown

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""The formats that are opened; no other decoder of Pillow is used."""

MAX_FILE_BYTES = 25_000_000
"""Bytes that a picture file may have."""

MAX_PIXELS = 50_000_000
"""Pixels that a picture may have, by its header, before anything is decoded."""

PHOTOS = ("china", "flower")
"""The photographs that come with scikit-learn."""

_GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16L", "I;16B", "F")
_ORIENTATION = 0x0112


def open_picture(path: str | Path) -> Image.Image:
    """Open a picture as a person sees it: turned as its EXIF says, transparency on white, 8 bits a channel.

    Args:
        path: a PNG, JPEG, WEBP, GIF (its first frame) or BMP file of at most 25 MB and 50 million pixels.

    Returns:
        A picture in mode "L" if the file is greyscale, else "RGB".

    Raises:
        UserError: the file is missing, too large, cut short or not such a picture.
    """
    if not str(path).strip():
        raise UserError("name a picture file, such as photo.jpg")
    file = Path(path)
    with _user_errors(file), _checked(file) as image:
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return _flat(image)


def read_picture_header(path: Path) -> tuple[int, int, bool]:
    """Read a picture's header: its height and width as a person sees it, and whether it is greyscale.

    Raises:
        UserError: the file is missing, too large or not a picture.
    """
    with _user_errors(path), _checked(path) as image:
        turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        height, width = image.size if turned else image.size[::-1]
        return height, width, image.mode in _GREY_MODES


def is_picture_name(name: str) -> bool:
    """Whether a file of this name should be a picture of one of `FORMATS`."""
    Image.init()
    return Image.registered_extensions().get(Path(name).suffix.lower()) in FORMATS


@contextmanager
def _user_errors(path: Path) -> Iterator[None]:
    """Silence a decoder's warnings, and turn whatever it raises into an error that names the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except UserError:
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise _too_many_pixels(path) from error
        except Exception as error:  # a broken file makes Pillow's decoders raise nearly anything
            raise file_error(path, f"is not a picture: {error_reason(error)}; save it again") from error


def _checked(path: Path) -> Image.Image:
    """The picture, not yet decoded, after its size in bytes and in pixels was checked."""
    if not path.is_file():
        raise file_error(path, "there is no such picture file: check the name")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise file_error(path, f"is larger than {MAX_FILE_BYTES // 1_000_000} MB: save it smaller")
    try:
        image = Image.open(path, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise file_error(path, f"is not a picture: save it as one of {', '.join(FORMATS)}") from error
    if math.prod(image.size) > MAX_PIXELS:
        image.close()
        raise _too_many_pixels(path)
    return image


def _too_many_pixels(path: Path) -> UserError:
    return file_error(path, f"has more than {MAX_PIXELS // 1_000_000} million pixels: save it smaller")


def _flat(image: Image.Image) -> Image.Image:
    """Any mode of Pillow as "L" or "RGB"."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_eight_bits(np.asarray(image)))
    grey = image.mode in _GREY_MODES
    if image.has_transparency_data:
        solid = image if image.mode == "RGBA" else image.convert("RGBA")
        image = Image.new("RGB", solid.size, "white")
        image.paste(solid, mask=solid.getchannel("A"))
    mode = "L" if grey else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _eight_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Values in 0..65535 as 0..255."""
    scaled = np.clip(values.astype(np.float32) / 257, 0, 255)
    return np.round(scaled).astype(np.uint8)


def fit_picture(image: Image.Image, info: ImageInfo) -> NDArray[np.uint8]:
    """Crop a picture to a network's proportions around its centre, then resize it.

    Args:
        image: any picture, such as `open_picture` gives.
        info: what the network was trained on; its height, width and channels count.

    Returns:
        uint8 (height, width, channels) in 0..255.
    """
    flat = _flat(image).convert("L" if info.channels == 1 else "RGB")
    fitted = ImageOps.fit(flat, (info.width, info.height), Image.Resampling.LANCZOS)
    return np.array(fitted, dtype=np.uint8).reshape(info.shape)


def embedded_photo(name: str) -> Image.Image:
    """A photograph that comes with scikit-learn, RGB, 640×427: "china" (a pagoda) or "flower" (a dahlia).

    Raises:
        UserError: there is no photograph of that name.

    Source: scikit-learn's `load_sample_image`; both CC BY 2.0, Flickr danielbuechele and vultilion.
    """
    if name not in PHOTOS:
        raise unknown("photograph", name, PHOTOS)
    sklearn = importlib.util.find_spec("sklearn")  # only where it is: to load it would take a second
    assert sklearn is not None
    assert sklearn.origin is not None
    return open_picture(Path(sklearn.origin).parent / "datasets" / "images" / f"{name}.jpg")
