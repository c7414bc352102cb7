"""What the project uses of Keras beyond its public interface: still there, still called, and named where it is not."""

import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import etudes
from etudes.training.backend import drawn_from, keras, start_backend
from etudes.training.callbacks import between_steps
from etudes.training.computing import computing
from etudes.training.keras_internals import muon_base, require_methods, sync_variables
from etudes.training.muon import muon
from etudes.training.state import metric_state, state_of


@pytest.fixture(autouse=True, scope="module")
def started() -> None:
    start_backend()


def test_a_method_that_moved_is_named_with_the_version_of_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    require_methods(keras.optimizers.Muon, "build", "update_step")
    monkeypatch.setattr(keras, "__version__", "9.9.9")
    with pytest.raises(RuntimeError, match=r"^Keras 9\.9\.9 has no Muon\.gone: adapt "):
        require_methods(keras.optimizers.Muon, "build", "gone")

    class Renamed(keras.optimizers.Optimizer):
        pass

    monkeypatch.setattr(keras.optimizers, "Muon", Renamed)
    with pytest.raises(RuntimeError, match=r"has no Renamed\._should_use_adamw"):
        muon(0.01, weight_decay=0.0, adam_for="dense")
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match=r"has no object\.jax_state_sync"):
        sync_variables(object())


@pytest.mark.parametrize("loaded", [False, True])
def test_a_seed_loads_no_tensorflow_while_we_compute(loaded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    names = keras.utils.set_random_seed.__globals__
    asked, seeds = type(names["tf"])("tensorflow"), []
    monkeypatch.setitem(names, "tf", asked)
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(random=SimpleNamespace(set_seed=seeds.append)))
    there = sys.modules["tensorflow"]
    if not loaded:
        monkeypatch.delitem(sys.modules, "tensorflow")
    with computing(), drawn_from(3):
        pass
    assert (asked.module is there, seeds) == ((True, [3]) if loaded else (False, []))
    monkeypatch.setitem(sys.modules, "tensorflow", there)
    keras.utils.set_random_seed(4)  # a person's own call, after ours
    assert seeds[-1] == 4
    monkeypatch.delitem(names, "tf")
    with pytest.raises(RuntimeError, match=r"has no 'tf\._available' beside set_random_seed: adapt "), computing():
        pass


def test_keras_calls_the_methods_that_muon_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    optimizer, called = muon(0.01, weight_decay=0.0, adam_for="dense"), []
    for name in ("_should_use_adamw", "lr_adjust", "zeropower_via_newtonschulz5"):
        real = getattr(type(optimizer), name)
        assert real is not getattr(muon_base(), name)

        def noted(self: Any, *values: Any, name: str = name, real: Any = real) -> Any:
            called.append(name)
            return real(self, *values)

        monkeypatch.setattr(type(optimizer), name, noted)
    variable = keras.Variable(np.ones((3, 2), np.float32), name="kernel")
    optimizer.build([variable])
    optimizer.apply([keras.ops.ones((3, 2))], [variable])
    assert set(called) == {"_should_use_adamw", "lr_adjust", "zeropower_via_newtonschulz5"}


def test_within_fit_the_state_is_that_of_the_last_step() -> None:
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile("sgd", loss="mse")
    kernels, sums = [], []

    def note(step: int, metrics: dict[str, Any]) -> None:
        sums.append(metric_state(network))  # it comes first in a checkpoint too, and updates what follows
        kernels.append(state_of({"network": network})["network/00.kernel"])

    inputs, targets = np.ones((8, 2), np.float32), np.ones((8, 1), np.float32)
    network.fit(inputs, targets, batch_size=2, shuffle=False, verbose=0, callbacks=[between_steps(note, lambda: None)])
    assert len(kernels) == 4
    for before, after in pairwise(kernels):
        assert (before != after).all()
    assert all(any((a[name] != b[name]).any() for name in a) for a, b in pairwise(sums))


def test_internals_of_keras_are_named_in_one_file_alone() -> None:
    source = Path(etudes.__file__).parent
    assert not [str(path) for path in source.rglob("*.py") if "keras.src" in path.read_text(encoding="utf-8")]
