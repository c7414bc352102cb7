"""Look inside a trained network: the states of its LSTMs, its confidence, and what one carry changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etudes.contract import InspectOptions, Networks, Result
from etudes.experiments.addition_rnn.batch_encoding import Texts
from etudes.experiments.addition_rnn.pictures import confidence_picture, state_picture, step_picture
from etudes.experiments.addition_rnn.predictions import Predictor, score
from etudes.experiments.addition_rnn.questions import TextData, TextInfo
from etudes.experiments.addition_rnn.study import AdditionSettings, encode_questions
from etudes.experiments.addition_rnn.use import QuestionOptions, read_questions
from etudes.training.backend import keras

STEPS = {
    ("+", False): ("one-carry", ("3+5", "4+5", "5+5")),
    ("+", True): ("one-carry", ("33+35", "34+35", "35+35")),
    ("-", True): ("one-borrow", ("76-35", "75-35", "74-35")),
}
"""Three questions whose first number changes by one, by operator and by whether numbers may have two digits.

Only the last step makes a carry or borrow. Of two single digits no difference needs a borrow: it is negative instead.
"""

MIN_QUESTIONS = 30
"""Test questions of one length that a picture of states needs."""

MAX_QUESTIONS = 400
"""Test questions that a picture of states shows."""


@dataclass(frozen=True)
class QuestionToInspect(InspectOptions):
    """What to look at."""

    question: str | None = None
    """A question whose path through the states is drawn, such as 999+1; by default one of the test pairs."""

    def check(self, info: TextInfo, settings: AdditionSettings) -> None:
        """Raise `UserError` for a question that the network cannot read."""
        if self.question is not None:
            read_questions(info, settings, QuestionOptions((self.question,)))


def inspect(networks: Networks, data: TextData, settings: AdditionSettings, options: QuestionToInspect) -> Result:
    """States along a question, confidence in each character, and what one carry or borrow changes."""
    predictor, test = Predictor(networks["adder"], data.info, settings), data.test
    size = np.strings.str_len(test.questions)
    question, length = None, size.max()
    if options.question is not None:
        question = read_questions(data.info, settings, QuestionOptions((options.question,)))
        length = len(question[0])
    # Questions of one length: the n-th character is the same digit of the same number in all of them.
    shown = test.take(np.flatnonzero(size == length)[:MAX_QUESTIONS])
    if len(shown) < MIN_QUESTIONS:
        shown = test.take(np.argsort(-size, kind="stable")[:MAX_QUESTIONS])
    question = shown.questions[:1] if question is None else question
    path = encoder_states(predictor, question)[0]
    result = Result()
    states = encoder_states(predictor, shown.questions)
    result.pictures["states"] = state_picture(states, shown, path, str(question[0]), predictor)
    result.pictures["confidence"] = confidence_picture(score(predictor, test), test)
    if data.info.generated and (settings.operator, settings.digits > 1) in STEPS:
        name, three = STEPS[settings.operator, settings.digits > 1]
        states = np.concatenate([encode(predictor, np.array(three)) for encode in (encoder_states, decoder_states)], 1)
        result.pictures[name] = step_picture(predictor, np.array(three), states, name.removeprefix("one-"))
    return result


def encoder_states(predictor: Predictor, questions: Texts) -> NDArray[np.float32]:
    """The encoder's state after each character of the question, (n, question length, units)."""
    layers = predictor.network.layers
    encoder = keras.layers.LSTM(layers[0].units, return_sequences=True)
    probe = keras.Sequential([keras.Input(predictor.network.input_shape[1:]), encoder])
    encoder.set_weights(layers[0].get_weights())
    return _predict(probe, predictor, questions)


def decoder_states(predictor: Predictor, questions: Texts) -> NDArray[np.float32]:
    """The last LSTM's state at each character of the answer, (n, answer length, units)."""
    decoder = next(layer for layer in reversed(predictor.network.layers) if isinstance(layer, keras.layers.LSTM))
    return _predict(keras.Model(predictor.network.inputs, decoder.output), predictor, questions)


def _predict(probe: Any, predictor: Predictor, questions: Texts) -> NDArray[np.float32]:
    inputs = encode_questions(questions, predictor.info, predictor.settings)
    return np.asarray(probe.predict(inputs, verbose=0), dtype=np.float32)
