"""Exported networks: they give the same outside, and what does not is not kept."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import etudes
from etudes.contract import ImageInfo
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.study import make_generator
from etudes.exports import FORMATS, write_network
from etudes.training.backend import keras, loaded_backend, start_backend

LEARNED = ["addition_rnn", "antirectifier", "cifar10_cnn", "mnist_acgan", "mnist_transfer_cnn"]
on_tensorflow = pytest.mark.skipif(
    loaded_backend() not in (None, "tensorflow"), reason="TensorFlow writes this, another backend is at work"
)


@on_tensorflow
@pytest.mark.parametrize("etude", LEARNED)
def test_every_trained_network_becomes_onnx(etude: str, tmp_path: Path) -> None:
    pytest.importorskip("tf2onnx")
    import onnxruntime

    result = etudes.export(f"{etude}@bundled", format="onnx", out=tmp_path)
    about = json.loads((tmp_path / "export-onnx.json").read_bytes())
    networks = etudes.load(f"{etude}@bundled").networks
    assert set(about["networks"]) == set(networks)
    for name, one in about["networks"].items():
        assert one["largest_difference"] <= 1e-5
        assert result.files[name] == str(tmp_path / one["file"])
        session = onnxruntime.InferenceSession(tmp_path / one["file"])
        assert [node.name for node in session.get_inputs()] == list(one["inputs"])
        shapes = [described["shape"] for described in one["inputs"].values()]
        assert shapes == [[None, *part.shape[1:]] for part in networks[name].inputs]


def test_the_lines_that_are_shown_load_it_in_another_process(tmp_path: Path) -> None:
    """The antirectifier has a layer of its own, which Keras must have heard of."""
    result = etudes.export("antirectifier@bundled", out=tmp_path)
    lines = [line for line in result.lines if not line.startswith(("antirectifier:", "relu-256:"))]
    pictures = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1)).astype(np.float32)
    np.save(tmp_path / "pictures.npy", pictures)
    lines += [
        f"answers = network(np.load({str(tmp_path / 'pictures.npy')!r}))",
        f"np.save({str(tmp_path / 'answers.npy')!r}, keras.ops.convert_to_numpy(answers))",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, capture_output=True)
    trained = etudes.load("antirectifier@bundled").networks["antirectifier"]
    wanted = keras.ops.convert_to_numpy(trained(pictures))
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), wanted, atol=1e-5)


def test_what_learned_in_bfloat16_computes_in_float32_outside(tmp_path: Path) -> None:
    etudes.export("cifar10_cnn@bundled", out=tmp_path)
    assert etudes.load("cifar10_cnn@bundled").settings.precision == "bfloat16"
    network = keras.saving.load_model(tmp_path / "classifier.keras", compile=False)
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}


@on_tensorflow
@pytest.mark.parametrize("name", FORMATS)
def test_the_layer_that_splits_convolutions_is_written_too(name: str, tmp_path: Path) -> None:
    start_backend()
    if name == "onnx":
        pytest.importorskip("tf2onnx")
    generator = make_generator(ImageInfo("digits", 8, 8, 1, ("a", "b")), "classic")
    done = write_network(generator, "generator", FORMATS[name], tmp_path)
    assert done.difference <= 1e-5
    assert list(tmp_path.iterdir()) == [done.path]
    assert write_network(generator, "generator", FORMATS[name], tmp_path).path == done.path  # again, over the first


@pytest.fixture
def network() -> Any:
    start_backend()
    return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])


def test_what_gives_other_values_is_not_kept(network: Any, tmp_path: Path) -> None:
    keeping = FORMATS["keras"]
    (tmp_path / "network.keras").write_text("the one before")
    for change in (lambda found: [found[0] + 0.01], lambda found: [found[0] * np.nan], lambda found: [found[0][:1]]):
        bent = dataclasses.replace(keeping, run=lambda path, inputs, change=change: change(keeping.run(path, inputs)))
        with pytest.raises(UserError, match="the export differs by"):
            write_network(network, "network", bent, tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the one before"]


def test_what_cannot_be_written_is_said_in_a_line(network: Any, tmp_path: Path) -> None:
    def fails(_network: Any, path: Path) -> None:
        path.write_text("half")
        raise ValueError("no such operation\nand a long story")

    with pytest.raises(UserError, match=r"could not be written and run, try another --format: no such operation$"):
        write_network(network, "network", dataclasses.replace(FORMATS["keras"], write=fails), tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written to"):
        write_network(network, "network", FORMATS["keras"], tmp_path / "file")


def test_nothing_of_a_person_is_replaced(network: Any, tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "mine.txt").write_text("mine")
    (tmp_path / "network.keras").mkdir()
    for name in ("saved-model", "keras"):
        with pytest.raises(UserError, match="choose another --out"):
            write_network(network, "network", FORMATS[name], tmp_path)
    assert (tmp_path / "network" / "mine.txt").read_text() == "mine"


def test_bad_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="unknown format 'h5': choose one of: keras, saved-model, onnx"):
        etudes.export("antirectifier@bundled", format="h5", out=tmp_path)
    with pytest.raises(UserError, match="written by tensorflow: leave out --backend jax"):
        etudes.export("antirectifier@bundled", format="onnx", backend="jax", out=tmp_path)
    without = dataclasses.replace(FORMATS["onnx"], needs=("tensorflow", "no_such_module"))
    monkeypatch.setattr("etudes.actions.export.FORMATS", {**FORMATS, "onnx": without})
    with pytest.raises(UserError, match=r"needs no_such_module: pip install 'keras-etudes\[onnx\]'"):
        etudes.export("antirectifier@bundled", format="onnx", out=tmp_path)
    assert not list(tmp_path.iterdir())
