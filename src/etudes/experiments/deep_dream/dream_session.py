"""A dream in use: it shows its progress, can be stopped, and the same command resumes it.

It offers `dream` what a `Session` offers a training run, but keeps nothing when the dream is finished. When a signal
asks to stop, the dream so far is saved, and beside it all that is needed to end in the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from PIL import Image

from etudes.contract import Array, ProgressCallback
from etudes.errors import Interrupted, UserError, format_path
from etudes.experiments.deep_dream.films import FRAME, remove_frames, write_film
from etudes.experiments.deep_dream.study import deprocess
from etudes.runs.files import write_atomically
from etudes.training.interruption import Interruption
from etudes.views.pictures import save_pictures


class DreamSession:
    """Stands in for a `Session` where `use` dreams. A context manager: within it, a signal stops between two steps."""

    def __init__(
        self,
        out: Path,
        size: tuple[int, int],
        identity: str,
        progress: ProgressCallback,
        *,
        preview: Path | None = None,
        preview_every: int = 10,
        film: Path | None = None,
        overwrite: bool = False,
    ) -> None:
        """Begin, or resume the same dream where it was interrupted.

        Args:
            out: where the dream goes; an interrupted one is kept beside it, as "OUT.unfinished".
            size: (width, height) of the dream.
            identity: a digest of all that the dream follows from; an unfinished one with another is not resumed.
            progress: shows the progress.
            preview: a picture that is replaced as the dream grows.
            preview_every: steps from one preview to the next.
            film: where the film goes; its frames are kept beside it until it is written.
            overwrite: whether the dream may replace a file that Études did not write.
        """
        self.arrays: dict[str, Array] = {}
        self.messages: list[str] = []
        self.progress = progress
        self.out, self.size, self.identity = out, size, identity
        self.preview, self.preview_every, self.film = preview, preview_every, film
        self.overwrite = overwrite
        self.unfinished = out.with_name(out.name + ".unfinished")
        self.frames = film.with_name(film.name + ".frames") if film else None
        self.interruption = Interruption(advice="nothing of it was kept")
        self._position: dict[str, Any] = {"done": [], "phase": "", "epoch": 0, "steps": 0}
        self._resume()

    def __enter__(self) -> DreamSession:
        self.interruption.__enter__()
        self.progress.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.progress.__exit__(*error)
        self.interruption.__exit__(*error)

    def message(self, text: str) -> None:
        """Show a line; `messages` holds each line once, also those from before an interruption."""
        if text not in self.messages:
            self.messages.append(text)
        self.progress.message(text)

    def epochs(self, phase: str, total: int) -> Iterator[int]:
        """The remaining steps of a phase."""
        position = self._position
        if phase in position["done"]:
            return
        if position["phase"] != phase:
            position |= {"phase": phase, "epoch": 0}
        self.progress.on_phase_begin(phase, total, position["epoch"])
        self.interruption.held = True
        yield from range(position["epoch"], total)
        position["done"].append(phase)

    def log(self, metrics: dict[str, float], samples: int) -> None:
        """Show a step's metrics."""
        self.progress.on_batch_end(samples, metrics)

    def end_epoch(self, metrics: dict[str, float], samples: int) -> None:  # noqa: ARG002
        """Count the step, replace the preview if it is due, and stop if a signal asked for it."""
        self._position["epoch"] += 1
        self._position["steps"] += 1
        if self.preview and self._position["steps"] % self.preview_every == 0:
            _replace(self.preview, self.so_far())
        if self.interruption.asked is not None:
            self._stop(self.interruption.asked)

    def save_picture(self, name: str, draw: Callable[[], Image.Image]) -> None:
        """Nothing: only a run keeps the pictures of the octaves."""

    def save_frame(self, number: int, image: Image.Image) -> None:
        """Keep a frame of the film, counted from 0."""
        assert self.frames is not None
        self.frames.mkdir(parents=True, exist_ok=True)
        image.save(self.frames / f"{number:05}.png", compress_level=1)

    def so_far(self) -> Image.Image:
        """The dream as it is now, at its full size."""
        image = deprocess(self.arrays["picture"])
        return image if image.size == self.size else image.resize(self.size, Image.Resampling.BICUBIC)

    def finish(self) -> None:
        """Write the film, and remove what was kept to resume."""
        self._write_film()
        self._remove_frames()
        self.unfinished.unlink(missing_ok=True)

    def _write_film(self) -> None:
        frames = sorted(self.frames.glob(FRAME)) if self.frames else []
        if self.film and frames:
            write_film(frames, self.film)

    def _stop(self, signal: int) -> NoReturn:
        """Save what there is, and say how to resume."""
        from safetensors.numpy import save

        place = save_pictures({"dream": self.so_far()}, self.out, overwrite=self.overwrite)["dream"]
        self._write_film()
        state = {"position": json.dumps(self._position), "messages": json.dumps(self.messages)}
        arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays.items()}
        write_atomically(self.unfinished, save(arrays, metadata={"identity": self.identity, **state}))
        saved = f"{format_path(place)} is the dream so far, and the same command resumes it"
        raise Interrupted(signal, f"interrupted; {saved}")

    def _resume(self) -> None:
        from safetensors import safe_open

        if not self.unfinished.is_file():
            self._remove_frames()  # of a film that cannot be resumed
            return
        try:
            with safe_open(self.unfinished, framework="numpy") as file:
                state = file.metadata() or {}
                if state.get("identity") == self.identity:
                    self._position = json.loads(state["position"])
                    self.messages = json.loads(state["messages"])
                    self.arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except Exception as error:  # a damaged file makes safetensors raise errors of its own
            raise UserError(
                f"{format_path(self.unfinished)} is damaged: delete it, and the dream begins anew"
            ) from error
        if not self.arrays:
            self.messages.append(f"{self.unfinished.name} is of another dream and was not resumed")
            self._remove_frames()

    def _remove_frames(self) -> None:
        if self.frames is not None:
            remove_frames(self.frames)


def _replace(path: Path, image: Image.Image) -> None:
    """Save a picture so that a viewer finds the old one or the new one, never a part."""
    save_pictures({"preview": image}, path, overwrite=True)
