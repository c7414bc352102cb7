"""What every request passes: password, limit of size, security headers; and the page's language for Gradio's texts."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_REQUEST_BYTES = 40_000_000
"""A photograph of 25 MB as base64, and some room."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; frame-ancestors 'self'; form-action 'self'; base-uri 'self'; object-src 'none'"
)
"""Promise: nothing is asked of another host. The browser itself refuses it."""


class Guard:
    """Refuses requests without the password or too large ones, and adds the security headers to every answer.

    Promise: without the password, nothing answers. Gradio's own `auth` does less: it leaves routes open (`app_id`,
    `cancel`, `reset`, `heartbeat` and others), does not know the reports of runs, and asks once for each language. Here
    one password counts for pages, reports and the HTTP API, and `curl -u` sends it.

    Promise: a request cannot fill the memory. Gradio's `max_file_size` limits uploads only, not the pictures that a
    call of the API holds in base64.
    """

    def __init__(self, app: ASGIApp, password: str | None = None) -> None:
        """Guard an application; `password` is expected by HTTP's basic authentication, with any user name."""
        self.app, self.password = app, password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            # A request need not say its length.
            return message if received <= MAX_REQUEST_BYTES else {"type": "http.disconnect"}

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", POLICY)
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
            await send(message)

        await self.app(scope, counted, with_policy)

    def _refusal(self, headers: Headers) -> Response | None:
        if self.password is not None and not self._knows_password(headers.get("authorization", "")):
            ask = {"WWW-Authenticate": 'Basic realm="Etudes studio", charset="UTF-8"'}
            return PlainTextResponse("this studio needs its password", 401, ask)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
            return PlainTextResponse(f"more than {MAX_REQUEST_BYTES // 1_000_000} MB: save it smaller", 413)
        return None

    def _knows_password(self, authorization: str) -> bool:
        kind, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return False
        return kind.lower() == "basic" and secrets.compare_digest(given, (self.password or "").encode())


class UnderRootPath:
    """Says where the application is, as ASGI has it: every path begins with `root_path`, which is named too.

    Some proxies leave the prefix in the path of a request, others take it off.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        """Wrap an application; `root_path` is such as "/lab/etudes", or empty."""
        self.app, self.root_path = app, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if self.root_path and "path" in scope:
            path = scope["path"]
            if path != self.root_path and not path.startswith(f"{self.root_path}/"):
                path = self.root_path + path
            scope = {**scope, "root_path": self.root_path, "path": path, "raw_path": quote(path).encode()}
        await self.app(scope, receive, send)


# Gradio reads the browser's language as soon as its scripts run, so this must stand before them; what Gradio's own
# parameter `head` adds comes too late.
_SCRIPT = """<head><script>
Object.defineProperty(navigator, 'language', {{get: () => '{code}'}});
Object.defineProperty(navigator, 'languages', {{get: () => ['{code}']}});
document.documentElement.lang = '{code}';
</script>"""


class Localized:
    """Tells the scripts of a page that the browser speaks the page's language."""

    def __init__(self, app: ASGIApp, codes: Mapping[str, str]) -> None:
        """Wrap an application; `codes` has the code of a language, such as "zh-CN", for the path of each page."""
        self.app, self.codes = app, codes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; a page gets the script."""
        code = self.codes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if code is None:
            await self.app(scope, receive, send)
            return
        # The page is changed here, so it must not be compressed.
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
        start: Message = {}
        content = b""

        async def localized(message: Message) -> None:
            nonlocal start, content
            if message["type"] == "http.response.start":
                start = message
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            content += message.get("body", b"")
            if message.get("more_body"):
                return
            if Headers(scope=start).get("content-type", "").startswith("text/html"):
                content = content.replace(b"<head>", _SCRIPT.format(code=code).encode(), 1)
                MutableHeaders(scope=start)["content-length"] = str(len(content))
            await send(start)
            await send({"type": "http.response.body", "body": content})

        await self.app({**scope, "headers": headers}, receive, localized)
