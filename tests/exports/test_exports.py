"""Exported networks: they give the same outside, are what is said of them, and what does not is not kept."""

import dataclasses
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import etudes
from etudes.contract import Array, ImageInfo, IOSpec, TensorSpec
from etudes.errors import UserError
from etudes.experiments import load as load_experiment
from etudes.experiments.mnist_acgan.study import make_generator
from etudes.exports import FORMATS, Exported, Format, write_networks
from etudes.training.backend import keras, loaded_backend, start_backend

LEARNED = ["addition_rnn", "antirectifier", "cifar10_cnn", "mnist_acgan", "mnist_transfer_cnn"]
on_tensorflow = pytest.mark.skipif(
    loaded_backend() not in (None, "tensorflow"), reason="TensorFlow writes this, another backend is at work"
)
ABOUT = {"etudes_version": "0", "class_names": ["$\\foo$", "é"]}
SPEC = IOSpec((TensorSpec("picture", "a picture", 0, 255),), (TensorSpec("scores", "any", -1e6, 1e6),))

Names = dict[str, tuple[list[int | str], str]]
"""name → (shape, dtype), as a runtime that knows nothing of us gives them."""


def names_in_keras(path: Path) -> tuple[Names, Names]:
    network = keras.saving.load_model(path, compile=False)
    outputs = zip(network.output_names, network.outputs, strict=True)
    return (
        {one.name: (["batch", *one.shape[1:]], one.dtype) for one in network.inputs},
        {name: (["batch", *one.shape[1:]], one.dtype) for name, one in outputs},
    )


def names_in_saved_model(path: Path) -> tuple[Names, Names]:
    import tensorflow as tf

    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    specs = serve.structured_input_signature[1], serve.structured_outputs
    inputs, outputs = ({n: (["batch", *s.shape[1:]], s.dtype.name) for n, s in part.items()} for part in specs)
    return inputs, outputs


def names_in_onnx(path: Path) -> tuple[Names, Names]:
    import onnxruntime

    kinds = {"tensor(float)": "float32", "tensor(int32)": "int32"}
    session = onnxruntime.InferenceSession(path)
    inputs, outputs = (
        {node.name: (node.shape, kinds[node.type]) for node in nodes}
        for nodes in (session.get_inputs(), session.get_outputs())
    )
    return inputs, outputs


def names_in_litert(path: Path) -> tuple[Names, Names]:
    import tensorflow as tf

    serve = tf.lite.Interpreter(str(path)).get_signature_runner("serving_default")
    inputs, outputs = (
        {n: (["batch", *map(int, d["shape_signature"][1:])], d["dtype"].__name__) for n, d in part.items()}
        for part in (serve.get_input_details(), serve.get_output_details())
    )
    return inputs, outputs


def metadata_in(path: Path, format: str) -> dict[str, Any]:
    """What the file holds beside the network."""
    if format == "onnx":
        import onnxruntime

        found = onnxruntime.InferenceSession(path).get_modelmeta().custom_metadata_map
        return {key: json.loads(value) if value[:1] in "[{" else value for key, value in found.items()}
    if format == "saved-model":
        content = (path / "assets.extra" / "etudes.json").read_bytes()
    else:
        with zipfile.ZipFile(path) as archive:
            content = archive.read("etudes.json")
    found = json.loads(content)
    assert isinstance(found, dict)
    return found


NAMES_IN = {
    "keras": names_in_keras,
    "saved-model": names_in_saved_model,
    "onnx": names_in_onnx,
    "litert": names_in_litert,
}


def every_format_of_every_network() -> list[Any]:
    """All but one of each are long: converting takes seconds."""
    short = {("mnist_acgan", "keras"), ("mnist_acgan", "onnx"), ("antirectifier", "saved-model")}
    short |= {("addition_rnn", "litert"), ("cifar10_cnn", "onnx")}
    pairs = [(etude, format) for etude in LEARNED for format in FORMATS]
    return [pytest.param(*pair, marks=[] if pair in short else [pytest.mark.long]) for pair in pairs]


