"""What the page of a run holds: where its z come from, real pictures, and drawings that the discriminator rejects.

The page draws z itself, as `etudes use --seed` does, so a drawing is named by class, seed and its number in the seed.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from etudes.contract import Array, ImageInfo, Images, Networks, SharedRun
from etudes.data import IMAGE_SETS
from etudes.experiments.mnist_acgan.distances import nearest
from etudes.experiments.mnist_acgan.pictures import generate, to_pixels
from etudes.experiments.mnist_acgan.study import LATENT, AcganSettings, draw_z
from etudes.training.backend import outputs_of
from etudes.training.rng import STREAMS, rng

DRAWINGS = 16
"""z of each seed: those of `etudes use CLASS --count 16 --seed SEED`."""
SEEDS = 32
"""Seeds whose drawings are judged at sharing time, 512 drawings together."""
REJECTED = 20
"""Drawings that the page shows as mistakes, at most."""
REAL_BYTES = 200_000
"""Real pictures take at most so many bytes of a page."""
REAL = 12
"""Real pictures of each class, at most."""


def networks(info: ImageInfo, settings: AcganSettings) -> tuple[str, ...]:
    """Generator and discriminator; and the generator after the product, for vectors between those of two classes."""
    return (_generator(settings), "discriminator", "product-picture")


def _generator(settings: AcganSettings) -> str:
    return "generator_ema" if settings.ema else "generator"


def is_private(info: ImageInfo, settings: AcganSettings) -> bool:
    """Whether the pictures are a person's own."""
    return info.source not in IMAGE_SETS


def content(shared: SharedRun) -> dict[str, Any]:
    """See `Content` in content.ts."""
    info, settings = shared.info, shared.settings
    name = _generator(settings)
    before, after = STREAMS["drawing"]
    return {
        "generator": name,
        "latent": LATENT,
        "drawings": DRAWINGS,
        "stream": {"before": before, "after": (0, *after)},  # the first input of `etudes use`
        "classes": info.class_names,
        "smoothing": settings.label_smoothing,
        "auxOnGenerated": settings.aux_on_generated,
        "judged": SEEDS * DRAWINGS,
        **_rejected(shared.networks, name, info),
        "real": [] if shared.data is None else _real(shared.networks[name], shared.data.test, info),
    }


def seeded_z(seed: int) -> Array:
    """The z of a seed, as `etudes use` draws them, float32 (16, 100)."""
    return draw_z(rng(seed, "drawing", 0), DRAWINGS)


def _rejected(networks: Networks, name: str, info: ImageInfo) -> dict[str, Any]:
    """Of drawings of many z, those taken for another class, the surest first, then of each class the surest fake."""
    z = np.concatenate([seeded_z(seed) for seed in range(SEEDS)])
    labels = (np.arange(len(z)) % len(info.class_names)).astype(np.int32)
    pictures = generate(networks[name], z, labels[:, None])
    fake, aux = outputs_of(networks["discriminator"], pictures, 100)
    answered, own = aux.argmax(1), aux[np.arange(len(z)), labels]
    order = np.lexsort((fake[:, 0], np.where(answered != labels, -aux.max(1), 0.0)))
    first = np.sort(np.unique(labels[order], return_index=True)[1])  # of each class its worst
    mistaken = int((answered != labels).sum())
    worst = list(dict.fromkeys([*order[:mistaken], *order[first]]))[:REJECTED]
    judged = [
        {
            "class": int(labels[k]),
            "seed": int(k) // DRAWINGS,
            "number": int(k) % DRAWINGS,
            "fake": float(fake[k, 0]),
            "answered": int(answered[k]),
            "aux": float(aux[k, answered[k]]),
            "own": float(own[k]),
        }
        for k in [*worst, own.argmin()]
    ]
    return {
        "rejected": judged[:-1],
        "leastReadable": judged[-1],
        "taken": mistaken,
        "meanFake": float(fake.mean()),
    }


def _real(generator: Any, test: Images, info: ImageInfo) -> list[dict[str, Any]]:
    """For each class, test pictures nearest to its drawings: as many, in base64, one byte a value."""
    classes = len(info.class_names)
    count = min(REAL, REAL_BYTES // (classes * int(np.prod(info.shape))))
    found = []
    for label in range(classes if count else 0):
        of_class = test.pictures[test.labels == label]
        flat = of_class.reshape(len(of_class), -1)
        drawn = to_pixels(generate(generator, seeded_z(0), np.full((DRAWINGS, 1), label, np.int32)))
        near = nearest(drawn.reshape(DRAWINGS, -1), flat)[1] if len(flat) else np.zeros(0, np.int64)
        chosen = list(dict.fromkeys([*near.tolist(), *range(len(flat))]))[:count]
        pixels = base64.b64encode(of_class[chosen].tobytes()).decode("ascii")
        found.append({"class": label, "count": len(chosen), "pixels": pixels})
    return found
