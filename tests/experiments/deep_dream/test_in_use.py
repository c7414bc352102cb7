"""The dream in use, without a trained network and with those of other studies."""

import hashlib
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tyro
from PIL import Image

import etudes
from etudes.cli import run
from etudes.cli.flags import shown_options
from etudes.errors import Interrupted, UserError
from etudes.experiments.deep_dream import experiment, weights
from etudes.experiments.deep_dream.options import DreamOptions
from etudes.experiments.deep_dream.study import PRESETS
from etudes.runs import Run, save_weights
from etudes.schema import describe
from etudes.training.backend import keras, start_backend
from etudes.views.progress import NoProgress

CLASSIC, TINY = PRESETS["classic"], PRESETS["tiny"]


def test_without_weights_there_is_a_table_but_no_dream():
    table = next(table for table in etudes.layer_tables("deep_dream", preset="classic") if table.title == "network")
    assert table.rows[-1][2] == 21_802_784
    with pytest.raises(UserError, match="no trained network") as error:
        etudes.train("deep_dream", preset="classic", out="run", quiet=True)
    assert len(str(error.value)) <= 200
    assert not Path("run").exists()


@pytest.mark.parametrize(
    "given", ["nowhere", "cifar10_cnn", "cifar10_cnn@bundled", "inception_v3", "inception_v3_2015", "weights.pkl"]
)
def test_weights_that_cannot_be_used(given):
    Path("weights.pkl").write_bytes(b"no weights")
    with pytest.raises(UserError):
        weights.find_weights(given)


def test_use_writes_the_dream_where_the_second_input_says():
    pixels = np.random.default_rng(0).integers(20, 220, (70, 90, 3)).astype(np.uint8)
    Image.fromarray(pixels).convert("RGBA").save("photo.png")
    options = {"weights": "untrained", "octaves": 1, "iterations": 3, "layers": ("conv3",)}
    result = etudes.use("deep_dream", "photo.png", "dream.png", **options)
    with Image.open("dream.png") as written:
        assert written.size == (90, 70)
    answer = result.answers[0]
    assert answer["layers"] == ["conv3"]
    assert answer["loss_after"] > answer["loss_before"]


@pytest.mark.parametrize("inputs", [(), ("photo.png", "b.png", "c.png"), ("missing.png",), ("photo.png", "dream.doc")])
def test_use_refuses_what_it_cannot_do(inputs):
    Image.new("RGB", (70, 90), "white").save("photo.png")
    with pytest.raises(UserError):
        etudes.use("deep_dream", *inputs, weights="untrained")


def test_the_second_input_is_the_output():
    assert (DreamOptions(("a.png", "b.png")).out, DreamOptions(("a.png", "b.png")).inputs) == ("b.png", ("a.png",))
    assert DreamOptions(("a.png", "b.png"), out="c").inputs == ("a.png", "b.png")
    assert DreamOptions(("a.png",)).out is None


def test_no_picture_is_opened_but_the_one_that_was_named(monkeypatch):
    """That one once to dream on it, and once for its date, which the dream keeps."""
    Image.new("RGB", (70, 90), "white").save("photo.png")
    opened, open_image = [], Image.open

    def counted(path, *more, **options):
        opened.append(str(path))
        return open_image(path, *more, **options)

    monkeypatch.setattr(Image, "open", counted)
    etudes.use("deep_dream", "photo.png", "dream.png", weights="untrained", octaves=1, iterations=1)
    assert [Path(path).name for path in opened] == ["photo.png", "photo.png"]


def test_the_table_is_that_of_the_network_that_is_asked_for(capsys):
    start_backend()
    network = keras.applications.MobileNet(weights=None, include_top=False, alpha=0.25)
    build = keras.applications.MobileNet
    with pytest.MonkeyPatch.context() as narrow:
        narrow.setattr(keras.applications, "MobileNet", lambda **words: build(**{"alpha": 0.25, **words}))
        network.save("mobile.keras")
        assert run(["inspect", "deep_dream", "--table", "--weights", "mobile.keras", "--application", "MobileNet"]) == 0
    assert "218,544" in capsys.readouterr().out
    assert run(["inspect", "deep_dream", "--table", "--weights", "untrained"]) == 0
    assert "35,152" in capsys.readouterr().out
    assert run(["inspect", "deep_dream", "--table", "--weights", "gone.h5"]) == 2
    assert "gone.h5" in capsys.readouterr().err


