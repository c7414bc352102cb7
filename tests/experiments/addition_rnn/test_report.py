"""What `evaluate` says of a network whose mistakes are known, held against counting and SciPy."""

import itertools

import numpy as np
import pytest
from scipy import stats

from etudes.experiments.addition_rnn import inside, pictures
from etudes.experiments.addition_rnn.answers import AT_ONCE, Adder
from etudes.experiments.addition_rnn.encoding import one_hot, places_of, texts_of
from etudes.experiments.addition_rnn.questions import (
    Exercises,
    TextData,
    borrows,
    carries,
    describe_exercises,
    write_exercises,
)
from etudes.experiments.addition_rnn.report import evaluate_answers, mark
from etudes.experiments.addition_rnn.settings import PRESETS, AdditionSettings
from etudes.experiments.addition_rnn.study import describe_data, exercises_for, load_data
from etudes.experiments.addition_rnn.tables import counted, digits_of, error_tables, length_tables, percent
from etudes.settings import override


class Arithmetic:
    """In place of a network: right but for some questions, with a probability of 0.9, there 0.6, for each character."""

    def __init__(self, info, operator, mistakes):
        self.info, self.operator, self.mistakes = info, operator, mistakes
        self.most_at_once = 0

    def predict_on_batch(self, seen):
        self.most_at_once = max(self.most_at_once, len(seen))
        asked = texts_of(seen.argmax(axis=-1), self.info.alphabet)
        operands = np.array([[int(n) for n in text.split(self.operator)] for text in asked.tolist()])
        said = write_exercises(operands, self.operator).answers
        wrong = np.isin(asked, self.mistakes)
        said = np.where(wrong, "1", said)
        places = places_of(said, self.info.answer_length, self.info.alphabet)
        rest = len(self.info.alphabet) - 1
        sure = np.where(wrong, 0.6, 0.9)[:, None, None]
        chosen = one_hot(places, self.info.alphabet)
        return np.where(chosen == 1, sure, (1 - sure) / rest).astype(np.float32)


def rows_of(result, title):
    (table,) = (table for table in result.tables if table.title == title)
    return [tuple(row) for row in table.rows]


def evaluated(changes, mistakes):
    settings = override(AdditionSettings(), changes)
    data, info = load_data(settings), describe_data(settings)
    adder = Adder(Arithmetic(info, settings.operator, mistakes), info, reverse=False)
    learned = [exercises_for(data, settings, epoch) for epoch in range(2)]
    digits = settings.digits if settings.exhaustive else 0
    random = np.random.default_rng(0)
    return evaluate_answers(adder, data, learned, digits, settings.operator, random), data, learned


def test_no_more_questions_are_computed_at_once_than_memory_was_measured_for():
    settings = override(AdditionSettings(), {"digits": 2})
    network = Arithmetic(describe_data(settings), "+", ["1+1"])
    questions = np.array(["1+1", "2+3"] * AT_ONCE + ["99+99"])
    guess = Adder(network, network.info, reverse=False).answer(questions)
    assert guess.texts.tolist() == ["1", "5"] * AT_ONCE + ["198"]
    assert network.most_at_once == AT_ONCE


def test_every_question_is_asked_and_every_mistake_found():
    mistakes = ["99+1", "5+5", "0+7"]  # two carries in a chain; one; none
    result, _, _ = evaluated({"digits": 2}, mistakes)
    assert result.metrics["exhaustive_errors"] == 3
    assert result.metrics["exhaustive_questions"] == 10_000
    assert result.metrics["exhaustive_exact_match"] == pytest.approx(0.9997)
    by_digits = rows_of(result, "errors by digits of the numbers")
    assert [row[:4] for row in by_digits] == [(1, 1, 100, 2), (1, 2, 900, 0), (2, 1, 900, 1), (2, 2, 8100, 0)]
    assert [row[2] for row in rows_of(result, "errors by number of carries")] == [1, 1, 1]
    assert [row[2] for row in rows_of(result, "errors by longest chain of carries")] == [1, 1, 1]
    for table in result.tables[1:5]:
        assert sum(row[-3] for row in table.rows) == 10_000
        assert sum(row[-2] for row in table.rows) == 3
    assert set(rows_of(result, "wrong answers")) == {
        ("99+1", "100", "1", "21.6 %"), ("5+5", "10", "1", "21.6 %"), ("0+7", "7", "1", "21.6 %")
    }  # fmt: skip
    assert set(result.pictures) == {"error-map", "calibration"}


