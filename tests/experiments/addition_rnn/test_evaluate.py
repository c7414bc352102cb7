"""What `evaluate` says of a network whose mistakes are known, held against counting and SciPy."""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import stats

from etudes.experiments.addition_rnn import evaluate, inspect, pictures
from etudes.experiments.addition_rnn.batch_encoding import decode_batch, encode_batch
from etudes.experiments.addition_rnn.predictions import BATCH, Predictor, score
from etudes.experiments.addition_rnn.questions import Examples, TextData, describe_examples
from etudes.experiments.addition_rnn.study import (
    PRESETS,
    AdditionSettings,
    describe_data,
    load_data,
    make_examples,
    training_pairs,
)
from etudes.experiments.addition_rnn.tables import (
    borrows,
    carries,
    count_digits,
    count_errors,
    error_tables,
    length_tables,
    percent,
)
from etudes.schema import override


class Arithmetic:
    """In place of a network: right but for some questions, with a probability of 0.9, there 0.6, for each character."""

    def __init__(self, info, operator, mistakes):
        self.info, self.operator, self.mistakes = info, operator, mistakes
        self.most_at_once = 0

    def predict_on_batch(self, seen):
        self.most_at_once = max(self.most_at_once, len(seen))
        asked = decode_batch(seen, self.info.alphabet)
        operands = np.array([[int(n) for n in text.split(self.operator)] for text in asked.tolist()])
        said = make_examples(operands, self.operator).answers
        wrong = np.isin(asked, self.mistakes)
        said = np.where(wrong, "1", said)
        rest = len(self.info.alphabet) - 1
        confidence = np.where(wrong, 0.6, 0.9)[:, None, None]
        chosen = encode_batch(said, self.info.answer_length, self.info.alphabet)
        return np.where(chosen == 1, confidence, (1 - confidence) / rest).astype(np.float32)


def rows_of(result, title):
    (table,) = (table for table in result.tables if table.title == title)
    return [tuple(row) for row in table.rows]


def predictor_of(settings, mistakes):
    info = describe_data(settings)
    return Predictor(Arithmetic(info, settings.operator, mistakes), info, override(settings, {"reverse": False}))


def evaluated(changes, mistakes):
    settings = override(AdditionSettings(), {"epochs": 2, "reverse": False, **changes})
    data = load_data(settings)
    trained_on = [training_pairs(data, settings, epoch) for epoch in range(2)]
    networks = {"adder": predictor_of(settings, mistakes).network}
    return evaluate.evaluate(networks, data, settings), data, trained_on


def test_no_more_questions_are_computed_at_once_than_memory_was_measured_for():
    settings = override(AdditionSettings(), {"digits": 2})
    predictor = predictor_of(settings, ["1+1"])
    questions = np.array(["1+1", "2+3"] * BATCH + ["99+99"])
    assert predictor.predict(questions).texts.tolist() == ["1", "5"] * BATCH + ["198"]
    assert predictor.network.most_at_once == BATCH


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
    assert result.draw() == []
    assert set(result.pictures) == {"error-map", "calibration"}


def test_of_long_numbers_a_sample_is_asked_that_was_never_trained_on(monkeypatch):
    monkeypatch.setattr(evaluate, "SAMPLE", 3000)
    asked = []
    predict = Predictor.predict
    monkeypatch.setattr(
        Predictor, "predict", lambda self, questions: (asked.append(questions), predict(self, questions))[1]
    )
    result, data, trained_on = evaluated({"digits": 4, "pairs": 2_000}, [])
    sample = np.concatenate(asked[1:])
    assert result.metrics["sampled_questions"] == len(sample) == 3000
    assert result.metrics["sampled_errors"] == 0
    trained = {tuple(sorted(question.split("+"))) for part in trained_on for question in part.questions.tolist()}
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
    table = count_errors("t", ("group",), wrong, groups, sample=True)
    assert [row[0] for row in table.rows] == ["first", "all"]
    for row, (errors, total) in zip(table.rows, ((7, 100), (7, 400)), strict=True):
        bounds = stats.binomtest(errors, total).proportion_ci(method="wilson")
        assert row[1:] == (total, errors, *map(percent, (errors / total, bounds.low, bounds.high)))
    assert len(count_errors("t", ("group",), wrong, groups, sample=False).columns) == 4


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
    assert count_digits(numbers).tolist() == [len(str(number)) for number in numbers]


def test_calibration_is_over_written_characters_that_were_not_trained_on():
    mistakes = [f"{a}+{b}" for a in range(10) for b in range(100)]
    result, _, trained_on = evaluated({"digits": 2}, mistakes)
    trained = {tuple(sorted(question.split("+"))) for part in trained_on for question in part.questions.tolist()}
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
    rows = rows_of(result, "confidence and accuracy by character of the answer, without padding")
    assert sum(row[1] for row in rows) == len(sure)


def test_scores_count_padding_as_a_character_but_not_as_written():
    examples = make_examples(np.array([[99, 1], [2, 3], [2, 4]]), "+")
    scored = score(predictor_of(PRESETS["demo"], ["99+1", "2+4"]), examples)
    assert scored.texts.tolist() == ["1", "5", "1"]
    assert scored.correct.tolist() == [[True, False, False], [True, True, True], [False, True, True]]
    assert scored.written.tolist() == [[True, True, True], [True, False, False], [True, False, False]]
    assert scored.wrong.tolist() == [True, False, True]


