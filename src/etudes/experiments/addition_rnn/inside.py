"""What is inside a network that adds: its states while it reads and writes, shown by `inspect`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etudes.contract import Array, Result
from etudes.experiments.addition_rnn.answers import Adder
from etudes.experiments.addition_rnn.encoding import Texts
from etudes.experiments.addition_rnn.pictures import confidence_picture, state_picture, step_picture
from etudes.experiments.addition_rnn.questions import Exercises
from etudes.training.backend import keras

STEPS = {
    ("+", False): ("one-carry", "grows", ("3+5", "4+5", "5+5")),
    ("+", True): ("one-carry", "grows", ("33+35", "34+35", "35+35")),
    ("-", True): ("one-borrow", "shrinks", ("76-35", "75-35", "74-35")),
}
"""Three questions whose first number moves by one, and the picture's name, by operator and whether numbers have two
digits or more.

Only the last step makes a carry or borrow. One digit less another is never borrowed for: it falls below zero.
"""

FEW = 30
"""Test questions of one length that a picture of states needs at least."""


def look_inside(adder: Adder, test: Exercises, digits: int, operator: str, asked: Texts | None) -> Result:
    """States along the question, confidence in each character, and what one carry or borrow changes.

    Args:
        adder: a trained network.
        test: exercises that nothing was learned from.
        digits: largest number of digits of generated questions.
        operator: theirs.
        asked: the one question (1,) whose path through the states is drawn; None for a test question.
    """
    size = np.strings.str_len(test.questions)
    length = size.max() if asked is None else len(str(asked[0]))
    # Questions of one length: the n-th character that is read is the same digit of the same number in all of them.
    alike = test.take(np.flatnonzero(size == length)[:400])
    if len(alike) < FEW:
        alike = test.take(np.argsort(-size, kind="stable")[:400])
    asked = alike.questions[:1] if asked is None else asked
    path = encoder_states(adder, asked)[0]
    result = Result()
    result.pictures["states"] = state_picture(encoder_states(adder, alike.questions), alike, path, str(asked[0]), adder)
    result.pictures["confidence"] = confidence_picture(adder, test)
    if adder.info.generated and (operator, digits > 1) in STEPS:
        name, moves, steps = STEPS[operator, digits > 1]
        questions = np.array(steps)
        states = encoder_states(adder, questions), decoder_states(adder, questions)
        result.pictures[name] = step_picture(adder, questions, *states, name.removeprefix("one-"), moves)
    return result


def encoder_states(adder: Adder, questions: Array) -> NDArray[np.float32]:
    """What the network keeps in mind after each character of the question, (n, question length, units)."""
    layers = adder.network.layers
    reader = keras.layers.LSTM(layers[0].units, return_sequences=True)
    probe = keras.Sequential([keras.Input(adder.network.input_shape[1:]), reader])
    reader.set_weights(layers[0].get_weights())
    return np.asarray(probe.predict(adder.see(questions), verbose=0), dtype=np.float32)


def decoder_states(adder: Adder, questions: Array) -> NDArray[np.float32]:
    """What the last LSTM keeps in mind before each character of the answer, (n, answer length, units)."""
    writer = next(layer for layer in reversed(adder.network.layers) if isinstance(layer, keras.layers.LSTM))
    probe = keras.Model(adder.network.inputs, writer.output)
    return np.asarray(probe.predict(adder.see(questions), verbose=0), dtype=np.float32)
