"""Somebody independent who says which class a generated picture shows, and what it sees in it.

While a network learns, and where no better one is at hand, that is a support vector machine on pixels: it needs
nothing but the data. An inspection takes a trained classifier, another run's, whose answers are surer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from etudes.contract import Array, ImageInfo, Images, Networks
from etudes.errors import UserError
from etudes.runs import Run, bundled_runs, own_runs, run_at, run_of
from etudes.training.backend import keras

LEARNED_FROM = 20_000
"""Training pictures at most that the support vector machine learns from: enough, and it takes seconds."""

PIXELS = "pixels"
"""The name of the support vector machine."""


class Judge(Protocol):
    """A classifier that never saw a generated picture, nor anything of the two networks."""

    @property
    def name(self) -> str:
        """Who it is."""

    def says(self, pictures: Array) -> Array:
        """Classes int64 (n,) of pictures uint8 (n, height, width, channels)."""

    def sees(self, pictures: Array) -> Array:
        """Features (n, d), float32, that it decides by."""


def accuracy_on(judge: Judge, real: Images) -> float:
    """Share of real pictures that a judge gets right: what it says of generated ones is worth no more than this."""
    return float((judge.says(real.pictures) == real.labels).mean())


def judged_by(judge: Judge, accuracy: float, real: Images) -> str:
    """Who judged, and how right that judge is on real pictures, as a sentence."""
    return f"judge: {judge.name}, right on {accuracy:.2%} of {len(real):,} real test pictures"


@dataclass(frozen=True)
class PixelJudge:
    """A support vector machine on the principal components of pixels."""

    classifier: Any
    name = "a support vector machine on pixels"

    def says(self, pictures: Array) -> Array:
        """Classes int64 (n,)."""
        return np.asarray(self.classifier.predict(_rows(pictures)), dtype=np.int64)

    def sees(self, pictures: Array) -> Array:
        """The principal components (n, 40 at most)."""
        return np.asarray(self.classifier[0].transform(_rows(pictures)), dtype=np.float32)


def train_judge(train: Images) -> PixelJudge:
    """Train a support vector machine on real pictures; the same pictures give the same one."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    pictures, labels = train.pictures[:LEARNED_FROM], train.labels[:LEARNED_FROM]
    components = min(40, len(labels), pictures[0].size)
    classifier = make_pipeline(PCA(components, random_state=0), SVC(C=10))
    classifier.fit(_rows(pictures), labels)
    return PixelJudge(classifier)


def _rows(pictures: Array) -> Array:
    return pictures.reshape(len(pictures), -1).astype(np.float32) / 255


@dataclass(frozen=True)
class NetworkJudge:
    """A network of another run: pictures of 0..255 in, probabilities of the classes out."""

    name: str
    both: Any
    """A `keras.Model` that gives its features and its probabilities."""

    def says(self, pictures: Array) -> Array:
        """Classes int64 (n,)."""
        return np.asarray(self._look(pictures)[1].argmax(1), dtype=np.int64)

    def sees(self, pictures: Array) -> Array:
        """What its last layer gets, (n, d)."""
        return self._look(pictures)[0]

    def _look(self, pictures: Array) -> tuple[Array, Array]:
        seen, said = self.both.predict(pictures.astype(np.float32), batch_size=500, verbose=0)
        return np.asarray(seen, dtype=np.float32), np.asarray(said, dtype=np.float32)


def network_judge(name: str, networks: Networks, info: ImageInfo) -> NetworkJudge:
    """The judge in the networks of another run.

    Raises:
        UserError: none of them takes such pictures and tells such classes apart.
    """
    for network in networks.values():
        dense = [layer for layer in getattr(network, "layers", []) if isinstance(layer, keras.layers.Dense)]
        fits = dense and network.input_shape[1:] == info.shape and network.output_shape[1:] == (len(info.class_names),)
        if fits:
            return NetworkJudge(name, keras.Model(network.inputs, [dense[-1].input, network.outputs[0]]))
    raise UserError(f"--judge {name}: none of its networks takes such pictures and tells these classes apart")


def judging_run(asked: str | None, info: ImageInfo) -> Run | None:
    """The run that judges pictures of this data, or None for the support vector machine.

    Args:
        asked: a run folder, "ETUDE@bundled", an étude's name or `PIXELS`; None takes the most accurate run there is.
        info: what the pictures are.

    Raises:
        UserError: there is no such run, or it learned from other pictures or classes.
    """
    if asked == PIXELS:
        return None
    if asked is None:
        runs = [*own_runs(), *bundled_runs()]
        found = [(accuracy, str(run), run) for run in runs if (accuracy := _accuracy(run, info)) is not None]
        return max(found, key=lambda entry: entry[:2])[2] if found else None
    run = run_of(asked) or run_at(asked)
    if not run.finished:
        raise UserError(f"--judge {asked}: no finished run; name a run folder, ETUDE@bundled or {PIXELS}")
    data = run.header()["data"]
    if not _same_pictures(data, info):
        raise UserError(f"--judge {asked} learned from other pictures or classes ({data.get('source', 'unknown')})")
    return run


def _accuracy(run: Run, info: ImageInfo) -> float | None:
    """The accuracy that a run says it has on this data; None where it is no classifier of it."""
    try:
        data, metrics = run.header()["data"], run.results()["metrics"]
    except UserError:
        return None  # a damaged folder among the runs must not stand in the way
    accuracy = metrics.get("accuracy")
    fits = _same_pictures(data, info) and data.get("source") == info.source
    return float(accuracy) if fits and isinstance(accuracy, float) else None


def _same_pictures(data: dict[str, Any], info: ImageInfo) -> bool:
    shape = tuple(data.get(key) for key in ("height", "width", "channels"))
    return shape == info.shape and data.get("class_names") == list(info.class_names)
