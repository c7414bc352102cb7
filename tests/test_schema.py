"""Settings: described, validated, overridden, and through TOML and back."""

import tomllib
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
import tomli_w
from annotated_types import Ge, Interval
from hypothesis import given
from hypothesis import strategies as st

from etudes.errors import UserError
from etudes.schema import Settings, as_dict, describe, from_dict, override


@dataclass(frozen=True)
class Example(Settings):
    """An example."""

    epochs: Annotated[int, Ge(1)] = 3
    """Passes over
    the data."""
    share: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    """A share."""
    mode: Literal["fast", "slow"] = "fast"
    """How."""
    names: tuple[str, ...] = ("a",)
    """Some names."""


def test_describe_gives_kind_range_choices_and_help() -> None:
    found = {setting.name: setting for setting in describe(Example)}
    assert list(found)[:3] == ["data", "seed", "precision"]
    assert (found["epochs"].kind, found["epochs"].range) == ("int", ">= 1")
    assert found["epochs"].help == "Passes over the data."
    assert found["share"].range == ">= 0, < 1"
    assert found["mode"].choices == ("fast", "slow")
    assert found["names"].kind == "list"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epoch": 3}, "unknown setting 'epoch': did you mean 'epochs'?"),
        ({"epochs": 0}, "--epochs 0: must be >= 1"),
        ({"epochs": 2.5}, "--epochs 2.5: must be int >= 1"),
        ({"epochs": True}, "--epochs True: must be int"),
        ({"share": 1.0}, "--share 1.0: must be >= 0, < 1"),
        ({"share": float("nan")}, "--share nan: must be a finite number"),
        ({"mode": "fats"}, "unknown value of --mode 'fats': did you mean 'fast'?"),
        ({"seed": -1}, "--seed -1: must be >= 0"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as caught:
        override(Example(), changes)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.builds(
        Example,
        data=st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])),
        seed=st.integers(0, 2**31 - 1),
        epochs=st.integers(1, 10**6),
        share=st.floats(0, 0.999),
        names=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]))).map(tuple),
    )
)
def test_through_toml_and_back(settings: Example) -> None:
    text = tomli_w.dumps(as_dict(settings))
    assert from_dict(Example, tomllib.loads(text)) == settings


def test_an_unknown_key_in_a_file_is_refused() -> None:
    with pytest.raises(UserError, match="unknown entry 'epoch'"):
        from_dict(Example, {"epoch": 3})
