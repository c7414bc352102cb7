"""Writing films: a GIF, or an MP4 where imageio-ffmpeg is installed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from PIL import Image

from etudes.errors import UserError, format_path
from etudes.extras import check_extra
from etudes.views.exif import SOFTWARE

ENDINGS = (".gif", ".mp4")


def check_film_ending(path: str | Path) -> None:
    """Check that a film can be written in the format that its ending names.

    Raises:
        UserError: its ending names no kind of film, or what writes MP4 is not installed.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"cannot write {format_path(path)}: a film ends in {' or '.join(ENDINGS)}")
    if ending == ".mp4":
        check_extra("film", "an MP4", ", or let the film end in .gif")


def write_film(frames: Iterable[Image.Image], path: Path, milliseconds: float, ending: str | None = None) -> None:
    """Write a film that says in its metadata that Études wrote it; the same frames give the same bytes.

    Args:
        frames: at least one, all of one size; of an MP4, one at a time is in memory.
        path: the file to write, as it is: whoever needs it whole or not at all gives a temporary name.
        milliseconds: how long each frame is shown; a GIF counts in hundredths of a second.
        ending: ".gif" or ".mp4", where the path does not end so.

    Raises:
        OSError: it cannot be written.
    """
    if (ending or path.suffix).lower() == ".mp4":
        _write_mp4(frames, path, milliseconds)
        return
    first, *rest = frames
    options = {"append_images": rest, "duration": milliseconds, "loop": 0, "comment": SOFTWARE}
    first.save(path, "GIF", save_all=True, **options)


def _write_mp4(frames: Iterable[Image.Image], path: Path, milliseconds: float) -> None:
    import imageio_ffmpeg

    pictures = iter(frames)
    first = next(pictures)
    width, height = (extent - extent % 2 for extent in first.size)  # H.264 stores colour for 2×2 pixels
    # Neither the time of writing nor the encoder's version is written into the file: same frames, same bytes.
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"]
    signed = ["-metadata", f"comment={SOFTWARE}"]
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=1000 / milliseconds,
        codec="libx264",
        quality=None,
        macro_block_size=1,
        output_params=["-crf", "18", "-movflags", "+faststart", *exact, *signed, "-f", "mp4"],
    )
    with warnings.catch_warnings():
        # JAX warns of every fork. This one starts ffmpeg at once, and runs nothing of Python.
        warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
        writer.send(None)
    try:
        for image in chain([first], pictures):
            writer.send(image.convert("RGB").crop((0, 0, width, height)).tobytes())
    finally:
        writer.close()
