"""The formats of pictures that are opened, and what to do about a file in another."""

import struct
from pathlib import Path

from PIL import Image, features

from etudes.extras import EXTRAS, install

COMMON = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
FORMATS = (*COMMON, "AVIF", "HEIF")
"""The formats that are opened, AVIF where Pillow was built with it; no other decoder of Pillow is used."""

FORMAT_NAMES = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC"
"""The same in words; HEIC is opened by pillow-heif, the extra `data`."""

_BRANDS = {b"avif": "AVIF", b"avis": "AVIF"}
_BRANDS |= dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "HEIF")


def is_picture_name(name: str) -> bool:
    """Whether a file of this name should be a picture of one of `FORMATS`."""
    ending = Path(name).suffix.lower()
    return ending in (".heic", ".heif", ".avif") or Image.registered_extensions().get(ending) in FORMATS


def container_formats(content: Path | bytes) -> list[str]:
    """The format of a file, or of bytes, that begin like AVIF or HEIC, if it can be opened here; loads its plug-in."""
    kind = _container(content)
    if kind == "HEIF" and not EXTRAS["data"].missing:
        from pillow_heif import register_heif_opener

        register_heif_opener()
        return [kind]
    return [kind] if kind == "AVIF" and features.check("avif") else []


def _container(content: Path | bytes) -> str:
    """The format of a file that begins like AVIF or HEIC: "AVIF", "HEIF"."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            content = file.read(12)
    _, kind, brand = struct.unpack("4s4s4s", content[:12].ljust(12))
    return _BRANDS.get(brand, "") if kind == b"ftyp" else ""


def unidentified(content: Path | bytes) -> str:
    """What is wrong with a file that nothing opens, and what to do."""
    kind = _container(content)
    if kind and not container_formats(content):
        cure = install("data") if kind == "HEIF" else "take a Pillow built with AVIF"
        return f"is {kind.replace('HEIF', 'HEIC')}, which cannot be opened here: {cure}, or save it as JPEG"
    return f"is not a picture: save it as {FORMAT_NAMES}"
