"""The words of a command line become a dataclass of flags, by tyro; its errors become one line."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import dropwhile, takewhile
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import tyro

from etudes.cli.flags import Log
from etudes.errors import UserError

MAX_LENGTH = 190
"""Characters of an error."""

OTHER_NAMES = {"--from": "--data", "--model": "--weights", "--output": "--out", "--lr": "--learning-rate"}
"""Names that other programs give to flags, and the names here."""


def parse(cls: Any, words: Sequence[str], prog: str, **kwargs: Any) -> Any:
    """Parse words into a dataclass.

    Raises:
        UserError: the words do not fit.
    """
    flags, output = _values_of(cls), io.StringIO()
    try:
        with contextlib.redirect_stderr(output):
            return tyro.cli(cls, args=inputs_first(words, flags), prog=prog, config=(tyro.conf.DisallowNone,), **kwargs)
    except SystemExit as leave:
        if not leave.code:
            raise
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output.getvalue()).split("\n")
    raise UserError(_in_one_line([line.strip("│| ") for line in plain[1:]], prog, flags))


def inputs_first(words: Sequence[str], flags: dict[str, int | None]) -> list[str]:
    """The words with all inputs together before the flags, as tyro needs them.

    Inputs that begin with "-" stay where they are. Where "--" separates flags from inputs, all inputs go behind it.

    Args:
        words: of a command line.
        flags: how many values each takes, from `_values_of`.
    """
    end = words.index("--") if "--" in words else len(words)
    start = next((index for index, word in enumerate(words[:end]) if _is_flag(word)), end)
    inputs, others = list(words[:start]), []
    room: int | None = 0  # how many more values the last flag takes; None for any number
    for word in words[start:end]:
        if _is_flag(word):
            name, sign, _ = word.replace("_", "-").partition("=")
            takes = flags.get(name)
            room = takes if takes is None else max(0, takes - bool(sign))
        elif room:
            room -= 1
        elif room == 0 and not word.startswith("-"):
            inputs.append(word)
            continue
        others.append(word)
    return [*inputs, *others] if end == len(words) else [*others, "--", *inputs, *words[end + 1 :]]


def _is_flag(word: str) -> bool:
    """Whether a word is a flag, and not an input, number or value."""
    return re.match("--?[^0-9.-]", word) is not None


def _values_of(cls: Any) -> dict[str, int | None]:
    """How many values each flag of a dataclass takes; None for any number."""
    origin = get_origin(cls) or cls
    exact, hints = get_type_hints(origin, include_extras=True), get_type_hints(origin)
    found: dict[str, int | None] = {"-h": 0, "--help": 0}
    for field in dataclasses.fields(origin):
        hint, name = hints[field.name], field.name.replace("_", "-")
        if isinstance(hint, TypeVar):
            found |= _values_of(get_args(cls)[0])
        elif hint is bool or bool in get_args(hint):
            found |= {f"--{name}": 0, f"--no-{name}": 0}
        elif exact[field.name] == Log:  # repeated for each value
            found[f"--{name}"] = 1
        else:
            kinds = (hint, *get_args(hint))
            found[f"--{name}"] = None if any(get_origin(kind) is tuple for kind in kinds) else 1
    return found


def _in_one_line(lines: list[str], prog: str, flags: dict[str, int | None]) -> str:
    """An error of tyro, which comes in a box with paragraphs of several lines, and what to do about it."""
    message = " ".join(takewhile(_has_words, dropwhile(lambda line: not _has_words(line), lines)))
    message = message.removeprefix("Error parsing ").removesuffix(" (required)").removesuffix(".")
    message = re.sub(r"no type matching .* could be instantiated from \[(.*)\]$", r"cannot take \1", message)
    message = message.replace("Expected 1 values", "It takes one")
    message = re.sub(r"invalid literal for int\(\) with base 10: (.*)", r"\1 is no whole number", message)
    message = message.replace("could not convert string to float: ", "no number: ")
    message = re.sub(r"Missing from (etudes \w+): (\S+) .*", r"name what it takes: \1 \2", message)
    message = re.sub(r"'None', |, 'None'", "", message)  # which DisallowNone does not allow
    named = re.findall(r"--[\w-]+", message)
    near = next((OTHER_NAMES[word] for word in named if OTHER_NAMES.get(word) in flags), "")
    if any(line.startswith(("Perhaps you meant", "Arguments similar")) for line in lines):
        near = next((match for word in named for match in get_close_matches(word, flags, 1)), near)
    last = f": did you mean {near}?" if near else f": see `{prog} --help`"
    room = MAX_LENGTH - len(last)
    return (message if len(message) <= room else message[: room - 1] + "…") + last


def _has_words(line: str) -> bool:
    """Whether a line of a box has words, and is not a rule or a gap."""
    return bool(line.strip("╰╯─+- "))
