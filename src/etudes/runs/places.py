"""Where the files were that a run's settings name, so that the run, or who uses it, may be in another folder later.

`settings.toml` keeps the settings as they were given; its table `places` has, for each one that names a file or folder,
the absolute path and the one relative to the run's folder.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from etudes.runs.folder import Run


def describe_places(run: Run, settings: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The places of those of these settings that name a file or folder now."""
    found = {}
    for name, value in settings.items():
        path = os.path.expanduser(value) if isinstance(value, str) else ""
        if path and os.path.lexists(path):
            place = os.path.abspath(path)
            found[name] = {"absolute": place}
            if os.path.splitdrive(place)[0] == os.path.splitdrive(os.path.abspath(run.folder))[0]:
                found[name]["relative"] = Path(os.path.relpath(place, run.folder)).as_posix()
    return found


def recorded_places(run: Run, header: Mapping[str, Any]) -> dict[str, list[str]]:
    """For each setting that named a file or folder: where that may be now, the likeliest place first.

    The first is the setting as it was given, from the current folder; then come the absolute path and the one from the
    run's folder, wherever that is now.

    Args:
        run: the run.
        header: the content of its `settings.toml`.
    """
    places, settings = header.get("places", {}), header["settings"]
    found: dict[str, list[str]] = {}
    for name, place in places.items() if isinstance(places, dict) else ():
        if not (isinstance(place, dict) and isinstance(settings.get(name), str)):
            continue
        absolute, relative = place.get("absolute"), place.get("relative")
        found[name] = [settings[name]]
        found[name] += [absolute] if isinstance(absolute, str) else []
        found[name] += [os.path.abspath(run.folder / relative)] if isinstance(relative, str) else []
    return found


def existing(places: list[str]) -> list[str]:
    """Those of the places where there is something, each once."""
    there: dict[str, str] = {}
    for place in places:
        path = os.path.abspath(os.path.expanduser(place))
        if os.path.exists(path):
            there.setdefault(path, place)
    return list(there.values())


def found_place(run: Run, header: Mapping[str, Any], setting: str) -> str:
    """A setting of a run as it can be used now: the first of its places where there is something, else as given."""
    places = recorded_places(run, header).get(setting, [])
    return next(iter(existing(places)), str(header["settings"].get(setting, "")))
