"""What one can look at in a run of the transfer, and the studies that can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, cast

from annotated_types import Ge, Interval
from rich.console import Console

from etudes.analysis.classification import look_inside
from etudes.analysis.inspection import check_look, saliency, to_look_at, together
from etudes.contract import ImageData, InspectOptions, Networks, Result
from etudes.data import describe_images
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.data import TransferData, TransferInfo, load_target
from etudes.experiments.mnist_transfer_cnn.freezing import movement
from etudes.experiments.mnist_transfer_cnn.settings import TransferSettings
from etudes.experiments.mnist_transfer_cnn.studies import Study, check_shots, depth_study, shots_study


@dataclass(frozen=True)
class Inspect(InspectOptions):
    """What to look at, and studies, which take minutes: they train networks of their own and leave the run as it is."""

    picture: str | None = None
    """A picture of your own to look at, instead of test pictures."""
    target: str | None = None
    """Name of the class to explain; by default the one that is answered."""
    depths: bool = False
    """Study how much to freeze: no layer, one, two, three; what is learned, what is forgotten, how long it takes."""
    shots: tuple[int, ...] | None = None
    """Study how few pictures of each class are enough, such as 10 50 100 500: transferred, and from scratch."""
    seeds: Annotated[int, Interval(ge=1, le=100)] = 3
    """Trainings of each kind in the studies."""
    epochs: Annotated[int, Ge(0)] = 0
    """Passes over the second task's pictures in the studies; 0 for as many as the run's transfer had."""
    to: str | None = None
    """Another set to transfer the run to in the studies; by default its own second task."""

    def check(self, info: TransferInfo, settings: TransferSettings) -> None:  # noqa: ARG002, as the contract has it
        """Raise `UserError` for a class that is unknown, a picture that is none, or what cannot be studied."""
        check_look(info.second, self.picture, self.target)
        if self.shots is not None and min(self.shots, default=0) < 1:
            wrong = f"--shots {min(self.shots)}: must be 1 or more" if self.shots else "--shots needs numbers"
            raise UserError(f"{wrong}, such as --shots 10 50 100")
        if not (self.depths or self.shots):
            for name, what in (("to", "names the data"), ("epochs", "sets the length"), ("seeds", "is the size")):
                if getattr(self, name) != getattr(Inspect, name):
                    raise UserError(f"--{name} {what} of a study: add --depths or --shots 10 50 100")
        if self.to is not None:
            describe_images(self.to)

    def check_data(self, data: TransferData, settings: TransferSettings) -> None:
        """Raise `UserError` where a class of what is studied has fewer pictures than were asked for."""
        if self.shots:
            check_shots(self.task(data, settings), self.shots)

    def task(self, data: TransferData, settings: TransferSettings) -> ImageData:
        """The second task of the studies: the run's own, or another set, which is read once."""
        if not self.to:
            return data.second
        if "_target" not in self.__dict__:
            object.__setattr__(self, "_target", load_target(data.info, self.to, settings))
        return cast("ImageData", self.__dict__["_target"])

    @property
    def needs_data(self) -> bool:
        """Whether more is looked at than a picture that was brought."""
        return self.picture is None or self.depths or bool(self.shots)


def look(
    networks: Networks,
    data: TransferData,
    settings: TransferSettings,
    chosen: Inspect,
    prepare: Callable[[Any, int], None],
) -> Result:
    """Filters, maps of a picture of either task, why an answer, how far each layer moved; and the studies.

    Args:
        networks: those of the run.
        data: its two tasks.
        settings: its recipe.
        chosen: what to look at.
        prepare: compiles a network for a training of so many steps.
    """
    first, transferred, info = networks["first"], networks["transferred"], data.info.second
    pictures, truths = to_look_at(transferred, info, chosen.picture, None if chosen.picture else data.second.test)
    seen = look_inside(transferred, pictures[0])
    maps = {"filters": seen["filters"], "feature-maps-second": seen["feature-maps"]}
    if not chosen.picture:
        maps["feature-maps-first"] = look_inside(transferred, data.first.test.pictures[0])["feature-maps"]
    results = [
        Result(tables=[movement(first, transferred)], pictures=maps),
        saliency(transferred, info.class_names, pictures, truths, chosen.target),
    ]
    if chosen.depths or chosen.shots:
        study = Study(
            settings,
            first,
            data.first,
            chosen.task(data, settings),
            chosen.epochs or settings.transfer_epochs,
            prepare,
            Console(stderr=True, highlight=False, soft_wrap=True).print,
        )
        results += [depth_study(study, chosen.seeds)] if chosen.depths else []
        results += [shots_study(study, chosen.shots, chosen.seeds)] if chosen.shots else []
    return together(*results)
