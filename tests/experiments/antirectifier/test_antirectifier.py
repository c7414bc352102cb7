"""The layer against NumPy and against what must hold of it; the networks against their published sizes."""

import os
import re
import subprocess
import sys
from dataclasses import astuple
from fractions import Fraction
from math import comb
from pathlib import Path

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from etudes import experiments
from etudes.actions.loading import build_networks, preset_of
from etudes.errors import UserError
from etudes.experiments.antirectifier import pictures
from etudes.experiments.antirectifier.evaluate import disagreements, paired_difference
from etudes.experiments.antirectifier.study import BASELINES, PRESETS, build_network, epoch_data
from etudes.training.backend import input_gradient, keras, start_backend

values = some.floats(-100, 100, width=32).map(lambda value: round(value, 3))
# Few shapes: a compiling backend takes its time for each new one.
rows = arrays.arrays(np.float32, some.sampled_from([(3, 2), (3, 9)]), elements=values)
quickly = settings(max_examples=40, deadline=None)


def antirectify(x: np.ndarray) -> np.ndarray:
    from etudes.experiments.antirectifier.layer import Antirectifier

    start_backend()
    return np.asarray(keras.ops.convert_to_numpy(Antirectifier()(x)))


def with_spread(x: np.ndarray) -> np.ndarray:
    """The rows, but plain ones for those whose values differ too little for float32 to tell them apart."""
    return np.where(np.ptp(x, axis=1, keepdims=True) > 0.01, x, np.arange(x.shape[1], dtype=np.float32))


@quickly
@given(rows)
def test_same_as_numpy(x: np.ndarray) -> None:
    x = with_spread(x)
    centred = x.astype(np.float64) - x.mean(axis=1, keepdims=True, dtype=np.float64)
    y = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    expected = np.concatenate([np.maximum(y, 0), np.maximum(-y, 0)], axis=1)
    np.testing.assert_allclose(antirectify(x), expected, atol=2e-5)


def test_the_worked_example_of_the_study() -> None:
    found = antirectify(np.array([[3, 1, 9, -5]], np.float32))
    np.testing.assert_allclose(found, [[0.1, 0, 0.7, 0, 0, 0.1, 0, 0.7]], atol=1e-6)


@quickly
@given(rows)
def test_not_negative_length_one_halves_of_one_sum(x: np.ndarray) -> None:
    y = antirectify(with_spread(x))
    first, second = np.split(y, 2, axis=1)
    assert (y >= 0).all()
    assert (first * second == 0).all()
    np.testing.assert_allclose(np.linalg.norm(y, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(first.sum(axis=1), second.sum(axis=1), atol=1e-4)


@quickly
@given(rows, some.floats(0.1, 10), some.floats(-10, 10))
def test_scale_and_offset_do_not_matter(x: np.ndarray, a: float, c: float) -> None:
    x = with_spread(x)
    # Rounding a·x + c is as coarse as its largest value; the spread decides how much of that is seen.
    coarse = np.abs(x).max(initial=1) * a + abs(c)
    spread = np.ptp(x, axis=1).min(initial=1) * a
    tolerance = 2e-5 + 1e-6 * float(coarse / spread)
    np.testing.assert_allclose(antirectify((a * x + c).astype(np.float32)), antirectify(x), atol=tolerance)


@quickly
@given(rows)
def test_minus_swaps_the_halves(x: np.ndarray) -> None:
    assert (antirectify(-x) == np.roll(antirectify(x), x.shape[1], axis=1)).all()


@quickly
@given(some.floats(-1e6, 1e6, width=32), some.sampled_from([1, 7, 256]))
def test_a_constant_row_gives_zeros(value: float, size: int) -> None:
    assert (antirectify(np.full((2, size), value, np.float32)) == 0).all()


@pytest.mark.parametrize(("batch", "size"), [(0, 3), (1, 1), (5, 20)])
def test_symbolic_shape_is_the_computed_one(batch: int, size: int) -> None:
    from etudes.experiments.antirectifier.layer import Antirectifier

    start_backend()
    layer = Antirectifier()
    computed = antirectify(np.ones((batch, size), np.float32)).shape
    assert layer.compute_output_shape((batch, size)) == computed == (batch, 2 * size)
    assert tuple(layer(keras.KerasTensor((None, size))).shape) == (None, 2 * size)


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), (2, 4, 4, 1)])
def test_only_two_dimensions(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="flatten first"):
        antirectify(np.ones(shape, np.float32))


