"""Which trained network dreams: Inception-v3 where its file was found, else the network of another study's run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from etudes.data import find_file
from etudes.data.errors import file_error
from etudes.errors import UserError, format_path, unknown, user_path
from etudes.experiments.deep_dream.applications import APPLICATIONS
from etudes.experiments.deep_dream.weight_files import checked_sha256
from etudes.runs import Run, bundled_runs, own_runs, run_at, run_of

if TYPE_CHECKING:
    from etudes.experiments.deep_dream.study import DreamInfo

UNTRAINED = "untrained"
INCEPTION = ("inception_v3", "inception_v3_2015")
"""The published files, the better one first."""


@dataclass(frozen=True)
class Weights:
    """Where the weights of the network are."""

    name: str = ""
    """A published set, a file, a run, or "untrained"; empty where nothing was found."""
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
        weights: "inception_v3", "inception_v3_2015", a weights file, a run folder, the name of a study (its newest
            finished run, else the bundled one), "STUDY@bundled", "untrained", or "" for the first of these that is
            found: the two published files, then the newest run with a convolutional network, then a bundled one; runs
            for colour pictures come before others.
        application: which network of keras.applications a weights file holds; empty: Inception-v3.

    Raises:
        UserError: it is none of these, or it is there and cannot be used.
    """
    path = user_path(weights)
    if application and application not in APPLICATIONS:
        raise unknown("application", application, APPLICATIONS)
    if application and not (weights and path.is_file()):
        what = f"--weights {weights}: there is no such file" if weights else "--weights FILE is missing"
        raise UserError(f"{what}; --application {application} says what a weights file holds")
    if not weights:
        return _first_found()
    if weights == UNTRAINED:
        return Weights(UNTRAINED)
    if weights in INCEPTION and not application:
        file = find_file(weights)
        if file is None:
            raise UserError(f"{weights} was not found: `etudes data list` says where its file has to be")
        return _of_file(weights, file)
    if path.is_file():
        return _of_file(weights, path, application)
    if (path / "saved_model.pb").is_file():
        raise file_error(path, "is a SavedModel, which is not read: save it as .keras, or with model.save_weights")
    run = Run(path) if path.is_dir() else run_of(weights) or run_at(weights)
    if not (path.is_dir() or run.started):
        raise UserError(f"--weights {weights}: no such file or run folder, and no study with a finished run")
    if not run.finished:
        raise UserError(f"--weights {weights}: not a finished run; name another, or `etudes resume` it first")
    if not picture_channels(run):
        raise UserError(f"--weights {weights}: this run has no convolutional network that takes pictures")
    return _of_run(run)


def recorded_weights(info: DreamInfo, application: str) -> Weights:
    """The network that a dream began with; empty where no trained network was found.

    Raises:
        UserError: what is found now is another network.
    """
    found = find_weights(info.weights, application) if info.weights else Weights()
    if found.sha256 != info.weights_sha256:
        raise UserError(f"{format_path(found.name)} is no longer the network that this dream began with: dream again")
    return found


def no_network_error() -> UserError:
    """The error for a dream without a trained network."""
    cure = "`etudes data fetch inception_v3`, `etudes train cifar10_cnn --preset demo`, or give --weights FILE_OR_RUN"
    return UserError(f"no trained network to dream with: first {cure}")


def _first_found() -> Weights:
    for name in INCEPTION:
        file = find_file(name)
        if file is not None:
            return _of_file(name, file)
    found = []
    for run in [*own_runs(), *bundled_runs()]:
        try:
            channels = picture_channels(run)
        except UserError:
            continue  # a damaged folder among the runs is not the one to dream with
        if channels:
            found.append((channels, not run.bundled, run.ended, str(run.folder), run))
    return _of_run(max(found)[-1]) if found else Weights()


def picture_channels(run: Run) -> int:
    """The colour channels that a run's convolutional network takes, 1 or 3; 0 if it has no such network.

    They are in the run's manifest: the first convolution of a network that takes pictures has a kernel (height, width,
    channels, filters).
    """
    first: dict[str, list[int]] = {}
    entries = run.read_json("weights.json").get("arrays", {})
    try:
        for name in sorted(entries):
            if len(entries[name]["shape"]) == 4:
                first.setdefault(name.split("/")[0], entries[name]["shape"])
    except (TypeError, KeyError, AttributeError) as error:
        manifest = run.folder / "weights.json"
        raise file_error(manifest, "cannot be read as a manifest: train again or copy it again") from error
    return max((shape[2] for shape in first.values() if shape[2] in (1, 3)), default=0)


def _of_file(name: str, path: Path, application: str = "") -> Weights:
    try:
        status = path.stat()
        return Weights(
            name,
            path,
            sha256=checked_sha256(path, application, tuple(APPLICATIONS), status.st_size, status.st_mtime_ns),
        )
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror}; copy it again") from error


def _of_run(run: Run) -> Weights:
    # The sum that the weights are checked against when they are read, so it is certain that these are the ones.
    return Weights(str(run), run=run, sha256=str(run.read_json("weights.json").get("sha256", "")))
