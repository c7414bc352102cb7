"""The studies of the transfer and the extra convolutions, each against something that does not know them."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

import etudes
from etudes import experiments
from etudes.actions.loading import build, preset_of
from etudes.contract import Images
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn import inspection, studies
from etudes.experiments.mnist_transfer_cnn.freezing import (
    bottleneck_digest,
    features_of,
    hand_over,
    movement,
    old_head_on_new_bottleneck,
    old_output_on_new_network,
    on_cached_features,
    table_of,
)
from etudes.experiments.mnist_transfer_cnn.inspection import Inspect
from etudes.experiments.mnist_transfer_cnn.model import make_network
from etudes.experiments.mnist_transfer_cnn.studies import SCRATCH, Study, Way, depth_study, draw_shots, shots_study
from etudes.experiments.mnist_transfer_cnn.study import frozen_parameters, prepare
from etudes.runs import Run
from etudes.training.backend import drawn_from, keras, start_backend

NAME = "mnist_transfer_cnn"


@pytest.fixture(scope="module")
def study() -> Study:
    """Upon a first network with fresh weights, on a few pictures."""
    start_backend()
    settings = preset_of(NAME, "tiny", {"limit": 96})
    data = experiments.load(NAME).load_data(settings)
    first = build(experiments.load(NAME), settings, data.info, None)["first"]
    first.set_weights([weight + 0.01 for weight in first.get_weights()])  # so that fresh biases are told apart
    return Study(settings, first, data.first, data.second, 1, lambda n, steps: prepare(n, settings, steps), _silent)


def _silent(*_: object) -> None:
    return None


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "FEWEST_STEPS", 3)


# --- extra convolutions -----------------------------------------------------------------------------------------------


def test_extra_convolutions_change_nothing_until_they_learn(study: Study) -> None:
    with drawn_from(3):
        longer = make_network(study.settings, (28, 28, 1), 5, extra=2)
    hand_over(study.first, longer, "kept")
    pictures = study.old.test.pictures[:20]
    found, expected = (network.predict(pictures, verbose=0) for network in (longer, study.first))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert longer.count_params() == study.first.count_params() + 2 * (9 * 32 * 32 + 32)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose transfer added a convolution."""
    out = tmp_path_factory.mktemp("extended") / "run"
    return etudes.train(NAME, preset="tiny", extra_convolutions=1, limit=160, out=out, quiet=True)


def test_a_run_with_extra_convolutions_learns_them_and_forgets_nothing(extended: Run) -> None:
    networks = etudes.load(extended).networks
    assert frozen_parameters(networks["transferred"])[0] == 9_568
    (extra,) = (layer for layer in networks["transferred"].layers if layer.name == "extra_convolution_1")
    assert np.abs(extra.get_weights()[0][1, 1] - np.eye(32)).max() > 1e-4
    assert bottleneck_digest(networks["transferred"]) == bottleneck_digest(networks["first"])
    metrics = extended.results()["metrics"]
    assert metrics["first_accuracy"] == metrics["first_accuracy_after"]


def test_cached_features_pass_through_extra_convolutions(study: Study) -> None:
    network = study.network(Way("more", 2, extra=1), 0)
    convolution = next(layer for layer in network.layers if layer.name == "extra_convolution_1")
    convolution.set_weights([weight + 0.02 for weight in convolution.get_weights()])
    pictures = study.new.test.pictures[:9]
    cached = on_cached_features(network, table_of(features_of(network, pictures)))
    found, direct = cached.predict(np.arange(9), verbose=0), network.predict(pictures, verbose=0)
    np.testing.assert_allclose(found, direct, atol=1e-5)


# --- how much to freeze -----------------------------------------------------------------------------------------------


def kernels(network: Any) -> list[np.ndarray]:
    return [layer.get_weights()[0].copy() for layer in network.layers if layer.weights]


@pytest.mark.parametrize("frozen", [0, 1, 3])
def test_so_many_layers_stay_as_they_were(study: Study, frozen: int) -> None:
    network, before = study.network(Way("way", frozen), 0), kernels(study.first)
    assert study.train(network, study.new.train, 0, study.table(study.new.train) if frozen > 1 else None) > 0
    moved = [bool((one != other).any()) for one, other in zip(before, kernels(network), strict=True)]
    assert moved == [place >= frozen for place in range(4)]
    assert all((one == other).all() for one, other in zip(before, kernels(study.first), strict=True))


def test_ways_begin_with_what_they_say(study: Study) -> None:
    source = kernels(study.first)
    for way, same in (
        (SCRATCH, [False] * 4),
        (Way("kept"), [True] * 4),
        (Way("fresh", 2, head="fresh"), [True, True, False, False]),
    ):
        one, other = kernels(study.network(way, 1)), kernels(study.network(way, 2))
        assert [bool((a == b).all()) for a, b in zip(one, source, strict=True)] == same
        assert [bool((a == b).all()) for a, b in zip(one, other, strict=True)] == same


