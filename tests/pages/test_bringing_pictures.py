"""The pad, the editor and the ways in which a reader brings a picture, in Chromium."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from etudes.data import embedded_photo, open_picture

pytestmark = pytest.mark.long

PAGE = Path(__file__).parents[2] / "page"

_SCRIPT = """
import { drawingPad } from "PAGE/src/pictures/pad";
import { pictureDrop } from "PAGE/src/pictures/drop";
import { pictureEditor } from "PAGE/src/pictures/mask";
import { raster } from "PAGE/src/pictures/raster";
const told = { pad: 0, mask: 0 };
const named = { en: "a digit", zh: "一个数字" };
const pad = drawingPad(named, () => told.pad++);
const ramp = raster(16, 16, 1);
ramp.data.forEach((_, i) => (ramp.data[i] = i));
const mask = pictureEditor(named, ramp, () => told.mask++);
let taken = null;
const plain = (picture) => picture && { ...picture, data: [...picture.data] };
window.pieces = { told, pad: () => plain(pad.picture()), mask: () => plain(mask.picture()), taken: () => plain(taken) };
document.body.append(pad.element, mask.element, pictureDrop((picture) => (taken = picture)));
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Any]:
    """A page with the pad, the editor and the buttons, from a file, with no network."""
    node, esbuild = shutil.which("node"), PAGE / "node_modules" / "esbuild" / "bin" / "esbuild"
    if node is None or not esbuild.exists():
        pytest.skip("needs Node.js and page/node_modules (npm ci)")
    folder = tmp_path_factory.mktemp("pieces")
    source, script, style = folder / "source.ts", folder / "script.js", PAGE / "src" / "pictures" / "pictures.css"
    source.write_text(_SCRIPT.replace("PAGE", PAGE.as_posix()), encoding="utf-8")
    start = [] if esbuild.read_bytes()[:2] != b"#!" else [node]
    subprocess.run(
        [*start, str(esbuild), str(source), "--bundle", f"--outfile={script}", "--log-level=error"], check=True
    )
    html = f"<!doctype html><meta charset=utf-8><style>:root{{--ink:#000}}{style.read_text()}</style><body>"
    (folder / "page.html").write_text(f"{html}<script src=script.js></script>", encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 844}, offline=True)
    found = context.new_page()
    found.goto((folder / "page.html").as_uri())
    yield found
    context.close()


def pixels(page: Any, name: str) -> np.ndarray[Any, Any]:
    """What a piece of the page gives to a network."""
    page.evaluate("() => new Promise(requestAnimationFrame)")
    found = json.loads(page.evaluate(f"JSON.stringify(pieces.{name}())"))
    return np.array(found["data"], np.uint8).reshape(found["height"], found["width"], found["channels"])


def test_a_pad_is_drawn_on_with_the_mouse(page: Any) -> None:
    page.get_by_role("button", name="Clear").click()
    assert (pixels(page, "pad") == 255).all()
    box = page.locator(".pad-surface").bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731
    for x in (0.3, 0.7):
        page.mouse.move(*at(x, 0.2))
        page.mouse.down()
        page.mouse.move(*at(x, 0.8), steps=5)
        page.mouse.up()
    drawn = pixels(page, "pad")[..., 0]
    assert drawn.shape == (140, 140)
    assert drawn[70, 42] == drawn[70, 98] == 0  # two lines, dark on white
    assert drawn[70, 70] == 255
    assert 9 <= (drawn[70, :70] < 128).sum() <= 15  # as thick as MNIST's
    page.get_by_role("button", name="Undo").click()
    assert pixels(page, "pad")[70, 98, 0] == 255
    assert pixels(page, "pad")[70, 42, 0] == 0
    assert page.evaluate("pieces.told.pad") > 3


def test_a_pad_is_drawn_on_with_the_keyboard(page: Any) -> None:
    page.get_by_role("button", name="Clear").click()
    page.locator(".pad-surface").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.down(" ")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    page.keyboard.up(" ")
    page.keyboard.press("ArrowRight")
    drawn = pixels(page, "pad")[..., 0]
    dark = drawn < 128
    assert dark[80].any()
    assert dark.any(axis=1).sum() > 25 > dark.any(axis=0).sum()
    page.keyboard.press("Backspace")
    assert (pixels(page, "pad") == 255).all()


def test_a_part_is_covered_moved_mirrored_and_taken_off(page: Any) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(pixels(page, "mask"), ramp)
    page.get_by_role("button", name="Cover a part").click()
    hidden = np.argwhere(pixels(page, "mask")[..., 0] != ramp[..., 0])
    assert len(hidden) in (24, 25)  # one of the ramp's is as grey
    page.locator(".mask-surface").focus()
    page.keyboard.press("ArrowDown")
    moved = np.argwhere(pixels(page, "mask")[..., 0] != ramp[..., 0])
    assert moved[:, 0].max() == hidden[:, 0].max() + 1
    page.keyboard.press("Delete")
    assert np.array_equal(pixels(page, "mask"), ramp)
    page.get_by_role("button", name="Mirror").click()
    assert np.array_equal(pixels(page, "mask"), ramp[:, ::-1])
    page.locator(".mask-surface").click(position={"x": 3, "y": 3})
    assert pixels(page, "mask")[0, 0] == 128
    page.get_by_role("button", name="Uncover").click()


def test_a_chosen_picture_is_upright_and_what_is_none_is_refused(page: Any, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned, fake = tmp_path / "turned.jpg", tmp_path / "fake.png"
    embedded_photo("china").save(turned, exif=exif, quality=95)
    fake.write_text("no picture", encoding="utf-8")
    page.locator("input[type=file]").first.set_input_files(turned)
    page.wait_for_function("pieces.taken()")
    expected = np.asarray(open_picture(turned), int)
    found = pixels(page, "taken")
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 1  # another decoder of JPEG
    page.locator("input[type=file]").first.set_input_files(fake)
    page.wait_for_function("document.querySelector('.drop-said').textContent")
    said = page.locator(".drop-said [lang=en]").inner_text()
    assert said == "This browser cannot open fake.png as a picture: save it as JPEG or PNG."


def test_a_picture_is_pasted_and_dropped(page: Any) -> None:
    for kind, carrier in (("paste", "clipboardData"), ("drop", "dataTransfer")):
        event = {"paste": "ClipboardEvent", "drop": "DragEvent"}[kind]
        page.evaluate(
            f"""async () => {{
              const canvas = new OffscreenCanvas(5, 4);
              canvas.getContext("2d").fillRect(0, 0, {5 if kind == "drop" else 2}, 4);
              const transfer = new DataTransfer();
              transfer.items.add(new File([await canvas.convertToBlob()], "a.png", {{ type: "image/png" }}));
              document.dispatchEvent(new {event}("{kind}", {{ {carrier}: transfer, bubbles: true, cancelable: true }}));
            }}"""
        )
        page.wait_for_function(
            f"pieces.taken()?.width === 5 && pieces.taken().data[3] === {0 if kind == 'drop' else 255}"
        )
