"""Generated pictures: a grid of every class, words, and films from one class or one z to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from etudes.contract import Array, Networks
from etudes.training.backend import keras, outputs_of
from etudes.training.session import Session
from etudes.views.grids import picture_grid, to_image
from etudes.views.pictures import save_pictures
from etudes.views.plotting import one_line, writing

FRAMES = 10
"""Frames of a film from one z to the next."""

MAX_ROWS = 60
"""Rows of a grid of classes: one of a thousand would be a strip of 60,000 pixels, and a film of such is kept whole."""


def best_generator(networks: Networks) -> Any:
    """The generator for pictures: the moving average where the run has one."""
    return networks["generator_ema" if "generator_ema" in networks else "generator"]


def generate(generator: Any, z: Array, labels: Array) -> Array:
    """Generated pictures, float32 (n, height, width, channels) of 0..255, for z (n, 100) and labels (n, 1)."""
    return np.asarray(outputs_of(generator, [z, labels], 100), dtype=np.float32)


def to_pixels(pictures: Array) -> Array:
    """Generated pictures as uint8; what is not a number becomes black."""
    pixels: Array = np.round(np.clip(np.nan_to_num(pictures), 0, 255)).astype(np.uint8)
    return pixels


def generate_classes(generator: Any, z: Array, classes: int) -> Array:
    """Every class from the same z (n, 100): uint8 (classes · n, height, width, channels), class by class."""
    labels = np.repeat(np.arange(classes, dtype=np.int32), len(z))[:, None]
    return to_pixels(generate(generator, np.tile(z, (classes, 1)), labels))


def class_grid(pictures: Array, names: Sequence[str], title: str = "") -> Image.Image:
    """One row of pictures for each name, with the name before it; at most `MAX_ROWS` rows.

    Args:
        pictures: uint8 (names · n, height, width, channels), row by row.
        names: of the rows.
        title: a line above the grid; none if empty.
    """
    columns, shown = len(pictures) // len(names), [one_line(name) for name in names[:MAX_ROWS]]
    if len(names) > MAX_ROWS:
        title = f"{title}; the first {MAX_ROWS} of {len(names):,} classes".removeprefix("; ")
    pictures = pictures[: columns * len(shown)]
    grid = picture_grid(pictures, columns, scale=max(1, round(56 / pictures.shape[2])))
    fonts = [writing(13, name) for name in shown]
    left = 20 + round(max(font.getlength(name) for font, name in zip(fonts, shown, strict=True)))
    top = 26 if title else 0
    width = max(grid.width, 8 + round(writing(13).getlength(title)))  # the title may be wider than few pictures
    sheet = Image.new("RGB", (left + width, top + grid.height), "white")
    sheet.paste(grid, (left, top))
    draw = ImageDraw.Draw(sheet)
    draw.text((left + 2, top / 2), title, fill="black", font=writing(13), anchor="lm")
    row = grid.height / len(shown)
    for number, (font, name) in enumerate(zip(fonts, shown, strict=True)):
        draw.text((left - 10, top + (number + 0.5) * row), name, fill="black", font=font, anchor="rm")
    return sheet


def save_training_film(session: Session) -> None:
    """Save the grids of all epochs as a film, `pictures/training.gif`."""
    grids = session.saved_pictures("epoch-*")
    if grids:  # none, where the training was finished within its first epoch
        save_pictures({"training": grids}, session.run.pictures / "training.gif", overwrite=True)


def word_sheet(generator: Any, word: Sequence[int], z: Array, parts: Sequence[float] = ()) -> Image.Image:
    """A word of classes as a strip, one row for each len(word) rows of z; a single class fills a square.

    `parts` are factors of equal parts of z, in its order; the last part is longer where 100 is no multiple.
    """
    return _sheet(draw_word(generator, _labels(word, z)[:, 0], z, parts), _columns(word, z))


def draw_word(generator: Any, labels: Array, z: Array, parts: Sequence[float] = ()) -> Array:
    """A picture for each label (n,) and z (n, 100), whose equal parts are multiplied: uint8 (n, h, w, c)."""
    return to_pixels(generate(generator, z * _factors(parts, z.shape[1]), labels.astype(np.int32)[:, None]))


def walk_parts(networks: Networks) -> Networks:
    """The generator before and after each label's vector is multiplied with z: label → vector, product → picture."""
    generator = best_generator(networks)
    multiply = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Multiply))
    embedding = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Embedding))
    label, vector, product = generator.inputs[1], embedding.output, multiply.output
    return {"label-vector": keras.Model(label, vector), "product-picture": keras.Model(product, generator.output)}


