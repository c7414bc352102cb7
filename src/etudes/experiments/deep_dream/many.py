"""Several dreams of one command, each saved when it is made: of many pictures, and of the frames of films."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PIL import Image

from etudes.contract import ProgressCallback, Result
from etudes.data.errors import file_error
from etudes.errors import UserError, format_path
from etudes.experiments.deep_dream.dream_session import DreamSession
from etudes.experiments.deep_dream.evaluate import losses, ratio
from etudes.experiments.deep_dream.film_files import open_film, read_frames
from etudes.experiments.deep_dream.films import FRAME, Flicker, carried_over, remove_frames, write_film
from etudes.experiments.deep_dream.objectives import Objective
from etudes.experiments.deep_dream.photographs import open_photo, shrunk
from etudes.experiments.deep_dream.progress import Part
from etudes.experiments.deep_dream.resizing import Picture
from etudes.experiments.deep_dream.sources import UNFINISHED, Job, frames_place
from etudes.experiments.deep_dream.study import (
    DreamData,
    DreamInfo,
    DreamSettings,
    deprocess,
    dream,
    preprocess,
    read_pictures,
)
from etudes.runs.files import write_atomically
from etudes.training.fingerprint import fingerprint
from etudes.views.pictures import save_pictures

if TYPE_CHECKING:
    from etudes.experiments.deep_dream.options import DreamOptions
    from etudes.training.session import Session


class Finished:
    """What of a command is finished, in a file kept until all of it is: the same command continues from there."""

    def __init__(self, path: Path) -> None:
        """Read it, if it is there."""
        self.path = path
        self.entries: dict[str, Any] = {}
        with suppress(OSError, ValueError, TypeError):
            self.entries = dict(json.loads(path.read_text(encoding="utf-8")))

    def add(self, identity: str, value: Any) -> None:
        """Keep a value by the digest of all that it follows from."""
        self.entries[identity] = value
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, json.dumps(self.entries).encode())

    def remove(self) -> None:
        """Remove the file: all is finished."""
        self.path.unlink(missing_ok=True)


class Dreams:
    """The dreams of one command: one network and one objective for all."""

    def __init__(
        self,
        objective: Objective,
        info: DreamInfo,
        settings: DreamSettings,
        options: DreamOptions,
        progress: ProgressCallback,
        identity: str,
    ) -> None:
        """Begin.

        Args:
            objective: what is to grow.
            info: of any picture; it names the network.
            settings: how to dream.
            options: of use.
            progress: shows the progress of all.
            identity: a digest of all that dreams follow from, but for what is dreamed on.
        """
        self.objective, self.info, self.settings, self.options = objective, info, settings, options
        self.progress, self.identity = progress, identity

    def of_jobs(self, jobs: tuple[Job, ...], failed: Mapping[str, UserError]) -> Result:
        """Dream on all; what cannot be dreamed on is named, and the others are answered.

        Args:
            jobs: each with its place.
            failed: what is already known to be refused, by its source.

        Raises:
            UserError: none of them can be dreamed on.
        """
        result, errors = Result(), dict(failed)
        finished = Finished(_place(jobs[0]).with_name(f"dreams{UNFINISHED}"))
        for number, job in enumerate(jobs, start=1):
            if job.source in errors:
                continue
            count = f"{number} of {len(jobs)}, " if len(jobs) > 1 else ""
            part = Part(self.progress, count + Path(job.source).name)
            try:
                answer, line = self._film(job, part) if job.film else self._picture(job, part, finished)
            except UserError as error:
                errors[job.source] = error
                continue
            result.answers.append(answer)
            result.lines.append(line)
            result.files["dream" if len(jobs) == 1 else f"dreams/{Path(answer['dream']).name}"] = answer["dream"]
        if not result.answers:
            raise next(iter(errors.values()))
        if finished.entries:
            finished.remove()
        for source, refused in errors.items():
            said = str(refused) if Path(source).name in str(refused) else f"{format_path(source)}: {refused}"
            result.answers.append({"picture": source, "error": said})
            result.lines.append(f"not dreamed on: {said}")
        return result

    def _picture(self, job: Job, part: Part, finished: Finished) -> tuple[dict[str, Any], str]:
        settings, place, options = replace(self.settings, data=job.source), _place(job), self.options
        data = read_pictures(settings, self.info, open_photo(job.source, settings.max_size))
        identity = fingerprint([self.identity, data])
        if not (identity in finished.entries and place.is_file()):
            result = self._dream(data, settings, place, identity, part)
            size = (data.info.height, data.info.width)
            before, after = (sum(losses(self.objective.at(size), picture)) for picture in (data.picture, result))
            saved = save_pictures(
                {"dream": deprocess(result)},
                place,
                quality=options.quality,
                source=job.source,
                overwrite=options.overwrite,
            )
            answer, line = answer_of(job.source, size, self.info.weights, self.objective, before, after)
            finished.add(identity, [{**answer, "dream": saved["dream"]}, line])
        answer, line = finished.entries[identity]
        return dict(answer), str(line)

    def _dream(self, data: DreamData, settings: DreamSettings, place: Path, identity: str, part: Part) -> Picture:
        place.parent.mkdir(parents=True, exist_ok=True)
        preview = Path(self.options.preview) if self.options.preview else None
        size = (data.info.width, data.info.height)
        session = DreamSession(place, size, identity, part, preview=preview, preview_every=self.options.preview_every)
        with session:
            result = dream(data.picture, self.objective, settings, cast("Session", session), data.mask)
            session.finish()
        return np.clip(result, -1, 1)

    # --- films --------------------------------------------------------------------------------------------------------

    def _film(self, job: Job, part: Part) -> tuple[dict[str, Any], str]:
        """The dream of each frame begins where the one before ended, as far as the film stands still there."""
        film, frames = open_film(job.source), frames_place(job)
        finished = Finished(frames / f"film{UNFINISHED}")
        frames.mkdir(parents=True, exist_ok=True)
        settings, flicker, last = replace(self.settings, data=job.source), Flicker(), None
        name, paths = part.name, list[Path]()
        for number, image in enumerate(read_frames(film), start=1):
            path, frame = frames / f"{number:05}.png", shrunk(image, settings.max_size)
            data = read_pictures(settings, self.info, frame)
            start = data.picture if last is None else carried_over(data.picture, *last)
            identity = fingerprint([self.identity, data.picture, start, data.mask])
            if not (identity in finished.entries and path.is_file()):
                part.name = f"{name}, frame {number}" + (f" of {film.frames}" if film.frames else "")
                dreamed = self._dream(replace(data, picture=start), settings, path, identity, part)
                save_pictures({"dream": deprocess(dreamed)}, path, overwrite=True)
                finished.add(identity, number)
            with Image.open(path) as saved:  # what was saved, so that a film that was resumed is the same
                dreamed = preprocess(saved)
            flicker.add(data.picture, dreamed)
            last = (data.picture, dreamed)
            paths.append(path)
        if last is None:
            raise file_error(job.source, "has no frames: convert it to .mp4")
        for path in set(frames.glob(FRAME)) - set(paths):
            path.unlink()  # of a longer film that was here before
        if not job.is_folder:
            write_film(paths, _place(job), film.milliseconds)
        finished.remove()
        if not job.is_folder:
            remove_frames(frames)
        height, width = last[0].shape[:2]
        changes = flicker.metrics()
        answer = {"film": job.source, "width": width, "height": height, "frames": len(paths)}
        answer |= {"network": self.info.weights, "layers": list(self.objective.layers), **changes}
        layers = ", ".join(self.objective.layers)
        line = (
            f"{job.source}: {len(paths)} frames dreamed with {layers} of {self.info.weights}; "
            f"from frame to frame {changes['change_of_dream']} of 255, in the film {changes['change_of_film']}"
        )
        return {**answer, "dream": str(job.place)}, line


def _place(job: Job) -> Path:
    assert job.place is not None
    return job.place


def answer_of(
    source: str, size: tuple[int, int], network: str, objective: Objective, before: float, after: float
) -> tuple[dict[str, Any], str]:
    """The record of a dream on a picture (height, width), with the loss before and after, and a line that says it."""
    answer = {
        "picture": source,
        "width": size[1],
        "height": size[0],
        "network": network,
        "layers": list(objective.layers),
        "loss_before": round(before, 4),
        "loss_after": round(after, 4),
    }
    grew = f"{ratio(before, after):.1f}×" if before > 0 else f"from {before:.3g} to {after:.3g}"
    return answer, f"{source}: the response of {', '.join(objective.layers)} of {network} grew {grew}"
