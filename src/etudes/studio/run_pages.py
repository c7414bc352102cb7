"""The page of each run, as `etudes share` writes it: made once by the worker, and kept until the run's files change."""

import gzip
import hashlib
import threading
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from etudes import experiments
from etudes.contract import BaseNetwork
from etudes.errors import UserError
from etudes.runs import Run
from etudes.studio.studio import Studio
from etudes.studio.workers import Worker

MAX_KEPT = 24
"""Pages that are kept, of about 5 MB each; the one that was not read for longest is removed first."""

POLICY = (
    "sandbox allow-scripts allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox; "
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Promise: a page asks nothing of anybody, and nothing of the studio in a person's name: a run may come from anywhere.
Its scripts and the runtime that they unpack do run."""


class UnknownRunError(UserError):
    """There is no run of that name."""


class RunPages:
    """One for a studio."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._making = threading.Lock()

    def page(self, name: str, *, own: bool = False) -> Path:
        """The file with the page of a run: HTML under gzip.

        Args:
            name: the run's, in the runs folder or bundled.
            own: with the private pictures of the run, if the page can be read on this machine only.

        Raises:
            UnknownRunError: there is no such run.
            UserError: no page can be made of it, such as of a run that is not finished.
        """
        try:
            run = self._studio.run(name)
        except UserError as error:
            raise UnknownRunError(str(error)) from error
        if not (run.folder / "settings.toml").is_file():
            raise UserError(f"{name} has not begun: its page comes when it is finished")
        with_pictures = own and self._studio.local
        key = hashlib.sha256(f"{_state(run)} {with_pictures}".encode()).hexdigest()
        file = self._studio.folder("pages") / f"{key[:24]}.html.gz"
        with self._making:  # whoever comes second waits for the page of the first
            if not file.exists():
                self._make(run, file, with_pictures)
            file.touch()
            _remove_all_but_newest(file.parent)
        return file

    def _make(self, run: Run, file: Path, with_pictures: bool) -> None:
        reference = str(run) if run.bundled else str(run.folder.absolute())
        try:
            self._worker(run).ask("share", reference, file=str(file), with_pictures=with_pictures)
        except UserError as error:  # where the runs are is nobody's business
            raise UserError(str(error).replace(str(run.folder.absolute()), run.folder.name)) from error

    def _worker(self, run: Run) -> Worker:
        """Who makes the page: a person's own dream takes a backend, to show what the network saw in the picture."""
        dream = experiments.load(run.header()["etude"]).capability(BaseNetwork) is not None
        return self._studio.backend_worker if dream and not run.bundled else self._studio.worker


def page_address(run: str, language: str) -> str:
    """The page of a run, as seen from a page of the studio in that language."""
    return f"../pages/{quote(run, safe='@')}?studio={language}#lang={language}"


def answer_with(file: Path, asked: Headers) -> Response:
    """The answer to a request for a page: nothing where the browser has that page, and packed where it can unpack."""
    headers = {
        "content-security-policy": POLICY,
        "cache-control": "no-cache",  # it asks each time whether there is another one
        "vary": "accept-encoding",
        "etag": f'"{file.name}"',
    }
    if asked.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    content = file.read_bytes()
    if "gzip" in asked.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return HTMLResponse(content, headers=headers)


def _state(run: Run) -> list[tuple[str, int, int]]:
    """Another one whenever a file of the run that its page shows is changed."""
    files = [path for path in (*run.folder.glob("*.*"), *run.folder.glob("graphs/*")) if path.is_file()]
    states = [(str(path), path.stat()) for path in sorted(files)]
    return [(path, status.st_size, status.st_mtime_ns) for path, status in states]


def _remove_all_but_newest(folder: Path) -> None:
    files = sorted(folder.glob("*.html.gz"), key=lambda path: path.stat().st_mtime)
    for path in files[:-MAX_KEPT]:
        path.unlink(missing_ok=True)
