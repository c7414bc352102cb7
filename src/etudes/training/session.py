"""A training under way: what a story calls to run epochs, log, save pictures, and go on after an interruption.

`fit`-driven and hand-written loops share everything here. Data order must be a pure function of seed and epoch
(`order`), so that a checkpoint needs no more than arrays and a position.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from etudes.contract import Array, Networks
from etudes.errors import UserError
from etudes.runs import (
    Checkpoint,
    Run,
    append_metrics,
    load_checkpoint,
    save_checkpoint,
    size_of_metrics,
    truncate_metrics,
)
from etudes.training.backend import build_losses, global_random_state, keras, put_global_random_state
from etudes.training.state import optimizer_state, put_optimizer_state, put_state, state_of
from etudes.views.progress import Watch

if TYPE_CHECKING:
    from PIL.Image import Image

Pairs = tuple[Array, Array]
"""Inputs and targets of a `fit`, example by example."""


def generator(seed: int, *place: int) -> np.random.Generator:
    """Random numbers that belong to one place (such as phase, epoch, step) of a run with this seed.

    End a place with a number above zero that says what is drawn: NumPy takes (a,) and (a, 0) for the same place, and
    (epoch,) is that of `order`.
    """
    return np.random.default_rng([seed, *place])


def order(seed: int, epoch: int, count: int) -> Array:
    """The order in which an epoch takes its `count` examples: a permutation that follows from seed and epoch."""
    return generator(seed, epoch).permutation(count)


class Session:
    """The training of some networks in a run folder.

    A story uses `fit` for networks that Keras trains, or, for a loop of its own, `epochs`, `steps`, `report` and
    `end_epoch`. What an interruption must not lose is in `arrays` (NumPy arrays by name) and in `remember`.
    """

    def __init__(self, run: Run, networks: Networks, watch: Watch) -> None:
        self.run = run
        self.watch = watch
        self.arrays: dict[str, Array] = {}
        self._networks = networks
        self._optimizers: dict[str, Any] = {}
        self._interval = float(os.environ.get("ETUDES_CHECKPOINT_SECONDS") or 30)
        self._saved_at = time.monotonic()
        self._position: dict[str, Any] = {
            "done": [],
            "phase": "",
            "epoch": 0,
            "step": 0,
            "sums": {},
            "memory": {},
        }
        self._restored = load_checkpoint(run.folder)
        if self._restored is not None:
            self._position = self._restored.position
            truncate_metrics(run.folder, self._position["metrics_size"])
            self.arrays = _part(self._restored.arrays, "arrays/")
            put_state(networks, _part(self._restored.arrays, "networks/"))
        else:
            truncate_metrics(run.folder, 0)

    def remember(self, name: str, value: Callable[[], Any]) -> Any:
        """A JSON value that is computed once in a run, also if the run is interrupted after that."""
        memory = self._position["memory"]
        if name not in memory:
            memory[name] = value()
        return memory[name]

    def fit(
        self,
        network: Any,
        epoch_data: Callable[[int], Pairs],
        *,
        epochs: int,
        batch_size: int,
        validation: Pairs | None = None,
        phase: str = "train",
        after_epoch: Callable[[int], dict[str, float]] | None = None,
    ) -> None:
        """Train a compiled network with Keras, one `fit` an epoch.

        Args:
            network: a compiled `keras.Model`.
            epoch_data: epoch → inputs and targets in the order in which they are to be taken.
            epochs: how many in this phase.
            batch_size: examples a step.
            validation: inputs and targets to evaluate after each epoch; its figures are logged as "validation_…".
            phase: its name in `metrics.jsonl`.
            after_epoch: called with the epoch; what it gives is logged with the epoch's figures.
        """
        network.optimizer.build(network.trainable_variables)
        if validation is not None and len(validation[1]):
            build_losses(network, validation[0][:1], validation[1][:1])
        for epoch in self.epochs(phase, epochs, {"optimizer": network.optimizer}):
            x, y = epoch_data(epoch)
            count = len(y)
            self.watch.begin_epoch(epoch, count)
            history = network.fit(
                x,
                y,
                batch_size=batch_size,
                shuffle=False,
                verbose=0,
                callbacks=[_step_callback(self.watch, batch_size)],
            )
            figures = {name: float(values[-1]) for name, values in history.history.items()}
            if validation is not None and len(validation[1]):
                found = network.evaluate(*validation, batch_size=1000, verbose=0, return_dict=True)
                figures |= {f"validation_{name}": float(value) for name, value in found.items()}
            if after_epoch is not None:
                figures |= after_epoch(epoch)
            self.end_epoch(figures, samples=count)

    def epochs(self, phase: str, total: int, optimizers: dict[str, Any] | None = None) -> Iterator[int]:
        """The epochs of a phase that are still to do; call `end_epoch` at the end of each.

        Args:
            phase: a name that no other phase of the run has.
            total: epochs of the phase.
            optimizers: the optimisers at work in it by name, built.
        """
        position = self._position
        if phase in position["done"]:
            return
        self._optimizers = optimizers or {}
        if self._restored is not None and position["phase"] == phase:
            put_state(self._networks, _part(self._restored.arrays, "networks/"))
            put_optimizer_state(self._optimizers, _part(self._restored.arrays, "optimizers/"))
        elif position["phase"] != phase:
            position |= {"phase": phase, "epoch": 0, "step": 0, "sums": {}}
        if self._restored is not None:
            put_global_random_state(_part(self._restored.arrays, "random/"))
        self._restored = None
        self.watch.begin_phase(phase, total, position["epoch"])
        for epoch in range(position["epoch"], total):
            self._began = time.monotonic()
            yield epoch
        position["done"].append(phase)
        self.save()

    def steps(self, count: int, samples: int) -> Iterator[int]:
        """The steps of the present epoch that are still to do, for a hand-written loop.

        Args:
            count: steps in an epoch.
            samples: examples in an epoch.
        """
        position = self._position
        self.watch.begin_epoch(position["epoch"], samples)
        for step in range(position["step"], count):
            yield step
            position["step"] = step + 1
            self._save_if_due()

    def report(self, figures: dict[str, float], samples: int) -> None:
        """Add a step's figures to the epoch's means, and show them.

        Args:
            figures: by name; each may be absent in some steps.
            samples: examples that the step took.
        """
        sums = self._position["sums"]
        for name, value in figures.items():
            total, times = sums.get(name, (0.0, 0))
            sums[name] = (total + float(value), times + 1)
        self.watch.step(samples, self.means())

    def means(self) -> dict[str, float]:
        """Mean of each reported figure over the present epoch so far."""
        return {name: total / times for name, (total, times) in self._position["sums"].items()}

    def end_epoch(self, figures: dict[str, float], samples: int) -> None:
        """Write the epoch's line into `metrics.jsonl`, show it, and save a checkpoint if one is due.

        Args:
            figures: the epoch's figures by name; beside them, phase, epoch (from 1), seconds and samples a second.
            samples: examples that the epoch took.

        Raises:
            UserError: a loss is not finite any more.
        """
        position = self._position
        lost = [name for name, value in figures.items() if "loss" in name and not math.isfinite(value)]
        if lost:
            where = f"after epoch {position['epoch'] + 1} {lost[0].replace('_', ' ')} is {figures[lost[0]]}"
            raise UserError(f"the training diverged, {where}: take a smaller --learning-rate, in a new --out folder")
        seconds = time.monotonic() - self._began
        record = {"phase": position["phase"], "epoch": position["epoch"] + 1, **figures}
        record |= {"seconds": round(seconds, 3), "samples_per_second": round(samples / max(seconds, 1e-9), 1)}
        append_metrics(self.run.folder, record)
        position |= {"epoch": position["epoch"] + 1, "step": 0, "sums": {}}
        self._save_if_due()
        self.watch.end_epoch(record)

    def picture(self, name: str, image: Image) -> None:
        """Save a picture that training draws, as `pictures/NAME.png`."""
        image.save(self.run.pictures / f"{name}.png")

    def saved_pictures(self, pattern: str) -> list[Image]:
        """The pictures saved so far whose names fit a pattern such as "epoch-*", in the order of their names."""
        from PIL import Image as Pictures

        return [Pictures.open(path).copy() for path in sorted(self.run.pictures.glob(f"{pattern}.png"))]

    def save(self) -> None:
        """Save a checkpoint now."""
        arrays = {f"networks/{name}": a for name, a in state_of(self._networks).items()}
        arrays |= {f"optimizers/{name}": a for name, a in optimizer_state(self._optimizers).items()}
        arrays |= {f"arrays/{name}": a for name, a in self.arrays.items()}
        arrays |= {f"random/{name}": a for name, a in global_random_state().items()}
        self._position["metrics_size"] = size_of_metrics(self.run.folder)
        save_checkpoint(self.run.folder, Checkpoint(arrays, self._position))
        self._saved_at = time.monotonic()

    def _save_if_due(self) -> None:
        if time.monotonic() - self._saved_at >= self._interval:
            self.save()


def _part(arrays: dict[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _step_callback(watch: Watch, batch_size: int) -> Any:
    """A Keras callback that shows the progress of each step."""

    class Steps(keras.callbacks.Callback):  # type: ignore[misc]
        done = 0

        def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            # With steps_per_execution one call stands for several steps.
            watch.step((batch + 1 - self.done) * batch_size, logs or {})
            self.done = batch + 1

    return Steps()
