"""The server of the studio: one process without Keras, with a page in each language and an HTTP API."""

import gc
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any

from etudes.errors import UserError

PASSWORD = "ETUDES_STUDIO_PASSWORD"
"""The variable that may hold the password."""

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def password_for(host: str, file: str | None) -> str | None:
    """The password, from a file or from the variable; None where none is needed and none is given.

    Raises:
        UserError: the file cannot be read, or other machines could come in without a password.
    """
    password = os.environ.get(PASSWORD)
    if file is not None:
        try:
            password = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{file}: the password cannot be read; write it into this file, in one line") from error
        if not password:
            raise UserError(f"{file} is empty: write the password into it, in one line")
    if not password and not is_loopback(host):
        raise UserError(f"--host {host} lets other machines in: give --password-file FILE or set {PASSWORD}")
    return password or None


def check_port(host: str, port: int) -> None:
    """Refuse an address before anything is started.

    Raises:
        UserError: the port is in use, or the address is not one of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OverflowError as error:
        raise UserError(f"--port {port}: must be from 0 to 65535") from error
    except OSError as error:
        raise UserError(f"cannot listen on {host}:{port}, {error.strerror}: try another --port") from error


def import_gradio() -> Any:
    """Gradio, set up to send nothing to other hosts.

    Raises:
        UserError: it is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["GRADIO_SSR_MODE"] = "False"
    # No page shows Gradio's statistics of its events, for which it would read the last 10,000 at the end of each.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**12)
    try:
        import gradio
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UserError("the studio needs Gradio: pip install 'keras-etudes[studio]'") from error
    return gradio


def application(studio: Any, password: str | None) -> Any:
    """The application: `/en`, `/zh`, the HTTP API of each, and the reports of runs.

    Raises:
        UserError: Gradio's internals moved; see `gradio_internals`.
    """
    gradio = import_gradio()
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse

    from etudes.studio.gradio_internals import BrowserSessions, ForgetCalls, replace_sessions
    from etudes.studio.middleware import Guard, Localized
    from etudes.studio.page import CODES, PATHS, STYLE, build_page, theme

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    sessions: dict[str, BrowserSessions] = {}
    app.add_middleware(ForgetCalls, sessions=sessions)
    app.add_middleware(Localized, codes={f"{path}/": CODES[language] for language, path in PATHS.items()})
    app.add_middleware(Guard, password=password)
    if studio.local:
        # Promise: a page of another site, whose name leads to this machine, cannot talk to the studio.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK, www_redirect=False)

    @app.get("/")
    def first() -> RedirectResponse:
        return RedirectResponse(PATHS["en"] + "/")

    @app.get("/report/{name}")
    def report(name: str) -> Any:
        try:
            page = studio.training_runs.find(name).run.folder / "report.html"
        except UserError as error:
            return PlainTextResponse(str(error), 404)
        if not page.is_file() or page.is_symlink():
            return PlainTextResponse("this run has no report: write one with `etudes report`", 404)
        # A run may come from anywhere: its page may show pictures, and do nothing else.
        policy = "sandbox allow-same-origin; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        return FileResponse(page, media_type="text/html", headers={"content-security-policy": policy})

    for language, path in PATHS.items():
        page = build_page(studio, language)
        page.queue(default_concurrency_limit=20, max_size=200)
        gradio.mount_gradio_app(
            app, page, path, theme=theme(), css=STYLE, max_file_size="25mb", ssr_mode=False,
            footer_links=["api"], run_history=False, show_error=False, allowed_paths=[], pwa=False,
        )  # fmt: skip
        sessions[path] = replace_sessions(app, path, page)
    return app


def serve(host: str, port: int, password: str | None) -> None:
    """Serve until a signal ends it. Training runs continue.

    Raises:
        UserError: Gradio is not installed, or its internals moved.
    """
    gc.disable()  # nearly all that is made while it starts is kept, and looking through it takes a fifth of the time
    import_gradio()
    import uvicorn

    from etudes.studio.studio import Studio

    studio = Studio(local=is_loopback(host))
    os.environ["GRADIO_TEMP_DIR"] = str(studio.folder("uploads"))
    try:
        app = application(studio, password)
        studio.warm_up()
        shown = f"[{host}]" if ":" in host else host
        # Without a limit, an open page would keep the server from ending.
        config = uvicorn.Config(app, host, port, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        gc.enable()
        print(f"Études studio: http://{shown}:{port}/  (Ctrl-C ends it; training runs continue)", flush=True)
        uvicorn.Server(config).run()
    except KeyboardInterrupt:
        pass
    finally:
        studio.close()
        print("Études studio: closed", file=sys.stderr)
