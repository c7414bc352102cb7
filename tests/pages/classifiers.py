"""A classifier's page in a browser, against `etudes use` and against its network in Keras."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import etudes
from etudes.data import PHOTOS, embedded_photo

PATIENCE = 120_000
"""Milliseconds for an answer on a busy machine."""

Answer = tuple[str, float]


def open_page(page: Any, place: Path) -> None:
    """Open a page and wait for its first answer."""
    page.goto(place.as_uri())
    page.wait_for_selector("html[data-answered]", state="attached", timeout=PATIENCE)
    page.wait_for_selector(".answer[data-count]", timeout=PATIENCE)


def put_in(page: Any, picture: Path) -> None:
    """Choose a picture file, and wait for the answers."""
    before = page.locator(".answer[data-count]").first.get_attribute("data-count")
    page.locator("input[type=file]").first.set_input_files(picture)
    page.wait_for_selector(f'.answer[data-count]:not([data-count="{before}"])', timeout=PATIENCE)


def answers_of(page: Any) -> list[Answer]:
    """The likeliest class and its probability, of each answer that the page shows."""
    found = page.locator(".answer[data-count]").all()
    return [
        (one.get_attribute("data-answer"), float(one.locator(".confidence").get_attribute("value"))) for one in found
    ]


def same_answers(found: Sequence[Answer], expected: Sequence[Answer]) -> bool:
    """Whether the classes are the same, and the confidence within a hundredth."""
    return all(
        one[0] == other[0] and abs(one[1] - other[1]) <= 0.01 for one, other in zip(found, expected, strict=True)
    )


def used(run: str, picture: Path, **options: Any) -> list[Answer]:
    """What `etudes use` answers."""
    records = etudes.use(run, str(picture), **options).answers
    return [(record["answer"], record["probabilities"][record["answer"]]) for record in records]


def cell_of(page: Any, network: str, layer: str, cell: Sequence[int]) -> float:
    """The value of a cell as the page shows it in the numbers of the layer's band."""
    band = page.locator(f'[id="band-{network}-{layer}"] details.numbers')
    if band.get_attribute("open") is None:
        band.locator("summary").click()
    row, column = (cell[0] // 16, cell[0] % 16) if len(cell) == 1 else cell[:2]
    if len(cell) == 3 and band.locator("input").count():
        band.locator("input").fill(str(cell[2] + 1))
        band.locator("input").press("Tab")
    shown = band.locator("tbody tr").nth(row).locator("td data").nth(column)
    return float(shown.get_attribute("value"))


def in_keras(loaded: Any, name: str, layers: Sequence[str], picture: Any) -> dict[str, Any]:
    """The outputs of layers, by the names that graphs give them, for one picture, uint8 (height, width, channels).

    The network computes in float32, as its graph does, whatever it was trained in.
    """
    import keras

    from etudes.actions.loading import build_networks
    from etudes.training.state import put_weights

    exact = replace(loaded.settings, precision="float32")
    networks = build_networks(loaded.experiment, exact, loaded.info, None)
    saved = {array.partition("/")[0] for array in loaded.arrays}
    put_weights({key: networks[key] for key in saved}, loaded.arrays)
    inside = [layer for layer in networks[name].layers if not isinstance(layer, keras.layers.InputLayer)]
    probe = keras.Model(networks[name].inputs[0], [inside[int(layer[:2])].output for layer in layers])
    outputs = probe(np.asarray(picture, np.float32)[None])
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return {layer: np.asarray(output)[0] for layer, output in zip(layers, outputs, strict=True)}


def photographs(folder: Path, count: int = 20) -> list[Path]:
    """Parts of photographs in many sizes, upright and wide, some of them grey or transparent."""
    rng, paths = np.random.default_rng(0), []
    for number in range(count):
        photo = embedded_photo(PHOTOS[number % len(PHOTOS)])
        width, height = (int(rng.integers(20, side)) for side in photo.size)
        left, top = int(rng.integers(0, photo.width - width)), int(rng.integers(0, photo.height - height))
        part = photo.crop((left, top, left + width, top + height))
        if number % 5 == 3:
            part = part.convert("L")
        paths.append(folder / f"photo-{number}.png")
        part.save(paths[-1])
    return paths


def written_digits(folder: Path, count: int = 20) -> list[Path]:
    """Lines such as people draw, dark on light or light on dark, in many sizes."""
    rng, paths = np.random.default_rng(0), []
    for number in range(count):
        height, width = (int(side) for side in rng.integers(60, 500, 2))
        points = [(float(x) * width, float(y) * height) for x, y in rng.uniform(0.2, 0.8, (5, 2))]
        image = Image.new("L", (width, height), 235)
        pen = max(3, round(min(height, width) * float(rng.uniform(0.04, 0.1))))
        ImageDraw.Draw(image).line(points, fill=25, width=pen, joint="curve")
        image = image.filter(ImageFilter.GaussianBlur(1))
        if number % 3 == 2:
            image = image.point(lambda value: 255 - value)
        paths.append(folder / f"digit-{number}.png")
        image.save(paths[-1])
    return paths


def random_cells(shapes: dict[str, tuple[int, ...]], count: int = 10) -> list[tuple[str, tuple[int, ...]]]:
    """Cells of layers, drawn at random."""
    rng = np.random.default_rng(7)
    names = [sorted(shapes)[int(k)] for k in rng.integers(0, len(shapes), count)]
    return [(name, tuple(int(rng.integers(0, extent)) for extent in shapes[name])) for name in names]
