"""Plots: where errors are, the states of the LSTMs, the confidence in each character, what a carry changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array
from etudes.experiments.addition_rnn.predictions import Predictor, ScoredPredictions
from etudes.experiments.addition_rnn.questions import Examples
from etudes.views.plotting import COLOURS, figure, ink, installed_fallbacks, picture

if TYPE_CHECKING:
    from PIL.Image import Image

BLUE, ORANGE = COLOURS[0], COLOURS[1]
DPI = 110
"""Pixels per inch of the project's plots."""

MIN_DOUBT = 1e-6
"""Smaller doubts are drawn as this one: float32 next to 1 cannot tell them from zero."""

PAD = "·"
"""How a space is drawn."""


def error_map(wrong: Array, new: Array, operator: str) -> Image:
    """Every ordered pair of numbers as a point of a square, white where the answer is right.

    Args:
        wrong: bool (numbers, numbers): first number, second number.
        new: bool (numbers²,): whether the pair was not trained on, in either order.
        operator: what is done with the two numbers.
    """
    count, numbers, inches = int(wrong.sum()), len(wrong), 1000 / DPI
    new = new.reshape(wrong.shape)
    # The square is 1000 pixels wide: for 1000 numbers one pixel a pair. Where there are few errors, they are enlarged.
    side = max(1000 / numbers, 1.0 if count > 50_000 else 2.0 if count > 10_000 else 4.0 if count > 1000 else 7.0)
    with figure(inches + 1.6, inches + 1.7) as drawn:
        drawn.set_layout_engine("none")
        width, height = drawn.get_size_inches()
        axes = drawn.add_axes((0.95 / width, 0.75 / height, inches / width, inches / height))
        axes.spines[:].set_visible(True)
        axes.grid(visible=False)
        for kind, colour, name in ((wrong & ~new, ORANGE, "trained on"), (wrong & new, BLUE, "not trained on")):
            label = f"{name}: {_errors(int(kind.sum()))}"
            axes.plot(*np.nonzero(kind), "s", color=colour, label=label, ms=side * 72 / DPI, mew=0)
        axes.set(xlim=(-0.5, numbers - 0.5), ylim=(-0.5, numbers - 0.5))
        axes.set_xlabel("first number", fontsize=14)
        axes.set_ylabel("second number", fontsize=14)
        what = f"{wrong.size:,} questions: a {operator} b for all a and b below {numbers:,}"
        axes.set_title(f"{_errors(count)} in {what}", fontsize=15, pad=34)
        place: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 2}
        axes.legend(**place, frameon=False, fontsize=13, markerscale=max(1.0, 8 / side))
        axes.tick_params(labelsize=12)
        return picture(drawn)


def _errors(count: int) -> str:
    return f"{count:,} error{'' if count == 1 else 's'}"


def _as_read(predictor: Predictor, question: str) -> str:
    """A question in the order in which the network reads it, its padding visible."""
    padded = question.ljust(predictor.info.question_length).replace(" ", PAD)
    return padded[::-1] if predictor.settings.reverse else padded


def state_picture(states: Array, examples: Examples, path: Array, question: str, predictor: Predictor) -> Image:
    """The states of an LSTM along questions of one length, projected by principal component analysis.

    Args:
        states: float (n, question length, units).
        examples: the n questions with their answers.
        path: the states along one question, (question length, units), drawn as a line.
        question: that question.
        predictor: the network whose states they are.
    """
    from matplotlib import colormaps
    from matplotlib.patheffects import withStroke
    from sklearn.decomposition import PCA

    count, steps, units = states.shape
    all_steps, last_step = PCA(2, random_state=0), PCA(2, random_state=0)
    points = all_steps.fit_transform(states.reshape(-1, units)).reshape(count, steps, 2)
    ends = last_step.fit_transform(states[:, -1])
    line, end = all_steps.transform(path), last_step.transform(path[-1:])[0]
    halo = [withStroke(linewidth=3, foreground="white")]
    label: dict[str, Any] = {"textcoords": "offset points", "weight": "bold", "path_effects": halo}
    read = _as_read(predictor, question)
    if examples.operands is None:
        value, name = np.strings.str_len(examples.answers), "characters of the true answer"
    else:
        value, name = examples.answers.astype(np.int64), "true answer"
    with figure(13.5, 6.2) as drawn:
        left, right = drawn.subplots(1, 2)
        for step, shade in enumerate(np.linspace(0, 0.95, steps)):
            colour = colormaps["viridis"](shade)
            left.scatter(*points[:, step].T, s=12, color=colour, alpha=0.55, linewidths=0, label=f"{step + 1}")
        left.plot(*line.T, color="black", linewidth=1.5, marker="o", markersize=4, path_effects=halo)
        for step, (point, character) in enumerate(zip(line, read, strict=True)):
            beside = (6, -13 if step % 2 else 5)  # successive points may be near each other
            left.annotate(character, point, beside, fontsize=13, **label)
        left.set_title(f"after each character; the line reads “{read}”")
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
        left.legend(title="characters read", frameon=False, markerscale=2, fontsize=9, **place)
        coloured = right.scatter(*ends.T, c=value, cmap="viridis", s=22, linewidths=0)
        drawn.colorbar(coloured, ax=right, label=name)
        right.plot(*end, "o", color="black", markersize=8, fillstyle="none", markeredgewidth=2)
        right.annotate(question, end, (8, 8), fontsize=11, **label)
        right.set_title("after the whole question: the input of the decoder")
        for axes, found in ((left, all_steps), (right, last_step)):
            first, second = found.explained_variance_ratio_
            axes.set_xlabel(f"first component ({first:.0%} of the variance)")
            axes.set_ylabel(f"second component ({second:.0%})")
        return picture(drawn)


