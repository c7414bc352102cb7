"""Files of questions: read a line at a time, answered in pieces, and their answers written; without a framework."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etudes import experiments
from etudes.cli import commands
from etudes.contract import Array, Result
from etudes.data import load_pairs
from etudes.data.notes import collected_notes
from etudes.errors import UserError
from etudes.experiments.addition_rnn import predictions, use
from etudes.experiments.addition_rnn.questions import TextInfo
from etudes.experiments.addition_rnn.study import SUMS, AdditionSettings

INFO = TextInfo("sums", SUMS, 7, 4)
WORDS = TextInfo("words.csv", " acfé", 5, 4, " acfé")


class Sevens:
    """Takes the place of a network: every answer is 7, at a confidence of 0.8."""

    def __init__(self) -> None:
        self.asked = 0

    def predict_on_batch(self, inputs: Array) -> Array:
        self.asked += len(inputs)
        outputs = np.full((len(inputs), 4, len(SUMS)), 0.0, np.float32)
        outputs[:, 0, SUMS.index("7")], outputs[:, 0, SUMS.index("1")] = 0.8, 0.2
        outputs[:, 1:, SUMS.index(" ")] = 1
        return outputs


def ask(*inputs: str, network: Sevens | None = None, **options: Any) -> tuple[Result, list[str]]:
    """As the action: read, then run; the notes of reading."""
    study, settings = experiments.load("addition_rnn"), AdditionSettings()
    chosen = use.QuestionOptions(inputs, **options)
    with collected_notes() as notes:
        read = study.use.read(INFO, settings, chosen)
    return study.use.run({"adder": network or Sevens()}, INFO, settings, chosen, read), notes


def questions(tmp_path: Path, content: str | bytes, name: str = "questions.txt") -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.parametrize(
    "content",
    ["1+2\n\n 007 + 35 \n3+4", "1+2\r\n\r\n7+35\r\n3+4\r\n", "1+2\r\r7+35\r3+4", "1+2\n\n7+35\n3+4\n".encode("utf-16")],
)
def test_each_line_is_a_question(tmp_path: Path, content: str | bytes) -> None:
    result, notes = ask("9+9", file=questions(tmp_path, content))
    lines, records = zip(*result.stream, strict=True)
    assert [record["question"] for record in records] == ["9+9", "1+2", "7+35", "3+4"]
    assert [record.get("line") for record in records] == [None, 1, 3, 4]
    assert lines[3] == "3+4 = 7   confidence 80.0% (7 80.0%, end 100.0%)"
    assert lines[0].endswith("; wrong: it is 18")
    assert result.metrics == {"answered": 4, "skipped": 0, "wrong": 3}
    assert not notes


def test_bad_lines_are_named_and_the_others_answered(tmp_path: Path) -> None:
    bad = ["x", "1+", "12345+1", "1-2", "\x1b[31m", "1" * 30_000]
    result, notes = ask(file=questions(tmp_path, "\n".join(["1+1", *bad, "2+2", ""])))
    assert [record["line"] for _, record in result.stream] == [1, 8]
    assert result.metrics == {"answered": 2, "skipped": 6, "wrong": 2}
    (note,) = notes
    assert note.startswith("questions.txt: lines left out as they are no questions: 2, 3, 4 and 3 more; line 2: cannot")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no question"),
        ("\n \n", "holds no question"),
        ("1+1+1\nx\n", r"line 1: cannot read '1\+1\+1'"),
        (b"1+1\n\0\0", "zero bytes"),
        (b"PK\3\4" + bytes(20), "workbook"),
        ("1+1\n".encode("utf-16")[:-1], "from end to end"),
        (b"\x8e+\x8f\n", "save it in UTF-8"),
    ],
)
def test_files_without_any_question_are_refused(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        ask(file=questions(tmp_path, content))
    assert "questions.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.txt: cannot be read"):
        ask(file=str(tmp_path / "none.txt"))


def test_a_question_is_found_in_another_unicode_form_and_with_other_spaces(tmp_path: Path) -> None:
    typed = use.QuestionOptions(("cafe\u0301", "\u00a0café ", "ca  fa"))
    assert use.read_questions(WORDS, AdditionSettings(), typed).tolist() == ["café", "café", "ca fa"]
    old = TextInfo("words.csv", " acef\u0301", 6, 4, " acef\u0301")  # of a run that learned it in two characters
    assert use.read_questions(old, AdditionSettings(), use.QuestionOptions(("cafe\u0301",))).tolist() == ["cafe\u0301"]
    asked = use.read_input(
        WORDS, AdditionSettings(), use.QuestionOptions((), questions(tmp_path, "cafe\u0301\nca\u00a0 fa\n"))
    )
    assert asked.file is not None
    assert list(asked.file.questions()) == [(1, "café"), (2, "ca fa")]


def test_work_and_memory_grow_with_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was computed for all questions at each of them made 40,000 take 35 times as long as 4,000."""
    computed: list[int] = []
    confidence = predictions.Predictions.confidence.fget
    assert confidence is not None

    def counted(found: predictions.Predictions) -> Array:
        computed.append(len(found.texts))
        return np.asarray(confidence(found))

    monkeypatch.setattr(predictions.Predictions, "confidence", property(counted))
    network, count = Sevens(), 2 * use.AT_ONCE + 10
    result, _ = ask(file=questions(tmp_path, "1+1\n" * count), network=network)
    assert network.asked == 0
    stream = iter(result.stream)
    list(itertools.islice(stream, 10))
    assert network.asked == use.AT_ONCE
    assert sum(1 for _ in stream) == count - 10
    assert (sum(computed), network.asked) == (count, count)
    assert result.metrics["answered"] == count


