"""Files that a person names for a result: where they may go, and saving pictures and films there.

Nothing that a person has is replaced: neither a file that is an input, nor any other that Études did not write, unless
`overwrite` is asked for. Études knows its own files by their metadata, where it signs all that it writes.
"""

from __future__ import annotations

import functools
import io
import os
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from etudes.errors import UserError, format_path, user_path
from etudes.extras import EXTRAS
from etudes.views.exif import SOFTWARE, carried_exif
from etudes.views.films import check_film_ending, write_film

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "AVIF", "GIF", "HEIF")
"""The formats that pictures are written in: those that can say who wrote them, where Pillow or its plug-in can."""

FRAME_MILLISECONDS = 250
"""How long a frame of a film is shown."""

_QUALITY, _HEIC = 95, (".heic", ".heif")
_HTML_BYTES, _MOOV_BYTES = 4096, 2**26


# --- before the work --------------------------------------------------------------------------------------------------


def check_place(
    path: str | Path, *, overwrite: bool = False, inputs: Sequence[str | Path] = (), film: bool = False
) -> None:
    """Check that a picture, or a film, can be saved there, before the work that makes it.

    Args:
        path: where it is to go.
        overwrite: whether it may replace a file that Études did not write.
        inputs: files that were given; none of them is ever replaced.
        film: whether it is a film.

    Raises:
        UserError: its ending names no format, what writes MP4 is not installed, or as in `check_new_file`.
    """
    target = user_path(path)
    if film:
        check_film_ending(target)
    elif picture_format(target) is None:
        wrong = f"{target.suffix} is no picture format for results" if target.suffix else "the name has no ending"
        raise UserError(f"cannot write {format_path(target)}: {wrong}; use .png")
    check_new_file(target, overwrite=overwrite, inputs=inputs)


def check_new_file(path: str | Path, *, overwrite: bool = False, inputs: Sequence[str | Path] = ()) -> None:
    """Check that a file, of whatever kind, can be written there without the loss of another.

    A file of a kind without metadata, such as CSV, is never known as one that Études wrote.

    Args:
        path: the file to write.
        overwrite: whether it may replace a file that Études did not write.
        inputs: files that were given; links to them, and names that differ in case alone, are found.

    Raises:
        UserError: it is a folder, its folder cannot be made, it is an input, or it exists and is not ours.
    """
    target = user_path(path)
    check_writable(target)
    if any(_same_file(target, given) for given in inputs):
        raise UserError(f"{format_path(target)} is an input, which would be lost: name another file for the result")
    if os.path.lexists(target) and not (overwrite or written_by_etudes(target)):
        raise UserError(
            f"{format_path(target)} exists, and it does not say that Études wrote it: name another, or add --overwrite"
        )


def check_writable(target: Path) -> None:
    """Check that a file can be written there.

    Raises:
        UserError: it is a folder, or its folder cannot be made.
    """
    if target.is_dir():
        raise UserError(f"cannot write {target}: it is a folder; name a file in it")
    above = next(folder for folder in target.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UserError(f"cannot write {target}: {above} is no folder that can be written; name another")


def picture_format(path: str | Path) -> str | None:
    """The format in which a picture of this name is written, one of `FORMATS`; None for a name that has none."""
    ending = Path(path).suffix.lower()
    if ending in _HEIC and not EXTRAS["data"].missing:
        from pillow_heif import register_heif_opener

        register_heif_opener()
    found = Image.registered_extensions().get(ending)
    return found if found in FORMATS and found in Image.SAVE else None


def _same_file(target: Path, given: str | Path) -> bool:
    with suppress(OSError, ValueError):
        return os.path.samefile(target, given)
    return os.path.realpath(target) == os.path.realpath(given)


# --- who wrote it -----------------------------------------------------------------------------------------------------


def written_by_etudes(path: str | Path) -> bool:
    """Whether a file says that Études wrote it: a picture, a film, a page or an NPZ, in its own metadata.

    Never fails: a file that is missing, broken or of another kind does not say so. Files of earlier versions do not.
    """
    file = Path(path)
    if not file.is_file():
        return False
    kinds: dict[str, Callable[[Path], bool]] = {".mp4": _film_is_ours, ".npz": _npz_is_ours}
    kinds |= {".html": _page_is_ours, ".htm": _page_is_ours}
    try:
        return kinds.get(file.suffix.lower(), _picture_is_ours)(file)
    except Exception:  # a stranger's file may be broken in any way
        return False


def _picture_is_ours(file: Path) -> bool:
    if picture_format(file) is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN]) as image:
            said = [image.info.get("Software"), image.info.get("comment")]
            return any(_is_ours(value) for value in (*said, image.getexif().get(ExifTags.Base.Software)))


def _is_ours(value: Any) -> bool:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and text.startswith(SOFTWARE)


