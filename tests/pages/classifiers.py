"""A classifier's page in a browser, against `etudes use` and against its network in Keras."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import etudes
from etudes.data import PHOTOS, embedded_photo
from pages.visiting import WIDTHS, Visit, violations

PATIENCE = 120_000
"""Milliseconds for an answer on a busy machine."""

Answer = tuple[str, float]


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


def check_that_everybody_can_read(opened: Visit) -> None:
    """At all widths, light and dark, in both languages; the page must have been opened with `bypass_csp`."""
    for language, theme in (("en", "light"), ("zh", "dark")):
        opened.language(language)
        opened.theme(theme)
        for width in WIDTHS:
            opened.width(width)
            assert opened.wider_than_the_window() == [], (language, width)
        assert violations(opened) == [], (language, theme)


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