@pytest.mark.parametrize("ending", [".csv", ".CSV", ".jsonl"])
def test_answers_are_written_as_they_come(tmp_path: Path, ending: str) -> None:
    file, out = questions(tmp_path, "1+2\nbad\n3+4\n"), tmp_path / "new" / f"answers{ending}"
    result, _ = ask(file=file, out=str(out))
    assert result.files == {"answers": str(out)}
    assert (result.answers, list(result.stream)) == ([], [])
    assert result.metrics == {"answered": 2, "skipped": 1, "wrong": 1}
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    text = out.read_text(encoding="utf-8")
    if ending == ".jsonl":
        first, second = map(json.loads, text.splitlines())
        assert first["characters"][0] == ["7", 0.8]
        assert (first["line"], second["line"], second["truth"]) == (1, 3, "7")
    else:
        assert list(csv.reader(text.splitlines())) == [
            ["line", "question", "answer", "confidence", "truth"],
            ["1", "1+2", "7", "0.8", "3"],
            ["3", "3+4", "7", "0.8", "7"],
        ]
        assert load_pairs(out) == [("1+2", "7"), ("3+4", "7")]  # it can be learned from


def test_typed_questions_are_written_with_those_of_a_file(tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    ask("9+9", file=questions(tmp_path, "3+4\n"), out=str(out))
    assert out.read_text().splitlines()[1:] == [",9+9,7,0.8,18", "1,3+4,7,0.8,7"]
    ask("9+9", out=str(out), overwrite=True)
    assert out.read_text().splitlines() == ["question,answer,confidence,truth", "9+9,7,0.8,18"]


def test_no_file_is_replaced_unless_asked(tmp_path: Path) -> None:
    file, out = questions(tmp_path, "1+2\n"), tmp_path / "precious.csv"
    out.write_text("precious")
    with pytest.raises(UserError, match="exists already: name another file, or add --overwrite"):
        ask(file=file, out=str(out))
    assert out.read_text() == "precious"
    ask(file=file, out=str(out), overwrite=True)
    assert out.read_text().endswith("1,1+2,7,0.8,3\n")


@pytest.mark.parametrize("name", ["questions.csv", "link.csv", "./questions.csv"])
def test_the_questions_are_never_replaced(tmp_path: Path, name: str) -> None:
    file = questions(tmp_path, "1+2\n", "questions.csv")
    (tmp_path / "link.csv").symlink_to("questions.csv")
    with pytest.raises(UserError, match="holds the questions"):
        ask(file=file, out=str(tmp_path / name), overwrite=True)
    assert Path(file).read_text() == "1+2\n"


@pytest.mark.parametrize(
    ("name", "said"), [("answers.txt", r"\.csv or \.jsonl"), ("answers", r"\.csv or \.jsonl"), ("folder.csv", "folder")]
)
def test_answers_go_where_they_can(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match=said):
        ask("1+1", out=str(tmp_path / name), overwrite=True)


def test_answers_that_cannot_all_be_made_leave_no_file(tmp_path: Path) -> None:
    class Broken(Sevens):
        def predict_on_batch(self, inputs: Array) -> Array:
            if self.asked:
                raise KeyboardInterrupt
            return super().predict_on_batch(inputs)

    file = questions(tmp_path, "1+1\n" * (use.AT_ONCE + 1))
    with pytest.raises(KeyboardInterrupt):
        ask(file=file, out=str(tmp_path / "answers.csv"), network=Broken())
    assert [path.name for path in tmp_path.iterdir()] == ["questions.txt"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_stream_is_printed_as_lines_or_as_one_json_object(
    count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = questions(tmp_path, "3+4\n" * count)
    commands._show(ask(file=file)[0], as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert [answer["line"] for answer in printed["answers"]] == list(range(1, count + 1))
    assert printed["metrics"] == {"answered": count, "skipped": 0, "wrong": 0}
    commands._show(ask(file=file)[0], as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:count] == ["3+4 = 7   confidence 80.0% (7 80.0%, end 100.0%)"] * count
    assert lines[count].split() == ["answered", str(count)]


def test_progress_is_told_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask(file=questions(tmp_path, "1+1\n" * 10_010), out=str(tmp_path / "answers.csv"))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == "1,000 of 10,010 questions answered"
    assert len(shown.err.splitlines()) == 10
