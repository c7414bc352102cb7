"""The evaluation classifier: classifies generated pictures, and its features compare them with real ones.

During training, and where no better one was found, it is a support vector machine on pixels, which needs only the data.
An inspection takes the trained classifier of another run, which is more accurate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from etudes.contract import Array, ImageInfo, Images, Networks
from etudes.errors import UserError
from etudes.runs import Run, bundled_runs, own_runs, run_at, run_of
from etudes.training.backend import keras

MAX_TRAINING_PICTURES = 20_000
"""Pictures that the support vector machine is trained on at most: enough, and it takes seconds."""

PIXELS = "pixels"
"""The name of the support vector machine."""


@dataclass(frozen=True)
class EvaluationClassifier:
    """A classifier that was trained on real pictures only; pictures are uint8 (n, height, width, channels)."""

    name: str
    predict: Callable[[Array], Array]
    """Pictures → classes int64 (n,)."""
    features: Callable[[Array], Array]
    """Pictures → float32 (n, d), the features that it classifies by."""


def accuracy_on(classifier: EvaluationClassifier, real: Images) -> float:
    """Share of real pictures that a classifier gets right; smaller differences between generated ones mean nothing."""
    return float((classifier.predict(real.pictures) == real.labels).mean())


def classifier_line(classifier: EvaluationClassifier, accuracy: float, real: Images) -> str:
    """Which classifier was used, and its accuracy on real pictures, as a line of the result."""
    return f"evaluation classifier: {classifier.name}, accuracy {accuracy:.2%} on {len(real):,} real test pictures"


def train_pixel_classifier(train: Images) -> EvaluationClassifier:
    """Train a support vector machine on the 40 principal components of pixels; the same pictures give the same one."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    def rows(pictures: Array) -> Array:
        return pictures.reshape(len(pictures), -1).astype(np.float32) / 255

    pictures, labels = train.pictures[:MAX_TRAINING_PICTURES], train.labels[:MAX_TRAINING_PICTURES]
    components = PCA(min(40, len(labels), pictures[0].size), random_state=0)
    pipeline = make_pipeline(components, SVC(C=10)).fit(rows(pictures), labels)
    return EvaluationClassifier(
        "a support vector machine on pixels",
        predict=lambda pictures: np.asarray(pipeline.predict(rows(pictures)), dtype=np.int64),
        features=lambda pictures: np.asarray(pipeline[0].transform(rows(pictures)), dtype=np.float32),
    )


def network_classifier(name: str, networks: Networks, info: ImageInfo) -> EvaluationClassifier:
    """The classifier among the networks of another run; its features are the inputs of its last layer.

    Raises:
        UserError: none of them classifies such pictures into these classes.
    """
    for network in networks.values():
        if not isinstance(network, keras.Model):
            continue
        dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
        if dense and (network.input_shape[1:], network.output_shape[1:]) == (info.shape, (len(info.class_names),)):
            both = keras.Model(network.inputs, [dense[-1].input, network.outputs[0]])

            def output(pictures: Array, index: int, both: Any = both) -> Array:
                found = both.predict(pictures.astype(np.float32), batch_size=500, verbose=0)[index]
                return np.asarray(found, dtype=np.float32)

            return EvaluationClassifier(
                name,
                predict=lambda pictures: np.asarray(output(pictures, 1).argmax(1), dtype=np.int64),
                features=lambda pictures: output(pictures, 0),
            )
    raise UserError(f"--classifier {name}: it has no classifier of such pictures and classes; name another run")


def classifier_run(reference: str | None, info: ImageInfo) -> Run | None:
    """The run whose classifier is used for pictures of this data, or None for the support vector machine.

    Args:
        reference: a run folder, "ETUDE@bundled", an étude's name or `PIXELS`; None takes the most accurate run.
        info: of the pictures.

    Raises:
        UserError: there is no such run, or it was trained on other pictures or classes.
    """
    if reference == PIXELS:
        return None
    if reference is None:
        runs = [*own_runs(), *bundled_runs()]
        found = [(accuracy, str(run), run) for run in runs if (accuracy := _accuracy(run, info)) is not None]
        return max(found, key=lambda entry: entry[:2])[2] if found else None
    run = run_of(reference) or run_at(reference)
    if not run.finished:
        raise UserError(f"--classifier {reference}: no finished run; name a run folder, ETUDE@bundled or {PIXELS}")
    data = run.header()["data"]
    if not _same_pictures(data, info):
        source = data.get("source", "unknown")
        raise UserError(f"--classifier {reference}: trained on other pictures or classes ({source}); name another run")
    return run


def _accuracy(run: Run, info: ImageInfo) -> float | None:
    """The accuracy of a run on this data, by its results; None where it is no classifier of it."""
    try:
        data, metrics = run.header()["data"], run.results()["metrics"]
    except UserError:
        return None  # one damaged folder among the runs must not stop the inspection
    accuracy = metrics.get("accuracy")
    fits = _same_pictures(data, info) and data.get("source") == info.source
    return float(accuracy) if fits and isinstance(accuracy, float) else None


def _same_pictures(data: dict[str, Any], info: ImageInfo) -> bool:
    shape = tuple(data.get(key) for key in ("height", "width", "channels"))
    return shape == info.shape and data.get("class_names") == list(info.class_names)
