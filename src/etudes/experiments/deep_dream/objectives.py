"""What is to grow: layers, single channels, single neurons, a class, or likeness to a guide.

Every objective is a sum over the places of maps, so a large picture can be taken window by window.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from etudes.contract import Array
from etudes.errors import UserError, unknown
from etudes.experiments.deep_dream import inception
from etudes.experiments.deep_dream.dreaming import Gradient, resize_image
from etudes.experiments.deep_dream.model import folded, layer_names
from etudes.experiments.deep_dream.regularisers import Picture
from etudes.experiments.deep_dream.targets import Target, class_number, read_target
from etudes.experiments.deep_dream.tiling import MARGIN, MARGIN_PLACES, Window, own_places, windows_of
from etudes.training.backend import input_gradient, keras

BORDER = 2
"""Rows and columns at each edge of a layer's output that do not count: the padding makes artefacts there."""

GUIDE_SIZE, GUIDE_PLACES = 320, 400
"""A guide's longer side is shrunk to so many pixels; of each layer's map of it, about so many places are kept."""

_ANY_SIZE = 20_160
"""Pixels that every stride up to 10 and most above it divide."""


@dataclass(frozen=True)
class Objective:
    """What is to grow, Σ over targets of coefficient × their strength.

    The strength of a whole layer is the mean square of its output, or with a guide the mean over its places of the
    largest dot product with a place of the guide; that of a channel or a class is its mean; that of a neuron is its
    output. Sums go over the interior; as in 2017, they are divided by the size of the whole output.
    """

    probe: Any
    """A `keras.Model` from pictures to the outputs of the targets' layers, one output for each target."""
    targets: tuple[Target, ...]
    """None of them a class: that has become a channel of the layer of scores."""
    coefficients: tuple[float, ...]
    step: float
    """The step that suits the network: what a small one dreams of is soon too gaudy."""
    features: tuple[Array, ...] = ()
    """What each target's layer makes of the guide, float32 (places, channels); empty without a guide."""
    tile: int = 0
    """Pixels of a window's side at most; 0 takes every picture whole."""
    full: tuple[int, int] | None = None
    """(height, width) of the picture at full size, in whose map a neuron was named; None: of any picture given."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The targets as they were typed."""
        return tuple(target.words for target in self.targets)

    def gradient(self) -> Gradient:
        """The function of a batch of pictures that gives the loss and its gradient."""
        ops, plans = keras.ops, dict[tuple[int, int], list[tuple[Window, list[Array]]]]()

        def loss(outputs: list[Any], *counts: Any) -> Any:
            total = 0.0
            for k, (output, count) in enumerate(zip(outputs, counts, strict=True)):
                output = ops.cast(output, "float32")
                target = self.targets[k]
                if self.features:
                    # The places of the guide that are most alike; the largest product has the slope of its pair.
                    strength = ops.max(ops.matmul(output, self.features[k].T), axis=-1)
                elif target.channel is None:
                    strength = ops.sum(ops.square(output), axis=-1)
                else:
                    strength = output[..., target.channel]
                total = total + ops.sum(strength * count)
            return total

        compute = input_gradient(folded(self.probe), loss, (2,) * len(self.targets))

        def gradient(pictures: Array) -> tuple[float, Array]:
            shape = pictures.shape[1:3]
            if shape not in plans:
                plans[shape] = list(self.counts(shape))
            plan = plans[shape]
            if len(plan) == 1:
                return compute(pictures, *plan[0][1])
            total, slopes = 0.0, np.zeros_like(pictures)
            for (rows, columns), counts in plan:
                if any(count.any() for count in counts):
                    value, slope = compute(pictures[:, rows.cut, columns.cut], *counts)
                    total += value
                    slopes[:, rows.cut, columns.cut] += slope
            return total, slopes

        return gradient

    def counts(self, shape: tuple[int, int]) -> Iterator[tuple[Window, list[Array]]]:
        """The windows of a picture (height, width), and how much each place of each target's map counts in them.

        The second are float32 (rows, columns), one for each target: coefficient / size where a place counts, else 0.
        """
        maps, strides = self._maps(shape), self._strides()
        # What is cut off at the edge of a map must not be missing in the middle of the picture.
        lost = max((shape[0] - (rows - 1) * stride) // 2 for (rows, *_), stride in zip(maps, strides, strict=True))
        margin = max(MARGIN, MARGIN_PLACES * max(strides), lost + 1)
        windows = windows_of(*shape, self.tile, margin, math.lcm(*strides))
        shown = self._maps(tuple(span.length for span in windows[0])) if len(windows) > 1 else maps
        for window in windows:
            counts = []
            for k, target in enumerate(self.targets):
                place, inside = self._place(target, maps[k]), []
                for axis in (0, 1):
                    numbers, own = own_places(window[axis], shape[axis], maps[k][axis], shown[k][axis], strides[k])
                    if place is None:
                        inside.append(own & (numbers >= BORDER) & (numbers < maps[k][axis] - BORDER))
                    else:
                        inside.append(own & (numbers == place[axis]))
                size = 1 if place else math.prod(maps[k][: 2 if target.channel is not None else 3])
                counts.append(np.outer(*inside).astype(np.float32) * np.float32(self.coefficients[k] / size))
            yield window, counts

    def outputs(self, picture: Picture) -> list[Picture]:
        """What each target's layer makes of a picture, float32 (height, width, channels)."""
        found = self.probe.predict_on_batch(picture[None])
        found = found if isinstance(found, list | tuple) else [found]
        return [np.asarray(output[0], dtype=np.float32) for output in found]

    def losses(self, picture: Picture) -> list[float]:
        """The part of each target in the loss of a picture; computed in NumPy."""
        parts = [0.0] * len(self.targets)
        for (rows, columns), counts in self.counts(picture.shape[:2]):
            for k, output in enumerate(self.outputs(picture[rows.cut, columns.cut])):
                target, values = self.targets[k], output.astype(np.float64)
                if self.features:
                    strength = (values @ self.features[k].T.astype(np.float64)).max(axis=-1)
                else:
                    whole = target.channel is None
                    strength = np.square(values).sum(axis=-1) if whole else values[..., target.channel]
                parts[k] += float((strength * counts[k]).sum())
        return parts

    def can_see(self, shape: tuple[int, int]) -> bool:
        """Whether every target has something left inside the border, for a picture (height, width)."""
        try:
            maps = self._maps(shape)
        except ValueError:  # smaller than a kernel
            return False
        least = [0 if target.place else 2 * BORDER for target in self.targets]
        return all(min(extents[:2]) > border for extents, border in zip(maps, least, strict=True))

    def at(self, shape: tuple[int, int]) -> Objective:
        """The objective whose neurons are named in the map of a picture of this full size.

        Raises:
            UserError: the map has no such place.
        """
        objective = dataclasses.replace(self, full=shape)
        if not self.can_see(shape):
            return objective
        for target, extents in zip(self.targets, self._maps(shape), strict=True):
            if isinstance(target.place, tuple) and any(
                place >= extent for place, extent in zip(target.place, extents, strict=False)
            ):
                where = (
                    f"{target.layer} has {extents[0]} rows and {extents[1]} columns in a {shape[1]}x{shape[0]} picture"
                )
                raise UserError(f"--layers {target.words}: {where}, counted from 0")
        return objective

    def _maps(self, shape: tuple[int, ...]) -> list[tuple[int, int, int]]:
        """(rows, columns, channels) of each target's map for a picture (height, width)."""
        found = self.probe.compute_output_shape((1, *shape, 3))
        return [tuple(extents[1:]) for extents in (found if isinstance(found, list) else [found])]

    def _strides(self) -> list[int]:
        """Pixels from one place to the next, for each target's map."""
        small, large = (self._maps((extent, extent)) for extent in (_ANY_SIZE, 2 * _ANY_SIZE))
        return [_ANY_SIZE // (more[0] - less[0]) for less, more in zip(small, large, strict=True)]

    def _place(self, target: Target, extents: Sequence[int]) -> tuple[int, ...] | None:
        """Where a target's neuron is in a map; in that of a smaller octave at the same place of the picture."""
        if target.place is None:
            return None
        if target.place == "centre":
            return extents[0] // 2, extents[1] // 2
        if self.full is None:
            return target.place
        whole = self._maps(self.full)[self.targets.index(target)]
        return tuple(int((target.place[axis] + 0.5) * extents[axis] / whole[axis]) for axis in (0, 1))


def objective_of(
    network: Any,
    layers: Sequence[str],
    coefficients: Sequence[float],
    *,
    class_names: Sequence[str] = (),
    guide: Picture | None = None,
    tile: int = 0,
) -> Objective:
    """The objective that the settings describe; where they are empty, the network's own.

    That is for Inception-v3 `mixed2` to `mixed5` with the coefficients of 2017. For others it is the last layer before
    the scores, which has seen most; a network without such a layer gives its last two convolutions.

    Args:
        network: of pictures of any size.
        layers: targets, as `read_target` takes them.
        coefficients: one for each; empty: all the same.
        class_names: of the network's scores, in the order of their units.
        guide: the picture whose features are looked for, float32 (height, width, 3) in [-1, 1].
        tile: pixels of a window's side at most; 0 takes every picture whole.

    Raises:
        UserError: a layer, channel or class that the network does not have; a guide that is too small.
    """
    names = layer_names(network)
    if not layers:
        layers, coefficients = _own_choice(network, names)
    targets = tuple(_found(network, names, read_target(words), class_names) for words in layers)
    probe = keras.Model(network.input, [network.get_layer(target.layer).output for target in targets])
    weights = tuple(coefficients) or (1.0,) * len(targets)
    step = 0.02 if network.name.startswith("inception_v3") else 0.012
    objective = Objective(probe, targets, weights, step, tile=tile)
    return objective if guide is None else dataclasses.replace(objective, features=_features(objective, guide))


def _own_choice(network: Any, names: list[str]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    if network.name.startswith("inception_v3"):
        return inception.LAYERS, inception.COEFFICIENTS
    if network.name.startswith("application_"):
        # Where a place stands for 16 pixels there are parts of things, neither textures nor whole scenes.
        return (_last_of_stride(network, names, 16),), ()
    convolutions = [name for name in names if name.startswith("conv")]
    hidden = [name for name in names if name.startswith("dense")][:-1]
    return tuple(hidden[-1:] or convolutions[-2:]), ()


def _last_of_stride(network: Any, names: list[str], stride: int) -> str:
    """The last layer whose map has a place for so many pixels, or fewer."""
    outputs = keras.Model(network.input, [network.get_layer(name).output for name in names])
    shapes = outputs.compute_output_shape((1, 1024, 1024, 3))
    fine = [name for name, shape in zip(names, shapes, strict=True) if shape[1] >= 0.9 * 1024 / stride]
    return fine[-1] if fine else names[-1]


def _found(network: Any, names: list[str], target: Target, class_names: Sequence[str]) -> Target:
    """A target of this network, a class as a channel of its scores."""
    if target.class_name:
        scores = names[-1]
        count = network.get_layer(scores).output.shape[-1]
        if not (scores == "scores" or (scores.startswith("dense") and count == (len(class_names) or count))):
            raise UserError(
                f"--layers {target.words}: this network has no scores of classes; name a layer, as {scores}"
            )
        channel = class_number(target.class_name, class_names, count)
        return dataclasses.replace(target, layer=scores, channel=channel, class_name="")
    if target.layer not in names:
        raise unknown("layer", target.layer, names)
    count = network.get_layer(target.layer).output.shape[-1]
    if target.channel is not None and target.channel >= count:
        raise UserError(f"--layers {target.words}: {target.layer} has {count} channels, 0 to {count - 1}")
    return target


def _features(objective: Objective, guide: Picture) -> tuple[Array, ...]:
    """What each target's layer makes of the guide, at some 400 places of it."""
    if any(target.channel is not None for target in objective.targets):
        raise UserError("--guide goes with whole layers: it says itself which of their channels to excite")
    height, width = guide.shape[:2]
    shrunk = min(1.0, GUIDE_SIZE / max(height, width))
    small = resize_image(guide, (max(1, round(height * shrunk)), max(1, round(width * shrunk))))
    if not objective.can_see((small.shape[0], small.shape[1])):
        size = f"{small.shape[1]}x{small.shape[0]}"
        raise UserError(f"--guide: at {size} it is too small for {', '.join(objective.layers)}: take a larger one")
    features = []
    for output in objective.outputs(small):
        inner = output[BORDER:-BORDER, BORDER:-BORDER]
        every = max(1, math.ceil(math.sqrt(inner.shape[0] * inner.shape[1] / GUIDE_PLACES)))
        features.append(np.ascontiguousarray(inner[::every, ::every].reshape(-1, inner.shape[2])))
    return tuple(features)
