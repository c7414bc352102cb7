"""The formats: how each is written, and how an exported network is opened and run by the format's own runtime."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from etudes.contract import Array
from etudes.graphs import build_graph, embedded
from etudes.graphs.runtime import onnx_runtime

METADATA = "etudes.json"
"""The name of the metadata within a file or folder; ONNX has a place of its own for it."""


@dataclass(frozen=True)
class Tensor:
    """An input or output of an exported network, as the file names it."""

    shape: tuple[int | str, ...]
    """The first is "batch": any number of examples."""
    dtype: str


@dataclass(frozen=True)
class OpenedExport:
    """An exported network, opened by the format's own runtime."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    run: Callable[[Mapping[str, Array]], Mapping[str, Any]]
    """Inputs by name → outputs by name."""
    about: dict[str, Any] = field(default_factory=dict)
    """What else the file says of itself."""


@dataclass(frozen=True)
class Format:
    """A kind of file, or of folder."""

    what: str
    """What it is for, in a few words."""
    suffix: str
    """What follows the network's name; "/1" is a folder within a folder."""
    write: Callable[[Any, Path, Mapping[str, Any]], None]
    """(network with named inputs and outputs, path, metadata) → nothing."""
    open: Callable[[Path], OpenedExport]
    snippet: str
    """Python lines that load `{path}` and run it on zeros; what stands in braces is filled in."""
    backend: str | None = None
    """The backend that writes it; None: any."""
    extra: str = ""
    """The extra of the package that writes it; empty: that of any backend."""


def _tensor(shape: Sequence[Any], dtype: Any) -> Tensor:
    return Tensor(("batch", *(int(extent) for extent in shape[1:])), str(dtype))


def _append(path: Path, metadata: Mapping[str, Any]) -> None:
    """Add the metadata as a member of a ZIP archive: a Keras file is one, a LiteRT file may end in one."""
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(METADATA, _json(metadata))


def _json(value: Any) -> str:
    return json.dumps(dict(value) if isinstance(value, Mapping) else value, ensure_ascii=False)


# --- Keras ------------------------------------------------------------------------------------------------------------


def _write_keras(network: Any, path: Path, metadata: Mapping[str, Any]) -> None:
    network.save(path)
    _append(path, metadata)


def _open_keras(path: Path) -> OpenedExport:
    import keras

    network = keras.saving.load_model(path, compile=False, safe_mode=True)
    names = list(network.output_names)

    def run(inputs: Mapping[str, Array]) -> dict[str, Any]:
        outputs = network(dict(inputs))
        several = outputs if isinstance(outputs, list | tuple) else [outputs]
        return {name: keras.ops.convert_to_numpy(one) for name, one in zip(names, several, strict=True)}

    return OpenedExport(
        {tensor.name: _tensor(tensor.shape, tensor.dtype) for tensor in network.inputs},
        {name: _tensor(one.shape, one.dtype) for name, one in zip(names, network.outputs, strict=True)},
        run,
        {"keras_version": keras.__version__},
    )


# --- TensorFlow, and what is converted from it ------------------------------------------------------------------------


def _by_name(network: Any) -> Any:
    """The network as one of dictionaries: the names of exported signatures are their keys."""
    import keras

    inputs = {tensor.name: tensor for tensor in network.inputs}
    named = keras.Model(inputs, dict(zip(network.output_names, network.outputs, strict=True)))
    named(inputs)  # Keras exports only what has been called
    return named


def _write_saved_model(network: Any, path: Path, metadata: Mapping[str, Any]) -> None:
    _by_name(network).export(path, format="tf_saved_model", verbose=False)
    extra = path / "assets.extra"  # the folder that TensorFlow leaves to others
    extra.mkdir()
    (extra / METADATA).write_text(_json(metadata), encoding="utf-8")


def _open_saved_model(path: Path) -> OpenedExport:
    import tensorflow as tf

    network = tf.saved_model.load(str(path))
    serve = network.signatures["serving_default"]

    def run(inputs: Mapping[str, Array]) -> dict[str, Any]:
        assert network  # its variables live as long as it does
        return {name: one.numpy() for name, one in serve(**{k: tf.constant(v) for k, v in inputs.items()}).items()}

    inputs, outputs = (
        {name: _tensor(spec.shape, spec.dtype.name) for name, spec in specs.items()}
        for specs in (serve.structured_input_signature[1], serve.structured_outputs)
    )
    about = {"signature": "serving_default", "tensorflow_version": network.tensorflow_version}
    return OpenedExport(inputs, outputs, run, about)


