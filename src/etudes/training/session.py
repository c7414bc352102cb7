"""The training run that a study's `train` talks to: it runs epochs, logs, saves pictures, and resumes exactly.

`fit` and hand-written loops share everything here. The data of an epoch must be a pure function of seed and epoch
(`etudes.training.rng`), so that a checkpoint needs no more than arrays and a position.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from etudes.contract import Array, Networks, ProgressCallback
from etudes.errors import UserError
from etudes.runs import Checkpoint, Run
from etudes.training.backend import build_losses
from etudes.training.callbacks import between_steps
from etudes.training.checkpointing import Checkpointer, new_epoch
from etudes.training.computing import let_others_compute
from etudes.training.data_loading import batches, prefetch
from etudes.training.interruption import Interruption
from etudes.training.state import put_metric_state
from etudes.training.watching import Watchers

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import RenderableType

Pairs = tuple[Array, Array]
"""Inputs and targets of a `fit`, example by example."""


class Session:
    """The training of some networks in a run folder.

    A study uses `fit` for networks that Keras trains, or, for a loop of its own, `epochs`, `steps`, `log` and
    `end_epoch`. An interruption loses nothing that is in `arrays` (NumPy arrays by name) or that `once` computed.
    """

    def __init__(
        self,
        run: Run,
        networks: Networks,
        progress: ProgressCallback,
        checkpoint: Checkpoint | None = None,
        interruption: Interruption | None = None,
        *,
        finishing: bool = False,
        callbacks: Sequence[Any] = (),
    ) -> None:
        """Begin, or resume from a checkpoint of this run.

        Args:
            run: its folder exists.
            networks: every network that the training changes.
            progress: shows the progress.
            checkpoint: what `load_checkpoint` returned.
            interruption: notes a signal that asks to stop; by default signals are not caught.
            callbacks: callbacks of Keras that watch, checked by `check_callbacks`.
            finishing: the training ends here: no phase has epochs left, and what follows the epochs is still done.
        """
        self.run = run
        self.progress = progress
        self._checkpointer = Checkpointer(run, networks, checkpoint, interruption or Interruption(run.quoted))
        self.finishing = finishing
        self._watchers = Watchers(callbacks, networks)
        self.phases: dict[str, tuple[int, int]] = {}
        """The epochs that each phase took, and those that it was to take."""
        self._position = self._checkpointer.position
        self.arrays = self._checkpointer.arrays

    @property
    def early_end(self) -> str:
        """That the training ended early, once it did, with the epochs that each phase took; else empty."""
        phases = self.phases
        if all(taken >= total for taken, total in phases.values()):
            return ""
        taken, total = (sum(numbers) for numbers in zip(*phases.values(), strict=True))
        each = ", ".join(f"{phase} {some} of {all_}" for phase, (some, all_) in phases.items())
        return f"finished early after {taken} of {total} epochs" + (f" ({each})" if len(phases) > 1 else "")

    def message(self, text: RenderableType) -> None:
        """Show a line, or any rich renderable, above the progress."""
        self.progress.message(text)

    def once(self, name: str, value: Callable[[], Any]) -> Any:
        """A JSON value that is computed once in a run, even if the run is interrupted after that."""
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
        """Train a compiled network with Keras, one `fit` an epoch; an interrupted one resumes at its next step.

        Args:
            network: a compiled `keras.Model`.
            epoch_data: epoch → inputs and targets in the order of training; called in another thread while the
                network is trained on the epoch before.
            epochs: how many in this phase.
            batch_size: examples per step.
            validation: inputs and targets to evaluate after each epoch; the metrics are logged as "validation_…".
            phase: its name in `metrics.jsonl`.
            after_epoch: called with the epoch; the metrics that it returns are logged too.
        """
        network.optimizer.build(network.trainable_variables)
        if validation is not None and len(validation[1]):
            build_losses(network, validation[0][:1], validation[1][:1])
        with prefetch(epoch_data, epochs) as data_of:
            for epoch in self.epochs(phase, epochs, {"optimizer": network.optimizer}, fitted=network):
                inputs, targets = data_of(epoch)
                self.progress.on_epoch_begin(epoch, len(targets))
                if self._position["metrics"] is None:
                    self._position["metrics"] = self._fit_rest(network, inputs, targets, batch_size)
                    self._checkpointer.save_if_due("validation")
                metrics = dict(self._position["metrics"])
                if validation is not None and len(validation[1]):
                    found = network.evaluate(**batches(*validation, 1000), verbose=0, return_dict=True)
                    metrics |= {f"validation_{name}": float(value) for name, value in found.items()}
                if after_epoch is not None:
                    metrics |= after_epoch(epoch)
                self.end_epoch(metrics, samples=len(targets))

    def _fit_rest(self, network: Any, inputs: Array, targets: Array, batch_size: int) -> dict[str, float]:
        """Take the remaining steps of the present epoch; returns the metrics of the whole epoch."""
        position = self._position
        first, steps = position["step"], -(-len(targets) // batch_size)
        if first:
            # Keras builds a network's metrics only when it sees an example; on torch that draws random numbers.
            network.test_on_batch(inputs[:1], targets[:1])
            self.progress.on_batch_end(first * batch_size, {})

        def before_first_step() -> None:
            if first:
                put_metric_state(network, self._checkpointer.restore(same_phase=True))
            self._checkpointer.mark_resumed()

        def after_step(step: int, metrics: dict[str, Any]) -> None:
            self.progress.on_batch_end((first + step - position["step"]) * batch_size, metrics)
            position["step"] = first + step
            if position["step"] < steps:
                self._checkpointer.save_if_due("step")
                let_others_compute()

        start = first * batch_size
        history = network.fit(
            **batches(inputs[start:], targets[start:], batch_size),
            shuffle=False,
            verbose=0,
            callbacks=[between_steps(after_step, before_first_step)],
        )
        return {name: float(values[-1]) for name, values in history.history.items()}

    def epochs(
        self, phase: str, total: int, optimizers: dict[str, Any] | None = None, *, fitted: Any = None
    ) -> Iterator[int]:
        """The remaining epochs of a phase; call `end_epoch` at the end of each.

        Args:
            phase: a name that no other phase of the run has.
            total: epochs of the phase.
            optimizers: the optimisers that the phase uses by name, built.
            fitted: the network whose `fit` takes the steps, where `fit` takes them.
        """
        position, checkpointer = self._position, self._checkpointer
        self.phases[phase] = (total, total)
        if phase in position["done"]:
            if phase == position["phase"]:  # random numbers drawn after the phase follow from the state at its end
                checkpointer.restore(same_phase=False)
                checkpointer.mark_resumed()
            return
        checkpointer.optimizers, checkpointer.fitted = optimizers or {}, fitted
        same_phase = position["phase"] == phase
        if not same_phase:
            position |= {"phase": phase, "epoch": 0, **new_epoch()}
        checkpointer.restore(same_phase=same_phase)
        if fitted is None or not same_phase:
            checkpointer.mark_resumed()
        if self.finishing:
            self.phases[phase] = (position["epoch"], total)
            checkpointer.mark_resumed()
            return
        self.progress.on_phase_begin(phase, total, position["epoch"])
        self._watchers.begin(fitted, total)
        for epoch in range(position["epoch"], total):
            checkpointer.began = time.monotonic() - position["seconds"]
            self._watchers.epoch_begin(epoch)
            yield epoch
        self._watchers.end()
        position["done"].append(phase)
        checkpointer.mark_resumed()  # also where no step was left: the next phase begins with the present state
        checkpointer.save()
        checkpointer.interruption.held = False

    def steps(self, count: int, samples: int) -> Iterator[int]:
        """The remaining steps of the present epoch, for a hand-written loop.

        Args:
            count: steps in an epoch.
            samples: examples in an epoch.
        """
        position = self._position
        self.progress.on_epoch_begin(position["epoch"], samples)
        for step in range(position["step"], count):
            yield step
            position["step"] = step + 1
            self._checkpointer.save_if_due("step")
            let_others_compute()

    def log(self, metrics: dict[str, float], samples: int) -> None:
        """Add a step's metrics to the epoch's means, and show them.

        Args:
            metrics: by name; each may be absent in some steps.
            samples: examples of the step.
        """
        sums = self._position["sums"]
        for name, value in metrics.items():
            total, times = sums.get(name, (0.0, 0))
            sums[name] = (total + float(value), times + 1)
        self.progress.on_batch_end(samples, self.means())

    def means(self) -> dict[str, float]:
        """Mean of each logged metric over the present epoch so far."""
        return {name: total / times for name, (total, times) in self._position["sums"].items()}

    def end_epoch(self, metrics: dict[str, float], samples: int) -> None:
        """Write the epoch's line into `metrics.jsonl`, show it, and save a checkpoint if one is due.

        Args:
            metrics: the epoch's metrics by name; phase, epoch (from 1), seconds and samples per second are added.
            samples: examples of the epoch.

        Raises:
            UserError: a loss is no longer finite.
        """
        position = self._position
        diverged = [name for name, value in metrics.items() if "loss" in name and not math.isfinite(value)]
        if diverged:
            name = diverged[0]
            where = f"after epoch {position['epoch'] + 1} {name.replace('_', ' ')} is {metrics[name]}"
            raise UserError(f"training diverged, {where}: use a smaller --learning-rate, in a new --out folder")
        seconds = time.monotonic() - self._checkpointer.began
        record = {"phase": position["phase"], "epoch": position["epoch"] + 1, **metrics}
        record |= {"seconds": round(seconds, 3), "samples_per_second": round(samples / max(seconds, 1e-9), 1)}
        self._checkpointer.log(record)
        self._watchers.epoch_end(position["epoch"], metrics)
        position |= {"epoch": position["epoch"] + 1, **new_epoch()}
        self.progress.on_epoch_end(record)
        self._checkpointer.save_if_due("epoch")

    def save_picture(self, name: str, draw: Callable[[], Image]) -> None:
        """Save a picture that training draws, as `pictures/NAME.png`; one that cannot be drawn is one line.

        NAME may have a folder, and another ending: "steps/octave-1-000.webp".
        """
        try:
            image = draw()
        except Exception as error:
            self.message(f"{name} could not be drawn: {type(error).__name__}: {str(error)[:100]}")
            return
        place = self.run.pictures / (name if "." in name else f"{name}.png")
        with self.run.writing():
            place.parent.mkdir(exist_ok=True)
            image.save(place)

    def saved_pictures(self, pattern: str) -> list[Image]:
        """The pictures saved so far whose names match a pattern such as "epoch-*", in the order of their names."""
        from PIL import Image as Pictures

        return [Pictures.open(path).copy() for path in sorted(self.run.pictures.glob(f"{pattern}.png"))]

    def save(self) -> None:
        """Save a checkpoint now; a study need not, as it happens between steps."""
        self._checkpointer.save()
