"""The nine steps of the game, what use generates, and resuming after an interruption."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import etudes
from etudes import experiments
from etudes.actions.loading import build_networks, options_of
from etudes.contract import ImageData, ImageInfo, Images
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.losses import evaluate_losses
from etudes.experiments.mnist_acgan.pictures import generate_classes
from etudes.experiments.mnist_acgan.prompts import spell
from etudes.experiments.mnist_acgan.study import mix, real_batch
from etudes.runs import Run, load_weights, read_metrics
from etudes.schema import override
from etudes.training.backend import keras, start_backend
from etudes.training.rng import rng
from etudes.views.progress import NoProgress

start_backend()
EXPERIMENT = experiments.load("mnist_acgan")
TINY = EXPERIMENT.presets["tiny"]
MNIST = ImageInfo("mnist", 28, 28, 1, tuple("0123456789"))
SMALL = ImageInfo("small", 8, 8, 1, ("a", "b"))


@pytest.fixture(scope="module")
def digits() -> Any:
    return EXPERIMENT.load_data(override(TINY, {"limit": 0}))


# --- the game ---------------------------------------------------------------------------------------------------------


class FakeSession:
    """Lets `train` take its steps, and records what it logs."""

    def __init__(self, folder: Path) -> None:
        self.run = SimpleNamespace(pictures=folder)
        self.optimizers: dict[str, Any] = {}
        self.logged: list[dict[str, float]] = []
        self.grids: list[Any] = []
        self.messages: list[Any] = []
        self.records: list[dict[str, float]] = []

    def epochs(self, phase: str, total: int, optimizers: dict[str, Any]) -> Iterator[int]:
        self.optimizers = optimizers
        yield from range(total)

    def steps(self, count: int, samples: int) -> Iterator[int]:
        yield from range(count)

    def log(self, metrics: dict[str, float], samples: int) -> None:
        self.logged.append(metrics)

    def means(self) -> dict[str, float]:
        return dict(self.logged[-1])

    def message(self, text: Any) -> None:
        self.messages.append(text)

    def save_picture(self, name: str, draw: Any) -> None:
        self.grids.append(draw())

    def saved_pictures(self, pattern: str) -> list[Any]:
        return self.grids

    def end_epoch(self, metrics: dict[str, float], samples: int) -> None:
        self.records.append(metrics)


def weights(network: Any) -> list[Any]:
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in network.trainable_variables]


def changed(before: list[Any], after: list[Any]) -> list[bool]:
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A small game of two steps, each in an epoch of its own: every `train_on_batch`, with the weights around it."""
    noise, labels = np.random.default_rng(0), np.array([0, 1] * 4)
    images = Images(noise.integers(0, 256, (8, 8, 8, 1)).astype(np.uint8), labels)
    data = ImageData(SMALL, images, images, images)
    settings = dataclasses.replace(TINY, ema=0.5, batch_size=4, batches_per_epoch=1, label_smoothing=0.25)
    networks, session = build_networks(EXPERIMENT, settings, SMALL, None), FakeSession(tmp_path_factory.mktemp("game"))
    calls: list[Any] = []
    train_on_batch = keras.Model.train_on_batch

    def spy(network: Any, x: Any, y: Any, sample_weight: Any = None) -> Any:
        before = {name: weights(one) for name, one in networks.items()}
        frozen, inputs, targets = not networks["discriminator"].trainable, x, [np.array(target) for target in y]
        losses = train_on_batch(network, x, y, sample_weight=sample_weight)
        after = {name: weights(one) for name, one in networks.items()}
        calls.append(
            SimpleNamespace(
                name=network.name, inputs=inputs, targets=targets, weights=sample_weight, frozen=frozen, losses=losses,
                before=before, after=after,
            )
        )  # fmt: skip
        return losses

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "train_on_batch", spy)
        EXPERIMENT.train(networks, data, settings, session)
    return SimpleNamespace(networks=networks, data=data, session=session, calls=calls)


def test_each_half_of_a_step_trains_one_network_and_leaves_the_other_to_the_bit(game: Any) -> None:
    assert [call.name for call in game.calls] == ["discriminator", "combined"] * 2
    for call in game.calls:
        trained, other = ("discriminator", "generator")[:: 1 if call.name == "discriminator" else -1]
        assert call.frozen == (call.name == "combined")
        assert all(changed(call.before[trained], call.after[trained]))
        assert not any(changed(call.before[other], call.after[other]))
    assert game.networks["discriminator"].trainable


