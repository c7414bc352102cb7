"""What the studio needs of Gradio's internals is there, and does what it is needed for.

If a new version of Gradio moved something, these tests fail with its number and the name of what moved; see
`etudes/studio/gradio_internals.py`.
"""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "etudes" / "studio"


@pytest.fixture(scope="module")
def found(in_gradio: Any) -> Any:
    return in_gradio["calls"]


def loudly(what: str) -> str:
    return f"Gradio {version('gradio')} no longer does what gradio_internals.py needs: {what}"


def test_a_session_describes_no_components(found: Any) -> None:
    """Gradio by itself keeps 640 kB of descriptions for each session of the studio's page."""
    assert sum(found["descriptions"][:7]) == 0, loudly("SessionState.config_values is filled in another way")


def test_nothing_is_kept_of_a_call_once_its_answer_was_fetched(found: Any) -> None:
    assert all(found["before"][:5]), loudly("StateHolder.__getitem__ is not asked for the session of a call")
    assert found["after a call"] == [0] * 5, loudly("the path of an answer, or where its queue keeps it, moved")
    assert "dc" not in found["again"], loudly("an answer can be fetched twice")


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
