"""Films to dream on, read frame by frame: with ffmpeg, which imageio-ffmpeg brings, or a GIF with Pillow."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from etudes.data import read_picture_header
from etudes.data.errors import error_reason, file_error
from etudes.errors import UserError
from etudes.extras import check_extra

ENDINGS = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi")
"""Of films that ffmpeg reads; an animated .gif is one, too."""

MAX_FRAMES = 10_000
"""Frames that a film may have."""

MAX_FRAME_PIXELS = 4096 * 4096
"""Pixels that a frame may have."""

# A stranger's file is decoded: only from that file, and only as one of these kinds, none of which names other files.
_CAREFUL = ["-protocol_whitelist", "file", "-format_whitelist", "mov,mp4,matroska,webm,avi"]


@dataclass(frozen=True)
class FilmFile:
    """What a film's header says."""

    path: str
    width: int
    height: int
    frames: int
    """About how many; 0 where it does not say."""
    milliseconds: float
    """How long a frame is shown."""
    sound: bool


def is_film(path: str | Path) -> bool:
    """Whether a file is a film, by its ending; a GIF is one if it has more than one frame."""
    file = Path(path)
    if file.suffix.lower() == ".gif" and file.is_file():
        try:
            read_picture_header(file)
            return _gif_frames(file)[0] > 1
        except UserError:
            return False
    return file.suffix.lower() in ENDINGS


def open_film(path: str) -> FilmFile:
    """Read a film's header.

    Raises:
        UserError: it is missing, no film, too large or too long, or what reads films is not installed.
    """
    file = Path(path)
    if not file.is_file():
        raise file_error(path, "there is no such film: check the name")
    if file.suffix.lower() == ".gif":
        header = read_picture_header(file)
        count, milliseconds = _gif_frames(file)
        film = FilmFile(path, header.width, header.height, count, milliseconds, sound=False)
    else:
        check_extra("film", "reading a film", ", or give a .gif")
        with closing(_decoded(path)) as frames:
            about = next(frames)
        width, height = about["size"]
        rate = float(about.get("fps") or 0) or 25.0
        count = round(float(about.get("duration") or 0) * rate)
        film = FilmFile(path, width, height, count, 1000 / rate, sound="audio_codec" in about)
    if film.width * film.height > MAX_FRAME_PIXELS:
        raise file_error(path, f"a frame has more than {MAX_FRAME_PIXELS // 1_000_000} million pixels: save it smaller")
    if film.frames > MAX_FRAMES:
        raise file_error(path, f"has about {film.frames:,} frames, at most {MAX_FRAMES:,} are dreamed on: cut it")
    return film


def _gif_frames(path: Path) -> tuple[int, float]:
    """How many frames a GIF has, and the milliseconds for which its first one is shown."""
    try:
        with Image.open(path, formats=["GIF"]) as image:
            assert isinstance(image, GifImageFile)
            return image.n_frames, float(image.info.get("duration") or 100)
    except (OSError, EOFError, ValueError) as error:
        raise file_error(path, f"cannot be read as a film: {error_reason(error)}; save it again") from error


def read_frames(film: FilmFile) -> Iterator[Image.Image]:
    """The frames of a film in order, RGB; one at a time is in memory.

    Raises:
        UserError: it cannot be decoded.
    """
    if film.path.lower().endswith(".gif"):
        try:
            with Image.open(film.path, formats=["GIF"]) as image:
                for number in range(film.frames):
                    image.seek(number)
                    yield image.convert("RGB")
        except (OSError, EOFError, ValueError) as error:
            raise file_error(film.path, f"cannot be read as a film: {error_reason(error)}") from error
        return
    with closing(_decoded(film.path)) as frames:
        next(frames)
        for number, frame in enumerate(frames):
            if number == MAX_FRAMES:
                raise file_error(film.path, f"has more than {MAX_FRAMES:,} frames: cut it")
            yield Image.frombytes("RGB", (film.width, film.height), frame)


def _decoded(path: str) -> Generator[Any, None, None]:
    """A dictionary about the film, then the bytes of its frames."""
    import imageio_ffmpeg

    logging.getLogger("imageio_ffmpeg").setLevel(logging.ERROR)  # it warns of films that are turned
    frames = imageio_ffmpeg.read_frames(path, input_params=_CAREFUL)
    try:
        yield from frames
    except (OSError, RuntimeError, IndexError, ValueError, KeyError) as error:
        reason = error_reason(type(error)(str(error).strip().splitlines()[-1] if str(error).strip() else "no frames"))
        raise file_error(path, f"cannot be read as a film: {reason}; convert it to .mp4") from error
    finally:
        frames.close()
