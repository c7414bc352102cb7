"""What the server keeps of each visit."""

import http.client
import json
import subprocess
import sys
import urllib.request
from typing import Any

import pytest

from studio.load import grown, memory
from studio.visiting import Served


def ask(studio: Served, **values: Any) -> str:
    """Call the action that lists runs; gives the address at which its answer waits."""
    start = f"{studio.address}/en/gradio_api/call/runs"
    body = json.dumps({"data": [], **values}).encode()
    request = urllib.request.Request(start, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return f"{start}/{json.load(answer)['event_id']}"


def fetch(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("named", [False, True])
def test_the_server_keeps_little_of_a_call(studio: Served, named: bool) -> None:
    """Gradio by itself keeps 640 kB of each session, whether the caller gives it a name or not, until it has 10,000."""

    def calls(first: int, count: int) -> None:
        for number in range(first, first + count):
            session = {"session_hash": f"visit{number}"} if named else {}
            assert fetch(ask(studio, **session)).startswith("event: complete")

    calls(0, 30)
    before = memory(studio)
    calls(30, 80)
    assert grown(studio, before)["server"] < 20


def test_an_answer_is_forgotten_once_it_was_fetched(studio: Served) -> None:
    address = ask(studio)
    assert fetch(address).startswith("event: complete")
    with pytest.raises(http.client.IncompleteRead) as ended:  # Gradio breaks off, as for an event that never was
        fetch(address)
    assert ended.value.partial.startswith(b"event: error")


EVICTION = """
import asyncio
from types import SimpleNamespace
from etudes.studio.server import import_gradio
gr = import_gradio()
from etudes.studio.sessions import Sessions
with gr.Blocks(analytics_enabled=False) as page:
    state = gr.State(["nothing"])
page.queue()
sessions, queue, held = Sessions(page, SimpleNamespace(), most=3), page._queue, []
for name in "abc":
    sessions[name][state._id] = name
    queue.pending_messages_per_session[name] = asyncio.Queue()
    queue.pending_event_ids_session[name] = {name}
print(sessions["a"][state._id], sessions["d"][state._id], *("".join(sorted(kept)) for kept in (
    sessions.session_data, sessions.time_last_used, queue.pending_messages_per_session,
    queue.pending_event_ids_session)))
"""


def test_the_session_that_was_not_asked_for_longest_goes_first_with_what_waits_for_it() -> None:
    """In a process of its own: Gradio leaves sockets open, which pytest takes for errors of whatever test is next."""
    pytest.importorskip("gradio")
    said = subprocess.run([sys.executable, "-c", EVICTION], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["a", "['nothing']", "acd", "acd", "ac", "ac"]
