"""How well a network adds, and what is inside: figures, tables and pictures for evaluate and inspect."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from etudes.contract import Array, Result, Table
from etudes.experiments.addition_rnn.answers import Adder, right_answers
from etudes.experiments.addition_rnn.pictures import carry_picture, confidence_picture, error_map, state_picture
from etudes.experiments.addition_rnn.questions import Exercises, TextData, carries, write_exercises
from etudes.training.backend import keras

ROWS_AT_ONCE = 100_000
"""Questions that are written out at a time when all are asked."""


def evaluate_answers(adder: Adder, data: TextData, learned: Iterable[Exercises], digits: int, operator: str) -> Result:
    """Exact match and character accuracy on the test pairs, then every question there is.

    Args:
        adder: a trained network.
        data: what it was trained on.
        learned: the exercises that it was shown; not looked at if digits is 0.
        digits: largest number of digits, up to 3, of the questions that are all asked; 0 asks none of them.
        operator: theirs.
    """
    right, characters = right_answers(adder, data.test.questions, data.test.answers)
    figures = {"exact_match": float(right.mean()), "character_accuracy": characters}
    result = Result({**figures, "errors": int((~right).sum()), "questions": len(right)})
    if digits:
        _ask_everything(result, adder, origin(data, learned, 10**digits), digits, operator)
    return result


def _ask_everything(result: Result, adder: Adder, kind: Array, digits: int, operator: str) -> None:
    """Add the exhaustive figures, tables and the map of errors to a result."""
    numbers = 10**digits
    wrong = np.zeros(numbers**2, dtype=bool)
    for start in range(0, numbers**2, ROWS_AT_ONCE):
        places = np.arange(start, min(start + ROWS_AT_ONCE, numbers**2))
        asked = write_exercises(all_operands(places, numbers), operator)
        wrong[places] = ~right_answers(adder, asked.questions, asked.answers)[0]
    result.figures["exhaustive_exact_match"] = float((~wrong).mean())
    result.figures["exhaustive_errors"] = int(wrong.sum())
    result.figures["exhaustive_questions"] = len(wrong)
    result.tables += error_tables(wrong, kind, digits, operator)
    result.pictures["error-map"] = error_map(wrong.reshape(numbers, numbers), kind > 0, operator)


def all_operands(places: Array, numbers: int) -> NDArray[np.int64]:
    """The pairs of numbers (n, 2) at places of the table of all ordered pairs, counted row by row from 0."""
    return np.stack([places // numbers, places % numbers], axis=1)


def origin(data: TextData, learned: Iterable[Exercises], numbers: int) -> NDArray[np.int64]:
    """For every ordered pair 0 if it was trained on in this or the other order, 1 if held out, 2 if never drawn."""
    kind = np.full((numbers, numbers), 2)
    # One epoch's exercises at a time: thirty of them would fill 350 MB.
    for part, value in chain(((part, 0) for part in learned), ((data.validation, 1), (data.test, 1))):
        assert part.operands is not None
        first, second = part.operands.T
        kind[first, second] = kind[second, first] = value
    return kind.reshape(-1)


def error_tables(wrong: Array, kind: Array, digits: int, operator: str) -> list[Table]:
    """Errors among all ordered pairs: by origin, by operand lengths, and for sums by carries.

    Args:
        wrong: bool (100**digits,), row by row.
        kind: what `origin` gives.
        digits: largest number of digits.
        operator: what was done with the pairs.
    """
    operands = all_operands(np.arange(len(wrong)), 10**digits)
    size = 1 + sum(operands >= 10**k for k in range(1, digits))
    names = ("trained on, in either order", "held out, in either order", "never drawn")
    tables = [
        _counted("errors by origin of the pair", ("pair",), wrong, [((n,), kind == k) for k, n in enumerate(names)]),
        _counted(
            "errors by digits of the numbers",
            ("first", "second"),
            wrong,
            [
                ((a, b), (size[:, 0] == a) & (size[:, 1] == b))
                for a in range(1, digits + 1)
                for b in range(1, digits + 1)
            ],
        ),
    ]
    if operator == "+":
        number, longest = carries(operands, digits)
        for title, column, values in (
            ("errors by number of carries", "carries", number),
            ("errors by longest chain of carries", "longest chain", longest),
        ):
            rows = [((k,), values == k) for k in range(digits + 1)]
            tables.append(_counted(title, (column,), wrong, rows))
    return tables


def _counted(
    title: str, columns: tuple[str, ...], wrong: Array, groups: Iterable[tuple[tuple[object, ...], Array]]
) -> Table:
    rows = [
        (*name, int(group.sum()), int(wrong[group].sum()), f"{wrong[group].mean():.3%}")
        for name, group in groups
        if group.any()
    ]
    return Table(title, (*columns, "questions", "errors", "share"), rows)


def look_inside(adder: Adder, test: Exercises, digits: int, operator: str) -> Result:
    """States along the question, confidence in each character, and for sums what one carry changes.

    Args:
        adder: a trained network.
        test: exercises that nothing was learned from.
        digits: largest number of digits of generated questions.
        operator: theirs.
    """
    longest = np.strings.str_len(test.questions)
    # Questions of one length: the n-th character that is read is the same digit of the same number in all of them.
    alike = test.take(np.flatnonzero(longest == longest.max())[:400])
    states = encoder_states(adder, alike.questions)
    result = Result()
    result.pictures["states"] = state_picture(states, alike, adder)
    result.pictures["confidence"] = confidence_picture(adder, test)
    if adder.info.generated and operator == "+":
        questions = ("33+35", "34+35", "35+35") if digits > 1 else ("3+5", "4+5", "5+5")
        asked = np.array(questions)
        result.pictures["one-carry"] = carry_picture(
            adder, asked, encoder_states(adder, asked), decoder_states(adder, asked)
        )
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
