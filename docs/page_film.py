"""Films the page of the bundled addition network for the README: docs/pictures/page.gif.

    python docs/page_film.py      # needs Chromium, and the page built (`make page`)

What is filmed is the page as anybody has it: digits are turned by keys, and cells chosen by keys.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.pages import chromium

from etudes.actions.share import share

TARGET = Path(__file__).parent / "pictures" / "page.gif"
WINDOW = {"width": 960, "height": 620}
COLOURS = 96


def frames(page: Any) -> Iterator[tuple[Image.Image, int]]:
    """Pictures of the page, and how many milliseconds each is shown."""

    def seen(milliseconds: int) -> tuple[Image.Image, int]:
        page.wait_for_timeout(350)
        return Image.open(io.BytesIO(page.screenshot())).convert("RGB"), milliseconds

    yield seen(1600)
    last = page.locator('.tiles [role="spinbutton"]').last
    last.focus()
    for _ in range(4):
        last.press("ArrowUp")
        yield seen(700)
    _to(page, '[data-value="00_lstm.states"]')
    yield seen(1800)
    _choose(page, '[data-value="00_lstm.states"] canvas', ["Enter", "ArrowDown", "ArrowDown", "ArrowRight"])
    yield seen(2600)
    _to(page, '[data-value="03_time_distributed"]')
    yield seen(1200)
    _choose(page, '[data-value="03_time_distributed"] canvas', ["Enter"] + ["ArrowRight"] * 9)
    yield seen(3000)
    _to(page, '[data-value="04_activation"]')
    yield seen(2000)
    _to(page, "#break")
    yield seen(1800)
    page.locator("#break button").nth(3).click()
    yield seen(2600)


def _to(page: Any, selector: str) -> None:
    page.locator(selector).evaluate("(element) => element.scrollIntoView()")


def _choose(page: Any, selector: str, keys: list[str]) -> None:
    canvas = page.locator(selector).first
    canvas.evaluate("(element) => element.focus({ preventScroll: true })")
    for key in keys:
        canvas.press(key)


def film() -> None:
    """Write the film."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        file = share("addition_rnn@bundled", out=Path(folder) / "page.html")
        context = browser.new_context(offline=True, viewport=WINDOW, reduced_motion="reduce", locale="en-US")
        page = context.new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-answered]", state="attached")
        taken = list(frames(page))
    small = [picture.resize((720, 465), Image.Resampling.LANCZOS).quantize(COLOURS) for picture, _ in taken]
    times = [shown for _, shown in taken]
    small[0].save(TARGET, save_all=True, append_images=small[1:], duration=times, loop=0, optimize=True)
    print(f"{TARGET}: {len(small)} pictures, {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    film()
