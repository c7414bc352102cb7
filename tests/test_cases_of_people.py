"""Inputs as people bring them, through train, evaluate, use, inspect and report, without a traceback."""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import etudes
import people
from etudes.cli import run as command
from etudes.runs import Run

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("runs")]

Capture = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Brought:
    """Labelled pictures, and what must come of them."""

    name: str
    write: Callable[[Path], Any]
    classes: tuple[str, ...] = ("cross", "square")
    examples: int = 24
    study: str = "antirectifier"
    said: str = ""
    """What the run's notes must say, as a regular expression."""
    refused: str = ""
    """What the refusal must name; empty where it must be trained on."""
    check: Callable[[Run, Any], Any] = lambda run, data: None
    """(run, its data) → nothing; asserts what else must be so."""


def brought(name: str, write: Callable[..., Any], *args: Any, **others: Any) -> Brought:
    return Brought(name, functools.partial(_written, write, args), **others)


def _written(write: Callable[..., Any], args: tuple[Any, ...], place: Path) -> None:
    write(place, *args)


def pictures_fill_the_range(run: Run, data: Any) -> None:
    assert data.train.pictures.max() > 200
    assert data.train.pictures.min() < 60


def a_part_was_held(count: int) -> Callable[[Run, Any], None]:
    def check(run: Run, data: Any) -> None:
        assert count in (run.header()["split"]["test"], run.header()["split"]["validation"])

    return check


def size_follows_the_many(run: Run, data: Any) -> None:
    assert 26 <= data.info.height <= 34
    assert 36 <= data.info.width <= 44


_X, _Y = people.pictures_and_labels()
_PARTS = {"x_train": _X[:60], "y_train": _Y[:60], "x_val": _X[60:70], "y_val": _Y[60:70]}
_PARTS |= {"x_test": _X[70:], "y_test": _Y[70:]}
_COLOUR = np.repeat(_X[:, None], 3, axis=1)

MONEY, LATEX, SIGNS = ("US$1", "US$5"), (r"$\foo$", r"\alpha"), ("50%", "a_{b}", "c^2", "{x")

PICTURES = [
    brought("money", people.class_folders, MONEY, classes=MONEY, study="cifar10_cnn"),
    brought("latex", people.class_folders, LATEX, classes=LATEX, study="mnist_acgan"),
    brought("signs", people.class_folders, SIGNS, classes=SIGNS, examples=48),
    brought("left-behind", people.left_behind, said=r"__MACOSX|@eaDir|new folder", study="cifar10_cnn"),
    *(
        brought(f"{first}-{held}", people.split_in_parts, first, held, examples=48, check=a_part_was_held(24))
        for first, held in (("train", "valid"), ("train", "dev"), ("Train", "Test"), ("training", "testing"))
    ),
    brought("sizes", people.one_banner, examples=25, said=r"banner\.png", check=size_follows_the_many),
    brought("transparent", people.transparent, said="transparen", check=pictures_fill_the_range),
    brought(
        "classes-225", people.many_classes, classes=tuple(f"{n:04d}" for n in range(225)), examples=675,
        study="cifar10_cnn",
    ),
]  # fmt: skip


def array(name: str, arrays: dict[str, Any], **others: Any) -> Brought:
    """An NPZ file of 80 pictures, which must be used in the range 0..255."""
    expected = {"classes": ("0", "1"), "examples": 80, "check": pictures_fill_the_range, **others}
    return brought(f"{name}.npz", people.archive, arrays, **expected)