def _write_onnx(network: Any, path: Path, metadata: Mapping[str, Any]) -> None:
    import keras
    import onnx

    names = {id(weight): f"{number:02d}.{weight.name}" for number, weight in enumerate(network.weights)}
    graph = build_graph(network, [tensor.name for tensor in network.inputs], network.output_names, names)
    arrays = {names[id(weight)]: keras.ops.convert_to_numpy(weight) for weight in network.weights}
    model = embedded(graph.content, arrays)
    model.producer_version = str(metadata["etudes_version"])
    texts = {key: value if isinstance(value, str) else _json(value) for key, value in metadata.items()}
    onnx.helper.set_model_props(model, texts)
    onnx.save(model, path)


def _open_onnx(path: Path) -> OpenedExport:
    import onnx

    onnxruntime = onnx_runtime()
    onnx.checker.check_model(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    model = onnx.load(path)
    names = [node.name for node in session.get_outputs()]

    def described(values: Any) -> dict[str, Tensor]:
        found = {}
        for value in values:
            kind = value.type.tensor_type
            extents = [extent.dim_param or extent.dim_value for extent in kind.shape.dim]
            found[value.name] = Tensor(tuple(extents), str(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)))
        return found

    about = {
        "opset": next(one.version for one in model.opset_import if one.domain == ""),
        "producer": f"{model.producer_name} {model.producer_version}",
        "metadata": dict(session.get_modelmeta().custom_metadata_map),
    }
    return OpenedExport(
        described(model.graph.input),
        described(model.graph.output),
        lambda inputs: dict(zip(names, session.run(names, dict(inputs)), strict=True)),
        about,
    )


def _write_litert(network: Any, path: Path, metadata: Mapping[str, Any]) -> None:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        _by_name(network).export(folder, format="tf_saved_model", verbose=False)
        try:
            content = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
        except Exception as error:  # of a class of its own, with pages about each operation
            lacking = sorted(set(re.findall(r"'tf\.(\w+)' op", str(error))))
            raise ValueError(f"LiteRT has no {', '.join(lacking)} for it" if lacking else str(error)) from error
    path.write_bytes(content)
    _append(path, metadata)


def _open_litert(path: Path) -> OpenedExport:
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(path))
    serve = interpreter.get_signature_runner("serving_default")

    def run(inputs: Mapping[str, Array]) -> Mapping[str, Any]:
        return serve(**inputs)  # type: ignore[no-any-return]

    inputs, outputs = (
        {name: _tensor(one["shape_signature"], one["dtype"].__name__) for name, one in details.items()}
        for details in (serve.get_input_details(), serve.get_output_details())
    )
    return OpenedExport(inputs, outputs, run, {"signature": "serving_default"})


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "keras": Format(
            "a Keras model, for Python on any backend", ".keras", _write_keras, _open_keras,
            "import keras\nimport numpy as np{imports}\n\n"
            "network = keras.saving.load_model({path!r}, compile=False)\nprint(network({{{inputs}}}))",
        ),
        "saved-model": Format(
            "a TensorFlow SavedModel, for TensorFlow Serving and TensorFlow in other languages", "/1",
            _write_saved_model, _open_saved_model,
            "import numpy as np\nimport tensorflow as tf\n\nnetwork = tf.saved_model.load({path!r})\n"
            "print(network.serve({{{inputs}}}))",
            backend="tensorflow", extra="tensorflow",
        ),
        "onnx": Format(
            "ONNX, for runtimes without Python: ONNX Runtime in C++, C#, Java, browsers", ".onnx",
            _write_onnx, _open_onnx,
            "import numpy as np\nimport onnxruntime\n\nsession = onnxruntime.InferenceSession({path!r})\n"
            "print(session.run(None, {{{inputs}}}))",
            extra="onnx",
        ),
        "litert": Format(
            "LiteRT (TensorFlow Lite), for phones and small devices", ".tflite", _write_litert, _open_litert,
            "import numpy as np\nimport tensorflow as tf  # or: from ai_edge_litert.interpreter import Interpreter\n\n"
            "network = tf.lite.Interpreter({path!r}).get_signature_runner('serving_default')\n"
            "print(network(**{{{inputs}}}))",
            backend="tensorflow", extra="litert",
        ),
    }
)  # fmt: skip
"""By the name that `--format` takes."""
