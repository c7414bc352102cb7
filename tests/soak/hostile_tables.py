"""Bad CSV files of questions and answers, and bad files of questions."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from soak.case import Case, holding, one_file, random_of

_PAIRS = "question,answer\n" + "".join(f"{number},{number * 2}\n" for number in range(200))
_MEGABYTE = 1_000_000

_FILES: dict[str, bytes | Callable[[], bytes]] = {
    "empty": b"",
    "a line break": b"\n",
    "blank lines": b"\n\n  \n,\n",
    "only the header": b"question,answer\n",
    "a mark of byte order and nothing else": b"\xef\xbb\xbf",
    "random bytes": random_of("binary table").bytes(3000),
    "a program": b"\x7fELF\2\1\1\0" + bytes(100),
    "zero bytes": _PAIRS.replace("7,14", "7\0,14").encode(),
    "nothing but zero bytes": bytes(100_000),
    "utf-16 that is cut off": _PAIRS.encode("utf-16")[:-1],
    "utf-16 without a mark": _PAIRS.encode("utf-16-le"),
    "utf-32": _PAIRS.encode("utf-32"),
    "a workbook": b"PK\3\4\x14\0\6\0\x08\0\0\0!\0" + bytes(200),
    "one column": b"1\n2\n3\n",
    "three columns": b"1,2,3\n4,5,6\n",
    "ragged rows": b"1,2\n3\n4,5,6\n",
    "one column further down": (_PAIRS + "lonely\n").encode(),
    "three columns further down": (_PAIRS + "1,2,3\n").encode(),
    "semicolons, and a row of three": (_PAIRS.replace(",", ";") + "1;2;3\n").encode(),
    "two separators that are as likely": "".join(f"{number},5;{number}\n" for number in range(99)).encode(),
    "spaces for separators": _PAIRS.replace(",", " ").encode(),
    "three columns without names": "".join(f"{number},{number},2\n" for number in range(99)).encode(),
    "two columns of questions": b"input,question,answer\n" + b"1,2,3\n" * 99,
    "a separator that Excel names, and is not there": b"sep=|\r\n" + _PAIRS.encode(),
    "an answer of one space": (_PAIRS + "900, \n").encode(),
    "an answer of a space without width": (_PAIRS + "900,\u200b\n").encode(),
    "letters of an unknown encoding": "".join(f"\x8e{n},{n}\n" for n in range(99)).encode("latin-1"),
    "two encodings": "é,1\n".encode("latin-1") * 99 + "é,2\n".encode(),
    "UTF-8 that is cut off": (_PAIRS + "é,2").encode()[:-3],
    "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "a packed table": b"\x1f\x8b\x08\0" + random_of("packed").bytes(500),
    "contradictions but for spaces and accents": ("cafe\u0301,1\n" + _PAIRS + "caf\u00e9 ,2\n").encode(),
    "JSON lines without an end": b'{"question": "1", "answer": "2"}\n{"question": "1", ',
    "JSON lines with other keys": b'{"question": "1", "answer": "2"}\n{"q": "1", "a": "2"}\n' * 99,
    "JSON lines of three keys": b'{"a1": "1", "b1": "2", "c1": "3"}\n' * 99,
    "JSON lines of numbers and nothing": b'{"question": null, "answer": [1]}\n' * 99,
    "JSON that is deep": lambda: b"[" * 100_000,
    "an empty answer": (_PAIRS + "900,\n").encode(),
    "an empty question": (_PAIRS + ",900\n").encode(),
    "a contradiction": (_PAIRS + "7,15\n").encode(),
    "a contradiction at once": b"1,2\n1,3\n",
    "an unclosed quote": (_PAIRS + '"900,1800\n').encode(),
    "an unclosed quote at the start": ('"' + _PAIRS).encode(),
    "a quote inside a cell": b'"a"b,c\n',
    "a cell of 200,000 characters": b"1,2\n" + b"x" * 200_000 + b",3\n",
    "a cell of 101 characters": b"x" * 101 + b",3\n" + _PAIRS.encode(),
    "an answer of 10,000 characters": b"3," + b"9" * 10_000 + b"\n" + _PAIRS.encode(),
    "one line of 20 MB": lambda: b"x" * (20 * _MEGABYTE),
    "a line of a million columns": lambda: b"," * _MEGABYTE + b"\n",
    "a column of ten million quotes": lambda: b'"' * (10 * _MEGABYTE),
    "a million empty lines": lambda: b"\n" * _MEGABYTE,
    "a million line ends of the old kind": lambda: b"\r" * _MEGABYTE,
    "a line end inside": b"a\rb,c,d\n",
    "two pairs, too few to test on": b"1,2\n3,4\n",
    "one pair": b"1,2\n",
    "the same pair a thousand times": b"1,2\n" * 1000,
    "the header a thousand times": b"question,answer\n" * 1000,
    "escape sequences and a third column": b"\x1b[31m,\x1b]0;owned\x07,\x9b\n",
    "json": b'[{"question": "1", "answer": "2"}]\n',
    "a page": b"<html><body>1,2</body></html>\n",
    "a pickle": b"cposix\nsystem\n(S'touch canary'\ntR.",
    "formulas and a third column": b"=cmd|'/c touch canary'!A0,1,2\n",
}


def _long(folder: Path, runs: Path, size: int) -> None:
    (folder / "pairs.csv").write_text(_PAIRS)
    os.truncate(folder / "pairs.csv", size)


def cases() -> Iterator[Case]:
    """All of them."""
    train = ("train", "addition_rnn", "--preset", "tiny", "--data")
    for what, content in _FILES.items():
        yield Case(f"table: {what}", "table", one_file("pairs.csv", content), (*train, "pairs.csv"))
    for size in (100_000_001, 10**12):
        write = functools.partial(_long, size=size)
        yield Case(f"table: {size:,} bytes", "table", write, (*train, "pairs.csv"), "100 MB")
    kinds: dict[str, Callable[[Path, Path], object]] = {
        "folder": lambda folder, runs: (folder / "pairs.csv").mkdir(),
        "pipe": lambda folder, runs: os.mkfifo(folder / "pairs.csv"),
        "link to zeros without end": lambda folder, runs: (folder / "pairs.csv").symlink_to("/dev/zero"),
        "link to itself": lambda folder, runs: (folder / "pairs.csv").symlink_to("pairs.csv"),
    }
    for kind, write in kinds.items():
        yield Case(f"table: a {kind}", "table", write, (*train, "pairs.csv"), "pairs.csv")
    for name in ("missing.csv", "", " ", "a\nb.csv", "\x1b[31m.csv", "x" * 300 + ".csv", "sum", "/"):
        yield Case(f"table: named {name[:20]!r}", "table", lambda folder, runs: None, (*train, name))
    yield from _questions()


def _questions() -> Iterator[Case]:
    files: dict[str, bytes | Callable[[], bytes]] = {
        "empty": b"",
        "blank lines": b"\n \n\n",
        "random bytes": random_of("questions").bytes(1000),
        "utf-16 that is cut off": "1+2\n".encode("utf-16")[:-1],
        "bad lines alone": b"\n1+x\nx+1\n",
        "letters of an unknown encoding": b"\x8e+\x8f\n",
        "a workbook": b"PK\3\4" + bytes(200),
        "too many digits": b"12345+1\n",
        "zero bytes": b"1+2\n\0\0\0\n",
        "one line of 20 MB": lambda: b"1" * (20 * _MEGABYTE),
        "a negative number": b"-1+2\n",
        "a program": b"__import__('os').system('touch canary')\n",
        "escape sequences": b"\x1b[31m\x1b]0;owned\x07\n",
    }
    for what, content in files.items():
        words = ("use", "addition_rnn", "--file", "questions.txt")
        yield Case(f"question: a file with {what}", "question", one_file("questions.txt", content), words)
    kinds: dict[str, Callable[[Path, Path], object]] = {
        "folder": lambda folder, runs: (folder / "questions.txt").mkdir(),
        "pipe": lambda folder, runs: os.mkfifo(folder / "questions.txt"),
        "link to zeros without end": lambda folder, runs: (folder / "questions.txt").symlink_to("/dev/zero"),
        "file of 10 GB": lambda folder, runs: _long_questions(folder),
    }
    for kind, write in kinds.items():
        words = ("use", "addition_rnn", "--file", "questions.txt")
        yield Case(f"question: a {kind}", "question", write, words, "questions.txt")
    for out in ("kept.csv", "questions.txt", "answers.txt", "answers", "kept.csv/answers.csv"):
        words = ("use", "addition_rnn", "1+1", "--file", "questions.txt", "--out", out)
        write = holding(questions_txt=b"1+2\n", kept_csv=b"precious\n")
        yield Case(f"question: answers into {out}", "question", write, words, out[:4])
    asked = ("", " ", "+", "1+", "+1", "1++2", "1+2+3", "1-2", "1*2", "1e9+1", "99999+1", "٣+٤", "１+２", "1+\x1b[31m2")
    asked += ("1\n+\n2x", "0x10+1", "1.5+1", "one+two", "__import__('os').system('touch canary')", "9" * 100_000 + "+1")
    for question in (*asked, "1+2\u202e", "½+1", "²+1", "%s%n+1"):
        yield Case(
            f"question: {question[:30]!r}", "question", lambda folder, runs: None, ("use", "addition_rnn", question)
        )
    for digits in ("a", "", "-1x", "1,2", "3.5", "0x7", "\x1b[31m", "٣", "0 1", "9" * 3000):
        words = ("use", "mnist_acgan", "--", digits)
        yield Case(f"question: the digit {digits[:30]!r}", "question", lambda folder, runs: None, words)


def _long_questions(folder: Path) -> None:
    (folder / "questions.txt").write_text("1+2\n")
    os.truncate(folder / "questions.txt", 10**10)
