"""The arrows of docs/architecture.md, file sizes, and what importing may load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "etudes"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if not path.name.startswith("test_"))

BOTTOM = {"errors", "settings", "contract"}
MAY_IMPORT = {
    "errors": set(),
    "settings": {"errors"},
    "contract": {"errors", "settings"},
    "data": BOTTOM,
    "runs": BOTTOM,
    "measures": BOTTOM,
    "views": BOTTOM,
    "exports": BOTTOM,
    "training": BOTTOM | {"data", "measures", "runs", "views"},
    "experiments": BOTTOM | {"data", "measures", "runs", "views", "training"},
    "trained": BOTTOM | {"data", "runs", "views", "training", "experiments"},
    "comparison": BOTTOM | {"measures", "runs", "views", "experiments"},
    "keeping": BOTTOM | {"runs", "views"},
    "reporting": BOTTOM | {"runs", "views", "experiments"},
    "running": BOTTOM | {"runs", "views", "training", "experiments", "trained", "keeping", "reporting"},
    "reproduction": BOTTOM | {"runs", "views", "training", "experiments", "running"},
    "asking": BOTTOM | {"runs", "views", "training", "experiments", "trained", "keeping", "reporting"},
    "exporting": BOTTOM | {"runs", "training", "experiments", "trained", "exports"},
    "actions": BOTTOM
    | {"runs", "views", "training", "experiments", "trained", "comparison", "running", "reproduction", "asking"}
    | {"exporting"},
    "overview": BOTTOM | {"data", "runs", "views", "training", "experiments"},
    "demo": BOTTOM | {"data", "runs", "views", "training", "experiments", "actions", "reporting"},
    "cli": BOTTOM | {"data", "runs", "views", "experiments", "actions", "overview", "demo", "studio", "trained"},
    "studio": BOTTOM | {"data", "runs", "views", "experiments", "trained", "actions"},
    "__main__": {"cli"},
    "__init__": BOTTOM | {"actions", "runs", "experiments"},
}


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Every module of the package that a file names in an import, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found.add(module)
            if module == "etudes":
                found |= {f"etudes.{alias.name}" for alias in node.names}
    modules = {path.stem for path in SOURCE.iterdir()}
    return {name for name in found if name.startswith("etudes.") and name.split(".")[1] in modules}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_one_way(path: Path) -> None:
    room = room_of(path)
    for name in imports_of(path):
        other = name.split(".")[1]
        assert other == room or other in MAY_IMPORT[room], f"{room} must not import {name}"


def test_no_etude_imports_another() -> None:
    for path in MODULES:
        if room_of(path) == "experiments" and path.parent.name != "experiments":
            others = {name for name in imports_of(path) if name.startswith("etudes.experiments")}
            own = f"etudes.experiments.{path.relative_to(SOURCE).parts[1]}"
            assert all(name.startswith(own) for name in others), f"{path} imports {others}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_functions_fit_a_screen() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 70, f"{path.name}: {node.name} has {length} lines"


def test_no_module_has_a_name_that_says_nothing() -> None:
    for path in SOURCE.rglob("*"):
        assert path.stem not in ("utils", "util", "common", "helpers", "misc", "tools"), path


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh Python has really loaded after some code."""
    report = "import sys; print(sorted(m for m in ('tensorflow', 'jax', 'torch', 'keras.src', 'matplotlib.figure', "
    report += "'sklearn') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return set(ast.literal_eval(done.stdout.strip().splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import etudes",
        "import etudes.actions",
        "from etudes.cli import run; run(['--help'])",
        "from etudes.cli import run; run(['list'])",
        "from etudes import experiments; [experiments.load(name) for name in experiments.names()]",
    ],
)
def test_importing_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) == set()
