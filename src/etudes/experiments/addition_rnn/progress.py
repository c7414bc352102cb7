"""What training shows after each epoch: held-out questions with their true and predicted answers."""

from __future__ import annotations

from rich.text import Text

from etudes.experiments.addition_rnn.batch_encoding import Texts
from etudes.experiments.addition_rnn.questions import Examples


def answers_table(examples: Examples, predictions: Texts) -> Text:
    """A line for each question: ✓ or ✗, question, true answer, prediction in green or red."""
    question, answer = (max(map(len, texts.tolist())) for texts in (examples.questions, examples.answers))
    lines = []
    for asked, truth, predicted in zip(examples.questions, examples.answers, predictions, strict=True):
        mark, colour = ("✓", "green") if truth == predicted else ("✗", "red")
        line = Text.assemble((f"{mark} ", f"bold {colour}"), f"{asked:<{question}} = {truth:<{answer}}  ")
        lines.append(line.append(str(predicted), style=colour))
    return Text("\n").join(lines)
