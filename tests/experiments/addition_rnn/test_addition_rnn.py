"""The network against NumPy, questions that a person may ask, and a file of one's own."""

import dataclasses
import itertools
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

import etudes
from etudes import experiments
from etudes.actions.loading import build, settings_of
from etudes.errors import UserError
from etudes.experiments.addition_rnn.answers import Adder, coloured, read_questions
from etudes.experiments.addition_rnn.encoding import SUMS, decode
from etudes.experiments.addition_rnn.inside import decoder_states, encoder_states
from etudes.experiments.addition_rnn.questions import (
    TextInfo,
    describe_exercises,
    read_exercises,
)
from etudes.experiments.addition_rnn.study import (
    PRESETS,
    Inspect,
    Use,
    adder_of,
    describe_data,
    load_data,
)
from etudes.runs import bundled_run
from etudes.settings import override
from etudes.training.backend import start_backend
from etudes.training.fingerprint import fingerprint

INFO = TextInfo("sums", SUMS, 7, 4)


def test_questions_are_read_as_they_were_learned(tmp_path):
    file = tmp_path / "questions.txt"
    file.write_text("1+2\n\n 007 + 35 \n", encoding="utf-8")
    assert read_questions(("999+1",), str(file), INFO, 3, "+").tolist() == ["999+1", "1+2", "7+35"]


@pytest.mark.parametrize(
    "text", ["", "1234+1", "35", "+35", "3+5+7", "-3+5", "a+b", "٣+٥", "35-5", "1.5+2", "x" * 10_000]
)
def test_what_cannot_be_read_is_refused_in_one_line(text):
    with pytest.raises(UserError, match="two numbers of at most 3 digits") as caught:
        read_questions((text,), None, INFO, 3, "+")
    assert len(str(caught.value)) <= 200
    assert "\n" not in str(caught.value)


def test_no_question_and_no_file_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"such as 35\+35"):
        read_questions((), None, INFO, 3, "+")
    with pytest.raises(UserError, match="cannot be read"):
        read_questions((), str(tmp_path / "none.txt"), INFO, 3, "+")
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="UTF-8"):
        read_questions((), str(bad), INFO, 3, "+")
    bad.write_text("1+1\n1+\n")
    with pytest.raises(UserError, match="line 2: cannot read"):
        read_questions((), str(bad), INFO, 3, "+")


def test_the_question_is_reversed_with_its_padding():
    turned, straight = (Adder(None, INFO, reverse).see(np.array(["12+345"])) for reverse in (True, False))
    assert decode(straight[0]) == "12+345"
    assert decode(turned[0]) == " 543+21"


def test_ten_lines_say_what_is_right():
    data = load_data(PRESETS["tiny"])
    shown = data.validation.take(np.arange(10))
    guesses = shown.answers.astype("<U5")
    guesses[3] = "12345"
    lines = coloured(shown, guesses).plain.split("\n")
    assert [line[0] for line in lines] == ["✓"] * 3 + ["✗"] + ["✓"] * 6
    assert lines[3].endswith("12345")


@pytest.fixture(scope="module")
def small():
    settings = override(PRESETS["tiny"], {"units": 8})
    data = load_data(settings)
    start_backend()
    networks = build(experiments.load("addition_rnn"), settings, data.info, None)
    return adder_of(networks, data.info, settings), data


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(inputs, kernel, recurrent, bias):
    """An LSTM in NumPy (Hochreiter and Schmidhuber, 1997; gates in Keras's order), states after every step."""
    hidden = cell = np.zeros((len(inputs), recurrent.shape[0]))
    states = []
    for step in range(inputs.shape[1]):
        gates = inputs[:, step] @ kernel + hidden @ recurrent + bias
        take, forget, new, give = np.split(gates, 4, axis=1)
        cell = sigmoid(forget) * cell + sigmoid(take) * np.tanh(new)
        hidden = sigmoid(give) * np.tanh(cell)
        states.append(hidden)
    return np.stack(states, axis=1)


def test_the_network_and_its_states_are_those_of_numpy(small):
    adder, data = small
    questions = data.test.questions[:6]
    weights = [np.asarray(array, dtype=np.float64) for array in adder.network.get_weights()]
    reading = lstm(adder.see(questions).astype(np.float64), *weights[:3])
    writing = lstm(np.repeat(reading[:, -1:], 3, axis=1), *weights[3:6])
    scores = np.exp(writing @ weights[6] + weights[7])
    np.testing.assert_allclose(encoder_states(adder, questions), reading, atol=1e-5)
    np.testing.assert_allclose(decoder_states(adder, questions), writing, atol=1e-5)
    expected = scores / scores.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(adder.probabilities(questions), expected, atol=1e-5)
    guess = adder.answer(questions)
    np.testing.assert_allclose(guess.confidence, expected.max(axis=-1).prod(axis=-1), rtol=1e-4)
    assert guess.texts.tolist() == [decode(rows) for rows in expected]