def class_walk(networks: Networks, start: Sequence[int], end: Sequence[int], z: Array) -> list[Image.Image]:
    """A film from one word to another of the same length and back; z stays the same.

    Between two labels, it interpolates linearly between their embedding vectors. `networks` has the `walk_parts`.
    """
    first, last = (
        np.asarray(outputs_of(networks["label-vector"], _labels(word, z), 100), np.float32)[:, 0]
        for word in (start, end)
    )
    shares = _eased(13)[:, :, None]
    products = (((1 - shares) * first + shares * last) * z).reshape(-1, z.shape[1])
    pictures = outputs_of(networks["product-picture"], products, 100)
    frames = np.split(to_pixels(np.asarray(pictures, dtype=np.float32)), len(shares))
    film = [_sheet(frame, _columns(start, z)) for frame in frames]
    return film + film[-2:0:-1]


def latent_walk(generator: Any, word: Sequence[int], stops: Array) -> list[Image.Image]:
    """A film of a word whose z goes from stop to stop and back to the first; the classes stay the same.

    Args:
        generator: z and labels in, pictures out.
        word: classes.
        stops: z (stops, n, 100); two stops at least.
    """
    film = []
    for here, there in zip(stops, np.roll(stops, -1, axis=0), strict=True):
        for share in _eased(FRAMES + 1)[:-1]:
            pictures = generate(generator, ((1 - share) * here + share * there).astype(np.float32), _labels(word, here))
            film.append(_sheet(to_pixels(pictures), _columns(word, here)))
    return film


def interpolate_z(generator: Any, z: Array, classes: int, steps: int = 10) -> Array:
    """Each class along a straight line from the first z to the second: uint8 (classes · steps, h, w, c)."""
    shares = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    return generate_classes(generator, (1 - shares) * z[0] + shares * z[1], classes)


def _labels(word: Sequence[int], z: Array) -> Array:
    """The word again and again, int32 (n, 1): a label for each z."""
    return np.tile(np.array(word, dtype=np.int32), len(z) // len(word))[:, None]


def _columns(word: Sequence[int], z: Array) -> int:
    return len(word) if len(word) > 1 else int(np.ceil(np.sqrt(len(z))))


def _factors(parts: Sequence[float], length: int) -> Array:
    """A factor for each value of z, float32 (length,): ones where there are no parts."""
    indices = np.minimum(np.arange(length) // max(1, length // max(1, len(parts))), max(0, len(parts) - 1))
    return np.asarray(tuple(parts) or (1.0,), dtype=np.float32)[indices]


def _eased(steps: int) -> Array:
    """Shares (steps, 1) from 0 to 1, slow at both ends."""
    return np.asarray((1 - np.cos(np.linspace(0, np.pi, steps))) / 2, dtype=np.float32)[:, None]


def _sheet(pictures: Array, columns: int) -> Image.Image:
    """Pictures side by side without a gap, enlarged to about 84 pixels each; empty cells are black."""
    count, height, width, channels = pictures.shape
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height, width, channels), np.uint8)
    cells[:count] = pictures
    sheet = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    image = to_image(sheet.reshape(rows * height, columns * width, channels))
    scale = max(1, round(84 / width))
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.LANCZOS)
