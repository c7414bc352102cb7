"""Settings: a frozen dataclass per étude is the only place where a setting is named.

Flags, form, `settings.toml` and the docs table all derive from it: the type gives the kind of value, `annotated_types`
bounds give the range, `Literal` the choices, and the string below each field its help.
"""

from __future__ import annotations

import dataclasses
import math
import os
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MinLen

from etudes.errors import UserError, unknown


@dataclass(frozen=True)
class Settings:
    """What every étude can be told."""

    data: str = ""
    """What to learn from: a built-in set (see `etudes data list`) or a path to your own."""
    seed: Annotated[int, Ge(0), Lt(2**31)] = 0
    """Every random number of the run follows from it."""
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """Arithmetic of the layers; auto: bfloat16 where the machine has it in hardware. A run keeps what it began in."""

    def check(self) -> None:
        """Raise `UserError` where values contradict each other; études with such values override it."""


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Setting:
    """One field of a settings dataclass, described for flags, forms and docs."""

    name: str
    kind: str
    """One of "int", "float", "bool", "str" and "list"."""
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    bounds: tuple[tuple[str, float], ...] = ()
    """Pairs of a sign (">=", ">", "<=", "<") and a number."""
    items: str = ""
    """The kind of what is in a list; empty where it is none."""
    least: int = 0
    """How many a list has at least."""

    @property
    def range(self) -> str:
        """The allowed values in words, empty where anything of the kind goes."""
        if self.choices:
            return " | ".join(self.choices)
        return ", ".join(f"{sign} {_number(bound)}" for sign, bound in self.bounds)


def _number(bound: float) -> str:
    """A bound in words: 2,000,000 where it is whole, else 0.001."""
    return f"{bound:,.0f}" if bound == int(bound) and abs(bound) < 10**15 else f"{bound:g}"


_SIGNS: dict[type, tuple[str, str]] = {Ge: (">=", "ge"), Gt: (">", "gt"), Le: ("<=", "le"), Lt: ("<", "lt")}


def _bounds(metadata: tuple[Any, ...]) -> tuple[tuple[str, float], ...]:
    flat: list[Any] = []
    for item in metadata:
        flat.extend(item if isinstance(item, GroupedMetadata) else [item])
    return tuple((_SIGNS[type(m)][0], getattr(m, _SIGNS[type(m)][1])) for m in flat if type(m) in _SIGNS)


def describe(settings: type[Any] | Any) -> list[Setting]:
    """Every field of a settings dataclass, or of a value of one, in the order of the class (bases first)."""
    helps = _helps(settings if isinstance(settings, type) else type(settings))
    return [dataclasses.replace(setting, help=helps.get(setting.name, "")) for setting in _fields(settings)]


def kinds(cls: type[Any]) -> dict[str, str]:
    """The kind of every field of a settings dataclass: "int", "float", "bool", "str" or "list"."""
    return {setting.name: setting.kind for setting in _fields(cls)}


@cache
def _helps(cls: type[Any]) -> dict[str, str]:
    """What the source of a dataclass, and of its bases, says below each field."""
    from docstring_parser import parse_from_object

    helps: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if dataclasses.is_dataclass(base):
            for parameter in parse_from_object(base).params:
                helps[parameter.arg_name] = " ".join((parameter.description or "").split())
    return helps


def _fields(settings: type[Any] | Any) -> list[Setting]:
    """As `describe`, without the help, for which source is read."""
    cls = settings if isinstance(settings, type) else type(settings)
    hints, described = _hints(cls), []
    for entry in dataclasses.fields(cls):
        hint = hints[entry.name]
        bounds: tuple[tuple[str, float], ...] = ()
        least = 0
        if get_origin(hint) is Annotated:
            bounds = _bounds(hint.__metadata__)
            least = max((item.min_length for item in hint.__metadata__ if isinstance(item, MinLen)), default=0)
            hint = get_args(hint)[0]
        choices = tuple(map(str, get_args(hint))) if get_origin(hint) is Literal else ()
        default = entry.default if isinstance(settings, type) else getattr(settings, entry.name)
        kind = _kind(hint)
        items = _kind(_items(hint)) if kind == "list" else ""
        described.append(Setting(entry.name, kind, default, "", choices, bounds, items, least))
    return described


@cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


