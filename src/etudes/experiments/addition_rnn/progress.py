"""What training shows after each epoch, held-out questions with their answers; and how far a file of questions is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from etudes.experiments.addition_rnn.batch_encoding import Texts
from etudes.experiments.addition_rnn.questions import Examples
from etudes.views.progress import on_terminal, progress_for

FEW = 10_000
"""Up to so many questions take seconds: no progress is shown."""


def answers_table(examples: Examples, predictions: Texts) -> Text:
    """A line for each question: ✓ or ✗, question, true answer, prediction in green or red."""
    question, answer = (max(map(len, texts.tolist())) for texts in (examples.questions, examples.answers))
    lines = []
    for asked, truth, predicted in zip(examples.questions, examples.answers, predictions, strict=True):
        mark, colour = ("✓", "green") if truth == predicted else ("✗", "red")
        line = Text.assemble((f"{mark} ", f"bold {colour}"), f"{asked:<{question}} = {truth:<{answer}}  ")
        lines.append(line.append(str(predicted), style=colour))
    return Text("\n").join(lines)


@contextmanager
def counting(total: int, what: str, quiet: bool) -> Iterator[Callable[[], None]]:
    """Shows on standard error how many of so many are done: a bar in a terminal, elsewhere a line for each tenth."""
    progress, step, done = progress_for(Console(stderr=True), quiet or total <= FEW), max(1, total // 100), 0

    def advance() -> None:
        nonlocal done
        done += 1
        if done % step == 0:
            progress.on_batch_end(step, {})
            if done % (10 * step) == 0 and not on_terminal(sys.stderr):
                progress.message(f"{done:,} of {total:,} {what} answered")

    with progress:
        progress.on_phase_begin(what, 1, 0)
        progress.on_epoch_begin(0, total)
        yield advance
