"""Settings that a form gave, as the flags of the same command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flags_of(changes: Mapping[str, Any]) -> list[str]:
    """The flags that change these settings, such as ["--learning-rate", "0.01", "--no-freeze"]."""
    words: list[str] = []
    for name, value in changes.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, (list, tuple)):
            words += [f"--{flag}", *map(str, value)]
        else:
            words += [f"--{flag}={value}"]
    return words
