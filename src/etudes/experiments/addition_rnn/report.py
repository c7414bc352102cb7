"""How well a network adds, and how well it knows it: metrics, tables and pictures for `evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.calibration import calibration
from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array, Result, Table
from etudes.experiments.addition_rnn.answers import Adder
from etudes.experiments.addition_rnn.encoding import Texts, places_of
from etudes.experiments.addition_rnn.pictures import error_map
from etudes.experiments.addition_rnn.questions import (
    LISTED_DIGITS,
    Exercises,
    TextData,
    draw_unlearned_pairs,
    write_exercises,
)
from etudes.experiments.addition_rnn.tables import error_tables, length_tables, origin_table, percent
from etudes.views.calibration import reliability_diagram

ROWS_AT_ONCE = 100_000
"""Questions that are written out at a time when all are asked."""

SAMPLE = 100_000
"""Questions that are asked where there are too many to ask all."""

SHOWN = 10
"""Wrong answers that are listed."""


@dataclass(frozen=True)
class Marked:
    """The answers to n questions, marked character by character."""

    texts: Texts
    """What was answered, (n,)."""
    sure: NDArray[np.float32]
    """Probability that the network gives to each character of its answer, (n, answer length)."""
    right: NDArray[np.bool_]
    """Whether that character is right, (n, answer length); padding is a character too."""
    written: NDArray[np.bool_]
    """Whether it is more than padding, in the answer or in the truth, (n, answer length)."""

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether the answer is not right in all characters, (n,)."""
        return np.asarray(~self.right.all(axis=1))


def mark(adder: Adder, exercises: Exercises) -> Marked:
    """Ask some questions and mark the answers."""
    guess, length, alphabet = adder.answer(exercises.questions), adder.info.answer_length, adder.info.alphabet
    said, truth = (places_of(texts, length, alphabet) for texts in (guess.texts, exercises.answers))
    space = alphabet.index(" ")
    return Marked(guess.texts, guess.characters, said == truth, (said != space) | (truth != space))


def mark_everything(adder: Adder, digits: int, operator: str) -> Marked:
    """Ask every question there is, row by row of the table of all ordered pairs of numbers."""
    parts = []
    for start in range(0, 100**digits, ROWS_AT_ONCE):
        places = np.arange(start, min(start + ROWS_AT_ONCE, 100**digits))
        parts.append(mark(adder, write_exercises(all_operands(places, 10**digits), operator)))
    fields = ("texts", "sure", "right", "written")
    return Marked(*(np.concatenate([getattr(part, field) for part in parts]) for field in fields))


def evaluate_answers(
    adder: Adder, data: TextData, learned: Iterable[Exercises], digits: int, operator: str, random: np.random.Generator
) -> Result:
    """Exact match and character accuracy on the test pairs, then on every question there is or on a sample of them.

    Args:
        adder: a trained network.
        data: what it was trained on.
        learned: the exercises of each epoch; not looked at if digits is 0.
        digits: largest number of digits of the further questions: up to 3, all are asked, above, `SAMPLE` of those
            that were never trained on; 0 asks no further ones.
        operator: of generated questions.
        random: where the sample comes from.
    """
    test = mark(adder, data.test)
    result = Result({"exact_match": float((~test.wrong).mean()), "character_accuracy": float(test.right.mean())})
    result.metrics |= {"errors": int(test.wrong.sum()), "questions": len(test.wrong)}
    sets = [("test pairs", test)]
    if 0 < digits <= LISTED_DIGITS:
        asked, exercises, new = _ask_everything(result, adder, origin(data, learned, 10**digits), digits, operator)
    else:
        asked, drawn = test, data.test
        if digits:
            drawn = write_exercises(draw_unlearned_pairs(SAMPLE, digits, learned, random), operator)
            asked = mark(adder, drawn)
            sets.append(("sample of pairs never trained on", asked))
            _add_figures(result, "sampled", asked.wrong)
        exercises, new = drawn.take, np.ones(len(drawn), dtype=bool)
        if drawn.operands is None:
            result.tables += length_tables(asked.wrong, drawn)
        else:
            result.tables += error_tables(asked.wrong, drawn.operands, operator, sample=True)
    result.tables.insert(0, _shares([(name, part.wrong) for name, part in sets]))
    _add_calibration(result, asked, new)
    if asked.wrong.any():
        result.tables.append(_wrong_answers(asked, exercises))
    return result


def _ask_everything(
    result: Result, adder: Adder, kind: Array, digits: int, operator: str
) -> tuple[Marked, Callable[[Array], Exercises], NDArray[np.bool_]]:
    """Ask all, add what came out, and give the marks, how to write questions out, and which were not trained on."""
    numbers = 10**digits
    asked, new = mark_everything(adder, digits, operator), kind > 0
    _add_figures(result, "exhaustive", asked.wrong)
    result.tables.append(origin_table(asked.wrong, kind))
    result.tables += error_tables(asked.wrong, all_operands(np.arange(len(kind)), numbers), operator, sample=False)
    result.pictures["error-map"] = error_map(asked.wrong.reshape(numbers, numbers), new, operator)
    return asked, lambda places: write_exercises(all_operands(places, numbers), operator), new


def _add_figures(result: Result, name: str, wrong: Array) -> None:
    result.metrics[f"{name}_exact_match"] = float((~wrong).mean())
    result.metrics[f"{name}_errors"] = int(wrong.sum())
    result.metrics[f"{name}_questions"] = len(wrong)


def _shares(sets: Iterable[tuple[str, Array]]) -> Table:
    rows = []
    for name, wrong in sets:
        found = proportion_ci(int((~wrong).sum()), len(wrong))
        rows.append((name, len(wrong), percent(found.estimate), percent(found.low), percent(found.high)))
    return Table("right in all characters", ("of", "questions", "share", "95 % from", "95 % to"), rows)


def _add_calibration(result: Result, asked: Marked, new: Array) -> None:
    """How sure the network is against how often it is right, over characters of questions not trained on."""
    written = asked.written & new[:, None]
    found = calibration(asked.sure[written], asked.right[written])
    of = f"{int(written.sum()):,} new characters"
    result.metrics["calibration_error"] = found.expected_error
    result.pictures["calibration"] = reliability_diagram(
        found.edges, found.counts, found.accuracy, found.bounds, found.expected_error, of
    )
    rows = []
    for place, chosen in enumerate(written.T):
        if chosen.any():
            sure, right = asked.sure[chosen, place], asked.right[chosen, place]
            shown = proportion_ci(int(right.sum()), len(right))
            shares = (float(sure.mean(dtype=np.float64)), shown.estimate, shown.low, shown.high)
            apart = calibration(sure, right).expected_error
            rows.append((place + 1, len(right), *map(percent, (*shares, apart))))
    columns = ("character", "written", "mean confidence", "right", "95 % from", "95 % to", "calibration error")
    result.tables.append(Table("confidence and truth by character of the answer, without padding", columns, rows))


def _wrong_answers(asked: Marked, exercises: Callable[[Array], Exercises]) -> Table:
    sure = asked.sure.prod(axis=1)
    places = np.flatnonzero(asked.wrong)
    places = places[np.argsort(-sure[places], kind="stable")][:SHOWN]
    shown = exercises(places)
    cells = (shown.questions.tolist(), shown.answers.tolist(), asked.texts[places].tolist())
    rows = [(*texts, percent(float(p))) for *texts, p in zip(*cells, sure[places], strict=True)]
    title = f"wrong answers, the {len(rows)} surest" if asked.wrong.sum() > len(rows) else "wrong answers"
    return Table(title, ("question", "truth", "answer", "confidence"), rows)


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
