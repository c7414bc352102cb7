"""How well a network adds, and how well its confidence matches: metrics, tables and pictures for `evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from etudes.analysis.calibration import calibration
from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array, Networks, Result, Table
from etudes.experiments.addition_rnn.pairs import MAX_LISTED_DIGITS, draw_pairs, pair_ids
from etudes.experiments.addition_rnn.pictures import error_map
from etudes.experiments.addition_rnn.predictions import Predictor, ScoredPredictions, score
from etudes.experiments.addition_rnn.questions import Examples, TextData
from etudes.experiments.addition_rnn.study import AdditionSettings, make_examples, training_pairs
from etudes.experiments.addition_rnn.tables import error_tables, length_tables, origin_table, percent
from etudes.training.rng import rng
from etudes.views.calibration import reliability_diagram

ROWS = 100_000
"""Questions that are generated at a time when every possible one is evaluated."""

SAMPLE = 100_000
"""Questions that are evaluated where there are too many for all."""

LISTED_ERRORS = 10
"""Wrong answers that are listed."""


def evaluate(networks: Networks, data: TextData, settings: AdditionSettings) -> Result:
    """Exact match and character accuracy on the test pairs, then on every possible question or on a sample of them.

    Of numbers of up to 3 digits every ordered pair is evaluated; above, `SAMPLE` pairs that were never trained on.
    """
    predictor = Predictor(networks["adder"], data.info, settings)
    test = score(predictor, data.test)
    result = Result({"exact_match": float((~test.wrong).mean()), "character_accuracy": float(test.correct.mean())})
    result.metrics |= {"errors": int(test.wrong.sum()), "questions": len(test.wrong)}
    sets = {"test pairs": test}
    further = settings.exhaustive and data.info.generated
    if further and settings.digits <= MAX_LISTED_DIGITS:
        scored, examples, new = _evaluate_all_pairs(result, predictor, data)
    else:
        scored, drawn = test, data.test
        if further:
            drawn = draw_untrained(SAMPLE, data, settings)
            scored = sets["sample of pairs never trained on"] = score(predictor, drawn)
            _add_metrics(result, "sampled", scored.wrong)
        examples, new = drawn.take, np.ones(len(drawn), dtype=bool)
        if drawn.operands is None:
            result.tables += length_tables(scored.wrong, drawn)
        else:
            result.tables += error_tables(scored.wrong, drawn.operands, settings.operator, sample=True)
    result.tables.insert(0, _exact_match_table(sets))
    _add_calibration(result, scored, new)
    if scored.wrong.any():
        result.tables.append(_wrong_answers(scored, examples))
    return result


def _evaluate_all_pairs(
    result: Result, predictor: Predictor, data: TextData
) -> tuple[ScoredPredictions, Callable[[Array], Examples], NDArray[np.bool_]]:
    """Evaluate all, add the results; gives the predictions, the examples by index, and which were not trained on."""
    settings, numbers = predictor.settings, 10**predictor.settings.digits
    scored, origin = score_all_pairs(predictor), origin_of_pairs(data, settings)
    _add_metrics(result, "exhaustive", scored.wrong)
    result.tables.append(origin_table(scored.wrong, origin))
    result.tables += error_tables(scored.wrong, all_pairs(numbers), settings.operator, sample=False)
    wrong = scored.wrong.reshape(numbers, numbers)
    result.drawings["error-map"] = lambda: error_map(wrong, origin > 0, settings.operator)
    return scored, lambda indices: make_examples(all_pairs(numbers, indices), settings.operator), origin > 0


def all_pairs(numbers: int, indices: Array | None = None) -> NDArray[np.int64]:
    """The pairs of numbers (n, 2) at some indices of the table of all ordered pairs, row by row; by default all."""
    indices = np.arange(numbers**2) if indices is None else indices
    return np.stack([indices // numbers, indices % numbers], axis=1)


def score_all_pairs(predictor: Predictor) -> ScoredPredictions:
    """Score every possible question, in the order of `all_pairs`."""
    pairs, operator = all_pairs(10**predictor.settings.digits), predictor.settings.operator
    parts = [score(predictor, make_examples(pairs[k : k + ROWS], operator)) for k in range(0, len(pairs), ROWS)]
    fields = zip(*((part.texts, part.characters, part.correct, part.written) for part in parts), strict=True)
    return ScoredPredictions(*map(np.concatenate, fields))


def _trained_on(data: TextData, settings: AdditionSettings) -> Iterator[NDArray[np.int64]]:
    """The pairs of numbers of each epoch, one epoch at a time: thirty of them would fill 350 MB."""
    for epoch in range(settings.epochs if settings.fresh else 1):
        operands = training_pairs(data, settings, epoch).operands
        assert operands is not None
        yield operands


def origin_of_pairs(data: TextData, settings: AdditionSettings) -> NDArray[np.int64]:
    """For every ordered pair 0 if it was trained on in either order, 1 if held out, 2 if never drawn."""
    origin = np.full((10**settings.digits,) * 2, 2)
    for pairs, value in chain(((pairs, 0) for pairs in _trained_on(data, settings)), [(data.held_out_pairs(), 1)]):
        first, second = pairs.T
        origin[first, second] = origin[second, first] = value
    return origin.reshape(-1)


def draw_untrained(count: int, data: TextData, settings: AdditionSettings) -> Examples:
    """Examples of different pairs that no epoch trained on in either order, otherwise distributed as by `draw_pairs`.

    There are fewer than `count` where nearly all that are drawn were trained on.
    """
    drawn = draw_pairs(4 * count, settings.digits, rng(settings.seed, "sampled questions"))
    new, ids = np.ones(len(drawn), dtype=bool), pair_ids(drawn)
    for pairs in _trained_on(data, settings):
        new &= ~np.isin(ids, pair_ids(pairs))
    return make_examples(drawn[new][:count], settings.operator)


def _add_metrics(result: Result, name: str, wrong: Array) -> None:
    result.metrics[f"{name}_exact_match"] = float((~wrong).mean())
    result.metrics[f"{name}_errors"] = int(wrong.sum())
    result.metrics[f"{name}_questions"] = len(wrong)


def _exact_match_table(sets: dict[str, ScoredPredictions]) -> Table:
    rows = []
    for name, scored in sets.items():
        found = proportion_ci(int((~scored.wrong).sum()), len(scored.wrong))
        rows.append((name, len(scored.wrong), percent(found.estimate), percent(found.low), percent(found.high)))
    return Table("right in all characters", ("of", "questions", "share", "95 % from", "95 % to"), rows)


def _add_calibration(result: Result, scored: ScoredPredictions, new: Array) -> None:
    """Confidence against accuracy, over the characters of questions that were not trained on."""
    written = scored.written & new[:, None]
    found = calibration(scored.characters[written], scored.correct[written])
    result.metrics["calibration_error"] = found.expected_error
    result.drawings["calibration"] = lambda: reliability_diagram(
        found.edges,
        found.counts,
        found.accuracy,
        found.bounds,
        found.expected_error,
        f"{int(written.sum()):,} new characters",
    )
    rows = []
    for index, chosen in enumerate(written.T):
        if chosen.any():
            confidence, correct = scored.characters[chosen, index], scored.correct[chosen, index]
            share = proportion_ci(int(correct.sum()), len(correct))
            error = calibration(confidence, correct).expected_error
            numbers = (float(confidence.mean(dtype=np.float64)), share.estimate, share.low, share.high, error)
            rows.append((index + 1, len(correct), *map(percent, numbers)))
    columns = ("character", "written", "mean confidence", "right", "95 % from", "95 % to", "calibration error")
    result.tables.append(Table("confidence and accuracy by character of the answer, without padding", columns, rows))


def _wrong_answers(scored: ScoredPredictions, examples: Callable[[Array], Examples]) -> Table:
    """The wrong answers with the highest confidence."""
    confidence, indices = scored.confidence, np.flatnonzero(scored.wrong)
    indices = indices[np.argsort(-confidence[indices], kind="stable")][:LISTED_ERRORS]
    shown = examples(indices)
    texts = (shown.questions.tolist(), shown.answers.tolist(), scored.texts[indices].tolist())
    rows = list(zip(*texts, map(percent, confidence[indices].tolist()), strict=True))
    more = f", the {len(rows)} of highest confidence" if scored.wrong.sum() > len(rows) else ""
    return Table(f"wrong answers{more}", ("question", "truth", "answer", "confidence"), rows)