ARRAYS = [
    array("zero-one", {"x": (_X > 128).astype("uint8"), "y": _Y}, said=r"0\.\.1|0 to 1"),
    array("zero-fifteen", {"x": _X // 16, "y": _Y}, said=r"0\.\.15|0 to 15"),
    array("twelve-bits", {"x": _X.astype("uint16") << 4, "y": _Y}, said=r"4095|4,095|12"),
    array("minus-one-to-one", {"x": _X / np.float32(127.5) - 1, "y": _Y}, said="-1"),
    array("labels-from-one", {"x": _X, "y": _Y + 1}, classes=("1", "2")),
    array("labels-with-gap", {"x": _X, "y": _Y * 3}, classes=("0", "3")),
    array("split-names", _PARTS, check=a_part_was_held(10)),
    array("channels-first", {"images": _COLOUR, "labels": _Y}, said="channel"),
    array("bytes-names", {"x": _X, "y": _Y, "class_names": np.array([b"cat", b"dog"])}, classes=("cat", "dog")),
    array("same-name-twice", {"x": _X, "y": _Y, "class_names": np.array(["cat", "cat"])}, refused="cat"),
]


def done(capsys: Capture, *words: str, code: int = 0) -> str:
    """Run a command, which must end so; returns standard output, or of a refusal its line."""
    ended = command(words)
    out, err = capsys.readouterr()
    assert ended == code, f"etudes {' '.join(words)}: {err}"
    if code:
        (line,) = err.strip().splitlines()
        assert line.startswith("etudes: ")
        assert len(line) <= 200
        return line
    return out


def tiny(study: str, data: str) -> tuple[str, ...]:
    few = ("--pairs", "0") if study == "addition_rnn" else ("--limit", "0")
    return ("train", study, "--preset", "tiny", "--epochs", "1", "--batch-size", "8", *few, "--data", data, "--quiet")


def read_everywhere(capsys: Capture, *used: str, commands: bool = False) -> str:
    """Evaluate, use, inspect and report the run in the current folder; returns its page as people read it.

    By commands, or with networks that are loaded once, which takes half of the time.
    """
    if commands:
        for words in (("evaluate", "run"), ("use", "run", *used), ("inspect", "run"), ("report", "run")):
            done(capsys, *words)
    else:
        loaded = etudes.load("run")
        etudes.evaluate(loaded)
        assert etudes.use(loaded, *used).answers
        etudes.inspect(loaded)
        etudes.report(loaded)
    return html.unescape((Path("run") / "report.html").read_text(encoding="utf-8"))


def notes_of(run: Run) -> str:
    return "\n".join(run.header().get("notes", []))


@pytest.mark.parametrize("case", [*PICTURES, *ARRAYS], ids=lambda case: case.name)
def test_pictures(case: Brought, capsys: Capture) -> None:
    case.write(Path(case.name))
    words = (*tiny(case.study, case.name), "--out", "run")
    if case.refused:
        assert case.refused in done(capsys, *words, code=2)
        assert not Path("run").exists()
        return
    done(capsys, *words)
    run = Run(Path("run"))
    header = run.header()
    assert tuple(header["data"]["class_names"]) == case.classes
    assert sum(header["split"].values()) == case.examples
    assert re.search(case.said, notes_of(run), re.IGNORECASE), notes_of(run)
    case.check(run, etudes.load(run).data)
    people.photograph(Path("photo.png"))
    used = case.classes[0] if case.study == "mnist_acgan" else "photo.png"
    page = read_everywhere(capsys, used, commands=case.classes in (MONEY, LATEX))
    assert all(name in page for name in case.classes[:5])


def test_pictures_in_nested_folders_are_used_or_said_to_be_skipped(capsys: Capture) -> None:
    people.nested(Path("nested"))
    done(capsys, *tiny("antirectifier", "nested"), "--out", "run")
    run = Run(Path("run"))
    used = sum(run.header()["split"].values())
    assert used == 20 or (used == 10 and re.search(r"\b10\b", notes_of(run)))


def test_classes_named_with_signs_are_transferred_too(capsys: Capture) -> None:
    names = (*MONEY, *LATEX)
    people.class_folders(Path("four"), names)
    words = tiny("mnist_transfer_cnn", "four")
    done(capsys, *words, "--transfer-epochs", "1", "--out", "run")
    people.photograph(Path("photo.png"))
    page = read_everywhere(capsys, "photo.png")
    assert all(name in page for name in names)


PAIRS = {
    "header.csv": (144, "3+4", " +0123456789", "header|input"),
    "semicolons.csv": (144, "3+4", " +0123456789", "semicolon"),
    "tabs.tsv": (144, "3+4", " +0123456789", "tab"),
    "space-after-comma.csv": (144, "3+4", " +0123456789", ""),
    "lines.jsonl": (144, "3+4", " +0123456789", ""),
    "same-but-spaces.csv": (144, "3+4", " +0123456789", "144"),
    "dollars.csv": (144, "$3+$4", " $+0123456789", ""),
    "decimal-comma.csv": (120, "x*1,3", None, "semicolon"),
    "gbk.csv": (120, "第5课", " 0123456789第课", "GB"),
    "accents-two-ways.csv": (60, "cafe\u03017", None, "60"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name: str, capsys: Capture) -> None:
    count, question, alphabet, said = PAIRS[name]
    Path(name).write_bytes(people.TABLES[name])
    done(capsys, *tiny("addition_rnn", name), "--out", "run")
    run = Run(Path("run"))
    header = run.header()
    assert sum(header["split"].values()) == count
    if alphabet:
        assert set(header["data"]["alphabet"]) == set(alphabet)
    assert not set(header["data"]["alphabet"]) & set('";\t\ufeff\ufffd')
    assert re.search(said, notes_of(run), re.IGNORECASE), notes_of(run)
    data = etudes.load(run).data
    parts = [set(part.questions.tolist()) for part in (data.train, data.validation, data.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))  # no question is in two parts
    assert len(set.union(*parts)) == (10 if name == "decimal-comma.csv" else count)  # there, twelve answers to each
    if "$" in question:
        assert f"{question} = " in done(capsys, "use", "run", question)
    read_everywhere(capsys, question, commands="$" in question)


def test_many_questions_of_a_file(capsys: Capture) -> None:
    Path("questions.txt").write_text("1+1\n12+30\n" * 1000)
    answers = json.loads(done(capsys, "use", "addition_rnn@bundled", "--file", "questions.txt", "--json"))["answers"]
    assert [one["answer"] for one in answers] == ["2", "42"] * 1000


@pytest.mark.parametrize("reference", ["antirectifier@bundled", "cifar10_cnn@mnist", "mnist_transfer_cnn@bundled"])
def test_a_digit_dark_on_light(reference: str, capsys: Capture) -> None:
    people.dark_one_on_light(Path("one.png"))
    flags = ("--first",) if "transfer" in reference else ()
    said = json.loads(done(capsys, "use", reference, "one.png", *flags, "--json"))
    assert {answer["answer"] for answer in said["answers"]} == {"1"}
    assert any("dark" in line or "invert" in line for line in said["lines"])


def test_a_digit_that_is_drawn_can_be_asked_for(capsys: Capture) -> None:
    done(capsys, "use", "mnist_acgan@bundled", "7", "seven.png")
    assert Path("seven.png").is_file()


@pytest.mark.parametrize("name", ["twelve-bits.png", "$x_1$.png", r"\alpha^2.png", "{a}_[red].png"])
def test_a_picture_that_is_dreamed_of(name: str, capsys: Capture) -> None:
    (people.twelve_bits if name.startswith("twelve") else people.photograph)(Path(name))
    before = Path(name).read_bytes()
    words = ("train", "deep_dream", "--preset", "tiny", "--iterations", "1", "--data", name, "--quiet", "--out", "run")
    done(capsys, *words)
    done(capsys, "evaluate", "run")
    done(capsys, "use", "run", name, "dream.png", "--octaves", "1", "--iterations", "1")
    done(capsys, "inspect", "run")
    done(capsys, "report", "run")
    assert Path("dream.png").is_file()
    assert Path(name).read_bytes() == before


def test_a_photograph_is_never_dreamed_over(capsys: Capture) -> None:
    for name in ("a.png", "b.png"):
        people.photograph(Path(name))
    before = [Path(name).read_bytes() for name in ("a.png", "b.png")]
    flags = ("--weights", "untrained", "--octaves", "1", "--iterations", "1")
    assert command(("use", "deep_dream", "a.png", "b.png", *flags)) in (0, 2)
    capsys.readouterr()
    assert [Path(name).read_bytes() for name in ("a.png", "b.png")] == before


def test_a_finished_run_asked_for_something_else(capsys: Capture) -> None:
    people.class_folders(Path("money"), MONEY)
    words = (*tiny("antirectifier", "money"), "--out", "run")
    done(capsys, *words)
    before = (Path("run") / "results.json").read_bytes()
    done(capsys, *words)  # asked the same
    for other, says in ((("--seed", "5"), "seed"), (("--epochs", "9"), "epochs")):
        assert says in done(capsys, *words, *other, code=2)
    assert "antirectifier" in done(capsys, *tiny("cifar10_cnn", "money"), "--out", "run", code=2)
    assert (Path("run") / "results.json").read_bytes() == before
