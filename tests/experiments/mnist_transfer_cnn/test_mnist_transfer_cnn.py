"""The two tasks, the frozen bottleneck and the cached features, each against something that does not know them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etudes import experiments
from etudes.actions.loading import build_networks, preset_of
from etudes.data import load_images
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.cached_features import features_of, on_cached_features, table_of
from etudes.experiments.mnist_transfer_cnn.evaluate import frozen_parameters, old_head_on_new_bottleneck
from etudes.experiments.mnist_transfer_cnn.study import (
    TransferSettings,
    bottleneck_and_head,
    bottleneck_digest,
    copy_weights,
    describe_data,
    load_data,
    pairs,
    train_model,
)
from etudes.runs import Run, read_metrics
from etudes.training.backend import start_backend
from etudes.training.session import Session
from etudes.views.progress import NoProgress

NAME = "mnist_transfer_cnn"


def built(**changes: Any) -> tuple[Any, dict[str, Any], Any]:
    """Settings, fresh networks and data of the preset `tiny`, changed."""
    etude = experiments.load(NAME)
    chosen = preset_of(NAME, "tiny", changes)
    data = etude.load_data(chosen)
    start_backend()
    return chosen, build_networks(etude, chosen, data.info, None), data


# --- data -------------------------------------------------------------------------------------------------------------


def test_halves_are_the_pictures_of_the_whole() -> None:
    whole = load_images("digits", seed=3, validation_share=0.1)
    data = load_data(TransferSettings(data="digits", seed=3, validation_share=0.1))
    assert data.info.first_classes == tuple("01234")
    assert data.info.second_classes == tuple("56789")
    for split in ("train", "validation", "test"):
        first, second, all_ = (getattr(part, split) for part in (data.first, data.second, whole))
        assert set(first.labels) == set(second.labels) == set(range(5))
        for picture, label in zip(all_.pictures, all_.labels, strict=True):
            part = first if label < 5 else second
            found = (part.pictures == picture).all(axis=(1, 2, 3))
            assert label % 5 in part.labels[found]
        assert len(first) + len(second) == len(all_)
    assert data.sizes() == whole.sizes()


def test_another_share_of_the_classes() -> None:
    info = describe_data(TransferSettings(data="digits", first_classes=7))
    assert (info.first_classes, info.second_classes) == (tuple("0123456"), tuple("789"))
    for wrong in (1, 9, 11):
        with pytest.raises(UserError, match="first-classes"):
            describe_data(TransferSettings(data="digits", first_classes=wrong))


@pytest.mark.parametrize("classes", [2, 3])
def test_few_classes_of_ones_own_need_another_set(classes: int, tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    labels = np.arange(20) % classes
    np.savez(path, x_train=np.zeros((20, 28, 28), np.uint8), y_train=labels)
    for first in (0, 1, 2):
        with pytest.raises(UserError, match=f"has {classes} classes.*needs four.*--to") as refusal:
            describe_data(TransferSettings(data=str(path), first_classes=first))
        assert "--first-classes" not in str(refusal.value)
    assert len(describe_data(TransferSettings(data=str(path), to="digits")).first_classes) == classes


def test_another_data_set_is_made_to_fit() -> None:
    settings = TransferSettings(data="digits", to="shapes", validation_share=0.1, limit=50)
    info = describe_data(settings)
    assert len(info.first_classes) == 10
    data = load_data(settings)
    shapes = load_images("shapes", seed=0, validation_share=0.1, limit=50)
    assert info.second_classes == shapes.info.class_names
    assert data.second.train.pictures.shape == (50, 28, 28, 1)
    assert (data.second.test.labels == shapes.test.labels).all()


def test_a_limit_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="limit"):
        load_data(TransferSettings(data="digits", validation_share=0.1, limit=1))


# --- freezing ---------------------------------------------------------------------------------------------------------


def test_what_is_frozen() -> None:
    _, networks, _ = built()
    assert frozen_parameters(networks["transferred"]) == 9_568
    assert frozen_parameters(networks["first"]) == 0
    assert {network.count_params() for network in networks.values()} == {600_165}
    trained = networks["transferred"].trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in trained) == 600_165 - 9_568
    kinds = [type(layer).__name__ for layer in bottleneck_and_head(networks["transferred"])[0]]
    assert kinds[-1] == "Flatten"
    assert kinds.count("Conv2D") == 2
    assert "Dense" not in kinds
    _, networks, _ = built(freeze=False, cached_features=False)
    assert frozen_parameters(networks["transferred"]) == 0


def test_one_bit_is_seen() -> None:
    _, networks, _ = built()
    network = networks["transferred"]
    before = bottleneck_digest(network)
    convolution = next(layer for layer in network.layers if layer.weights)
    kernel, bias = convolution.get_weights()
    kernel.view(np.uint32)[0, 0, 0, 0] ^= 1
    convolution.set_weights([kernel, bias])
    assert bottleneck_digest(network) != before
    kernel.view(np.uint32)[0, 0, 0, 0] ^= 1
    convolution.set_weights([kernel, bias])
    assert bottleneck_digest(network) == before


class Tampering(NoProgress):
    """A progress callback that moves a frozen weight while the head is trained."""

    network: Any = None

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        if record["phase"] == "transfer":
            layer = next(layer for layer in self.network.layers if layer.weights)
            kernel, bias = layer.get_weights()
            kernel[0, 0, 0, 0] = np.nextafter(kernel[0, 0, 0, 0], np.float32(9))
            layer.set_weights([kernel, bias])


def test_a_run_whose_frozen_weight_moves_fails(tmp_path: Path) -> None:
    chosen, networks, data = built(transfer_epochs=1)
    progress = Tampering()
    progress.network = networks["transferred"]
    with pytest.raises(RuntimeError, match="the frozen bottleneck changed"):
        experiments.load(NAME).train(networks, data, chosen, Session(Run(tmp_path), networks, progress))


@pytest.mark.parametrize(("head", "copied"), [("kept", 8), ("fresh", 4)])
def test_copied_weights(head: str, copied: int) -> None:
    _, networks, _ = built()
    first, transferred = networks["first"], networks["transferred"]
    fresh = [weight.copy() for weight in transferred.get_weights()]
    # Fresh biases are all zero: other values, so that they can be told apart.
    first.set_weights([weight + 0.5 for weight in first.get_weights()])
    copy_weights(first, transferred, head)
    for number, weight in enumerate(transferred.get_weights()):
        source = first.get_weights()[number] if number < copied else fresh[number]
        assert (weight == source).all()


def test_a_last_layer_of_another_size_stays_fresh() -> None:
    _, networks, _ = built(first_classes=6, limit=96)
    first, transferred = networks["first"], networks["transferred"]
    last = transferred.get_weights()[6]
    copy_weights(first, transferred, "kept")
    assert last.shape == (128, 4)
    assert (transferred.get_weights()[6] == last).all()
    assert (transferred.get_weights()[4] == first.get_weights()[4]).all()


# --- cached features --------------------------------------------------------------------------------------------------


def test_cached_features_are_what_the_layers_compute() -> None:
    _, networks, data = built()
    network, pictures = networks["transferred"], data.second.test.pictures[:20]
    features = features_of(network, pictures)
    x = pictures.astype(np.float64) / 255
    for kernel, bias in (network.get_weights()[:2], network.get_weights()[2:4]):
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
        x = np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, kernel.astype(np.float64)) + bias, 0)
    expected = x.reshape(20, 12, 2, 12, 2, 32).max(axis=(2, 4))
    np.testing.assert_allclose(features, expected, atol=1e-5)
    cached = on_cached_features(network, table_of(features))
    indices = np.array([3, 0, 19], np.int32)
    found, direct = (net.predict(x, verbose=0) for net, x in ((cached, indices), (network, pictures[indices])))
    np.testing.assert_allclose(found, direct, atol=1e-6)


def trained_head(folder: Path, cached: bool) -> list[np.ndarray]:
    chosen, networks, data = built(cached_features=cached, translate=0, transfer_epochs=1, dropout=0.3)
    folder.mkdir()
    experiments.load(NAME).train(networks, data, chosen, Session(Run(folder), networks, NoProgress()))
    return [np.array(weight) for weight in networks["transferred"].get_weights()]


def test_cached_features_train_the_same_head(tmp_path: Path) -> None:
    """Also with dropout, which comes after what is cached: at a rate without a fast one, it drops the same values."""
    one, other = trained_head(tmp_path / "cached", True), trained_head(tmp_path / "uncached", False)
    for cached, uncached in zip(one, other, strict=True):
        np.testing.assert_allclose(cached, uncached, atol=1e-4)


# --- the run ----------------------------------------------------------------------------------------------------------


def trained(folder: Path, progress: NoProgress | None = None, **changes: Any) -> tuple[dict[str, Any], Any]:
    """Networks trained as `tiny` says, and their data; a run that was interrupted in the folder is resumed."""
    chosen, networks, data = built(**changes)
    folder.mkdir(exist_ok=True)
    experiments.load(NAME).train(networks, data, chosen, Session(Run(folder), networks, progress or NoProgress()))
    return networks, data


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    """A run without interruption."""
    return trained(tmp_path_factory.mktemp("straight"))


def changed_outputs(networks: dict[str, Any], data: Any) -> float:
    """How far the first head's outputs moved when the bottleneck before it was exchanged."""
    test = data.first.test.pictures
    both = [networks["first"], old_head_on_new_bottleneck(networks["first"], networks["transferred"])]
    before, after = (network.predict(test, verbose=0) for network in both)
    return float(np.abs(before - after).max())


