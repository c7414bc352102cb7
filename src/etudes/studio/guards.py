"""What stands before the page: who may come in, how much may be brought, and that nothing outside is asked for."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_REQUEST = 40_000_000
"""Bytes of a request: a photograph of 25 MB as base64, and some room."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; frame-ancestors 'self'; form-action 'self'; base-uri 'self'; object-src 'none'"
)
"""The browser itself refuses whatever is asked of another host."""


class Guard:
    """Refuses foreign hosts, missing passwords and large requests, and adds the policy to every answer."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset(), password: str | None = None) -> None:
        """Guard an application.

        Args:
            app: what is behind it.
            hosts: names by which it may be called; empty for any. A page of somebody else whose name leads to this
                machine could else talk to a studio that only this machine can reach.
            password: what HTTP's basic authentication must give, with any user name; None for no question.
        """
        self.app, self.hosts, self.password = app, hosts, password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_REQUEST:  # of a request that did not say its length
                return {"type": "http.disconnect"}
            return message

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                added.setdefault("content-security-policy", POLICY)
                added["x-content-type-options"] = "nosniff"
                added["referrer-policy"] = "no-referrer"
            await send(message)

        await self.app(scope, counted, with_policy)

    def _refusal(self, headers: dict[str, str]) -> Any:
        name = headers.get("host", "")
        if self.hosts and (name.rsplit(":", 1)[0] if not name.endswith("]") else name) not in self.hosts:
            return PlainTextResponse("this studio is not called by that name", 400)
        if self.password is not None and not self._knows_password(headers.get("authorization", "")):
            ask = {"WWW-Authenticate": 'Basic realm="Etudes studio", charset="UTF-8"'}
            return PlainTextResponse("the studio asks for its password", 401, ask)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_REQUEST:
            return PlainTextResponse(f"more than {LARGEST_REQUEST // 1_000_000} MB: save it smaller", 413)
        return None

    def _knows_password(self, authorization: str) -> bool:
        kind, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return False
        return kind.lower() == "basic" and secrets.compare_digest(given.encode(), (self.password or "").encode())
