"""use: dream on a person's picture, and make a film of flying into the dream."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, fields, make_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_type_hints

import numpy as np
from annotated_types import Ge, Interval
from rich.console import Console

from etudes.contract import Example, Networks, Result, UseOptions
from etudes.data import PHOTOS
from etudes.errors import UserError, unknown
from etudes.experiments.deep_dream.dream_session import DreamSession
from etudes.experiments.deep_dream.evaluate import losses, ratio
from etudes.experiments.deep_dream.films import Film, check_film, make_frames
from etudes.experiments.deep_dream.objectives import objective_for
from etudes.experiments.deep_dream.photographs import open_photo
from etudes.experiments.deep_dream.study import (
    PRESETS,
    DreamData,
    DreamInfo,
    DreamSettings,
    deprocess,
    dream,
    read_pictures,
)
from etudes.settings import describe, override
from etudes.training.backend import loaded_backend
from etudes.training.fingerprint import fingerprint
from etudes.training.session import Session
from etudes.views.pictures import check_place
from etudes.views.progress import progress_for

# --- options ----------------------------------------------------------------------------------------------------------


def with_settings(options: type[Any], name: str, settings: tuple[str, ...]) -> Any:
    """A subclass of options with some settings of the dream as options that may be left out.

    Types and help are those of the settings, which are named in `DreamSettings` alone.
    """
    helps, hints = {setting.name: setting.help for setting in describe(DreamSettings)}, get_type_hints(DreamSettings)
    cls = make_dataclass(
        name, [(s, hints[s] | None, field(default=None)) for s in settings], bases=(options,), frozen=True
    )
    lines = [f"    {setting}: {helps[setting]}" for setting in settings]
    cls.__doc__ = "\n".join([f"{options.__doc__}\n\nArgs:", *lines])
    return cls


def given_settings(options: Any) -> dict[str, Any]:
    """The settings that the options of use or inspect give a value, and the picture that they name."""
    names = {setting.name for setting in fields(DreamSettings)}
    given = {name: value for name, value in vars(options).items() if name in names and value is not None}
    return {**given, "data": options.inputs[0]} if isinstance(options, UseOptions) else given


@dataclass(frozen=True)
class _Output(UseOptions):
    """Where the dream goes."""

    inputs: tuple[str, ...]
    """A picture file, and where its dream goes."""
    out: str | None = None
    """Where the dream goes, if it is not named after the picture."""


_SETTINGS = (
    "weights application layers coefficients guide mask max_size octaves octave_scale iterations step max_loss detail "
    "clip seed jitter bands total_variation blur tile"
)
_Output_and_settings: Any = with_settings(_Output, "OutputAndSettings", tuple(_SETTINGS.split()))


@dataclass(frozen=True)
class DreamOptions(_Output_and_settings):  # type: ignore[misc]
    """Dream on a picture: `etudes use deep_dream photo.jpg dream.png`."""

    preset: Literal["classic", "tuned", "demo"] | None = None
    """Dream as this preset does; other options replace its settings."""
    preview: str | None = None
    """A picture that is replaced as the dream grows: open it in a viewer that looks again."""
    preview_every: Annotated[int, Ge(1)] = 10
    """Steps from one preview to the next."""
    film: str | None = None
    """Also a film of flying into the dream: an .mp4 (needs keras-etudes[film]) or a .gif."""
    frames: Annotated[int, Interval(ge=2, le=10_000)] = 48
    """Frames of the film, 12.5 a second."""
    zoom: Annotated[float, Interval(ge=1, le=2)] = 1.03
    """Each frame shows the one before it this many times larger; 1 dreams on without a zoom."""
    frame_steps: Annotated[int, Ge(1)] = 4
    """Steps in each frame."""

    @property
    def picture_path(self) -> str | None:
        """Where the dream goes."""
        return cast("str | None", self.out)

    def __post_init__(self) -> None:
        """The second input is the result's path; some options need another one."""
        if not 1 <= len(self.inputs) <= 2:
            raise UserError("name a picture file and where its dream goes: photo.jpg dream.png")
        if self.out is None and len(self.inputs) > 1:
            object.__setattr__(self, "out", self.inputs[1])
        needs = {"frames": "film", "zoom": "film", "frame_steps": "film", "preview_every": "preview"}
        defaults: dict[str, Any] = {option.name: option.default for option in fields(self)}
        for name, other in needs.items():
            if vars(self)[name] != defaults[name] and not vars(self)[other]:
                raise UserError(f"--{name.replace('_', '-')} changes a {other}: add --{other} FILE")


