"""Pictures of digits as people send them: drawn or printed dark on light, photographed; no training set's augmentation.

    python -m benchmarks.paper_digits FOLDER --count 20    # look at some of them

Each is drawn by strokes that were laid out by hand for this file (two ways to write most digits), their points moved at
random, or printed in one of the faces that come with matplotlib. The ink is a pencil, a pen or a felt pen in black,
blue, green or red; the sheet is off-white with texture and a shadow over it; the camera adds perspective, rotation,
blur, noise and JPEG. Sides are 200 to 1,000 pixels, and the digit is anywhere and of any size between a third of the
picture and nearly all of it. All of it follows from the seed.
"""

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage
from scipy.interpolate import PchipInterpolator, make_interp_spline

Strokes = tuple[tuple[tuple[float, float], ...], ...]
"""Lines of points (x, y) in a box one wide and one high, y downwards; a line of three points or more is a curve."""

WAYS: dict[int, tuple[Strokes, ...]] = {
    0: ((((0.5, 0.02), (0.18, 0.2), (0.12, 0.55), (0.3, 0.93), (0.62, 0.95), (0.85, 0.6), (0.8, 0.2), (0.5, 0.02)),),),
    1: (
        (((0.5, 0.0), (0.48, 1.0)),),
        (((0.3, 0.25), (0.55, 0.0)), ((0.55, 0.0), (0.53, 1.0))),
    ),
    2: (
        (((0.15, 0.25), (0.4, 0.02), (0.78, 0.15), (0.7, 0.5), (0.15, 0.97)), ((0.15, 0.97), (0.88, 0.95))),
        (
            ((0.18, 0.22), (0.5, 0.0), (0.78, 0.2), (0.55, 0.62), (0.2, 0.92), (0.22, 0.75), (0.45, 0.85), (0.9, 0.93)),
        ),
    ),
    3: (
        (
            ((0.18, 0.12), (0.5, 0.0), (0.78, 0.2), (0.45, 0.45)),
            ((0.45, 0.45), (0.85, 0.65), (0.65, 0.97), (0.15, 0.88)),
        ),
        (
            ((0.15, 0.03), (0.8, 0.03)),
            ((0.8, 0.03), (0.42, 0.42)),
            ((0.42, 0.42), (0.85, 0.6), (0.7, 0.95), (0.15, 0.9)),
        ),
    ),
    4: (
        (((0.25, 0.02), (0.15, 0.55)), ((0.15, 0.55), (0.9, 0.55)), ((0.68, 0.1), (0.66, 1.0))),
        (((0.66, 0.0), (0.1, 0.65)), ((0.1, 0.65), (0.9, 0.65)), ((0.66, 0.0), (0.66, 1.0))),
    ),
    5: (
        (
            ((0.78, 0.02), (0.25, 0.03)),
            ((0.25, 0.03), (0.2, 0.45)),
            ((0.2, 0.45), (0.6, 0.4), (0.85, 0.68), (0.6, 0.97), (0.15, 0.9)),
        ),
    ),
    6: (
        (((0.68, 0.02), (0.3, 0.3), (0.15, 0.7), (0.45, 0.98), (0.8, 0.78), (0.6, 0.52), (0.22, 0.68)),),
        (((0.4, 0.0), (0.2, 0.5), (0.25, 0.9), (0.6, 0.97), (0.8, 0.7), (0.5, 0.52), (0.22, 0.72)),),
    ),
    7: (
        (((0.12, 0.05), (0.85, 0.05)), ((0.85, 0.05), (0.4, 1.0))),
        (((0.12, 0.08), (0.85, 0.05)), ((0.85, 0.05), (0.4, 1.0)), ((0.3, 0.5), (0.78, 0.48))),
    ),
    8: (
        (
            ((0.75, 0.15), (0.45, 0.0), (0.2, 0.2), (0.5, 0.45), (0.82, 0.75), (0.5, 1.0), (0.18, 0.75), (0.5, 0.45),
             (0.78, 0.2), (0.7, 0.1)),
        ),
        (
            ((0.5, 0.0), (0.22, 0.22), (0.5, 0.46), (0.78, 0.22), (0.5, 0.0)),
            ((0.5, 0.46), (0.16, 0.74), (0.5, 1.0), (0.84, 0.74), (0.5, 0.46)),
        ),
    ),
    9: (
        (((0.78, 0.15), (0.45, 0.02), (0.2, 0.25), (0.45, 0.48), (0.78, 0.2)), ((0.78, 0.15), (0.72, 1.0))),
        (((0.78, 0.2), (0.45, 0.0), (0.2, 0.25), (0.45, 0.48), (0.78, 0.2), (0.75, 0.65), (0.4, 0.98)),),
    ),
}  # fmt: skip

INKS = ((25, 25, 30), (30, 45, 130), (20, 60, 170), (60, 60, 62), (20, 90, 60), (170, 30, 35))
"""Black, two blues, pencil, green, red."""


