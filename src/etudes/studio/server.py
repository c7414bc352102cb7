"""The server of the studio: one process without Keras, with a page in each language and an HTTP API."""

import gc
import ipaddress
import os
import re
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

from etudes.errors import UserError, user_path
from etudes.extras import install

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


def password_for(host: str, file: str | None, *, behind_proxy: bool = False) -> str | None:
    """The password, from a file or from the variable; None where none is needed and none is given.

    Args:
        host: the address to listen on.
        file: the file; it may begin with `~`.
        behind_proxy: whether a proxy lets other machines in.

    Raises:
        UserError: the file cannot be read, or other machines could come in without a password.
    """
    password = os.environ.get(PASSWORD)
    if file is not None:
        try:
            password = user_path(file).read_text(encoding="utf-8-sig").strip()  # some editors write a BOM
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{file}: the password cannot be read; write it into this file, in one line") from error
        if not password:
            raise UserError(f"{file} is empty: write the password into it, in one line")
    if not password and not is_loopback(host):
        raise UserError(f"--host {host} lets other machines in: give --password-file FILE or set {PASSWORD}")
    if not password and behind_proxy:
        raise UserError(f"a proxy lets other machines in: give --password-file FILE or set {PASSWORD}")
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
        raise UserError(f"the studio needs Gradio: {install('studio')}") from error
    return gradio


@dataclass(frozen=True)
class PublicAddress:
    """How browsers reach the studio, where a proxy stands before it."""

    root_path: str = ""
    """What the proxy puts before every path, such as "/lab/etudes"; empty for nothing."""
    host: str = ""
    """The proxy's name, such as "lab.example.org"; empty where browsers use the studio's own address."""

    @property
    def behind_proxy(self) -> bool:
        """Whether other machines come in through a proxy, whatever address the studio listens on."""
        return bool(self.root_path or self.host)


def public_address(root_path: str | None, host: str | None) -> PublicAddress:
    """The address as the options say, or else `GRADIO_ROOT_PATH`.

    Raises:
        UserError: the path or the name is not one.
    """
    path = (root_path if root_path is not None else os.environ.get("GRADIO_ROOT_PATH", "")).rstrip("/")
    if path and not re.fullmatch(r"(/[\w.~-]+)+", path, re.ASCII):
        raise UserError(f"--root-path {path[:60]} is not a path: write the part after the host, such as /lab/etudes")
    name = (host or "").strip()
    if name and not re.fullmatch(r"[\w.-]+", name, re.ASCII):
        raise UserError(f"--public-host {name[:60]} is not a name: leave out http:// and port, as in lab.example.org")
    return PublicAddress(path, name)


def application(studio: Any, password: str | None, address: PublicAddress = PublicAddress()) -> Any:
    """The application: `/en`, `/zh`, the HTTP API of each, and the pages and reports of runs.

    Raises:
        UserError: Gradio's internals moved; see `gradio_internals`.
    """
    gradio = import_gradio()
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from etudes.studio.gradio_internals import BrowserSessions, ForgetCalls, replace_sessions
    from etudes.studio.home import FirstScreen
    from etudes.studio.middleware import Guard, Localized, UnderRootPath
    from etudes.studio.page import STYLE, build_page, theme
    from etudes.studio.routes import add_routes
    from etudes.studio.translations import CODES, PATHS

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    sessions: dict[str, BrowserSessions] = {}
    app.add_middleware(ForgetCalls, sessions=sessions)
    languages = {f"{address.root_path}{path}/": language for language, path in PATHS.items()}
    app.add_middleware(Localized, codes={path: CODES[language] for path, language in languages.items()})
    app.add_middleware(FirstScreen, languages=languages)
    app.add_middleware(Guard, password=password)
    if studio.local or address.behind_proxy:
        # Promise: a page of another site, whose name leads to this machine, cannot talk to the studio.
        hosts = [*LOOPBACK, *filter(None, [address.host])]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(UnderRootPath, root_path=address.root_path)  # the last that is added is the first that is passed

    add_routes(app, studio, address.root_path)
    for language, path in PATHS.items():
        page = build_page(studio, language)
        page.queue(default_concurrency_limit=20, max_size=200)
        gradio.mount_gradio_app(
            app, page, path, theme=theme(), css=STYLE, max_file_size="25mb", ssr_mode=False,
            root_path=address.root_path + path if address.root_path else None,
            footer_links=["api"], run_history=False, show_error=False, allowed_paths=[], pwa=False,
        )  # fmt: skip
        sessions[path] = replace_sessions(app, path, page)
    return app


def serve(host: str, port: int, password: str | None, address: PublicAddress = PublicAddress()) -> None:
    """Serve until a signal ends it. Training runs continue.

    Args:
        host: the address to listen on.
        port: the port; 0 for any that is free, which is printed.
        password: as `password_for` returned it.
        address: how browsers reach the studio.

    Raises:
        UserError: Gradio is not installed, or its internals moved.
    """
    gc.disable()  # nearly all that is made while it starts is kept, and looking through it takes a fifth of the time
    import_gradio()
    import uvicorn

    from etudes.studio.studio import Studio

    studio = Studio(local=is_loopback(host) and not address.behind_proxy)
    os.environ["GRADIO_TEMP_DIR"] = str(studio.folder("uploads"))
    for name in ("SIGTERM", "SIGHUP"):  # as Ctrl-C: the worker ends, and no drawing stays in the temporary folder
        if number := getattr(signal, name, None):
            signal.signal(number, signal.default_int_handler)
    try:
        app = application(studio, password, address)
        studio.warm_up()
        shown = f"[{host}]" if ":" in host else host
        # Without a limit, an open page would keep the server from ending.
        config = uvicorn.Config(app, host, port, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        listening = config.bind_socket()
        listening.listen()  # whoever reads the address below may come at once, and waits until the server is up
        port = listening.getsockname()[1]
        gc.enable()
        place = f"http://{shown}:{port}/"
        if address.host or address.root_path:
            place += f", for browsers {address.host or shown}{address.root_path}/"
        print(f"Études studio: {place}  (Ctrl-C ends it; training runs continue)", flush=True)
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        studio.close()
        print("Études studio: closed", file=sys.stderr)
