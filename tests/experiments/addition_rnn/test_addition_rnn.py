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
from etudes.actions.loading import build_networks, settings_of
from etudes.errors import UserError
from etudes.experiments.addition_rnn.inspect import QuestionToInspect, decoder_states, encoder_states
from etudes.experiments.addition_rnn.predictions import Predictor
from etudes.experiments.addition_rnn.progress import answers_table
from etudes.experiments.addition_rnn.questions import TextInfo, read_examples
from etudes.experiments.addition_rnn.study import (
    PRESETS,
    SUMS,
    AdditionSettings,
    decode,
    describe_data,
    encode_questions,
    load_data,
)
from etudes.experiments.addition_rnn.use import QuestionOptions, read_input, read_questions
from etudes.runs import bundled_run
from etudes.schema import override
from etudes.training.backend import start_backend
from etudes.training.fingerprint import fingerprint

INFO = TextInfo("sums", SUMS, 7, 4)


def read(*questions):
    return read_questions(INFO, AdditionSettings(), QuestionOptions(questions))


def test_questions_are_read_as_they_were_learned():
    assert read("999+1", " 007 + 35 ").tolist() == ["999+1", "7+35"]


@pytest.mark.parametrize(
    "text", ["", "1234+1", "35", "+35", "3+5+7", "-3+5", "a+b", "٣+٥", "35-5", "1.5+2", "x" * 10_000]
)
def test_what_cannot_be_read_is_refused_in_one_line(text):
    with pytest.raises(UserError, match="two numbers of at most 3 digits") as caught:
        read(text)
    assert len(str(caught.value)) <= 200
    assert "\n" not in str(caught.value)


def test_no_question_is_refused():
    with pytest.raises(UserError, match=r"such as 35\+35"):
        read_input(INFO, AdditionSettings(), QuestionOptions(()))


def test_the_question_is_reversed_with_its_padding():
    settings = [AdditionSettings(reverse=reverse) for reverse in (True, False)]
    turned, straight = (encode_questions(np.array(["12+345"]), INFO, each) for each in settings)
    assert decode(straight[0]) == "12+345"
    assert decode(turned[0]) == " 543+21"


def test_ten_lines_say_what_is_right():
    data = load_data(PRESETS["tiny"])
    shown = data.validation.take(np.arange(10))
    guesses = shown.answers.astype("<U5")
    guesses[3] = "12345"
    lines = answers_table(shown, guesses).plain.split("\n")
    assert [line[0] for line in lines] == ["✓"] * 3 + ["✗"] + ["✓"] * 6
    assert lines[3].endswith("12345")


@pytest.fixture(scope="module")
def small():
    settings = override(PRESETS["tiny"], {"units": 8})
    data = load_data(settings)
    start_backend()
    networks = build_networks(experiments.load("addition_rnn"), settings, data.info, None)
    return Predictor(networks["adder"], data.info, settings), data


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
    predictor, data = small
    questions = data.test.questions[:6]
    weights = [np.asarray(array, dtype=np.float64) for array in predictor.network.get_weights()]
    inputs = encode_questions(questions, data.info, predictor.settings)
    reading = lstm(inputs.astype(np.float64), *weights[:3])
    writing = lstm(np.repeat(reading[:, -1:], 3, axis=1), *weights[3:6])
    scores = np.exp(writing @ weights[6] + weights[7])
    np.testing.assert_allclose(encoder_states(predictor, questions), reading, atol=1e-5)
    np.testing.assert_allclose(decoder_states(predictor, questions), writing, atol=1e-5)
    expected = scores / scores.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(predictor.probabilities(questions), expected, atol=1e-5)
    guess = predictor.predict(questions)
    np.testing.assert_allclose(guess.confidence, expected.max(axis=-1).prod(axis=-1), rtol=1e-4)
    assert guess.texts.tolist() == [decode(rows) for rows in expected]


@pytest.mark.long
def test_the_path_of_a_question_of_ones_own(small):
    predictor, data = small
    settings = override(PRESETS["tiny"], {"units": 8})
    networks = {"adder": predictor.network}
    etude = experiments.load("addition_rnn")
    with pytest.raises(UserError, match="at most 2 digits"):
        etude.inspect.run(networks, data, settings, QuestionToInspect("100+1"))
    drawn = [
        np.asarray(etude.inspect.run(networks, data, settings, QuestionToInspect(question)).pictures["states"])
        for question in ("99+1", "0 + 0")
    ]
    assert drawn[0].shape != drawn[1].shape or (drawn[0] != drawn[1]).any()


def test_pairs_of_a_file(tmp_path, runs_of_tests):
    path = tmp_path / "plural.csv"
    words = ["".join(letters) for letters in itertools.product("aéz", "bd", "oui", "tn", "x")]
    path.write_text("\n".join(f"{word},{word} ß" for word in words), encoding="utf-8")
    _, info = read_examples(str(path))
    assert (info.alphabet, info.question_length, info.answer_length) == (" abdinotuxzßé", 5, 7)
    run = etudes.train(
        "addition_rnn", preset="tiny", data=str(path), pairs=30, batch_size=9, epochs=1, out=runs_of_tests, quiet=True
    )
    assert run.header()["split"] == {"train": 27, "validation": 1, "test": 2}
    trained = etudes.load(run)
    (answer,) = etudes.use(run, "abotx").answers
    assert set(answer) == {"question", "answer", "confidence", "characters"}
    assert run.header()["data"]["question_alphabet"] == " abdinotuxzé"
    for strange, said in (("q", "'q': use only abd"), ("abß", "'ß': it occurs only in answers; use abd")):
        with pytest.raises(UserError, match=said):
            read_questions(trained.info, trained.settings, QuestionOptions((strange,)))
    earlier = dataclasses.replace(trained.info, question_alphabet="")  # of a run that did not note it
    assert earlier == trained.info
    assert read_questions(earlier, trained.settings, QuestionOptions(("abß",))).tolist() == ["abß"]
    data = load_data(trained.settings)
    inside = trained.experiment.inspect.run(trained.networks, data, trained.settings, QuestionToInspect("abotx"))
    assert set(inside.pictures) == {"states", "confidence"}
    titles = [table.title for table in trained.experiment.evaluate(trained.networks, data, trained.settings).tables]
    assert "errors by characters of the answer" in titles
    with pytest.raises(UserError, match="1 to 5 characters"):
        read_questions(trained.info, trained.settings, QuestionOptions(("abotxx",)))
    more = load_data(override(PRESETS["tiny"], {"data": str(path), "pairs": 37, "batch_size": 9}))
    assert sum(more.sizes().values()) == 36


def test_the_bundled_run_learned_from_what_is_generated_today():
    run = bundled_run("addition_rnn")
    header = run.header()
    assert fingerprint(load_data(settings_of(run, header))) == header["fingerprint"]


def test_a_text_too_long_to_learn_is_refused(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text(f"1,{'I' * 101}\n", encoding="utf-8")
    with pytest.raises(UserError, match="101 characters is too long; shorten it to 100"):
        read_examples(str(path))


def test_the_example_pairs_are_right_and_can_be_learned(tmp_path):
    script = Path(__file__).parents[3] / "docs" / "own_pairs.py"
    for kind in ("roman", "dates"):
        subprocess.run([sys.executable, script, kind, tmp_path / f"{kind}.csv"], check=True)
    numerals, days = (read_examples(str(tmp_path / f"{kind}.csv"))[0] for kind in ("roman", "dates"))
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
