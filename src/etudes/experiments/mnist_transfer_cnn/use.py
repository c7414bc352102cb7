"""Use: classify picture files with either network, or with a head fine-tuned on a few pictures of your own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from etudes.analysis.answers import ClassifierOptions, ReadPictures, answer_pictures, example_pictures, read_pictures
from etudes.analysis.typicality import features_network, measure_typicality
from etudes.contract import Array, Example, Networks, Result
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.fine_tuning import FewShotSet, fine_tuned, read_few_shot_set
from etudes.experiments.mnist_transfer_cnn.study import TransferData, TransferInfo, TransferSettings


@dataclass(frozen=True)
class UseTransfer(ClassifierOptions):
    """Classify picture files."""

    first: bool = False
    """Answer with one of the first classes, by the network before the transfer."""
    teach: str | None = None
    """An image folder, one subfolder for each class: fine-tune a new head on it, in seconds, and answer with it."""

    @property
    def needs_backend(self) -> bool:
        """Fine-tuning trains."""
        return self.teach is not None


def read(
    info: TransferInfo, settings: TransferSettings, options: UseTransfer
) -> tuple[ReadPictures, FewShotSet | None]:
    """The pictures as the networks expect them; and what to fine-tune on, prepared in the same way."""
    if options.first and options.teach:
        raise UserError(
            "--first answers with the first classes, --teach with those of its folder: say only one of them"
        )
    pictures = read_pictures(options, info.second)
    if not options.teach:
        return pictures, None
    return pictures, read_few_shot_set(options.teach, info.second, options.invert, options.crop)


def use(
    networks: Networks,
    info: TransferInfo,
    settings: TransferSettings,
    options: UseTransfer,
    inputs: tuple[ReadPictures, FewShotSet | None],
    typical: Mapping[str, Array] | None = None,
) -> Result:
    """The most probable classes of each picture: of the second task, the first task, or the few-shot set."""
    pictures, few_shot_set = inputs
    answered_by = "first" if options.first else "transferred"
    known = {name.split("/")[1]: array for name, array in (typical or {}).items() if name.startswith(answered_by)}
    network, names = networks["transferred"], info.second_classes
    if options.first:
        network, names = networks["first"], info.first_classes
    if few_shot_set is not None:
        network, names = fine_tuned(network, few_shot_set, settings), few_shot_set.class_names
        known = {}  # nothing is held back of so few pictures
    return answer_pictures(network, names, pictures, options, known, networks.get(f"{answered_by}-features"))


def parts(networks: Networks) -> Networks:
    """What `use` compares pictures by."""
    return {f"{name}-features": features_network(networks[name]) for name in ("first", "transferred")}


def measure(networks: Networks, data: TransferData, settings: TransferSettings) -> dict[str, Array]:
    """What tells pictures like those of either task, by its network; the names begin with that of the network."""
    found: dict[str, Array] = {}
    for name, task in (("first", data.first), ("transferred", data.second)):
        arrays = measure_typicality(networks[name], task.train, task.validation)
        found |= {f"{name}/{key}": array for key, array in arrays.items()}
    return found


def example(data: TransferData, folder: Path) -> Example:
    """Three test pictures of the second task, saved as files."""
    return example_pictures(data.second.test, folder)
