"""inspect: where the layers respond, before and after, and what single channels dream of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from annotated_types import Interval

from etudes.contract import InspectOptions, Networks, Result, Table
from etudes.errors import UserError
from etudes.experiments.deep_dream.contact_sheets import chosen_channels, contact_sheet, some_channels
from etudes.experiments.deep_dream.networks import layer_names
from etudes.experiments.deep_dream.objectives import objective_for
from etudes.experiments.deep_dream.options import with_settings
from etudes.experiments.deep_dream.pictures import responses
from etudes.experiments.deep_dream.study import DreamData, DreamSettings, deprocess


@dataclass(frozen=True)
class _Sheets(InspectOptions):
    """Look at what a dream changed, or at what single channels dream of."""

    sheet: bool = False
    """A contact sheet: some channels of every layer of the network (a minute or two with Inception-v3)."""
    layer: str | None = None
    """A contact sheet of this layer's channels."""
    channels: tuple[int, ...] | None = None
    """Which of its channels; by default eight of them."""
    size: Annotated[int, Interval(ge=16, le=512)] = 128
    """Pixels of a channel's dream along each side."""
    steps: Annotated[int, Interval(ge=1, le=1000)] = 24
    """Steps of a channel's dream."""

    def __post_init__(self) -> None:
        """Channels are those of a layer; a sheet is of one layer or of the network."""
        if self.sheet and self.layer is not None:
            raise UserError("--sheet shows every layer, --layer one: give only one of them")
        if self.channels is not None and self.layer is None:
            raise UserError("--channels needs --layer, the layer whose channels they are")


DreamInspectOptions: type[InspectOptions] = with_settings(_Sheets, "DreamInspectOptions", ("weights", "application"))


def inspect(networks: Networks, data: DreamData, settings: DreamSettings, options: Any) -> Result:
    """A contact sheet, by default of the deepest layer that the dream excites, and where its layers respond."""
    network, seed = networks["network"], settings.seed
    channels = [(name, int(network.get_layer(name).output.shape[-1])) for name in layer_names(network)]
    result = Result(tables=[Table("layers that can be excited", ("layer", "channels"), channels)])
    if options.sheet or options.layer:
        wanted = chosen_channels(network, options.layer, options.channels, seed, options.size)
        result.pictures["sheet"] = contact_sheet(network, wanted, seed, options.size, options.steps)
        return result
    objective = objective_for(network, replace(settings, guide=""), data.info)
    last = objective.targets[-1].layer
    wanted = {last: some_channels(network, last, 8, seed, options.size)}
    sheet = contact_sheet(network, wanted, seed, options.size, options.steps)
    if networks["dream"].any():  # else nothing was dreamed yet: there is only the network
        pictures = [data.picture, networks["dream"]]
        layers, outputs = [target.layer for target in objective.targets], [objective.outputs(p) for p in pictures]
        result.pictures["responses"] = responses(layers, [deprocess(p) for p in pictures], outputs)
    result.pictures["channels"] = sheet
    return result