@on_tensorflow
@pytest.mark.filterwarnings("ignore::UserWarning")  # TensorFlow's own interpreter advises another package
@pytest.mark.parametrize(("etude", "format"), every_format_of_every_network())
def test_the_sheet_says_what_the_file_is(
    etude: str, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = etudes.export(f"{etude}@bundled", format=format, out=tmp_path)
    sheet = json.loads((tmp_path / f"export-{format}.json").read_bytes())
    loaded = etudes.load(f"{etude}@bundled")
    specs = load_experiment(etude).io_spec(loaded.info, loaded.settings)
    assert set(sheet["networks"]) == set(loaded.networks)
    monkeypatch.chdir(tmp_path)
    for name, one in sheet["networks"].items():
        path = tmp_path / one["file"]
        assert result.files[name] == str(path)
        assert one["largest_difference"] <= 1e-5
        inputs, outputs = NAMES_IN[format](path)
        for said, found, parts in (
            (one["inputs"], inputs, specs[name].inputs),
            (one["outputs"], outputs, specs[name].outputs),
        ):
            assert list(said) == list(found)
            assert {n: (about["shape"], about["dtype"]) for n, about in said.items()} == found
            assert {n: (about["meaning"], about["range"]) for n, about in said.items()} == {
                part.name: (part.meaning, [part.low, part.high]) for part in parts
            }
        for about in one["outputs"].values():
            assert about["range"][0] - 1e-3 <= about["observed"][0] < about["observed"][1] <= about["range"][1] + 1e-3
        kept = metadata_in(path, format)
        assert kept["etude"] == etude
        assert kept["network"] == name
        assert kept["etudes_version"] == etudes.__version__
        assert kept["weights_sha256"] == sheet["weights_sha256"] != ""
        assert kept["settings_sha256"] == sheet["settings_sha256"] != ""
        assert "0" in kept["scaling"]
        if etude == "addition_rnn":
            assert kept["alphabet"] == " +0123456789"
        else:
            assert kept["class_names"] == one["class_names"] == specs[name].metadata["class_names"]
        exec(one["snippet"], {})  # the lines load it from its own folder


@on_tensorflow
def test_the_generator_is_said_to_give_what_it_gives(tmp_path: Path) -> None:
    """It was once described with values from -1 to 1, and with inputs `input_1` and `input_2`."""
    etudes.export("mnist_acgan@bundled", format="saved-model", out=tmp_path)
    about = json.loads((tmp_path / "export-saved-model.json").read_bytes())["networks"]["generator_ema"]
    assert about["file"] == "generator_ema/1"  # the version folder that TensorFlow Serving looks for
    assert set(about["inputs"]) == {"z", "label"}
    low, high = about["outputs"]["picture"]["observed"]
    assert about["outputs"]["picture"]["range"] == [0, 255]
    assert -1e-3 < low < 1
    assert 200 < high < 255 + 1e-3


@pytest.mark.long
def test_the_lines_in_the_sheet_load_it_in_another_process(tmp_path: Path) -> None:
    """The antirectifier has a layer of its own, which Keras must have heard of."""
    etudes.export("antirectifier@bundled", out=tmp_path)
    lines = json.loads((tmp_path / "export-keras.json").read_bytes())["networks"]["antirectifier"]["snippet"]
    pictures = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1)).astype(np.float32)
    np.save(tmp_path / "pictures.npy", pictures)
    lines += "\nnp.save('answers.npy', keras.ops.convert_to_numpy(network(np.load('pictures.npy'))))"
    subprocess.run([sys.executable, "-c", lines], check=True, capture_output=True, cwd=tmp_path)
    trained = etudes.load("antirectifier@bundled").networks["antirectifier"]
    wanted = keras.ops.convert_to_numpy(trained(pictures))
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), wanted, atol=1e-5)


def test_what_learned_in_bfloat16_computes_in_float32_outside(tmp_path: Path) -> None:
    etudes.export("cifar10_cnn@bundled", out=tmp_path)
    assert etudes.load("cifar10_cnn@bundled").settings.precision == "bfloat16"
    network = keras.saving.load_model(tmp_path / "classifier.keras", compile=False)
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}


def write_one(network: Any, spec: IOSpec, chosen: Format, folder: Path, name: str = "network") -> Exported:
    return write_networks({name: network}, {name: spec}, chosen, folder, {name: ABOUT})[name]


@on_tensorflow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long if name == "litert" else []) for name in FORMATS]
)
def test_the_layer_that_splits_convolutions_is_written_too(name: str, tmp_path: Path) -> None:
    start_backend()
    info = ImageInfo("digits", 8, 8, 1, ("a", "b"))
    generator = make_generator(info, "classic")
    acgan = load_experiment("mnist_acgan")
    spec = acgan.io_spec(info, acgan.presets["tiny"])["generator"]
    done = write_one(generator, spec, FORMATS[name], tmp_path)
    assert done.difference <= 1e-5
    assert metadata_in(done.path, name)["class_names"] == ABOUT["class_names"]
    assert [path.name for path in tmp_path.iterdir()] == [done.path.relative_to(tmp_path).parts[0]]
    assert write_one(generator, spec, FORMATS[name], tmp_path).path == done.path  # again, over the first


