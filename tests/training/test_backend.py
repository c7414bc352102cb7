"""The backend room: choice, precision, and gradients held against finite differences."""

import gc
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etudes.errors import UserError
from etudes.training import backend
from etudes.training.backend import drawn_from, input_gradient, keras, layers_in, outputs_of, start_backend
from etudes.training.environment import describe_environment, differences


@pytest.fixture(autouse=True, scope="module")
def started() -> None:
    start_backend()


def test_the_input_gradient_is_that_of_finite_differences() -> None:
    with drawn_from(3):
        network = keras.Sequential(
            [keras.Input((6, 6, 2)), keras.layers.Conv2D(3, 3, activation="tanh"), keras.layers.Flatten()]
        )
    gradient = input_gradient(network, lambda outputs: keras.ops.mean(keras.ops.square(outputs[0])))
    x = np.random.default_rng(0).normal(size=(1, 6, 6, 2)).astype(np.float32)
    value, slope = gradient(x)
    assert slope.shape == x.shape
    assert value == pytest.approx(float(np.mean(network.predict(x, verbose=0) ** 2)), rel=1e-5)
    for place in [(0, 0, 0, 0), (0, 2, 3, 1), (0, 5, 5, 0)]:
        step = np.zeros_like(x)
        step[place] = 1e-2
        difference = (gradient(x + step)[0] - gradient(x - step)[0]) / 2e-2
        assert slope[place] == pytest.approx(difference, rel=2e-2, abs=1e-4)


def network_of_two() -> Any:
    first, second = keras.Input((5,)), keras.Input((1,), dtype="int32")
    both = keras.layers.Concatenate()([first, keras.layers.Flatten()(keras.layers.Embedding(4, 3)(second))])
    return keras.Model([first, second], [keras.layers.Dense(4)(both), keras.layers.Dense(2, "softmax")(both)])


@pytest.mark.parametrize("rows", [1, 3, 8, 19])
def test_outputs_are_to_the_bit_those_of_predict(rows: int) -> None:
    network, random = network_of_two(), np.random.default_rng(rows)
    inputs = [random.normal(size=(rows, 5)).astype(np.float32), random.integers(0, 4, (rows, 1)).astype(np.int32)]
    for found, expected in zip(outputs_of(network, inputs, 8), network.predict(inputs, 8, verbose=0), strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


def test_few_rows_leave_no_cycles_behind() -> None:
    """Those that `predict` leaves hold memory that Python does not see, so that it looks for them too seldom."""
    if keras.backend.backend() == "torch":
        pytest.skip("there Keras leaves some behind itself, but small ones")
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    outputs_of(network, np.ones((1, 3), np.float32), 8)
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            outputs_of(network, np.ones((1, 3), np.float32), 8)
        assert gc.collect() < 50
    finally:
        gc.enable()


def test_a_seed_gives_the_same_weights_and_leaves_the_callers_generators_alone() -> None:
    def weights() -> np.ndarray:
        with drawn_from(7):
            layer = keras.layers.Dense(4)
            layer.build((None, 3))
        return np.asarray(keras.ops.convert_to_numpy(layer.kernel))

    np.random.seed(1)  # noqa: NPY002 (Keras draws from the legacy generator)
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    first = weights()
    assert np.random.random() == expected  # noqa: NPY002
    np.testing.assert_array_equal(first, weights())


def test_precision_is_that_of_new_layers_only() -> None:
    with layers_in("bfloat16"):
        layer = keras.layers.Dense(2)
    assert (layer.compute_dtype, layer.variable_dtype) == ("bfloat16", "float32")
    assert keras.layers.Dense(2).compute_dtype == "float32"


def test_another_backend_in_the_same_process_is_refused() -> None:
    other = next(name for name in backend.BACKENDS if name != backend.loaded_backend())
    with pytest.raises(UserError, match=r"already runs on|not installed"):
        start_backend(other)
    with pytest.raises(UserError, match="unknown backend 'tensorflo': did you mean 'tensorflow'"):
        start_backend("tensorflo")


def test_starting_says_nothing_and_the_backend_is_known_from_then_on() -> None:
    code = "from etudes.training import backend; before = backend.loaded_backend(); started = backend.start_backend(); "
    code += "assert (before, backend.loaded_backend()) == (None, started), before"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.long
@pytest.mark.parametrize("chosen", [name for name in ("jax", "torch") if importlib.util.find_spec(name)])
def test_no_action_on_another_backend_loads_tensorflow(chosen: str, tmp_path: Path) -> None:
    code = "import sys, etudes; run = etudes.train('addition_rnn', preset='tiny', backend=sys.argv[1], quiet=True); "
    code += "etudes.evaluate(run); etudes.inspect(run); etudes.export(run); print('tensorflow' in sys.modules)"
    words = [sys.executable, "-c", code, chosen]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_of_the_environment_changes_a_result_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"OMP_NUM_THREADS": "1", "XLA_FLAGS": "--x", "TF_ENABLE_ONEDNN_OPTS": "0", "HOME": "/h"}.items():
        monkeypatch.setenv(name, value)
    found = describe_environment("float32")["variables"]
    assert {**found, "OMP_NUM_THREADS": "1", "XLA_FLAGS": "--x", "TF_ENABLE_ONEDNN_OPTS": "0"} == found
    assert "HOME" not in found
    assert "TF_CPP_MIN_LOG_LEVEL" not in found  # which etudes sets itself
    older = {"backend": "tensorflow", "versions": {}}
    assert differences(older, {**older, "variables": found, "keras_config": {}}) == {}
    assert list(differences({**older, "variables": {}}, {**older, "variables": found})) == ["variables"]
