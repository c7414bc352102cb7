"""Somebody independent who says which class a generated picture shows: a support vector machine on pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from etudes.contract import Array, Images

LEARNED_FROM = 20_000
"""Training pictures at most: enough for the judge, and it takes seconds."""


@dataclass(frozen=True)
class Judge:
    """A classifier that never saw a generated picture, nor anything of the two networks."""

    classifier: Any

    def says(self, pictures: Array) -> Array:
        """Classes int64 (n,) of pictures uint8 (n, height, width, channels)."""
        return np.asarray(self.classifier.predict(_rows(pictures)), dtype=np.int64)

    def accuracy_on(self, real: Images) -> float:
        """Share of real pictures that it gets right: what it says of generated ones is worth no more than this."""
        return float((self.says(real.pictures) == real.labels).mean())


def train_judge(train: Images) -> Judge:
    """Train the judge on real pictures; the same pictures give the same judge."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    pictures, labels = train.pictures[:LEARNED_FROM], train.labels[:LEARNED_FROM]
    components = min(40, len(labels), pictures[0].size)
    classifier = make_pipeline(PCA(components, random_state=0), SVC(C=10))
    classifier.fit(_rows(pictures), labels)
    return Judge(classifier)


def _rows(pictures: Array) -> Array:
    return pictures.reshape(len(pictures), -1).astype(np.float32) / 255