def test_the_discriminator_is_trained_on_real_and_generated_pictures_mixed(game: Any) -> None:
    train = game.data.train
    for call in game.calls[::2]:
        fake, aux = call.targets
        assert fake[:, 0].tolist() == [0.75] * 4 + [0] * 4, "smoothing is one-sided"
        for picture, label in zip(call.inputs[:4], aux[:4, 0], strict=True):
            assert label in train.labels[(train.pictures == picture).all(axis=(1, 2, 3))]
        assert call.inputs.shape == (8, 8, 8, 1)
        assert not np.isin(call.inputs[4:], train.pictures).all()
        ones, real_only = call.weights
        assert ones.tolist() == [1] * 8
        losses = np.array([1.0, 3.0, 2.0, 2.0, 100.0, 200.0, 300.0, 400.0])
        assert np.mean(losses * real_only) == 2.0, "the mean over the real pictures"


def test_the_generator_is_trained_towards_real_on_twice_as_many_z_and_labels(game: Any) -> None:
    for call in game.calls[1::2]:
        (z, labels), (fake, aux) = call.inputs, call.targets
        assert z.shape == (8, 100)
        assert np.abs(z).max() <= 1
        assert fake[:, 0].tolist() == [1] * 8
        assert np.array_equal(aux, labels)


def test_a_step_trains_both_with_an_optimiser_each_and_reports_both_outputs(game: Any) -> None:
    session = game.session
    assert [int(optimizer.iterations) for optimizer in session.optimizers.values()] == [2, 2]
    for step, losses in enumerate(session.logged):
        assert losses["d_loss"] == pytest.approx(losses["d_fake"] + losses["d_aux"], rel=1e-5)
        assert losses["g_loss"] == pytest.approx(losses["g_fake"] + losses["g_aux"], rel=1e-5)
        of_both = [*game.calls[2 * step].losses, *game.calls[2 * step + 1].losses]
        assert list(losses.values()) == pytest.approx(list(map(float, of_both)))


def test_the_average_follows_the_generator_and_faster_in_the_first_steps(game: Any) -> None:
    first, second = game.calls[1::2]
    ends = [game.calls[2].before["generator_ema"], weights(game.networks["generator_ema"])]
    for steps, call, end in zip((1, 2), (first, second), ends, strict=True):
        decay = min(0.5, (1 + steps) / (10 + steps))
        slow = call.after["generator_ema"]
        for before, after, fast in zip(slow, end, call.after["generator"], strict=True):
            np.testing.assert_allclose(after, decay * before + (1 - decay) * fast, rtol=1e-4, atol=1e-6)


def test_each_epoch_ends_with_held_back_losses_and_a_grid(game: Any) -> None:
    session = game.session
    assert len(session.grids) == len(session.records) == 2
    assert (session.run.pictures / "training.gif").exists()
    for record in session.records:
        assert {"conditional_accuracy", "diversity", "d_loss", "validation_d_loss", "validation_g_aux"} <= set(record)
    assert len(session.messages) >= 2


def test_real_is_one_generated_is_zero_and_aux_is_the_label_or_the_label_drawn() -> None:
    real, generated = np.full((2, 4, 4, 1), 7, np.uint8), np.zeros((3, 4, 4, 1), np.float32)
    mixed, fake, aux = mix(Images(real, np.array([5, 6])), generated, np.array([[1], [2], [3]], np.int32))
    assert fake[:, 0].tolist() == [1, 1, 0, 0, 0]
    assert aux[:, 0].tolist() == [5, 6, 1, 2, 3]
    assert mixed[:, 0, 0, 0].tolist() == [7, 7, 0, 0, 0]


def test_evaluated_losses_agree_with_keras(game: Any) -> None:
    noise, discriminator = np.random.default_rng(0), game.networks["discriminator"]
    real = Images(noise.integers(0, 256, (6, 8, 8, 1)).astype(np.uint8), np.array([0, 1] * 3))
    generated, labels = noise.uniform(0, 255, (4, 8, 8, 1)).astype(np.float32), np.array([[1], [0], [1], [1]])
    mixed, fake, aux = mix(real, generated, labels)
    found = evaluate_losses(discriminator, mixed, fake, aux)
    of_mix = discriminator.evaluate(mixed, [fake, aux], verbose=0)
    of_generator = discriminator.evaluate(generated, [np.ones((4, 1)), labels], verbose=0)
    np.testing.assert_allclose(list(found.values()), [*of_mix, *of_generator], rtol=1e-4)


