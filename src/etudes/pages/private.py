"""What a page does not say of a run, as it is made to be shown to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any


def without_quotes(tables: Sequence[Mapping[str, Any]], quoting: Sequence[str]) -> list[Mapping[str, Any]]:
    """The tables that quote nothing of the data.

    Args:
        tables: with a "title" each.
        quoting: how the titles of those begin that do.
    """
    return [table for table in tables if not str(table["title"]).startswith(tuple(quoting))]


def without_folders(said: Any, settings: Mapping[str, Any]) -> Any:
    """What is said, without the folders in which data lies on this machine: names of files stay.

    Args:
        said: texts in mappings and lists.
        settings: of the run; paths are among their values.
    """
    folders = {str(PurePath(value).parent) for value in settings.values() if isinstance(value, str)}
    found = sorted({folder for folder in folders if PurePath(folder).is_absolute()}, key=len, reverse=True)
    return _shortened(said, [folder.rstrip("/\\") + sign for folder in found for sign in "/\\"])


def _shortened(said: Any, prefixes: Sequence[str]) -> Any:
    if isinstance(said, str):
        for prefix in prefixes:
            said = said.replace(prefix, "") if len(prefix) > 1 else said
        return said
    if isinstance(said, Mapping):
        return {name: _shortened(value, prefixes) for name, value in said.items()}
    return [_shortened(value, prefixes) for value in said] if isinstance(said, list | tuple) else said
