"""use: dream on a person's pictures or films, or make a film of flying into a dream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from etudes.contract import Example, Networks, Result
from etudes.data import PHOTOS, read_picture_header
from etudes.data.inputs import GivenPicture
from etudes.data.notes import note
from etudes.errors import UserError, format_path, unknown
from etudes.experiments.deep_dream.dream_session import DreamSession
from etudes.experiments.deep_dream.evaluate import losses
from etudes.experiments.deep_dream.film_files import open_film
from etudes.experiments.deep_dream.films import Film, make_frames
from etudes.experiments.deep_dream.least_sizes import check_size, least_sides
from etudes.experiments.deep_dream.many import Dreams, answer_of
from etudes.experiments.deep_dream.objectives import objective_for
from etudes.experiments.deep_dream.options import given_settings
from etudes.experiments.deep_dream.photographs import open_photo
from etudes.experiments.deep_dream.progress import dream_progress
from etudes.experiments.deep_dream.resizing import Picture
from etudes.experiments.deep_dream.sources import Job, frames_place, may_be_result, note_left_out
from etudes.experiments.deep_dream.study import (
    PRESETS,
    DreamData,
    DreamInfo,
    DreamSettings,
    deprocess,
    dream,
    preprocess,
    read_pictures,
)
from etudes.schema import override
from etudes.training.backend import loaded_backend
from etudes.training.fingerprint import fingerprint
from etudes.training.session import Session
from etudes.views.pictures import check_place


@dataclass(frozen=True)
class Request:
    """The person's picture, or several things to dream on, and how to dream."""

    settings: DreamSettings
    data: DreamData | None
    """None where several are dreamed on: each is opened when it is its turn."""
    guide: Picture | None = None
    failed: Mapping[str, UserError] = field(default_factory=dict)
    """Those of several that are already known to be refused."""


def read(info: DreamInfo, settings: DreamSettings, options: Any) -> Request:
    """The pictures, and the settings of the run with what the options change."""
    check_places(options)
    if options.weights not in (None, settings.weights) or options.application not in (None, settings.application):
        raise UserError("a run dreams with its own network; for other --weights: `etudes use deep_dream`")
    if options.preset is not None:
        if options.preset not in PRESETS:
            raise unknown("preset", options.preset, PRESETS)
        network = {name: vars(settings)[name] for name in ("weights", "application", "seed", "precision")}
        settings = replace(PRESETS[options.preset], **network)
    chosen = override(settings, given_settings(options))
    if options.is_single:
        data = read_pictures(chosen, info)
        return Request(chosen, data, data.guide)
    if chosen.mask:
        read_picture_header(chosen.mask)
    note_left_out(options.inputs)
    failed = look_at_all(options.jobs, chosen, info)
    return Request(chosen, None, preprocess(open_photo(chosen.guide, 1024)) if chosen.guide else None, failed)


def check_places(options: Any) -> None:
    """Refuse a place that cannot be written, or holds something of a person's."""
    inputs = [job.source for job in options.jobs] + [path for path in (options.mask, options.guide) if path]
    safe: dict[str, Any] = {"overwrite": options.overwrite, "inputs": inputs}
    if options.is_single and options.out:
        check_place(options.out, **safe)
    for job in options.jobs:
        if job.film and not may_be_result(str(frames_place(job))):
            raise UserError(f"{format_path(frames_place(job))} holds other files: name another place for the dream")
        if job.place and not job.is_folder:
            check_place(job.place, film=job.film, **safe)
    if options.preview:
        check_place(options.preview, **safe)
    if options.film:
        check_place(options.film, film=True, **safe)


def look_at_all(jobs: tuple[Job, ...], settings: DreamSettings, info: DreamInfo) -> dict[str, UserError]:
    """What is refused by its header, by its source; that pictures will be shrunk is noted.

    Raises:
        UserError: all of them are refused.
    """
    failed: dict[str, UserError] = {}
    sides, larger, limit = least_sides(info.weights, settings.application), 0, settings.max_size
    for job in jobs:
        try:
            if job.film:
                film = open_film(job.source)
                full = film.width, film.height
                if film.sound:
                    note(f"{format_path(job.source)}: its dream has no sound")
            elif job.source in PHOTOS and not isinstance(job.source, GivenPicture):
                full = 640, 427
            else:
                header = read_picture_header(job.source)
                full = header.width, header.height
            scale = min(1.0, limit / max(full)) if limit else 1.0
            larger += scale < 1
            size = max(1, round(full[0] * scale)), max(1, round(full[1] * scale))
            check_size(size, full, settings.layers, sides, Path(job.source).name)
        except UserError as error:
            failed[job.source] = error
    if len(failed) == len(jobs):
        raise failed[jobs[0].source]
    if larger:
        note(f"{larger} of {len(jobs)} are shrunk to {limit} pixels on the longer side; --max-size 0 keeps their sizes")
    return failed


def use(networks: Networks, info: DreamInfo, settings: DreamSettings, options: Any, request: Request) -> Result:
    """Dream on a person's picture with the network of the run; make the film, if one was asked for."""
    chosen, guide = request.settings, request.guide
    objective = objective_for(networks["network"], chosen, info, guide)
    if request.data is None:
        identity = fingerprint([replace(chosen, data=""), guide, info.weights_sha256, loaded_backend()])
        with dream_progress() as progress:
            dreams = Dreams(objective, info, replace(chosen, guide=""), options, progress, identity)
            return dreams.of_jobs(options.jobs, request.failed)
    original, mask = request.data.picture, request.data.mask
    size, film = (original.shape[0], original.shape[1]), Film(options.frames, options.zoom, options.frame_steps)
    session = DreamSession(
        Path(options.out or "deep_dream.png"),
        size[::-1],
        fingerprint([chosen, request.data, info.weights_sha256, loaded_backend(), options.film, film]),
        dream_progress(),
        preview=Path(options.preview) if options.preview else None,
        preview_every=options.preview_every,
        film=Path(options.film) if options.film else None,
        overwrite=options.overwrite,
    )
    with session:
        result = np.clip(dream(original, objective, chosen, cast("Session", session), mask), -1, 1)
        if options.film:
            make_frames(original, result, objective, chosen, session, film, mask)
        before, after = (sum(losses(objective.at(size), picture)) for picture in (original, result))
        session.finish()
    answer, line = answer_of(options.inputs[0], size, info.weights, objective, before, after)
    answer |= {name: vars(options)[name] for name in ("film", "preview") if vars(options)[name]}
    films = [f"film: {options.film}"] if options.film else []
    lines = [*session.messages, line, *films]
    return Result(answers=[answer], lines=lines, pictures={"dream": deprocess(result)})


def example(data: DreamData, folder: Path) -> Example:
    """The other photograph, small."""
    path, out = folder / "input-photo.png", folder / "dream-of-input.png"
    open_photo(next(name for name in PHOTOS if name != data.info.source), 240).save(path)
    return Example((str(path),), {"out": str(out)})