def confidence_picture(scored: ScoredPredictions, test: Examples, rows: int = 12) -> Image:
    """The doubt in each character: the answers of lowest confidence, and all of them together.

    Doubt is one minus the probability of the predicted character, on a logarithmic scale, as a good network's is small.

    Args:
        scored: predictions for the examples.
        test: examples that were not trained on.
        rows: how many answers are shown.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    length = scored.correct.shape[1]
    doubt = np.clip(1 - scored.characters.astype(np.float64), MIN_DOUBT, 1)
    shown = np.argsort(scored.confidence, kind="stable")[:rows]
    with figure(max(11.0, 0.8 * length + 7.5), 0.38 * rows + 1.6) as drawn:
        left, right = drawn.subplots(1, 2)
        left.grid(visible=False)
        image = left.imshow(doubt[shown], cmap="Blues", norm=LogNorm(MIN_DOUBT, 1), aspect="auto")
        drawn.colorbar(image, ax=left, label="doubt: 1 - probability")
        for (row, column), value in np.ndenumerate(doubt[shown]):
            character = str(scored.texts[shown[row]]).ljust(length)[column].replace(" ", PAD)
            correct = scored.correct[shown[row], column]
            number = f"  {value:.1g}" if length <= 8 else ""  # longer answers have room for the colour only
            colour = ink(1 - np.log(value) / np.log(MIN_DOUBT))
            text = f"{character}{number}{'' if correct else ' ✗'}"
            left.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
            if not correct:
                frame = Rectangle((column - 0.48, row - 0.45), 0.96, 0.9, fill=False, color=ORANGE, linewidth=3)
                left.add_patch(frame)
        labels = [f"{test.questions[k]} = {test.answers[k]}" for k in shown]
        left.set_yticks(range(len(shown)), labels, family=["DejaVu Sans Mono", *installed_fallbacks()], fontsize=9)
        left.set_xticks(range(length), range(1, length + 1))
        left.set_xlabel("character of the answer")
        title = f"the {len(shown)} of lowest confidence among {len(test):,} test answers; ✗ is wrong"
        left.set_title(title, fontsize=11)
        _doubt_and_errors(right, doubt, scored.correct)
        return picture(drawn)


def _doubt_and_errors(axes: Any, doubt: Array, correct: Array) -> None:
    """Mean doubt in each character of the answer, and the share that is wrong with its 95 % interval."""
    columns = np.arange(correct.shape[1])
    wrong = [proportion_ci(int((~column).sum()), len(column)) for column in correct.T]
    low, share, high = np.maximum([(found.low, found.estimate, found.high) for found in wrong], MIN_DOUBT).T
    axes.plot(columns - 0.08, doubt.mean(axis=0), "o", color=BLUE, markersize=9, label="mean doubt")
    label, style = "share that is wrong, 95 % interval", {"fmt": "s", "color": ORANGE, "markersize": 8, "capsize": 4}
    axes.errorbar(columns + 0.08, share, [share - low, high - share], **style, label=label)
    axes.set(yscale="log", ylim=(MIN_DOUBT / 1.5, 1), xlabel="character of the answer")
    axes.margins(x=0.2)
    axes.set_xticks(columns, columns + 1)
    axes.set_title(f"all test answers ({MIN_DOUBT:g} stands for all below it)", fontsize=11)
    axes.legend(frameon=False, loc="upper right")


def step_picture(predictor: Predictor, questions: Array, states: Array, event: str) -> Image:
    """What changes in the network when the first number changes by one, with and without a carry or borrow.

    Args:
        predictor: the network.
        questions: three strings whose first number changes by one; only the last step makes a carry or borrow.
        states: of encoder and decoder, (3, question length + answer length, units).
        event: "carry" or "borrow".
    """
    info, probabilities = predictor.info, predictor.probabilities(questions)
    answers = predictor.predict(questions).texts
    with figure(13.5, 6.6) as drawn:
        parts: Any = drawn.subfigures(2, 1)
        above, below = parts
        axes = above.subplots()
        for first, colour, what in ((0, BLUE, f"no {event}"), (1, ORANGE, f"a {event}")):
            distance = np.linalg.norm(states[first + 1] - states[first], axis=1)
            label = f"{questions[first]} → {questions[first + 1]}: {what}"
            axes.plot(distance, color=colour, marker="o", label=label)
        axes.axvline(info.question_length - 0.5, color="black", linewidth=0.8)
        read = [f"reads {character}" for character in _as_read(predictor, str(questions[2]))]
        answer = [f"answer {k + 1}" for k in range(info.answer_length)]
        axes.set_xticks(range(states.shape[1]), read + answer, fontsize=9)
        axes.set_ylabel("distance of the two states")
        axes.set_ylim(bottom=0)
        change = "grows" if event == "carry" else "shrinks"
        axes.set_title(f"how far the state moves when the first number {change} by one")
        axes.legend(frameon=False)
        panels = below.subplots(1, len(questions), sharey=True)
        for row, (axes, question) in enumerate(zip(panels, questions, strict=True)):
            axes.grid(visible=False)
            image = axes.imshow(probabilities[row].T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            axes.set_yticks(range(len(info.alphabet)), list(info.alphabet.replace(" ", PAD)), fontsize=8)
            axes.set_xticks(range(info.answer_length), answer, fontsize=9)
            axes.set_title(f"{question} = {answers[row]}")
        below.colorbar(image, ax=panels, label="probability")
        return picture(drawn)
