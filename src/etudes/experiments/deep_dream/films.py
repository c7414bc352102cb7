"""Films: of a dream, each frame being the one before it, a little enlarged, and dreamed on; and dreams of films."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from etudes.errors import UserError
from etudes.experiments.deep_dream.flat_edges import up_to_the_edges
from etudes.experiments.deep_dream.objectives import Objective
from etudes.experiments.deep_dream.regularisers import blurred
from etudes.experiments.deep_dream.resizing import Picture, enlarge_middle
from etudes.experiments.deep_dream.study import DreamSettings, ascend, deprocess, loss_gradient
from etudes.training.rng import rng
from etudes.views.films import write_film as write_frames
from etudes.views.pictures import replace_file

if TYPE_CHECKING:
    from etudes.experiments.deep_dream.dream_session import DreamSession

FRAME = "[0-9]" * 5 + ".png"
"""The names of saved frames."""

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
    objective = objective.at((original.shape[0], original.shape[1]))
    gradient = up_to_the_edges(loss_gradient(objective), original, objective)
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


# --- films of other films ---------------------------------------------------------------------------------------------

CARRY, STILL = 0.7, 0.05
"""How much of the last dream is carried over where a film stands still, and by how much a value may then change."""


def carried_over(frame: Picture, before: Picture, dreamed: Picture) -> Picture:
    """Where the dream of a frame begins: the frame, with the dream of the frame before where the film stands still.

    Elsewhere the old dream would trail behind what moved. Films of one's own are noisy, so what counts is the change of
    a small neighbourhood.

    Args:
        frame: float32 (height, width, 3) in [-1, 1].
        before: the frame before it.
        dreamed: the dream of that.
    """
    change = blurred(np.abs(frame - before).mean(axis=-1, keepdims=True), 2.0)
    weight = np.float32(CARRY) * np.exp(-np.square(change / np.float32(STILL)))
    start: Picture = frame + weight.astype(np.float32) * (dreamed - frame)
    return start


class Flicker:
    """By how much successive frames differ, in those of a film and in its dream."""

    def __init__(self) -> None:
        self.pairs, self.film, self.dream = 0, 0.0, 0.0
        self.last: tuple[Picture, Picture] | None = None

    def add(self, frame: Picture, dreamed: Picture) -> None:
        """Compare the next frame and its dream with those before."""
        if self.last is not None:
            self.pairs += 1
            self.film += float(np.abs(frame - self.last[0]).mean())
            self.dream += float(np.abs(dreamed - self.last[1]).mean())
        self.last = (frame, dreamed)

    def metrics(self) -> dict[str, float]:
        """Mean absolute differences of successive frames, in 0..255; `flicker` is the dream's less the film's."""
        film, dream = (127.5 * total / max(self.pairs, 1) for total in (self.film, self.dream))
        changes = {"change_of_film": film, "change_of_dream": dream, "flicker": dream - film}
        return {name: round(value, 2) for name, value in changes.items()}


# --- files ------------------------------------------------------------------------------------------------------------


def write_film(frames: Sequence[Path], path: Path, milliseconds: float = FRAME_MILLISECONDS) -> None:
    """Write saved frames as an MP4 or a GIF, by the path's ending; one frame at a time is in memory, except for a GIF.

    Args:
        frames: picture files of one size.
        path: of the film; it gets this name when it is complete.
        milliseconds: how long a frame is shown; in a GIF at least 20.

    Raises:
        UserError: it cannot be written.
    """
    gif = path.suffix.lower() == ".gif"
    shown = max(20, round(milliseconds / 10) * 10) if gif else milliseconds
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = _opened(frames, quantized=gif)
        replace_file(path, lambda place: write_frames(opened, place, shown, path.suffix))
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or str(error).splitlines()[0]}") from error


def _opened(frames: Sequence[Path], *, quantized: bool) -> Iterator[Image.Image]:
    for path in frames:
        with Image.open(path) as image:
            yield image.convert("RGB").quantize(256) if quantized else image.convert("RGB")


def remove_frames(folder: Path) -> None:
    """Remove the frames of a film, and their folder unless a person keeps something in it."""
    for path in folder.glob(FRAME):
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