@pytest.mark.long
def test_a_file_of_weights_is_hashed_once_in_a_process(monkeypatch):
    start_backend()
    network = keras.applications.MobileNetV2(weights=None, include_top=False, alpha=0.35)
    build = keras.applications.MobileNetV2
    monkeypatch.setattr(keras.applications, "MobileNetV2", lambda **words: build(**{"alpha": 0.35, **words}))
    network.save_weights("mobile.weights.h5")
    Image.new("RGB", (70, 90), "gray").save("photo.png")
    hashed, file_digest = [], hashlib.file_digest

    def counted(file, kind):
        hashed.append(str(file.name))
        return file_digest(file, kind)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    options = {"weights": "mobile.weights.h5", "application": "MobileNetV2", "layers": ("expanded_conv_project",)}
    for _ in range(2):
        etudes.use("deep_dream", "photo.png", "dream.png", octaves=1, iterations=1, **options)
    assert hashed == ["mobile.weights.h5"]
    first = weights.find_weights("mobile.weights.h5", "MobileNetV2").sha256
    network.layers[1].set_weights([kernel + 1 for kernel in network.layers[1].get_weights()])
    network.save_weights("mobile.weights.h5")
    assert weights.find_weights("mobile.weights.h5", "MobileNetV2").sha256 != first, "a file that changed"


def test_every_option_has_a_help_text_and_those_of_settings_have_theirs():
    helps = {setting.name: setting.help for setting in describe(experiment.settings)}
    for options in (experiment.use.options, experiment.inspect.options):
        described = describe(options)
        assert all(option.help for option in described)
        assert all(option.help == helps[option.name] for option in described if option.name in set(helps) - {"data"})
    settings = {setting.name for setting in describe(experiment.settings)}
    missing = settings - {option.name for option in describe(experiment.use.options)}
    assert missing == {"data", "precision"}, "every other setting of a dream can be set in use"


def test_the_flags_show_them(capsys):
    with pytest.raises(SystemExit):
        tyro.cli(shown_options(experiment.use.options), args=["--help"])
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for option in describe(experiment.use.options):
        assert " ".join(option.help.split()[:3]) in shown, option.name


def test_a_preset_gives_a_dream_its_settings_and_what_is_said_comes_before_it():
    Image.new("RGB", (70, 90), "white").save("photo.png")
    settings = replace(TINY, seed=3, layers=("conv2",), max_loss=0.0018)
    info = experiment.describe_data(settings)

    def chosen(**options):
        return experiment.use.read(info, settings, DreamOptions(("photo.png",), **options)).settings

    said = {"clip": False, "max_loss": 0.0, "detail": "after"}
    assert chosen(**said) == replace(settings, data="photo.png", **said)
    kept = {"data": "photo.png", "weights": "untrained", "seed": 3}
    assert chosen(preset="classic") == replace(CLASSIC, **kept)
    assert chosen(preset="classic", clip=True, max_loss=2.0) == replace(CLASSIC, **kept, clip=True, max_loss=2.0)
    with pytest.raises(UserError, match="unknown preset 'classical'"):
        chosen(preset="classical")


class Stopping(NoProgress):
    """Presses Ctrl-C when a step was taken."""

    def on_epoch_end(self, record):
        assert record["epoch"]
        signal.raise_signal(signal.SIGINT)


