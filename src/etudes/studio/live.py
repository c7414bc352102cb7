"""A run as it is at this moment, read from its folder: state, curves, pictures, what it printed."""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from html import escape
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from etudes import experiments
from etudes.contract import Table
from etudes.errors import UserError
from etudes.runs import Run, read_metrics
from etudes.studio.embedded import embedded
from etudes.studio.shown import figure, note, printed, table
from etudes.studio.trainings import Known, Trainings
from etudes.studio.words import Words
from etudes.views.card import show
from etudes.views.curves import learning_curves

KEPT = 64
"""Drawn curves and pictures that stay in memory for all who look; each has some ten thousand bytes."""

WIDEST = 900
"""Pixels; wider pictures are shrunk for the page."""

MOST_PICTURES = 8

_drawn: OrderedDict[tuple[str, int, int], str] = OrderedDict()
_drawing = threading.Lock()


def runs_table(words: Words, runs: Sequence[Known]) -> str:
    """Every run, a row each."""
    if not runs:
        return note(words("no runs"))
    rows = []
    for known in runs:
        epochs, result = _progress(known)
        rows.append((known.name, known.etude, known.preset, words(known.state), epochs, result))
    heads = (words("run"), words("etude"), words("preset"), words("state"), words("epochs done"), words("result"))
    return table(Table(words("runs"), heads, rows))


def _progress(known: Known) -> tuple[str, str]:
    """Epochs done, and the headline figure; read again only when the files changed."""
    marks = []
    for name in ("metrics.jsonl", "results.json"):
        try:
            marks.append((known.run.folder / name).stat().st_mtime_ns)
        except OSError:
            marks.append(0)
    return _read_progress(known, tuple(marks))


@lru_cache(maxsize=1000)
def _read_progress(known: Known, marks: tuple[int, ...]) -> tuple[str, str]:  # noqa: ARG001
    try:
        if known.state == "finished":
            headline = experiments.load(known.etude).headline
            value = known.run.results()["metrics"].get(headline, "")
            return str(len(read_metrics(known.run.folder))), f"{headline.replace('_', ' ')} {show(value)}"
        return str(len(read_metrics(known.run.folder)) or ""), ""
    except (UserError, OSError):
        return "", ""


class Live:
    """One run after the other, in one language."""

    def __init__(self, words: Words, trainings: Trainings) -> None:
        self.words = words
        self.trainings = trainings

    def mark(self, name: str | None) -> str:
        """Something short that is another as soon as `shown` would be."""
        if name is None:
            return ""
        try:
            known = self.trainings.find(name)
        except UserError:
            return "gone"
        files = [*_pictures(known.run), known.run.folder / "metrics.jsonl", known.run.folder / "report.html"]
        files.append(self.trainings.place / f"{name}.log")
        sizes = []
        for path in files:
            try:
                status = path.stat()
                sizes.append(f"{path.name}:{status.st_size}:{status.st_mtime_ns}")
            except OSError:
                continue
        return f"{name} {known.state} {' '.join(sizes)}"

    def shown(self, name: str | None) -> str:
        """The run as HTML."""
        if name is None:
            return ""
        try:
            known = self.trainings.find(name)
            history = read_metrics(known.run.folder)
        except UserError as error:
            return note(str(error))
        parts = [f"<h3>{escape(name)}: {escape(self.words(known.state))}</h3>"]
        if (known.run.folder / "report.html").is_file():
            address = f"/report/{quote(name)}"
            parts.append(f'<p><a class="save" href="{address}" target="_blank">{escape(self.words("report"))}</a></p>')
        if history:
            metrics = known.run.folder / "metrics.jsonl"
            key = (str(metrics), metrics.stat().st_size, 0)
            address = _cached(key, lambda: embedded(learning_curves({name: history})))
            parts.append(figure(address, self.words("curves", name=name)))
        for path in _pictures(known.run):
            try:
                status = path.stat()
                key = (str(path), status.st_size, status.st_mtime_ns)
                parts.append(figure(_cached(key, partial(_small, path)), path.stem.replace("-", " ")))
            except (OSError, SyntaxError):
                continue  # it is being written: the next look finds it whole
        parts.append(printed(self.trainings.log_of(name), self.words("printed")))
        return "".join(parts)


def _pictures(run: Run) -> list[Path]:
    """The newest pictures of a run but its curves, which are drawn anew; of an animation in the making, the last."""
    try:
        found = [path for path in (run.folder / "pictures").iterdir() if path.suffix in (".png", ".gif")]
        found.sort(key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    except OSError:
        return []
    series = [path for path in found if path.stem.startswith(("epoch-", "octave-"))]
    single = [path for path in found if path not in series and path.stem != "learning-curves"]
    return (series[:1] + single)[:MOST_PICTURES]


def _small(path: Path) -> str:
    with Image.open(path, formats=("PNG", "GIF")) as image:
        if path.suffix == ".gif":
            return f"data:image/gif;base64,{base64.b64encode(path.read_bytes()).decode()}"
        image.load()
        image.thumbnail((WIDEST, WIDEST))
        return embedded(image)


def _cached(key: tuple[str, int, int], draw: Callable[[], str]) -> str:
    """What was drawn for this state of a file; drawn once for all who look at it."""
    with _drawing:
        if key not in _drawn:
            _drawn[key] = draw()
            while len(_drawn) > KEPT:
                _drawn.popitem(last=False)
        _drawn.move_to_end(key)
        return _drawn[key]
