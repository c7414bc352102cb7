"""Look inside the networks of a run: first weights, activity of the hidden units, both halves of an antirectifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from etudes.analysis.answers import read_picture
from etudes.contract import ImageData, ImageInfo, InspectOptions, Networks, Result
from etudes.data import open_picture
from etudes.errors import UserError
from etudes.experiments.antirectifier.pictures import (
    activity_curves,
    activity_table,
    both_halves,
    dead_units,
    first_weights,
    measure_activity,
)
from etudes.experiments.antirectifier.study import AntirectifierSettings


@dataclass(frozen=True)
class Options(InspectOptions):
    """Which picture to show inside the antirectifier."""

    number: Annotated[int, Ge(0)] = 0
    """Index of the test picture, from 0, whose two halves are drawn."""
    picture: str | None = None
    """A picture file of your own to draw the halves of; needs no data, and leaves out what test pictures show."""

    def check(self, info: ImageInfo, settings: AntirectifierSettings) -> None:  # noqa: ARG002, signature of the contract
        """Raise `UserError` for a file that is not a picture, or for two pictures at once."""
        if self.picture is not None:
            if self.number:
                raise UserError("--number and --picture each choose a picture: give only one of them")
            open_picture(self.picture)

    def check_data(self, data: ImageData, settings: AntirectifierSettings) -> None:  # noqa: ARG002
        """Raise `UserError` if there is no test picture with this number."""
        if self.number >= len(data.test):
            raise UserError(f"--number {self.number}: there are {len(data.test):,} test pictures, counted from 0")

    @property
    def needs_data(self) -> bool:
        """Whether test pictures are needed."""
        return self.picture is None


def inspect(networks: Networks, data: ImageData, settings: AntirectifierSettings, options: Options) -> Result:
    """First-layer weights and both halves for one picture; from test pictures also how often each unit is active.

    Where the options name a picture, of `data` only `info` is read.
    """
    result = Result(pictures={"first-weights": first_weights(networks, data.info.shape)})
    if options.picture is not None:
        shown = read_picture(options.picture, data.info)
    else:
        shown = data.test.pictures[options.number]
        found = measure_activity(networks, data.test, len(data.info.class_names))
        result.tables.append(activity_table(found))
        result.pictures |= {"activity": activity_curves(found), "dead-units": dead_units(found, data.info.class_names)}
    result.pictures["both-halves"] = both_halves(networks["antirectifier"], shown)
    return result
