"""The finished runs that bad input is tried on: trained once, with preset tiny."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from soak.case import Case, Write

ETUDES = ("addition_rnn", "cifar10_cnn", "mnist_acgan")

_TRAIN = """
import sys
import etudes
import etudes.actions.train

etudes.actions.train.remove_checkpoints = lambda folder: None  # some cases look as if the training had been interrupted
for etude in sys.argv[2:]:
    changes = {"epochs": 1, "pairs": 400} if etude == "addition_rnn" else {"epochs": 1}
    etudes.train(etude, preset="tiny", out=f"{sys.argv[1]}/{etude}", quiet=True, **changes)
"""


def prepare_runs(folder: Path) -> Path:
    """The folder of the prepared runs, made if it is not there yet; several processes may ask at once."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "prepare.lock"):
        done = folder / "runs"
        if not done.exists():
            making = folder / "making"
            shutil.rmtree(making, ignore_errors=True)
            environment = {name: value for name, value in os.environ.items() if not name.startswith("ETUDES_")}
            command = [sys.executable, "-c", _TRAIN, str(making), *ETUDES]
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
            making.rename(done)
        return done


def copied(etude: str, change: Write, *, unfinished: bool = False) -> Write:
    """Copies a prepared run to `run` in the case's folder, then changes it.

    Args:
        etude: which run.
        change: called with the copy.
        unfinished: whether the training looks interrupted: checkpoints, but no results and weights.
    """

    def write(folder: Path, runs: Path) -> None:
        place = folder / "run"
        left_out = ("results.json", "weights.*", "card.md") if unfinished else ("checkpoints",)
        shutil.copytree(runs / etude, place, ignore=shutil.ignore_patterns("pictures", *left_out))
        change(place, runs)

    return write


def changed_run(
    kind: str,
    what: str,
    change: Callable[[Path], object],
    words: tuple[str, ...],
    *,
    etude: str = "addition_rnn",
    unfinished: bool = False,
) -> Case:
    """A case of a prepared run with something done to its folder."""
    write = copied(etude, lambda place, _: change(place), unfinished=unfinished)
    return Case(f"{kind}: {what}", kind, write, words)
