"""The records of a peer: one for each epoch, and a stop at its target or time limit."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import keras


class Epochs(keras.callbacks.Callback):
    """Notes each epoch with its seconds, validation included, in `records` and in `metrics.jsonl` of a folder.

    Args:
        samples: examples in an epoch.
        phase: its name in the records.
        folder: where to keep them, or "".
        target: the figure to reach, such as ("validation_accuracy", 0.79), or None.
        most_seconds: stop after the epoch with which all epochs together take longer; 0 sets no limit.
    """

    def __init__(
        self,
        samples: int,
        phase: str = "train",
        folder: str = "",
        target: tuple[str, float] | None = None,
        most_seconds: float = 0,
    ) -> None:
        super().__init__()
        self.samples, self.phase, self.target, self.most_seconds = samples, phase, target, most_seconds
        self.file = Path(folder) / "metrics.jsonl" if folder else None
        self.records: list[dict[str, Any]] = []
        if self.file and self.file.exists():
            self.records = [json.loads(line) for line in self.file.read_text().splitlines()]

    def reached(self) -> bool:
        """Whether the last epoch of this phase reached the target."""
        mine = [record for record in self.records if record["phase"] == self.phase]
        return bool(mine and self.target and mine[-1].get(self.target[0], -1) >= self.target[1])

    def over(self) -> bool:
        """Whether the time is up."""
        return bool(self.most_seconds) and sum(record["seconds"] for record in self.records) > self.most_seconds

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Record the start of the epoch."""
        self.began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the record."""
        seconds = time.monotonic() - self.began
        metrics = {name.replace("val_", "validation_"): float(value) for name, value in (logs or {}).items()}
        record = {"phase": self.phase, "epoch": epoch + 1, "seconds": seconds, **metrics}
        self.records.append({**record, "samples_per_second": self.samples / seconds})
        if self.file:
            with self.file.open("a") as stream:
                stream.write(json.dumps(self.records[-1]) + "\n")
        if self.reached() or self.over():
            self.model.stop_training = True


def callbacks(epochs: Epochs, folder: str) -> list[Any]:
    """The recorder and, with a folder, Keras' own callback to resume after an interruption."""
    if not folder:
        return [epochs]
    backup = keras.callbacks.BackupAndRestore(str(Path(folder) / f"backup-{epochs.phase}"), delete_checkpoint=False)
    return [epochs, backup]
