"""The rules of the game, what use draws, and going on after an interruption."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import etudes
from etudes import experiments
from etudes.actions.loading import build
from etudes.contract import ImageInfo, Images
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.pictures import every_class
from etudes.experiments.mnist_acgan.training import (
    draw_labels,
    draw_z,
    frozen,
    make_game,
    measure,
    mix,
    only_real,
)
from etudes.experiments.mnist_acgan.wishes import spell
from etudes.runs import Run, load_weights, read_metrics
from etudes.settings import override
from etudes.training import session as sessions
from etudes.training.backend import start_backend
from etudes.views.progress import NoProgress

start_backend()
EXPERIMENT = experiments.load("mnist_acgan")
TINY = EXPERIMENT.presets["tiny"]
MNIST = ImageInfo("mnist", 28, 28, 1, tuple("0123456789"))
SMALL = ImageInfo("small", 8, 8, 1, ("a", "b"))


@pytest.fixture(scope="module")
def digits() -> Any:
    return EXPERIMENT.load_data(override(TINY, {"limit": 0}))


@pytest.fixture(scope="module")
def playing() -> Any:
    """A small game whose compiled steps the tests share: 4 real pictures, so 8 mixed and 8 drawn."""
    settings = dataclasses.replace(TINY, ema=0.5)
    return make_game(build(EXPERIMENT, settings, SMALL, None), settings)


def trainable(network: Any) -> list[Any]:
    return [np.array(variable) for variable in network.trainable_variables]


def moved(before: list[Any], after: list[Any]) -> list[bool]:
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


# --- the game ---------------------------------------------------------------------------------------------------------


def test_each_half_of_a_step_trains_one_network_and_leaves_the_other_to_the_bit(playing: Any) -> None:
    random = np.random.default_rng(0)
    z, labels = draw_z(random, 8), draw_labels(random, 8, 2)
    real, weights = np.ones((8, 1), np.float32), [np.ones(8, np.float32), only_real(4)]
    for _ in range(2):
        learned, drawer = trainable(playing.discriminator), trainable(playing.generator)
        with frozen(playing.discriminator):
            playing.combined.train_on_batch([z, labels], [real, labels])
        assert not any(moved(learned, trainable(playing.discriminator)))
        assert all(moved(drawer, trainable(playing.generator)))
        drawer = trainable(playing.generator)
        pictures = random.uniform(0, 255, (8, 8, 8, 1)).astype(np.float32)
        playing.discriminator.train_on_batch(pictures, [real, labels], sample_weight=weights)
        assert all(moved(learned, trainable(playing.discriminator)))
        assert not any(moved(drawer, trainable(playing.generator)))


def test_a_step_trains_both_with_an_optimiser_each_and_reports_both_outputs(playing: Any) -> None:
    random = np.random.default_rng(0)
    pictures, labels = random.integers(0, 256, (4, 8, 8, 1)).astype(np.uint8), np.array([0, 1, 0, 1])
    slow = trainable(playing.average)
    steps = [int(optimizer.iterations) for optimizer in playing.optimizers.values()]
    losses = playing.step(pictures, labels, np.random.default_rng(1))
    assert losses["d_loss"] == pytest.approx(losses["d_fake"] + losses["d_aux"], rel=1e-5)
    assert losses["g_loss"] == pytest.approx(losses["g_fake"] + losses["g_aux"], rel=1e-5)
    done = [int(optimizer.iterations) for optimizer in playing.optimizers.values()]
    assert done == [before + 1 for before in steps]
    decay = min(0.5, (1 + done[1]) / (10 + done[1]))  # at the beginning the average moves faster
    for before, after, fast in zip(slow, trainable(playing.average), trainable(playing.generator), strict=True):
        np.testing.assert_allclose(after, decay * before + (1 - decay) * fast, rtol=1e-4, atol=1e-6)


def test_real_is_one_generated_is_zero_and_aux_is_the_label_or_the_label_drawn() -> None:
    real, generated = np.full((2, 4, 4, 1), 7, np.uint8), np.zeros((3, 4, 4, 1), np.float32)
    mixed, fake, aux = mix(real, np.array([5, 6]), generated, np.array([[1], [2], [3]], np.int32))
    assert fake[:, 0].tolist() == [1, 1, 0, 0, 0]
    assert aux[:, 0].tolist() == [5, 6, 1, 2, 3]
    assert mixed[:, 0, 0, 0].tolist() == [7, 7, 0, 0, 0]


def test_weights_that_leave_generated_pictures_out_give_the_mean_over_the_real_ones() -> None:
    losses = np.array([1.0, 3.0, 100.0, 200.0])
    assert np.mean(losses * only_real(2)) == 2.0


def test_measured_losses_agree_with_keras(playing: Any) -> None:
    random = np.random.default_rng(0)
    real = Images(random.integers(0, 256, (6, 8, 8, 1)).astype(np.uint8), np.array([0, 1] * 3))
    generated, drawn = random.uniform(0, 255, (4, 8, 8, 1)).astype(np.float32), np.array([[1], [0], [1], [1]])
    found = measure(playing.discriminator, real, generated, drawn)
    mixed, fake, aux = mix(real.pictures, real.labels, generated, drawn)
    kept = playing.discriminator.evaluate(mixed, [fake, aux], verbose=0)
    fooled = playing.discriminator.evaluate(generated, [np.ones((4, 1)), drawn], verbose=0)
    np.testing.assert_allclose(list(found.values()), [*kept, *fooled], rtol=1e-4)


def test_batches_take_every_picture_once_before_any_again(digits: Any) -> None:
    from etudes.experiments.mnist_acgan.training import real_batch

    small = dataclasses.replace(digits, train=Images(np.arange(40).reshape(40, 1, 1, 1), np.arange(40)))
    settings = dataclasses.replace(TINY, batch_size=10)
    taken = [real_batch(small, settings, number)[1] for number in range(8)]
    assert sorted(np.concatenate(taken[:4])) == sorted(np.concatenate(taken[4:])) == list(range(40))
    assert not np.array_equal(taken[0], taken[4])


# --- use --------------------------------------------------------------------------------------------------------------


def test_words_are_spelled_and_unknown_classes_refused() -> None:
    assert spell("2026", MNIST) == [2, 0, 2, 6]
    assert spell("boot", ImageInfo("own", 28, 28, 1, ("bag", "boot"))) == [1]
    with pytest.raises(UserError, match="choose one of: 0, 1"):
        spell("x", MNIST)


@pytest.mark.parametrize(
    ("words", "chosen", "said"),
    [
        (("7", "out.png"), {"out": "other.png"}, "name one place"),
        (("out.png",), {}, "say what to draw"),
        (("7", "there.png/out.png"), {}, "is no folder"),
        (("7",), {"walk_to": "3", "out": "there.png/walk.gif"}, "is no folder"),
        (("7", "walk.png"), {"walk_to": "3"}, "a film is a GIF"),
        (("7",), {"wander": 3, "out": "walk"}, "a film is a GIF"),
        (("7",), {"wander": 3, "parts": (0.5,)}, "--parts goes with a still picture"),
        (("7",), {"walk_to": "3", "parts": (0.5,)}, "--parts goes with a still picture"),
        (("7",), {"parts": ()}, "name a factor"),
        (("7",), {"out": "picture.psd"}, "is no picture format"),
    ],
)
def test_what_cannot_be_drawn_there_is_said_before_any_network_is_loaded(
    words: tuple[str, ...], chosen: dict[str, Any], said: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.png").write_bytes(b"")
    with pytest.raises(UserError, match=said):
        EXPERIMENT.read(EXPERIMENT.describe_data(TINY), TINY, EXPERIMENT.options(words, **chosen))


def test_a_last_input_that_ends_as_a_picture_is_the_place_to_write() -> None:
    options = EXPERIMENT.options(("7", "2026", "year.JPG"), count=2)
    assert options.inputs == ("7", "2026")
    assert options.out == "year.JPG"
    assert len(EXPERIMENT.read(EXPERIMENT.describe_data(TINY), TINY, options)) == 2


def test_a_column_of_the_grid_has_one_z() -> None:
    class Drawer:
        def predict_on_batch(self, inputs: Any) -> Any:
            z, labels = inputs
            return (z[:, :1] * 100 + labels).reshape(-1, 1, 1, 1)

    z = np.array([[0.5] * 100, [1.0] * 100], np.float32)
    assert every_class(Drawer(), z, 3)[:, 0, 0, 0].tolist() == [50, 100, 51, 101, 52, 102]


@pytest.fixture(scope="module")
def run(tiny_run: Callable[[str, Path], Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return tiny_run("mnist_acgan", tmp_path_factory.mktemp("run") / "whole")


def test_a_run_keeps_grids_film_and_losses_of_both_networks(run: Run) -> None:
    names = {path.name for path in run.pictures.iterdir()}
    evaluated = etudes.evaluate(run)
    said = f"right on {evaluated.metrics['judge_accuracy']:.2%} of"
    assert evaluated.lines[0].startswith(f"judge: a support vector machine on pixels, {said}")
    assert {"epoch-001.png", "epoch-002.png", "training.gif", "generated.png"} <= names
    record = read_metrics(run.folder)[-1]
    assert {"d_loss", "d_fake", "d_aux", "g_loss", "g_fake", "g_aux", "validation_g_aux"} <= set(record)
    assert {name.split("/")[0] for name in load_weights(run.folder)} == {"discriminator", "generator", "generator_ema"}


def test_the_same_seed_draws_the_same_and_a_walk_comes_back(run: Run, tmp_path: Path) -> None:
    trained = etudes.load(run)
    info, settings = trained.info, trained.settings

    def draw(*words: str, **chosen: Any) -> Any:
        options = EXPERIMENT.options(words, **chosen)
        wishes = EXPERIMENT.read(info, settings, options)
        return EXPERIMENT.use(trained.networks, info, settings, options, wishes).pictures["picture"]

    assert draw("7", count=5).tobytes() == draw("7", count=5).tobytes()
    assert draw("7", count=5).tobytes() != draw("7", count=5, seed=1).tobytes()
    assert draw("2026").size == (4 * 84, 84)
    film = draw("7", walk_to="3", count=4)
    assert film[1].tobytes() == film[-1].tobytes()
    assert film[0].tobytes() == draw("7", count=4).tobytes()
    assert film[12].tobytes() == draw("3", count=4).tobytes(), "the whole way to the other class"
    film = draw("20", wander=3)
    assert len(film) == 3 * 10
    assert film[0].tobytes() != film[10].tobytes() != film[20].tobytes()
    for wrong in ({"wander": 1}, {"wander": 3, "walk_to": "3"}, {"wander": 20, "count": 101}):
        with pytest.raises(UserError, match="--wander"):
            draw("7", **wrong)
    with pytest.raises(UserError, match="same length"):
        draw("12", walk_to="3")
    with pytest.raises(UserError, match="at most 2,000 pictures"):
        draw("2026" * 2, count=251)
    with pytest.raises(UserError, match="say what to draw"):
        draw()


class KilledError(Exception):
    pass


class KilledAt(NoProgress):
    """A progress callback that ends the training in the middle of an epoch."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise KilledError


