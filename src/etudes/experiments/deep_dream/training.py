"""The dream from beginning to end: octave by octave, step by step, kept by a session so that it can be gone on with."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

from etudes.contract import Array, ProgressCallback
from etudes.errors import UserError
from etudes.experiments.deep_dream.dreaming import (
    Octave,
    ascend,
    deprocess,
    lost_detail,
    octaves_of,
    resize_image,
)
from etudes.experiments.deep_dream.films import enlarged
from etudes.experiments.deep_dream.objectives import Objective
from etudes.experiments.deep_dream.regularisers import Picture, resized_mask
from etudes.experiments.deep_dream.settings import DreamSettings
from etudes.experiments.deep_dream.sitting import Sitting
from etudes.training.rng import rng
from etudes.training.session import Session
from etudes.views.progress import NoProgress


class Unrecorded:
    """What a dream can do without a session: it keeps nothing."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        self.progress: ProgressCallback = NoProgress()

    def message(self, text: object) -> None:
        """Nothing."""

    def epochs(self, phase: str, total: int) -> Iterator[int]:  # noqa: ARG002
        """All iterations of an octave."""
        yield from range(total)

    def log(self, metrics: dict[str, float], samples: int) -> None:
        """Nothing."""

    def end_epoch(self, metrics: dict[str, float], samples: int) -> None:
        """Nothing."""

    def save_picture(self, name: str, image: Image.Image) -> None:
        """Nothing."""


def plan_octaves(
    objective: Objective, shape: tuple[int, int], settings: DreamSettings
) -> tuple[list[Octave], list[Octave]]:
    """The octaves in which every layer sees something, and those that are too small for that.

    Raises:
        UserError: all of them are too small.
    """
    octaves = octaves_of(*shape, settings.octaves, settings.octave_scale)
    seen = [octave for octave in octaves if objective.can_see(octave.shape)]
    if not seen:
        raise UserError(
            f"a picture of {shape[1]}x{shape[0]} is too small for {', '.join(objective.layers)}: "
            "take a larger one, a larger --max-size or other --layers"
        )
    return seen, [octave for octave in octaves if octave not in seen]


def dream(
    original: Picture,
    objective: Objective,
    settings: DreamSettings,
    session: Session | Sitting | Unrecorded,
    mask: Picture | None = None,
) -> Picture:
    """Dream on a picture. An octave is a phase of the session, a step is an epoch of it.

    Args:
        original: float32 (height, width, 3) in [-1, 1].
        objective: what is to grow.
        settings: how to dream.
        session: holds the picture of the present octave in `arrays`, so that an interrupted dream goes on.
        mask: float32 (height, width, 1) in [0, 1], where to dream; None: everywhere.

    Returns:
        The dream, of the same shape; its values may leave [-1, 1]. Where the mask is 0, it is the original.

    Raises:
        UserError: the picture is too small, a neuron is outside its layer's map, or no step was possible.
    """
    settings = dataclasses.replace(settings, step=settings.step or objective.step)
    full = (original.shape[0], original.shape[1])
    objective = objective.at(full)
    octaves, too_small = plan_octaves(objective, full, settings)
    for octave in too_small:
        session.message(f"{octave.name}: {octave.width}x{octave.height} is too small for the layers, left out")
    gradient = objective.gradient()
    session.arrays.setdefault("steps", np.zeros(len(octaves), np.int64))

    masks = [None if mask is None else resized_mask(mask, octave.shape) for octave in octaves]

    def begun(place: int) -> Picture:
        before = finished(place - 1) if place else original
        detail = place > 0 and settings.detail == "before"
        return _restored(resize_image(before, octaves[place].shape), original, masks[place], octaves, place, detail)

    def finished(place: int) -> Picture:
        detail = place > 0 and settings.detail == "after"
        picture = _restored(session.arrays["picture"], original, masks[place], octaves, place, detail)
        session.save_picture(octaves[place].name, deprocess(picture))
        return picture

    stopped = False
    for place, octave in enumerate(octaves):
        stopped = False
        for iteration in session.epochs(octave.name, settings.iterations):
            if iteration == 0:
                session.arrays["picture"] = begun(place)
            if stopped:
                continue  # the phase must come to its end, or a resumed run would begin it again
            session.progress.on_epoch_begin(iteration, 1)
            random = rng(settings.seed, "jitter", octave.number, iteration)
            picture, loss, slope = ascend(session.arrays["picture"], gradient, settings, random, masks[place])
            stopped = bool(settings.max_loss) and loss > settings.max_loss
            if stopped:
                limit = f"loss {loss:.4g} is above {settings.max_loss:g}"
                session.message(f"{octave.name}: {limit} after {iteration} steps")
                continue
            if not math.isfinite(loss):
                raise UserError(f"the loss became {loss} in {octave.name}: choose a smaller --step")
            session.arrays["picture"] = picture
            session.arrays["steps"][place] += slope > 0
            session.log({"loss": loss, "gradient": slope}, 1)
            session.end_epoch({"loss": loss, "gradient": slope}, samples=1)
    if not session.arrays["steps"].any():
        raise _nothing_moved(objective, stopped, settings.max_loss)
    return finished(len(octaves) - 1)


def _restored(
    picture: Picture, original: Picture, mask: Picture | None, octaves: list[Octave], place: int, detail: bool
) -> Picture:
    """A picture of an octave with the detail that the original lost by being shrunk, and untouched past the mask."""
    if detail:
        picture = picture + lost_detail(original, octaves[place - 1].shape, octaves[place].shape)
    return picture if mask is None else np.where(mask > 0, picture, resize_image(original, octaves[place].shape))


def _nothing_moved(objective: Objective, stopped: bool, max_loss: float) -> UserError:
    if stopped:
        return UserError(f"the loss is above --max-loss {max_loss:g} before any step: raise it; 0 sets no limit")
    what = ", ".join(objective.layers)[:60]
    return UserError(f"{what} is silent on this picture at every size, also with noise: take another channel or place")


@dataclasses.dataclass(frozen=True)
class FilmPlan:
    """A film: `frames` of them, each the one before it, `zoom` times larger, and so many `steps` further."""

    frames: int
    zoom: float
    steps: int


def film(
    original: Picture,
    dreamed: Picture,
    objective: Objective,
    settings: DreamSettings,
    sitting: Sitting,
    plan: FilmPlan,
    mask: Picture | None = None,
) -> None:
    """Make the frames of a film: the dream, then again and again its enlarged middle, dreamed on.

    Args:
        original: as in `dream`; where the mask is 0, it stands still.
        dreamed: what `dream` gave: the first frame.
        objective: what is to grow.
        settings: how to dream.
        sitting: keeps the frames; a frame is an epoch of its phase "film".
        plan: how many frames there are, and what each is.
        mask: as in `dream`.
    """
    settings = dataclasses.replace(settings, step=settings.step or objective.step)
    objective = objective.at((original.shape[0], original.shape[1]))
    gradient = objective.gradient()
    for number in sitting.epochs("film", plan.frames):
        sitting.progress.on_epoch_begin(number, 1)
        loss = 0.0
        if number == 0:
            picture = dreamed
        else:
            picture = enlarged(sitting.arrays["frame"], plan.zoom)
            picture = picture if mask is None else np.where(mask > 0, picture, original)
            for step in range(plan.steps):
                picture, loss, _ = ascend(
                    picture, gradient, settings, rng(settings.seed, "film", number, step + 1), mask
                )
        sitting.arrays["frame"] = picture
        sitting.frame(number, deprocess(picture))
        sitting.log({"loss": loss}, 1)
        sitting.end_epoch({"loss": loss}, samples=1)