def test_a_run_of_another_etude_is_found_and_remembered(tiny_run, tmp_path):
    first = tiny_run("cifar10_cnn", tmp_path / "runs" / "first")
    assert weights.find_weights("").name == str(first)
    assert weights.find_weights("cifar10_cnn") == weights.find_weights(str(first))
    assert weights.picture_channels(first) == 3
    run = etudes.train("deep_dream", preset="tiny", weights="", octaves=1, quiet=True)
    assert run.header()["data"]["weights"] == str(first)
    assert etudes.load(run).networks["network"].name == "classifier"
    with pytest.raises(UserError, match="no convolutional network"):
        weights.find_weights(str(run))  # a dream is no network
    with pytest.raises(Interrupted):
        etudes.train("deep_dream", preset="tiny", weights="", octaves=1, out="stopped", progress=Stopping())
    newer = Run(shutil.copytree(first.folder, first.folder.with_name("newer")))
    newer.write_json("weights.json", {**newer.read_json("weights.json"), "sha256": "another"})
    assert weights.find_weights("").name == str(newer)
    assert etudes.evaluate(run).metrics == run.read_json("results.json")["metrics"]  # still with the first one
    with pytest.raises(UserError, match="--octaves 1, not 2"):  # what was left open does not matter, but this does
        etudes.train("deep_dream", preset="tiny", weights="", octaves=2, out="stopped", quiet=True)
    with pytest.raises(UserError, match="--weights"):
        etudes.train("deep_dream", preset="tiny", weights="cifar10_cnn", octaves=1, out="stopped", quiet=True)
    resumed = etudes.train("deep_dream", preset="tiny", weights="", octaves=1, out="stopped", quiet=True)
    assert resumed.header()["settings"]["weights"] == str(first), "not the newer one"
    assert resumed.results()["weights_sha256"] == run.results()["weights_sha256"]
    first.write_json("weights.json", {**first.read_json("weights.json"), "sha256": "another"})
    with pytest.raises(UserError, match="is no longer the network that this dream began with"):
        etudes.evaluate(run)


def test_own_runs_come_before_bundled_ones_and_colour_before_grey(tmp_path):
    def trained(folder, channels):
        run = Run(folder)
        run.write_header({"etude": folder.name, "preset": "tiny", "settings": {}, "data": {}})
        save_weights(folder, {"network/00.kernel": np.zeros((3, 3, channels, 4), np.float32)})
        run.write_json("results.json", {})
        return run

    grey = trained(tmp_path / "bundled" / "mnist_transfer_cnn", 1)
    assert weights.find_weights("").name == str(grey) == "mnist_transfer_cnn@bundled"
    colour = trained(tmp_path / "bundled" / "cifar10_cnn", 3)
    assert weights.find_weights("").name == str(colour)
    assert weights.find_weights("cifar10_cnn") == weights.find_weights("cifar10_cnn@bundled")
    trained(tmp_path / "runs" / "mnist_acgan", 1)
    assert weights.find_weights("").name == str(colour)
    own = trained(tmp_path / "runs" / "cifar10_cnn", 3)
    assert weights.find_weights("").name == weights.find_weights("cifar10_cnn").name == str(own)
    assert weights.find_weights("cifar10_cnn@bundled").run == colour


def test_a_run_knows_its_classes_by_name(tmp_path):
    run = Run(tmp_path / "run")
    header, two = {"etude": "cifar10_cnn", "preset": "tiny", "settings": {}}, {"first_classes": ["0", "1"]}
    for data, network, names in (
        ({"class_names": ["cat", "dog"]}, "classifier", ("cat", "dog")),
        ({**two, "second_classes": ["2", "3", "4"]}, "first", ("0", "1")),
        (two, "classifier", ()),
        ({"class_names": [1, 2]}, "classifier", ()),
    ):
        run.write_header({**header, "data": data})
        assert weights.Weights(run=run).class_names(network) == names
    assert weights.Weights("untrained").class_names("untrained") == ()


def test_a_class_of_a_transfer_is_one_of_the_network_that_dreams(tmp_path):
    run = Run(tmp_path / "runs" / "first")
    data = {"first_classes": ["a", "b", "c"], "second_classes": ["d", "e"]}
    run.write_header({"etude": "mnist_transfer_cnn", "preset": "tiny", "settings": {}, "data": data})
    save_weights(run.folder, {"first/00.kernel": np.zeros((3, 3, 1, 2), np.float32)})
    run.write_json("results.json", {})
    start_backend()
    layers = keras.layers
    chain = [layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(4), layers.Dense(3, "softmax")]
    networks = {"first": keras.Sequential([keras.Input((8, 8, 1)), *chain])}

    def build(wanted):
        settings = replace(TINY, weights=str(run), layers=(wanted,))
        return experiment.make_networks(settings, experiment.describe_data(settings), networks)

    assert build("class:b")["network"].name == "first"
    with pytest.raises(UserError, match="choose one of: a, b, c"):
        build("class:d")
    with pytest.raises(UserError, match="3 classes, 0 to 2"):
        build("class:3")
