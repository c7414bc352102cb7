"""The two curves of the transfer and the extra convolutions, each against something independent."""

import importlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

import etudes
from etudes import experiments
from etudes.actions.loading import build_networks, preset_of
from etudes.contract import Images
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn import depth_curve as depths
from etudes.experiments.mnist_transfer_cnn import few_shot_curve as few
from etudes.experiments.mnist_transfer_cnn import trials as training
from etudes.experiments.mnist_transfer_cnn.cached_features import features_of, on_cached_features, table_of
from etudes.experiments.mnist_transfer_cnn.depth_curve import depth_curve, old_output_on_new_network
from etudes.experiments.mnist_transfer_cnn.evaluate import frozen_parameters, old_head_on_new_bottleneck
from etudes.experiments.mnist_transfer_cnn.few_shot_curve import draw_shots, few_shot_curve
from etudes.experiments.mnist_transfer_cnn.inspect import InspectTransfer, movement
from etudes.experiments.mnist_transfer_cnn.study import bottleneck_digest, copy_weights, make_network
from etudes.experiments.mnist_transfer_cnn.trials import SCRATCH, Trials, Variant
from etudes.runs import Run
from etudes.training.backend import drawn_from, keras, start_backend

NAME = "mnist_transfer_cnn"


@pytest.fixture(scope="module")
def trials() -> Trials:
    """With a first network of new weights, on a few pictures."""
    start_backend()
    settings = preset_of(NAME, "tiny", {"limit": 96})
    data = experiments.load(NAME).load_data(settings)
    first = build_networks(experiments.load(NAME), settings, data.info, None)["first"]
    first.set_weights([weight + 0.01 for weight in first.get_weights()])  # so that fresh biases are told apart
    return Trials(settings, first, data.first, data.second, 1)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MIN_STEPS", 3)


# --- extra convolutions -----------------------------------------------------------------------------------------------