def test_gradients_are_finite_even_for_a_constant_row() -> None:
    from etudes.experiments.antirectifier.layer import Antirectifier

    start_backend()
    inputs = keras.Input((4,))
    network = keras.Model(inputs, [Antirectifier()(inputs)])
    slope = input_gradient(network, lambda outputs: keras.ops.sum(outputs[0] * np.arange(8, dtype=np.float32)))
    assert np.isfinite(slope(np.zeros((1, 4), np.float32))[1]).all()
    # Along a direction that changes nothing (all values by the same, or all in proportion) the slope is zero.
    x = np.array([[0.5, -1.0, 2.0, 0.25]], np.float32)
    found = slope(x)[1]
    assert np.abs(found).max() > 0.1
    assert abs(float(found.sum())) < 1e-4
    assert abs(float((found * x).sum())) < 1e-4


def test_saved_and_loaded_as_a_registered_layer(tmp_path: Path) -> None:
    from etudes.experiments.antirectifier.layer import Antirectifier

    start_backend()
    inputs = keras.Input((6,))
    network = keras.Model(inputs, keras.layers.Dense(3)(Antirectifier()(keras.layers.Dense(5)(inputs))))
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    assert [type(layer) for layer in again.layers].count(Antirectifier) == 1
    assert keras.saving.get_registered_name(Antirectifier) == "etudes>Antirectifier"
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    assert (again.predict(x, verbose=0) == network.predict(x, verbose=0)).all()


