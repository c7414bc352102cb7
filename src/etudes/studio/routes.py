"""What the studio answers beside Gradio's pages: living pictures, and the pages and reports of runs."""

from html import escape
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from etudes.errors import UserError
from etudes.studio.living import ETUDES, LivingPictures
from etudes.studio.run_pages import RunPages, UnknownRunError, answer_with
from etudes.studio.studio import Studio
from etudes.studio.translations import CODES, PATHS, Translations

REPORT_POLICY = "sandbox allow-same-origin; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Promise: a report shows pictures and does nothing else: a run may come from anywhere."""

_ERROR_PAGE = """<!doctype html>
<html lang="{code}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title><link rel="icon" href="data:,">
<style>body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto; padding: 0 1.25rem }}</style>
</head><body><main><h1>{title}</h1><p>{line}</p><p><a href="..{path}/">{back}</a></p></main></body></html>
"""


def add_routes(app: FastAPI, studio: Studio, root_path: str) -> None:
    """Add them; `root_path` is what a proxy puts before every path."""
    pages, pictures = RunPages(studio), LivingPictures(studio)

    @app.get("/")
    def first(request: Request) -> RedirectResponse:
        preferred = request.headers.get("accept-language", "").lower()
        return RedirectResponse(f"{root_path}{PATHS['zh' if preferred.startswith('zh') else 'en']}/")

    @app.get("/{language}")
    def page_of(language: str) -> Any:
        known = f"/{language}" in PATHS.values()
        return RedirectResponse(f"{root_path}/{language}/") if known else PlainTextResponse("not found", 404)

    @app.get("/living/{etude}")
    def living(etude: str) -> Response:
        try:
            return JSONResponse(pictures.of(etude))
        except UserError as error:
            return JSONResponse({"error": str(error)}, 503 if etude in ETUDES else 404)

    @app.get("/pages/{name}")
    def page(name: str, request: Request) -> Response:
        """The page of a run: `?studio=en` has a way back to the studio's English pages, `?file` is saved as a file."""
        language = request.query_params.get("studio", "")
        try:
            file = pages.page(name, own=language in PATHS)
        except UserError as error:
            language = language if language in PATHS else "en"
            return HTMLResponse(error_page(language, str(error)), 404 if isinstance(error, UnknownRunError) else 409)
        answer = answer_with(file, request.headers)
        if "file" in request.query_params:
            answer.headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.html')}"
        return answer

    @app.get("/report/{name}")
    def report(name: str) -> Response:
        try:
            file = studio.training_runs.find(name).run.folder / "report.html"
        except UserError as error:
            return PlainTextResponse(str(error), 404)
        if not file.is_file() or file.is_symlink():
            return PlainTextResponse("this run has no report: write one with `etudes report`", 404)
        return FileResponse(file, media_type="text/html", headers={"content-security-policy": REPORT_POLICY})


def error_page(language: str, line: str) -> str:
    """A page that says what is wrong, and leads back."""
    translate = Translations(language)
    return _ERROR_PAGE.format(
        code=CODES[language], title=escape(translate("no page")), line=escape(line), path=PATHS[language],
        back=escape(translate("back")),
    )  # fmt: skip