def test_a_frozen_bottleneck_forgets_nothing(straight: tuple[dict[str, Any], Any], tmp_path: Path) -> None:
    assert changed_outputs(*straight) == 0
    assert changed_outputs(*trained(tmp_path, freeze=False, cached_features=False)) > 1e-4


class InterruptingIn(NoProgress):
    """A progress callback that stops the training at the end of an epoch of a phase."""

    def __init__(self, phase: str, epoch: int) -> None:
        self.at = (phase, epoch)

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        if (record["phase"], record["epoch"]) == self.at:
            raise KeyboardInterrupt


@pytest.mark.long
@pytest.mark.parametrize("epoch", [1, 2])
def test_interrupted_in_the_second_phase(
    epoch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, straight: tuple[dict[str, Any], Any]
) -> None:
    monkeypatch.setenv("ETUDES_CHECKPOINT_SECONDS", "0")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "interrupted", InterruptingIn("transfer", epoch))
    resumed, _ = trained(tmp_path / "interrupted")
    phases = [record["phase"] for record in read_metrics(tmp_path / "interrupted")]
    assert phases == ["first", "transfer", "transfer"]
    for name, network in straight[0].items():
        for one, other in zip(network.get_weights(), resumed[name].get_weights(), strict=True):
            assert (one == other).all()


def test_use_answers_for_either_task(tmp_path: Path) -> None:
    chosen, networks, data = built()
    etude = experiments.load(NAME)
    files = etude.use.example(data, tmp_path).inputs
    for first, names in ((False, "56789"), (True, "01234")):
        options = etude.use.options(files, first=first)
        pictures = etude.use.read(data.info, chosen, options)
        answers = etude.use.run(networks, data.info, chosen, options, pictures).answers
        assert len(answers) == 3
        assert all(set(answer["probabilities"]) <= set(names) for answer in answers)


def test_cached_features_need_frozen_layers() -> None:
    with pytest.raises(UserError, match="cached-features"):
        preset_of(NAME, "tuned", {"freeze": False})


def test_both_phases_learn(tmp_path: Path) -> None:
    chosen, networks, data = built(limit=800, epochs=2, transfer_epochs=2, translate=0, learning_rate=3e-3)
    session = Session(Run(tmp_path), networks, NoProgress())
    for phase, name, task in (("first", "first", data.first), ("transfer", "transferred", data.second)):
        train_model(networks[name], *pairs(task), chosen, session, phase)
        predicted = networks[name].predict(task.test.pictures, verbose=0).argmax(axis=1)
        assert (predicted == task.test.labels).mean() > 0.8
