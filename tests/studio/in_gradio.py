"""What tests ask of Gradio, in a process of its own: Gradio leaves sockets and event loops open.

PYTHONPATH=tests python -m studio.in_gradio     # one JSON record
"""

import json
import sys
import time
from typing import Any

from etudes.studio.server import import_gradio

gr = import_gradio()

import fastapi  # noqa: E402
from gradio.events import api  # noqa: E402
from gradio.state_holder import SessionState  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

BEFORE = set(sys.modules)

import etudes.studio.page  # noqa: E402
import etudes.studio.studio  # noqa: E402, F401

LOADED = sorted(set(sys.modules) - BEFORE)

from etudes import experiments  # noqa: E402
from etudes.errors import UserError  # noqa: E402
from etudes.studio.forms import changes_of, settings_form  # noqa: E402
from etudes.studio.gradio_internals import ForgetCalls, replace_sessions, require, take_as_sent  # noqa: E402
from etudes.studio.translations import Translations  # noqa: E402


def forms() -> dict[str, Any]:
    """The fields of each form, and the changes for the preset's values, another seed, and another preset."""
    found = {}
    with gr.Blocks(analytics_enabled=False):
        for etude in experiments.names():
            form = settings_form(Translations("en"), etude)
            values = [field.value for field in form.fields]
            seed = next(i for i, setting in enumerate(form.settings) if setting.name == "seed")
            found[etude] = {
                "fields": [[f.label, f.info, [v for _, v in vars(f).get("choices", [])]] for f in form.fields],
                "changes": [
                    changes_of(form, "demo", filled, [*values[:seed], given, *values[seed + 1 :]])
                    for filled, given in (("demo", values[seed]), ("demo", 7), ("tuned", 7))
                ],
            }
    return found


def ask(question: str) -> str:
    return question[::-1]


def calls() -> dict[str, Any]:
    """What is kept of calls over HTTP to a small page, before and after their answers were fetched."""
    found: dict[str, Any] = {"after a call": [], "before": [], "answers": [], "descriptions": []}
    app, pages = fastapi.FastAPI(), {}
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

    def kept() -> list[list[str]]:
        of_queue = (queue.pending_messages_per_session, queue.pending_event_ids_session)
        return [sorted(held) for held in (sessions.session_data, sessions.time_last_used, *of_queue)]

    def call(name: str, *values: str, **session: str) -> str:
        address = f"/en/gradio_api/call/{name}"
        event = client.post(address, json={"data": list(values), **session}).json()["event_id"]
        deadline = time.monotonic() + 60
        while not kept()[0] and time.monotonic() < deadline:  # the session begins when the call leaves the queue
            time.sleep(0.01)
        found["before"].append(kept()[0])
        found["descriptions"].append(sum(len(one.config_values) for one in sessions.session_data.values()))
        answer = client.get(f"{address}/{event}").text
        found["answers"].append(answer.partition("event: complete\ndata: ")[2].strip())
        return event

    with TestClient(app, base_url="http://localhost") as client:
        for _ in range(5):
            call("ask", "ab")
            found["after a call"].append(sum(map(len, kept())))
        call("choose", "not in the list")
        event = call("ask", "cd")
        try:
            found["again"] = client.get(f"/en/gradio_api/call/ask/{event}").text.strip()
        except Exception as error:  # Gradio breaks off, as for an event that never was
            found["again"] = type(error).__name__
        for name in "abc":
            sessions[name][state._id] = name
        found["first"], found["new"] = sessions["a"][state._id], sessions["d"][state._id]
        found["evicted"] = kept()[:2]
        for name in "efgh":
            call("ask", "x", session_hash=name)
        found["named"] = kept()[0]
    try:
        require(SessionState, "_update_config", "_update_everything")
    except UserError as error:
        found["moved"] = str(error)
    return found


if __name__ == "__main__":
    print(json.dumps({"loaded": LOADED, "forms": forms(), "calls": calls()}))
