"""The pages of `etudes share`: their bytes, and how long one waits in Chromium from opening to the first answer."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measuring import say, spread
from benchmarks.sizes import Plan
from etudes import experiments
from etudes.actions.share import share

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu")
WINDOW = {"width": 1280, "height": 900}
PATIENCE = 120_000
"""Milliseconds."""


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """The pages of the bundled runs, from `file://` and without a network, each round in a fresh profile.

    Args:
        plan: how much to do.
        only: studies; by default all that have a page.

    Returns:
        For each study `bytes`, `weights_bytes` (as they are in the page) and `first_answer_seconds`, from the beginning
        of the navigation to the first values shown, as the page itself noted it.
    """
    say("pages")
    names = [name for name in only or experiments.names() if experiments.load(name).share is not None]
    folder = plan.folder / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    pages = {name: share(f"{name}@bundled", out=folder / f"{name}.html", overwrite=True) for name in names}
    waited: dict[str, list[float]] = {name: [] for name in names}
    with chromium() as browser:
        for number in range(plan.repeats if browser else 0):
            for name, page in pages.items():
                waited[name].append(first_answer(browser, page))
                say(f"  {name}, {number + 1} of {plan.repeats}: {waited[name][-1]:.2f} s")
    found = {name: sizes(page) for name, page in pages.items()}
    for name, seconds in waited.items():
        if seconds:
            found[name]["first_answer_seconds"] = spread(seconds)
    return found


def sizes(page: Path) -> dict[str, Any]:
    """The bytes of a page, and those of its weights among them."""
    content = page.read_bytes()
    weights = re.search(rb'<script type="text/plain" id="blob-weights">(.*?)</script>', content)
    return {"bytes": len(content), "weights_bytes": len(weights[1]) if weights else 0}


@contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium; None where it, or Playwright, is missing, which is said."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None or importlib.util.find_spec("playwright") is None:
        say("  no times: they need Chromium and Playwright")
        yield None
        return
    with importlib.import_module("playwright.sync_api").sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def first_answer(browser: Any, page: Path) -> float:
    """Seconds from opening a page to its first answer."""
    context = browser.new_context(offline=True, viewport=WINDOW)
    try:
        opened = context.new_page()
        opened.goto(page.as_uri())
        opened.wait_for_selector("html[data-answered]", state="attached", timeout=PATIENCE)
        return float(opened.evaluate("document.documentElement.dataset.answered")) / 1000
    finally:
        context.close()
