"""A studio as a person starts it, in a process of its own, and its page as a person visits it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


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

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)


def cpu_seconds(process: int) -> float:
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def start_studio(runs: Path, *words: str, **environment: str) -> Served:
    port = free_port()
    command = [sys.executable, "-m", "etudes", "studio", "--port", str(port), *words]
    began = time.monotonic()
    runs.parent.mkdir(parents=True, exist_ok=True)
    said = runs.parent / f"studio-{port}.log"
    with said.open("w") as log:
        process = subprocess.Popen(
            command, env={**os.environ, "ETUDES_RUNS": str(runs), **environment}, stdout=log, stderr=log
        )
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

    def tab(self, name: str) -> None:
        """Open a tab, which a narrow window may hide behind a button."""
        page = self.page
        found = page.locator(f".tab-container button[role=tab]:has-text('{name}')").locator("visible=true")
        if not found.count():
            page.locator(".overflow-menu > button").click()
            found = page.locator(f".overflow-dropdown button:has-text('{name}')")
        found.first.click()

    def draw(self, pad: str, *strokes: list[tuple[int, int]]) -> None:
        """Draw into a pad with the mouse; places in its 280 by 280 pixels."""
        canvas = self.page.locator(f"#{pad} canvas")
        canvas.scroll_into_view_if_needed()
        box, mouse = canvas.bounding_box(), self.page.mouse
        scale = box["width"] / 280
        for stroke in strokes:
            places = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
            mouse.move(*places[0])
            mouse.down()
            for place in places[1:]:
                mouse.move(*place, steps=6)
            mouse.up()

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
    visit = Visit(page, [], [])
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.goto(f"{address}/{language}/")
    page.locator("#ask").wait_for()
    return visit
