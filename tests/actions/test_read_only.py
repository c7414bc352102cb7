"""Folders that cannot be written to: what was computed is printed, and one line says that it is not kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

import etudes
from etudes.cli import run as command
from etudes.errors import UserError
from etudes.runs import Run


def test_what_cannot_be_saved_is_printed(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = tiny_run("cifar10_cnn", tmp_path / "finished")
    for name in ("pictures", "evaluate.json", "inspect.json"):  # a file is a folder and a folder a file
        path = finished.folder / name
        if path.is_file():
            path.unlink()
            path.mkdir()
        elif path.exists():
            path.rename(finished.folder / "elsewhere")
            path.touch()
    for words in (["evaluate", str(finished)], ["inspect", str(finished)]):
        assert command(words) == 0
        printed = capsys.readouterr()
        assert printed.out.strip()
        (line,) = printed.err.strip().split("\n")
        assert line.startswith("etudes: warning: the result is not saved in ")
        assert len(line) <= 200


def test_a_report_needs_only_a_place_for_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ETUDES_RUNS", str(tmp_path / "file" / "runs"))
    page = etudes.report("addition_rnn@bundled", as_is=True, out=tmp_path / "page.html")
    assert "learning curves" in page.read_text(encoding="utf-8").lower()
    with pytest.raises(UserError, match=r"cannot be written to: .*; choose another place with --out"):
        etudes.report("addition_rnn@bundled", as_is=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "page.html"]
