"""The arrows of docs/architecture.md, file sizes, and what importing may load."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "etudes"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if not path.name.startswith("test_"))

FLOORS = (
    ("cli", "studio"),
    ("actions",),
    ("experiments",),
    ("analysis",),
    ("training",),
    ("loggers", "exports"),
    ("graphs", "pages"),
    ("data", "runs"),
    ("views",),
    ("contract",),
    ("results",),
    ("schema",),
    ("extras",),
    ("errors",),
)
"""The rooms from top to bottom; a file imports from its own room and from lower floors only."""

FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
OUTSIDE = {
    "__main__": {"cli"},
    "__init__": {"_registration", "_signatures", "actions", "contract", "errors", "extras", "experiments", "runs"},
    "_registration": {"experiments"},
}
"""The files beside the rooms, and what they import."""
DOORS = {("cli", "studio")}
"""`etudes studio` starts the other door."""


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
        if room in OUTSIDE:
            assert other in OUTSIDE[room], f"{room} must not import {name}"
        elif other != room and (room, other) not in DOORS:
            assert FLOOR[other] > FLOOR[room], f"{room} must not import {name}: it is not on a lower floor"


def test_every_room_has_a_floor() -> None:
    rooms = {path.name.removesuffix(".py") for path in SOURCE.iterdir() if not path.name.startswith("_")}
    assert rooms - {"py.typed", "bundled"} == set(FLOOR)


def test_the_page_about_the_architecture_draws_the_floors() -> None:
    page = (SOURCE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert " → ".join(", ".join(rooms) for rooms in FLOORS) in page


def test_no_etude_imports_another() -> None:
    for path in MODULES:
        if room_of(path) == "experiments" and path.parent.name != "experiments":
            others = {name for name in imports_of(path) if name.startswith("etudes.experiments")}
            own = f"etudes.experiments.{path.relative_to(SOURCE).parts[1]}"
            assert all(name.startswith(own) for name in others), f"{path} imports {others}"


STUDIES = sorted(SOURCE.glob("experiments/*/study.py"))
MAX_STUDY_LINES = 300
"""A study that fits on one page is a promise to the reader."""
MAX_LINES = 400
"""Elsewhere a longer file is a warning that it holds two ideas."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_short(path: Path) -> None:
    most = MAX_STUDY_LINES if path in STUDIES else MAX_LINES
    assert len(path.read_text(encoding="utf-8").splitlines()) <= most


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
def test_a_study_is_told_in_one_order(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    marks = [
        "@dataclass(frozen=True)",
        "PRESETS = {",
        "# --- data -",
        "# --- network -",
        "# --- training -",
        "def train(",
    ]
    places = [text.find(mark) for mark in marks]
    assert -1 not in places, f"{path} has no {marks[places.index(-1)]!r}"
    assert places == sorted(places), f"{path}: the headings are not in the order of the other studies"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
def test_a_study_imports_no_plumbing(path: Path) -> None:
    own = f"etudes.experiments.{path.parent.name}"
    for name in imports_of(path):
        assert name.split(".")[1] in ("contract", "schema", "errors", "data", "training", "experiments"), name
        assert name not in {f"{own}.{verb}" for verb in ("evaluate", "use", "inspect")}, f"{path} knows {name}"
        assert name != f"{own}.xla", f"{path} imports {name}"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.parent.name)
def test_a_study_has_no_way_round_the_contract(path: Path) -> None:
    for module in path.parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "hasattr", f"{module}: hasattr"
                assert not (node.func.id == "getattr" and len(node.args) == 3), f"{module}: getattr with a default"


def test_the_contract_has_no_way_round() -> None:
    for path in [*SOURCE.glob("actions/*.py"), *SOURCE.glob("cli/*.py"), SOURCE / "contract.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "hasattr", f"{path}: hasattr"
                assert not (node.func.id == "getattr" and len(node.args) == 3), f"{path}: getattr with a default"


def test_what_one_study_uses_stays_in_its_folder() -> None:
    """A public name of a shared room has more than one user: another room, another file, or two studies."""
    users: dict[tuple[str, str], set[str]] = {}
    for path in MODULES:
        user = str(path.relative_to(SOURCE).parent) if room_of(path) == "experiments" else str(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    users.setdefault((node.module, alias.name), set()).add(user)
    alone = []
    for (module, name), found in sorted(users.items()):
        if module.split(".")[1:2] in (["training"], ["analysis"], ["views"]) and len(found) == 1:
            (user,) = found
            file = SOURCE.joinpath(*module.split(".")[1:]).with_suffix(".py")
            used_at_home = file.exists() and len(re.findall(rf"\b{name}\b", file.read_text(encoding="utf-8"))) > 1
            if user.startswith("experiments") and not used_at_home:
                alone.append(f"{module}.{name} is used by {user} alone")
    assert alone == []


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
    report += "'sklearn', 'scipy', 'ml_dtypes', 'onnx') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return set(ast.literal_eval(done.stdout.strip().splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import etudes",
        *(f"import etudes.actions.{path.stem}" for path in sorted((SOURCE / "actions").glob("[a-z]*.py"))),
        "from etudes.cli import run; run(['--help'])",
        "from etudes.cli import run; run(['list'])",
        "from etudes.cli import run; run(['doctor'])",
        "from etudes import experiments; [experiments.load(name) for name in experiments.names()]",
    ],
)
def test_importing_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) == set()


def test_use_loads_no_logger_no_export_and_no_download() -> None:
    code = "import sys; import etudes.actions.use; print(sorted(m for m in sys.modules if m.startswith('etudes.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout))
    assert not {name for name in loaded if name.startswith(("etudes.loggers", "etudes.exports", "etudes.studio"))}
    assert "etudes.data.downloads" not in loaded
    assert not {f"etudes.actions.{verb}" for verb in ("train", "report", "export", "compare", "reproduce")} & loaded
