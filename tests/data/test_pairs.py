"""Question and answer from a CSV file."""

from __future__ import annotations

from pathlib import Path

import pytest

from etudes.data import load_pairs
from etudes.errors import UserError


def write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "pairs.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"1+1,2\n2+2,4\n", [("1+1", "2"), ("2+2", "4")]),
        (b"\xef\xbb\xbfquestion,answer\r\n1+1,2\r\n", [("1+1", "2")]),
        (b"Question, Answer\n\n1+1,2\n\n1+1,2", [("1+1", "2")]),
        (b'"a,b","say ""hi"""\n', [("a,b", 'say "hi"')]),
        ("été,summer\n".encode(), [("été", "summer")]),
        ("été,summer\n".encode("latin-1"), [("été", "summer")]),
    ],
)
def test_good_files(tmp_path: Path, content: bytes, expected: list[tuple[str, str]]) -> None:
    assert load_pairs(write(tmp_path, content)) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no pair"),
        (b"question,answer\n\n", "holds no pair"),
        (b"1+1,2\n1+2\n", "line 2 has 1 filled"),
        (b"1+1,2\n1,2,3\n", "line 2 has 3 filled"),
        (b"1+1,2\n\n,5\n", "line 3 has 1 filled"),
        (b"1+1,2\n2+2,4\n1+1,3\n", "line 3 answers the question of line 1 differently"),
        (b'"open,2\n', "line 1"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "line 2"),
        ("1+1,2\n".encode("utf-16"), "zero bytes"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        load_pairs(write(tmp_path, content))
    assert "pairs.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.csv: cannot be read: No such file"):
        load_pairs(tmp_path / "none.csv")
