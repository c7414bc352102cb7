"""One picture of yours: opened without trusting it, and resized to what a network expects."""

import contextlib
import io
import math
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from etudes.contract import ImageInfo
from etudes.data.colour import GREY_MODES, background_for, to_srgb, visible_light
from etudes.data.errors import error_reason, file_error
from etudes.data.formats import COMMON, container_formats, unidentified
from etudes.data.inputs import GivenPicture
from etudes.data.notes import note
from etudes.data.ranges import ValueRange, bits_range, find_range, highest_of
from etudes.data.storage import EMBEDDED_FOLDER
from etudes.errors import UserError, unknown, user_path

MAX_FILE_BYTES = 25_000_000
"""Bytes that a picture file may have."""

MAX_PIXELS = 50_000_000
"""Pixels that a picture may have, by its header, before anything is decoded."""

PHOTOS = ("china", "flower")
"""The photographs that come with the package."""

_ORIENTATION = 0x0112
_CUT_TO_FOUR_BITS = 15


@dataclass(frozen=True)
class PictureHeader:
    """What a picture's header says."""

    height: int
    width: int
    """Both as a person sees the picture."""
    grey: bool
    deep: bool
    """Whether its values have more than eight bits, so that their range is not known yet."""
    transparent: bool


@dataclass(frozen=True)
class Reading:
    """What files leave open: decided over one picture, or over the training part of a set for all of it."""

    values: ValueRange | None = None
    """The range of values of more than eight bits."""
    background: str = "white"
    """The colour behind transparent pictures."""


def open_picture(path: str | Path, reading: Reading | None = None) -> Image.Image:
    """Open a picture as a person sees it: turned as its EXIF says, in sRGB, transparency on white, 8 bits a channel.

    What is visible of a transparent picture may be as white as paper, such as white strokes: then it is put on black.
    Values of more than eight bits are scaled by their range, 0 to 2^k - 1. All of that is noted.

    Args:
        path: a file, or a picture in memory, of at most 25 MB and 50 million pixels in one of `formats.FORMATS`; of
            several pages the first.
        reading: what was decided for the set that it belongs to; decided for this picture alone, if there is none.

    Returns:
        A picture in mode "L" if the file is greyscale, else "RGB"; its `info` has no ICC profile.

    Raises:
        UserError: the file is missing, too large, cut short or not such a picture.
    """
    if not str(path).strip():
        raise UserError("name a picture file, such as photo.jpg")
    file = path if isinstance(path, GivenPicture) else user_path(path)
    with _user_errors(file), _checked(file) as image:
        cut = _is_cut_to_eight_bits(image)
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        if cut and 0 < max(high for _, high in cast(Any, image.getextrema())[:3]) <= _CUT_TO_FOUR_BITS:
            raise file_error(file, "uses 12 bits or fewer of 16 in its colours: save it with 8 bits a colour")
        flat = _flat(image, reading or _reading_of_file(file, image))
        if not reading and _highest(flat) == 1:
            flat = flat.point(lambda value: value * 255)
            note("a picture with values 0 and 1 alone is scaled to 0..255; to decide otherwise, save it in 0..255")
        if _has_more(image):
            note("of a picture with several pages or frames the first is read; save the others as files of their own")
        return flat


def _reading_of_file(path: str | Path, image: Image.Image) -> Reading:
    try:
        return reading_of([image])
    except ValueError as error:
        raise file_error(path, f"has {error}") from error


def reading_of(images: Iterable[Image.Image]) -> Reading:
    """Decide what these pictures leave open, for all of them in the same way; what is not the usual is noted.

    Raises:
        ValueError: the range of the values is not plain.
    """
    values, high, visible, light = None, -1.0, 0.0, 0.0
    for image in images:
        if image.mode == "F":
            values = values or find_range(np.asarray(image)[None])
        elif _is_deep(image):
            high = max(high, highest_of(np.asarray(image)))
        elif image.has_transparency_data:
            seen, lit = visible_light(image)
            visible, light = visible + seen, light + lit
    values = values if high < 0 else bits_range(high)
    if values and values.note:
        note(f"pictures of more than 8 bits: {values.note}")
    background = background_for(visible, light)
    if background == "black":
        note("what is visible on transparency is white, so it is put on black; to decide otherwise, save it without")
    return Reading(values, background)


def read_picture_header(path: str | Path) -> PictureHeader:
    """Read the header of a picture in a file or in memory.

    Raises:
        UserError: the file is missing, too large or not a picture.
    """
    file = path if isinstance(path, GivenPicture) else Path(path)
    with _user_errors(file), _checked(file) as image:
        # Pillow gives the size of a TIFF as it will be turned.
        turned = image.format != "TIFF" and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        height, width = image.size if turned else image.size[::-1]
        grey, transparent = image.mode in GREY_MODES, image.has_transparency_data
        return PictureHeader(height, width, grey, _is_deep(image), transparent)


