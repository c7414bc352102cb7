"""A studio as a person starts it, in a process of its own, and its page as a person visits it."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NO_BROWSER = "no Chromium on this machine"
WINDOWS = {"desktop": (1200, 850), "phone": (390, 844)}
PATIENCE = 120_000
"""Milliseconds to wait for what the page is to show: a busy machine is slow, and waiting costs nothing else."""

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
]


CUT_OFF = """() => {
  const seen = (one) => one.checkVisibility({visibilityProperty: true}) && one.getBoundingClientRect().width > 1;
  // What scrolls by itself may be wider, and so may the arrow that turns in the head of what unfolds.
  const whole = (one) => !one.closest(".scroll, pre, .visually-hidden, .spoken, .label-wrap");
  const page = document.documentElement.scrollWidth > innerWidth + 1 ? ["the page itself"] : [];
  const kinds = "button, label, h1, h3, p, input, li, figcaption, a, [data-testid=block-info]";
  const cut = [...document.querySelectorAll(kinds)].filter(seen).filter(whole).filter((one) => {
    const box = one.getBoundingClientRect();
    const text = one.tagName !== "INPUT" || ["text", "number"].includes(one.type);
    const block = getComputedStyle(one).display !== "inline" && (one.innerText || one.value || "").trim();
    return box.right > innerWidth + 1 || box.left < -1 || (text && block && one.scrollWidth > one.clientWidth + 1);
  });
  return page.concat(cut.map((one) => `${one.tagName} ${(one.innerText || one.value || one.outerHTML).slice(0, 60)}`));
}"""


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def launched() -> Iterator[Any]:
    """Chromium, from the system's packages; the test is skipped where it is missing, or fails if it must be there."""
    path = chromium()
    if path is None and os.environ.get("ETUDES_BROWSER") == "required":
        pytest.fail(f"{NO_BROWSER}: apt-get install chromium")
    if path is None:
        pytest.skip(f"{NO_BROWSER}: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@dataclass
class Served:
    """A studio at work."""

    process: subprocess.Popen[bytes]
    port: int
    runs: Path
    seconds: float
    """Until it answered."""
    cpu_seconds: float
    """Of the server until then: on a quiet machine, the same."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> int:
        """The status of a request."""
        request = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def workers(self) -> list[int]:
        """The numbers of its worker processes."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        lines = [line.split(maxsplit=2) for line in listed.splitlines()]
        ours = [line for line in lines if int(line[1]) == self.process.pid and "etudes.studio.worker" in line[2]]
        return [int(pid) for pid, _, _ in ours]

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)


def cpu_seconds(process: int) -> float:
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def start_studio(runs: Path, *words: str, port: int | None = None, **environment: str) -> Served:
    port = port or free_port()
    command = [sys.executable, "-m", "etudes", "studio", "--port", str(port), *words]
    began = time.monotonic()
    runs.parent.mkdir(parents=True, exist_ok=True)
    said = runs.parent / f"studio-{port}.log"
    # Published data that may be here would give dreams another network than the one that comes along.
    places = {"ETUDES_RUNS": str(runs), "ETUDES_DATA": str(runs.parent / "no data")}
    with said.open("w") as log:
        process = subprocess.Popen(command, env={**os.environ, **places, **environment}, stdout=log, stderr=log)
    served = Served(process, port, runs, 0.0, 0.0)
    while time.monotonic() - began < 120:
        assert process.poll() is None, said.read_text()
        try:
            served.get("/login")
            break
        except OSError:
            time.sleep(0.05)
    served.seconds, served.cpu_seconds = time.monotonic() - began, cpu_seconds(process.pid)
    return served


@dataclass
class Visit:
    """A page that is open, and all that it asked for."""

    page: Any
    requests: list[str]
    errors: list[str]
    touch: Any = None
    """Sends the events of fingers, on a phone."""
    window: str = "desktop"

    def tab(self, name: str) -> None:
        """Open a tab, which a narrow window may hide behind a button."""
        page = self.page
        found = page.locator(f".tab-container button[role=tab]:has-text('{name}')").locator("visible=true")
        if not found.count():
            page.locator(".overflow-menu > button").click()
            found = page.locator(f".overflow-dropdown button:has-text('{name}')")
        found.first.click()

    def draw(self, pad: str, *strokes: list[tuple[int, int]]) -> None:
        """Draw into a pad with the mouse, on a phone with a finger; places in its 280 by 280 pixels."""
        canvas = self.page.locator(f"#{pad} canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        scale = box["width"] / 280
        for stroke in strokes:
            places = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
            if self.touch:
                self._with_a_finger(places)
            else:
                self._with_the_mouse(places)

    def _with_the_mouse(self, places: list[tuple[float, float]]) -> None:
        mouse = self.page.mouse
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place, steps=2)
        mouse.up()

    def _with_a_finger(self, places: list[tuple[float, float]]) -> None:
        """In small steps, as the browser takes a quick finger for one that scrolls unless the page says otherwise."""
        points = [places[0]]
        for start, end in itertools.pairwise(places):
            points += [
                (start[0] + (end[0] - start[0]) * n / 4, start[1] + (end[1] - start[1]) * n / 4) for n in (1, 2, 3, 4)
            ]
        for kind, (x, y) in zip(["touchStart"] + ["touchMove"] * (len(points) - 1), points, strict=True):
            self.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        self.touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def drop(self, place: str, file: Path) -> None:
        """Give a photograph, in the place of the one before."""
        there = self.page.locator(f"#{place} button[aria-label='Remove Image']")
        if there.count():
            there.click()
            there.wait_for(state="detached")
        self.page.locator(f"#{place} input[type=file]").set_input_files(file)

    def looks(self) -> list[str]:
        """The requests with which the page asked the server for something."""
        return [url for url in self.requests if "/queue/join" in url]

    def outside(self) -> list[str]:
        """What was asked of another host since the page was opened, and fonts that came from anywhere."""
        own = ("/".join(self.page.url.split("/")[:3]) + "/", "data:", "blob:")
        fonts = self.page.evaluate("[...document.fonts].map(font => font.family)")
        return [*fonts, *(url for url in self.requests if not url.startswith(own))]

    def cut_off(self) -> list[str]:
        """What a person cannot read whole: visible words that are wider than their place or than the window."""
        found: list[str] = self.page.evaluate(CUT_OFF)
        return found

    def shot(self, name: str) -> None:
        """A picture of the page for people, where `ETUDES_SHOTS` names a folder for it."""
        if folder := os.environ.get("ETUDES_SHOTS"):
            self.page.wait_for_timeout(700)
            self.page.screenshot(path=Path(folder) / f"{name}.png")


def open_page(browser: Any, address: str, window: str = "desktop", language: str = "en") -> Visit:
    width, height = WINDOWS[window]
    touch = {"has_touch": True, "is_mobile": True} if window == "phone" else {}
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **touch)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    visit = Visit(page, [], [], context.new_cdp_session(page) if touch else None, window)
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.goto(f"{address}/{language}/?tab=sums")
    page.locator("#ask").wait_for()
    return visit