def test_an_interrupted_run_ends_as_one_that_was_not(run: Run, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("ETUDES_CHECKPOINT_SECONDS", "0")
    with pytest.raises(KilledError):  # in the second epoch, in its second step of two
        etudes.train("mnist_acgan", preset="tiny", out=tmp_path / "cut", progress=KilledAt(4))
    cut = etudes.train("mnist_acgan", preset="tiny", out=tmp_path / "cut", quiet=True)
    assert cut.read_json("results.json")["weights_sha256"] == run.read_json("results.json")["weights_sha256"]
    timeless = [
        [{key: value for key, value in record.items() if "second" not in key} for record in read_metrics(one.folder)]
        for one in (cut, run)
    ]
    assert timeless[0] == timeless[1]


def test_no_two_places_of_a_run_share_their_random_numbers() -> None:
    places = [(0,), (1,), (0, 0, 1), (0, 1, 1), (1, 0, 1), (0, 0, 2), (0, 0, 3), (0, 0, 4), (0, 0, 5)]
    drawn = [tuple(sessions.generator(0, *place).integers(0, 2**62, 2)) for place in places]
    assert len(set(drawn)) == len(drawn)


def test_too_large_a_batch_is_refused() -> None:
    with pytest.raises(UserError, match="--batch-size 41"):
        EXPERIMENT.load_data(override(TINY, {"batch_size": 41}))
