"""What the server keeps of each visit: little, of the latest ones only, and nothing of a call once it is answered.

Gradio keeps, for each of its last 10,000 sessions, a description of every component of the page, some 640 kB, so that a
link to that state of the page can be made. The studio makes no such links. To Gradio, each call over HTTP is a session.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from gradio.state_holder import SessionState, StateHolder
from starlette.types import ASGIApp, Receive, Scope, Send

MOST_SESSIONS = 1000
"""Pages, open or closed, whose symbols and dreams are remembered; one has some 30 kB and what was drawn in it."""

_ANSWER = re.compile(r"(?P<page>/\w+)/gradio_api/call/(?:v2/)?[^/]+/(?P<event>\w+)/?$")
"""The path at which a call waits for its answer; its end names the event."""


class Session(SessionState):
    """What a page remembers, without the description of its components."""

    def __init__(self, page: Any) -> None:
        """Begin a session of a page."""
        # A page without components, so that none is described.
        super().__init__(SimpleNamespace(default_config=page.default_config, blocks={}))  # type: ignore[arg-type]

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class Sessions(StateHolder):
    """All sessions of a page, those that were asked last at the end."""

    def __init__(self, page: Any, app: Any, most: int = MOST_SESSIONS) -> None:
        """Take the place of the sessions that Gradio gave to a page.

        Args:
            page: the page.
            app: Gradio's application of the page.
            most: sessions that are kept; the one that was not asked for longest goes first.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        page.state_session_capacity = most
        self.set_blocks(page)
        app.state_holder = self

    def __getitem__(self, session_id: str) -> SessionState:
        """The session of that name, which begins now if there is none."""
        with self.lock:
            if session_id not in self.session_data:
                self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)

    def update(self, session_id: str) -> None:
        """Note that a session was asked, and forget those that are too many."""
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            oldest = list(self.session_data)[: max(0, len(self.session_data) - self.capacity)]
        for name in oldest:
            self.forget(name)

    def forget(self, session_id: str) -> None:
        """Remove what is kept of a session: its values, and messages that nobody fetched."""
        with self.lock:
            self.session_data.pop(session_id, None)
            self.time_last_used.pop(session_id, None)
        queue = self.blocks._queue
        queue.pending_messages_per_session.pop(session_id, None)
        queue.pending_event_ids_session.pop(session_id, None)


class Forget:
    """Forgets a call over HTTP as soon as its answer was fetched."""

    def __init__(self, app: ASGIApp, sessions: dict[str, Sessions]) -> None:
        """ProgressCallback an application.

        Args:
            app: what is behind it.
            sessions: those of each page, by the path at which it is mounted.
        """
        self.app, self.sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and clear up behind it."""
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and scope["method"] == "GET" and (found := _ANSWER.match(scope["path"])):
                sessions = self.sessions.get(found["page"])
                if sessions is not None:  # whoever names no session has one that is called as the event is
                    sessions.forget(found["event"])
