"""How a page prepares a person's picture, in TypeScript, against how `etudes use` does it, in Python."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from etudes.analysis.answers import fit_drawing
from etudes.contract import ImageInfo
from etudes.data import PHOTOS, embedded_photo, fit_picture, open_picture
from etudes.data.inputs import GivenPicture

PAGE = Path(__file__).parents[2] / "page"

Info = tuple[str, int, int, int, str]
Answers = list[tuple[np.ndarray[Any, Any], int]]

_SCRIPT = """
import { readFileSync, writeFileSync } from "node:fs";
import { fitPicture } from "PAGE/src/pictures/fit";
import { prepare } from "PAGE/src/pictures/prepare";
import { fromRgba } from "PAGE/src/pictures/raster";
const folder = process.argv[2];
const cases = JSON.parse(readFileSync(`${folder}/cases.json`, "utf8"));
for (const [number, { height, width, info, whole }] of cases.entries()) {
  const picture = fromRgba(readFileSync(`${folder}/${number}.rgba`), height, width);
  const done = whole ? prepare(picture, info) : { picture: fitPicture(picture, info), words: [] };
  writeFileSync(`${folder}/${number}.out`, done.picture.data);
  writeFileSync(`${folder}/${number}.json`, JSON.stringify(done.words.length));
}
"""


@pytest.fixture(scope="module")
def in_node(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Answers]:
    """Runs the page's code over pictures: their pixels, and how many things it says that it did."""
    node, esbuild = shutil.which("node"), PAGE / "node_modules" / "esbuild" / "bin" / "esbuild"
    if node is None or not esbuild.exists():
        pytest.skip("needs Node.js and page/node_modules (npm ci)")
    folder = tmp_path_factory.mktemp("page")
    source, script = folder / "source.ts", folder / "script.mjs"
    source.write_text(_SCRIPT.replace("PAGE", PAGE.as_posix()), encoding="utf-8")
    bundle = [str(esbuild), str(source), "--bundle", "--platform=node", "--format=esm", f"--outfile={script}"]
    subprocess.run([*([] if _is_program(esbuild) else [node]), *bundle, "--log-level=error"], check=True)

    def answers(pictures: Mapping[str, Image.Image], info: Info, *, whole: bool) -> Answers:
        source, height, width, channels, ink = info
        fields = {"source": source, "height": height, "width": width, "channels": channels, "ink": ink}
        cases = [{"height": p.height, "width": p.width, "info": fields, "whole": whole} for p in pictures.values()]
        (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
        for number, picture in enumerate(pictures.values()):
            (folder / f"{number}.rgba").write_bytes(picture.convert("RGBA").tobytes())
        subprocess.run([node, str(script), str(folder)], check=True)
        shape, numbers = (height, width, channels), range(len(pictures))
        pixels = [np.frombuffer((folder / f"{number}.out").read_bytes(), np.uint8).reshape(shape) for number in numbers]
        return [(pixels[number], json.loads((folder / f"{number}.json").read_text())) for number in numbers]

    return answers


def _is_program(path: Path) -> bool:
    """Whether npm's installation put esbuild's program where its script was."""
    return path.read_bytes()[:2] != b"#!"


def pictures_of_many_kinds() -> dict[str, Image.Image]:
    """Noise, photographs, transparency, grey, tiny, wide and tall ones."""
    rng = np.random.default_rng(0)

    def noise(*shape: int) -> Image.Image:
        return Image.fromarray(rng.integers(0, 256, shape).astype(np.uint8))

    photos = {name: embedded_photo(name) for name in PHOTOS}
    sizes = {"tiny": (3, 2), "one": (1, 1), "wide": (7, 300), "tall": (411, 13), "same": (32, 32), "near": (33, 31)}
    return {
        **photos,
        **{f"noise, {name}": noise(*size, 3) for name, size in sizes.items()},
        "grey noise": noise(57, 91),
        "grey photograph": photos["china"].convert("L"),
        "transparent": noise(40, 64, 4),
        "white on nothing": Image.merge("LA", (Image.new("L", (50, 50), 255), noise(50, 50))),
        "upright": photos["flower"].rotate(90, expand=True),
        "a column": photos["china"].crop((100, 0, 120, 427)),
    }


def drawing(side: tuple[int, int], points: list[tuple[float, float]], pen: float, *, seed: int) -> Image.Image:
    """Strokes on paper that is not quite white, dark on light."""
    rng, whole = np.random.default_rng(seed), min(side)
    image = Image.new("L", (side[1], side[0]), 240)
    pixels = [(x * whole, y * whole) for x, y in points]
    ImageDraw.Draw(image).line(pixels, fill=30, width=max(1, round(pen * whole)), joint="curve")
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(whole / 300)), np.float32)
    return Image.fromarray(np.clip(blurred + rng.normal(0, 2, blurred.shape), 0, 255).astype(np.uint8))