# --- use --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    """The person's pictures, and how to dream on them."""

    data: DreamData
    settings: DreamSettings


def read(info: DreamInfo, settings: DreamSettings, options: Any) -> Request:
    """The pictures, and the settings of the run with what the options change."""
    if options.out:
        check_place(options.out)
    if options.preview:
        check_place(options.preview)
    if options.film:
        check_film(options.film)
    pictures = {"photograph": options.inputs[0], "mask": options.mask, "guide": options.guide}
    for what, path in pictures.items():
        for place in (options.out, options.preview, options.film):
            if place and path and os.path.realpath(place) == os.path.realpath(path):
                raise UserError(f"{place} is the {what} itself, which would be lost: name another file for the dream")
    if options.weights not in (None, settings.weights) or options.application not in (None, settings.application):
        raise UserError("a run dreams with its own network; for other --weights: `etudes use deep_dream`")
    if options.preset is not None:
        if options.preset not in PRESETS:
            raise unknown("preset", options.preset, PRESETS)
        network = {name: vars(settings)[name] for name in ("weights", "application", "seed", "precision")}
        settings = replace(PRESETS[options.preset], **network)
    chosen = override(settings, given_settings(options))
    return Request(read_pictures(chosen, info), chosen)


def use(networks: Networks, info: DreamInfo, settings: DreamSettings, options: Any, request: Request) -> Result:
    """Dream on a person's picture with the network of the run; make the film, if one was asked for."""
    original, mask, chosen = request.data.picture, request.data.mask, request.settings
    objective = objective_for(networks["network"], chosen, info, request.data.guide)
    size, film = (original.shape[0], original.shape[1]), Film(options.frames, options.zoom, options.frame_steps)
    session = DreamSession(
        Path(options.out or "deep_dream.png"),
        size[::-1],
        fingerprint([chosen, request.data, info.weights_sha256, loaded_backend(), options.film, film]),
        progress_for(Console(stderr=True), quiet=not sys.stderr.isatty()),
        preview=Path(options.preview) if options.preview else None,
        preview_every=options.preview_every,
        film=Path(options.film) if options.film else None,
    )
    with session:
        result = np.clip(dream(original, objective, chosen, cast("Session", session), mask), -1, 1)
        if options.film:
            make_frames(original, result, objective, chosen, session, film, mask)
        before, after = (sum(losses(objective.at(size), picture)) for picture in (original, result))
        session.finish()
    answer = {
        "picture": options.inputs[0],
        "width": size[1],
        "height": size[0],
        "network": info.weights,
        "layers": list(objective.layers),
        "loss_before": round(before, 4),
        "loss_after": round(after, 4),
    }
    answer |= {name: vars(options)[name] for name in ("film", "preview") if vars(options)[name]}
    grew = f"{ratio(before, after):.1f}×" if before > 0 else f"from {before:.3g} to {after:.3g}"
    line = f"{options.inputs[0]}: the response of {', '.join(objective.layers)} of {info.weights} grew {grew}"
    films = [f"film: {options.film}"] if options.film else []
    lines = [*session.messages, line, *films]
    return Result(answers=[answer], lines=lines, pictures={"dream": deprocess(result)})


def example(data: DreamData, folder: Path) -> Example:
    """The other photograph, small."""
    path, out = folder / "input-photo.png", folder / "dream-of-input.png"
    open_photo(next(name for name in PHOTOS if name != data.info.source), 240).save(path)
    return Example((str(path),), {"out": str(out)})
