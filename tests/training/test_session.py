"""The session: a hand-written loop that is cut off at any step ends where an uninterrupted one ends."""

import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etudes.runs import Run, load_checkpoint, read_metrics
from etudes.training.backend import drawn_from, keras, start_backend
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session
from etudes.training.state import weights_of
from etudes.views.progress import NoProgress

EPOCHS, STEPS = 3, 4


class CutError(Exception):
    """The interruption."""


def play(folder: Path, stop_at: int | None = None) -> dict[str, np.ndarray]:
    """A tiny hand-written training of two phases; raises `Cut` once so many steps were taken."""
    folder.mkdir(exist_ok=True)
    with drawn_from(1):
        network = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    session = Session(Run(folder), {"network": network}, NoProgress(), load_checkpoint(folder))
    taken = 0
    for phase in ("first", "second"):
        optimizer = keras.optimizers.Adam(0.01)
        optimizer.build(network.trainable_variables)
        network.compile(optimizer, loss="mse")
        for epoch in session.epochs(phase, EPOCHS, {"optimizer": optimizer}):
            for step in session.steps(STEPS, STEPS * 2):
                if taken == stop_at:
                    raise CutError
                taken += 1
                random = rng(5, "jitter", epoch, step)
                loss = network.train_on_batch(random.normal(size=(2, 3)), random.normal(size=(2, 1)))
                session.arrays["sum"] = session.arrays.get("sum", np.zeros(1)) + float(loss)
                session.log({"loss": float(loss)}, 2)
            session.end_epoch(session.means(), STEPS * 2)
    return {**weights_of({"network": network}), "sum": session.arrays["sum"]}


@pytest.fixture(autouse=True)
def every_step_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    start_backend()
    monkeypatch.setenv("ETUDES_CHECKPOINT_SECONDS", "0")


def losses(folder: Path) -> list[tuple[str, int, float]]:
    return [(record["phase"], record["epoch"], record["loss"]) for record in read_metrics(folder)]


@pytest.mark.parametrize("stop_at", [0, 3, STEPS, STEPS * EPOCHS, STEPS * EPOCHS + 2])
def test_cut_off_at_any_step_it_ends_in_the_same_bits(tmp_path: Path, stop_at: int) -> None:
    straight = play(tmp_path / "straight")
    with pytest.raises(CutError):
        play(tmp_path / "cut", stop_at)
    resumed = play(tmp_path / "cut")
    assert straight.keys() == resumed.keys()
    for name, array in straight.items():
        np.testing.assert_array_equal(resumed[name], array, err_msg=name)
    assert losses(tmp_path / "cut") == losses(tmp_path / "straight")


def test_what_is_remembered_is_computed_once(tmp_path: Path) -> None:
    session = Session(Run(tmp_path), {}, NoProgress())
    assert session.once("value", lambda: 1) == 1
    session.save()
    again = Session(Run(tmp_path), {}, NoProgress(), load_checkpoint(tmp_path))
    assert again.once("value", lambda: 2) == 1


def test_order_is_a_permutation_that_follows_from_seed_and_epoch() -> None:
    first = permutation(0, 1, 100)
    assert sorted(first) == list(range(100))
    np.testing.assert_array_equal(first, permutation(0, 1, 100))
    assert (first != permutation(0, 2, 100)).any()
    assert (first != permutation(1, 1, 100)).any()


@pytest.mark.parametrize("decay", ["linear", "cosine"])
def test_the_rate_rises_to_its_peak_and_falls_to_zero(decay: str) -> None:
    schedule = warmup_then_decay(0.5, 100, warmup_share=0.2, decay=decay)  # type: ignore[arg-type]
    rates = np.array([float(schedule(step)) for step in range(101)])
    assert rates[0] == pytest.approx(0.5 / 20)
    assert rates.max() == pytest.approx(0.5)
    assert rates.argmax() in (19, 20)
    assert rates[100] == pytest.approx(0, abs=1e-7)
    assert (np.diff(rates[20:]) <= 1e-9).all()
    middle = {"linear": 0.25, "cosine": 0.25}[decay]
    assert rates[60] == pytest.approx(middle, abs=1e-3)


def test_epochs_leave_no_examples_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if keras.backend.backend() != "tensorflow":
        pytest.skip("only a data set of TensorFlow outlives its epoch")
    import tensorflow as tf

    examples = np.ones((8, 3), np.float32), np.ones((8, 1), np.float32)
    made: list[weakref.ref[Any]] = []

    def watched(value: Any, *arguments: Any, convert: Any = tf.convert_to_tensor, **named: Any) -> Any:
        found = convert(value, *arguments, **named)
        if isinstance(value, np.ndarray) and np.shares_memory(value, examples[0]):
            made.append(weakref.ref(found))
        return found

    monkeypatch.setattr(tf, "convert_to_tensor", watched)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    network.compile("sgd", loss="mse")
    gc.collect()
    gc.disable()  # by itself Python looks for cycles too seldom: it does not see the size of what they hold
    try:
        session = Session(Run(tmp_path), {"network": network}, NoProgress())
        session.fit(network, lambda epoch: examples, epochs=5, batch_size=4)
        assert len(made) == 5
        assert not any(set_() is not None for set_ in made)
    finally:
        gc.enable()
