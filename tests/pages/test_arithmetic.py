"""The arithmetic that a page shows gives the network's own values, for layers of every kind and setting."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from etudes import experiments
from etudes.actions.loading import build_networks, preset_of
from etudes.experiments.mnist_acgan.phase_split_convolution import UpsampledConv2D
from etudes.graphs import build_graph, embedded
from etudes.pages.building import BuildError, programs
from etudes.training.computing import computing
from etudes.training.state import named_weights, weights_of

PAGE = Path(__file__).parents[2] / "page"

L = keras.layers

STUDIES: list[tuple[str, str, dict[str, Any]]] = [
    ("addition_rnn", "tuned", {"digits": 2, "units": 8, "decoder_layers": 2, "reverse": False}),
    ("addition_rnn", "tuned", {"digits": 9, "units": 4, "operator": "*"}),
    ("cifar10_cnn", "tiny", {"data": "shapes"}),
    ("mnist_transfer_cnn", "tiny", {"data": "digits"}),
]


def of_single_layers() -> list[Any]:
    picture = keras.Input((5, 6, 2))
    return [
        [keras.Input((7, 6, 2)), L.Conv2D(4, 3, strides=2, padding="same", activation="relu"), L.LeakyReLU(0.1)],
        [keras.Input((7, 6, 4)), L.Conv2D(4, (2, 3), use_bias=False, activation="tanh"), L.MaxPooling2D(2)],
        [picture, L.Conv2DTranspose(3, 4, strides=2, padding="same")],
        [picture, L.Conv2DTranspose(3, 3, strides=2, padding="same", use_bias=False)],
        [picture, L.Conv2DTranspose(3, 2, strides=3, padding="same")],
        [picture, L.Conv2DTranspose(3, 5, strides=1, padding="same", activation="relu")],
        [picture, UpsampledConv2D(3, 3)],
        [picture, L.MaxPooling2D((2, 3)), L.Flatten()],
        [keras.Input((4, 3)), L.LSTM(5, return_sequences=True), L.LSTM(2, use_bias=False), L.RepeatVector(3)],
        [keras.Input((6,)), L.Reshape((3, 2)), L.TimeDistributed(L.Dense(4, "sigmoid")), L.Activation("softmax")],
        [keras.Input((6,)), L.Rescaling(2.0, -1.0), L.ReLU(), L.Dropout(0.5), L.Dense(2, use_bias=False)],
    ]


def of_several_inputs() -> Any:
    number, values = keras.Input((), dtype="int32"), keras.Input((5,))
    chosen = L.Multiply()([L.Embedding(4, 5)(number), values])
    return keras.Model([number, values], L.Dense(3, "tanh")(L.Concatenate()([chosen, -values])))


def networks() -> dict[str, Any]:
    found = {f"layers {number}": keras.Sequential(layers) for number, layers in enumerate(of_single_layers())}
    found["several inputs"] = of_several_inputs()
    rng = np.random.default_rng(0)
    for network in found.values():
        network.set_weights([rng.normal(size=weight.shape).astype("float32") for weight in network.weights])
    for etude, preset, changes in STUDIES:
        experiment = experiments.load(etude)
        settings = preset_of(etude, preset, {**changes, "precision": "float32"})
        made = build_networks(experiment, settings, experiment.describe_data(settings), None)
        found |= {f"{etude} {name} {changes}": network for name, network in made.items()}
    return found


def computed(name: str, network: Any) -> dict[str, Any]:
    """As `Computed` of page/tests/explain.test.ts, with the values of one input drawn at random."""
    import onnx
    import onnxruntime

    inputs, outputs = ([f"{kind}_{n}" for n in range(len(some))] for kind, some in
                       (("in", network.inputs), ("out", network.outputs)))  # fmt: skip
    graph = build_graph(network, inputs, outputs, {id(weight): key for key, weight in named_weights("n", network)})
    weights = weights_of({"n": network})
    model = embedded(graph.content, weights)
    wanted = [value for layer in graph.layers for value in (layer["name"], *layer["inside"])]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(value) for value in wanted)
    rng = np.random.default_rng(1)
    given = {name: drawn(one, rng) for name, one in zip(inputs, network.inputs, strict=True)}
    found = onnxruntime.InferenceSession(model.SerializeToString()).run(wanted, given)
    values = {**given, **dict(zip(wanted, found, strict=True))}
    data = {"inputs": [], "outputs": outputs, "layers": graph.layers, "parameters": 0}
    return {
        "name": name,
        "data": data,
        "weights": {key: written(np.asarray(array, np.float32)) for key, array in weights.items()},
        "values": {key: written(array[0]) for key, array in values.items()},
    }


def drawn(tensor: Any, rng: np.random.Generator) -> Any:
    shape = (1, *tensor.shape[1:])
    return (rng.integers(0, 3, shape) if "int" in tensor.dtype else rng.uniform(-1, 1, shape)).astype(tensor.dtype)


def written(array: Any) -> dict[str, Any]:
    array = np.asarray(array)
    return {"shape": array.shape, "data": array.reshape(-1).tolist()}


@pytest.mark.long
def test_the_arithmetic_of_each_cell_gives_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (PAGE / "node_modules").exists():
        pytest.skip("page/node_modules is missing: make page")
    try:
        node, _ = programs()
    except BuildError as error:
        pytest.skip(str(error))
    with computing():
        all_of_them = [computed(name, network) for name, network in networks().items()]
    (tmp_path / "computed.json").write_text(json.dumps(all_of_them))
    monkeypatch.setenv("ETUDES_COMPUTED", str(tmp_path / "computed.json"))
    done = subprocess.run([*node, "test.mjs"], cwd=PAGE, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"[-4000:]
    assert "# skipped 0" in done.stdout
