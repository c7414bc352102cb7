"""Where the first task comes from: pictures to learn, or a run of this étude that has learned them."""

from __future__ import annotations

from dataclasses import dataclass

from etudes.contract import Array
from etudes.data import IMAGE_SETS
from etudes.errors import UserError, format_path
from etudes.experiments.mnist_transfer_cnn.data import TransferInfo
from etudes.experiments.mnist_transfer_cnn.settings import TransferSettings
from etudes.runs import Run, load_weights, run_at
from etudes.settings import check_fields, from_dict

FIRST = "first/"
"""Begins the names of the first network's arrays among a run's weights."""

LONGEST_CHAIN = 20
"""Runs upon runs that are gone through to the pictures at their beginning."""


@dataclass(frozen=True)
class FirstTask:
    """The pictures of the first task, and the run that learned them already."""

    pictures: str
    """Their source, as for `describe_images`."""
    classes: int
    """How many classes of it are learned first; 0 as in `describe_transfer`."""
    run: Run | None = None
    """Whose first network is taken; None: it is still to be trained."""
    info: TransferInfo | None = None
    """What that run learned."""

    def weights(self) -> dict[str, Array]:
        """The arrays of the run's first network, by the names that it has here; empty without a run.

        Raises:
            UserError: its files are damaged.
        """
        arrays = load_weights(self.run.folder) if self.run else {}
        # In an order of their own: the file gives them in any, and the data's fingerprint goes through them.
        return {name: arrays[name] for name in sorted(arrays) if name.startswith(FIRST)}

    @property
    def weights_sha256(self) -> str:
        """Of the run's weights, as its manifest says; empty without a run."""
        return str(self.run.read_json("weights.json").get("sha256", "")) if self.run else ""

    def check(self, info: TransferInfo) -> None:
        """Whether the pictures are still those that the run learned from.

        Raises:
            UserError: their size, their channels or the names of the classes are others.
        """
        if self.info and (self.info.shape, self.info.first_classes) != (info.shape, info.first_classes):
            raise UserError(
                f"{format_path(self.pictures)} is no longer what {self.run} learned from: put the pictures back"
            )


def first_task(settings: TransferSettings) -> FirstTask:
    """What the setting `data` stands for.

    Raises:
        UserError: it is a run that is unfinished, damaged or another étude's, or `first_classes` contradicts it.
    """
    run = _run_named(settings.data)
    if run is None:
        return FirstTask(settings.data, settings.first_classes)
    if settings.first_classes:
        raise UserError(
            f"--first-classes: the first classes are those of the run {format_path(settings.data)}; leave it out"
        )
    info, pictures = _learned(run)
    for _ in range(LONGEST_CHAIN):
        before = _run_named(pictures)
        if before is None:
            return FirstTask(pictures, len(info.first_classes), run, info)
        pictures = _learned(before)[1]
    raise UserError(f"--data {format_path(settings.data)}: more than {LONGEST_CHAIN} runs build upon each other there")


def _run_named(data: str) -> Run | None:
    """The finished run that a source names; None if it names pictures."""
    run = None if data in IMAGE_SETS else run_at(data)
    if run is None or not run.started:
        return None
    if not run.finished:
        raise UserError(f"--data {format_path(data)}: this run is not finished; first `etudes resume` it")
    return run


def _learned(run: Run) -> tuple[TransferInfo, str]:
    """What a run of this étude learned, and what its own `data` says."""
    header = run.header()
    if header["etude"] != "mnist_transfer_cnn":
        raise UserError(
            f"--data {format_path(str(run))} is a run of {header['etude']}; give pictures, or one of this etude"
        )
    try:
        info = from_dict(TransferInfo, header["data"])
        check_fields(info)
    except UserError as error:
        raise UserError(f"{format_path(run.folder / 'settings.toml')} does not fit this version: {error}") from error
    return info, str(header["settings"].get("data", ""))