def test_batches_take_every_picture_once_before_any_again() -> None:
    train = Images(np.arange(40).reshape(40, 1, 1, 1), np.arange(40))
    settings = dataclasses.replace(TINY, batch_size=10)
    taken = [real_batch(train, settings, step).labels for step in range(8)]
    assert sorted(np.concatenate(taken[:4])) == sorted(np.concatenate(taken[4:])) == list(range(40))
    assert not np.array_equal(taken[0], taken[4])


def test_the_ranges_of_inputs_and_outputs_are_those_of_the_trained_networks() -> None:
    """The networks get inputs from the whole of their ranges, ends included, and reach both ends of their outputs."""
    loaded = etudes.load("mnist_acgan@bundled")
    specs, noise = EXPERIMENT.io_spec(loaded.info, loaded.settings), np.random.default_rng(0)
    assert {name for name, spec in specs.items() if not spec.training_only} == set(loaded.networks)
    z, label = specs["generator_ema"].inputs
    zs = noise.uniform(z.low, z.high, (400, 100)).astype(np.float32)
    zs[200:] = noise.choice([z.low, z.high], (200, 100))
    labels = np.tile(np.arange(label.low, label.high + 1, dtype=np.int32), 40)[:, None]
    assert (labels.min(), labels.max()) == (0, 9)
    pictures = loaded.networks["generator_ema"].predict([zs, labels], verbose=0)
    check_range(pictures, specs["generator_ema"].outputs[0])
    (picture,) = specs["discriminator"].inputs
    assert picture == specs["generator_ema"].outputs[0]
    random_pictures = noise.uniform(picture.low, picture.high, pictures.shape).astype(np.float32)
    ends = noise.choice([picture.low, picture.high], pictures.shape).astype(np.float32)
    fake, aux = loaded.networks["discriminator"].predict(np.concatenate([pictures, random_pictures, ends]), verbose=0)
    for values, spec in zip((fake, aux), specs["discriminator"].outputs, strict=True):
        check_range(values, spec, reached=0.9 if spec.meaning.endswith("each class") else 0.25)
    np.testing.assert_allclose(aux.sum(axis=1), 1, atol=1e-5)


def check_range(values: Any, spec: Any, reached: float = 0.95) -> None:
    """All values are within the range that the spec gives, and they span at least this share of it."""
    assert spec.low <= values.min()
    assert values.max() <= spec.high
    assert np.ptp(values) >= reached * (spec.high - spec.low), f"{spec.meaning}: {values.min()}..{values.max()}"


# --- use --------------------------------------------------------------------------------------------------------------


def test_words_are_spelled_and_unknown_classes_refused() -> None:
    assert spell("2026", MNIST) == [2, 0, 2, 6]
    assert spell("boot", ImageInfo("own", 28, 28, 1, ("bag", "boot"))) == [1]
    with pytest.raises(UserError, match="choose one of: 0, 1"):
        spell("x", MNIST)


