"""What the studio needs of Gradio's internals is there, and does what it is needed for.

If a new version of Gradio moved something, these tests fail with its number and the name of what moved; see
`etudes/studio/gradio_internals.py`.
"""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "etudes" / "studio"

CALLS = """
import json, time
from etudes.studio.server import import_gradio
gr = import_gradio()
from fastapi import FastAPI
from gradio.events import api
from starlette.testclient import TestClient
from gradio.state_holder import SessionState
from etudes.errors import UserError
from etudes.studio.gradio_internals import ForgetCalls, replace_sessions, require, take_as_sent

def ask(question: str) -> str:
    return question[::-1]

found = {"after a call": [], "before": [], "answers": [], "descriptions": []}
app, pages = FastAPI(), {}
app.add_middleware(ForgetCalls, sessions=pages)
with gr.Blocks(analytics_enabled=False) as page:
    state, chosen, typed = gr.State(["nothing"]), gr.Dropdown(["a"], label="a"), gr.Textbox()
    take_as_sent(chosen)
    chosen.input(lambda value: value, chosen, typed, api_name="choose")
    api(ask, api_name="ask")
page.queue()
gr.mount_gradio_app(app, page, "/en", ssr_mode=False)
sessions = pages["/en"] = replace_sessions(app, "/en", page)
sessions.capacity = 3
queue = page._queue

def kept():
    return [sorted(held) for held in (sessions.session_data, sessions.time_last_used,
            queue.pending_messages_per_session, queue.pending_event_ids_session)]

def call(name, *values, **session):
    address = f"/en/gradio_api/call/{name}"
    event = client.post(address, json={"data": list(values), **session}).json()["event_id"]
    deadline = time.monotonic() + 60
    while not kept()[0] and time.monotonic() < deadline:  # the session begins when the call leaves the queue
        time.sleep(0.01)
    found["before"].append(kept()[0])
    found["descriptions"].append(sum(len(one.config_values) for one in sessions.session_data.values()))
    answer = client.get(f"{address}/{event}").text
    found["answers"].append(answer.partition("data: ")[2].strip())
    return event

with TestClient(app, base_url="http://localhost") as client:
    for number in range(5):
        call("ask", "ab")
        found["after a call"].append(sum(map(len, kept())))
    call("choose", "not in the list")
    event = call("ask", "cd")
    try:
        again = client.get(f"/en/gradio_api/call/ask/{event}").text
    except Exception as error:
        again = "event: error"
    found["again"] = again.strip().splitlines()[0] if again.strip() else "event: error"
    for name in "abc":
        sessions[name][state._id] = name
    found["first"] = sessions["a"][state._id]
    found["new"] = sessions["d"][state._id]
    found["evicted"] = kept()[:2]
    for name in "efgh":
        call("ask", "x", session_hash=name)
    found["named"] = kept()[0]
try:
    require(SessionState, "_update_config", "_update_everything")
except UserError as error:
    found["moved"] = str(error)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found() -> Any:
    """In a process of its own: Gradio leaves sockets open, which pytest takes for errors of whatever test is next."""
    pytest.importorskip("gradio")
    done = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"Gradio {version('gradio')} moved: {done.stderr[-2000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def loudly(what: str) -> str:
    return f"Gradio {version('gradio')} no longer does what gradio_internals.py needs: {what}"


def test_a_session_describes_no_components(found: Any) -> None:
    """Gradio by itself keeps 640 kB of descriptions for each session of the studio's page."""
    assert sum(found["descriptions"][:7]) == 0, loudly("SessionState.config_values is filled in another way")


def test_nothing_is_kept_of_a_call_once_its_answer_was_fetched(found: Any) -> None:
    assert all(found["before"][:5]), loudly("StateHolder.__getitem__ is not asked for the session of a call")
    assert found["after a call"] == [0] * 5, loudly("the path of an answer, or where its queue keeps it, moved")
    assert found["again"] == "event: error", loudly("an answer can be fetched twice")


def test_the_session_that_was_not_used_for_longest_is_removed_first(found: Any) -> None:
    assert (found["first"], found["new"]) == ("a", ["nothing"]), loudly("SessionState does not hold values")
    assert found["evicted"] == [["a", "c", "d"]] * 2, loudly("StateHolder.update is not called for each use")
    assert len(found["named"]) <= 3, loudly("sessions with a name are kept without limit")


def test_handlers_get_what_the_browser_sent(found: Any) -> None:
    assert found["answers"][0] == '["ba"]'
    assert found["answers"][5] == '["not in the list"]', loudly("Component.preprocess is not what reads a value")


def test_what_moved_is_named_with_the_version(found: Any) -> None:
    assert re.fullmatch(
        rf"Gradio {re.escape(version('gradio'))} has no gradio.state_holder.SessionState._update_everything: "
        r"pip install 'gradio==[\d.*]+'",
        found["moved"],
    )


PRIVATE = re.compile(
    r"gradio\.(?:state_holder|routes|queueing|blocks|utils|route_utils)|\._queue\b|state_holder|\.preprocess\b"
)


def test_no_other_file_uses_gradios_internals() -> None:
    for path in SOURCE.rglob("*.py"):
        if path.name != "gradio_internals.py":
            assert not PRIVATE.findall(path.read_text(encoding="utf-8")), path