def paper_digits(count: int, seed: int) -> Iterator[tuple[Image.Image, int]]:
    """So many pictures, RGB, and the digit on each; every fourth is printed, the others are drawn by hand."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        digit = number % 10
        side = int(rng.integers(200, 1001))
        aspect = float(rng.uniform(0.75, 1.33))
        width, height = (side, round(side / aspect)) if aspect > 1 else (round(side * aspect), side)
        mask = _printed(digit, rng) if number % 4 == 3 else _drawn(digit, rng)
        yield _photographed(_placed(mask, width, height, rng), rng), digit


def _drawn(digit: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A digit by hand: ink from 0 to 1, cropped to its strokes."""
    strokes = WAYS[digit][rng.integers(len(WAYS[digit]))]
    high, wide = 600, round(600 * rng.uniform(0.5, 0.95))
    pen = float(rng.uniform(0.03, 0.13)) * high
    sheet = Image.new("L", (wide + 400, high + 400))
    draw = ImageDraw.Draw(sheet)
    slant, lean = float(rng.normal(0.1, 0.12)), float(rng.normal(0, 5))
    moved = rng.normal(0, 0.02, (8, 16, 2))
    last = np.zeros(2)
    for number, stroke in enumerate(strokes):
        points = np.array(stroke) + moved[number, : len(stroke)]
        if number and stroke[0] == strokes[number - 1][-1]:
            points[0] = last
        last = points[-1].copy()
        points[:, 0] += slant * (0.5 - points[:, 1]) * high / wide
        line = _curve(points * (wide, high) + 200)
        pressure = 1 + 0.15 * np.sin(np.linspace(rng.uniform(0, 6), rng.uniform(6, 9), len(line)))
        for (x, y), weight in zip(line, pressure, strict=True):
            half = pen * weight / 2
            draw.ellipse((x - half, y - half, x + half, y + half), fill=255)
    return _cropped(sheet.rotate(lean, Image.Resampling.BICUBIC))


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points along a smooth line, about a pixel from each other."""
    lengths = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    at = np.linspace(0, lengths[-1], int(lengths[-1]))
    if len(points) > 3:
        return np.asarray(make_interp_spline(lengths, points, k=3)(at))
    return np.asarray(PchipInterpolator(lengths, points)(at))


def _printed(digit: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """A digit in one of the faces that come with matplotlib, cropped."""
    faces = sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("DejaVu*[!y].ttf"))
    faces += sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("STIXGeneral*.ttf"))
    font = ImageFont.truetype(faces[rng.integers(len(faces))], 560)
    sheet = Image.new("L", (1000, 1000))
    ImageDraw.Draw(sheet).text((500, 500), str(digit), fill=255, font=font, anchor="mm")
    return _cropped(sheet)


def _cropped(sheet: Image.Image) -> NDArray[np.float32]:
    box = sheet.getbbox()
    assert box is not None
    return np.asarray(sheet.crop(box), dtype=np.float32) / 255


def _placed(mask: NDArray[np.float32], width: int, height: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The ink on a sheet of this size, the digit anywhere on it, a third to nine tenths as large as the sheet."""
    room = float(rng.uniform(0.33, 0.88))
    scale = room * min(width / mask.shape[1], height / mask.shape[0])
    size = (max(2, round(mask.shape[1] * scale)), max(2, round(mask.shape[0] * scale)))
    small = Image.fromarray(np.round(mask * 255).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
    sheet = Image.new("L", (width, height))
    left, top = (
        round(rng.uniform(0.04 * whole, max(0.05 * whole, 0.96 * whole - part)))
        for whole, part in zip((width, height), size, strict=True)
    )
    sheet.paste(small, (left, top))
    return np.asarray(sheet, dtype=np.float32) / 255


def _photographed(ink: NDArray[np.float32], rng: np.random.Generator) -> Image.Image:
    """Ink on paper under a lamp, seen by a camera."""
    height, width = ink.shape
    paper = rng.uniform(205, 250) * np.array([1, rng.uniform(0.96, 1), rng.uniform(0.88, 1)])
    fibres = ndimage.gaussian_filter(rng.normal(0, 1, ink.shape), 1.5) * rng.uniform(2, 12)
    faded = 1 - rng.uniform(0, 0.25) * np.abs(ndimage.gaussian_filter(rng.normal(0, 3, ink.shape), 2))
    opacity = (ink * np.clip(faded, 0.4, 1) * rng.uniform(0.75, 1))[..., None]
    sheet = (paper + fibres[..., None]) * (1 - opacity) + np.array(INKS[rng.integers(len(INKS))]) * opacity
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    angle, dark = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.45)
    along = x * np.cos(angle) + y * np.sin(angle)
    along = (along - along.min()) / np.ptp(along)
    light = 1 - dark * along  # a lamp at one side
    if rng.random() < 0.5:  # the shadow of a hand, with a soft edge
        depth, where, sharpness = rng.uniform(0.1, 0.4), rng.uniform(0.3, 0.8), rng.uniform(8, 40)
        light = light * (1 - depth / (1 + np.exp(-(along - where) * sharpness)))
    seen = Image.fromarray(np.clip(sheet * light[..., None], 0, 255).astype(np.uint8))
    seen = _in_perspective(seen, rng)
    seen = seen.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.004) * max(seen.size)))
    noisy = np.asarray(seen, np.float32) + rng.normal(0, rng.uniform(0, 7), (*seen.size[::-1], 3))
    file = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=int(rng.integers(60, 96)))
    return Image.open(file).convert("RGB")


def _in_perspective(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The corners moved by up to 3 % inwards: what was there is seen larger, nothing outside the sheet is seen."""
    width, height = image.size
    ends = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    inwards = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * (width, height)
    starts = ends + rng.uniform(0, 0.03, (4, 2)) * inwards
    rows = []
    for (x, y), (u, v) in zip(ends, starts, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
    coefficients = np.linalg.solve(np.array(rows), starts.reshape(-1))
    return image.transform(image.size, Image.Transform.PERSPECTIVE, tuple(coefficients), Image.Resampling.BICUBIC)


def main() -> None:
    """Write some of them into a folder, named by their digits."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.paper_digits", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for number, (picture, digit) in enumerate(paper_digits(given.count, given.seed)):
        picture.save(given.folder / f"{number:03}-is-{digit}.jpg", quality=92)


if __name__ == "__main__":
    main()
