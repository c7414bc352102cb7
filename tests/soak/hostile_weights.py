"""Bad files of weights for `--weights`: models that run code, pickles, HDF5 that leads out of the file, bombs."""

from __future__ import annotations

import functools
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from soak.case import Case, Write, one_file, random_of
from soak.hostile_arrays import Touch, archive, encrypted, npy, npy_header, promised, zip_bomb
from soak.hostile_pictures import good_picture


def lambda_model(command: str = "touch canary") -> bytes:
    """A `.keras` file whose Lambda layer runs a command when the model is loaded without care."""
    function = {
        "class_name": "function",
        "config": "run",
        "registered_name": "function",
        "module": "builtins",
    }
    code = {"class_name": "__lambda__", "config": {"code": f"__import__('os').system({command!r})", "defaults": None}}
    layer = {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "run", "function": code}}
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "model", "layers": [layer, function]},
        "build_config": {"input_shape": [None, 3]},
    }
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        file.writestr("config.json", json.dumps(config))
        file.writestr("metadata.json", '{"keras_version": "3.15.0"}')
        file.writestr("model.weights.h5", hdf5(lambda group: None))
    return memory.getvalue()


def hdf5(fill: Callable[[Any], object]) -> bytes:
    """An HDF5 file in memory, filled by a function of its root."""
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        fill(file)
    return memory.getvalue()


def keras_layers(file: Any, count: int = 3, **changes: Any) -> None:
    """The plan of Keras's weight files: names of layers, and in each the names of its arrays."""
    names = [f"conv2d_{number}" for number in range(count)]
    file.attrs["layer_names"] = changes.get("layer_names", np.array(names, dtype="S"))
    for name in names:
        group = file.create_group(name)
        group.attrs["weight_names"] = changes.get("weight_names", np.array([f"{name}/kernel:0"], dtype="S"))


def _with(make: Callable[[Any], object], **changes: Any) -> bytes:
    """A Keras file whose first array is made by the function of its group."""

    def fill(file: Any) -> None:
        keras_layers(file, **changes)
        make(file["conv2d_0"].create_group("conv2d_0"))

    return hdf5(fill)


def external_link(group: Any, target: str = "/etc/passwd") -> None:
    """The array is in another file."""
    group["kernel:0"] = h5py.ExternalLink(target, "/kernel")


def external_storage(group: Any, target: str = "/etc/passwd") -> None:
    """The array's bytes are those of another file."""
    group.create_dataset("kernel:0", (64,), "f4", external=[(target, 0, 256)])


def _linked_layer(file: Any) -> None:
    keras_layers(file, 1)
    del file["conv2d_0"]
    file["conv2d_0"] = h5py.ExternalLink("/etc/passwd", "/conv2d_0")