@on_tensorflow
def test_a_network_that_a_format_cannot_hold_is_named_with_what_else(tmp_path: Path) -> None:
    """A loop over a long sequence, which LiteRT's own operations do not have."""
    start_backend()
    network = keras.Sequential([keras.Input((40, 3)), keras.layers.LSTM(2)])
    spec = IOSpec((TensorSpec("question", "rows", 0, 1),), (TensorSpec("state", "numbers", -1, 1),))
    with pytest.raises(UserError, match=r"as LiteRT .*; try --format keras, saved-model, onnx: LiteRT has no Tensor"):
        write_one(network, spec, FORMATS["litert"], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def network() -> Any:
    start_backend()
    return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])


def changed(how: Any) -> Format:
    """The Keras format, with what its runtime answers changed."""
    keeping = FORMATS["keras"]

    def opened(path: Path) -> Any:
        honest = keeping.open(path)

        def run(inputs: Mapping[str, Array]) -> dict[str, Array]:
            return {name: how(np.asarray(value)) for name, value in honest.run(inputs).items()}

        return dataclasses.replace(honest, run=run)

    return dataclasses.replace(keeping, open=opened)


def test_what_gives_other_values_is_not_kept(network: Any, tmp_path: Path) -> None:
    (tmp_path / "network.keras").write_text("the one before")
    for how in (lambda found: found + 0.01, lambda found: found * np.nan, lambda found: found[:1]):
        with pytest.raises(UserError, match=r"the export differs by .* was not kept"):
            write_one(network, SPEC, changed(how), tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the one before"]


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 1e6), (-1e6, 0)])
def test_what_is_not_as_described_is_not_kept(low: float, high: float, network: Any, tmp_path: Path) -> None:
    said = IOSpec(SPEC.inputs, (TensorSpec("scores", "any", low, high),))
    with pytest.raises(UserError, match=r"scores is said to be .*: not exported"):
        write_one(network, said, FORMATS["keras"], tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_second_network_failing_keeps_the_first_export(network: Any, tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_text("the one before")
    lie = IOSpec(SPEC.inputs, (TensorSpec("scores", "any", 0, 0),))
    with pytest.raises(UserError, match="not exported"):
        write_networks(
            {"a": network, "b": network}, {"a": SPEC, "b": lie}, FORMATS["keras"], tmp_path, {"a": ABOUT, "b": ABOUT}
        )
    assert (tmp_path / "a.keras").read_text() == "the one before"


def test_what_cannot_be_written_is_said_in_a_line(network: Any, tmp_path: Path) -> None:
    def fails(_network: Any, path: Path, _metadata: Any) -> None:
        path.write_text("half")
        raise ValueError("no such operation " + "x" * 300 + "\nand a long story")

    with pytest.raises(UserError, match=r"as a Keras model; try --format saved-model, onnx, litert: no such") as found:
        write_one(network, SPEC, dataclasses.replace(FORMATS["keras"], write=fails), tmp_path)
    assert len(str(found.value)) <= 200
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written to"):
        write_one(network, SPEC, FORMATS["keras"], tmp_path / "file")


def test_a_file_of_a_person_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "antirectifier.keras").write_text("mine")
    with pytest.raises(UserError, match=r"antirectifier\.keras exists and is not an unchanged export: choose another"):
        etudes.export("antirectifier@bundled", out=tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("antirectifier.keras", "mine")]


def test_an_export_is_replaced_until_it_is_changed(tmp_path: Path) -> None:
    etudes.export("cifar10_cnn@bundled", out=tmp_path)
    etudes.export("cifar10_cnn@bundled", out=tmp_path)
    with (tmp_path / "classifier.keras").open("ab") as file:
        file.write(b"fine-tuned")
    with pytest.raises(UserError, match="is not an unchanged export"):
        etudes.export("cifar10_cnn@bundled", out=tmp_path)


def test_bad_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="unknown format 'h5': choose one of: keras, saved-model, onnx, litert"):
        etudes.export("antirectifier@bundled", format="h5", out=tmp_path)
    for format in ("saved-model", "litert"):
        with pytest.raises(UserError, match="written by tensorflow: leave out --backend jax"):
            etudes.export("antirectifier@bundled", format=format, backend="jax", out=tmp_path)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "onnx", None)
        with pytest.raises(UserError, match=r"backend \w+ needs onnx: pip install 'keras-etudes\[\w+\]'"):
            etudes.export("antirectifier@bundled", format="onnx", out=tmp_path)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    for format in ("saved-model", "litert"):
        extra = format.replace("saved-model", "tensorflow")
        with pytest.raises(UserError, match=rf"{format} needs tensorflow: pip install 'keras-etudes\[{extra}\]'"):
            etudes.export("antirectifier@bundled", format=format, out=tmp_path)
    assert not list(tmp_path.iterdir())
