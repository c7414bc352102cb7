"""The server of the studio: one process that never loads Keras, a page in each language, the same actions over HTTP."""

from __future__ import annotations

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

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


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
            raise UserError(f"{file}: the password cannot be read from it; write it there in one line") from error
        if not password:
            raise UserError(f"{file}: is empty; write the password there in one line")
    if not password and not is_loopback(host):
        raise UserError(f"--host {host} lets other machines in: give --password-file FILE or set {PASSWORD}")
    return password or None


def check_port(host: str, port: int) -> None:
    """Refuse an address that cannot be listened at, before anything is started.

    Raises:
        UserError: it is in use or not of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OverflowError as error:
        raise UserError(f"--port {port}: must be from 0 to 65535") from error
    except OSError as error:
        raise UserError(f"{host}:{port} cannot be listened at: {error.strerror}; try another --port") from error


def import_gradio() -> Any:
    """Gradio, told to ask nothing of the world.

    Raises:
        UserError: it is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["GRADIO_SSR_MODE"] = "False"
    # Nobody sees Gradio's metrics of its events, for which it would go through the last 10,000 at the end of each.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**12)
    try:
        import gradio
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UserError("the studio needs Gradio: pip install 'etudes[studio]'") from error
    return gradio


def application(studio: Any, hosts: frozenset[str], password: str | None) -> Any:
    """The application: `/en`, `/zh`, the API of either, and the reports of runs."""
    gradio = import_gradio()
    from fastapi import FastAPI
    from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse
    from starlette.routing import Mount

    from etudes.studio.guards import Guard
    from etudes.studio.localized import Localized
    from etudes.studio.page import CODES, PATHS, STYLE, build_page, theme
    from etudes.studio.sessions import Forget, Sessions

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    sessions: dict[str, Sessions] = {}
    app.add_middleware(Forget, sessions=sessions)
    app.add_middleware(Localized, codes={f"{path}/": CODES[language] for language, path in PATHS.items()})
    app.add_middleware(Guard, hosts=hosts, password=password)

    @app.get("/")
    def first() -> RedirectResponse:
        return RedirectResponse(PATHS["en"] + "/")

    @app.get("/report/{name}")
    def report(name: str) -> Any:
        try:
            page = studio.trainings.find(name).run.folder / "report.html"
        except UserError as error:
            return PlainTextResponse(str(error), 404)
        if not page.is_file() or page.is_symlink():
            return PlainTextResponse("this run has no report", 404)
        # Whoever made the run made its page: it may show pictures, and do nothing.
        policy = "sandbox allow-same-origin; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
        return FileResponse(page, media_type="text/html", headers={"content-security-policy": policy})

    for language, path in PATHS.items():
        page = build_page(studio, language)
        page.queue(default_concurrency_limit=20, max_size=200)
        gradio.mount_gradio_app(
            app, page, path, theme=theme(), css=STYLE, max_file_size="25mb", ssr_mode=False,
            footer_links=["api"], run_history=False, show_error=False, allowed_paths=[], pwa=False,
        )  # fmt: skip
        mounted = next(route for route in app.routes if isinstance(route, Mount) and route.path == path)
        sessions[path] = Sessions(page, mounted.app)
    return app


def serve(host: str, port: int, password: str | None) -> None:
    """Serve until a signal ends it. Trainings go on."""
    gc.disable()  # nearly all that is made while it starts is kept, and looking through it takes a fifth of the time
    import_gradio()
    import uvicorn

    from etudes.studio.studio import Studio

    local = is_loopback(host)
    studio = Studio(local=local)
    os.environ["GRADIO_TEMP_DIR"] = str(studio.folder("uploads"))
    try:
        app = application(studio, LOOPBACK if local else frozenset(), password)
        studio.warm_up()
        shown = f"[{host}]" if ":" in host else host
        # A page that is open would keep the server from ending for as long as somebody looks at it.
        wanted = uvicorn.Config(app, host, port, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        server = uvicorn.Server(wanted)
        gc.enable()
        print(f"Études studio: http://{shown}:{port}/  (Ctrl-C ends it; trainings go on)", flush=True)
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        studio.close()
        print("Études studio: closed", file=sys.stderr)
