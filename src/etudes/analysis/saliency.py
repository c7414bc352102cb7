"""Saliency: which pixels of a picture contribute to a class's score, by gradient, integrated gradients and Grad-CAM.

All three explain the score before the softmax, because a probability near 1 hardly changes, and in float32 whatever
the precision of the run, because bfloat16 is too coarse for gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.answers import read_picture
from etudes.analysis.classification import predict, top_losses
from etudes.contract import Array, ImageInfo, Images, Result, Table
from etudes.data import open_picture
from etudes.errors import unknown
from etudes.training.backend import drawn_from, input_gradient, keras, outputs_of
from etudes.views.plotting import one_line
from etudes.views.saliency import Explanation, saliency_sheet

STEPS = 128
"""Points on the path of integrated gradients."""


@dataclass(frozen=True)
class Integrated:
    """Integrated gradients of one picture."""

    attributions: NDArray[np.float32]
    """Contribution of each value of the picture to the score, (height, width, channels)."""
    score: float
    """The score of the class for the picture."""
    baseline: float
    """Its mean for the empty pictures at which the paths begin."""

    @property
    def gap(self) -> float:
        """The sum of the attributions minus (score - baseline): the error of the numerical integration."""
        return float(self.attributions.sum(dtype=np.float64)) - (self.score - self.baseline)


class Explainer:
    """Explains the scores of a classifier, a `keras.Sequential` whose last layer is only the softmax."""

    def __init__(self, network: Any) -> None:
        """Copy a network without its softmax; the network itself stays unchanged.

        `has_convolutions` tells whether `grad_cam` is possible. `centres` are the centres of the receptive fields of
        its maps: the picture's row for each row of a map, and the picture's column for each column.
        """
        self.layers = _in_float32(network)[:-1]
        self.shape = tuple(network.input_shape[1:])
        self.scores = _sequential(self.shape, self.layers)
        self._gradients: dict[tuple[str, int], Callable[[Array], tuple[float, Array]]] = {}
        last = _last_maps(self.layers)
        if last is not None:
            self._features = _sequential(self.shape, self.layers[:last])
            self._head = _sequential(self._features.output_shape[1:], self.layers[last:])
            self.centres = _centres(self.layers[:last], self.shape[:2], self._features.output_shape[1:3])
        self.has_convolutions = last is not None

    def score_of(self, pictures: Array, target: int) -> NDArray[np.float32]:
        """The score of a class for pictures (n, height, width, channels) of values 0..255, (n,)."""
        found = outputs_of(self.scores, np.asarray(pictures, np.float32), 500)
        return np.asarray(found[:, target], dtype=np.float32)

    def gradient(self, picture: Array, target: int) -> NDArray[np.float32]:
        """Derivative of the score by each value of a picture, (height, width, channels).

        Args:
            picture: (height, width, channels), 0..255.
            target: index of the class.

        Source: Simonyan, Vedaldi, Zisserman, Deep Inside Convolutional Networks, 2014.
        """
        return np.asarray(self._gradient_of("scores", self.scores, target)(picture[None].astype(np.float32))[1][0])

    def integrated_gradients(self, picture: Array, target: int, baselines: Sequence[float] | None = None) -> Integrated:
        """Contribution of each value of a picture to the score, compared with an empty picture.

        The mean gradient at the midpoints of the straight path from the empty picture to this one, times the change.
        The contributions add up to the difference of the scores, except for the numerical error (`Integrated.gap`).

        Args:
            picture: as for `gradient`.
            target: index of the class.
            baselines: values of the empty pictures; their attributions are averaged. By default black for grey
                pictures, black and white for coloured ones: pixels equal to the empty picture contribute nothing.

        Source: Sundararajan, Taly, Yan, Axiomatic Attribution for Deep Networks, 2017.
        """
        gradient = self._gradient_of("scores", self.scores, target)
        if baselines is None:
            baselines = (0.0,) if self.shape[-1] == 1 else (0.0, 255.0)
        fractions = ((np.arange(STEPS) + 0.5) / STEPS).astype(np.float32).reshape(-1, 1, 1, 1)
        found = np.zeros(self.shape, np.float64)
        for value in baselines:
            change = picture.astype(np.float32) - np.float32(value)
            found += gradient(value + fractions * change)[1].mean(axis=0, dtype=np.float64) * change
        empty = np.stack([np.full(self.shape, value, np.float32) for value in baselines])
        score = float(self.score_of(picture[None], target)[0])
        mean = float(self.score_of(empty, target).mean(dtype=np.float64))
        return Integrated((found / len(baselines)).astype(np.float32), score, mean)

    def grad_cam(self, picture: Array, target: int) -> NDArray[np.float32]:
        """Where the maps of the last convolution support a class: float (rows, columns), not negative.

        The sum of the maps, each weighted with the mean gradient of the score on it; negative values become zero.

        Args:
            picture: as for `gradient`.
            target: index of the class.

        Source: Selvaraju and others, Grad-CAM, 2017.
        """
        assert self.has_convolutions, "this network has no convolution"
        maps = np.asarray(outputs_of(self._features, picture[None].astype(np.float32), 1), dtype=np.float32)
        weights = self.map_weights(maps, target)
        return np.asarray(np.maximum((maps[0] * weights).sum(axis=-1), 0))

    def map_weights(self, maps: Array, target: int) -> NDArray[np.float32]:
        """Mean gradient of a class's score on each map of the last convolution, (maps,).

        Args:
            maps: float (1, rows, columns, maps), outputs of the last convolution and its activation.
            target: index of the class.
        """
        gradients = self._gradient_of("maps", self._head, target)(maps)[1]
        return np.asarray(gradients[0].mean(axis=(0, 1)), dtype=np.float32)

    def _gradient_of(self, kind: str, network: Any, target: int) -> Callable[[Array], tuple[float, Array]]:
        """The function x → (sum of the target's scores, gradient), compiled once for each class."""
        if (kind, target) not in self._gradients:
            # Scores of a batch are independent, so the gradient of their sum holds the gradient of each.
            gradient = input_gradient(network, lambda outputs: keras.ops.sum(outputs[0][:, target]))
            self._gradients[kind, target] = gradient
        return self._gradients[kind, target]


def _in_float32(network: Any) -> list[Any]:
    """Copies of a network's layers with their weights, in float32."""
    with drawn_from(0):
        copies = [type(layer).from_config({**layer.get_config(), "dtype": "float32"}) for layer in network.layers]
    copy = keras.Sequential([keras.Input(network.input_shape[1:]), *copies])
    copy.set_weights(network.get_weights())
    return copies


def _sequential(shape: Sequence[int], layers: Sequence[Any]) -> Any:
    return keras.Sequential([keras.Input(tuple(shape)), *layers])


def _last_maps(layers: Sequence[Any]) -> int | None:
    """Number of layers up to the last convolution and its activation; None without convolutions."""
    indices = [index for index, layer in enumerate(layers) if isinstance(layer, keras.layers.Conv2D)]
    if not indices:
        return None
    after = indices[-1] + 1
    return after + isinstance(layers[after], keras.layers.Activation)


def _centres(layers: Sequence[Any], size: Sequence[int], map_size: Sequence[int]) -> tuple[Array, Array]:
    """Centres of the receptive fields of a map's points, in pixels from 0, along rows and along columns.

    Args:
        layers: from the picture to the maps.
        size: rows and columns of the picture.
        map_size: rows and columns of the maps.
    """
    centres: list[Array] = []
    for axis in (0, 1):
        now = np.arange(size[axis], dtype=np.float64)
        for layer in layers:
            window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
            if window is None:
                continue
            stride, reach = layer.strides[axis], (window[axis] - 1) * getattr(layer, "dilation_rate", (1, 1))[axis]
            count = -(-len(now) // stride) if layer.padding == "same" else (len(now) - reach - 1) // stride + 1
            before = max((count - 1) * stride + reach + 1 - len(now), 0) // 2 if layer.padding == "same" else 0
            # The centre of a window may lie between two points or, with padding, outside.
            start, step = now[0], (now[-1] - now[0]) / max(len(now) - 1, 1)
            now = start + step * (np.arange(count) * stride - before + reach / 2)
        if len(now) != map_size[axis]:  # another kind of layer changed the size: spread the points evenly
            now = (np.arange(map_size[axis]) + 0.5) * size[axis] / map_size[axis] - 0.5
        centres.append(now)
    return centres[0], centres[1]


def check_explained(info: ImageInfo, picture: str | None, target: str | None) -> None:
    """Check a picture file and a class name; needs no network.

    Raises:
        UserError: the class is unknown, or the file is not a picture.
    """
    if target is not None and target not in info.class_names:
        raise unknown("class", target, info.class_names)
    if picture is not None:
        open_picture(picture)


def pictures_to_explain(
    network: Any, info: ImageInfo, picture: str | None, test: Images | None
) -> tuple[Array, list[str]]:
    """A picture of the user's, or the first three test pictures and the three mistakes with the highest loss.

    Args:
        network: the classifier.
        info: of its training data.
        picture: a picture file; None for test pictures.
        test: the test pictures; not used with a picture file.

    Returns:
        uint8 (n, height, width, channels), and the name of the true class of each, or "" where it is unknown.
    """
    if picture is not None:
        return read_picture(picture, info)[None], [""]
    assert test is not None
    mistakes = top_losses(predict(network, test.pictures), test.labels, 3)
    chosen = list(dict.fromkeys([*range(min(3, len(test))), *mistakes.tolist()]))
    return test.pictures[chosen], [info.class_names[label] for label in test.labels[chosen]]


def explain_predictions(
    network: Any, class_names: Sequence[str], pictures: Array, truths: Sequence[str], target: str | None = None
) -> Result:
    """Explain predictions: a sheet of saliency maps, and a table of the scores that the attributions add up to.

    Args:
        network: pictures in, probabilities out.
        class_names: one for each output.
        pictures: uint8 (n, height, width, channels).
        truths: name of the true class of each picture, or "".
        target: the class to explain; None for the predicted one.
    """
    found, explainer = predict(network, pictures), Explainer(network)
    explained, rows = [], []
    for index, (picture, truth) in enumerate(zip(pictures, truths, strict=True)):
        answer = int(found.classes[index])
        chosen = class_names.index(target) if target is not None else answer
        name, why = class_names[answer], class_names[chosen]
        caption = f"{index + 1}: {one_line(name)} {found.confidence[index]:.0%}"
        caption += f", is {one_line(truth)}" if truth and truth != name else ""
        integrated = explainer.integrated_gradients(picture, chosen)
        explained.append(
            Explanation(
                picture,
                f"{caption}\nwhy {one_line(why)}?",
                np.abs(explainer.gradient(picture, chosen)).max(axis=-1),
                integrated.attributions.sum(axis=-1),
                explainer.grad_cam(picture, chosen) if explainer.has_convolutions else None,
                explainer.centres if explainer.has_convolutions else None,
            )
        )
        probability = float(found.probabilities[index, chosen])
        rows.append((index + 1, truth, name, why, probability, integrated.score, integrated.baseline, integrated.gap))
    columns = ("picture", "is", "answered", "explained", "probability", "score", "score of nothing", "error of the sum")
    return Result(
        tables=[Table("why: what integrated gradients add up to", columns, rows)],
        pictures={"saliency": saliency_sheet(explained)},
    )
