"""Bad run folders: damaged, foreign, swapped, or made to lead elsewhere."""

from __future__ import annotations

import functools
import json
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from soak.case import Case, Write
from soak.hostile_arrays import Touch, archive, npy
from soak.hostile_toml import resign
from soak.hostile_weights import safetensors
from soak.prepared import changed_run

Change = Callable[[Path], object]

_FILES = ("settings.toml", "weights.json", "weights.safetensors", "results.json")


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _files()
    yield from _weights()
    yield from _manifests()
    yield from _checkpoints()
    yield from _whole_folders()


# --- files of a run ---------------------------------------------------------------------------------------------------


def _replace(place: Path, name: str, how: Callable[[Path], object]) -> None:
    (place / name).unlink()
    how(place / name)


def _files() -> Iterator[Case]:
    ways: dict[str, Callable[[Path], object]] = {
        "missing": lambda path: None,
        "a folder": lambda path: path.mkdir(),
        "a pipe": os.mkfifo,
        "empty": lambda path: path.write_bytes(b""),
        "text": lambda path: path.write_bytes(b"\x1b[31mtext\n"),
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a link to zeros without end": lambda path: path.symlink_to("/dev/zero"),
        "a pickle": lambda path: path.write_bytes(pickle.dumps(Touch())),
        "50 GB with holes": lambda path: (path.write_bytes(b"{"), os.truncate(path, 50 * 10**9)),
    }
    doors = (("use", "run", "1+2"), ("evaluate", "run"), ("inspect", "run", "--table"))
    number = 0
    for name in _FILES[:3]:
        for way, how in ways.items():
            change = functools.partial(_replace, name=name, how=how)
            yield changed_run("run folder", f"{name} is {way}", change, doors[number % 3])
            number += 1
    for way in ("text", "a folder", "a pipe", "a link to zeros without end", "50 GB with holes", "a pickle"):
        change = functools.partial(_replace, name="results.json", how=ways[way])
        yield changed_run("run folder", f"results.json is {way}", change, ("compare", "run", "run"))


_RESULTS = (b"[]", b"7", b'"text"', b"null", b"{}", b'{"metrics": 7}', b'{"metrics": {}, "training_seconds": []}')
_RESULTS += (b"[" * 100_000, b'{"metrics": {"a": ' + b"9" * 5000 + b"}}", b'{"metrics": [1], "training_seconds": 1}')


# --- weights ----------------------------------------------------------------------------------------------------------


def _swap(place: Path, content: bytes | Callable[[bytes], bytes]) -> None:
    path = place / "weights.safetensors"
    path.write_bytes(content(path.read_bytes()) if callable(content) else content)
    resign(place)