def test_an_output_layer_put_back_undoes_a_transfer_that_froze_all_else(study: Study) -> None:
    network, pictures = study.network(Way("3", 3), 0), study.old.test.pictures
    study.train(network, study.new.train, 0, study.table(study.new.train))
    before = study.first.predict(pictures, verbose=0)
    for make in (old_output_on_new_network, old_head_on_new_bottleneck):
        np.testing.assert_allclose(make(study.first, network).predict(pictures, verbose=0), before, atol=1e-6)
    dense = network.layers[-5]
    assert isinstance(dense, keras.layers.Dense)
    dense.set_weights([-weight for weight in dense.get_weights()])
    moved = old_output_on_new_network(study.first, network).predict(pictures, verbose=0)
    assert np.abs(moved - before).max() > 1e-3


def test_the_linear_classifier_is_ridge_regression(study: Study) -> None:
    reader = keras.Sequential([keras.Input((28, 28, 1)), *study.first.layers[:-2]])
    train, test = study.old.train, study.old.test
    x, asked = (reader.predict(part.pictures, verbose=0).astype(np.float64) for part in (train, test))
    targets = 2 * np.eye(5)[train.labels] - 1
    centred, middle = x - x.mean(axis=0), targets.mean(axis=0)
    weights = np.linalg.solve(centred.T @ centred + np.eye(x.shape[1]), centred.T @ (targets - middle))
    said = ((asked - x.mean(axis=0)) @ weights + middle).argmax(axis=1)
    assert studies.linear_accuracy(study.first, study.old) == pytest.approx((said == test.labels).mean())


def test_means_and_intervals_are_over_the_seeds(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """With trainings that do nothing and accuracies that are given."""
    given = np.random.default_rng(0).random((2, 3))
    scores = iter(given.reshape(-1))
    monkeypatch.setattr(studies, "DEPTHS", (SCRATCH, Way("2 frozen", 2)))
    monkeypatch.setattr(Study, "train", lambda *_: 2.5)
    monkeypatch.setattr(studies, "_left", lambda *_: dict.fromkeys(studies.LOOKS, 0.5))
    monkeypatch.setattr(studies, "accuracy", lambda *_: float(next(scores)))
    result = depth_study(study, 3)
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


def test_few_pictures_upon_frozen_convolutions_and_from_scratch_are_paired(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[tuple[bool, int, bytes]] = []

    def train(self: Study, network: Any, task: Images, seed: int, table: Any = None) -> float:
        trained.append((table is not None, seed, task.pictures.tobytes()))
        return 1.0

    monkeypatch.setattr(Study, "train", train)
    given = [0.9, 0.5, 0.8, 0.6]  # transferred and from scratch, of seed 0, then of seed 1
    scores = iter(given)
    monkeypatch.setattr(studies, "accuracy", lambda *_: next(scores))
    (row,) = shots_study(study, (2,), 2).tables[0].rows
    assert [(cached, seed) for cached, seed, _ in trained] == [(True, 0), (False, 0), (True, 1), (False, 1)]
    assert trained[0][2] == trained[1][2] != trained[2][2] == trained[3][2]
    bounds = stats.t.interval(0.95, 1, loc=0.3, scale=stats.sem([0.4, 0.2]))
    np.testing.assert_allclose([row[1], row[4], row[7], *row[8:]], [0.85, 0.55, 0.3, *bounds])


def test_a_study_of_a_run_trains_and_leaves_the_run_alone(
    extended: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(studies, "DEPTHS", (Way("2 frozen", 2),))
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


def test_what_cannot_be_studied_is_one_line(study: Study, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--shots 5000: . has only"):
        shots_study(study, (1, 5000), 1)
    info = experiments.load(NAME).describe_data(replace(study.settings))
    for chosen, words in (
        (Inspect(shots=(10, 0)), "--shots 0"),
        (Inspect(to="shapes"), "add --depths or --shots"),
        (Inspect(to="shappes", depths=True), "shapes"),
        (Inspect(target="0"), "unknown class '0'"),
        (Inspect(picture=str(tmp_path / "no.png")), "no such picture"),
    ):
        with pytest.raises(UserError, match=words):
            chosen.check(info, study.settings)
    assert not Inspect(picture="x.png").needs_data
    assert Inspect(picture="x.png", shots=(3,)).needs_data


def test_another_set_is_read_once_for_all_that_is_asked(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(inspection, "load_target", lambda _, to, __: read.append(to) or study.new)
    chosen, data = Inspect(to="shapes", shots=(2,)), SimpleNamespace(info=None, second=study.old)
    chosen.check_data(data, study.settings)
    assert chosen.task(data, study.settings) is chosen.task(data, study.settings) is study.new
    assert read == ["shapes"]
    assert Inspect(shots=(2,)).task(data, study.settings) is study.old


def test_movement_is_relative_to_the_length_before_the_transfer(study: Study) -> None:
    moved = make_network(study.settings, (28, 28, 1), 5)
    factors = (3.0,) * 6 + (0.5,) * 2
    moved.set_weights([weight * k for weight, k in zip(study.first.get_weights(), factors, strict=True)])
    changes = [row[-1] for row in movement(study.first, moved).rows]
    assert changes == pytest.approx([2, 2, 2, 0.5], rel=1e-5)
