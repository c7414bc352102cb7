"""Installations of the package with some extras alone: folders of links to what they would bring, made in a moment."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _needed(requirements: Iterable[str], extras: Iterable[str] = ()) -> Iterator[Requirement]:
    """The requirements that hold here, of the package itself those of its extras."""
    environments = [{"extra": extra} for extra in ("", *extras)]
    for text in requirements:
        wanted = Requirement(text)
        if wanted.marker and not any(wanted.marker.evaluate(environment) for environment in environments):
            continue
        if wanted.name == PROJECT["name"]:
            for extra in wanted.extras:
                yield from _needed(PROJECT["optional-dependencies"][extra])
        else:
            yield wanted


def packages_of(*extras: str) -> set[str]:
    """The packages that the base and these extras bring, by name, as far as they are installed here."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = list(_needed(PROJECT["dependencies"]))
    for extra in extras:
        waiting += _needed(PROJECT["optional-dependencies"][extra])
    while waiting:
        wanted = waiting.pop()
        key = wanted.name.lower(), frozenset(wanted.extras)
        if key in found:
            continue
        try:
            requires = distribution(wanted.name).requires or []
        except PackageNotFoundError:
            continue
        found.add(key)
        waiting += _needed(requires, wanted.extras)
    return {name for name, _ in found}


def install(folder: Path, *extras: str) -> Path:
    """Fill a folder with links to the base, these extras, and all that they need."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in packages_of(*extras):
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}:
            place = folder / top
            if not place.exists():
                place.symlink_to(Path(str(distribution(name).locate_file(top))))
    return folder


def run_in(packages: Path, *words: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these packages and the package's source alone."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    path = os.pathsep.join([str(ROOT / "src"), str(packages)])
    places = {"ETUDES_RUNS": str(cwd / "runs"), "ETUDES_DATA": str(cwd / "data")}
    variables = {**kept, **places, "COLUMNS": "200", **variables, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-S", "-s", *words], cwd=cwd, env=variables, capture_output=True, text=True, timeout=300
    )