def _kind(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is Literal:
        return "str"
    if origin in (tuple, list):
        return "list"
    if origin in (Union, types.UnionType):
        return _kind(next(option for option in get_args(hint) if option is not type(None)))
    return str(getattr(hint, "__name__", hint)).lower()


def _items(hint: Any) -> Any:
    """What is in a list, given its type or that of a list which may be left out."""
    if get_origin(hint) in (Union, types.UnionType):
        return _items(next(option for option in get_args(hint) if option is not type(None)))
    return get_args(hint)[0]


def validate(settings: Settings) -> None:
    """Check the kind and range of every value, and that they go together.

    Raises:
        UserError: names the first setting that is wrong, its value, and what is allowed.
    """
    check_fields(settings)
    settings.check()


def check_fields(values: Any, *, none_is_allowed: bool = False) -> None:
    """Check the kind and range of every field of a described dataclass.

    Args:
        values: settings, or the options of `use`.
        none_is_allowed: whether None stands for "not given".

    Raises:
        UserError: as in `validate`.
    """
    for setting in _fields(values):
        value, flag = setting.default, "--" + setting.name.replace("_", "-")
        if value is None and none_is_allowed:
            continue
        if not _is_a(setting.kind, value):
            raise UserError(f"{flag} {_short(value)}: must be {setting.kind} {setting.range}".rstrip())
        if setting.kind == "list" and not all(_is_a(setting.items, item) for item in value):
            raise UserError(f"{flag} {_short(value)}: must be a list of {setting.items}")
        if setting.kind == "list" and len(value) < setting.least:
            raise UserError(f"{flag} {_short(value)}: must have {setting.least} items or more")
        if setting.kind == "int" and abs(value) >= 2**63:
            raise UserError(f"{flag} {_short(value)}: the number is too large")
        if setting.kind == "float" and not math.isfinite(value):
            raise UserError(f"{flag} {value!r}: must be a finite number")
        if setting.choices and value not in setting.choices:
            raise unknown(f"value of {flag}", str(value), setting.choices)
        compare = {
            ">=": lambda a, b: a >= b,
            ">": lambda a, b: a > b,
            "<=": lambda a, b: a <= b,
            "<": lambda a, b: a < b,
        }
        if not all(compare[sign](value, bound) for sign, bound in setting.bounds):
            raise UserError(f"{flag} {value}: must be {setting.range}")


_KINDS: dict[str, Any] = {"int": int, "float": (int, float), "bool": bool, "str": str, "list": (list, tuple)}


def _is_a(kind: str, value: Any) -> bool:
    """Whether a value is of a kind of setting; a truth value is no number."""
    return isinstance(value, _KINDS[kind]) and (kind == "bool" or not isinstance(value, bool))


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, paths as texts, and lists as tuples."""
    if isinstance(value, list | tuple):
        return tuple(map(plain, value))
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.item() if isinstance(value, np.generic) else value


def _short(value: Any) -> str:
    """The value as in Python, on one line, cut where it is long."""
    if isinstance(value, int) and abs(value) >= 10**40:  # Python refuses to write out the largest
        return "(a number of more than 40 digits)"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


def override(settings: S, changes: Mapping[str, Any]) -> S:
    """The settings with some values changed, validated.

    Raises:
        UserError: a name that is no setting, or a value out of range.
    """
    names = [entry.name for entry in dataclasses.fields(settings)]
    for name in changes:
        if name not in names:
            raise unknown("setting", name, names)
    changed = dataclasses.replace(settings, **{name: plain(value) for name, value in changes.items()})
    validate(changed)
    return changed


def as_dict(settings: Any) -> dict[str, Any]:
    """A settings dataclass as plain values that TOML and JSON can hold."""
    plain = dataclasses.asdict(settings)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


def command_words(values: Mapping[str, Any]) -> list[str]:
    """Settings or options as the words of a command, such as ["--learning-rate", "0.01", "--no-freeze"].

    Args:
        values: by name, as `as_dict` gives them; None stands for "not given" and has no words.

    Returns:
        Words that parse back to these values. (Of several texts in a list, only the first may begin with "-".)
    """
    words: list[str] = []
    for name, value in values.items():
        flag = "--" + name.replace("_", "-")
        if value is None:
            continue
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
            continue
        said = [flag, *map(str, value if isinstance(value, list | tuple) else (value,))]
        if said[1:] and said[1].startswith("-"):  # by itself, it would be taken for a flag
            said[:2] = [f"{flag}={said[1]}"]
        words += said
    return words


def from_dict(cls: type[Any], values: Mapping[str, Any]) -> Any:
    """Build a frozen dataclass from plain values, lists becoming tuples.

    Raises:
        UserError: a key that is no field of the class, or one that is missing.
    """
    names = [entry.name for entry in dataclasses.fields(cls)]
    for key in values:
        if key not in names:
            raise unknown("entry", key, names)
    try:
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})
    except TypeError as error:
        raise UserError(f"settings are incomplete: {error}") from error
