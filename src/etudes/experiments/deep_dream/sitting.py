"""A dream in use: it shows how far it is, can be stopped, and is gone on with by the same command.

It is to `use` what a session is to a training, but keeps nothing once the dream is whole. When a signal asks to stop,
what there is so far is saved beside the dream's place, with all that is needed to end in the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from PIL import Image
from rich.console import RenderableType

from etudes.contract import Array, ProgressCallback
from etudes.errors import Interrupted, UserError, format_path
from etudes.experiments.deep_dream.dreaming import deprocess
from etudes.experiments.deep_dream.films import write_film
from etudes.runs.files import write_atomically
from etudes.training.interruption import Interruption
from etudes.views.pictures import save_pictures
from etudes.views.progress import NoProgress

_FRAME = "[0-9]" * 5 + ".png"


class _Noting(NoProgress):
    """A progress callback that notes what is said, and passes everything on."""

    def __init__(self, progress: ProgressCallback, said: list[str]) -> None:
        self._progress, self._said = progress, said
        self.on_phase_begin, self.on_epoch_begin = progress.on_phase_begin, progress.on_epoch_begin  # type: ignore[method-assign]
        self.on_batch_end, self.on_epoch_end = progress.on_batch_end, progress.on_epoch_end  # type: ignore[method-assign]

    def __enter__(self) -> _Noting:
        self._progress.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._progress.__exit__(*error)

    def message(self, text: RenderableType) -> None:
        """Note it, and pass it on."""
        self._said.append(str(text))
        self._progress.message(text)


class Sitting:
    """Stands for a session where `use` dreams. A context manager: within it, a signal is answered between steps."""

    def __init__(
        self,
        out: Path,
        size: tuple[int, int],
        identity: str,
        *,
        preview: Path | None = None,
        every: int = 10,
        film: Path | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        """Begin, or go on where the same dream was interrupted.

        Args:
            out: where the dream goes; what is kept of an interrupted one lies beside it.
            size: (width, height) of the dream.
            identity: says all that the dream follows from; what was kept of another one is not gone on with.
            preview: a picture that is replaced as the dream grows.
            every: steps from one preview to the next.
            film: where the film goes; its frames are kept beside it until it is written.
            progress: who is shown the progress.
        """
        self.arrays: dict[str, Array] = {}
        self.said: list[str] = []
        self.progress: ProgressCallback = _Noting(progress or NoProgress(), self.said)
        self.out, self.size, self.identity = out, size, identity
        self.preview, self.every, self.film = preview, every, film
        self.kept = out.with_name(out.name + ".unfinished")
        self.frames = film.with_name(film.name + ".frames") if film else None
        self.interruption = Interruption(advice="nothing of it was kept")
        self._position: dict[str, Any] = {"done": [], "phase": "", "epoch": 0, "steps": 0}
        self._go_on()

    def __enter__(self) -> Sitting:
        self.interruption.__enter__()
        self.progress.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.progress.__exit__(*error)
        self.interruption.__exit__(*error)

    def message(self, text: RenderableType) -> None:
        """Show a line."""
        self.progress.message(text)

    def epochs(self, phase: str, total: int) -> Iterator[int]:
        """The steps of a phase that are still to do."""
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
        """Count the step, show the preview if it is due, and stop if that was asked for."""
        self._position["epoch"] += 1
        self._position["steps"] += 1
        if self.preview and self._position["steps"] % self.every == 0:
            _replace(self.preview, self.so_far())
        if self.interruption.asked is not None:
            self._stop()

    def save_picture(self, name: str, image: Image.Image) -> None:
        """Nothing: the pictures of the octaves are a training's."""

    def frame(self, number: int, image: Image.Image) -> None:
        """Keep a frame of the film, counted from 0."""
        assert self.frames is not None
        self.frames.mkdir(parents=True, exist_ok=True)
        image.save(self.frames / f"{number:05}.png", compress_level=1)

    def so_far(self) -> Image.Image:
        """The dream as it is now, at its full size."""
        image = deprocess(np.clip(self.arrays["picture"], -1, 1))
        return image if image.size == self.size else image.resize(self.size, Image.Resampling.BICUBIC)

    def finish(self) -> None:
        """Write the film, and keep nothing else."""
        if self.film and self.frames:
            write_film(sorted(self.frames.glob(_FRAME)), self.film)
            self._forget_frames()
        self.kept.unlink(missing_ok=True)

    def _stop(self) -> NoReturn:
        """Save what there is, and say how to go on."""
        from safetensors.numpy import save

        number = self.interruption.asked
        assert number is not None
        save_pictures({"dream": self.so_far()}, self.out)
        if self.film and self.frames and any(self.frames.glob(_FRAME)):
            write_film(sorted(self.frames.glob(_FRAME)), self.film)
        about = {"identity": self.identity, "position": json.dumps(self._position), "said": json.dumps(self.said)}
        arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays.items()}
        write_atomically(self.kept, save(arrays, metadata=about))
        raise Interrupted(
            number, f"interrupted; {format_path(self.out)} is the dream so far, and the same command goes on with it"
        )

    def _go_on(self) -> None:
        from safetensors import safe_open

        if not self.kept.is_file():
            self._forget_frames()  # of a film that nobody can go on with
            return
        try:
            with safe_open(self.kept, framework="numpy") as file:
                about = file.metadata() or {}
                if about.get("identity") == self.identity:
                    self._position = json.loads(about["position"])
                    self.arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except Exception as error:  # a damaged file makes safetensors raise errors of its own
            raise UserError(f"{format_path(self.kept)} is damaged: delete it, and the dream begins anew") from error
        if not self.arrays:
            self.said.append(f"{self.kept.name} was of another dream and is not gone on with")
            self._forget_frames()

    def _forget_frames(self) -> None:
        """Remove the frames, and their folder unless a person keeps something in it."""
        if self.frames is None or not self.frames.is_dir():
            return
        for path in self.frames.glob(_FRAME):
            path.unlink()
        if not any(self.frames.iterdir()):
            self.frames.rmdir()


def _replace(path: Path, image: Image.Image) -> None:
    """Save a picture so that who looks at it sees the old one or the new one, never a part."""
    temporary = path.with_name(f"{path.stem}.writing{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(temporary)
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {format_path(path)}: {error.strerror or error}") from error