def test_of_long_numbers_a_sample_is_asked_that_was_never_trained_on(monkeypatch):
    monkeypatch.setattr("etudes.experiments.addition_rnn.report.SAMPLE", 3000)
    asked = []
    see = Adder.see
    monkeypatch.setattr(Adder, "see", lambda self, questions: (asked.append(questions), see(self, questions))[1])
    result, data, learned = evaluated({"digits": 4, "pairs": 2_000}, [])
    sample = np.concatenate(asked[1:])
    assert result.metrics["sampled_questions"] == len(sample) == 3000
    assert result.metrics["sampled_errors"] == 0
    trained = {tuple(sorted(question.split("+"))) for part in learned for question in part.questions.tolist()}
    assert not {tuple(sorted(question.split("+"))) for question in sample.tolist()} & trained
    pairs, drawn = rows_of(result, "right in all characters")
    assert pairs[:2] == ("test pairs", len(data.test))
    # Wilson's lower bound where nothing is wrong: n / (n + z²).
    assert drawn[3] == percent(3000 / (3000 + stats.norm.ppf(0.975) ** 2))
    assert {row[0] for row in rows_of(result, "errors by digits of the longer number")} == {1, 2, 3, 4}
    assert "error-map" not in result.pictures


def test_shares_of_a_sample_have_wilsons_interval_beside_them():
    wrong = np.zeros(400, dtype=bool)
    wrong[:7] = True
    groups = [
        (("first",), np.arange(400) < 100),
        (("none",), np.zeros(400, dtype=bool)),
        (("all",), np.ones(400, bool)),
    ]
    table = counted("t", ("group",), wrong, groups, sample=True)
    assert [row[0] for row in table.rows] == ["first", "all"]
    for row, (errors, total) in zip(table.rows, ((7, 100), (7, 400)), strict=True):
        bounds = stats.binomtest(errors, total).proportion_ci(method="wilson")
        assert row[1:] == (total, errors, *map(percent, (errors / total, bounds.low, bounds.high)))
    assert len(counted("t", ("group",), wrong, groups, sample=False).columns) == 4


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50 %"), (0.999999, "99.9999 %"), (1.5424e-6, "0.000154 %"), (0.01234, "1.23 %")],
)
def test_a_share_near_all_or_nothing_is_not_rounded_to_it(share, text):
    assert percent(share) == text


def test_differences_have_borrows_and_a_sign():
    operands = np.array(list(itertools.product(range(100), repeat=2)))
    wrong = operands[:, 0] < operands[:, 1]
    titles = {table.title: table for table in error_tables(wrong, operands, "-", sample=False)}
    sign = titles["errors by sign of the answer"]
    assert [tuple(row[:3]) for row in sign.rows] == [("zero or above", 5050, 0), ("below zero", 4950, 4950)]
    assert sum(row[1] for row in titles["errors by number of borrows"].rows) == 10_000
    assert len(error_tables(wrong, operands, "*", sample=False)) == 1


def test_digits_are_counted_as_they_are_written():
    numbers = np.array([0, 9, 10, 99, 100, 99_999, 100_000, 999_999_999])
    assert digits_of(numbers).tolist() == [len(str(number)) for number in numbers]


def test_calibration_is_over_written_characters_that_were_not_trained_on():
    mistakes = [f"{a}+{b}" for a in range(10) for b in range(100)]
    result, _, learned = evaluated({"digits": 2}, mistakes)
    trained = {tuple(sorted(question.split("+"))) for part in learned for question in part.questions.tolist()}
    sure, right = [], []
    for a, b in itertools.product(range(100), repeat=2):
        question, truth = f"{a}+{b}", str(a + b)
        if tuple(sorted((str(a), str(b)))) in trained:
            continue
        said, p = ("1", 0.6) if question in set(mistakes) else (truth, 0.9)
        for place in range(max(len(said), len(truth))):
            sure.append(p)
            right.append(said[place : place + 1] == truth[place : place + 1])
    sure, right = np.array(sure), np.array(right)
    # Two confidences, so two bins: the error is the mean distance within them.
    expected = sum(abs((sure[held] - right[held]).sum()) for held in (sure == 0.6, sure == 0.9)) / len(sure)
    assert 0.05 < expected < 0.9
    assert result.metrics["calibration_error"] == pytest.approx(expected, abs=1e-6)
    rows = rows_of(result, "confidence and truth by character of the answer, without padding")
    assert sum(row[1] for row in rows) == len(sure)


def test_marks_count_padding_as_a_character_but_not_as_written():
    info = describe_data(PRESETS["demo"])
    exercises = write_exercises(np.array([[99, 1], [2, 3], [2, 4]]), "+")
    marks = mark(Adder(Arithmetic(info, "+", ["99+1", "2+4"]), info, reverse=False), exercises)
    assert marks.texts.tolist() == ["1", "5", "1"]
    assert marks.right.tolist() == [[True, False, False], [True, True, True], [False, True, True]]
    assert marks.written.tolist() == [[True, True, True], [True, False, False], [True, False, False]]
    assert marks.wrong.tolist() == [True, False, True]