def _relabel(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    assert len(old) == len(new)
    return lambda content: content.replace(old, new)


def _with_nan(content: bytes) -> bytes:
    return content[:-4] + np.array([np.nan], "<f4").tobytes()


_ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
_WEIGHTS: dict[str, bytes | Callable[[bytes], bytes]] = {
    "a header that promises 2^63 bytes": safetensors({}, length=2**63),
    "a header that promises 99 MB": safetensors({}, length=99_000_000),
    "a header that is no JSON": safetensors(b"not json"),
    "a header of brackets": safetensors(b"[" * 100_000),
    "a header that is a list": safetensors([]),
    "a header of numbers": safetensors({"a": 7}),
    "nothing in it": safetensors({}),
    "overlapping arrays": safetensors({"a": _ENTRY, "b": _ENTRY}, bytes(8)),
    "arrays beyond the end": safetensors({"a": {**_ENTRY, "data_offsets": [0, 800]}}, bytes(8)),
    "arrays before the start": safetensors({"a": {**_ENTRY, "data_offsets": [-8, 0]}}, bytes(8)),
    "offsets turned round": safetensors({"a": {**_ENTRY, "data_offsets": [8, 0]}}, bytes(8)),
    "a hole between arrays": safetensors({"a": {**_ENTRY, "data_offsets": [8, 16]}}, bytes(16)),
    "a shape that does not fit": safetensors({"a": {**_ENTRY, "shape": [10**9]}}, bytes(8)),
    "a shape beyond counting": safetensors({"a": {**_ENTRY, "shape": [2**62, 2**62]}}, bytes(8)),
    "a negative shape": safetensors({"a": {**_ENTRY, "shape": [-2]}}, bytes(8)),
    "an unknown dtype": safetensors({"a": {**_ENTRY, "dtype": "OBJ"}}, bytes(8)),
    "rubbish after the end": lambda content: content + b"rubbish",
    "a missing byte": lambda content: content[:-1],
    "half of it": lambda content: content[: len(content) // 2],
    "a value that is not a number": _with_nan,
    "another dtype": _relabel(b'"F32"', b'"I32"'),
    "another name": _relabel(b"adder", b"eddar"),
    "an archive of NumPy": archive({"adder.npy": npy(np.ones(3))}),
    "an archive of a pickle": archive({"adder.npy": npy(np.array([Touch()], dtype=object))}),
}


def _weights() -> Iterator[Case]:
    doors = (("use", "run", "1+2"), ("evaluate", "run"), ("inspect", "run", "--table"))
    for number, (what, content) in enumerate(_WEIGHTS.items()):
        change = functools.partial(_swap, content=content)
        yield changed_run("run folder", f"weights with {what}", change, doors[number % 3])


def _manifest(place: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = place / "weights.json"
    changed = change(json.loads(path.read_bytes()))
    path.write_bytes(changed if isinstance(changed, bytes) else json.dumps(changed).encode())


_MANIFESTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a list": lambda manifest: [],
    "a number": lambda manifest: 7,
    "null": lambda manifest: None,
    "nothing": lambda manifest: {},
    "cut": lambda manifest: json.dumps(manifest).encode()[:300],
    "brackets": lambda manifest: b"[" * 100_000,
    "braces": lambda manifest: b'{"a":' * 100_000,
    "latin-1": lambda manifest: b'{"a": "\xff\xfe"}',
    "30 MB of spaces": lambda manifest: b" " * 30_000_000,
    "a number of 5,000 digits": lambda manifest: b'{"sha256": ' + b"9" * 5000 + b"}",
    "another sum": lambda manifest: {**manifest, "sha256": "0" * 64},
    "a sum that is a list": lambda manifest: {**manifest, "sha256": []},
    "no sum of the settings": lambda manifest: {k: v for k, v in manifest.items() if k != "settings_sha256"},
    "another sum of the settings": lambda manifest: {**manifest, "settings_sha256": "0" * 64},
    "arrays that are a text": lambda manifest: {**manifest, "arrays": "adder"},
    "arrays that are numbers": lambda manifest: {**manifest, "arrays": dict.fromkeys(manifest["arrays"], 7)},
    "one array less": lambda manifest: {**manifest, "arrays": dict(list(manifest["arrays"].items())[1:])},
    "one array more": lambda manifest: {**manifest, "arrays": {**manifest["arrays"], "more": {}}},
    "another shape": lambda manifest: json.dumps(manifest).replace("[", "[1, ", 1).encode(),
    "a file elsewhere": lambda manifest: {**manifest, "file": "../elsewhere", "sha256": "1" * 64},
}


def _manifests() -> Iterator[Case]:
    doors = (("use", "run", "1+2"), ("evaluate", "run"), ("inspect", "run", "--table"))
    for number, (what, content) in enumerate(_MANIFESTS.items()):
        change = functools.partial(_manifest, change=content)
        yield changed_run("run folder", f"a manifest that is or has {what}", change, doors[number % 3])
        if number < 9:
            words = ("use", "deep_dream", "china", "dream.png", "--weights", "run")
            yield changed_run("run folder", f"a network to dream with whose manifest has {what}", change, words)
    for content_of in _RESULTS:
        write: Change = functools.partial(_write_results, content=content_of)
        yield changed_run("run folder", f"results that are {content_of[:40]!r}", write, ("compare", "run", "run"))
    for content_of in _METRICS:
        write = functools.partial(_write_metrics, content=content_of)
        yield changed_run("run folder", f"metrics that are {content_of[:40]!r}", write, ("compare", "run", "run"))


_METRICS = (b"text\n", b"[]\n", b"7\n", b'{"phase": 7, "epoch": 1}\n', b"[" * 100_000 + b"\n", b"\xff\xfe\n")
_METRICS += (b'{"phase": "train", "epoch": "one", "seconds": 1}\n', b'{"phase": "train"}\n')


def _write_metrics(place: Path, content: bytes) -> None:
    (place / "metrics.jsonl").write_bytes(content)


def _write_results(place: Path, content: bytes) -> None:
    (place / "results.json").write_bytes(content)


# --- checkpoints ------------------------------------------------------------------------------------------------------


def _both(place: Path, content: bytes | Callable[[bytes], bytes]) -> None:
    old = (place / "checkpoints" / "current.safetensors").read_bytes()
    for name in ("current", "previous"):
        path = place / "checkpoints" / f"{name}.safetensors"
        path.write_bytes(content(old) if callable(content) else content)


_CHECKPOINTS: dict[str, bytes | Callable[[bytes], bytes]] = {
    "empty": b"",
    "text": b"\x1b[31mtext\n",
    "a pickle": pickle.dumps(Touch()),
    "cut": lambda content: content[: len(content) // 2],
    "a byte less": lambda content: content[:-1],
    "the last byte flipped": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "another epoch": lambda content: content.replace(b'\\"epoch\\": 1', b'\\"epoch\\": 0'),
    "another kind": lambda content: content.replace(b"etudes checkpoint", b"etudes shekpoint "),
    "a newer format": lambda content: content.replace(b'"format":"2"', b'"format":"9"'),
    "no metadata": lambda content: safetensors({"a": _ENTRY}, bytes(8)),
    "a header bomb": safetensors({}, length=2**62),
    "metadata that is a number": safetensors({"__metadata__": 7}),
}


def _checkpoints() -> Iterator[Case]:
    for what, content in _CHECKPOINTS.items():
        change = functools.partial(_both, content=content)
        yield changed_run("run folder", f"checkpoints with {what}", change, ("resume", "run"), unfinished=True)
    ways: dict[str, Callable[[Path], object]] = {
        "folders": lambda path: path.mkdir(),
        "pipes": os.mkfifo,
        "zeros without end": lambda path: path.symlink_to("/dev/zero"),
    }
    for way, how in ways.items():
        change = functools.partial(_replace_both, how=how)
        yield changed_run("run folder", f"checkpoints that are {way}", change, ("resume", "run"), unfinished=True)
    for number, content_of in enumerate((b"text", b"[]", b"[" * 100_000, b'{"backend": 7}', b'{"backend": "evil"}')):
        write = functools.partial(_write_environment, content=content_of)
        what = f"an environment that is {content_of[:30]!r} ({number})"
        yield changed_run("run folder", what, write, ("resume", "run"), unfinished=True)


def _replace_both(place: Path, how: Callable[[Path], object]) -> None:
    for name in ("current", "previous"):
        path = place / "checkpoints" / f"{name}.safetensors"
        path.unlink(missing_ok=True)
        how(path)


def _write_environment(place: Path, content: bytes) -> None:
    (place / "environment.json").write_bytes(content)


# --- whole folders ----------------------------------------------------------------------------------------------------


def _of_another(folder: Path, runs: Path) -> None:
    """The settings of one run and the weights of another."""
    shutil.copytree(runs / "addition_rnn", folder / "run", ignore=shutil.ignore_patterns("checkpoints", "pictures"))
    for name in ("weights.json", "weights.safetensors"):
        shutil.copy(runs / "cifar10_cnn" / name, folder / "run" / name)


def _whole_folders() -> Iterator[Case]:
    def made(fill: Callable[[Path], Any]) -> Write:
        return lambda folder, runs: fill(folder / "run")

    words = (("use", "run", "1+2"), ("evaluate", "run"), ("inspect", "run"), ("resume", "run"))
    folders: dict[str, Write] = {
        "empty": made(lambda place: place.mkdir()),
        "a file": made(lambda place: place.write_text("run")),
        "a pipe": made(lambda place: os.mkfifo(place)),
        "a link to itself": made(lambda place: place.symlink_to("run")),
        "a link to nothing": made(lambda place: place.symlink_to("nowhere")),
        "a link to a device": made(lambda place: place.symlink_to("/dev/zero")),
    }
    for what, write in folders.items():
        for door in words:
            yield Case(f"run folder: {what}, {door[0]}", "run folder", write, door)
    for door in words[:3]:
        yield Case(f"run folder: weights of another etude, {door[0]}", "run folder", _of_another, door)
