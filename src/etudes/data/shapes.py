"""Synthetic colour pictures in ten classes, drawn when they are needed."""

import functools

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from etudes.contract import Images

SHAPE_NAMES = (
    "circle", "square", "triangle", "star", "cross", "ring", "stripes", "checkerboard", "heart", "crescent",
)  # fmt: skip

SIZE = 32
_SCALE = 4
_SEED = 32
_TRAINING, _TEST = 5000, 1000

Polygon = NDArray[np.float64]
Layers = list[tuple[Polygon, int]]
"""Polygons in a square of -1..1, y downwards, each painted over the last: 255 for shape, 0 for background."""


@functools.cache
def load_shapes() -> tuple[Images, Images]:
    """Draw 5,000 + 1,000 coloured shapes, ten classes equally often; the same pictures on every call.

    These pictures are synthetic: they show whether a network can learn, not how well it would do on
    photographs. The shapes differ in position, size, rotation, shear and colour, on gradients with streaks
    across them and noise.

    Returns:
        Training and test part: uint8 (n, 32, 32, 3), labels 0..9 in the order of `SHAPE_NAMES`.
    """
    rng = np.random.default_rng(_SEED)
    total = _TRAINING + _TEST
    labels = np.concatenate([rng.permutation(np.arange(part) % 10) for part in (_TRAINING, _TEST)])
    outlines = _outlines()
    masks = np.stack([_draw(_placed(outlines[label], rng), rng) for label in labels])
    pictures = np.empty((total, SIZE, SIZE, 3), dtype=np.uint8)
    for start in range(0, total, 500):
        pictures[start : start + 500] = _colour(masks[start : start + 500], rng)
    training = Images(pictures[:_TRAINING], labels[:_TRAINING].astype(np.int64))
    return training, Images(pictures[_TRAINING:], labels[_TRAINING:].astype(np.int64))


def _circle(radius: float, x: float = 0.0, y: float = 0.0) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def _box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _corners(count: int, radii: tuple[float, ...]) -> Polygon:
    """A polygon whose corners lie on circles of these radii in turn, the first at the top."""
    angle = np.arange(count) * 2 * np.pi / count - np.pi / 2
    radius = np.resize(radii, count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _heart() -> Polygon:
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    across = 16 * np.sin(t) ** 3
    down = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([across, down - 2.5], axis=1) / 16


def _outlines() -> list[Layers]:
    """The ten shapes at rest, in the order of `SHAPE_NAMES`."""
    edges = np.linspace(-0.95, 0.95, 6)
    thirds = np.linspace(-0.95, 0.95, 4)
    stripes = [_box(-0.95, edges[row], 0.95, edges[row + 1]) for row in (0, 2, 4)]
    fields = [(row, column) for row in range(3) for column in range(3) if (row + column) % 2 == 0]
    board = [_box(thirds[c], thirds[r], thirds[c + 1], thirds[r + 1]) for r, c in fields]
    return [
        [(_circle(0.95), 255)],
        [(_box(-0.85, -0.85, 0.85, 0.85), 255)],
        [(_corners(3, (1.1,)), 255)],
        [(_corners(10, (1.1, 0.48)), 255)],
        [(_box(-1.0, -0.33, 1.0, 0.33), 255), (_box(-0.33, -1.0, 0.33, 1.0), 255)],
        [(_circle(1.0), 255), (_circle(0.55), 0)],
        [(stripe, 255) for stripe in stripes],
        [(field, 255) for field in board],
        [(_heart(), 255)],
        [(_circle(1.0), 255), (_circle(0.85, x=0.5), 0)],
    ]


def _placed(layers: Layers, rng: Generator) -> Layers:
    """Shear, stretch, turn and move the shape to its place, in pixels of the large drawing."""
    radius = rng.uniform(9.0, 13.5)
    angle = rng.uniform(-0.5, 0.5)
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    shear = rng.uniform(-0.15, 0.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = radius * turn @ np.array([[stretch, shear], [0.0, 1 / stretch]])
    margin = SIZE / 2 - radius
    centre = SIZE / 2 + rng.uniform(-1, 1, size=2) * margin
    return [((points @ matrix.T + centre) * _SCALE, ink) for points, ink in layers]


def _draw(layers: Layers, rng: Generator) -> NDArray[np.uint8]:
    """Draw four times as large and shrink, which smooths the edges; a streak crosses half of them."""
    side = SIZE * _SCALE
    sheet = Image.new("L", (side, side))
    pen = ImageDraw.Draw(sheet)
    for points, ink in layers:
        pen.polygon(points.ravel().tolist(), fill=ink)
    for _ in range(rng.integers(0, 2)):
        ends = rng.uniform(0, side, size=4).tolist()
        pen.line(ends, fill=int(rng.choice([0, 255])), width=int(rng.integers(3, 9)))
    return np.asarray(sheet.reduce(_SCALE))


def _colour(masks: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """Paint shapes (n, 32, 32) over backgrounds, each with a gradient of its own, and add noise."""
    count = len(masks)
    cover = masks[..., np.newaxis].astype(np.float32) / 255
    background = rng.uniform(0, 150, size=(count, 3))
    foreground = background + rng.dirichlet((1.0, 1.0, 1.0), size=count) * rng.uniform(120, 420, size=(count, 1))
    picture = (1 - cover) * _gradient(background, rng) + cover * _gradient(foreground, rng)
    picture += rng.normal(size=picture.shape) * rng.uniform(2, 10, size=(count, 1, 1, 1))
    painted: NDArray[np.uint8] = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    return painted


def _gradient(colours: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    """Pictures (n, 32, 32, 3) of these colours (n, 3) that change linearly from one side to the other."""
    ramp = np.linspace(-1, 1, SIZE)
    slope = rng.normal(scale=16, size=(2, len(colours), 1, 1, 3))
    across, down = ramp[None, None, :, None], ramp[None, :, None, None]
    shaded: NDArray[np.float64] = colours[:, None, None, :] + slope[0] * across + slope[1] * down
    return shaded
