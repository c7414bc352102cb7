"""What people ask in good faith and is refused: places that hold something of theirs, finished runs asked for else.

Also leavings of other programs instead of classes, arrays and lines whose sense is not plain, and signs of markup.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from soak.case import Case, nothing, one_file
from soak.hostile_arrays import good_arrays, with_changes
from soak.hostile_pictures import good_picture
from soak.prepared import copied

Fill = Callable[[Path], object]


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _finished()
    yield from _places()
    yield from _leavings()
    yield from _arrays()
    yield from _pairs()
    yield from _signs()


# --- finished runs that are asked for something else ------------------------------------------------------------------


def _finished() -> Iterator[Case]:
    asked = {
        "of another study": ("cifar10_cnn", ("mnist_acgan", "--epochs", "1"), "cifar10_cnn"),
        "of a study of the same data": ("cifar10_cnn", ("antirectifier", "--epochs", "1"), "cifar10_cnn"),
        "for more epochs": ("cifar10_cnn", ("cifar10_cnn", "--epochs", "9"), "epochs"),
        "for more epochs of a GAN": ("mnist_acgan", ("mnist_acgan", "--epochs", "2"), "epochs"),
        "for another seed": ("cifar10_cnn", ("cifar10_cnn", "--epochs", "1", "--seed", "7"), "seed"),
        "for other data": ("cifar10_cnn", ("cifar10_cnn", "--epochs", "1", "--data", "digits"), "data"),
        "for more pictures": ("cifar10_cnn", ("cifar10_cnn", "--epochs", "1", "--limit", "65"), "limit"),
        "for another network": ("mnist_acgan", ("mnist_acgan", "--epochs", "1", "--generator", "classic"), "generator"),
        "for other sums": ("addition_rnn", ("addition_rnn", "--epochs", "1", "--pairs", "401"), "pairs"),
        "for a flag turned": (
            "addition_rnn",
            ("addition_rnn", "--epochs", "1", "--pairs", "400", "--no-reverse"),
            "reverse",
        ),
    }
    for what, (etude, (study, *flags), says) in asked.items():
        words = ("train", study, "--preset", "tiny", *flags, "--out", "run")
        yield Case(f"finished: asked {what}", "finished", copied(etude, nothing), words, says)
        yield Case(f"finished: asked {what}, in JSON", "finished", copied(etude, nothing), (*words, "--json"), says)


# --- places that hold something of a person ---------------------------------------------------------------------------


def _beside(place: Path, runs: Path, fill: Fill) -> None:
    fill(place.parent)


def _file(name: str, content: bytes = b"mine\n") -> Fill:
    def fill(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    return fill


def _places() -> Iterator[Case]:
    export = ("export", "run", "--out", "out", "--format")
    by_command: dict[str, tuple[Fill, tuple[str, ...], str]] = {
        "a page": (_file("page.html"), ("report", "run", "--as-is", "--out", "page.html"), "page.html"),
        "a photograph as a page": (_file("a.png", good_picture("png")), ("report", "run", "--out", "a.png"), "a.png"),
        "a Keras file": (_file("out/adder.keras"), (*export, "keras"), "adder.keras"),
        "an ONNX file": (_file("out/adder.onnx"), (*export, "onnx"), "adder.onnx"),
        "a LiteRT file": (_file("out/adder.tflite", b""), (*export, "litert"), "adder.tflite"),
        "a version folder": (_file("out/adder/1/saved_model.pb"), (*export, "saved-model"), "adder"),
        "a folder of notes": (_file("out/adder/notes.txt"), (*export, "saved-model"), "adder"),
        "a description": (_file("out/export-onnx.json", b"{}"), (*export, "onnx"), "export-onnx.json"),
        "a file for a folder": (_file("out"), (*export, "keras"), "out"),
    }
    for what, (fill, words, says) in by_command.items():
        write = copied("addition_rnn", functools.partial(_beside, fill=fill))
        yield Case(f"place: {what}", "place", write, words, says)
    for name in ("mine.png", "mine.jpg", "mine.webp", "a folder/mine.png"):
        write = one_file(name, good_picture("png"))
        yield Case(f"place: a picture {name}", "place", write, ("use", "mnist_acgan", "7", name), "mine")
    write = copied("addition_rnn", functools.partial(_beside, fill=_file("curves.png", good_picture("png"))))
    yield Case("place: a picture under curves", "place", write, ("compare", "run", "run", "--out", "curves.png"))


# --- leavings of other programs ---------------------------------------------------------------------------------------


def _pictures(folder: Path, count: int = 10, prefix: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{prefix}{number}.png").write_bytes(good_picture("png"))


def _leavings() -> Iterator[Case]:
    filled: dict[str, Fill] = {
        "nothing but what they leave": lambda folder: [
            _pictures(folder / name) for name in ("__MACOSX", "@eaDir", ".ipynb_checkpoints", ".thumbnails")
        ],
        "one class beside __MACOSX": lambda folder: [_pictures(folder / name) for name in ("cat", "__MACOSX")],
        "one class beside @eaDir": lambda folder: [_pictures(folder / name) for name in ("cat", "@eaDir")],
        "one class beside an empty one": lambda folder: [_pictures(folder / "cat"), (folder / "dog").mkdir()],
        "classes of resource forks": lambda folder: [_pictures(folder / name, prefix="._") for name in ("cat", "dog")],
        "two training parts": lambda folder: [
            _pictures(folder / part / name) for part in ("train", "Training") for name in ("cat", "dog")
        ],
    }
    for what, fill in filled.items():
        words = ("train", "cifar10_cnn", "--preset", "tiny", "--data", "pictures")
        yield Case(f"leavings: {what}", "leavings", functools.partial(_in_pictures, fill=fill), words, "pictures")


def _in_pictures(folder: Path, runs: Path, fill: Fill) -> None:
    (folder / "pictures").mkdir()
    fill(folder / "pictures")


# --- arrays whose sense is not plain ----------------------------------------------------------------------------------

_X, _Y = good_arrays()["x"], good_arrays()["y"]


def _arrays() -> Iterator[Case]:
    contents: dict[str, tuple[Callable[[], bytes], str]] = {
        "a class name twice": (lambda: with_changes(class_names=np.array(["cat", "cat"])), "cat"),
        "a class name twice, as bytes": (lambda: with_changes(class_names=np.array([b"cat", b"cat"])), "cat"),
        "a class name that is no Unicode": (lambda: with_changes(class_names=np.array(["cat", "\ud800"])), "data.npz"),
        "a class name that is bytes of no encoding": (
            lambda: with_changes(class_names=np.array([b"cat", b"\xff\xfe\x80"])),
            "data.npz",
        ),
        "labels that are objects": (lambda: with_changes(y=np.array(["cat", 1] * 20, dtype=object)), "data.npz"),
        "a validation part without labels": (
            lambda: with_changes(x=None, y=None, x_train=_X, y_train=_Y, x_val=_X),
            "y_val",
        ),
        "a validation part of another size": (
            lambda: with_changes(x=None, y=None, x_train=_X, y_train=_Y, x_val=_X[:, :9], y_val=_Y),
            "x_val",
        ),
        "floats of a standard deviation": (lambda: with_changes(x=(_X - 127.0) / 60), "data.npz"),
    }
    for what, (content, says) in contents.items():
        words = ("train", "cifar10_cnn", "--preset", "tiny", "--data", "data.npz")
        yield Case(f"sense: {what}", "sense", one_file("data.npz", content), words, says)


# --- pairs ------------------------------------------------------------------------------------------------------------


def _lines(*records: object) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


_SUMS = [{"question": f"{n}+1", "answer": str(n + 1)} for n in range(150)]


def _pairs() -> Iterator[Case]:
    files: dict[str, tuple[str, bytes]] = {
        "json lines with one key": ("pairs.jsonl", _lines({"question": "1+1"}, {"question": "2+2"})),
        "json lines with three keys of no meaning": ("pairs.jsonl", _lines(*[{"a": "1", "b": "2", "c": "3"}] * 50)),
        "json lines of which one lacks its answer": ("pairs.jsonl", _lines(*_SUMS, {"question": "9+9"})),
        "json lines with an empty answer": ("pairs.jsonl", _lines(*_SUMS, {"question": "9+9x", "answer": ""})),
        "json lines with an answer of one space": ("pairs.jsonl", _lines(*_SUMS, {"question": "9x", "answer": " "})),
        "json lines with a null": ("pairs.jsonl", _lines(*_SUMS, {"question": "9+9x", "answer": None})),
        "json lines with a list in it": ("pairs.jsonl", _lines(*_SUMS, {"question": ["9"], "answer": "8"})),
        "json lines that contradict": ("pairs.jsonl", _lines(*_SUMS, {"question": "1+1", "answer": "3"})),
        "json lines, cut": ("pairs.jsonl", _lines(*_SUMS)[:-9]),
        "json lines that are numbers": ("pairs.jsonl", b"1\n2\n3\n"),
        "json that is one object": ("pairs.json", b'{"question": "1", "answer": "2"}'),
        "json of a thousand brackets": ("pairs.jsonl", b"[" * 100_000),
        "an empty file of json lines": ("pairs.jsonl", b""),
        "a header and nothing else, semicolons": ("pairs.csv", b"question;answer\n"),
        "a header and nothing else, tabs": ("pairs.tsv", b"input\toutput\n"),
        "two separators in turn": ("pairs.csv", "".join(f"{n}{',;'[n % 2]}{n}\n" for n in range(200)).encode()),
        "answers of one space": ("pairs.csv", "".join(f"{n}, \n" for n in range(200)).encode()),
        "questions that differ by spaces, with other answers": (
            "pairs.csv",
            "".join(f"{n}+1,{n + 1}\n" for n in range(200)).encode() + b"7+1 ,9\n",
        ),
    }
    for what, (name, content) in files.items():
        words = ("train", "addition_rnn", "--preset", "tiny", "--data", name)
        yield Case(f"sense: {what}", "sense", one_file(name, content), words, "pairs")


# --- signs that are markup elsewhere ----------------------------------------------------------------------------------


def _signs() -> Iterator[Case]:
    texts = ("$3+$4", r"\alpha+1", "$\\foo$", "x_1+2", "3^2", "{1}+{2}", "US$1", "%d+%s", "[bold]1[/bold]+1", "1+1$")
    for text in texts:
        yield Case(f"sign: the question {text}", "sign", nothing, ("use", "addition_rnn", text))
        yield Case(f"sign: the class {text}", "sign", nothing, ("use", "mnist_acgan", text))
        yield Case(f"sign: the picture {text}.png", "sign", nothing, ("use", "cifar10_cnn", f"{text}.png"), text[:3])
