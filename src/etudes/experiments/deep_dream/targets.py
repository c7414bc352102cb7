"""What can be asked of a network: a layer, one channel of it, one neuron, or one class. Read without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from etudes.errors import UserError, unknown

_FORMS = "LAYER, LAYER:CHANNEL, LAYER:CHANNEL:ROW:COLUMN, LAYER:CHANNEL:centre or class:NAME"


@dataclass(frozen=True)
class Target:
    """One thing that is to grow; `text` is as it was typed, such as "mixed4:97"."""

    text: str
    layer: str
    """The layer; empty for a class."""
    channel: int | None = None
    """One channel of the layer; None for all of them."""
    position: tuple[int, int] | Literal["centre"] | None = None
    """Row and column of one neuron in the layer's map, at the picture's full size; None for all of them."""
    class_name: str = ""
    """The name or the number of a class."""


def read_target(text: str) -> Target:
    """A target as it is typed: `mixed4`, `mixed4:97`, `mixed4:97:10:12`, `mixed4:97:centre`, `class:cat`, `class:3`.

    Raises:
        UserError: it is none of these.
    """
    layer, *rest = text.split(":")
    if layer == "class" and rest and ":".join(rest).strip():
        return Target(text, "", class_name=":".join(rest).strip())
    numbers = [part for part in rest if part not in ("centre", "center")]
    is_centre = len(rest) == 2 and rest[1] in ("centre", "center")
    wrong = not layer or layer == "class" or not all(part.isdecimal() and len(part) < 7 for part in numbers)
    if wrong or not (is_centre or len(rest) in (0, 1, 3)) or (len(numbers) != len(rest) and not is_centre):
        raise UserError(f"--layers {text[:40]!r}: it must be {_FORMS}")
    channel = int(rest[0]) if rest else None
    if is_centre:
        return Target(text, layer, channel, "centre")
    return Target(text, layer, channel, (int(rest[1]), int(rest[2])) if len(rest) == 3 else None)


def class_number(given: str, class_names: Sequence[str], count: int) -> int:
    """The output unit of a class.

    Args:
        given: its name, or its number from 0.
        class_names: all names; empty where only their number is known.
        count: how many classes there are.

    Raises:
        UserError: there is no such class.
    """
    if given in class_names:
        return class_names.index(given)
    if given.isdecimal() and len(given) < 7:
        if int(given) < count:
            return int(given)
        raise UserError(f"--layers class:{given}: the network has {count} classes, 0 to {count - 1}")
    if not class_names:
        raise UserError(f"--layers class:{given[:40]}: this network's classes have no names here; give a number")
    raise unknown("class", given, class_names)
