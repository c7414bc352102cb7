"""A training under way: what a story calls to run epochs, log, save pictures, and go on after an interruption.

`fit`-driven and hand-written loops share everything here. Data order must be a pure function of seed and epoch
(`order`), so that a checkpoint needs no more than arrays and a position.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from etudes.contract import Array, Networks
from etudes.errors import UserError
from etudes.runs import Checkpoint, Run
from etudes.training.backend import build_losses
from etudes.training.batches import batches, one_ahead
from etudes.training.interruption import Interruption
from etudes.training.keeping import Keeper, fresh_epoch
from etudes.training.state import put_metric_state
from etudes.training.steps import between_steps
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

    def __init__(
        self,
        run: Run,
        networks: Networks,
        watch: Watch,
        checkpoint: Checkpoint | None = None,
        interruption: Interruption | None = None,
    ) -> None:
        """Begin, or go on from a checkpoint of this run.

        Args:
            run: its folder is there.
            networks: every network that the training changes.
            watch: who is shown the progress.
            checkpoint: what `load_checkpoint` gave.
            interruption: who notes a wish to stop; by default nobody.
        """
        self.run = run
        self.watch = watch
        self._keeper = Keeper(run, networks, checkpoint, interruption or Interruption(str(run)))
        self._position = self._keeper.position
        self.arrays = self._keeper.arrays

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
        """Train a compiled network with Keras, one `fit` an epoch; one that was broken off goes on at its next step.

        Args:
            network: a compiled `keras.Model`.
            epoch_data: epoch → inputs and targets in the order in which they are to be taken; called by another thread
                while the epoch before is learned from.
            epochs: how many in this phase.
            batch_size: examples a step.
            validation: inputs and targets to evaluate after each epoch; its figures are logged as "validation_…".
            phase: its name in `metrics.jsonl`.
            after_epoch: called with the epoch; what it gives is logged with the epoch's figures.
        """
        network.optimizer.build(network.trainable_variables)
        if validation is not None and len(validation[1]):
            build_losses(network, validation[0][:1], validation[1][:1])
        with one_ahead(epoch_data, epochs) as data_of:
            for epoch in self.epochs(phase, epochs, {"optimizer": network.optimizer}, fitted=network):
                inputs, targets = data_of(epoch)
                self.watch.begin_epoch(epoch, len(targets))
                if self._position["figures"] is None:
                    self._position["figures"] = self._fit_rest(network, inputs, targets, batch_size)
                    self._keeper.between("validation")
                figures = dict(self._position["figures"])
                if validation is not None and len(validation[1]):
                    found = network.evaluate(**batches(*validation, 1000), verbose=0, return_dict=True)
                    figures |= {f"validation_{name}": float(value) for name, value in found.items()}
                if after_epoch is not None:
                    figures |= after_epoch(epoch)
                self.end_epoch(figures, samples=len(targets))

    def _fit_rest(self, network: Any, inputs: Array, targets: Array, batch_size: int) -> dict[str, float]:
        """Take the steps of the present epoch that are still to do; gives the figures of the whole epoch."""
        position = self._position
        first, steps = position["step"], -(-len(targets) // batch_size)
        if first:
            # Only an example makes Keras build a network's metrics; on torch that draws random numbers.
            network.test_on_batch(inputs[:1], targets[:1])
            self.watch.step(first * batch_size, {})

        def put_back() -> None:
            if first:
                put_metric_state(network, self._keeper.put_back(same_phase=True))
            self._keeper.went_on()

        def step_done(step: int, figures: dict[str, Any]) -> None:
            self.watch.step((first + step - position["step"]) * batch_size, figures)
            position["step"] = first + step
            if position["step"] < steps:
                self._keeper.between("step")

        start = first * batch_size
        history = network.fit(
            **batches(inputs[start:], targets[start:], batch_size),
            shuffle=False,
            verbose=0,
            callbacks=[between_steps(step_done, put_back)],
        )
        return {name: float(values[-1]) for name, values in history.history.items()}

    def epochs(
        self, phase: str, total: int, optimizers: dict[str, Any] | None = None, *, fitted: Any = None
    ) -> Iterator[int]:
        """The epochs of a phase that are still to do; call `end_epoch` at the end of each.

        Args:
            phase: a name that no other phase of the run has.
            total: epochs of the phase.
            optimizers: the optimisers at work in it by name, built.
            fitted: the network whose `fit` takes the steps, if that is how they are taken.
        """
        position, keeper = self._position, self._keeper
        if phase in position["done"]:
            if phase == position["phase"]:  # what is drawn after it follows from the random state at its end
                keeper.put_back(same_phase=False)
                keeper.went_on()
            return
        keeper.optimizers, keeper.fitted = optimizers or {}, fitted
        same_phase = position["phase"] == phase
        if not same_phase:
            position |= {"phase": phase, "epoch": 0, **fresh_epoch()}
        keeper.put_back(same_phase=same_phase)
        if fitted is None or not same_phase:
            keeper.went_on()
        self.watch.begin_phase(phase, total, position["epoch"])
        for epoch in range(position["epoch"], total):
            keeper.began = time.monotonic() - position["seconds"]
            yield epoch
        position["done"].append(phase)
        keeper.went_on()  # also where no step was left: the next phase begins with the random state that there is
        keeper.save()
        keeper.interruption.held = False

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
            self._keeper.between("step")

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
        seconds = time.monotonic() - self._keeper.began
        record = {"phase": position["phase"], "epoch": position["epoch"] + 1, **figures}
        record |= {"seconds": round(seconds, 3), "samples_per_second": round(samples / max(seconds, 1e-9), 1)}
        self._keeper.log(record)
        position |= {"epoch": position["epoch"] + 1, **fresh_epoch()}
        self.watch.end_epoch(record)
        self._keeper.between("epoch")

    def picture(self, name: str, image: Image) -> None:
        """Save a picture that training draws, as `pictures/NAME.png`."""
        with self.run.writing():
            image.save(self.run.pictures / f"{name}.png")

    def saved_pictures(self, pattern: str) -> list[Image]:
        """The pictures saved so far whose names fit a pattern such as "epoch-*", in the order of their names."""
        from PIL import Image as Pictures

        return [Pictures.open(path).copy() for path in sorted(self.run.pictures.glob(f"{pattern}.png"))]

    def save(self) -> None:
        """Save a checkpoint now; a story need not, as it happens between steps."""
        self._keeper.save()