def test_errors_in_a_file_are_counted_by_length():
    examples = Examples(np.array(["1", "22", "33"]), np.array(["I", "XXII", "XXXIII"]))
    tables = length_tables(np.array([False, True, False]), examples)
    assert [tuple(row[:3]) for row in tables[0].rows] == [(1, 1, 0), (2, 2, 1)]
    assert [tuple(row[:3]) for row in tables[1].rows] == [(1, 1, 0), (4, 1, 1), (6, 1, 0)]
    info = describe_examples(examples, "roman.csv")
    data = TextData(info, examples, examples, examples)
    assert data.sizes() == {"train": 3, "validation": 3, "test": 3}


def test_the_error_map_has_the_first_number_across_and_a_colour_for_what_was_trained_on(monkeypatch):
    wrong, new = np.zeros((2, 10, 10), dtype=bool)
    wrong[2, 7] = wrong[9, 1] = new[2, 7] = True
    monkeypatch.setattr(pictures, "picture", lambda drawn: drawn)
    trained, fresh = pictures.error_map(wrong, new.reshape(-1), "+").axes[0].lines
    for points, pair, colour, label in ((trained, [9, 1], "#D55E00", "trained"), (fresh, [2, 7], "#0072B2", "not")):
        assert points.get_xydata().tolist() == [pair]
        assert points.get_color() == colour
        assert points.get_label().startswith(label)


def test_a_full_error_map_has_a_pixel_for_each_of_a_thousand_times_a_thousand_pairs():
    """The square begins 0.95 inches from the left and 0.75 inches from below, at 110 pixels per inch."""
    wrong = np.random.default_rng(0).random((1000, 1000)) < 0.5
    drawn = np.asarray(pictures.error_map(wrong, np.zeros(wrong.size, dtype=bool), "+"))
    left, bottom = 105, 82
    square = drawn[::-1][bottom : bottom + 1000, left : left + 1000].transpose(1, 0, 2)
    inside = (slice(2, -2), slice(2, -2))  # without the frame
    assert ((square == list(bytes.fromhex("D55E00"))).all(axis=-1)[inside] == wrong[inside]).mean() > 0.999


def test_the_picture_of_confidence_marks_what_is_wrong(monkeypatch):
    examples = make_examples(np.array([[2, 3], [99, 1], [2, 5]]), "+")
    monkeypatch.setattr(pictures, "picture", lambda drawn: drawn)
    scored = score(predictor_of(PRESETS["demo"], ["99+1"]), examples)
    left, right, *_ = pictures.confidence_picture(scored, examples).axes
    marked = [text.get_position() for text in left.texts if "✗" in text.get_text()]
    assert marked == [(1, 0), (2, 0)], "1 instead of 100 has the lowest confidence, so it is in the first row"
    assert len(left.patches) == 2
    shares = right.containers[0].lines[0].get_ydata()
    assert shares == pytest.approx([pictures.MIN_DOUBT, 1 / 3, 1 / 3])


def test_only_the_last_of_two_steps_carries_or_borrows():
    for (operator, _), (event, questions) in inspect.STEPS.items():
        operands = np.array([[int(number) for number in question.split(operator)] for question in questions])
        assert np.abs(np.diff(operands, axis=0)).tolist() == [[1, 0], [1, 0]]
        count = {"one-carry": carries, "one-borrow": borrows}[event](operands, 2)[0]
        assert count.tolist() == [0, 0, 1]


def test_the_picture_of_a_borrow_shows_how_far_states_move(monkeypatch):
    settings, rng = override(PRESETS["demo"], {"operator": "-"}), np.random.default_rng(0)
    encoder, decoder = rng.normal(size=(3, 5, 4)), rng.normal(size=(3, 3, 4))
    for name, states in (("encoder_states", encoder), ("decoder_states", decoder)):
        monkeypatch.setattr(inspect, name, lambda _, questions, states=states: states[: len(questions)])
    monkeypatch.setattr(inspect, "state_picture", lambda *_: None)
    monkeypatch.setattr(inspect, "confidence_picture", lambda *_: None)
    monkeypatch.setattr(pictures, "picture", lambda drawn: drawn)
    networks = {"adder": predictor_of(settings, []).network}
    test = make_examples(np.array([[52, 17], [30, 12]]), "-")
    data = TextData(describe_data(settings), test, test, test)
    one_digit = dataclasses.replace(settings, digits=1)
    options = inspect.QuestionToInspect()
    assert "one-borrow" not in inspect.inspect(networks, data, one_digit, options).pictures
    axes = inspect.inspect(networks, data, settings, options).pictures["one-borrow"].axes[0]
    states = np.concatenate([encoder, decoder], axis=1)
    labels = ("76-35 → 75-35: no borrow", "75-35 → 74-35: a borrow")
    for step, (line, label) in enumerate(zip(axes.lines, labels, strict=False)):
        moved = np.sqrt(((states[step + 1] - states[step]) ** 2).sum(axis=1))
        assert line.get_label() == label
        np.testing.assert_allclose(line.get_ydata(), moved)
