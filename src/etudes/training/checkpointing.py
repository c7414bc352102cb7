"""What a checkpoint holds and when one is saved; the file itself is `runs/checkpoint.py`."""

from __future__ import annotations

import os
import time
from typing import Any

from etudes.contract import Array, Networks
from etudes.runs import Checkpoint, Run, append_metrics, replace_metrics, save_checkpoint, settings_digest, write_table
from etudes.runs.failpoints import reached
from etudes.training.backend import global_random_state, put_global_random_state
from etudes.training.interruption import Interruption
from etudes.training.state import metric_state, optimizer_state, put_optimizer_state, put_state, state_of

SECONDS, MAX_SECONDS, SHARE = 30.0, 60.0, 0.02
"""A checkpoint is saved every 30 seconds, or less often, down to every 60, where it would take a greater share of the
time than this. `ETUDES_CHECKPOINT_SECONDS` overrides it."""


def new_epoch() -> dict[str, Any]:
    """The part of a position that starts anew with each epoch: steps done, sums, metrics of `fit`, seconds."""
    return {"step": 0, "sums": {}, "metrics": None, "seconds": 0.0}


class Checkpointer:
    """Everything that changes while a run is trained, and its checkpoints.

    `position` (JSON values) is how far the training is, `arrays` is what the study keeps beside its networks,
    `optimizers` and `fitted` are those that the present phase uses.
    """

    def __init__(self, run: Run, networks: Networks, checkpoint: Checkpoint | None, interruption: Interruption) -> None:
        """Begin, or resume from a checkpoint: `metrics.jsonl` and the networks become what they were then."""
        self.run = run
        self.arrays: dict[str, Array] = {}
        self.optimizers: dict[str, Any] = {}
        self.fitted: Any = None
        self.interruption = interruption
        self.began = time.monotonic()
        self.position: dict[str, Any] = {"done": [], "phase": "", "epoch": 0, "memory": {}, **new_epoch()}
        self._networks = networks
        self._restored = checkpoint
        self._metrics = checkpoint.metrics if checkpoint else ""
        self._settings = settings_digest(run.folder)
        chosen = os.environ.get("ETUDES_CHECKPOINT_SECONDS")
        self._interval, self._max = (float(chosen), float(chosen)) if chosen else (SECONDS, MAX_SECONDS)
        self._saved_at = time.monotonic()
        with run.writing():
            replace_metrics(run.folder, self._metrics)
        if checkpoint is not None:
            self.position = checkpoint.position
            self.arrays = _part(checkpoint.arrays, "arrays/")
            put_state(networks, _part(checkpoint.arrays, "networks/"))

    def restore(self, *, same_phase: bool) -> dict[str, Array]:
        """Load the checkpoint's networks and optimisers, if it is of this phase, and its random state.

        Building and compiling draw random numbers, so this comes after them. Returns the sums of metrics within an
        epoch of `fit`; without a checkpoint nothing happens and the result is empty.
        """
        if self._restored is None:
            return {}
        arrays = self._restored.arrays
        if same_phase:
            put_state(self._networks, _part(arrays, "networks/"))
            put_optimizer_state(self.optimizers, _part(arrays, "optimizers/"))
        put_global_random_state(_part(arrays, "random/"))
        return _part(arrays, "metrics/")

    def mark_resumed(self) -> None:
        """The first step after an interruption comes now: the checkpoint is no longer needed."""
        self._restored = None

    def log(self, record: dict[str, Any]) -> None:
        """Add a line to `metrics.jsonl`."""
        with self.run.writing():
            self._metrics += append_metrics(self.run.folder, record)

    def save(self) -> None:
        """Save a checkpoint now, and `metrics.csv`.

        Raises:
            UserError: it cannot be written; the one before it is whole.
        """
        began, position = time.monotonic(), self.position
        position["seconds"] = began - self.began
        within_fit = self.fitted is not None and position["step"] and position["metrics"] is None
        parts = {
            "metrics": metric_state(self.fitted) if within_fit else {},
            "networks": state_of(self._networks),
            "optimizers": optimizer_state(self.optimizers),
            "arrays": self.arrays,
            "random": global_random_state(),
        }
        arrays = {f"{part}/{name}": array for part, found in parts.items() for name, array in found.items()}
        with self.run.writing():
            save_checkpoint(self.run.folder, Checkpoint(arrays, position, self._metrics), self._settings)
            write_table(self.run.folder, self._metrics)
        self._saved_at = time.monotonic()
        self._interval = min(max(self._interval, (self._saved_at - began) / SHARE), self._max)

    def save_if_due(self, moment: str) -> None:
        """Between two steps: save a checkpoint if one is due, and stop if a signal asked for it.

        Args:
            moment: "step", "epoch" or "validation", the name of a failpoint.
        """
        reached(moment)
        self.interruption.held = True  # before the first such moment there is nothing that a signal could lose
        if self.interruption.asked is not None:
            self.save()
            self.interruption.stop()
        if time.monotonic() - self._saved_at >= self._interval:
            self.save()


def _part(arrays: dict[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
