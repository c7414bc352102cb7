"""Bad settings on the command line: unknown, of the wrong kind, out of range, or impossible together."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from etudes import experiments
from etudes.schema import Setting, describe
from soak.case import Case, Write, nothing

_DATA = {"addition_rnn": "sums", "cifar10_cnn": "shapes", "deep_dream": "china"}
_OTHER_DATA = "digits"


def _wrong_values(setting: Setting) -> list[str]:
    """Values that no setting of this kind and range can have; the first is the most likely slip."""
    beyond = [str(type(setting.default)(bound + (1 if "<" in sign else -1))) for sign, bound in setting.bounds]
    if setting.choices:
        return ["no-such-choice", "", setting.choices[0].upper() + "\x1b[31m"]
    if setting.kind == "int":
        return [*beyond, "a few", "1.5", "1e3", "", "0x10", "9" * 5000, "nan"]
    if setting.kind == "float":
        return [*beyond, "nan", "inf", "-inf", "much", "1,5", "1e999"]
    return []


def cases() -> Iterator[Case]:
    """Two wrong values of every setting of every étude, then what is impossible in other ways."""
    turn = itertools.count()
    for etude in experiments.names():
        for setting in describe(experiments.load(etude).settings):
            wrong = _wrong_values(setting)
            if not wrong:
                continue
            second = wrong[1 + next(turn) % (len(wrong) - 1)]
            for value in (wrong[0], second):
                flag = f"--{setting.name.replace('_', '-')}={value}"
                words = ("train", etude, "--preset", "tiny", flag)
                yield Case(f"setting: {etude} {flag[:60]!r}", "setting", nothing, words)
    for number, (etude, words) in enumerate(_IMPOSSIBLE):
        yield Case(
            f"setting: {etude} {' '.join(words)[:60]!r} ({number})", "setting", nothing, ("train", etude, *words)
        )
    for what, out, write in _outs():
        words = ("train", "addition_rnn", "--preset", "tiny", "--out", out)
        yield Case(f"setting: --out {what}", "setting", write, words)


_HUGE = "9" * 4000
_IMPOSSIBLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("addition_rnn", ("--digits", "1", "--pairs", "56")),
    ("addition_rnn", ("--digits", "2", "--pairs", "5051")),
    ("addition_rnn", ("--pairs", "2", "--batch-size", "1")),
    ("addition_rnn", ("--pairs", "100", "--batch-size", "101")),
    ("addition_rnn", ("--batch-size", "1000000000")),
    ("addition_rnn", ("--held-out", "0.9999")),
    ("addition_rnn", ("--held-out", "1e-300")),
    ("addition_rnn", ("--epochs", _HUGE)),
    ("addition_rnn", ("--seed", "2147483648")),
    ("addition_rnn", ("--seed", "-1")),
    ("addition_rnn", ("--epoch", "3")),
    ("addition_rnn", ("--learning_rates", "3")),
    ("addition_rnn", ("--\x1b[31mepochs", "3")),
    ("addition_rnn", ("--epochs",)),
    ("addition_rnn", ("--epochs", "1", "2")),
    ("addition_rnn", ("epochs=1",)),
    ("addition_rnn", ("--epochs", "1", "--epochs")),
    ("addition_rnn", ("--preset", "tuend")),
    ("addition_rnn", ("--preset", "")),
    ("addition_rnn", ("--preset", "\x1b[31mtiny\n")),
    ("addition_rnn", ("--preset",)),
    ("addition_rnn", ("--backend", "tensorfolw")),
    ("addition_rnn", ("--backend", "../../evil")),
    ("addition_rnn", ("--backend", "os; touch canary")),
    ("addition_rnn", ("--operator", "/")),
    ("addition_rnn", ("--operator", "**")),
    ("addition_rnn", ("--units", "100000000")),
    ("addition_rnn", ("--no-such-flag",)),
    ("addition_rnn", ("--no-epochs",)),
    ("addition_rnn", ("-x",)),
    ("addition_rnn", ("--", "--epochs")),
    ("addition_rnn", ("--epochs", "-inf")),
    ("addition_rnn", ("--reverse", "maybe")),
    ("addition_rnn", ("--data", "sums\x00"[:-1] + "\x7f")),
    ("cifar10_cnn", ("--data", "cifar1O")),
    ("cifar10_cnn", ("--data", "")),
    ("cifar10_cnn", ("--limit", "-5")),
    ("cifar10_cnn", ("--data", "shapes", "--validation-share", "1")),
    ("cifar10_cnn", ("--precision", "float8")),
    ("cifar10_cnn", ("--augmentation", "all")),
    ("mnist_transfer_cnn", ("--preset", "tiny", "--no-freeze", "--cached-features")),
    ("mnist_transfer_cnn", ("--preset", "tiny", "--first-classes", "10")),
    ("mnist_transfer_cnn", ("--preset", "tiny", "--first-classes", "9")),
    ("mnist_transfer_cnn", ("--preset", "tiny", "--first-classes", "1")),
    ("mnist_transfer_cnn", ("--preset", "tiny", "--first-classes", _HUGE)),
    ("mnist_transfer_cnn", ("--preset", "tiny", "--to", "nowhere")),
    ("mnist_transfer_cnn", ("--preset", "tiny", "--translate", "9")),
    ("antirectifier", ("--preset", "tiny", "--baselines", "relu")),
    ("deep_dream", ("--preset", "tiny", "--octaves", "10")),
    ("deep_dream", ("--preset", "tiny", "--octave-scale", "1")),
    ("deep_dream", ("--preset", "tiny", "--coefficients", "1", "2")),
    ("deep_dream", ("--preset", "tiny", "--layers", "conv1", "--coefficients", "nan")),
    ("deep_dream", ("--preset", "tiny", "--layers", "conv1", "--coefficients", "-1")),
    ("deep_dream", ("--preset", "tiny", "--layers", "conv1", "--coefficients", "one")),
    ("deep_dream", ("--preset", "tiny", "--data", "chian")),
    ("deep_dream", ("--preset", "tiny", "--step", "-0.1")),
    ("deep_dream", ("--preset", "tiny", "--max-size", "-1")),
    ("adition_rnn", ()),
    ("", ()),
    ("\x1b[31maddition_rnn", ()),
    ("../addition_rnn", ()),
    ("addition_rnn/../cifar10_cnn", ()),
    ("os", ()),
    ("x" * 100_000, ()),
)


def _outs() -> Iterator[tuple[str, str, Write]]:
    """Places where no run can be."""

    def file_named(name: str) -> Write:
        def write(folder: Path, runs: Path) -> None:
            (folder / name).write_text("mine")

        return write

    def full_folder(folder: Path, runs: Path) -> None:
        (folder / "mine").mkdir()
        (folder / "mine" / "letter.txt").write_text("dear")

    yield "a file", "mine", file_named("mine")
    yield "a file in the way", "mine/run", file_named("mine")
    yield "a file far in the way", "mine/a/b/c", file_named("mine")
    yield "somebody's folder", "mine", full_folder
    yield "the current folder, with things in it", ".", full_folder
    yield "the folder above", "..", full_folder
    yield "a link to itself", "mine", lambda folder, runs: (folder / "mine").symlink_to("mine")
    yield "a link to nothing", "mine/run", lambda folder, runs: (folder / "mine").symlink_to("/proc/nowhere")
    yield "a pipe", "mine", lambda folder, runs: os.mkfifo(folder / "mine")
    yield "a device", "/dev/null", nothing
    yield "a place in a device", "/dev/null/run", nothing
    yield "a place in the process table", "/proc/run", nothing
    yield "a name of 300 letters", "x" * 300, nothing
    yield "a path of 10,000 letters", "a/" * 5000, nothing
    yield "an empty name", "", full_folder
