"""What the picture classifier adds to the shared ones: recipes of one network, and looking at mirror images too."""

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes.actions.loading import preset_of
from etudes.analysis.answers import ReadPictures
from etudes.contract import Images
from etudes.experiments.cifar10_cnn import use
from etudes.experiments.cifar10_cnn.evaluate import evaluate
from etudes.experiments.cifar10_cnn.inspect import Options, augmentation_sheet, inspect
from etudes.experiments.cifar10_cnn.study import (
    PRESETS,
    augment,
    describe_data,
    learning_rate,
    load_data,
    make_networks,
    make_optimizer,
)
from etudes.schema import override
from etudes.training.backend import drawn_from, start_backend
from etudes.training.rng import permutation


@pytest.fixture(autouse=True, scope="module")
def started():
    start_backend()


@pytest.fixture(scope="module")
def tiny():
    settings = override(PRESETS["tiny"], {"dropout": 0.0})
    with drawn_from(0):
        return settings, make_networks(settings, describe_data(settings)), load_data(settings)


def test_a_picture_and_its_mirror_image_get_one_answer_with_flips(tiny):
    settings, networks, data = tiny
    pictures = data.test.pictures[:4]
    for flips, same in ((True, True), (False, False)):
        answers = [
            use.use(networks, data.info, settings, use.Options(tuple("abcd"), top=10, flips=flips), read).answers
            for read in (ReadPictures(tuple("abcd"), seen) for seen in (pictures, pictures[:, :, ::-1]))
        ]
        assert (answers[0] == answers[1]) == same


def test_the_accuracy_with_flips_is_that_of_the_mean_of_both_views(tiny):
    settings, networks, data = tiny
    metrics = evaluate(networks, data, settings).metrics
    network, test = networks["classifier"], data.test
    both = sum(network.predict(view, verbose=0) for view in (test.pictures, test.pictures[:, :, ::-1]))
    assert metrics["accuracy_flipped"] == pytest.approx((both.argmax(axis=1) == test.labels).mean())
    assert list(metrics)[:2] == ["accuracy", "accuracy_flipped"]
    unflipped = override(settings, {"augmentation": "translate"})
    assert "accuracy_flipped" not in evaluate(networks, data, unflipped).metrics


def test_classic_is_what_the_description_says():
    classic = PRESETS["classic"]
    network = make_networks(classic, describe_data(override(classic, {"data": "shapes"})))["classifier"]
    configured = [layer.get_config() for layer in network.layers]
    assert configured[0]["scale"] == 1 / 255
    assert configured[0]["offset"] == 0
    kinds = {config["kernel_initializer"]["class_name"] for config in configured if "kernel_initializer" in config}
    assert kinds == {"GlorotUniform"}
    assert [config["rate"] for config in configured if "rate" in config] == [0.25, 0.25, 0.5]
    assert type(make_optimizer(classic, learning_rate(classic, 10))).__name__ == "RMSprop"
    assert classic.cutout == 0


def test_a_network_that_centres_sees_about_zero_and_one(tiny):
    settings, _, data = tiny
    centred = make_networks(override(settings, {"centred": True}), data.info)["classifier"]
    seen = np.array(centred.layers[0](np.array([0, 128, 255], np.float32).reshape(1, 1, 3)))
    np.testing.assert_allclose(seen.reshape(-1), [-2, 0, 1.984375])


def test_augmentation_follows_from_seed_and_epoch(tiny):
    settings, _, data = tiny
    cut = override(settings, {"cutout": 6, "translate": 2})
    first, again, other = (augment(data.train, cut, epoch)[0] for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first == 128).all(axis=3).any()


@pytest.mark.long
def test_muon_learns_a_few_pictures():
    chosen = preset_of("cifar10_cnn", "tiny", {"optimizer": "muon", "epochs": 6, "limit": 256, "learning_rate": 4e-3})
    with drawn_from(0):
        networks = make_networks(chosen, describe_data(chosen))
    data = load_data(chosen)
    network = networks["classifier"]
    network.compile(optimizer=make_optimizer(chosen, learning_rate(chosen, 48)), loss="sparse_categorical_crossentropy")
    history = network.fit(data.train.pictures, data.train.labels, batch_size=32, epochs=6, verbose=0).history["loss"]
    assert history[-1] < 0.9 * history[0]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A picture of one's own: one is explained sooner than six."""
    place = tmp_path_factory.mktemp("own") / "own.png"
    Image.new("RGB", (50, 40), "navy").save(place)
    return str(place)


def test_what_the_preview_shows_is_what_is_learned_from(tiny, own):
    """Without augmentation each epoch shows every picture as it is, whatever the order."""
    settings, networks, data = tiny
    plain, moved = (override(settings, {"augmentation": kind}) for kind in ("none", "translate"))
    for chosen, same in ((plain, True), (moved, False)):
        sheet = inspect(networks, data, chosen, Options(picture=own, augmentations=True)).pictures["augmentations"]
        pixels = np.asarray(sheet)[2:]
        rows = pixels[: 8 * (len(pixels) // 8)].reshape(8, len(pixels) // 8, *pixels.shape[1:])
        width = (sheet.width - 2) // 8
        tiles = [rows[:, :80, 2 + column * width : 80 + column * width] for column in range(8)]
        assert all((tile == tiles[0]).all() for tile in tiles) == same


def test_each_row_of_the_preview_is_one_picture(tiny, monkeypatch):
    """Pictures that are told apart by their grey value, in another order in each epoch and made lighter."""
    settings = tiny[0]
    pictures = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1) * np.ones((1, 84, 84, 1), np.uint8)

    def lighter(train, settings, epoch):
        indices = permutation(settings.seed, epoch, 10)
        return train.pictures[indices] + np.uint8(100 * (epoch + 1)), train.labels[indices]

    monkeypatch.setattr("etudes.experiments.cifar10_cnn.inspect.augment", lighter)
    sheet = np.asarray(augmentation_sheet(Images(pictures, np.zeros(10, np.int64)), settings, epochs=2).convert("L"))
    height, width = sheet.shape[0] // 8, sheet.shape[1] // 3
    for row in range(8):
        values = [int(sheet[row * height + 40, column * width + 40]) for column in range(3)]
        assert values == [row, row + 100, row + 200]


@pytest.mark.long
def test_looking_for_a_rate_leaves_the_run_alone(tiny, own, monkeypatch):
    settings, networks, data = tiny
    monkeypatch.setattr("etudes.experiments.cifar10_cnn.learning_rate_finder.RATE_STEPS", 12)
    before = [weight.copy() for weight in networks["classifier"].get_weights()]
    result = inspect(networks, data, settings, Options(picture=own, rates=True, target=data.info.class_names[1]))
    assert all((one == other).all() for one, other in zip(before, networks["classifier"].get_weights(), strict=True))
    assert result.metrics["rate_of_this_run"] == settings.learning_rate
    assert {"filters", "feature-maps", "saliency", "learning-rates"} == set(result.pictures)
    assert {row[3] for row in result.tables[0].rows} == {data.info.class_names[1]}


def test_a_picture_of_ones_own_needs_no_data(tmp_path, own, monkeypatch, tiny_run):
    run = tiny_run("cifar10_cnn", tmp_path / "run")
    monkeypatch.setattr("etudes.actions.loading.LoadedRun.data", None)
    result = etudes.inspect(run, picture=own)
    assert len(next(table for table in result.tables if table.title.startswith("why")).rows) == 1
    assert Options(picture="x.png", rates=True).needs_data
