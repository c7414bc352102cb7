"""What is to grow: layers, single channels, single neurons, a class, or likeness to a guide picture.

Every objective is a weighted sum over the positions of maps, so a large picture can be computed tile by tile.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from etudes.contract import Array
from etudes.errors import UserError, unknown
from etudes.experiments.deep_dream.flat_edges import BORDER
from etudes.experiments.deep_dream.least_sizes import LAYERS, too_small
from etudes.experiments.deep_dream.networks import layer_names
from etudes.experiments.deep_dream.resizing import Picture, resize_image
from etudes.experiments.deep_dream.targets import Target, class_number, read_target
from etudes.experiments.deep_dream.weights import recorded_weights
from etudes.training.backend import keras

if TYPE_CHECKING:
    from etudes.experiments.deep_dream.study import DreamInfo, DreamSettings

GUIDE_SIZE, GUIDE_POSITIONS = 320, 400
"""A guide's longer side is shrunk to this many pixels; about this many positions of each layer's map are used."""

NOISE = (0.05, 0.1, 0.2, 0.4)
"""Standard deviations of the noise that `gradient_with_noise` tries."""

_ANY_SIZE = 20_160
"""Pixels that every stride up to 10, and most above it, divide."""


@dataclass(frozen=True)
class Objective:
    """What is to grow, Σ over targets of coefficient × their strength.

    The strength of a whole layer is the mean square of its output, or with a guide the mean over its positions of the
    largest dot product with a position of the guide; that of a channel or a class is its mean; that of a neuron is its
    output. Sums are over the interior; as in 2017, they are divided by the size of the whole output.
    """

    probe: Any
    """A `keras.Model` from pictures to the outputs of the targets' layers, one output for each target."""
    targets: tuple[Target, ...]
    """A class is a channel of the layer of scores here."""
    coefficients: tuple[float, ...]
    step: float
    """The step that suits the network: the colours of a small one soon become too strong."""
    features: tuple[Array, ...] = ()
    """What each target's layer computes from the guide, float32 (positions, channels); empty without a guide."""
    tile: int = 0
    """Side of a tile in pixels; 0 computes every picture whole."""
    full: tuple[int, int] | None = None
    """(height, width) of the picture at full size, in whose map a neuron was named; None: of any picture given."""
    compiled: list[Any] = dataclasses.field(default_factory=list, compare=False, repr=False)
    """The gradient, once it is compiled: the same for all sizes, so many pictures share it."""

    def __str__(self) -> str:
        """Such as "mixed4 2, mixed5 1.5"."""
        return ", ".join(f"{name} {value:g}" for name, value in zip(self.layers, self.coefficients, strict=True))

    @property
    def layers(self) -> tuple[str, ...]:
        """The targets as they were typed."""
        return tuple(target.text for target in self.targets)

    def is_whole_layer(self, number: int) -> bool:
        """Whether all channels of a target's layer count, and no guide says which."""
        return not self.features and self.targets[number].channel is None

    def strength(self, number: int, output: Any) -> Any:
        """What counts at each position of a map (1, rows, columns, channels), where it is no whole layer."""
        if self.features:
            # The position of the guide that is most alike; the largest product has the gradient of its pair.
            return keras.ops.max(keras.ops.matmul(output, self.features[number].T), axis=-1)
        return output[..., self.targets[number].channel]

    def map_sizes(self, size: tuple[int, int]) -> list[tuple[int, int, int]]:
        """(rows, columns, channels that count) of each target's map, for a picture (height, width).

        Raises:
            ValueError: the picture is smaller than a kernel.
        """
        found = self.probe.compute_output_shape((1, *size, 3))
        found = found if isinstance(found, list) else [found]
        channels = [full[3] if target.channel is None else 1 for full, target in zip(found, self.targets, strict=True)]
        return [(full[1], full[2], count) for full, count in zip(found, channels, strict=True)]

    def strides(self) -> list[int]:
        """Pixels from one position to the next, for each target's map."""
        small, large = (self.map_sizes((extent, extent)) for extent in (_ANY_SIZE, 2 * _ANY_SIZE))
        return [_ANY_SIZE // (more[0] - less[0]) for less, more in zip(small, large, strict=True)]

    def neuron(self, number: int, map_size: tuple[int, int]) -> tuple[int, int] | None:
        """Row and column of a target's neuron in a map of this size, also of a smaller octave; None: no neuron."""
        target = self.targets[number]
        if target.position is None:
            return None
        if target.position == "centre":
            return map_size[0] // 2, map_size[1] // 2
        row, column = target.position
        whole = self.map_sizes(self.full)[number] if self.full else map_size
        return int((row + 0.5) * map_size[0] / whole[0]), int((column + 0.5) * map_size[1] / whole[1])

    def can_see(self, size: tuple[int, int]) -> bool:
        """Whether every target has something left inside the border, for a picture (height, width)."""
        try:
            maps = self.map_sizes(size)
        except ValueError:
            return False
        borders = [0 if target.position else 2 * BORDER for target in self.targets]
        return all(min(extents[:2]) > border for extents, border in zip(maps, borders, strict=True))

    def least_side(self) -> int:
        """Pixels of the shorter side of the smallest picture in which every target sees something."""
        low, high = 1, 4096
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.can_see((middle, middle)) else (middle + 1, high)
        return low

    def _layers_for(self, size: tuple[int, int]) -> list[str]:
        """The layers before the targets that see something in a picture (height, width)."""
        names = layer_names(self.probe) or [layer.name for layer in self.probe.layers]
        found = []
        for name in names:
            probe = keras.Model(self.probe.input, self.probe.get_layer(name).output)
            if len(probe.output.shape) == 4:
                one = Objective(probe, (Target(name, name),), (1.0,), self.step)
                found += [name] if one.can_see(size) else []
        return found

    def visible_octaves(
        self, sizes: Sequence[tuple[int, int]], message: Callable[[str], None], max_size: int = 0
    ) -> list[tuple[int, tuple[int, int]]]:
        """(number from 1, size) of the octaves that are large enough; `message` is called for the others.

        A picture as large as `max_size` was shrunk to it, so a larger one is the cure.

        Raises:
            UserError: all of them are too small.
        """
        seen = [(number, size) for number, size in enumerate(sizes, start=1) if self.can_see(size)]
        if not seen:
            height, width = sizes[-1]
            size, least = (width, height), self.least_side()
            larger = math.ceil(least / min(size)) if max(size) == max_size else 1
            full = (larger * width, larger * height)
            raise too_small("the picture", size, full, self.layers, least, self._layers_for(sizes[-1]))
        for number, size in enumerate(sizes, start=1):
            if (number, size) not in seen:
                message(f"octave-{number}: {size[1]}x{size[0]} is too small for the layers, left out")
        return seen

    def at(self, size: tuple[int, int]) -> Objective:
        """The objective whose neurons are named in the map of a picture of this full size.

        Raises:
            UserError: the map has no such position.
        """
        if self.can_see(size):
            for target, (rows, columns, _) in zip(self.targets, self.map_sizes(size), strict=True):
                if isinstance(target.position, tuple) and not (
                    target.position[0] < rows and target.position[1] < columns
                ):
                    where = f"{target.layer} has {rows} rows and {columns} columns in a {size[1]}x{size[0]} picture"
                    raise UserError(f"--layers {target.text}: {where}, counted from 0")
        return dataclasses.replace(self, full=size)

    def outputs(self, picture: Picture) -> list[Picture]:
        """What each target's layer computes from a picture, float32 (rows, columns, channels)."""
        found = self.probe.predict_on_batch(picture[None])
        found = found if isinstance(found, list | tuple) else [found]
        return [np.asarray(output[0], dtype=np.float32) for output in found]

    def no_step_error(self, above_limit: bool, max_loss: float) -> UserError:
        """The error for a dream in which no step was possible."""
        if above_limit:
            return UserError(f"the loss is above --max-loss {max_loss:g} before any step: raise it; 0 sets no limit")
        layers = ", ".join(self.layers)[:60]
        return UserError(f"{layers} is zero on this picture at every size, also with noise: choose other --layers")


def check_layers(layers: Sequence[str], coefficients: Sequence[float], guide: str) -> None:
    """Raise `UserError` for layers that cannot be read, and for coefficients or a guide that do not go with them."""
    targets = [read_target(text) for text in layers]
    if guide and any(target.channel is not None or target.class_name for target in targets):
        raise _guide_error()
    if coefficients and len(coefficients) != len(layers):
        counts = f"{len(coefficients)} coefficients for {len(layers)} layers"
        raise UserError(f"{counts}: --coefficients needs one for each of --layers")
    if not all(np.isfinite(value) and value > 0 for value in coefficients):
        raise UserError("--coefficients must be greater than 0")


def _guide_error() -> UserError:
    return UserError("--guide needs whole layers in --layers: it chooses their channels itself")


def gradient_with_noise(
    picture: Picture, gradient: Callable[[Picture], tuple[float, Picture]], generator: np.random.Generator
) -> Picture:
    """The gradient of a picture with the weakest noise for which there is one; zeros if there is none."""
    slope: Picture = np.zeros_like(picture)
    for deviation in NOISE:
        noise = generator.standard_normal(picture.shape, dtype=np.float32)
        slope = gradient(picture + np.float32(deviation) * noise)[1]
        if slope.any():
            break
    return slope


def objective_for(network: Any, settings: DreamSettings, info: DreamInfo, guide: Picture | None = None) -> Objective:
    """What the settings want to grow in this network.

    Raises:
        UserError: as `objective_of`; or the network is no longer the one that `info` names.
    """
    weights = recorded_weights(info, settings.application)
    classes, layers, coefficients = weights.class_names(network.name), settings.layers, settings.coefficients
    return objective_of(network, layers, coefficients, class_names=classes, guide=guide, tile=settings.tile)


def objective_of(
    network: Any,
    layers: Sequence[str],
    coefficients: Sequence[float],
    *,
    class_names: Sequence[str] = (),
    guide: Picture | None = None,
    tile: int = 0,
) -> Objective:
    """The objective of some layers; where they are empty, the network's default.

    That is for Inception-v3 `mixed2` to `mixed5` with the coefficients of 2017. For others it is the last layer before
    the scores; a network without such a layer gives its last two convolutions.

    Args:
        network: of pictures of any size.
        layers: targets, as `read_target` takes them.
        coefficients: one for each; empty: all the same.
        class_names: of the network's scores, in the order of their units.
        guide: the picture whose features to amplify, float32 (height, width, 3) in [-1, 1].
        tile: side of a tile in pixels; 0 computes every picture whole.

    Raises:
        UserError: a layer, channel or class that the network does not have; a guide that is too small.
    """
    names, inception = layer_names(network), network.name.startswith("inception_v3")
    if not layers:
        default = LAYERS if inception else dict.fromkeys(_default_layers(network, names), 1.0)
        layers, coefficients = tuple(default), tuple(default.values())
    targets = tuple(_found(network, names, read_target(text), class_names) for text in layers)
    probe = keras.Model(network.input, [network.get_layer(target.layer).output for target in targets])
    weights = tuple(coefficients) or (1.0,) * len(targets)
    objective = Objective(probe, targets, weights, 0.02 if inception else 0.012, tile=tile)
    return objective if guide is None else dataclasses.replace(objective, features=_features(objective, guide))


def _default_layers(network: Any, names: list[str]) -> list[str]:
    if network.name.startswith("application_"):
        # Where a position stands for 16 pixels there are parts of things, neither textures nor whole scenes.
        outputs = keras.Model(network.input, [network.get_layer(name).output for name in names])
        shapes = outputs.compute_output_shape((1, 1024, 1024, 3))
        fine = [name for name, shape in zip(names, shapes, strict=True) if shape[1] >= 0.9 * 1024 / 16]
        return fine[-1:] or names[-1:]
    hidden = [name for name in names if name.startswith("dense")][:-1]
    return hidden[-1:] or [name for name in names if name.startswith("conv")][-2:]


def _found(network: Any, names: list[str], target: Target, class_names: Sequence[str]) -> Target:
    """A target of this network, a class as a channel of its scores."""
    if target.class_name:
        scores = names[-1]
        count = network.get_layer(scores).output.shape[-1]
        if not (scores == "scores" or (scores.startswith("dense") and count == (len(class_names) or count))):
            raise UserError(f"--layers {target.text}: this network has no scores of classes; name a layer, as {scores}")
        channel = class_number(target.class_name, class_names, count)
        return dataclasses.replace(target, layer=scores, channel=channel, class_name="")
    if target.layer not in names:
        raise unknown("layer", target.layer, names)
    count = network.get_layer(target.layer).output.shape[-1]
    if target.channel is not None and target.channel >= count:
        raise UserError(f"--layers {target.text}: {target.layer} has {count} channels, 0 to {count - 1}")
    return target


def _features(objective: Objective, guide: Picture) -> tuple[Array, ...]:
    """What each target's layer computes from the guide, at some 400 positions of it."""
    if any(target.channel is not None for target in objective.targets):
        raise _guide_error()
    height, width = guide.shape[:2]
    shrunk = min(1.0, GUIDE_SIZE / max(height, width))
    small = resize_image(guide, (max(1, round(height * shrunk)), max(1, round(width * shrunk))))
    if not objective.can_see((small.shape[0], small.shape[1])):
        size = f"{small.shape[1]}x{small.shape[0]}"
        needed = f"{', '.join(objective.layers)[:60]}, which need {objective.least_side()} on the shorter side"
        raise UserError(f"--guide: at {size} it is too small for {needed}: take a larger or less narrow one")
    features = []
    for output in objective.outputs(small):
        inner = output[BORDER:-BORDER, BORDER:-BORDER]
        every = max(1, math.ceil(math.sqrt(inner.shape[0] * inner.shape[1] / GUIDE_POSITIONS)))
        features.append(np.ascontiguousarray(inner[::every, ::every].reshape(-1, inner.shape[2])))
    return tuple(features)