def _film_is_ours(file: Path) -> bool:
    """Whether the comment of an MP4 is ours: in its box "moov", whatever the size of the film."""
    with file.open("rb") as stream:
        while len(head := stream.read(8)) == 8:
            size = int.from_bytes(head[:4], "big")
            if head[4:] == b"moov":
                _, found, rest = stream.read(min(max(0, size - 8), _MOOV_BYTES)).partition(b"\xa9cmt")
                return bool(found) and SOFTWARE.encode() in rest[:64]
            if size == 1:  # the size follows, in 8 bytes
                size = int.from_bytes(stream.read(8), "big") - 8
            if size < 8:
                return False
            stream.seek(size - 8, os.SEEK_CUR)
    return False


def _page_is_ours(file: Path) -> bool:
    with file.open("rb") as stream:
        return f'<meta name="generator" content="{SOFTWARE}'.encode() in stream.read(_HTML_BYTES)


def _npz_is_ours(file: Path) -> bool:
    with zipfile.ZipFile(file) as archive:
        return archive.comment.startswith(SOFTWARE.encode())


# --- saving -----------------------------------------------------------------------------------------------------------


def save_pictures(
    pictures: Mapping[str, Image.Image | list[Image.Image]],
    place: Path,
    *,
    quality: int | None = None,
    source: str | Path | None = None,
    overwrite: bool = False,
) -> dict[str, str]:
    """Save the first picture as `place`, others beside it as STEM-NAME; each appears whole or not at all.

    They say that Études wrote them, and that their colours are sRGB. The same pictures give the same bytes.

    Args:
        pictures: by name; a list of pictures is a film of 4 frames a second.
        place: of the first one; its ending is the format. A film is an MP4 if it ends so, else a GIF.
        quality: of a JPEG, WebP, AVIF or HEIC, 1 to 100. Without it they are as good as eyes can tell: JPEG and AVIF
            at 95, WebP without loss (its other kind always halves the colour). Colour is never halved, but in WebP.
        source: the photograph that they were made of; its date and camera are kept (see `carried_exif`).
        overwrite: whether a file that Études did not write may be replaced; else a name beside it is taken.

    Returns:
        name → path of what was written.

    Raises:
        UserError: the folder cannot be written, or the ending names no format.
    """
    saved = {}
    for number, (name, picture) in enumerate(pictures.items()):
        target = place if number == 0 else place.with_name(f"{place.stem}-{name}{place.suffix}")
        if isinstance(picture, list) and target.suffix.lower() != ".mp4":
            target = target.with_suffix(".gif")
        target = target if overwrite else _free(target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(picture, list):
                write = functools.partial(_save_film, picture, target.suffix)
            else:
                write = functools.partial(_save_bytes, encode_picture(picture, target, quality=quality, source=source))
            replace_file(target, write)
        except OSError as error:
            raise UserError(f"cannot write {target}: {error.strerror or str(error).splitlines()[0]}") from error
        saved[name] = str(target)
    return saved


def encode_picture(
    picture: Image.Image, name: str | Path, *, quality: int | None = None, source: str | Path | None = None
) -> bytes:
    """A picture as the bytes of a file of this name, signed; see `save_pictures`.

    Raises:
        UserError: the ending of the name is that of no format.
    """
    kind = picture_format(name)
    if kind is None:
        check_place(name)
        raise AssertionError(name)
    options: dict[str, Any] = {"exif": carried_exif(source).tobytes()}
    if picture.mode not in ("1", "L", "LA", "I;16"):
        options["icc_profile"] = srgb_profile()
    if kind == "PNG":
        chunks = options["pnginfo"] = PngImagePlugin.PngInfo()
        chunks.add_text("Software", SOFTWARE)
        if "icc_profile" not in options:  # a profile of three colours does not go with grey
            chunks.add(b"sRGB", b"\0")
        if source is None:
            del options["exif"]
    elif kind == "GIF":
        options = {"comment": SOFTWARE}
    elif kind == "WEBP":
        options |= {"lossless": True} if quality is None else {"quality": quality}
    elif kind in ("JPEG", "AVIF", "HEIF"):
        options |= {"quality": quality or _QUALITY, "subsampling": "4:4:4", "chroma": 444}
    memory = io.BytesIO()
    picture.save(memory, kind, **options)
    return memory.getvalue()


@functools.cache
def srgb_profile() -> bytes:
    """The ICC profile of sRGB, without the time at which it was made."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07d000010001000000000000")  # 2000-01-01 00:00:00
    return bytes(profile)


def _save_bytes(encoded: bytes, temporary: Path) -> None:
    temporary.write_bytes(encoded)


def _save_film(frames: list[Image.Image], ending: str, temporary: Path) -> None:
    write_film(frames, temporary, FRAME_MILLISECONDS, ending)


def replace_file(target: Path, write: Callable[[Path], object]) -> None:
    """Let `write` write a file beside its place, which it takes when it is complete; the folder must exist."""
    temporary = target.with_name(target.name + ".writing")
    try:
        write(temporary)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _free(target: Path) -> Path:
    """The place, or where a file that Études did not write holds it, the first free one of STEM-2, STEM-3 and so on."""
    number, free = 1, target
    while os.path.lexists(free) and not written_by_etudes(free):
        number += 1
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
    return free
