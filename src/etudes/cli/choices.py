"""Options that may be left out and are no text or number: yes or no, and one of some words."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

import tyro

from etudes.cli import flags


def shown_options(options: type[Any]) -> type[Any]:
    """As `flags.shown_options`; also `bool | None` as --clip | --no-clip, `Literal[...] | None` as its words."""
    hints, annotated = get_type_hints(options, include_extras=True), cast("Any", Annotated)
    shown: list[tuple[str, Any, Any]] = []
    for option in dataclasses.fields(options):
        kinds = [part for part in get_args(hints[option.name]) if part is not type(None)]
        if option.default is not None or len(kinds) != 1:
            continue
        if kinds == [bool]:
            told = tyro.conf.arg(constructor=bool)
        elif get_origin(kinds[0]) is Literal:
            words = "|".join(get_args(kinds[0]))  # long ones would leave the help no room for its columns
            told = tyro.conf.arg(metavar=words if len(words) <= 16 else "NAME")
        else:
            continue
        # What has no plain default is left as it is by `flags.shown_options`.
        shown.append((option.name, annotated[hints[option.name], told], dataclasses.field(default_factory=type(None))))
    cls = dataclasses.make_dataclass(options.__name__, shown, bases=(options,), frozen=True)
    cls.__doc__ = options.__doc__
    return flags.shown_options(cls)
