"""A run at this moment, read from its folder: state, curves, pictures, and what it printed."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from etudes import experiments
from etudes.contract import Table
from etudes.data import MAX_FILE_BYTES
from etudes.errors import UserError
from etudes.results.html import file_url
from etudes.runs import Run, read_metrics
from etudes.studio.html import figure, log, note, table
from etudes.studio.pictures import data_url
from etudes.studio.run_pages import page_address
from etudes.studio.training_runs import DONE, ListedRun, TrainingRuns
from etudes.studio.translations import Translations
from etudes.views.card import show
from etudes.views.curves import learning_curves

MAX_WIDTH = 900
"""Pixels; wider pictures are shrunk for the page."""

MAX_PICTURES = 8

_drawing = threading.Lock()


def runs_table(translate: Translations, runs: Sequence[ListedRun]) -> str:
    """Every run, a row each; the names of finished ones lead to their pages."""
    if not runs:
        return note(translate("no runs"))
    rows = []
    for run in runs:
        files = (run.run.folder / "metrics.jsonl", run.run.folder / "results.json")
        rows.append((run.name, run.etude, run.preset, translate(run.state), *_progress(run, *map(_version, files))))
    heads = (translate(key) for key in ("run", "etude", "preset", "state", "epochs done", "result"))
    links = [page_address(run.name, translate.language) if run.state in DONE else "" for run in runs]
    return table(Table(translate("runs"), tuple(heads), rows), links)


def _version(path: Path) -> tuple[str, int, int]:
    """Another one whenever a file changes: its path, size and time of change; zeros if it is gone."""
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), status.st_size, status.st_mtime_ns


@lru_cache(maxsize=1000)
def _progress(run: ListedRun, *versions: tuple[str, int, int]) -> tuple[str, str]:  # noqa: ARG001
    """Epochs done and the headline metric; read again only when a file changed."""
    try:
        epochs = len(read_metrics(run.run.folder))
        if run.state not in DONE:
            return str(epochs or ""), ""
        metrics = run.run.results()["metrics"]
        headline = experiments.load(run.etude).headline_of(metrics)
        return str(epochs), f"{headline.replace('_', ' ')} {show(metrics.get(headline, ''))}"
    except (UserError, OSError):
        return "", ""


class Live:
    """Shows one run after the other, in one language."""

    def __init__(self, translate: Translations, training_runs: TrainingRuns) -> None:
        self.translate = translate
        self.training_runs = training_runs

    def version(self, name: str | None) -> str:
        """A short text that changes whenever `page` would."""
        if name is None:
            return ""
        try:
            run = self.training_runs.find(name)
        except UserError:
            return "gone"
        files = [*_pictures(run.run), run.run.folder / "metrics.jsonl", run.run.folder / "report.html"]
        return f"{name} {run.state} {[_version(path) for path in (*files, self.training_runs.folder / f'{name}.log')]}"

    def page(self, name: str | None) -> str:
        """The run as HTML."""
        if name is None:
            return ""
        try:
            run = self.training_runs.find(name)
        except UserError as error:
            return note(str(error))
        parts, links = [f"<h3>{escape(name)}: {escape(self.translate(run.state))}</h3>"], []
        if run.state == "finished":
            page = escape(page_address(name, self.translate.language))
            links.append(f'<a class="page" href="{page}">{escape(self.translate("its page"))}</a>')
        if (run.run.folder / "report.html").is_file():
            text = escape(self.translate("report"))
            links.append(f'<a class="save" href="../report/{quote(name)}" target="_blank">{text}</a>')
        parts.append(f"<p>{' '.join(links)}</p>" if links else "")
        curves = run.run.folder / "metrics.jsonl"
        for path in ([curves] if curves.exists() else []) + _pictures(run.run):
            caption = self.translate("curves", name=name) if path == curves else path.stem.replace("-", " ")
            try:
                with _drawing:  # Matplotlib draws in one thread at a time
                    url = _curves(name, _version(path)) if path == curves else _small(_version(path))
                parts.append(figure(url, caption))
            except UserError as error:
                parts.append(note(str(error)))
            except Exception:  # a file that is being written, or was made to do harm: the rest is shown without it
                continue
        return "".join([*parts, log(self.training_runs.log_of(name), self.translate("printed"))])


def _pictures(run: Run) -> list[Path]:
    """The newest pictures of a run without its curves, which are drawn again; of a series only the last."""
    try:
        found = [path for path in (run.folder / "pictures").iterdir() if path.suffix in (".png", ".gif")]
    except OSError:
        return []
    found.sort(key=lambda path: (_version(path)[2], path.name), reverse=True)
    series = [path for path in found if path.stem.startswith(("epoch-", "octave-"))]
    others = [path for path in found if path not in series and path.stem != "learning-curves"]
    return [*series[:1], *others][:MAX_PICTURES]


@lru_cache(maxsize=64)
def _curves(name: str, version: tuple[str, int, int]) -> str:
    return data_url(learning_curves({name: read_metrics(Path(version[0]).parent)}))


@lru_cache(maxsize=64)
def _small(version: tuple[str, int, int]) -> str:
    path, size, _ = version
    with Image.open(path, formats=("PNG", "GIF")) as image:
        if image.format == "GIF" and size <= MAX_FILE_BYTES:
            return file_url("gif", Path(path).read_bytes())
        image.load()
        image.thumbnail((MAX_WIDTH, MAX_WIDTH))
        return data_url(image)