@pytest.mark.long
def test_the_layer_in_a_model_of_ones_own_as_the_card_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first block of Python saves a model, the second one loads it, in a process of its own."""
    card = (experiments.folder("antirectifier") / "README.md").read_text(encoding="utf-8")
    build, load = re.findall(r"^```python\n(.*?)^```$", card, flags=re.MULTILINE | re.DOTALL)
    start_backend()
    monkeypatch.chdir(tmp_path)
    exec(build, {})
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend()}
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines()[-1] == "True True"
    model = keras.saving.load_model("mine.keras")
    y = keras.Model(model.inputs, model.layers[1].output).predict(np.eye(20)[:4], verbose=0)
    np.testing.assert_allclose(np.linalg.norm(y, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "units", "parameters"),
    [
        ("antirectifier", 256, 337_418),
        ("relu", 256, 269_322),
        ("relu", 512, 669_706),
        ("crelu", 256, 337_418),
    ],
)
def test_sizes_of_the_baselines(kind: str, units: int, parameters: int) -> None:
    start_backend()
    info = experiments.load("antirectifier").describe_data(PRESETS["classic"])
    assert build_network(kind, units, 0.1, info).count_params() == parameters


def test_crelu_keeps_both_signs_and_lengths() -> None:
    start_backend()
    info = experiments.load("antirectifier").describe_data(PRESETS["classic"])
    network = build_network("crelu", 256, 0.0, info)
    dense = next(layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    probe = keras.Model(network.inputs, [dense.output, network.get_layer("after_dense_1").output])
    before, after = probe.predict(np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1)), verbose=0)
    np.testing.assert_array_equal(after, np.concatenate([np.maximum(before, 0), np.maximum(-before, 0)], axis=1))


def test_baselines_do_not_change_the_antirectifier_nor_its_batches() -> None:
    etude = experiments.load("antirectifier")
    start_backend()
    alone = preset_of("antirectifier", "tiny", {"baselines": ()})
    together = preset_of("antirectifier", "tiny", {"baselines": ("relu-512", "crelu-256", "relu-256")})
    data = etude.load_data(alone)
    built = [build_networks(etude, chosen, data.info, None) for chosen in (alone, together)]
    assert list(built[1]) == ["antirectifier", "relu-512", "crelu-256", "relu-256"]
    first, second = (networks["antirectifier"].get_weights() for networks in built)
    assert all((one == other).all() for one, other in zip(first, second, strict=True))
    for one, other in zip(epoch_data(data, alone, 1), epoch_data(data, together, 1), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("baselines", "said"), [(("relu256",), "relu-256"), (("relu-256", "relu-256"), "once")])
def test_wrong_baselines_are_refused(baselines: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        preset_of("antirectifier", "tuned", {"baselines": baselines})


def test_evaluate_counts_as_a_person_would() -> None:
    etude = experiments.load("antirectifier")
    start_backend()
    chosen = preset_of("antirectifier", "tiny", {"baselines": tuple(BASELINES)})
    data = etude.load_data(chosen)
    networks = build_networks(etude, chosen, data.info, None)
    result = etude.evaluate(networks, data, chosen)
    baselines, paired = result.tables[:2]
    errors = {row[0]: row[3] for row in baselines.rows}
    for name, network in networks.items():
        wrong = network.predict(data.test.pictures, verbose=0).argmax(axis=1) != data.test.labels
        assert errors[name] == wrong.sum()
    for baseline, row in zip(BASELINES, paired.rows, strict=True):
        _, value, low, high, only_first, only_second, _ = row
        assert only_first - only_second == errors[baseline] - errors["antirectifier"]
        assert low <= value <= high
        assert value == pytest.approx((only_first - only_second) / len(data.test))


def test_mcnemar_and_interval() -> None:
    first = np.array([True] * 900 + [True] * 30 + [False] * 12 + [False] * 58)
    second = np.array([True] * 900 + [False] * 30 + [True] * 12 + [False] * 58)
    found = paired_difference(first, second, seed=0)
    exact = 2 * sum(Fraction(comb(42, k), 2**42) for k in range(13))
    assert found.p == pytest.approx(float(exact))
    # Standard error of the difference of two proportions on the same examples.
    error = np.sqrt(42 - 18**2 / 1000) / 1000
    assert found.estimate == pytest.approx(0.018)
    assert found.low == pytest.approx(0.018 - 1.96 * error, abs=0.002)
    assert found.high == pytest.approx(0.018 + 1.96 * error, abs=0.002)
    assert paired_difference(second, first, seed=0).estimate == -found.estimate


def test_networks_that_agree() -> None:
    same = np.array([True, False, True])
    found = paired_difference(same, same, seed=0)
    assert astuple(found) == (0.0, 0.0, 0.0, 0, 0, 1.0)
    data = experiments.load("antirectifier").load_data(PRESETS["tiny"])
    labels, names = data.test.labels, data.info.class_names
    nothing = disagreements(data.test, labels, labels, names, "relu-256")
    assert nothing.height < disagreements(data.test, labels, (labels + 1) % 10, names, "relu-256").height


def test_it_learns_digits() -> None:
    etude = experiments.load("antirectifier")
    start_backend()
    chosen = preset_of("antirectifier", "demo", {"epochs": 3, "translate": 0, "learning_rate": 2e-3, "dropout": 0})
    data = etude.load_data(chosen)
    network = build_networks(etude, chosen, data.info, None)["antirectifier"]
    network.compile(optimizer=keras.optimizers.Adam(2e-3), loss="categorical_crossentropy", metrics=["accuracy"])
    for epoch in range(3):
        network.fit(*epoch_data(data, chosen, epoch), batch_size=32, verbose=0)
    answers = network.predict(data.test.pictures, verbose=0).argmax(axis=1)
    assert (answers == data.test.labels).mean() > 0.85


def test_both_halves_are_drawn_as_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = np.array([[0.6, 0.0, 0.0, 0.8]], np.float32)
    monkeypatch.setattr(pictures, "activations_of", lambda *_: [outputs, outputs])
    monkeypatch.setattr(pictures, "picture", lambda drawn: drawn)
    _, first, second = pictures.both_halves(None, np.zeros((4, 4, 1), np.uint8)).axes
    for axes in (first, second):
        drawn = [(bars.get_label(), [bar.get_height() for bar in bars]) for bars in axes.containers]
        assert drawn == [
            ("first half, relu(y)", pytest.approx([0.6, 0])),
            ("second half, relu(-y)", pytest.approx([0, -0.8])),
        ]
