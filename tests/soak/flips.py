"""Random damage to the files that are read again: is it noticed, or is something else loaded than what was saved?"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from etudes.contract import Images
from etudes.data import catalogue
from etudes.data.builtin import load_builtin
from etudes.errors import UserError
from etudes.runs import Checkpoint, Run, load_checkpoint, load_weights, save_checkpoint, save_weights, settings_digest
from soak.case import random_of

HEADER = {"etude": "cifar10_cnn", "preset": "tiny", "settings": {"seed": 0}, "data": {"source": "shapes", "height": 32}}


def damaged(content: bytes, random: np.random.Generator) -> bytes:
    """The content with a bit flipped, its end cut off, some bytes zeroed, or some added; never the same."""
    place = int(random.integers(len(content)))
    length = int(random.integers(1, 64))
    kind = random.integers(4)
    if kind == 0:
        changed = bytearray(content)
        changed[place] ^= 1 << int(random.integers(8))
        return bytes(changed)
    if kind == 1:
        return content[:place]
    if kind == 2:
        zeroed = content[:place] + bytes(len(content[place : place + length])) + content[place + length :]
        return zeroed if zeroed != content else content[:place]
    return content[:place] + random.bytes(length) + content[place:]


def arrays_of(seed: int) -> dict[str, Any]:
    """Small arrays of several kinds."""
    random = np.random.default_rng(seed)
    return {
        "networks/00.kernel": random.normal(size=(5, 3)).astype(np.float32),
        "networks/01.seed": random.integers(0, 9, 2).astype(np.uint32),
        "random/torch": random.integers(0, 255, 16).astype(np.uint8),
    }


def plain(value: Any) -> Any:
    """Something that can be compared: arrays become kinds, shapes and bytes."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Checkpoint):
        return plain(vars(value))
    if isinstance(value, Images):
        return plain(vars(value))
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


def trial(path: Path, load: Callable[[], Any], count: int, also_good: Any = None) -> dict[str, int]:
    """Damage a file in `count` ways, one after the other, and load each time.

    Args:
        path: the file; put back in the end.
        load: what reads it.
        count: how many ways.
        also_good: what may be loaded instead, such as the checkpoint before; it counts as detected.
    """
    whole, right = path.read_bytes(), plain(load())
    found = {"tried": count, "detected": 0, "harmless": 0, "silent": 0}
    for number in range(count):
        path.write_bytes(damaged(whole, random_of(f"{path.name} {number}")))
        try:
            loaded = plain(load())
        except UserError as error:
            found["detected" if "\n" not in str(error) else "silent"] += 1
            continue
        if also_good is not None and loaded == plain(also_good):
            found["detected"] += 1
        else:
            found["harmless" if loaded == right else "silent"] += 1
    path.write_bytes(whole)
    return found


def publish(folder: Path) -> dict[str, Path]:
    """Small sets in the places of MNIST and CIFAR-10, with their checksums in the catalogue; gives a file of each."""
    os.environ["ETUDES_DATA"] = str(folder)
    random = np.random.default_rng(0)
    contents = {}
    for name, count in (("train", 30), ("t10k", 10)):
        pictures = struct.pack(">BBBB3I", 0, 0, 8, 3, count, 28, 28) + random.bytes(count * 784)
        labels = struct.pack(">BBBBI", 0, 0, 8, 1, count) + bytes(number % 10 for number in range(count))
        contents[f"{name}-images-idx3-ubyte"], contents[f"{name}-labels-idx1-ubyte"] = pictures, labels
    published = catalogue.SETS["mnist"]
    files = []
    for name, content in contents.items():
        path = folder / "mnist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        sha256 = f"sha256:{hashlib.sha256(content).hexdigest()}"
        files.append(catalogue.PublishedFile(f"mnist/{name}", sha256, len(content)))
    order = sorted(files, key=lambda file: (not file.path.startswith("mnist/train"), "labels" in file.path))
    changed = {**vars(published), "files": tuple(order), "mirrors": ()}
    catalogue.SETS["mnist"] = catalogue.PublishedSet(**changed)
    return {name: folder / "mnist" / name for name in contents} | {"data_batch_3": _publish_cifar(folder, random)}


def _publish_cifar(folder: Path, random: np.random.Generator) -> Path:
    """Six small batches, pickled as CIFAR-10's are; gives one of them."""
    published = catalogue.SETS["cifar10"]
    files = []
    for file in published.files:
        rows = np.frombuffer(random.bytes(20 * 3072), np.uint8).reshape(20, 3072)
        content = pickle.dumps({b"data": rows, b"labels": [number % 10 for number in range(20)]}, protocol=4)
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_bytes(content)
        sha256 = f"sha256:{hashlib.sha256(content).hexdigest()}"
        files.append(catalogue.PublishedFile(file.path, sha256, len(content)))
    changed = {**vars(published), "files": tuple(files), "archive": None, "mirrors": ()}
    catalogue.SETS["cifar10"] = catalogue.PublishedSet(**changed)
    return folder / published.files[2].path


def run_flips(folder: Path, count: int = 200) -> dict[str, dict[str, int]]:
    """Damage every kind of file that is read again in `count` ways."""
    run = Run(folder / "run")
    run.write_header(HEADER)
    save_weights(run.folder, arrays_of(0))
    save_checkpoint(
        run.folder,
        Checkpoint(arrays_of(1), {"epoch": 1, "sum": 0.1 + 0.2}, '{"epoch": 1}\n'),
        settings_digest(run.folder),
    )
    previous = load_checkpoint(run.folder)
    save_checkpoint(
        run.folder,
        Checkpoint(arrays_of(2), {"epoch": 2, "sum": 0.7}, '{"epoch": 1}\n{"epoch": 2}\n'),
        settings_digest(run.folder),
    )
    current = run.folder / "checkpoints" / "current.safetensors"

    def checkpoint() -> Any:
        return load_checkpoint(run.folder)

    def weights() -> Any:
        return run.header(), load_weights(run.folder)

    found = {"checkpoint": trial(current, checkpoint, count, previous)}
    current.unlink()
    found["previous checkpoint"] = trial(current.with_name("previous.safetensors"), checkpoint, count)
    for name in ("weights.safetensors", "weights.json", "settings.toml"):
        found[name] = trial(run.folder / name, weights, count)
    before = dict(catalogue.SETS), os.environ.get("ETUDES_DATA")
    try:
        for name, path in publish(folder / "data").items():
            source = "cifar10" if "batch" in name else "mnist"
            found[f"data: {name}"] = trial(path, functools.partial(load_builtin, source), count // 4)
    finally:
        catalogue.SETS.update(before[0])
        os.environ.pop("ETUDES_DATA")
        os.environ |= {"ETUDES_DATA": before[1]} if before[1] else {}
    return found
