"""Inspect: filters, feature maps of both tasks, saliency, how far the transfer moved each layer; and two curves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Interval

from etudes.analysis.classification import look_inside
from etudes.analysis.saliency import check_explained, explain_predictions, pictures_to_explain
from etudes.contract import ImageData, InspectOptions, Networks, Result, Table
from etudes.data import describe_images, load_images
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.depth_curve import depth_curve
from etudes.experiments.mnist_transfer_cnn.few_shot_curve import check_shots, few_shot_curve
from etudes.experiments.mnist_transfer_cnn.study import (
    TransferData,
    TransferInfo,
    TransferSettings,
    bottleneck_and_head,
    split,
)
from etudes.experiments.mnist_transfer_cnn.trials import Trials

SEEDS = 3


@dataclass(frozen=True)
class InspectTransfer(InspectOptions):
    """What to look at, and two studies that take minutes: they train other networks and do not change the run."""

    picture: str | None = None
    """A picture of your own to look at, instead of test pictures."""
    target: str | None = None
    """Name of the class to explain; by default the one that is predicted."""
    depths: bool = False
    """Study how much to freeze: no layer, one, two, three; with accuracy, forgetting and time."""
    shots: tuple[int, ...] | None = None
    """Study how few pictures of each class are enough, such as 10 50 100 500: transferred, and from scratch."""
    seeds: Annotated[int, Interval(ge=1, le=100)] = SEEDS
    """Training runs of each kind in the studies."""
    epochs: Annotated[int, Ge(0)] = 0
    """Epochs of the second task in the studies; 0 for as many as in the run."""
    to: str | None = None
    """Another data set for the second task of the studies; by default the run's own."""

    def check(self, info: TransferInfo, settings: TransferSettings) -> None:  # noqa: ARG002, as the contract has it
        """Raise `UserError` for an unknown class, a picture that cannot be read, or options that do not go together."""
        check_explained(info.second, self.picture, self.target)
        if self.shots is not None and min(self.shots, default=0) < 1:
            wrong = f"--shots {min(self.shots)}: must be 1 or more" if self.shots else "--shots needs numbers"
            raise UserError(f"{wrong}, such as --shots 10 50 100")
        if not (self.depths or self.shots):
            for given, what in (
                (self.to is not None, "--to names the data"),
                (self.epochs > 0, "--epochs sets the length"),
                (self.seeds != SEEDS, "--seeds is the size"),
            ):
                if given:
                    raise UserError(f"{what} of a study: add --depths or --shots 10 50 100")
        if self.to is not None:
            describe_images(self.to)

    def check_data(self, data: TransferData, settings: TransferSettings) -> None:
        """Raise `UserError` where a class has fewer pictures than `shots`."""
        if self.shots:
            check_shots(self.second_task(data, settings), self.shots)

    @cached_property
    def _loaded(self) -> dict[str, ImageData]:
        """Other sets by name, each loaded once: the check and the studies both need them."""
        return {}

    def second_task(self, data: TransferData, settings: TransferSettings) -> ImageData:
        """The second task of the studies: the run's own, or another set in the size of the run's pictures."""
        if not self.to:
            return data.second
        if self.to not in self._loaded:
            share, limit = settings.validation_share, settings.limit
            found = load_images(self.to, seed=settings.seed, validation_share=share, limit=limit)
            self._loaded[self.to] = split(found, data.info, found.info.class_names, 0)
        return self._loaded[self.to]

    @property
    def needs_data(self) -> bool:
        """Whether more is needed than the picture that was given."""
        return self.picture is None or self.depths or bool(self.shots)


def inspect(networks: Networks, data: TransferData, settings: TransferSettings, options: InspectTransfer) -> Result:
    """Filters, feature maps of a picture of each task, saliency, how far each layer moved; and the studies."""
    first, transferred, info = networks["first"], networks["transferred"], data.info.second
    test = None if options.picture else data.second.test
    pictures, truths = pictures_to_explain(transferred, info, options.picture, test)
    inside = look_inside(transferred, pictures[0])
    shown = {"filters": inside["filters"], "feature-maps-second": inside["feature-maps"]}
    if not options.picture:
        shown["feature-maps-first"] = look_inside(transferred, data.first.test.pictures[0])["feature-maps"]
    result = Result(tables=[movement(first, transferred)], pictures=shown)
    result.extend(explain_predictions(transferred, info.class_names, pictures, truths, options.target))
    if options.depths or options.shots:
        epochs = options.epochs or settings.transfer_epochs
        trials = Trials(settings, first, data.first, options.second_task(data, settings), epochs)
        if options.depths:
            result.extend(depth_curve(trials, options.seeds))
        if options.shots:
            result.extend(few_shot_curve(trials, options.shots, options.seeds))
    return result


def movement(first: Any, transferred: Any) -> Table:
    """How far the transfer moved the kernel of each layer: norm of the difference, relative to the norm before."""
    rows = []
    for part, moved in zip(bottleneck_and_head(first), bottleneck_and_head(transferred), strict=True):
        for before, after in zip(part, moved, strict=True):
            if before.weights and before.count_params() == after.count_params():
                old, new = before.get_weights()[0], after.get_weights()[0]
                change = float(np.linalg.norm(new - old)) / float(np.linalg.norm(old))
                trainable = "yes" if after.trainable else "frozen"
                rows.append((type(after).__name__.lower(), after.count_params(), trainable, change))
    columns = ("layer", "parameters", "trainable", "relative change")
    return Table("how far the transfer moved each kernel", columns, rows)
