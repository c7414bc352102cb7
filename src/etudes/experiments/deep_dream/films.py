"""Films of a dream: each frame is the one before it, a little enlarged, and dreamed on."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from etudes.errors import UserError
from etudes.experiments.deep_dream.regularisers import Picture
from etudes.views.pictures import check_writable

ENDINGS = (".mp4", ".gif")
FRAMES_A_SECOND = 12


def check_film(path: str) -> None:
    """Whether a film can be made there; asked before the work that makes it.

    Raises:
        UserError: its ending names no kind of film, what writes MP4 is not installed, or it cannot be written there.
    """
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise UserError(f"cannot write {place}: a film ends in {' or '.join(ENDINGS)}")
    if place.suffix.lower() == ".mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise UserError("an MP4 needs imageio-ffmpeg: pip install 'etudes[film]', or let the film end in .gif")
    check_writable(place)


def enlarged(picture: Picture, zoom: float) -> Picture:
    """The middle of a picture, so much larger that it has the picture's size again; 1 leaves it as it is."""
    if zoom == 1:
        return picture.copy()
    height, width = picture.shape[:2]
    # Pillow takes the box with parts of pixels, so that a slow zoom does not tremble.
    top, left = (height - height / zoom) / 2, (width - width / zoom) / 2
    box, result = (left, top, left + width / zoom, top + height / zoom), np.empty_like(picture)
    for channel in range(picture.shape[2]):
        plane = Image.fromarray(np.ascontiguousarray(picture[..., channel]))
        result[..., channel] = np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC, box=box))
    return result


def write_film(frames: Sequence[Path], path: Path) -> None:
    """Write saved frames as an MP4 or a GIF, by the path's ending; one frame at a time is in memory, but for a GIF.

    Args:
        frames: picture files of one size.
        path: of the film; it takes this name when it is whole.

    Raises:
        UserError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.writing{path.suffix}")
    try:
        if path.suffix.lower() == ".gif":
            first, *rest = (image.quantize(256) for image in _opened(frames))
            duration = round(1000 / FRAMES_A_SECOND)
            first.save(temporary, save_all=True, append_images=rest, duration=duration, loop=0)
        else:
            _write_mp4(frames, temporary)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UserError(f"cannot write {path}: {error.strerror or str(error).splitlines()[0]}") from error


def _opened(frames: Sequence[Path]) -> Iterator[Image.Image]:
    for path in frames:
        with Image.open(path) as image:
            yield image.convert("RGB")


def _write_mp4(frames: Sequence[Path], path: Path) -> None:
    import imageio_ffmpeg

    with Image.open(frames[0]) as first:
        width, height = (extent - extent % 2 for extent in first.size)  # H.264 keeps colour for 2×2 pixels
    # Neither the time of writing nor the encoder's version is written into the file: same frames, same bytes.
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"]
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=FRAMES_A_SECOND,
        codec="libx264",
        quality=None,
        macro_block_size=1,
        output_params=["-crf", "18", "-movflags", "+faststart", *exact],
    )
    writer.send(None)
    try:
        for image in _opened(frames):
            writer.send(image.crop((0, 0, width, height)).tobytes())
    finally:
        writer.close()
