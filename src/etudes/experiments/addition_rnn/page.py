"""What the page of a run holds: questions to begin with, and those that it gets wrong or is least sure of."""

from __future__ import annotations

from typing import Any

import numpy as np

from etudes.contract import SharedRun
from etudes.experiments.addition_rnn.predictions import Predictor, score
from etudes.experiments.addition_rnn.questions import Examples, TextInfo
from etudes.experiments.addition_rnn.study import AdditionSettings

SHOWN = 12
"""Questions of the test split that a page shows."""


def networks(info: TextInfo, settings: AdditionSettings) -> tuple[str, ...]:
    """The one network."""
    return ("adder",)


def is_private(info: TextInfo, settings: AdditionSettings) -> bool:
    """Whether the questions are a person's own."""
    return not info.generated


def content(shared: SharedRun) -> dict[str, Any]:
    """See `Content` in page.ts."""
    info, settings = shared.info, shared.settings
    found = _least_sure(shared) if shared.data is not None else {"mistakes": [], "wrong": 0, "questions": 0}
    return {
        "alphabet": info.alphabet,
        "questionAlphabet": info.question_alphabet or info.alphabet,
        "questionLength": info.question_length,
        "answerLength": info.answer_length,
        "reverse": settings.reverse,
        "generated": info.generated,
        "operator": settings.operator,
        "digits": settings.digits,
        "examples": _examples(shared),
        **found,
    }


def _examples(shared: SharedRun) -> list[str]:
    """Questions to begin with: sums with a carry and without, or test questions, or characters of the alphabet."""
    info, settings = shared.info, shared.settings
    if info.generated:
        largest, sign = 10**settings.digits - 1, settings.operator
        pairs = [(35, 35), (123, 456), (999, 1), (7, 8), (3, 5), (9, 1), (4, 4)]
        known = [f"{one}{sign}{other}" for one, other in pairs if max(one, other) <= largest]
        return known[:4]
    if shared.data is not None:
        return [str(question) for question in shared.data.test.questions[:4]]
    return [(info.question_alphabet or info.alphabet).replace(" ", "")[: min(info.question_length, 12)]]


def _least_sure(shared: SharedRun) -> dict[str, Any]:
    """The test questions that the network gets wrong, the most confident first; then those it is least sure of."""
    test: Examples = shared.data.test  # type: ignore[union-attr]
    scored = score(Predictor(shared.networks["adder"], shared.info, shared.settings), test)
    confidence = np.where(scored.wrong, -1 - scored.confidence, scored.confidence)
    order = np.argsort(confidence, kind="stable")[:SHOWN]
    mistakes = [
        {
            "question": str(test.questions[k]),
            "truth": str(test.answers[k]),
            "answer": str(scored.texts[k]),
            "confidence": float(scored.confidence[k]),
        }
        for k in order
    ]
    return {"mistakes": mistakes, "wrong": int(scored.wrong.sum()), "questions": len(test)}