@pytest.mark.parametrize(
    ("words", "chosen", "said"),
    [
        (("7", "out.png"), {"out": "other.png"}, "name one file"),
        (("out.png",), {}, "say what to draw"),
        (("7", "there.png/out.png"), {}, "is no folder"),
        (("7",), {"walk_to": "3", "out": "there.png/walk.gif"}, "is no folder"),
        (("7", "walk.png"), {"walk_to": "3"}, "a film ends in .gif or .mp4"),
        (("7",), {"latent_walk": 3, "out": "walk"}, "a film ends in .gif or .mp4"),
        (("7",), {"latent_walk": 3, "parts": (0.5,)}, "--parts needs a still picture"),
        (("7",), {"walk_to": "3", "parts": (0.5,)}, "--parts needs a still picture"),
        (("7",), {"parts": ()}, "name a factor"),
        (("7",), {"out": "picture.psd"}, "is no picture format"),
    ],
)
def test_what_cannot_be_drawn_there_is_refused_before_any_network_is_loaded(
    words: tuple[str, ...], chosen: dict[str, Any], said: str, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.png").write_bytes(b"")
    with pytest.raises(UserError, match=said):
        EXPERIMENT.use.read(EXPERIMENT.describe_data(TINY), TINY, EXPERIMENT.use.options(words, **chosen))


def test_a_last_input_that_ends_as_a_picture_is_the_place_to_write() -> None:
    options = EXPERIMENT.use.options(("7", "2026", "year.JPG"), count=2)
    assert options.inputs == ("7", "2026")
    assert options.out == "year.JPG"
    assert len(EXPERIMENT.use.read(EXPERIMENT.describe_data(TINY), TINY, options)) == 2


def test_a_column_of_the_grid_has_one_z() -> None:
    class FakeGenerator:
        def predict_on_batch(self, inputs: Any) -> Any:
            z, labels = inputs
            return (z[:, :1] * 100 + labels).reshape(-1, 1, 1, 1)

    z = np.array([[0.5] * 100, [1.0] * 100], np.float32)
    assert generate_classes(FakeGenerator(), z, 3)[:, 0, 0, 0].tolist() == [50, 100, 51, 101, 52, 102]


@pytest.fixture(scope="module")
def run(tiny_run: Callable[[str, Path], Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return tiny_run("mnist_acgan", tmp_path_factory.mktemp("run") / "whole")


def test_a_run_keeps_grids_film_and_losses_of_both_networks(run: Run) -> None:
    names = {path.name for path in run.pictures.iterdir()}
    evaluated = etudes.evaluate(run)
    accuracy = f"accuracy {evaluated.metrics['classifier_accuracy']:.2%} on"
    assert evaluated.lines[0].startswith(f"evaluation classifier: a support vector machine on pixels, {accuracy}")
    assert {"epoch-001.png", "epoch-002.png", "training.gif", "generated.png"} <= names
    record = read_metrics(run.folder)[-1]
    assert {"d_loss", "d_fake", "d_aux", "g_loss", "g_fake", "g_aux", "validation_g_aux"} <= set(record)
    assert {name.split("/")[0] for name in load_weights(run.folder)} == {"discriminator", "generator", "generator_ema"}


def test_the_same_seed_draws_the_same_and_a_walk_comes_back(run: Run, tmp_path: Path) -> None:
    trained = etudes.load(run)
    info, settings = trained.info, trained.settings

    def draw(*words: str, **chosen: Any) -> Any:
        options = EXPERIMENT.use.options(words, **chosen)
        prompts = EXPERIMENT.use.read(info, settings, options)
        networks = {**trained.networks, **EXPERIMENT.use.parts(trained.networks)}
        return EXPERIMENT.use.run(networks, info, settings, options, prompts).pictures["picture"]

    assert draw("7", count=5).tobytes() == draw("7", count=5).tobytes()
    assert draw("7", count=5).tobytes() != draw("7", count=5, seed=1).tobytes()
    assert draw("2026").size == (4 * 84, 84)
    film = draw("7", walk_to="3", count=4)
    assert film[1].tobytes() == film[-1].tobytes()
    assert film[0].tobytes() == draw("7", count=4).tobytes()
    assert film[12].tobytes() == draw("3", count=4).tobytes(), "the whole way to the other class"
    film = draw("20", latent_walk=3)
    assert len(film) == 3 * 10
    assert film[0].tobytes() != film[10].tobytes() != film[20].tobytes()
    for number in (0, 1, 21):
        with pytest.raises(UserError, match=f"--latent-walk {number}: must be >= 2, <= 20"):
            options_of(EXPERIMENT.use.options, {"latent_walk": number}, inputs=("7",))
    for wrong in ({"latent_walk": 3, "walk_to": "3"}, {"latent_walk": 20, "count": 101}):
        with pytest.raises(UserError, match="--latent-walk"):
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

    def on_batch_end(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            raise KilledError


@pytest.mark.long
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


def test_no_two_streams_of_a_run_share_their_random_numbers() -> None:
    streams: list[tuple[Any, ...]] = [("order", 0), ("order", 1), ("game", 0, 0), ("game", 0, 1), ("game", 1, 0)]
    streams += [("validation noise", 0), ("shown noise",), ("evaluation noise",), ("drawing", 0), ("inspection noise",)]
    drawn = [tuple(rng(0, *stream).integers(0, 2**62, 2)) for stream in streams]
    assert len(set(drawn)) == len(drawn)


def test_too_large_a_batch_is_refused() -> None:
    with pytest.raises(UserError, match="--batch-size 41"):
        EXPERIMENT.load_data(override(TINY, {"batch_size": 41}))
