"""What of a photograph's EXIF goes into a picture that was made of it: when and with what camera it was taken."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import ExifTags, Image

SOFTWARE = "keras-etudes"
"""What Études writes about itself into the metadata of its files."""

KEPT = ("ImageDescription", "Make", "Model", "DateTime", "Artist", "Copyright")
"""What is kept of the first directory; orientation, thumbnail and layout belong to the file itself."""

DROPPED = ("MakerNote", "ExifImageWidth", "ExifImageHeight", "ExifInteroperabilityOffset", "ColorSpace")
"""What is left out of the second directory, which holds the date, the exposure and the lens."""

_MAX_BYTES = 60_000
"""A JPEG holds at most 65,533 bytes of EXIF."""
_SRGB = 1


def carried_exif(source: str | Path | None) -> Image.Exif:
    """The EXIF of a picture made from `source`: its date, camera, author and description, and who wrote it.

    Its orientation and thumbnail are left out, as they are no longer true; so are the place (GPS) and the maker's
    notes, which tell more of a person than a picture that is shown around should. A source without EXIF, or with one
    that is broken or larger than a JPEG can hold, gives only who wrote the picture.
    """
    exif = _signed()
    if source is None:
        return exif
    try:
        with warnings.catch_warnings(), Image.open(source) as image:
            warnings.simplefilter("ignore")
            found = image.getexif()
            details = found.get_ifd(ExifTags.IFD.Exif)
        for name in KEPT:
            tag = ExifTags.Base[name]
            if tag in found:
                exif[tag] = found[tag]
        if details:
            dropped = {ExifTags.Base[name] for name in DROPPED}
            kept = {tag: value for tag, value in details.items() if tag not in dropped}
            exif.get_ifd(ExifTags.IFD.Exif).update({**kept, ExifTags.Base.ColorSpace: _SRGB})
        return exif if len(exif.tobytes()) <= _MAX_BYTES else _signed()
    except Exception:  # metadata of a stranger's file may be broken in any way, and is never worth a picture
        return _signed()


def _signed() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = SOFTWARE
    return exif