def _virtual(group: Any) -> None:
    layout = h5py.VirtualLayout((64,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "kernel", (64,))
    group.create_virtual_dataset("kernel:0", layout)


def _link_loop(group: Any) -> None:
    group["kernel:0"] = h5py.SoftLink("/conv2d_0/conv2d_0/other")
    group["other"] = h5py.SoftLink("/conv2d_0/conv2d_0/kernel:0")


def _hard_loop(group: Any) -> None:
    group["kernel:0"] = group


def shape_bomb(group: Any) -> None:
    """Ten thousand billion ones that take no room in the file."""
    group.create_dataset("kernel:0", (10**7, 10**6), "f4", chunks=(1000, 1000), fillvalue=1.0)


def _deflated(group: Any) -> None:
    group.create_dataset("kernel:0", data=np.zeros((1000, 10_000), "f4"), compression="gzip", compression_opts=9)


def _of(**options: Any) -> Callable[[Any], object]:
    return lambda group: group.create_dataset("kernel:0", **options)


def _deep(file: Any) -> None:
    group = file
    for _ in range(2000):
        group = group.create_group("g")


_GOOD = np.ones((3, 3, 3, 32), "f4")
_HDF5: dict[str, Callable[[], bytes]] = {
    "nothing in it": lambda: hdf5(lambda file: None),
    "three layers": lambda: _with(_of(data=_GOOD)),
    "an external link": lambda: _with(external_link),
    "an external link to itself": lambda: _with(lambda group: external_link(group, "weights.h5")),
    "an external link to a device": lambda: _with(lambda group: external_link(group, "/dev/zero")),
    "external storage": lambda: _with(external_storage),
    "external storage in a device": lambda: _with(lambda group: external_storage(group, "/dev/zero")),
    "a virtual array": lambda: _with(_virtual),
    "soft links in a circle": lambda: _with(_link_loop),
    "hard links in a circle": lambda: _with(_hard_loop),
    "a shape bomb": lambda: _with(shape_bomb),
    "deflated zeros": lambda: _with(_deflated),
    "a layer that is an external link": lambda: hdf5(_linked_layer),
    "words in place of numbers": lambda: _with(_of(data=["a"] * 5, dtype=h5py.string_dtype())),
    "references in place of numbers": lambda: _with(_of(shape=(5,), dtype=h5py.ref_dtype)),
    "arrays of any length": lambda: _with(_of(shape=(5,), dtype=h5py.vlen_dtype(np.float32))),
    "doubles": lambda: _with(_of(data=_GOOD.astype("f8"))),
    "values that are not finite": lambda: _with(_of(data=_GOOD * np.nan)),
    "an array of nothing": lambda: _with(_of(data=h5py.Empty("f4"))),
    "a million names of layers": lambda: _with(_of(data=_GOOD), layer_names=np.array([b"conv2d_0"] * 8000)),
    "names of layers that are numbers": lambda: _with(_of(data=_GOOD), layer_names=np.arange(5)),
    "names of layers that are one number": lambda: _with(_of(data=_GOOD), layer_names=7),
    "names of layers in two dimensions": lambda: _with(_of(data=_GOOD), layer_names=np.array([[b"a"], [b"b"]])),
    "names of layers that are not there": lambda: _with(_of(data=_GOOD), layer_names=np.array([b"nowhere"])),
    "names that climb": lambda: _with(_of(data=_GOOD), weight_names=np.array([b"../../conv2d_0"])),
    "names that are not text": lambda: _with(_of(data=_GOOD), weight_names=np.array([b"\xff\xfe\x1b[31m"])),
    "names without end": lambda: _with(_of(data=_GOOD), weight_names=np.array([b"conv2d_0/" * 2000])),
    "names of a million letters": lambda: _with(
        _of(data=_GOOD), weight_names=np.array(["x" * 10**6] * 20, dtype=h5py.string_dtype())
    ),
    "a pickled model": lambda: hdf5(lambda file: file.attrs.__setitem__("model_config", pickle.dumps(Touch()).hex())),
    "groups 2,000 deep": lambda: hdf5(_deep),
}


def _cut_hdf5(share: float) -> bytes:
    content = _with(_of(data=_GOOD))
    return content[: int(len(content) * share)]


def _flipped_hdf5(number: int) -> bytes:
    random, content = random_of(f"hdf5 {number}"), bytearray(_with(_of(data=_GOOD)))
    for place in random.integers(8, 4000, size=20):
        content[place] ^= int(random.integers(1, 256))
    return bytes(content)


_NPZ: dict[str, bytes | Callable[[], bytes]] = {
    "empty": b"",
    "an archive of nothing": archive({}),
    "pickled arrays": lambda: archive({"conv/kernel.npy": npy(np.array([Touch()], dtype=object))}),
    "bare pickles": lambda: archive({"conv/kernel.npy": pickle.dumps(Touch())}),
    "a pickle as file": lambda: b"PK" + pickle.dumps(Touch()),
    "a shape bomb": lambda: archive({"conv/kernel.npy": promised((10**6, 10**6), "'<f4'")}),
    "a zip bomb": zip_bomb,
    "code as header": lambda: archive({"conv/kernel.npy": npy_header("__import__('os').system('touch canary')")}),
    "brackets as header": lambda: archive({"conv/kernel.npy": npy_header("(" * 9000)}),
    "names that climb": lambda: archive({"../../conv/kernel.npy": npy(_GOOD), "/var/conv/bias.npy": npy(_GOOD)}),
    "other names": lambda: archive({"kernel.npy": npy(_GOOD), "\x1b[31m\n.npy": npy(_GOOD)}),
    "a single right name": lambda: archive({"conv/kernel.npy": npy(_GOOD)}),
    "an encrypted archive": encrypted,
    "a model that runs code": lambda_model,
    "half an archive": lambda: archive({"conv/kernel.npy": npy(_GOOD)})[:2000],
    "a tenth of an archive": lambda: archive({"conv/kernel.npy": npy(_GOOD)})[:300],
}


def safetensors(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file by hand: header (JSON-ready, or bytes) and data may say anything."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def keras_archive(weights: bytes, **members: bytes) -> bytes:
    """A `.keras` file with these weights, deflated, and other members whose names have "_" for the dot."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model.weights.h5", weights)
        for name, content in members.items():
            file.writestr(name.replace("_", "."), content)
    return memory.getvalue()


def _keras_3(make: Callable[[Any], object]) -> bytes:
    """A file in Keras 3's order whose first array is made by the function of its group."""
    return hdf5(lambda file: make(file.create_group("layers/conv2d/vars")))


_KERAS: dict[str, Callable[[], bytes]] = {
    "an external link": lambda: keras_archive(_with(external_link)),
    "external storage": lambda: keras_archive(_with(external_storage)),
    "layers that are a link": lambda: keras_archive(
        hdf5(lambda file: file.__setitem__("layers", h5py.ExternalLink("/etc/passwd", "/layers")))
    ),
    "weights that are a link": lambda: keras_archive(
        _keras_3(lambda group: group.__setitem__("0", h5py.ExternalLink("/etc/passwd", "/0")))
    ),
    "a shape bomb": lambda: keras_archive(_keras_3(lambda group: shape_bomb(group.parent))),
    "networks in networks without end": lambda: keras_archive(
        hdf5(lambda file: file.create_group("layers/functional/" * 900 + "layers"))
    ),
    "weights that are a zip bomb": lambda: keras_archive(bytes(10**8)),
    "no weights": lambda: archive({"config.json": b"{}"}),
    "a description of 50 MB": lambda: keras_archive(_with(_of(data=_GOOD)), config_json=b"[" * 50_000_000),
    "pickles": lambda: keras_archive(pickle.dumps(Touch()), config_json=pickle.dumps(Touch())),
    "names that climb": lambda: archive({"../../model.weights.h5": _with(_of(data=_GOOD))}),
}

_ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
_TENSORS: dict[str, bytes | Callable[[], bytes]] = {
    "nothing in it": safetensors({}),
    "a header without end": safetensors({}, length=2**62),
    "a header that is no JSON": safetensors(b"[" * 100_000),
    "an array beyond the end": safetensors({"conv2d/kernel": {**_ONE, "data_offsets": [0, 2**40]}}, bytes(4)),
    "a shape bomb": safetensors({"conv2d/kernel": {**_ONE, "shape": [2**31, 2**31]}}, bytes(4)),
    "whole numbers": safetensors({"conv2d/kernel": {**_ONE, "dtype": "I32"}}, bytes(4)),
    "the names of PyTorch": safetensors({"features.0.weight": _ONE}, bytes(4)),
    "names that climb": safetensors({"../../conv2d/kernel": _ONE}, bytes(4)),
    "a name of a million letters": safetensors({"x" * 10**6: _ONE}, bytes(4)),
    "a name in red": safetensors({"\x1b[31m\n/kernel": _ONE}, bytes(4)),
    "a pickle": pickle.dumps(Touch()),
}


def _with_photo(write: Write) -> Write:
    def both(folder: Path, runs: Path) -> None:
        (folder / "photo.png").write_bytes(good_picture("png"))
        write(folder, runs)

    return both


def _case(number: int, what: str, name: str, write: Write, **more: Any) -> Case:
    use = ("use", "deep_dream", "photo.png", "dream.png", "--weights", name)
    train = ("train", "deep_dream", "--preset", "tiny", "--data", "photo.png", "--weights", name)
    return Case(f"weights: {what}", "weights", _with_photo(write), (use, train)[number % 2], **more)


def cases() -> Iterator[Case]:
    """All of them."""
    contents: dict[tuple[str, str], bytes | Callable[[], bytes]] = {
        **{(f"HDF5 with {what}", "weights.h5"): make for what, make in _HDF5.items()},
        **{(f"HDF5 cut at {s:.0%}", "weights.h5"): functools.partial(_cut_hdf5, s) for s in (0.02, 0.2, 0.5, 0.9)},
        **{(f"HDF5 with flipped bytes {n}", "weights.h5"): functools.partial(_flipped_hdf5, n) for n in range(10)},
        **{(f"NPZ with {what}", "weights.npz"): content for what, content in _NPZ.items()},
        **{(f"a .keras with {what}", "model.keras"): make for what, make in _KERAS.items()},
        **{(f"safetensors with {what}", "model.safetensors"): content for what, content in _TENSORS.items()},
        ("a whole model that is a link", "model.h5"): lambda: hdf5(
            lambda file: file.__setitem__("model_weights", h5py.ExternalLink("/etc/passwd", "/model_weights"))
        ),
        ("a Lambda in a model", "model.keras"): lambda_model,
        ("a Lambda in a model, named as HDF5", "model.h5"): lambda_model,
        ("a Lambda in a model, named as weights", "model.weights.h5"): lambda_model,
        ("HDF5 of another plan", "model.weights.h5"): _HDF5["an external link"],
        ("a pickle", "weights.pkl"): pickle.dumps(Touch()),
        ("a pickle of PyTorch", "weights.pth"): archive({"archive/data.pkl": pickle.dumps(Touch())}),
        ("safetensors", "weights.safetensors"): safetensors({}),
        ("a program", "weights"): b"#!/bin/sh\ntouch canary\n",
        ("text", "weights.h5"): b"text",
        ("a page", "weights.npz"): b"<!doctype html>404",
        ("an upper-case ending", "weights.H5"): b"text",
    }
    for number, ((what, name), content) in enumerate(contents.items()):
        yield _case(number, what, name, one_file(name, content))
    kinds: dict[str, Write] = {
        "pipe": lambda folder, runs: os.mkfifo(folder / "weights.h5"),
        "link to zeros": lambda folder, runs: (folder / "weights.h5").symlink_to("/dev/zero"),
        "link to itself": lambda folder, runs: (folder / "weights.h5").symlink_to("weights.h5"),
        "folder": lambda folder, runs: (folder / "weights.h5").mkdir(),
        "file of 50 GB": lambda folder, runs: _long(folder / "weights.h5", b"\x89HDF\r\n\x1a\n"),
        "archive of 50 GB": lambda folder, runs: _long(folder / "weights.npz", b"PK\3\4"),
    }
    for number, (kind, write) in enumerate(kinds.items()):
        yield _case(number, f"a {kind}", "weights.npz" if "archive" in kind else "weights.h5", write)
    for number, name in enumerate(("missing.h5", "\x1b[31m\n.h5", "x" * 300 + ".npz", "addition", " ", "/", "~", "..")):
        yield _case(number, f"the name {name[:20]!r}", name, lambda folder, runs: None)
    whole = one_file("weights.npz", _right_names)
    yield _case(0, "NPZ with the right names and other shapes", "weights.npz", whole, needs_network=True)
    whole = one_file("weights.h5", _right_count)
    yield _case(1, "HDF5 with the right number of values and other shapes", "weights.h5", whole, needs_network=True)


def _long(path: Path, start: bytes) -> None:
    path.write_bytes(start)
    os.truncate(path, 50 * 10**9)


def _right_names() -> bytes:
    """The names of the file of 2015 and as many values, but not in its shapes."""
    from etudes.experiments.deep_dream.weight_files import convolution_names

    members = {}
    for name in convolution_names():
        members[f"{name}/kernel.npy"] = npy(np.zeros((1, 1, 1, 1), "f4"))
        members[f"{name}/bias.npy"] = npy(np.zeros(1, "f4"))
    members["conv/kernel.npy"] = npy(np.zeros((1, 1, 1, 10_653_472 - 151), "f4"))
    return archive(members)


def _right_count() -> bytes:
    """As many layers and values as Keras's Inception-v3 without its classifier has, but not in its shapes."""

    def fill(file: Any) -> None:
        names = [f"layer_{number}" for number in range(188)]
        file.attrs["layer_names"] = np.array(names, dtype="S")
        for number, name in enumerate(names):
            arrays = ["kernel:0"] if number < 94 else ["beta:0", "moving_mean:0", "moving_variance:0"]
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array(arrays, dtype="S")
            for array in arrays:
                group.create_dataset(array, (21_802_784 - 375 if number == 0 else 1,), "f4")

    return hdf5(fill)
