"""Encoding, pairs and carries, tested against brute force and other ways to compute the same."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etudes.errors import UserError
from etudes.experiments.addition_rnn.batch_encoding import decode_batch, encode_batch
from etudes.experiments.addition_rnn.curriculum import MIXED_SHARE, max_digits
from etudes.experiments.addition_rnn.evaluate import draw_untrained, origin_of_pairs
from etudes.experiments.addition_rnn.pairs import count_pairs, draw_numbers, draw_pairs, pair_ids
from etudes.experiments.addition_rnn.questions import length_weights, split_examples
from etudes.experiments.addition_rnn.study import (
    PRESETS,
    SUMS,
    AdditionSettings,
    decode,
    describe_data,
    encode,
    epoch_examples,
    load_data,
    make_examples,
    training_pairs,
)
from etudes.experiments.addition_rnn.tables import borrows, carries
from etudes.schema import override

SHORT_TEXTS = st.text(SUMS, max_size=7).filter(lambda text: not text.endswith(" "))


@given(SHORT_TEXTS)
def test_decode_undoes_encode(text):
    rows = encode(text)
    assert rows.shape == (7, 12)
    assert (rows.sum(axis=1) == 1).all()
    assert set(np.unique(rows)) == {0, 1}
    assert decode(rows) == text


@given(st.lists(st.integers(0, 11), min_size=7, max_size=7))
def test_encode_undoes_decode(indices):
    rows = np.eye(12)[indices]
    np.testing.assert_array_equal(encode(decode(rows)), rows)


def test_encoding_letter_by_letter():
    rows = encode("35+35")
    assert [SUMS[row.argmax()] for row in rows] == ["3", "5", "+", "3", "5", " ", " "]


@given(st.text(min_size=1, max_size=30).map(lambda text: text.replace("\0", "")))
def test_any_alphabet_can_be_encoded(text):
    text = text.rstrip(" ")
    alphabet = "".join(sorted(set(text) | {" "}))
    assert decode(encode(text, 30, alphabet), alphabet) == text


@given(st.lists(SHORT_TEXTS, min_size=1, max_size=20))
def test_many_texts_are_encoded_like_each_alone(texts):
    rows = encode_batch(np.array(texts), 7, SUMS)
    np.testing.assert_array_equal(rows, np.stack([encode(text) for text in texts]))
    assert decode_batch(rows, SUMS).tolist() == texts


@pytest.mark.parametrize(("text", "message"), [("12345678", "8 characters"), ("3x5", "'x' is not one of")])
def test_what_cannot_be_encoded_is_refused(text, message):
    with pytest.raises(UserError, match=message):
        encode(text)
    with pytest.raises(UserError, match=message):
        encode_batch(np.array([text]), 7, SUMS)


@pytest.mark.parametrize("digits", [1, 2])
def test_distinct_pairs_by_brute_force(digits):
    pairs = {tuple(sorted(pair)) for pair in itertools.product(range(10**digits), repeat=2)}
    assert count_pairs(digits) == len(pairs)
    drawn = draw_pairs(len(pairs), digits, np.random.default_rng(0))
    assert {tuple(sorted(pair)) for pair in drawn.tolist()} == pairs
    assert len(drawn) == len(pairs)


def test_three_digits_have_500500_pairs():
    assert count_pairs(3) == 500_500


@pytest.mark.parametrize(("digits", "pairs"), [(1, 56), (2, 5_051), (3, 500_501)])
def test_more_pairs_than_exist_are_refused(digits, pairs):
    with pytest.raises(UserError, match=f"only {pairs - 1:,} different pairs") as caught:
        override(AdditionSettings(), {"digits": digits, "pairs": pairs})
    assert len(str(caught.value)) <= 200


@pytest.mark.parametrize(
    "changes",
    [{"digits": 1, "held_out": 0.01}, {"digits": 1, "batch_size": 51}, {"pairs": 34}, {"digits": 0}, {"digits": 10}],
)
def test_impossible_sizes_are_refused(changes):
    with pytest.raises(UserError):
        override(AdditionSettings(), changes)


def example_of_2017(count, digits, seed):
    """Pairs as the example draws them: until there are enough, repeated ones discarded."""
    rng, seen, pairs = random.Random(seed), set(), []
    while len(pairs) < count:
        a, b = (int("".join(rng.choice("0123456789") for _ in range(rng.randint(1, digits)))) for _ in range(2))
        if tuple(sorted((a, b))) not in seen:
            seen.add(tuple(sorted((a, b))))
            pairs.append((a, b))
    return np.array(pairs)


def test_pairs_are_distributed_as_the_example_of_2017_draws_them():
    """Sharpest where many are asked for: then the rare ones come in late."""
    ours = np.stack([draw_pairs(3000, 2, np.random.default_rng(seed)) for seed in range(20)])
    theirs = np.stack([example_of_2017(3000, 2, seed) for seed in range(20)])
    for part in (slice(0, 300), slice(300, 3000)):
        for measure in (lambda p: p < 10, lambda p: p[..., 0] == p[..., 1], lambda p: p[..., 0] < p[..., 1]):
            # Standard error of each of these shares over 20 draws is below 0.006.
            assert abs(measure(ours[:, part]).mean() - measure(theirs[:, part]).mean()) < 0.025


def test_four_digits_are_drawn_from_all_lengths():
    pairs = draw_pairs(20_000, 4, np.random.default_rng(0))
    assert len({tuple(sorted(pair)) for pair in pairs.tolist()}) == 20_000
    numbers = draw_numbers((100_000,), 4, np.random.default_rng(0))
    # One in four has one digit; of those with two places one in ten begins with a zero, and so on.
    assert abs((numbers < 10).mean() - (1 + 0.1 + 0.01 + 0.001) / 4) < 0.01
    assert numbers.max() > 9_900


def test_fifty_thousand_follow_from_the_seed():
    data = load_data(PRESETS["classic"])
    assert data.sizes() == {"train": 45_000, "validation": 2_500, "test": 2_500}
    again, other = load_data(PRESETS["classic"]), load_data(override(PRESETS["classic"], {"seed": 1}))
    np.testing.assert_array_equal(data.train.questions, again.train.questions)
    assert (data.train.questions != other.train.questions).any()


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("preset", ["classic", "tuned", "demo", "tiny"])
def test_held_out_pairs_are_never_trained_on_in_either_order(preset, fresh):
    settings = override(PRESETS[preset], {"fresh": fresh})
    data = load_data(settings)
    held_out = set(data.validation.questions.tolist()) | set(data.test.questions.tolist())
    assert not set(data.validation.questions.tolist()) & set(data.test.questions.tolist())
    other_order = {"+".join(reversed(question.split("+"))) for question in held_out}
    trained = set()
    for epoch in range(3):
        examples = epoch_examples(data, settings, epoch)
        assert len(examples) == len(data.train)
        trained |= set(examples.questions.tolist())
    assert not trained & (held_out | other_order)


def test_fresh_pairs_are_others_in_every_epoch_and_the_same_for_a_seed():
    settings = override(PRESETS["tuned"], {"fresh": True})
    data = load_data(settings)
    first, second, again = (training_pairs(data, settings, epoch).questions for epoch in (0, 1, 0))
    np.testing.assert_array_equal(first, again)
    drawn = [{tuple(sorted(question.split("+"))) for question in some.tolist()} for some in (first, second)]
    assert [len(pairs) for pairs in drawn] == [45_000, 45_000]
    assert len(drawn[0] & drawn[1]) < 20_000  # those with short numbers, of which there are few
    kind = origin_of_pairs(data, override(settings, {"epochs": 2}))
    assert (kind == 0).sum() > 65_000 * 2 - 1_000  # both orders; a number with itself has one


@pytest.mark.parametrize("operator", ["+", "-", "*"])
@pytest.mark.parametrize("digits", [1, 3, 9])
def test_answers_are_those_of_python_and_fit(operator, digits):
    edge = [[0, 10**digits - 1], [10**digits - 1, 10**digits - 1], [10**digits - 1, 0]]
    operands = np.concatenate([edge, draw_pairs(50, digits, np.random.default_rng(0))])
    written = make_examples(operands, operator)
    assert written.answers.tolist() == [str(eval(question)) for question in written.questions.tolist()]
    found = [np.strings.str_len(texts).max() for texts in (written.questions, written.answers)]
    info = describe_data(AdditionSettings(digits=digits, operator=operator))
    assert found == [info.question_length, info.answer_length]


@pytest.mark.parametrize("operator", ["+", "-"])
def test_numbers_are_exchanged_with_their_answer(operator):
    settings = override(PRESETS["demo"], {"operator": operator, "balance": 0.0})
    data = load_data(settings)
    first, second = (epoch_examples(data, settings, epoch) for epoch in (0, 1))
    assert first.answers.tolist() == [str(eval(question)) for question in first.questions.tolist()]
    asked = set(first.questions.tolist())
    assert 0.4 < np.mean([question in asked for question in second.questions.tolist()]) < 0.6
    straight = epoch_examples(data, override(settings, {"swap": False}), 0)
    assert sorted(straight.questions.tolist()) == sorted(data.train.questions.tolist())


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=1, max_size=50))
def test_carries_by_digit_sums_and_by_hand(pairs):
    number, longest = carries(np.array(pairs), 3)

    def digit_sum(value):
        return sum(map(int, str(value)))

    for place, (a, b) in enumerate(pairs):
        # Each carry makes the digit sum of the result smaller by nine (Legendre, Kummer).
        assert number[place] == (digit_sum(a) + digit_sum(b) - digit_sum(a + b)) / 9
        marks = "".join(str(int(a % 10**k + b % 10**k >= 10**k)) for k in (1, 2, 3))
        assert longest[place] == max(map(len, marks.split("0")))


@given(st.lists(st.tuples(st.integers(0, 99_999), st.integers(0, 99_999)), min_size=1, max_size=50))
def test_borrows_by_digit_sums_and_by_hand(pairs):
    number, longest = borrows(np.array(pairs), 5)
    for place, (a, b) in enumerate(pairs):
        a, b, borrow, marks = max(a, b), min(a, b), 0, ""
        for k in range(5):  # on paper, column by column from the right
            borrow = int(a // 10**k % 10 - borrow < b // 10**k % 10)
            marks += str(borrow)
        assert number[place] == marks.count("1")
        assert longest[place] == max(map(len, marks.split("0")))


def test_every_pair_is_known_to_be_trained_on_held_out_or_new():
    data = load_data(PRESETS["demo"])
    kind = origin_of_pairs(data, PRESETS["demo"]).reshape(100, 100)
    for part, value in ((data.train, 0), (data.test, 1), (data.validation, 1)):
        for a, b in part.operands:
            assert kind[a, b] == kind[b, a] == value


def test_numbers_grow_with_the_curriculum():
    settings = override(AdditionSettings(), {"digits": 5, "epochs": 20, "curriculum": 0.6, "pairs": 20_000})
    assert [max_digits(epoch, 5, 0.6 * 20) for epoch in range(20)] == [2] * 4 + [3] * 4 + [4] * 4 + [5] * 8
    data = load_data(settings)
    held_out = np.concatenate([pair_ids(part.operands) for part in (data.validation, data.test)])
    for epoch, digits in ((0, 2), (5, 3), (12, 5)):
        examples = training_pairs(data, settings, epoch)
        assert len(examples) == len(data.train)
        assert not np.isin(pair_ids(examples.operands), held_out).any()
        longer = (examples.operands.max(axis=1) >= 10**digits).mean()
        # A number of the mixed share is longer than `digits` if it has more places, and seldom begins with zeros.
        expected = 0 if digits == 5 else MIXED_SHARE * (1 - (digits / 5) ** 2)
        assert abs(longer - expected) < 0.03
        again = training_pairs(data, settings, epoch)
        np.testing.assert_array_equal(examples.operands, again.operands)


@pytest.mark.parametrize("digits", [1, 2])
def test_short_numbers_need_no_curriculum(digits):
    assert max_digits(0, digits, 15.0) == digits


def test_a_curriculum_without_fresh_pairs_is_refused():
    with pytest.raises(UserError, match="use it with --fresh"):
        override(AdditionSettings(), {"digits": 5, "curriculum": 0.5, "fresh": False})


def test_a_sample_is_of_pairs_that_no_epoch_trained_on():
    settings = override(AdditionSettings(), {"digits": 4, "pairs": 30_000, "epochs": 3})
    data = load_data(settings)
    learned = [training_pairs(data, settings, epoch) for epoch in range(3)]
    drawn = draw_untrained(10_000, data, settings).operands
    trained = {tuple(sorted(pair)) for part in learned for pair in part.operands.tolist()}
    asked = {tuple(sorted(pair)) for pair in drawn.tolist()}
    assert len(asked) == len(drawn) == 10_000
    assert not asked & trained


def test_balanced_lengths_come_equally_often():
    train = load_data(PRESETS["demo"]).train
    share = np.random.default_rng(0).choice(len(train), 100_000, p=length_weights(train))
    sizes = np.strings.str_len(train.take(share).operands.astype("<U2"))
    for a, b in itertools.product((1, 2), repeat=2):
        # Pairs (1, 2) and (2, 1) are two kinds; each of the four comes in a quarter of the epoch.
        assert abs(((sizes[:, 0] == a) & (sizes[:, 1] == b)).mean() - 0.25) < 0.01


FORMS = {
    "spaces": ("{0}+{1},{2}\n", " {0}+{1}\t,{2}\n"),
    "accents": ("caf\u00e9 {0} {1},{2}\n", "cafe\u0301 {0} {1},{2}\n"),
    "another answer": ("{0}+{1},{2}\n", "{0}+{1} ,{2}1\n"),
    "separators": ("{0},5+{1};{2}\n", "{0},5+{1} ; {2}\n"),
}


@pytest.mark.parametrize("forms", FORMS.values(), ids=FORMS)
def test_no_question_of_a_file_is_trained_on_and_tested(forms, tmp_path):
    path = tmp_path / "twice.csv"
    lines = [form.format(a, b, a + b) for a in range(9) for b in range(9) for form in forms]
    path.write_text("".join(lines), encoding="utf-8")
    settings = override(PRESETS["tiny"], {"data": str(path), "pairs": 0, "batch_size": 16, "held_out": 0.2})
    data = load_data(settings)
    parts = [set(part.questions.tolist()) for part in (data.train, data.validation, data.test)]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 81
    assert sum(data.sizes().values()) in (81, 162)


@pytest.mark.parametrize(
    ("answers", "split"), [(1, (12, 12, 96)), (3, (12, 12, 96)), (12, (12, 12, 96)), (30, (30, 30, 60))]
)
def test_all_answers_to_a_question_are_in_one_split(answers, split):
    questions = np.array([f"q{n // answers}" for n in range(120)])
    order = np.random.default_rng(0).permutation(120)
    parts = split_examples(questions, order, 0.2, 20)
    assert tuple(map(len, parts)) == split
    assert sorted(np.concatenate(parts).tolist()) == list(range(120))
    found = [set(questions[part].tolist()) for part in parts]
    assert len(set.union(*found)) == sum(map(len, found))
    if answers == 1:  # as before there were such files
        np.testing.assert_array_equal(np.concatenate(parts), order)


@pytest.mark.parametrize("answers", [60, 120])
def test_too_few_different_questions_are_refused(answers):
    with pytest.raises(UserError, match="different questions are too few"):
        split_examples(np.array([f"q{n // answers}" for n in range(120)]), np.arange(120), 0.2, 20)