def test_errors_in_a_file_are_counted_by_length():
    exercises = Exercises(np.array(["1", "22", "33"]), np.array(["I", "XXII", "XXXIII"]))
    tables = length_tables(np.array([False, True, False]), exercises)
    assert [tuple(row[:3]) for row in tables[0].rows] == [(1, 1, 0), (2, 2, 1)]
    assert [tuple(row[:3]) for row in tables[1].rows] == [(1, 1, 0), (4, 1, 1), (6, 1, 0)]
    info = describe_exercises(exercises, "roman.csv")
    data = TextData(info, exercises, exercises, exercises)
    assert data.sizes() == {"train": 3, "validation": 3, "test": 3}


def test_the_error_map_has_the_first_number_across_and_a_colour_for_what_was_trained_on(monkeypatch):
    wrong, new = np.zeros((2, 10, 10), dtype=bool)
    wrong[2, 7] = wrong[9, 1] = new[2, 7] = True
    monkeypatch.setattr(pictures, "picture", lambda drawn: drawn)
    learned, fresh = pictures.error_map(wrong, new.reshape(-1), "+").axes[0].collections
    for points, place, colour, label in ((learned, [9, 1], "D55E00", "trained"), (fresh, [2, 7], "0072B2", "not")):
        assert points.get_offsets().tolist() == [place]
        np.testing.assert_allclose(points.get_facecolor()[0, :3] * 255, list(bytes.fromhex(colour)))
        assert points.get_label().startswith(label)
    monkeypatch.setattr(pictures, "MANY", 1)  # as one picture, [row, column] = [second number, first number]
    pixels = pictures.error_map(wrong, new.reshape(-1), "+").axes[0].images[0].get_array()
    assert (bytes(pixels[1, 9]), bytes(pixels[7, 2])) == (bytes.fromhex("D55E00"), bytes.fromhex("0072B2"))
    assert (pixels == 255).all(axis=-1).sum() == 98


def test_the_picture_of_confidence_marks_what_is_wrong(monkeypatch):
    info, exercises = describe_data(PRESETS["demo"]), write_exercises(np.array([[2, 3], [99, 1], [2, 5]]), "+")
    monkeypatch.setattr(pictures, "picture", lambda drawn: drawn)
    adder = Adder(Arithmetic(info, "+", ["99+1"]), info, reverse=False)
    left, right, *_ = pictures.confidence_picture(adder, exercises).axes
    marked = [text.get_position() for text in left.texts if "✗" in text.get_text()]
    assert marked == [(1, 0), (2, 0)], "of 100 it said 1: the least sure, so in the first row"
    assert len(left.patches) == 2
    shares = right.containers[0].lines[0].get_ydata()
    assert shares == pytest.approx([pictures.LEAST_DOUBT, 1 / 3, 1 / 3])


def test_only_the_last_of_two_steps_carries_or_borrows():
    for (operator, _), (made, _, questions) in inside.STEPS.items():
        operands = np.array([[int(number) for number in question.split(operator)] for question in questions])
        assert np.abs(np.diff(operands, axis=0)).tolist() == [[1, 0], [1, 0]]
        count = {"one-carry": carries, "one-borrow": borrows}[made](operands, 2)[0]
        assert count.tolist() == [0, 0, 1]


def test_the_picture_of_a_borrow_shows_how_far_states_move(monkeypatch):
    info, random = describe_data(override(PRESETS["demo"], {"operator": "-"})), np.random.default_rng(0)
    reading, writing = random.normal(size=(3, 5, 4)), random.normal(size=(3, 3, 4))
    for name, states in (("encoder_states", reading), ("decoder_states", writing)):
        monkeypatch.setattr(inside, name, lambda _, questions, states=states: states[: len(questions)])
    monkeypatch.setattr(inside, "state_picture", lambda *_: None)
    monkeypatch.setattr(inside, "confidence_picture", lambda *_: None)
    monkeypatch.setattr(pictures, "picture", lambda drawn: drawn)
    adder = Adder(Arithmetic(info, "-", []), info, reverse=False)
    test = write_exercises(np.array([[52, 17], [30, 12]]), "-")
    assert "one-borrow" not in inside.look_inside(adder, test, 1, "-", None).pictures
    axes = inside.look_inside(adder, test, 2, "-", None).pictures["one-borrow"].axes[0]
    states = np.concatenate([reading, writing], axis=1)
    labels = ("76-35 → 75-35: no borrow", "75-35 → 74-35: a borrow")
    for step, (line, label) in enumerate(zip(axes.lines, labels, strict=False)):
        moved = np.sqrt(((states[step + 1] - states[step]) ** 2).sum(axis=1))
        assert line.get_label() == label
        np.testing.assert_allclose(line.get_ydata(), moved)
