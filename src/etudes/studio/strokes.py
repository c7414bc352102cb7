"""Ten digits as strokes of a pen: the first screen draws them, and the networks read the same lines."""

from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw

from etudes.studio.pad import SIDE

PEN = 20
"""Width of the lines in pixels, as on the pad."""

Line = list[tuple[float, float]]
"""Places (x, y) in a square of `SIDE` pixels."""

_POINTS: dict[str, list[Line]] = {
    "0": [[(146, 48), (100, 72), (76, 140), (98, 212), (140, 236), (184, 210), (206, 140), (184, 72), (146, 48)]],
    "1": [[(104, 96), (148, 52), (148, 52), (144, 236)]],
    "2": [[(82, 98), (100, 60), (144, 48), (188, 74), (186, 120), (140, 176), (80, 230), (80, 230), (206, 226)]],
    "3": [[(86, 72), (132, 48), (184, 72), (178, 114), (128, 134), (128, 134), (186, 150), (202, 194), (160, 236),
           (112, 234), (80, 212)]],
    "4": [[(132, 48), (78, 164), (78, 164), (212, 160)], [(176, 100), (168, 240)]],
    "5": [[(194, 52), (104, 54), (104, 54), (92, 128), (92, 128), (146, 114), (194, 144), (196, 198), (150, 236),
           (86, 222)]],
    "6": [[(178, 50), (118, 98), (84, 172), (104, 226), (150, 236), (190, 200), (176, 156), (132, 148), (92, 180)]],
    "7": [[(76, 62), (206, 58), (206, 58), (160, 132), (126, 240)]],
    "8": [[(188, 78), (146, 48), (98, 72), (112, 114), (146, 138), (188, 174), (184, 220), (138, 238), (92, 214),
           (102, 168), (142, 136), (178, 112), (188, 78)]],
    "9": [[(190, 92), (148, 52), (98, 76), (96, 122), (140, 140), (184, 114), (190, 92), (190, 92), (184, 160),
           (162, 240)]],
}  # fmt: skip
"""The strokes of each digit by some of their points; a point that stands twice is a corner."""


def lines_of(digit: str) -> list[Line]:
    """The strokes of a digit as lines of many points."""
    return [_smooth(points) for points in _POINTS[digit]]


def path_of(digit: str) -> str:
    """The strokes of a digit as the path of an SVG in a square of `SIDE` pixels."""
    return " ".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) for line in lines_of(digit))


def picture_of(digit: str) -> Image.Image:
    """A digit as a drawing on the pad: dark on white."""
    picture = Image.new("L", (SIDE, SIDE), 255)
    pen = ImageDraw.Draw(picture)
    for line in lines_of(digit):
        pen.line(line, fill=0, width=PEN, joint="curve")
        for x, y in (line[0], line[-1]):
            pen.ellipse((x - PEN / 2, y - PEN / 2, x + PEN / 2, y + PEN / 2), fill=0)
    return picture


def _smooth(points: Sequence[tuple[float, float]], steps: int = 8) -> Line:
    """A Catmull-Rom spline through points, as a line of `steps` points from each to the next."""
    line, padded = [], [points[0], *points, points[-1]]
    for index, (here, there) in enumerate(pairwise(points)):
        if here == there:
            continue
        before, after = padded[index], padded[index + 3]
        for step in range(steps):
            t = step / steps
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3)
            near = (before, here, there, after)
            x, y = (sum(w * p[axis] for w, p in zip(weights, near, strict=True)) / 2 for axis in (0, 1))
            line.append((x, y))
    return [*line, points[-1]]
