"""Options that may be left out and are yes or no, or one of some words."""

from dataclasses import dataclass
from typing import Literal

import pytest

from etudes.cli.flags import shown_options
from etudes.cli.parsing import parse
from etudes.errors import UserError


@dataclass(frozen=True)
class Options:
    """A thing or two."""

    clip: bool | None = None
    """Cut."""
    when: Literal["after", "before"] | None = None
    """The moment."""
    count: int | None = None
    """How many."""


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("", (None, None, None)),
        ("--no-clip --count 3", (False, None, 3)),
        ("--clip --when after", (True, "after", None)),
    ],
)
def test_what_was_not_said_is_none(words, values):
    given = parse(shown_options(Options), words.split(), "etudes use")
    assert (given.clip, given.when, given.count) == values


def test_another_word_is_refused():
    with pytest.raises(UserError, match="--when"):
        parse(shown_options(Options), ["--when", "never"], "etudes use")
