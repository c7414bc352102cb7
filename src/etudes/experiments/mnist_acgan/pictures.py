"""Pictures that the generator draws: grids of every class, words, and walks from one class or one z to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from etudes.contract import Array
from etudes.experiments.mnist_acgan.training import draw_z, paint
from etudes.training.backend import keras
from etudes.training.rng import rng
from etudes.views.grids import picture_grid, to_image
from etudes.views.plotting import writing

if TYPE_CHECKING:
    from etudes.experiments.mnist_acgan.settings import AcganSettings

COLUMNS = 10
"""Pictures of each class in a grid."""
STEPS = 10
"""Pictures of a film from one z to the next."""


def to_pixels(pictures: Array) -> Array:
    """Drawn pictures, float 0..255, as uint8; what is not a number becomes black."""
    pixels: Array = np.round(np.clip(np.nan_to_num(pictures), 0, 255)).astype(np.uint8)
    return pixels


def fixed_z(settings: AcganSettings, count: int = COLUMNS) -> Array:
    """The same z for every grid of a run, so that one sees a picture grow from epoch to epoch."""
    return draw_z(rng(settings.seed, "shown noise"), count)


def every_class(generator: Any, z: Array, classes: int) -> Array:
    """Each class drawn from the same z: uint8 (classes · n, height, width, channels), class by class."""
    labels = np.repeat(np.arange(classes, dtype=np.int32), len(z))[:, None]
    return to_pixels(paint(generator, np.tile(z, (classes, 1)), labels))


def class_grid(drawn: Array, names: Sequence[str], title: str = "") -> Image.Image:
    """One row of pictures for each name, with the name before it.

    Args:
        drawn: uint8 (names · n, height, width, channels), row by row.
        names: of the rows.
        title: a line above the grid; none if empty.
    """
    grid = picture_grid(drawn, len(drawn) // len(names), scale=max(1, round(56 / drawn.shape[2])))
    font = writing(13)
    left, top = 20 + round(max(font.getlength(name) for name in names)), 26 if title else 0
    width = max(grid.width, 8 + round(font.getlength(title)))  # of few pictures the title is wider
    sheet = Image.new("RGB", (left + width, top + grid.height), "white")
    sheet.paste(grid, (left, top))
    draw = ImageDraw.Draw(sheet)
    draw.text((left + 2, top / 2), title, fill="black", font=font, anchor="lm")
    row = grid.height / len(names)
    for number, name in enumerate(names):
        draw.text((left - 10, top + (number + 0.5) * row), name, fill="black", font=font, anchor="rm")
    return sheet


def written(
    generator: Any, word: Sequence[int], count: int, random: np.random.Generator, parts: Sequence[float] = ()
) -> Image.Image:
    """A word of classes as a strip, `count` times, each with z of its own; one class alone fills a square.

    `parts` are factors of equal parts of z, in its order; the last part is longer where it does not come out even.
    """
    labels = np.tile(np.array(word, dtype=np.int32), count)[:, None]
    z = draw_z(random, len(labels))
    return _sheet(to_pixels(paint(generator, z * _factors(parts, z.shape[1]), labels)), _columns(word, count))


def _factors(parts: Sequence[float], length: int) -> Array:
    """A factor for each value of z, float32 (length,): ones where there are no parts."""
    places = np.minimum(np.arange(length) // max(1, length // max(1, len(parts))), max(0, len(parts) - 1))
    return np.asarray(tuple(parts) or (1.0,), dtype=np.float32)[places]


def _columns(word: Sequence[int], count: int) -> int:
    return len(word) if len(word) > 1 else int(np.ceil(np.sqrt(count)))


def _sheet(drawn: Array, columns: int) -> Image.Image:
    """Pictures side by side without a gap, enlarged to about 84 pixels each; what is left over stays black."""
    count, height, width, channels = drawn.shape
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height, width, channels), np.uint8)
    cells[:count] = drawn
    sheet = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    image = to_image(sheet.reshape(rows * height, columns * width, channels))
    scale = max(1, round(84 / width))
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.LANCZOS)


def walk(
    generator: Any, start: Sequence[int], end: Sequence[int], count: int, random: np.random.Generator
) -> list[Image.Image]:
    """A film from one word to another of the same length and back, z held still.

    What lies between two labels is a straight line between the vectors that they choose.
    """
    multiply = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Multiply))
    embedding = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Embedding))
    rest = keras.Model(multiply.output, generator.output)
    vectors = np.asarray(keras.ops.convert_to_numpy(embedding.embeddings), dtype=np.float32)
    z, shares = draw_z(random, count * len(start)), _eased(13)[:, :, None]
    chosen = (1 - shares) * vectors[np.tile(start, count)] + shares * vectors[np.tile(end, count)]
    drawn = rest.predict((chosen * z).reshape(-1, z.shape[1]), batch_size=100, verbose=0)
    frames = np.split(to_pixels(np.asarray(drawn, dtype=np.float32)), len(shares))
    film = [_sheet(frame, _columns(start, count)) for frame in frames]
    return film + film[-2:0:-1]


def wander(
    generator: Any, word: Sequence[int], count: int, places: int, random: np.random.Generator
) -> list[Image.Image]:
    """A film of a word whose z goes from place to place and back to the first, the classes held still.

    Args:
        generator: draws.
        word: classes.
        count: how many times the word is drawn, each on a way of its own.
        places: how many z lie on the way, 2 at least.
        random: draws them.
    """
    labels = np.tile(np.array(word, dtype=np.int32), count)[:, None]
    stops = draw_z(random, places * len(labels)).reshape(places, len(labels), -1)
    film = []
    for here, there in zip(stops, np.roll(stops, -1, axis=0), strict=True):
        for share in _eased(STEPS + 1)[:-1]:
            drawn = paint(generator, ((1 - share) * here + share * there).astype(np.float32), labels)
            film.append(_sheet(to_pixels(drawn), _columns(word, count)))
    return film


def _eased(steps: int) -> Array:
    """Shares (steps, 1) from 0 to 1, slow at both ends."""
    return np.asarray((1 - np.cos(np.linspace(0, np.pi, steps))) / 2, dtype=np.float32)[:, None]


def between(generator: Any, z: Array, classes: int, steps: int = COLUMNS) -> Array:
    """Each class along a straight line from the first z to the second: uint8 (classes · steps, h, w, c)."""
    shares = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    return every_class(generator, (1 - shares) * z[0] + shares * z[1], classes)
