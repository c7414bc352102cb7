"""Why a classifier gives a picture the score that it gives a class: which pixels count, in three ways.

All three ask the score of one class before the softmax, in float32 whatever the run computes in: a probability hardly
moves any more where it is near 1, and half the bits are too few for slopes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.contract import Array
from etudes.training.backend import drawn_from, input_gradient, keras, outputs_of
from etudes.views.saliency import Explanation

STEPS = 128
"""Points of the path of integrated gradients."""


@dataclass(frozen=True)
class Integrated:
    """Integrated gradients of one picture."""

    attributions: NDArray[np.float32]
    """What each value of the picture adds to the score, (height, width, channels)."""
    score: float
    """The score of the class for the picture."""
    baseline: float
    """Its mean for the empty pictures that the path begins at."""

    @property
    def gap(self) -> float:
        """How far the attributions are from adding up to score minus baseline: the error of the sum over the path."""
        return float(self.attributions.sum(dtype=np.float64)) - (self.score - self.baseline)


class Explainer:
    """Explains the scores of a classifier: a `keras.Sequential` whose last layer is a softmax by itself."""

    def __init__(self, network: Any) -> None:
        """Copy a network without its softmax; what is done with the copy does not touch it.

        `has_convolutions` says whether there are maps for `grad_cam` to look at, `centres` where these look: the row of
        the picture for each of their rows, and the column for each of their columns.
        """
        self.layers = _in_float32(network)[:-1]
        self.shape = tuple(network.input_shape[1:])
        self.scores = _upon(self.shape, self.layers)
        self._gradients: dict[tuple[str, int], Callable[[Array], tuple[float, Array]]] = {}
        last = _last_maps(self.layers)
        if last is not None:
            self._looking = _upon(self.shape, self.layers[:last])
            self._deciding = _upon(self._looking.output_shape[1:], self.layers[last:])
            self.centres = _centres(self.layers[:last], self.shape[:2], self._looking.output_shape[1:3])
        self.has_convolutions = last is not None

    def score_of(self, pictures: Array, target: int) -> NDArray[np.float32]:
        """The score of a class for pictures (n, height, width, channels) of 0..255, (n,)."""
        found = outputs_of(self.scores, np.asarray(pictures, np.float32), 500)
        return np.asarray(found[:, target], dtype=np.float32)

    def gradient(self, picture: Array, target: int) -> NDArray[np.float32]:
        """How the score changes with each value of a picture, (height, width, channels).

        Args:
            picture: (height, width, channels), 0..255.
            target: place of the class.

        Source: Simonyan, Vedaldi, Zisserman, Deep Inside Convolutional Networks, 2014.
        """
        return np.asarray(self._slope("scores", self.scores, target)(picture[None].astype(np.float32))[1][0])

    def integrated_gradients(self, picture: Array, target: int, baselines: Sequence[float] | None = None) -> Integrated:
        """What each value of a picture adds to the score, beside a picture that shows nothing.

        The slopes along the straight path from the empty picture to this one, in its middle points, times what was
        changed. They add up to the difference of the scores but for the error of the sum (`Integrated.gap`).

        Args:
            picture: as for `gradient`.
            target: place of the class.
            baselines: values of empty pictures, whose attributions are averaged. By default black for grey pictures,
                and black and white for coloured ones: pixels that are like the empty picture get nothing.

        Source: Sundararajan, Taly, Yan, Axiomatic Attribution for Deep Networks, 2017.
        """
        slope = self._slope("scores", self.scores, target)
        if baselines is None:
            baselines = (0.0,) if self.shape[-1] == 1 else (0.0, 255.0)
        shares = ((np.arange(STEPS) + 0.5) / STEPS).astype(np.float32).reshape(-1, 1, 1, 1)
        found = np.zeros(self.shape, np.float64)
        for value in baselines:
            change = picture.astype(np.float32) - np.float32(value)
            found += slope(value + shares * change)[1].mean(axis=0, dtype=np.float64) * change
        empty = np.stack([np.full(self.shape, value, np.float32) for value in baselines])
        score = float(self.score_of(picture[None], target)[0])
        mean = float(self.score_of(empty, target).mean(dtype=np.float64))
        return Integrated((found / len(baselines)).astype(np.float32), score, mean)

    def grad_cam(self, picture: Array, target: int) -> NDArray[np.float32]:
        """Where the last convolution sees what speaks for a class: float (rows, columns) of its maps, not negative.

        The maps are added up, each weighted with the mean slope of the score along it; what speaks against is cut off.

        Args:
            picture: as for `gradient`.
            target: place of the class.

        Source: Selvaraju and others, Grad-CAM, 2017.
        """
        assert self.has_convolutions, "this network has no convolution"
        maps = np.asarray(outputs_of(self._looking, picture[None].astype(np.float32), 1), dtype=np.float32)
        weights = self.map_weights(maps, target)
        return np.asarray(np.maximum((maps[0] * weights).sum(axis=-1), 0))

    def map_weights(self, maps: Array, target: int) -> NDArray[np.float32]:
        """Mean slope of a class's score along each map of the last convolution, (maps,).

        Args:
            maps: float (1, rows, columns, maps), what the last convolution and its activation gave.
            target: place of the class.
        """
        slopes = self._slope("maps", self._deciding, target)(maps)[1]
        return np.asarray(slopes[0].mean(axis=(0, 1)), dtype=np.float32)

    def _slope(self, kind: str, network: Any, target: int) -> Callable[[Array], tuple[float, Array]]:
        """The function x → (sum of the target's scores, slope), compiled once for each class."""
        if (kind, target) not in self._gradients:
            # The scores of a batch do not depend on each other, so the slope of their sum is that of each.
            gradient = input_gradient(network, lambda outputs: keras.ops.sum(outputs[0][:, target]))
            self._gradients[kind, target] = gradient
        return self._gradients[kind, target]


def _in_float32(network: Any) -> list[Any]:
    """The layers of a network, copied with their weights, computing in float32."""
    with drawn_from(0):
        copies = [type(layer).from_config({**layer.get_config(), "dtype": "float32"}) for layer in network.layers]
    copy = keras.Sequential([keras.Input(network.input_shape[1:]), *copies])
    copy.set_weights(network.get_weights())
    return copies


def _upon(shape: Sequence[int], layers: Sequence[Any]) -> Any:
    return keras.Sequential([keras.Input(tuple(shape)), *layers])


def _last_maps(layers: Sequence[Any]) -> int | None:
    """How many layers there are up to the last convolution and the activation after it; None without one."""
    places = [number for number, layer in enumerate(layers) if isinstance(layer, keras.layers.Conv2D)]
    if not places:
        return None
    after = places[-1] + 1
    return after + isinstance(layers[after], keras.layers.Activation)


def _centres(layers: Sequence[Any], size: Sequence[int], seen: Sequence[int]) -> tuple[Array, Array]:
    """The middles of what the points of maps look at, in pixels from 0, along rows and along columns.

    Args:
        layers: from the picture to the maps.
        size: rows and columns of the picture.
        seen: rows and columns of the maps.
    """
    middles: list[Array] = []
    for axis in (0, 1):
        now = np.arange(size[axis], dtype=np.float64)
        for layer in layers:
            window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
            if window is None:
                continue
            stride, reach = layer.strides[axis], (window[axis] - 1) * getattr(layer, "dilation_rate", (1, 1))[axis]
            count = -(-len(now) // stride) if layer.padding == "same" else (len(now) - reach - 1) // stride + 1
            before = max((count - 1) * stride + reach + 1 - len(now), 0) // 2 if layer.padding == "same" else 0
            # A window's middle may lie between two points, or with padding beyond the last one.
            start, step = now[0], (now[-1] - now[0]) / max(len(now) - 1, 1)
            now = start + step * (np.arange(count) * stride - before + reach / 2)
        if len(now) != seen[axis]:  # some other layer changed the size: then all that is known is the whole picture
            now = (np.arange(seen[axis]) + 0.5) * size[axis] / seen[axis] - 0.5
        middles.append(now)
    return middles[0], middles[1]


def explain(explainer: Explainer, picture: Array, target: int, caption: str) -> Explanation:
    """Explain the score of a class in the three ways.

    Args:
        explainer: of the classifier.
        picture: uint8 (height, width, channels).
        target: place of the class.
        caption: of the picture, in the sheet.
    """
    integrated = explainer.integrated_gradients(picture, target)
    return Explanation(
        picture,
        caption,
        np.abs(explainer.gradient(picture, target)).max(axis=-1),
        integrated.attributions.sum(axis=-1),
        explainer.grad_cam(picture, target) if explainer.has_convolutions else None,
        explainer.centres if explainer.has_convolutions else None,
        integrated.score,
        integrated.baseline,
        integrated.gap,
    )
