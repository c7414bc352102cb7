"""Keras callbacks that watch a training: told of each epoch, with its metrics and the network.

They are called between epochs, outside of `fit`, so a run that is resumed ends in the same bits with them or without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from etudes.errors import UserError

OWN_WAYS = {
    "BackupAndRestore": "each run saves checkpoints, and `etudes.resume` goes on from them exactly",
    "EarlyStopping": "set `epochs`, or stop a run with Ctrl-C and end it with `etudes.finish`",
    "LearningRateScheduler": "set `learning_rate`, and `schedule` where the study has it",
    "ModelCheckpoint": "each run saves checkpoints and, at its end, its weights; `etudes.load` opens them",
    "OrbaxCheckpoint": "each run saves checkpoints and, at its end, its weights; `etudes.load` opens them",
    "ReduceLROnPlateau": "set `learning_rate`, and `schedule` where the study has it",
    "SwapEMAWeights": "mnist_acgan has the setting `ema`",
    "TensorBoard": "use log=['tensorboard']",
    "TerminateOnNaN": "a loss that is not finite ends every training",
}
"""Callbacks of Keras that change a training or repeat what a run does, and what there is instead."""


def check_callbacks(callbacks: Sequence[Any]) -> None:
    """Raise `UserError` for what is no callback of Keras, or one that does more than watch. Loads no Keras."""
    for callback in callbacks:
        kinds = {kind.__name__ for kind in type(callback).__mro__ if kind.__module__.startswith("keras.")}
        if "Callback" not in kinds:
            name = type(callback).__name__[:40]
            raise UserError(f"callbacks: {name} is no keras.callbacks.Callback: give objects of subclasses of it")
        for kind in sorted(kinds & OWN_WAYS.keys()):
            raise UserError(f"callbacks: {kind} would change how a run resumes: {OWN_WAYS[kind]}")


class Watchers:
    """The callbacks of a training, none of them if there is none."""

    def __init__(self, callbacks: Sequence[Any], networks: Mapping[str, Any]) -> None:
        """`networks` are those that the training changes; callbacks see the first where no `fit` trains one."""
        self.callbacks = callbacks
        self.networks = networks

    def begin(self, network: Any, epochs: int) -> None:
        """A phase of so many epochs begins, or resumes."""
        for callback in self.callbacks:
            callback.set_model(next(iter(self.networks.values())) if network is None else network)
            callback.set_params({"epochs": epochs, "verbose": 0, "steps": None})
            callback.on_train_begin()

    def epoch_begin(self, epoch: int) -> None:
        """An epoch, from 0, begins."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)

    def epoch_end(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """An epoch ended; callbacks get its metrics under the names of Keras, `val_loss` for `validation_loss`."""
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, {name.replace("validation_", "val_", 1): metrics[name] for name in metrics})

    def end(self) -> None:
        """A phase ended."""
        for callback in self.callbacks:
            callback.on_train_end()