def reading_of_set(path: Path, files: Iterable[Path]) -> Reading:
    """As `reading_of`, over the files of a set; those that are no pictures are left out.

    Raises:
        UserError: their range of values is not plain.
    """
    try:
        return reading_of(image for file in files if (image := _stored(file)))
    except ValueError as error:
        raise file_error(path, f"has pictures with {error}") from error


def _stored(path: Path) -> Image.Image | None:
    """The picture as it is stored, decoded; None where it is none."""
    with contextlib.suppress(UserError), _user_errors(path), _checked(path) as image:
        image.load()
        return image
    return None


@contextmanager
def _user_errors(path: str | Path) -> Iterator[None]:
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
            if isinstance(error, OSError) and error.errno:  # the system's own, which speaks of the path
                raise file_error(path, f"cannot be read: {error.strerror}; check its name and permissions") from error
            in_memory = isinstance(path, GivenPicture) and isinstance(path.content, Image.Image)
            cure = "open or make it again" if in_memory else "save it again"
            raise file_error(path, f"is not a picture: {error_reason(error)}; {cure}") from error


def _checked(path: Path | GivenPicture) -> Image.Image:
    """The picture, not yet decoded, after its size in bytes and in pixels was checked; of one in memory a copy."""
    content = path.content if isinstance(path, GivenPicture) else path
    if isinstance(content, Path) and not content.is_file():
        raise file_error(path, "there is no such picture file: check the name")
    image = content if isinstance(content, Image.Image) else _identified(path, content)
    if not math.prod(image.size):
        raise file_error(path, f"has no pixels: its size is {image.width}x{image.height}; give another")
    if math.prod(image.size) > MAX_PIXELS:
        if image is not content:
            image.close()
        raise _too_many_pixels(path)
    return image.copy() if image is content else image


def _identified(path: str | Path, content: Path | bytes) -> Image.Image:
    if (content.stat().st_size if isinstance(content, Path) else len(content)) > MAX_FILE_BYTES:
        raise file_error(path, f"is larger than {MAX_FILE_BYTES // 1_000_000} MB: save it smaller")
    for formats in (lambda: COMMON, lambda: container_formats(content)):
        with contextlib.suppress(UnidentifiedImageError):
            return Image.open(content if isinstance(content, Path) else io.BytesIO(content), formats=formats())
    raise file_error(path, unidentified(content))


def _too_many_pixels(path: str | Path) -> UserError:
    return file_error(path, f"has more than {MAX_PIXELS // 1_000_000} million pixels: save it smaller")


def _is_deep(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _is_cut_to_eight_bits(image: Image.Image) -> bool:
    """Whether the file has 16 bits a colour, of which Pillow gives the upper eight."""
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    return "RGB" in image.mode and any(";16" in str(tile.args) for tile in tiles)


def _has_more(image: Image.Image) -> bool:
    """Whether there is a second page or frame; the further pictures of a phone's JPEG are no pages."""
    with contextlib.suppress(Exception):  # many formats have no such attribute, and damage shows here too
        return image.format != "MPO" and bool(cast(Any, image).is_animated)
    return False


def _highest(image: Image.Image) -> int:
    extrema: Any = image.getextrema()
    return int(extrema[1] if image.mode == "L" else max(high for _, high in extrema))


def _flat(image: Image.Image, reading: Reading) -> Image.Image:
    """Any mode of Pillow as "L" or "RGB", in sRGB."""
    if _is_deep(image):
        values = reading.values or ValueRange(0, 2**16 - 1)
        deep, info = image, image.info
        image = Image.fromarray(values.to_bytes(np.asarray(deep)))
        image.info.update({name: value for name, value in info.items() if name != "transparency"})
    grey = image.mode in GREY_MODES
    image = to_srgb(image)
    if image.has_transparency_data:
        solid = image if image.mode == "RGBA" else image.convert("RGBA")
        image = Image.new("RGB", solid.size, reading.background)
        image.paste(solid, mask=solid.getchannel("A"))
    mode = "L" if grey else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    image.info.pop("icc_profile", None)
    return image


def fit_picture(image: Image.Image, info: ImageInfo) -> NDArray[np.uint8]:
    """Crop a picture to a network's proportions around its centre, then resize it.

    Args:
        image: any picture, such as `open_picture` gives.
        info: what the network was trained on; its height, width and channels count.

    Returns:
        uint8 (height, width, channels) in 0..255.
    """
    flat = _flat(image, reading_of([image])).convert("L" if info.channels == 1 else "RGB")
    fitted = ImageOps.fit(flat, (info.width, info.height), Image.Resampling.LANCZOS)
    return np.array(fitted, dtype=np.uint8).reshape(info.shape)


def embedded_photo(name: str) -> Image.Image:
    """A photograph that comes with the package, RGB, 640×427: "china" (a pagoda) or "flower" (a dahlia).

    Raises:
        UserError: there is no photograph of that name.

    Source: Flickr, danielbuechele and vultilion; both CC BY 2.0. They are those of scikit-learn's `load_sample_image`.
    """
    if name not in PHOTOS:
        raise unknown("photograph", name, PHOTOS)
    return open_picture(EMBEDDED_FOLDER / f"{name}.jpg")
