"""Which trained network to dream with: Inception-v3 where its file is at hand, else a run of another étude."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from etudes.data import find_file
from etudes.data.errors import file_error
from etudes.errors import UserError, unknown
from etudes.experiments.deep_dream.preprocessing import PREPROCESSING
from etudes.experiments.deep_dream.weight_files import look_at_application, look_at_file
from etudes.runs import Run, bundled_runs, own_runs, run_at, run_of

UNTRAINED = "untrained"
INCEPTION = ("inception_v3", "inception_v3_2015")
"""The published files, the better one first."""


@dataclass(frozen=True)
class Weights:
    """Where the weights of the network come from."""

    name: str = ""
    """A published set, a file, a run, or "untrained"; empty where nothing is at hand."""
    path: Path | None = None
    """The file, if it is one."""
    run: Run | None = None
    """The run, if it is one."""
    sha256: str = ""
    """Of the file, or of the run's weights."""

    def class_names(self, network: str) -> tuple[str, ...]:
        """The names of the classes that a network of the run tells apart; empty where there are none.

        A run whose networks tell different classes apart, such as a transfer, names them after the network: those of
        "first" are `first_classes`.
        """
        data = self.run.header()["data"] if self.run else {}
        names = data.get("class_names", data.get(f"{network}_classes", ()))
        return tuple(names) if all(isinstance(name, str) for name in names) else ()


def find_weights(weights: str, application: str = "") -> Weights:
    """What the setting `weights` stands for on this machine.

    Args:
        weights: "inception_v3", "inception_v3_2015", a weights file, a run folder, the name of an étude (its newest
            finished run, else the bundled one), "ETUDE@bundled", "untrained", or "" for the first of these that is
            at hand: the two published files, then the newest run with a convolutional network, then a bundled one;
            runs for colour pictures come before others.
        application: which network of keras.applications a weights file holds; empty: Inception-v3.

    Raises:
        UserError: it is none of these, or it is there and cannot be used.
    """
    if application:
        return _of_application(weights, application)
    if not weights:
        return _automatic()
    if weights == UNTRAINED:
        return Weights(UNTRAINED)
    if weights in INCEPTION:
        file = find_file(weights)
        if file is None:
            raise UserError(f"{weights} is not at hand: `etudes data list` says where its file has to be")
        return _file(weights, file)
    path = Path(weights).expanduser()
    if path.is_file():
        return _file(weights, path)
    run = Run(path) if path.is_dir() else run_of(weights) or run_at(weights)
    if not (path.is_dir() or run.started):
        raise UserError(f"--weights {weights}: no such file or run folder, and no etude with a finished run")
    if not run.finished:
        raise UserError(f"--weights {weights}: not a finished run; name another, or `etudes resume` it first")
    if not picture_channels(run):
        raise UserError(f"--weights {weights}: this run has no convolutional network that takes pictures")
    return _run(run)


def _of_application(weights: str, application: str) -> Weights:
    if application not in PREPROCESSING:
        raise unknown("application", application, PREPROCESSING)
    path = Path(weights).expanduser()
    if not weights or not path.is_file():
        what = f"--weights {weights}: there is no such file" if weights else "--weights FILE is missing"
        raise UserError(f"{what}; --application {application} says what a weights file holds")
    return _file(weights, path, application)


def missing() -> UserError:
    """The error for a dream without a trained network."""
    cure = "`etudes data fetch inception_v3`, `etudes train cifar10_cnn --preset demo`, or give --weights FILE_OR_RUN"
    return UserError(f"no trained network to dream with: first {cure}")


def _automatic() -> Weights:
    for name in INCEPTION:
        file = find_file(name)
        if file is not None:
            return _file(name, file)
    found = []
    for run in [*own_runs(), *bundled_runs()]:
        try:
            channels = picture_channels(run)
        except UserError:
            continue  # a damaged folder among the runs must not stand in the way
        if channels:
            found.append((channels, not run.bundled, run.ended, str(run.folder), run))
    return _run(max(found)[-1]) if found else Weights()


def picture_channels(run: Run) -> int:
    """The colour channels that a run's convolutional network takes, 1 or 3; 0 if it has no such network.

    The run's manifest says it: the first convolution of a network that takes pictures has a kernel (height, width,
    channels, filters).
    """
    first: dict[str, list[int]] = {}
    entries = run.read_json("weights.json").get("arrays", {})
    try:
        for name in sorted(entries):
            if len(entries[name]["shape"]) == 4:
                first.setdefault(name.split("/")[0], entries[name]["shape"])
    except (TypeError, KeyError, AttributeError) as error:
        raise file_error(
            run.folder / "weights.json", "cannot be read as a manifest: train again or copy it again"
        ) from error
    return max((shape[2] for shape in first.values() if shape[2] in (1, 3)), default=0)


def _file(name: str, path: Path, application: str = "") -> Weights:
    try:
        if application:
            look_at_application(path, application)
        else:
            look_at_file(path)
        with path.open("rb") as file:
            return Weights(name, path, sha256=hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}") from error


def _run(run: Run) -> Weights:
    # The sum that the weights are checked against when they are read, so it is certain that these are the ones.
    return Weights(str(run), run=run, sha256=str(run.read_json("weights.json").get("sha256", "")))
