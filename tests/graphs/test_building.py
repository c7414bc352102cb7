"""Graphs of networks: each computes what the network in Keras does, of whatever layers and settings."""

from typing import Any

import keras
import numpy as np
import pytest

from etudes import experiments
from etudes.actions.loading import build_networks, preset_of
from etudes.graphs import BuiltGraph, GraphNetwork, NoGraphError, build_graph, embedded
from etudes.training.backend import start_backend
from etudes.training.computing import computing
from etudes.training.state import named_weights, weights_of

UNUSUAL: list[tuple[str, str, dict[str, Any]]] = [
    ("addition_rnn", "tuned", {"digits": 2, "units": 8, "decoder_layers": 2, "reverse": False}),
    ("addition_rnn", "tuned", {"digits": 9, "units": 4, "operator": "*"}),
    ("antirectifier", "classic", {"data": "digits", "baselines": ("relu-256", "relu-512", "crelu-256")}),
    ("cifar10_cnn", "classic", {"data": "shapes"}),
    ("mnist_acgan", "classic", {"data": "digits", "convolution": "split"}),
    ("mnist_acgan", "classic", {"data": "digits", "convolution": "plain"}),
    ("mnist_acgan", "tuned", {"data": "digits"}),
    ("mnist_transfer_cnn", "tuned", {"data": "digits", "extra_convolutions": 2}),
]


def drawn(network: Any, count: int) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(1)
    return [
        (rng.integers(0, 3, shape) if "int" in tensor.dtype else rng.uniform(0, 1, shape)).astype(tensor.dtype)
        for tensor in network.inputs
        for shape in [(count, *tensor.shape[1:])]
    ]


def graph_of(network: Any, name: str = "network") -> GraphNetwork:
    inputs, outputs = ([f"{kind}_{n}" for n in range(9)] for kind in ("in", "out"))
    names = {id(weight): key for key, weight in named_weights(name, network)}
    content = build_graph(network, inputs[: len(network.inputs)], outputs[: len(network.outputs)], names)
    return GraphNetwork(content.content, weights_of({name: network}))


def assert_same(network: Any, graph: GraphNetwork) -> None:
    for count in (3, 1):
        given = drawn(network, count)
        inputs = given if len(given) > 1 else given[0]
        wanted, found = network.predict_on_batch(inputs), graph.predict_on_batch(inputs)
        for one, other in zip(*((x if isinstance(x, list) else [x]) for x in (found, wanted)), strict=True):
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * max(1.0, float(np.abs(other).max())))


@pytest.mark.parametrize(("etude", "preset", "changes"), UNUSUAL)
def test_the_networks_of_the_studies(etude: str, preset: str, changes: dict[str, Any]) -> None:
    with computing():
        start_backend()
        experiment = experiments.load(etude)
        settings = preset_of(etude, preset, {**changes, "precision": "float32"})
        networks = build_networks(experiment, settings, experiment.describe_data(settings), None)
        for network in networks.values():
            assert_same(network, graph_of(network))


L = keras.layers


@pytest.mark.parametrize(
    "layers",
    [
        [keras.Input((7, 6, 2)), L.Conv2D(4, 3, strides=2, padding="same", activation="relu"), L.LeakyReLU(0.1)],
        [keras.Input((7, 6, 4)), L.Conv2D(4, (2, 3), dilation_rate=2, groups=2, use_bias=False, activation="tanh")],
        [keras.Input((5, 6, 2)), L.Conv2DTranspose(3, 4, strides=2, padding="same")],
        [keras.Input((5, 6, 2)), L.Conv2DTranspose(3, 3, strides=2, padding="same", use_bias=False)],
        [keras.Input((5, 6, 2)), L.Conv2DTranspose(3, 2, strides=3, padding="same")],
        [keras.Input((7, 6, 2)), L.MaxPooling2D(2, padding="same"), L.UpSampling2D((2, 3)), L.Flatten()],
        [keras.Input((4, 3)), L.LSTM(5, return_sequences=True), L.LSTM(2, use_bias=False), L.RepeatVector(3)],
        [keras.Input((6,)), L.Reshape((3, 2)), L.TimeDistributed(L.Dense(4, "sigmoid")), L.Activation("softmax")],
        [keras.Input((6,)), L.Rescaling(2.0, -1.0), L.ReLU(), L.Dropout(0.5), L.Identity(), L.Dense(2, use_bias=False)],
    ],
    ids=lambda layers: type(layers[1]).__name__,
)
def test_layers_by_themselves(layers: list[Any]) -> None:
    network = keras.Sequential(layers)
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(size=weight.shape).astype("float32") for weight in network.weights])
    assert_same(network, graph_of(network))


def test_a_graph_holds_no_weights_and_runs_with_them_inside() -> None:
    import onnxruntime

    network = keras.Sequential([keras.Input((50,)), keras.layers.Dense(400)])
    names = {id(weight): key for key, weight in named_weights("n", network)}
    content = build_graph(network, ["values"], ["answer"], names)
    assert len(content.content) < 1000
    whole = embedded(content.content, weights_of({"n": network})).SerializeToString()
    assert len(whole) > 4 * 50 * 400
    given = np.ones((2, 50), np.float32)
    (found,) = onnxruntime.InferenceSession(whole).run(["answer"], {"values": given})
    np.testing.assert_allclose(found, network.predict_on_batch(given), atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (L.BatchNormalization(), "BatchNormalization"),
        (L.Dense(2, activation="swish"), "silu"),
        (L.ReLU(max_value=6), "ReLU"),
    ],
)
def test_what_has_no_rule_is_named(layer: Any, named: str) -> None:
    network = keras.Sequential([keras.Input((4,)), layer])
    with pytest.raises(NoGraphError, match=named):
        graph_of(network)


def test_the_same_network_gives_the_same_bytes_whatever_was_built_before() -> None:
    def content() -> BuiltGraph:
        network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Activation("relu")])
        names = {id(weight): key for key, weight in named_weights("n", network)}
        return build_graph(network, ["x"], ["y"], names)

    assert content() == content()
