"""TensorBoard's event files, through TensorBoard's own writer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from etudes.errors import UserError, format_path
from etudes.runs import Run


class TensorBoardLogger:
    """Event files in `tensorboard/training`, `validation` and `test` of the run's folder, so that plots are shared."""

    def __init__(self, run: Run) -> None:
        """Remove the event files of earlier attempts: the whole history is written again, so nothing is doubled."""
        self._folder = run.place / "tensorboard"
        self.where = f"tensorboard --logdir {run.place}"
        self._writers: dict[str, Any] = {}
        self._last_step = 0
        try:
            for path in self._folder.glob("*/events.out.tfevents.*"):
                path.unlink()
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise UserError(
                f"cannot write {format_path(self._folder)}: {reason}; check the folder, or drop --log"
            ) from error

    def write(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write scalars; "train/validation_loss" is "train/loss" of the validation files."""
        self._last_step = step
        for name, value in metrics.items():
            phase, slash, metric = name.rpartition("/")
            folder = "validation" if metric.startswith("validation_") else "training"
            self._writer(folder).add_scalar(phase + slash + metric.removeprefix("validation_"), value, step)
        self._flush()

    def finish(self, metrics: Mapping[str, float]) -> None:
        """Write the metrics on the test set at the last step."""
        for name, value in metrics.items():
            self._writer("test").add_scalar(name, value, self._last_step)
        self._flush()

    def close(self, state: str) -> None:  # noqa: ARG002, event files hold no state
        """Close the files."""
        for writer in self._writers.values():
            writer.close()

    def _writer(self, folder: str) -> Any:
        if folder not in self._writers:
            from tensorboard.summary import Writer

            self._writers[folder] = Writer(str(self._folder / folder))
        return self._writers[folder]

    def _flush(self) -> None:
        for writer in self._writers.values():
            writer.flush()
