"""The versions of Python: what is said is the same everywhere, others are refused, and the lock is for each."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSIONS = [text.rsplit(" ", 1)[1] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)]


def test_the_classifiers_name_each_version_that_is_accepted() -> None:
    accepted = SpecifierSet(PROJECT["requires-python"])
    assert [f"3.{minor}" for minor in range(30) if f"3.{minor}.1" in accepted] == VERSIONS


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "Makefile"])
def test_what_people_read_names_them(file: str) -> None:
    *first, last = VERSIONS
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"Python {', '.join(first)} (or|and) {last}".replace(".", r"\."), text)


@pytest.mark.parametrize("target", ["setup", "test-jax"])
@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_make_refuses_another_python_in_one_line(version: tuple[int, int], target: str, tmp_path: Path) -> None:
    if not shutil.which("make"):
        pytest.skip("no make")
    python, environment = tmp_path / "python", tmp_path / "environment"
    code = f"import sys; sys.version_info = ({version[0]}, {version[1]}, 0); exec(sys.argv[2])"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    python.chmod(0o755)
    command = ["make", "-C", str(ROOT), target, f"PYTHON={python}", f"VENV={environment}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = f"Etudes needs Python 3.11, 3.12 or 3.13, and this is {version[0]}.{version[1]}: set PYTHON=..."
    assert done.returncode
    assert done.stderr.splitlines()[0] == said
    assert not list(tmp_path.glob("environment*"))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_the_lock_pins_each_package_once(version: str, system: str) -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    place = {"python_version": version, "python_full_version": f"{version}.1", "sys_platform": system}
    there = Counter(pin.name for pin in pins if pin.marker is None or pin.marker.evaluate(place))
    assert set(there.values()) == {1}
    tensorflow = "tensorflow-cpu" if system == "linux" else "tensorflow"
    assert {"keras", "jax", "jaxlib", "numpy", "onnxruntime", "pytest", tensorflow} <= set(there)
