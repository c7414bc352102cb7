"""The page's own language for what Gradio itself says, whatever the browser's is."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Gradio asks the browser for its language as soon as its scripts run, so this must stand before them. What `head` of
# Gradio's page takes is put in later.
_SCRIPT = """<head><script>
Object.defineProperty(navigator, 'language', {{get: () => '{code}'}});
Object.defineProperty(navigator, 'languages', {{get: () => ['{code}']}});
document.documentElement.lang = '{code}';
</script>"""


class Localized:
    """Tells the scripts of some pages that the browser speaks their language."""

    def __init__(self, app: ASGIApp, codes: Mapping[str, str]) -> None:
        """Wrap an application.

        Args:
            app: what is behind it.
            codes: the code of a language, such as "zh-CN", for the path of each page.
        """
        self.app, self.codes = app, codes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a page gets its script."""
        code = self.codes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if code is None:
            await self.app(scope, receive, send)
            return
        # It has to be read here, so it must not be compressed.
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
        start: Message = {}
        content = b""

        async def spoken(message: Message) -> None:
            nonlocal start, content
            if message["type"] == "http.response.start":
                start = message
                return
            content += message.get("body", b"")
            if message.get("more_body"):
                return
            if Headers(scope=start).get("content-type", "").startswith("text/html"):
                content = content.replace(b"<head>", _SCRIPT.format(code=code).encode(), 1)
                MutableHeaders(scope=start)["content-length"] = str(len(content))
            await send(start)
            await send({"type": "http.response.body", "body": content})

        await self.app({**scope, "headers": headers}, receive, spoken)
