"""Settings and options as the words of a command, and back: what a report or the studio says can be typed."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from annotated_types import Ge
from hypothesis import given, settings
from hypothesis import strategies as st

from etudes import experiments
from etudes.cli import flags
from etudes.settings import as_dict, words_of
from etudes.trained import preset_of

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@dataclass(frozen=True)
class Choices:
    """One option of each kind."""

    operator: str = "+"
    sheet: bool = False
    freeze: bool = True
    count: Annotated[int, Ge(-9)] = 3
    rate: float = 0.5
    shots: tuple[int, ...] = ()
    parts: tuple[float, ...] = (1.0,)
    names: tuple[str, ...] = ("a",)


@given(
    st.builds(
        Choices,
        operator=TEXTS,
        rate=NUMBERS,
        count=st.integers(-9, 9),
        shots=st.lists(st.integers(0, 99)).map(tuple),
        parts=st.lists(NUMBERS, max_size=3).map(tuple),
        names=st.lists(TEXTS.filter(lambda text: not text.startswith("-")), max_size=3).map(tuple),
        sheet=st.booleans(),
        freeze=st.booleans(),
    )
)
@settings(max_examples=50, deadline=None)
def test_the_words_of_any_options_parse_back_to_them(chosen: Choices) -> None:
    assert flags.parse(Choices, words_of(as_dict(chosen)), "etudes inspect") == chosen


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"operator": "-"}, ["--operator=-"]),
        ({"parts": (-1.0, 0.5)}, ["--parts=-1.0", "0.5"]),
        ({"max_size": 3, "layer": None}, ["--max-size", "3"]),
        ({"no_freeze": True, "shots": ()}, ["--no-freeze", "--shots"]),
    ],
)
def test_words_are_joined_only_where_they_would_be_taken_for_flags(values: dict[str, Any], words: list[str]) -> None:
    assert words_of(values) == words


@pytest.mark.parametrize("etude", experiments.names())
def test_the_words_of_every_preset_give_back_its_settings(etude: str) -> None:
    experiment = experiments.load(etude)
    start = flags.Train(settings=preset_of(etude, "demo"), preset="demo")
    wanted = as_dict(experiment.presets["tuned"])
    given_back = flags.parse(flags.Train[experiment.settings], words_of(wanted), "etudes train", default=start)  # type: ignore[name-defined]
    assert as_dict(given_back.settings) == wanted
