"""The formats: how each is written, and how an exported network is run by the format's own runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from etudes.contract import Array
from etudes.errors import UserError


@dataclass(frozen=True)
class Format:
    """A kind of file, or of folder."""

    what: str
    """What it is for, in a few words."""
    suffix: str
    """What its names end with; empty for a folder."""
    write: Callable[[Any, Path], None]
    """(network, path) → nothing."""
    run: Callable[[Path, Sequence[Array]], list[Array]]
    """(path, inputs) → outputs, by the format's own runtime."""
    snippet: str
    """Python lines that load `{path}` and run it; what stands in braces is filled in."""
    backend: str | None = None
    """The backend that writes it; None: any."""
    needs: tuple[str, ...] = ()
    """Modules that it needs."""
    extra: str = ""
    """The extra of the package that installs them."""

    def check(self, name: str) -> None:
        """Check that the modules that write it are installed.

        Raises:
            UserError: one is missing.
        """
        missing = [module for module in self.needs if importlib.util.find_spec(module) is None]
        if missing:
            raise UserError(f"--format {name} needs {', '.join(missing)}: pip install 'keras-etudes[{self.extra}]'")


def _write_keras(network: Any, path: Path) -> None:
    network.save(path)


def _run_keras(path: Path, inputs: Sequence[Array]) -> list[Array]:
    import keras

    return outputs_of(keras.saving.load_model(path, compile=False, safe_mode=True), inputs)


def _write_saved_model(network: Any, path: Path) -> None:
    network.export(path, format="tf_saved_model", verbose=False, input_signature=_signature(network))


def _run_saved_model(path: Path, inputs: Sequence[Array]) -> list[Array]:
    import tensorflow as tf

    network = tf.saved_model.load(str(path))
    return outputs_of(network.serve, inputs)


def _write_onnx(network: Any, path: Path) -> None:
    network.export(path, format="onnx", verbose=False, input_signature=_signature(network))


def _run_onnx(path: Path, inputs: Sequence[Array]) -> list[Array]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [node.name for node in session.get_inputs()]
    return [np.asarray(one) for one in session.run(None, dict(zip(names, inputs, strict=True)))]


def _signature(network: Any) -> list[Any]:
    """The inputs, named by `input_names`, for any batch size."""
    import keras

    specs = [
        keras.InputSpec(shape=(None, *tensor.shape[1:]), dtype=tensor.dtype, name=name)
        for name, tensor in zip(input_names(network), network.inputs, strict=True)
    ]
    return [specs] if len(specs) > 1 else specs


def input_names(network: Any) -> list[str]:
    """Names of a network's inputs: "input", or "input_1", "input_2"."""
    count = len(network.inputs)
    return ["input"] if count == 1 else [f"input_{number}" for number in range(1, count + 1)]


def outputs_of(network: Callable[[Any], Any], inputs: Sequence[Array]) -> list[Array]:
    """The outputs of a network as arrays; one with several inputs takes a list of them."""
    import keras

    outputs = network(list(inputs) if len(inputs) > 1 else inputs[0])
    if isinstance(outputs, Mapping):
        outputs = list(outputs.values())
    return [keras.ops.convert_to_numpy(one) for one in (outputs if isinstance(outputs, list | tuple) else [outputs])]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "keras": Format(
            "a Keras model, for Python on any backend", ".keras", _write_keras, _run_keras,
            "import keras{imports}\n\nnetwork = keras.saving.load_model({path!r})\nprint(network({inputs}))",
        ),
        "saved-model": Format(
            "a TensorFlow SavedModel, for TensorFlow Serving and TensorFlow in other languages", "",
            _write_saved_model, _run_saved_model,
            "import tensorflow as tf\n\nnetwork = tf.saved_model.load({path!r})\nprint(network.serve({inputs}))",
            backend="tensorflow", needs=("tensorflow",),
        ),
        "onnx": Format(
            "ONNX, for runtimes without Python: ONNX Runtime in C++, C#, Java, browsers", ".onnx",
            _write_onnx, _run_onnx,
            "import onnxruntime\n\nsession = onnxruntime.InferenceSession({path!r})\nprint(session.run(None, {feed}))",
            backend="tensorflow", needs=("tensorflow", "tf2onnx", "onnx", "onnxruntime"), extra="onnx",
        ),
    }
)  # fmt: skip
"""By the name that `--format` takes."""
