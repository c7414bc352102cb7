"""What is published: a wheel without tests or benchmarks, and an sdist that builds the same wheel."""

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from etudes.pages import building

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.long


def build(source: Path, out: Path, kind: str, **variables: str) -> Path:
    """Build a wheel or an sdist as pip does; what was warned of is beside it."""
    code = f"import backend; print(backend.build_{kind}({str(out)!r}))"
    out.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(source / "page"), **variables}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=True)
    warned = [line for line in done.stderr.splitlines() if line.startswith("WARNING: what `etudes share`")]
    (out / "warned").write_text("\n".join(warned))
    return out / done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy, as building leaves files behind."""
    folder = tmp_path_factory.mktemp("clone") / "etudes"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\n"):
        if name and (ROOT / name).is_file() and not name.startswith("benchmarks/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    if (ROOT / "page" / "node_modules").exists():  # it need not be fetched again
        (folder / "page" / "node_modules").symlink_to(ROOT / "page" / "node_modules")
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(source, tmp_path_factory.mktemp("wheel"), "wheel")


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist() if not name.endswith("RECORD")}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path, source: Path) -> None:
    assert wheel.name.startswith("keras_etudes-")
    names = set(contents(wheel))
    assert all(name.startswith(("etudes/", "keras_etudes-")) for name in names), names
    assert not [name for name in names if "test_" in name or "conftest" in name or "benchmark" in name]
    package = {str(path.relative_to(source / "src")) for path in (source / "src" / "etudes").rglob("*.py")}
    assert package <= names
    bundled = source / "src" / "etudes" / "bundled"
    assert {str(path.relative_to(source / "src")) for path in bundled.rglob("*.*") if path.is_file()} <= names


PAGE = ("built.json", "addition_rnn.css", "addition_rnn.js", "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")


def test_the_wheel_ships_the_built_page_and_no_source_of_it(wheel: Path) -> None:
    names = set(contents(wheel))
    assert not [name for name in names if "node_modules" in name or re.fullmatch(r".*\.ts|.*/page\.css", name)]
    if warned := (wheel.parent / "warned").read_text():
        pytest.skip(f"THE WHEEL WAS MADE WITHOUT THE PAGE: {warned}")
    assert {f"etudes/pages/built/{name}" for name in PAGE} <= names


def test_the_sdist_builds_the_same_wheel_without_node(source: Path, wheel: Path, tmp_path: Path) -> None:
    """It has the sources of the page, and the page."""
    sdist = build(source, tmp_path / "sdist", "sdist")
    subprocess.run(["tar", "xzf", str(sdist), "-C", str(tmp_path)], check=True)
    folder = tmp_path / sdist.name.removesuffix(".tar.gz")
    assert {*building.sources(source), "page/backend.py", "page/test.mjs", "page/tests/tsconfig.json"} <= {
        str(path.relative_to(folder)) for path in folder.rglob("*")
    }
    assert building.sources(folder) == building.sources(source)
    assert not (folder / "page" / "node_modules").exists()
    again = build(folder, tmp_path / "again", "wheel", PATH=str(tmp_path))
    assert contents(again) == contents(wheel)
    assert bool((again.parent / "warned").read_text()) == bool((wheel.parent / "warned").read_text())


def test_without_npm_the_wheel_is_made_and_says_what_is_missing(source: Path, tmp_path: Path) -> None:
    clone = shutil.copytree(source, tmp_path / "clone", ignore=shutil.ignore_patterns("built", "node_modules", "build"))
    (tmp_path / "bin").mkdir()
    for name, script in (("node", "echo v22.0.0"), ("npm", "echo npm error code ENOTFOUND >&2; exit 1")):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    made = build(clone, tmp_path / "wheel", "wheel", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert not [name for name in contents(made) if "pages/built/" in name]
    (warned,) = (made.parent / "warned").read_text().splitlines()
    assert "(ENOTFOUND)" in warned


def installed(wheel: Path, folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the wheel's `etudes` in an environment of its own, without Node.js.

    Its dependencies are those of this environment, whose own Etudes is not on the path before the wheel's.
    """
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    (packages,) = (folder / "env" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(packages)
    here = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "dependencies.pth").write_text(here + "\n")
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ETUDES_RUNS")}
    code = "import etudes, sys; print(etudes.__file__); from etudes.cli import run; sys.exit(run(sys.argv[1:]))"

    def etudes(*words: str) -> subprocess.CompletedProcess[str]:
        command, environment = [python, "-c", code, *words], {**plain, "PATH": str(folder)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert str(packages) in done.stdout
        return done

    return etudes


def test_the_wheel_answers_and_shares_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    etudes = installed(wheel, tmp_path)
    assert "35+35 = 70" in etudes("use", "addition_rnn", "35+35").stdout
    shared = etudes("share", "addition_rnn", "--out", "page.html")
    if (wheel.parent / "warned").read_text():
        assert shared.returncode == 2
        assert "this installation came without the page" in shared.stderr
    else:
        assert (shared.returncode, "building" in shared.stderr) == (0, False), shared.stderr
        assert "blob-runtime-wasm" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with the wheel and what it needs by itself, no extra."""
    folder = tmp_path_factory.mktemp("base")
    venv.create(folder / "env", with_pip=True)
    programs = folder / "env" / "bin"
    locked = ["--constraint", str(ROOT / "requirements.lock")]
    done = subprocess.run([programs / "pip", "install", "-q", *locked, wheel], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"THE BASE INSTALLATION WAS NOT TESTED: no package index? {done.stderr.strip()[-200:]}")
    return programs


def in_base(base: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    shutil.rmtree(cwd / "runs", ignore_errors=True)
    plain = {name: value for name, value in os.environ.items() if name not in ("KERAS_BACKEND", "PYTHONPATH")}
    return subprocess.run([base / "etudes", *words], cwd=cwd, env=plain, capture_output=True, text=True)


def test_the_base_wheel_lists_and_shows_cards_and_says_what_trains(base: Path, tmp_path: Path) -> None:
    for words in (["list"], ["card", "addition_rnn"], ["doctor"], ["data", "list"]):
        done = in_base(base, tmp_path, *words)
        assert (done.returncode, done.stderr) == (0, ""), words
    done = in_base(base, tmp_path, "train", "antirectifier", "--preset", "tiny")
    assert done.returncode == 2
    assert "no backend is installed: pip install 'keras-etudes[tensorflow]'" in done.stderr


def test_the_base_wheel_answers_the_three_lines_of_the_readme(base: Path, tmp_path: Path) -> None:
    block = (ROOT / "README.md").read_text(encoding="utf-8").split("## Three things to try")[1].split("```")[1]
    lines = re.findall(r"^etudes (.*?) *#", block, re.MULTILINE)
    assert len(lines) == 3
    Image.new("RGB", (200, 150), (90, 140, 220)).save(tmp_path / "photo.jpg")
    told = {line: in_base(base, tmp_path, *line.split()) for line in lines}
    assert {line: done.returncode for line, done in told.items()} == dict.fromkeys(lines, 0)
    assert told["use addition_rnn 35+35"].stdout.startswith("35+35 = 70 ")
    assert (tmp_path / "mnist_acgan.png").exists()
