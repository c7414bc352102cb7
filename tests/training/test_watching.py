"""Callbacks of Keras watch a training and change nothing of it; those that would are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import etudes
from etudes.actions.train import train
from etudes.errors import UserError
from etudes.runs import read_metrics
from etudes.training.watching import OWN_WAYS, check_callbacks


def a_watcher() -> Any:
    import keras

    class Watcher(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[Any] = []
            self.norms: list[float] = []

        def on_train_begin(self, logs: Any = None) -> None:
            self.seen.append(("begin", self.params["epochs"]))

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.seen.append(epoch)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seen.append((epoch, dict(logs)))
            self.norms.append(float(sum((w**2).sum() for w in self.model.get_weights())))

        def on_train_end(self, logs: Any = None) -> None:
            self.seen.append("end")

    return Watcher()


@pytest.mark.parametrize(  # one that `fit` trains, and a loop of its own
    "etude", ["cifar10_cnn", pytest.param("mnist_acgan", marks=pytest.mark.long)]
)
def test_a_callback_sees_each_epoch_and_changes_nothing(
    etude: str, tiny_run: Callable[[str, Path], Any], runs: Path, tmp_path: Path
) -> None:
    watcher = a_watcher()
    run = train(etude, preset="tiny", out=runs / "watched", quiet=True, callbacks=[watcher])
    unwatched = tiny_run(etude, tmp_path / "unwatched")
    lines = read_metrics(run.folder)
    epochs = [entry for entry in watcher.seen if isinstance(entry, tuple) and isinstance(entry[0], int)]
    assert [epoch for epoch, _ in epochs] == [line["epoch"] - 1 for line in lines]
    for (_, logs), line in zip(epochs, lines, strict=True):
        assert logs == {
            name.replace("validation_", "val_"): value
            for name, value in line.items()
            if name not in ("phase", "epoch", "seconds", "samples_per_second")
        }
    assert (watcher.seen[0], watcher.seen[1], watcher.seen[-1]) == (("begin", lines[-1]["epoch"]), 0, "end")
    assert len(set(watcher.norms)) == len(lines)
    assert run.results()["weights_sha256"] == unwatched.results()["weights_sha256"]


@pytest.mark.parametrize("name", sorted(OWN_WAYS))
def test_what_changes_a_training_is_refused_with_our_own_way(name: str) -> None:
    import keras

    kind = type(name, (keras.callbacks.Callback,), {"__module__": "keras.src.callbacks"})
    mine = type("Mine", (kind,), {})
    assert name == "OrbaxCheckpoint" or vars(keras.callbacks)[name]
    for callback in (kind(), mine()):
        with pytest.raises(UserError) as caught:
            check_callbacks([callback])
        assert str(caught.value).startswith(f"callbacks: {name} would change how a run resumes: ")
        assert len(str(caught.value)) <= 200


@pytest.mark.parametrize("callback", [print, object(), a_watcher, "EarlyStopping"])
def test_what_is_no_callback_is_refused(callback: Any) -> None:
    with pytest.raises(UserError, match=r"is no keras\.callbacks\.Callback"):
        etudes.train("antirectifier", preset="tiny", callbacks=[callback], quiet=True)


def test_a_dream_takes_none() -> None:
    with pytest.raises(UserError, match="trains no network"):
        etudes.train("deep_dream", preset="tiny", callbacks=[a_watcher()], quiet=True)