SEVEN = [(0.2, 0.2), (0.7, 0.22), (0.35, 0.8)]
ZIGZAG = [(0.15, 0.3), (0.5, 0.2), (0.4, 0.6), (0.8, 0.5), (0.7, 0.9)]


def drawings() -> dict[str, Image.Image]:
    """Thick and thin, small and large, square and not, in shadow, coloured, and what is no drawing."""
    made = {
        f"{name} {side} {pen}": drawing(side, points, pen, seed=seed)
        for seed, (name, points) in enumerate((("seven", SEVEN), ("zigzag", ZIGZAG)))
        for side in ((280, 280), (100, 160), (900, 700), (28, 28), (60, 40))
        for pen in (0.02, 0.1)
    }
    seven = np.asarray(drawing((400, 400), SEVEN, 0.05, seed=3), np.float32)
    shadow = np.where(np.arange(400) > 240, 0.6, 1.0)
    sheet = np.stack([seven, seven * 0.9, seven * 0.8], axis=-1)
    ink = np.uint8(255) - np.asarray(drawing((280, 280), ZIGZAG, 0.08, seed=4))
    return {
        **made,
        **{f"light {name}": Image.fromarray(255 - np.asarray(image)) for name, image in made.items()},
        "in shadow": Image.fromarray((seven * shadow).astype(np.uint8)),
        "on yellow paper": Image.fromarray(sheet.astype(np.uint8)),
        "on nothing": Image.merge("LA", (Image.new("L", (280, 280)), Image.fromarray(ink))),
        "white on nothing": Image.merge("LA", (Image.new("L", (280, 280), 255), Image.fromarray(ink))),
        "empty": Image.new("L", (280, 280), 255),
    }


def as_opened(pictures: Mapping[str, Image.Image]) -> dict[str, Image.Image]:
    """As `open_picture` gives them."""
    return {name: open_picture(GivenPicture(name, picture)) for name, picture in pictures.items()}


@pytest.mark.parametrize("size", [(32, 32, 3), (28, 28, 1), (40, 24, 3), (16, 48, 1)])
def test_pictures_are_resized_to_the_same_bits(in_node: Callable[..., Answers], size: tuple[int, int, int]) -> None:
    pictures = pictures_of_many_kinds()
    found = in_node(pictures, ("cifar10", *size, ""), whole=False)
    info = ImageInfo("cifar10", *size, ("a", "b"))
    for (name, image), (pixels, _) in zip(as_opened(pictures).items(), found, strict=True):
        assert np.array_equal(pixels, fit_picture(image, info)), name


@pytest.mark.parametrize(
    ("first", "info"),
    [
        (0, ("mnist", 28, 28, 1, "")),
        (1, ("mnist to digits", 28, 28, 1, "")),
        (2, ("fashion_mnist", 28, 28, 1, "")),
        (3, ("digits", 8, 8, 1, "")),
        (4, ("letters", 32, 24, 1, "dark")),
        (0, ("letters", 28, 28, 3, "light")),
        (1, ("cifar10", 32, 32, 3, "")),
    ],
)
def test_drawings_are_prepared_within_one_grey_level(in_node: Callable[..., Answers], first: int, info: Info) -> None:
    pictures = dict(list({**drawings(), **pictures_of_many_kinds()}.items())[first::5])
    found = in_node(pictures, info, whole=True)
    expected = ImageInfo(*info[:4], ("a", "b"), info[4])
    for (name, image), (pixels, said) in zip(as_opened(pictures).items(), found, strict=True):
        fitted, words = fit_drawing(image, expected, None, None)
        assert np.abs(pixels.astype(int) - fitted).max() <= 1, name
        assert said == len(words), name
