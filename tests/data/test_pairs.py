"""Questions and answers from tables and JSON lines, as people save them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from etudes.data import load_pairs
from etudes.data.notes import collected_notes
from etudes.data.pairs import normal_text
from etudes.errors import UserError

SUMS = [(f"{a}+{b}", str(a + b)) for a in range(12) for b in range(12)]


def write(tmp_path: Path, content: bytes, name: str = "pairs.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def read(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    with collected_notes() as notes:
        pairs = load_pairs(path)
    assert all(len(text) <= 200 and "\n" not in text for text in notes)
    return pairs, notes


def table(separator: str, header: str = "", pairs: list[tuple[str, str]] = SUMS) -> str:
    return header + "".join(f"{question}{separator}{answer}\n" for question, answer in pairs)


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
        (b"1+1,2\n2+2, \n3+3,6\n", "line 2 has 1 filled"),
        (b"1+1,2\n2+2,\xe3\x80\x80\n", "line 2 has 1 filled"),
        (b"1+1,2\n2+2,4\n1+1,3\n", "line 3 answers the question of line 1 differently"),
        (b'"open,2\n', "line 1"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "line 2"),
        (b"1+1,2\n2+2,4\n1+1 ,3\n 1+1,4\n", "line 3 answers the question of line 1 differently, as do lines 4"),
        ("1+1,2\n".encode("utf-16-le"), "zero bytes"),
        (b"PK\3\4" + bytes(30), "workbook"),
        (b"1,2,3\n" * 9, "has 3 columns: keep two, or name"),
        (b"".join(b"%d,5;%d\n" % (n, n) for n in range(9)), "commas or semicolons: write question,answer or question;"),
        ("".join(f"\x8e{n},{n}\n" for n in range(9)).encode("latin-1"), "its encoding cannot be found out"),
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


# --- as spreadsheets, exports and scripts write it --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("plain.csv", table(","), []),
        ("own header.csv", table(",", "question,answer\n"), []),
        ("header.csv", table(",", "input,output\n"), ["input and output"]),
        ("german.csv", table(";", "Aufgabe;Lösung\n"), ["semicolons", "Aufgabe and Lösung"]),
        ("typed otherwise.csv", table(",", "expression,what it gives\n"), ["expression and what it gives"]),
        ("bars.csv", table("|"), ["bars"]),
        ("tabs.txt", table("\t", "Question\tAnswer\n"), ["tabs"]),
        ("excel.csv", "sep=;\r\n" + table(";").replace("\n", "\r\n"), ["semicolons"]),
        ("old mac.csv", table(",").replace("\n", "\r"), []),
        ("space before.csv", "".join(f'"{q}" , "{a}" \n' for q, a in SUMS), []),
        ("single quotes.csv", "".join(f"'{q}','{a}'\n" for q, a in SUMS), ["single quotes"]),
        ("empty columns.csv", "".join(f"{q},{a},,\n" for q, a in SUMS), []),
        (
            "numbered.csv",
            ",prompt,completion\n" + "".join(f"{n},{q},{a}\n" for n, (q, a) in enumerate(SUMS)),
            ["prompt"],
        ),
        (
            "remarks.csv",
            "question,answer,remark\n" + "".join(f"{q},{a},{q[:1] * (a > q)}\n" for q, a in SUMS),
            ["answer"],
        ),
        ("turned.csv", table(",", "answer,question\n", [(a, q) for q, a in SUMS]), []),
        ("lists.jsonl", "".join(json.dumps(pair) + "\n" for pair in SUMS), []),
        ("numbers.ndjson", "".join(json.dumps({"question": q, "answer": int(a)}) + "\n\n" for q, a in SUMS), []),
        ("whole.json", json.dumps([{"source": q, "target": a, "id": 1} for q, a in SUMS], indent=1), ["'source'"]),
        ("named wrongly.csv", "".join(json.dumps({"in": q, "out": a}) + "\n" for q, a in SUMS), ["'in'"]),
    ],
)
def test_the_same_pairs_in_other_forms(tmp_path: Path, name: str, content: str, said: list[str]) -> None:
    pairs, notes = read(write(tmp_path, content.encode(), name))
    assert pairs == SUMS
    assert len(notes) == bool(said)
    assert all(word in notes[0] for word in said)


@pytest.mark.parametrize(
    ("encoding", "pairs"),
    [
        ("utf-16", [(f"第{n}课", str(n)) for n in range(30)]),
        ("gbk", [(f"{n}加{n}", str(2 * n)) for n in range(30)]),
        ("shift-jis", [(f"{n}足す{n}", str(2 * n)) for n in range(30)]),
        ("cp1251", [(f"урок {n}", f"слово {n}") for n in range(30)]),
        (
            "koi8-r",
            list(
                zip(["собака", "кошка", "птица", "рыба", "дом"], ["dog", "cat", "bird", "fish", "house"], strict=True)
            ),
        ),
        ("cp1252", [(f"Größe {n}", f"{n} m²") for n in range(30)]),
        ("cp1252", [(f"{n} °C", f"£{n}") for n in range(30)]),
        ("cp1252", [(f"“{n}”", f"{n} €") for n in range(30)]),
        (
            "cp1250",
            list(
                zip(["żaba", "łoś", "miód", "świnia", "źrebię"], ["frog", "moose", "honey", "pig", "foal"], strict=True)
            ),
        ),
        ("cp949", [(f"{n} 더하기 {n}", str(2 * n)) for n in range(30)]),
    ],
)
def test_encodings_of_other_times_and_places(tmp_path: Path, encoding: str, pairs: list[tuple[str, str]]) -> None:
    found, notes = read(write(tmp_path, table(",", pairs=pairs).encode(encoding)))
    assert found == pairs
    assert [note for note in notes if "not in UTF-8" in note] or encoding == "utf-16"


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ("en,fr\ndog,chien\ncat,chat\nhouse,maison\n", "dog"),
        ("Deutsch,Englisch\nHund,dog\nKatze,cat\n", "Hund"),
        ("chinese,pinyin\n狗,gou\n猫,mao\n鸟,niao\n", "狗"),
        ("number,roman\n1,I\n2,II\n3,III\n", "1"),
        # A first pair of words is a pair like the others.
        ("dog,chien\ncat,chat\nhouse,maison\n", "dog"),
        ("in,out\nup,off\nsmall,large\n", "in"),
        ("zero,0\none,1\ntwo,2\nthree,3\n", "zero"),
        ("+,plus\n1,one\n2,two\n3,three\n", "+"),
        # Below question,answer even a header is one.
        ("question,answer\ninput,output\n1,2\n3,4\n", "input"),
    ],
)
def test_what_is_a_header(tmp_path: Path, content: str, first: str) -> None:
    pairs, notes = read(write(tmp_path, content.encode()))
    assert pairs[0][0] == first
    assert bool(notes) == ("header" in "".join(notes)) == (content.split(",")[0] not in (first, "question"))


def test_a_decimal_comma_is_none_between_columns(tmp_path: Path) -> None:
    content = "".join(f"{n % 7},{n % 10};{n * 3},5\n" for n in range(60))
    pairs, notes = read(write(tmp_path, content.encode()))
    assert pairs[11] == ("4,1", "33,5")
    assert "semicolons" in notes[0]
    content = "frage;antwort\n" + "".join(f"{n},5;{n}\n" for n in range(20))
    assert load_pairs(write(tmp_path, content.encode()))[:2] == [("0,5", "0"), ("1,5", "1")]


# --- the same question twice ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("caf\u00e9", "cafe\u0301", True),
        ("a\u030a", "\u212b".lower(), True),
        ("1 + 1", "1\u00a0+  1", True),
        ("1+1", "\u30001+1\u200b\ufeff", True),
        ("x²", "x2", False),
        ("１+１", "1+1", False),
        ("Ab", "ab", False),
        ("1+1", "1 +1", False),
    ],
)
def test_questions_are_compared_as_the_network_sees_them(tmp_path: Path, one: str, other: str, same: bool) -> None:
    assert (normal_text(one) == normal_text(other)) == same
    pairs, notes = read(write(tmp_path, f'"{one}",2\n"{other}",2\nb,3\n'.encode()))
    assert len(pairs) == 3 - same
    assert any("repeat an earlier one, but for spaces and Unicode forms: 1" in note for note in notes) == same


def test_a_file_whose_questions_have_several_answers_is_kept_and_said(tmp_path: Path) -> None:
    words = [(f"word{n}", f"{kind}{n}") for kind in ("rapide", "vite") for n in range(20)]
    pairs, notes = read(write(tmp_path, table(",", pairs=words).encode()))
    assert pairs == words
    assert "line 21 answers the question of line 1 differently, as do lines 22, 23, 24 and 16 more" in notes[0]
