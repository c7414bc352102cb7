"""Everything that the studio uses of Gradio's internals, each with the promise that it holds.

No other file of the studio may touch what Gradio does not document. What this file needs is checked when the studio
starts: if Gradio moved it, an error names the version and what is missing.
"""

import re
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

from gradio.blocks import Block
from gradio.state_holder import SessionState, StateHolder
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from etudes.errors import UserError

TESTED = "6.31"
"""The version of Gradio that this file was written for."""

MAX_SESSIONS = 1000
"""Pages, open or closed, whose symbols and dreams are kept; a page takes about 30 kB and what was drawn in it."""

_ANSWER = re.compile(r"(?P<page>/\w+)/gradio_api/call/(?:v2/)?[^/]+/(?P<event>\w+)/?$")
"""The path at which a call waits for its answer; its end names the event."""


def require(owner: Any, *names: str) -> None:
    """Check that a class or an object of Gradio has these attributes.

    Raises:
        UserError: one is missing; the message names it and the installed version.
    """
    if missing := sorted(set(names) - set(dir(owner))):
        kind = owner if isinstance(owner, type) else type(owner)
        where = f"{kind.__module__}.{kind.__name__}.{missing[0]}"
        raise UserError(f"Gradio {version('gradio')} has no {where}: pip install 'gradio=={TESTED}.*'")


def take_as_sent(component: Block, *, path: bool = False) -> None:
    """Give handlers what the browser sent, instead of Gradio's reading of it; `path`: of a file, only its path.

    Promises: a picture is never decoded in the server (a decompression bomb would end it), a run that finished a moment
    ago can be chosen, and a value out of range gets the error of its setting.
    """
    require(component, "preprocess")
    take = (lambda payload: payload.path if payload else None) if path else (lambda payload: payload)
    component.preprocess = take  # type: ignore[attr-defined]


class BrowserSession(SessionState):
    """What a page remembers: its values, without a description of its components (640 kB)."""

    def __init__(self, page: Any) -> None:
        """Begin a session of a page."""
        # A page without components, so that none is described.
        super().__init__(SimpleNamespace(default_config=page.default_config, blocks={}))  # type: ignore[arg-type]

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class BrowserSessions(StateHolder):
    """All sessions of a page, the one used last at the end.

    Promise: memory does not grow with calls. Gradio describes every component of the page in each of its last 10,000
    sessions, so that a link to that state can be made; the studio makes no such links. To Gradio, each call over HTTP
    is a session.
    """

    def __init__(self, page: Any, app: Any, max_sessions: int = MAX_SESSIONS) -> None:
        """Replace the sessions that Gradio gave to a page.

        Args:
            page: the page.
            app: Gradio's application of the page.
            max_sessions: sessions that are kept; the one that was not used for longest is removed first.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        require(self, "session_data", "time_last_used", "lock", "capacity", "set_blocks", "update")
        require(SessionState, "_update_config", "_update_value_in_config")
        require(app, "state_holder")
        require(page, "state_session_capacity", "default_config", "_queue")
        require(page._queue, "pending_messages_per_session", "pending_event_ids_session")
        page.state_session_capacity = max_sessions
        self.set_blocks(page)
        app.state_holder = self

    def __getitem__(self, session_id: str) -> SessionState:
        """The session of that name, a new one if there is none."""
        with self.lock:
            if session_id not in self.session_data:
                self.session_data[session_id] = BrowserSession(self.blocks)
        return super().__getitem__(session_id)

    def update(self, session_id: str) -> None:
        """Note that a session is used, and remove the oldest if there are too many."""
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            oldest = list(self.session_data)[: max(0, len(self.session_data) - self.capacity)]
        for name in oldest:
            self.forget(name)

    def forget(self, session_id: str) -> None:
        """Remove what is kept of a session: its values, and messages that were not fetched."""
        with self.lock:
            self.session_data.pop(session_id, None)
            self.time_last_used.pop(session_id, None)
        queue = self.blocks._queue
        queue.pending_messages_per_session.pop(session_id, None)
        queue.pending_event_ids_session.pop(session_id, None)


def replace_sessions(app: Any, path: str, page: Any) -> BrowserSessions:
    """Give the page that is mounted at a path of an application its `BrowserSessions`.

    Raises:
        UserError: this version of Gradio keeps its sessions in another way.
    """
    mounted = next(route.app for route in app.routes if isinstance(route, Mount) and route.path == path)
    return BrowserSessions(page, mounted)


class ForgetCalls:
    """Middleware that removes the session of a call over HTTP as soon as its answer was fetched."""

    def __init__(self, app: ASGIApp, sessions: dict[str, BrowserSessions]) -> None:
        """Wrap an application; `sessions` are those of each page, by the path at which it is mounted."""
        self.app, self.sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, then clean up."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))  # now: what is mounted changes the scope
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and scope["method"] == "GET" and (found := _ANSWER.match(path)):
                sessions = self.sessions.get(found["page"])
                if sessions is not None:  # a caller without a session has one with the name of the event
                    sessions.forget(found["event"])
