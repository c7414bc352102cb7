"""Options that may be left out and are yes or no, or one of some words."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from etudes.cli.flags import Card, Evaluate, shown_options
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


@dataclass(frozen=True)
class Part:
    """A part."""

    share: float = 0.5
    """How much."""
    count: int = 1
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


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        (Part, "--count x", "--count: 'x' is no whole number: see `etudes use --help`"),
        (Part, "--share x", "--share: no number: 'x': see `etudes use --help`"),
        (Card, "", "name what it takes: etudes use ETUDE: see `etudes use --help`"),
        (Evaluate, "", "name what it takes: etudes use RUN|ETUDE: see `etudes use --help`"),
    ],
)
def test_errors_speak_of_flags_and_not_of_python(kind: type[Any], words: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(kind, words.split(), "etudes use")
    assert str(caught.value) == said
