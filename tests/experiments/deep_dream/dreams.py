"""What the tests of the deep dream use: noise to dream on, and a session."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np

from etudes.experiments.deep_dream.dream_session import DreamSession
from etudes.experiments.deep_dream.resizing import Picture
from etudes.experiments.deep_dream.study import dream
from etudes.views.progress import NoProgress

_count = itertools.count()


def noise(height: int, width: int, seed: int = 0) -> Picture:
    """A picture of noise, float32 (height, width, 3) in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, (height, width, 3)).astype(np.float32)


def session(**options: Any) -> DreamSession:
    """A new session of a dream."""
    return DreamSession(Path(f"dream-{next(_count)}.png"), (1, 1), "", NoProgress(), **options)


def dream_of(picture: Picture, objective: Any, settings: Any, mask: Picture | None = None) -> Picture:
    """The dream of a picture, in a new session."""
    return dream(picture, objective, settings, session(), mask)  # type: ignore[arg-type]
