"""Base run: a trained run whose first network is used, so that the first task need not be trained again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etudes.contract import Array
from etudes.data import IMAGE_SETS
from etudes.errors import UserError, format_path
from etudes.runs import Run, found_place, load_weights, run_at
from etudes.schema import check_fields, from_dict

if TYPE_CHECKING:
    from etudes.experiments.mnist_transfer_cnn.study import TransferInfo

MAX_CHAIN = 20
"""Base runs that may themselves have base runs, and so on, down to pictures."""


@dataclass(frozen=True)
class Source:
    """What the setting `data` names: the pictures of the first task, and the base run if it names a run."""

    pictures: str
    """Their source, as for `describe_images`."""
    classes: int
    """Number of its classes in the first task; 0 for the default."""
    run: Run | None = None
    info: TransferInfo | None = None
    """The tasks of that run."""

    def weights(self) -> dict[str, Array]:
        """The arrays of the base run's first network by name; empty without one, `UserError` if they are damaged."""
        arrays = load_weights(self.run.folder) if self.run else {}
        # Sorted, because the data's fingerprint depends on the order, and the file has none.
        return {name: arrays[name] for name in sorted(arrays) if name.startswith("first/")}

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the base run's weights, as its manifest says; empty without a base run."""
        return str(self.run.read_json("weights.json").get("sha256", "")) if self.run else ""

    def checked(self, info: TransferInfo) -> TransferInfo:
        """The info; `UserError` if the pictures have another size or other classes than the base run's."""
        if self.info and (self.info.shape, self.info.first_classes) != (info.shape, info.first_classes):
            name = format_path(self.pictures)
            raise UserError(f"{name} changed since {self.run} was trained on it: restore the pictures")
        return info


def find_source(data: str, first_classes: int, info_type: type[TransferInfo]) -> Source:
    """Look up what the settings `data` and `first_classes` name; `info_type` is the class of a run's `info`.

    Raises:
        UserError: a run that is unfinished, damaged or another étude's, or `first_classes` contradicts it.
    """
    found = _base_run(data, info_type)
    if found is None:
        return Source(data, first_classes)
    if first_classes:
        raise UserError(f"--first-classes: the run {format_path(data)} sets the first classes; leave the option out")
    run, info, pictures = found
    for _ in range(MAX_CHAIN):
        further = _base_run(pictures, info_type)
        if further is None:
            return Source(pictures, len(info.first_classes), run, info)
        pictures = further[2]
    raise UserError(f"--data {format_path(data)}: a chain of more than {MAX_CHAIN} runs; give one of its first runs")


def _base_run(data: str, info_type: type[Any]) -> tuple[Run, TransferInfo, str] | None:
    """The run that a source names, its tasks, and its own setting `data`; None if the source names pictures."""
    run = None if data in IMAGE_SETS else run_at(data)
    if run is None or not run.started:
        return None
    if not run.finished:
        raise UserError(f"--data {format_path(data)}: this run is not finished; first `etudes resume` it")
    header, name = run.header(), format_path(str(run))
    if header["etude"] != "mnist_transfer_cnn":
        raise UserError(f"--data {name} is a run of {header['etude']}; give pictures, or a run of this etude")
    try:
        info: TransferInfo = from_dict(info_type, header["data"])
        check_fields(info)
    except UserError as error:
        raise UserError(f"{format_path(run.folder / 'settings.toml')} does not fit this version: {error}") from error
    return run, info, found_place(run, header, "data")