def test_the_path_of_a_question_of_ones_own(small):
    adder, data = small
    settings = override(PRESETS["tiny"], {"units": 8})
    networks = {"adder": adder.network}
    etude = experiments.load("addition_rnn")
    with pytest.raises(UserError, match="at most 2 digits"):
        etude.inspect(networks, data, settings, Inspect("100+1"))
    drawn = [
        np.asarray(etude.inspect(networks, data, settings, Inspect(question)).pictures["states"])
        for question in ("99+1", "0 + 0")
    ]
    assert drawn[0].shape != drawn[1].shape or (drawn[0] != drawn[1]).any()


def test_pairs_of_a_file(tmp_path, runs_of_tests):
    path = tmp_path / "plural.csv"
    words = ["".join(letters) for letters in itertools.product("aéz", "bd", "oui", "tn", "x")]
    path.write_text("\n".join(f"{word},{word} ß" for word in words), encoding="utf-8")
    info = describe_exercises(read_exercises(str(path)), str(path))
    assert (info.alphabet, info.question_length, info.answer_length) == (" abdinotuxzßé", 5, 7)
    run = etudes.train(
        "addition_rnn", preset="tiny", data=str(path), pairs=30, batch_size=9, epochs=1, out=runs_of_tests, quiet=True
    )
    assert run.header()["split"] == {"train": 27, "validation": 1, "test": 2}
    trained = etudes.load(run)
    (answer,) = etudes.use(run, "abotx").answers
    assert set(answer) == {"question", "answer", "confidence", "characters"}
    assert run.header()["data"]["question_alphabet"] == " abdinotuxzé"
    for strange, said in (("q", "'q': only these were learned: abd"), ("abß", "'ß': only answers have it; questions ")):
        with pytest.raises(UserError, match=said):
            trained.experiment.use.read(trained.info, trained.settings, Use((strange,)))
    earlier = dataclasses.replace(trained.info, question_alphabet="")  # of a run that did not note it
    assert earlier == trained.info
    assert trained.experiment.use.read(earlier, trained.settings, Use(("abß",))).tolist() == ["abß"]
    data = load_data(trained.settings)
    inside = trained.experiment.inspect(trained.networks, data, trained.settings, Inspect("abotx"))
    assert set(inside.pictures) == {"states", "confidence"}
    titles = [table.title for table in trained.experiment.evaluate(trained.networks, data, trained.settings).tables]
    assert "errors by characters of the answer" in titles
    with pytest.raises(UserError, match="1 to 5 characters"):
        trained.experiment.use.read(trained.info, trained.settings, Use(("abotxx",)))
    more = load_data(override(PRESETS["tiny"], {"data": str(path), "pairs": 37, "batch_size": 9}))
    assert sum(more.sizes().values()) == 36


def test_the_bundled_run_learned_from_what_is_generated_today():
    run = bundled_run("addition_rnn")
    assert fingerprint(load_data(settings_of(run))) == run.header()["fingerprint"]


def test_a_text_too_long_to_learn_is_refused(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text(f"1,{'I' * 101}\n", encoding="utf-8")
    with pytest.raises(UserError, match="101 characters is too long, at most 100"):
        read_exercises(str(path))


def test_the_example_pairs_are_right_and_can_be_learned(tmp_path):
    script = Path(__file__).parents[4] / "docs" / "own_pairs.py"
    for kind in ("roman", "dates"):
        subprocess.run([sys.executable, script, kind, tmp_path / f"{kind}.csv"], check=True)
    numerals, days = (read_exercises(str(tmp_path / f"{kind}.csv")) for kind in ("roman", "dates"))
    values = dict(zip("IVXLCDM", (1, 5, 10, 50, 100, 500, 1000), strict=True))
    for question, answer in zip(numerals.questions.tolist(), numerals.answers.tolist(), strict=True):
        # A letter before a larger one is taken away.
        signs = [values[a] * (-1 if values[a] < values[b] else 1) for a, b in itertools.pairwise(answer + "I")]
        assert sum(signs) == int(question)
    assert len(set(numerals.answers.tolist())) == len(numerals) == 3999
    assert len(set(days.answers.tolist())) == len(days) == 73_049
    formats = ("%d %B %Y", "%B %d, %Y", "%d.%m.%Y")
    for place in range(0, len(days), 997):
        answer, form = str(days.answers[place]), formats[date.fromisoformat(str(days.answers[place])).toordinal() % 3]
        assert datetime.strptime(str(days.questions[place]), form).date() == date.fromisoformat(answer)
    settings = override(PRESETS["demo"], {"data": str(tmp_path / "roman.csv")})
    assert load_data(settings).sizes() == {"train": 3599, "validation": 200, "test": 200}
    info = describe_data(settings)
    assert (info.alphabet, info.question_length, info.answer_length) == (" 0123456789CDILMVX", 4, 15)


@pytest.fixture
def runs_of_tests(tmp_path):
    return tmp_path / "run"