def test_extra_convolutions_change_nothing_until_they_learn(trials: Trials) -> None:
    with drawn_from(3):
        longer = make_network(trials.settings, (28, 28, 1), 5, extra=2)
    copy_weights(trials.first, longer, "kept")
    pictures = trials.old.test.pictures[:20]
    found, expected = (network.predict(pictures, verbose=0) for network in (longer, trials.first))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert longer.count_params() == trials.first.count_params() + 2 * (9 * 32 * 32 + 32)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose transfer added a convolution."""
    out = tmp_path_factory.mktemp("extended") / "run"
    return etudes.train(NAME, preset="tiny", extra_convolutions=1, limit=160, out=out, quiet=True)


@pytest.mark.long
def test_a_run_with_extra_convolutions_learns_them_and_forgets_nothing(extended: Run) -> None:
    networks = etudes.load(extended).networks
    assert frozen_parameters(networks["transferred"]) == 9_568
    (extra,) = (layer for layer in networks["transferred"].layers if layer.name == "extra_convolution_1")
    assert np.abs(extra.get_weights()[0][1, 1] - np.eye(32)).max() > 1e-4
    assert bottleneck_digest(networks["transferred"]) == bottleneck_digest(networks["first"])
    metrics = extended.results()["metrics"]
    assert metrics["first_accuracy"] == metrics["first_accuracy_after"]


def test_cached_features_pass_through_extra_convolutions(trials: Trials) -> None:
    network = trials.network(Variant("more", 2, extra=1), 0)
    convolution = next(layer for layer in network.layers if layer.name == "extra_convolution_1")
    convolution.set_weights([weight + 0.02 for weight in convolution.get_weights()])
    pictures = trials.new.test.pictures[:9]
    cached = on_cached_features(network, table_of(features_of(network, pictures)))
    found, direct = cached.predict(np.arange(9), verbose=0), network.predict(pictures, verbose=0)
    np.testing.assert_allclose(found, direct, atol=1e-5)


# --- how much to freeze -----------------------------------------------------------------------------------------------


def kernels(network: Any) -> list[np.ndarray]:
    return [layer.get_weights()[0].copy() for layer in network.layers if layer.weights]


@pytest.mark.parametrize("frozen", [0, 1, 3])
def test_so_many_layers_stay_as_they_were(trials: Trials, frozen: int) -> None:
    network, before = trials.network(Variant("any", frozen), 0), kernels(trials.first)
    assert trials.train(network, trials.new.train, 0, trials.table(trials.new.train) if frozen > 1 else None) > 0
    moved = [bool((one != other).any()) for one, other in zip(before, kernels(network), strict=True)]
    assert moved == [index >= frozen for index in range(4)]
    assert all((one == other).all() for one, other in zip(before, kernels(trials.first), strict=True))


def test_variants_begin_with_the_weights_that_they_name(trials: Trials) -> None:
    source = kernels(trials.first)
    for variant, same in (
        (SCRATCH, [False] * 4),
        (Variant("kept"), [True] * 4),
        (Variant("fresh", 2, head="fresh"), [True, True, False, False]),
    ):
        one, other = kernels(trials.network(variant, 1)), kernels(trials.network(variant, 2))
        assert [bool((a == b).all()) for a, b in zip(one, source, strict=True)] == same
        assert [bool((a == b).all()) for a, b in zip(one, other, strict=True)] == same


@pytest.mark.long
def test_an_output_layer_put_back_undoes_a_transfer_that_froze_all_else(trials: Trials) -> None:
    network, pictures = trials.network(Variant("3", 3), 0), trials.old.test.pictures
    trials.train(network, trials.new.train, 0, trials.table(trials.new.train))
    before = trials.first.predict(pictures, verbose=0)
    for make in (old_output_on_new_network, old_head_on_new_bottleneck):
        np.testing.assert_allclose(make(trials.first, network).predict(pictures, verbose=0), before, atol=1e-6)
    dense = network.layers[-5]
    assert isinstance(dense, keras.layers.Dense)
    dense.set_weights([-weight for weight in dense.get_weights()])
    moved = old_output_on_new_network(trials.first, network).predict(pictures, verbose=0)
    assert np.abs(moved - before).max() > 1e-3


def test_the_linear_classifier_is_ridge_regression(trials: Trials) -> None:
    reader = keras.Sequential([keras.Input((28, 28, 1)), *trials.first.layers[:-2]])
    train, test = trials.old.train, trials.old.test
    x, asked = (reader.predict(part.pictures, verbose=0).astype(np.float64) for part in (train, test))
    targets = 2 * np.eye(5)[train.labels] - 1
    centred, middle = x - x.mean(axis=0), targets.mean(axis=0)
    weights = np.linalg.solve(centred.T @ centred + np.eye(x.shape[1]), centred.T @ (targets - middle))
    said = ((asked - x.mean(axis=0)) @ weights + middle).argmax(axis=1)
    assert depths.linear_accuracy(trials.first, trials.old) == pytest.approx((said == test.labels).mean())


def test_means_and_intervals_are_over_the_seeds(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    """With training that does nothing and accuracies that are given."""
    given = np.random.default_rng(0).random((2, 3))
    scores = iter(given.reshape(-1))
    monkeypatch.setattr(depths, "DEPTHS", (SCRATCH, Variant("2 frozen", 2)))
    monkeypatch.setattr(Trials, "train", lambda *_: 2.5)
    monkeypatch.setattr(depths, "remembered", lambda *_: dict.fromkeys(depths.PROBES, 0.5))
    monkeypatch.setattr(depths, "accuracy", lambda *_: float(next(scores)))
    result = depth_curve(trials, 3)
    for row, values in zip(result.tables[0].rows, given, strict=True):
        bounds = stats.t.interval(0.95, 2, loc=values.mean(), scale=stats.sem(values))
        np.testing.assert_allclose(row[2:5], [values.mean(), *np.clip(bounds, 0, 1)])
        assert row[5] == 2.5
    assert [row[1] for row in result.tables[0].rows] == [0, 9_568]
    assert min(result.pictures["depths"].size) > 150  # type: ignore[union-attr]


# --- few pictures -----------------------------------------------------------------------------------------------------


def test_so_many_pictures_of_each_class_are_drawn() -> None:
    labels = np.random.default_rng(0).integers(0, 4, 200)
    train = Images(np.arange(200, dtype=np.uint8).reshape(-1, 1, 1, 1), labels)
    small, large, other = (draw_shots(train, count, seed) for count, seed in ((3, 0), (9, 0), (3, 1)))
    for some, count in ((small, 3), (large, 9)):
        assert np.bincount(some.labels).tolist() == [count] * 4
        np.testing.assert_array_equal(labels[some.pictures.reshape(-1)], some.labels)
        assert len(np.unique(some.pictures)) == 4 * count
    assert set(small.pictures.reshape(-1)) < set(large.pictures.reshape(-1))
    assert set(small.pictures.reshape(-1)) != set(other.pictures.reshape(-1))


def test_few_pictures_on_frozen_convolutions_and_from_scratch_are_paired(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[tuple[bool, int, bytes]] = []

    def train(self: Trials, network: Any, task: Images, seed: int, table: Any = None) -> float:
        trained.append((table is not None, seed, task.pictures.tobytes()))
        return 1.0

    monkeypatch.setattr(Trials, "train", train)
    given = [0.9, 0.5, 0.8, 0.6]  # transferred and from scratch, of seed 0, then of seed 1
    scores = iter(given)
    monkeypatch.setattr(few, "accuracy", lambda *_: next(scores))
    (row,) = few_shot_curve(trials, (2,), 2).tables[0].rows
    assert [(cached, seed) for cached, seed, _ in trained] == [(True, 0), (False, 0), (True, 1), (False, 1)]
    assert trained[0][2] == trained[1][2] != trained[2][2] == trained[3][2]
    bounds = stats.t.interval(0.95, 1, loc=0.3, scale=stats.sem([0.4, 0.2]))
    np.testing.assert_allclose([row[1], row[4], row[7], *row[8:]], [0.85, 0.55, 0.3, *bounds])


@pytest.mark.long
def test_a_study_of_a_run_trains_and_leaves_the_run_alone(
    extended: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(depths, "DEPTHS", (Variant("2 frozen", 2),))
    before = (extended.folder / "weights.safetensors").read_bytes()
    result = etudes.inspect(extended, depths=True, shots=(1,), seeds=1, to="shapes", picture=_picture(tmp_path))
    assert (extended.folder / "weights.safetensors").read_bytes() == before
    titles = [table.title for table in result.tables]
    assert "how much to freeze, and what is left of the first task" in titles
    (few,) = (table for table in result.tables if table.title.startswith("from few pictures"))
    assert [row[0] for row in few.rows] == [1]
    assert few.rows[0][2:4] == ("", ""), "one training has no interval"
    assert {"depths", "shots", "saliency"} < set(result.pictures)
    said = capsys.readouterr()
    assert said.out == ""
    assert "1 a class, seed 0: transferred" in said.err


def _picture(folder: Path) -> str:
    from PIL import Image

    Image.new("L", (40, 30), 200).save(folder / "own.png")
    return str(folder / "own.png")


def test_what_cannot_be_studied_is_one_line(trials: Trials, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--shots 5000: . has only"):
        few_shot_curve(trials, (1, 5000), 1)
    info = experiments.load(NAME).describe_data(replace(trials.settings))
    for chosen, words in (
        (InspectTransfer(shots=(10, 0)), "--shots 0"),
        (InspectTransfer(to="shapes"), "add --depths or --shots"),
        (InspectTransfer(to="shappes", depths=True), "shapes"),
        (InspectTransfer(target="0"), "unknown class '0'"),
        (InspectTransfer(picture=str(tmp_path / "no.png")), "no such picture"),
    ):
        with pytest.raises(UserError, match=words):
            chosen.check(info, trials.settings)
    assert not InspectTransfer(picture="x.png").needs_data
    assert InspectTransfer(picture="x.png", shots=(3,)).needs_data


def test_another_set_is_read_once_for_all_that_is_asked(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    inspection = importlib.import_module(InspectTransfer.__module__)  # the package has a function of that name
    monkeypatch.setattr(inspection, "load_images", lambda to, **_: read.append(to) or trials.new)
    monkeypatch.setattr(inspection, "split", lambda data, *_: data)
    chosen, data = InspectTransfer(to="shapes", shots=(2,)), SimpleNamespace(info=None, second=trials.old)
    chosen.check_data(data, trials.settings)
    first, again = (chosen.second_task(data, trials.settings) for _ in range(2))
    assert first is again is trials.new
    assert read == ["shapes"]
    assert InspectTransfer(shots=(2,)).second_task(data, trials.settings) is trials.old


def test_movement_is_relative_to_the_length_before_the_transfer(trials: Trials) -> None:
    moved = make_network(trials.settings, (28, 28, 1), 5)
    factors = (3.0,) * 6 + (0.5,) * 2
    moved.set_weights([weight * k for weight, k in zip(trials.first.get_weights(), factors, strict=True)])
    changes = [row[-1] for row in movement(trials.first, moved).rows]
    assert changes == pytest.approx([2, 2, 2, 0.5], rel=1e-5)
