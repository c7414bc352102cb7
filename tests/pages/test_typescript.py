"""The TypeScript of pages: its own tests, its types, and the rules that hold for Python too."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from etudes.pages.building import BuildError, programs

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "page"
STUDIES = ROOT / "src" / "etudes" / "experiments"
SOURCES = sorted([*PAGE.glob("src/**/*.ts"), *PAGE.glob("tests/*.ts"), *STUDIES.glob("*/*.ts")])
MAX_LINES = 300


def run_node(*words: str) -> None:
    """Run Node.js in `page/`, where its packages are; what it printed is the reason of a failure."""
    if not (PAGE / "node_modules").exists():
        pytest.skip("page/node_modules is missing: make page")
    try:
        node, _ = programs()
    except BuildError as error:
        pytest.skip(str(error))
    done = subprocess.run([*node, *words], cwd=PAGE, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"[-4000:]


def test_units() -> None:
    run_node("test.mjs")


@pytest.mark.long
@pytest.mark.parametrize("project", [".", "tests"])
def test_types(project: str) -> None:
    run_node("node_modules/typescript/bin/tsc", "--noEmit", "-p", project)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short_and_typed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    assert not re.search(r"(:|\bas|<) ?any\b|@ts-(ignore|expect-error|nocheck)", text), (
        "any, or a type that is not checked"
    )


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*/*.ts")), ids=lambda path: str(path.relative_to(STUDIES)))
def test_a_study_knows_the_shared_page_and_itself(path: Path) -> None:
    imported = set(re.findall(r'from "(.*?)"', path.read_text(encoding="utf-8")))
    assert all(re.fullmatch(r"etudes-page(/[\w/]+)?|\./[\w-]+", name) for name in imported), imported
