"""A reverse proxy as labs have them: one public name, a prefix for each service, which it takes off or leaves."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host"}


class ReverseProxy:
    """What nginx does with `location PREFIX/ { proxy_pass http://TARGET/; }`, or, if `strip` is off, without the
    last slash."""

    def __init__(self, prefix: str, target: str, *, strip: bool) -> None:
        self.prefix, self.target, self.strip = prefix, target, strip
        self.client = httpx.AsyncClient(timeout=120)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = await self._pass_on(Request(scope, receive))
        await response(scope, receive, send)

    async def _pass_on(self, request: Request) -> Response:
        path = request.url.path
        if not path.startswith(self.prefix):
            return PlainTextResponse(f"the proxy has nothing at {path}", 404)
        if self.strip:
            path = path.removeprefix(self.prefix) or "/"
        headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
        headers += [("host", request.headers["host"]), ("x-forwarded-proto", "http")]
        headers += [("x-forwarded-host", request.headers["host"])]
        url = f"{self.target}{path}" + (f"?{request.url.query}" if request.url.query else "")
        asked = self.client.build_request(request.method, url, headers=headers, content=await request.body())
        answer = await self.client.send(asked, stream=True)

        async def body() -> AsyncIterator[bytes]:
            async for chunk in answer.aiter_raw():
                yield chunk
            await answer.aclose()

        passed = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        return StreamingResponse(body(), answer.status_code, passed)


@contextmanager
def reverse_proxy(prefix: str, target: str, *, strip: bool) -> Iterator[int]:
    """A proxy at work in a process of its own; its port."""
    command = [sys.executable, __file__, prefix, target, "strip" if strip else "leave"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


def main(prefix: str, target: str, mode: str) -> None:
    config = uvicorn.Config(ReverseProxy(prefix, target, strip=mode == "strip"), "127.0.0.1", 0, log_level="error")
    listening = config.bind_socket()
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
