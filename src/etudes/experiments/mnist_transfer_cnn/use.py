"""Use: classify picture files with either network, or with a head fine-tuned on a few pictures of your own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from etudes.analysis.classification import answer_pictures, example_pictures, read_pictures
from etudes.contract import Array, Example, Networks, Result, UseOptions
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.fine_tuning import FewShotSet, fine_tuned, read_few_shot_set
from etudes.experiments.mnist_transfer_cnn.study import TransferData, TransferInfo, TransferSettings


@dataclass(frozen=True)
class UseTransfer(UseOptions):
    """Classify picture files."""

    inputs: tuple[str, ...]
    """Picture files: PNG, JPEG, WEBP, GIF or BMP."""
    top: Annotated[int, Ge(1)] = 3
    """Number of classes to show for each picture."""
    first: bool = False
    """Answer with one of the first classes, by the network before the transfer."""
    teach: str | None = None
    """An image folder, one subfolder for each class: fine-tune a new head on it, in seconds, and answer with it."""


def read(info: TransferInfo, settings: TransferSettings, options: UseTransfer) -> tuple[Array, FewShotSet | None]:
    """The pictures, cropped and resized to the size of the training pictures; and what to fine-tune on."""
    if options.first and options.teach:
        raise UserError(
            "--first answers with the first classes, --teach with those of its folder: say only one of them"
        )
    pictures = read_pictures(options.inputs, info.second)
    return pictures, read_few_shot_set(options.teach, info.second) if options.teach else None


def use(
    networks: Networks,
    info: TransferInfo,
    settings: TransferSettings,
    options: UseTransfer,
    inputs: tuple[Array, FewShotSet | None],
) -> Result:
    """The most probable classes of each picture: of the second task, the first task, or the few-shot set."""
    pictures, few_shot_set = inputs
    network, names = networks["transferred"], info.second_classes
    if options.first:
        network, names = networks["first"], info.first_classes
    if few_shot_set is not None:
        network, names = fine_tuned(network, few_shot_set, settings), few_shot_set.class_names
    return answer_pictures(network, names, options.inputs, pictures, options.top)


def example(data: TransferData, folder: Path) -> Example:
    """Three test pictures of the second task, saved as files."""
    return example_pictures(data.second.test, folder)
