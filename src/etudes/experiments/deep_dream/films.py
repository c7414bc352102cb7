"""Films of a dream: each frame is the one before it, a little enlarged, and dreamed on."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from etudes.errors import UserError
from etudes.experiments.deep_dream.objectives import Objective
from etudes.experiments.deep_dream.resizing import Picture, enlarge_middle
from etudes.experiments.deep_dream.study import DreamSettings, ascend, deprocess, loss_gradient
from etudes.training.rng import rng
from etudes.views.pictures import check_writable

if TYPE_CHECKING:
    from etudes.experiments.deep_dream.dream_session import DreamSession

ENDINGS = (".mp4", ".gif")
FRAME_MILLISECONDS = 80
"""How long a frame is shown: 12.5 frames a second. A GIF counts in hundredths of a second."""


@dataclass(frozen=True)
class Film:
    """A film: `frames` of them, each the one before it, `zoom` times larger, and `steps` steps further."""

    frames: int
    zoom: float
    steps: int


def make_frames(
    original: Picture,
    dreamed: Picture,
    objective: Objective,
    settings: DreamSettings,
    session: DreamSession,
    film: Film,
    mask: Picture | None = None,
) -> None:
    """Make the frames of a film: the dream, then again and again its enlarged middle, dreamed on.

    Args:
        original: as in `dream`; where the mask is 0, it stands still.
        dreamed: what `dream` returned: the first frame.
        objective: what is to grow.
        settings: how to dream.
        session: keeps the frames; a frame is an epoch of its phase "film".
        film: how many frames there are, and what each is.
        mask: as in `dream`.
    """
    settings = replace(settings, step=settings.step or objective.step)
    gradient = loss_gradient(objective.at((original.shape[0], original.shape[1])))
    for number in session.epochs("film", film.frames):
        session.progress.on_epoch_begin(number, 1)
        picture, loss = dreamed, 0.0
        if number:
            picture = enlarge_middle(session.arrays["frame"], film.zoom)
            picture = picture if mask is None else np.where(mask > 0, picture, original)
            for step in range(film.steps):
                jitter = rng(settings.seed, "film", number, step + 1)
                picture, loss, _ = ascend(picture, gradient, settings, jitter, mask)
        session.arrays["frame"] = picture
        session.save_frame(number, deprocess(picture))
        session.log({"loss": loss}, 1)
        session.end_epoch({"loss": loss}, samples=1)


def check_film(path: str) -> None:
    """Whether a film can be written there; asked before the work that makes it.

    Raises:
        UserError: its ending names no kind of film, what writes MP4 is not installed, or it cannot be written there.
    """
    file = Path(path)
    if file.suffix.lower() not in ENDINGS:
        raise UserError(f"cannot write {file}: a film ends in {' or '.join(ENDINGS)}")
    if file.suffix.lower() == ".mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise UserError("an MP4 needs imageio-ffmpeg: pip install 'keras-etudes[film]', or let the film end in .gif")
    check_writable(file)


def write_film(frames: Sequence[Path], path: Path) -> None:
    """Write saved frames as an MP4 or a GIF, by the path's ending; one frame at a time is in memory, except for a GIF.

    Args:
        frames: picture files of one size.
        path: of the film; it gets this name when it is complete.

    Raises:
        UserError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.writing{path.suffix}")
    try:
        if path.suffix.lower() == ".gif":
            first, *rest = (image.quantize(256) for image in _opened(frames))
            first.save(temporary, save_all=True, append_images=rest, duration=FRAME_MILLISECONDS, loop=0)
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
        width, height = (extent - extent % 2 for extent in first.size)  # H.264 stores colour for 2×2 pixels
    # Neither the time of writing nor the encoder's version is written into the file: same frames, same bytes.
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"]
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=1000 / FRAME_MILLISECONDS,
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
