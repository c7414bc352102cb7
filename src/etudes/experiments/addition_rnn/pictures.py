"""Pictures of a network that adds: where its errors are, what it keeps in mind, how sure it is, what a carry does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from etudes.analysis.intervals import proportion_ci
from etudes.contract import Array
from etudes.experiments.addition_rnn.answers import Adder
from etudes.experiments.addition_rnn.encoding import places_of, texts_of
from etudes.experiments.addition_rnn.questions import Exercises
from etudes.views.plotting import COLOURS, figure, ink, picture

if TYPE_CHECKING:
    from PIL.Image import Image

BLUE, ORANGE = COLOURS[0], COLOURS[1]
MANY = 50_000
"""Errors from which on one pixel is enough for each."""

LEAST_DOUBT = 1e-6
"""Below it, doubt is drawn as if it were this: float32 next to 1 cannot tell it from nothing."""

NUMBERED = 8
"""Up to so many characters of an answer, doubt has room as a number too, not as a colour alone."""

PAD = "·"
"""How a space is drawn."""


def error_map(wrong: Array, new: Array, operator: str) -> Image:
    """Every ordered pair of numbers as a point of a square, white where the answer is right.

    Args:
        wrong: bool (numbers, numbers): first number, second number.
        new: bool (numbers²,): whether the pair was not trained on, in neither order.
        operator: what is done with the two numbers.
    """
    numbers, inches = len(wrong), 1000 / 110
    count = int(wrong.sum())
    new = new.reshape(wrong.shape)
    # The frame is 1000 pixels wide: for 1000 numbers one pixel a pair. Few points are drawn larger than they are.
    side = max(1000 / numbers, 1.0 if count > MANY else 2.0 if count > 10_000 else 4.0 if count > 1000 else 7.0)
    with figure(inches + 1.6, inches + 1.7) as drawn:
        drawn.set_layout_engine("none")
        width, height = drawn.get_size_inches()
        axes = drawn.add_axes((0.95 / width, 0.75 / height, inches / width, inches / height))
        for spine in axes.spines.values():
            spine.set_visible(True)
        kinds = ((wrong & ~new, ORANGE, "trained on"), (wrong & new, BLUE, "not trained on"))
        for kind, colour, name in kinds:
            # Many points are drawn as one picture below: a million marks would take long.
            first, second = np.nonzero(kind & (count <= MANY))
            label = f"{name}: {_errors(int(kind.sum()))}"
            axes.scatter(first, second, color=colour, label=label, marker="s", s=(side * 72 / 110) ** 2, linewidths=0)
        if count > MANY:
            axes.grid(visible=False)
            pixels = np.full((*wrong.shape, 3), 255, dtype=np.uint8)
            for kind, colour, _ in kinds:
                pixels[kind] = list(bytes.fromhex(colour[1:]))
            axes.imshow(pixels.transpose(1, 0, 2), origin="lower", interpolation="nearest", aspect="auto")
        axes.set_xlim(-0.5, numbers - 0.5)
        axes.set_ylim(-0.5, numbers - 0.5)
        axes.set_xlabel("first number", fontsize=14)
        axes.set_ylabel("second number", fontsize=14)
        axes.set_title(
            f"{_errors(count)} in {wrong.size:,} questions: a {operator} b for all a and b below {numbers:,}",
            fontsize=15,
            pad=34,
        )
        axes.legend(
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=2,
            frameon=False,
            fontsize=13,
            markerscale=max(1.0, 8 / side),
        )
        axes.tick_params(labelsize=12)
        return picture(drawn)


def _errors(count: int) -> str:
    return f"{count:,} error{'' if count == 1 else 's'}"


def _written(adder: Adder, question: str) -> str:
    """A question in the order in which it is read, its padding visible."""
    padded = question.ljust(adder.info.question_length).replace(" ", PAD)
    return padded[::-1] if adder.reverse else padded


def state_picture(states: Array, exercises: Exercises, path: Array, question: str, adder: Adder) -> Image:
    """The states of an LSTM along questions of one length, laid flat by principal component analysis.

    Args:
        states: float (n, question length, units).
        exercises: the n questions.
        path: the states along one question, (question length, units), drawn as a line.
        question: that question.
        adder: the network that they are from.
    """
    from matplotlib.patheffects import withStroke
    from sklearn.decomposition import PCA

    count, steps, units = states.shape
    analysis, last = PCA(2, random_state=0), PCA(2, random_state=0)
    flat = analysis.fit_transform(states.reshape(-1, units)).reshape(count, steps, 2)
    ends = last.fit_transform(states[:, -1])
    lines = (analysis.transform(path), last.transform(path[-1:]))
    halo = [withStroke(linewidth=3, foreground="white")]
    with figure(13.5, 6.2) as drawn:
        left, right = drawn.subplots(1, 2)
        for step, colour in enumerate(_shades(steps)):
            left.scatter(*flat[:, step].T, s=12, color=colour, alpha=0.55, linewidths=0, label=f"{step + 1}")
        left.plot(*lines[0].T, color="black", linewidth=1.5, marker="o", markersize=4, path_effects=halo)
        for step, (place, character) in enumerate(zip(lines[0], _written(adder, question), strict=True)):
            beside = (6, -13 if step % 2 else 5)  # two that follow each other may be near
            left.annotate(
                character, place, beside, textcoords="offset points", weight="bold", fontsize=13, path_effects=halo
            )
        left.set_title(f"after each character; the line reads “{_written(adder, question)}”")
        left.legend(
            title="characters read", frameon=False, markerscale=2, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1)
        )
        value, name = _value(exercises)
        points = right.scatter(*ends.T, c=value, cmap="viridis", s=22, linewidths=0)
        drawn.colorbar(points, ax=right, label=name)
        right.plot(*lines[1].T, "o", color="black", markersize=8, fillstyle="none", markeredgewidth=2)
        right.annotate(
            question, lines[1][0], (8, 8), textcoords="offset points", weight="bold", fontsize=11, path_effects=halo
        )
        right.set_title("after the whole question, from where the answer is written")
        for axes, found in ((left, analysis), (right, last)):
            parts = found.explained_variance_ratio_
            axes.set_xlabel(f"first component ({parts[0]:.0%} of the variance)")
            axes.set_ylabel(f"second component ({parts[1]:.0%})")
        return picture(drawn)


def _shades(steps: int) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps["viridis"](place) for place in np.linspace(0, 0.95, steps)]


def _value(exercises: Exercises) -> tuple[Array, str]:
    """A number for each exercise to colour it by, and its name."""
    if exercises.operands is not None:
        return exercises.answers.astype(np.int64), "true answer"
    return np.strings.str_len(exercises.answers), "characters of the true answer"


def confidence_picture(adder: Adder, test: Exercises, rows: int = 12) -> Image:
    """How sure the network is of each character: some questions, the least sure first, and all of them together.

    Doubt is one minus the probability of the character that is answered; drawn on a logarithmic scale, as the doubt of
    a good network is small.

    Args:
        adder: the network.
        test: exercises that nothing was learned from.
        rows: how many are shown.
    """
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    length = adder.info.answer_length
    guess = adder.answer(test.questions)
    said = places_of(guess.texts, length, adder.info.alphabet)
    right = said == places_of(test.answers, length, adder.info.alphabet)
    doubt = np.clip(1 - guess.characters.astype(np.float64), LEAST_DOUBT, 1)
    shown = np.argsort(guess.confidence, kind="stable")[:rows]
    with figure(max(11.0, 0.8 * length + 7.5), 0.38 * rows + 1.6) as drawn:
        left, axes = drawn.subplots(1, 2)
        left.grid(visible=False)
        image = left.imshow(doubt[shown], cmap="Blues", norm=LogNorm(LEAST_DOUBT, 1), aspect="auto")
        drawn.colorbar(image, ax=left, label="doubt: 1 - probability")
        for row, place in enumerate(shown):
            for column, character in enumerate(str(guess.texts[place]).ljust(length)):
                unsure, good = doubt[place, column], right[place, column]
                mark = character.replace(" ", PAD)
                text = (f"{mark}  {unsure:.1g}" if length <= NUMBERED else mark) + ("" if good else " ✗")
                colour = ink(1 - np.log(unsure) / np.log(LEAST_DOUBT))
                left.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
                if not good:
                    left.add_patch(
                        Rectangle((column - 0.48, row - 0.45), 0.96, 0.9, fill=False, color=ORANGE, linewidth=3)
                    )
        labels = [f"{test.questions[k]} = {test.answers[k]}" for k in shown]
        left.set_yticks(range(len(shown)), labels, family="monospace", fontsize=9)
        left.set_xticks(range(length), range(1, length + 1))
        left.set_xlabel("character of the answer")
        left.set_title(f"the {len(shown)} least sure of {len(test):,} test answers; ✗ is wrong", fontsize=11)
        _doubt_and_errors(axes, doubt, right)
        return picture(drawn)


def _doubt_and_errors(axes: Any, doubt: Array, right: Array) -> None:
    """Mean doubt for each character of the answer, and the share that is wrong with its 95 % interval."""
    places = np.arange(right.shape[1])
    wrong = [proportion_ci(int((~column).sum()), len(column)) for column in right.T]
    low, middle, high = (
        np.array([max(getattr(found, name), LEAST_DOUBT) for found in wrong]) for name in ("low", "estimate", "high")
    )
    axes.plot(places - 0.08, doubt.mean(axis=0), "o", color=BLUE, markersize=9, label="mean doubt")
    axes.errorbar(
        places + 0.08,
        middle,
        [middle - low, high - middle],
        fmt="s",
        color=ORANGE,
        markersize=8,
        capsize=4,
        label="share that is wrong, 95 % interval",
    )
    axes.set_yscale("log")
    axes.set_ylim(LEAST_DOUBT / 1.5, 1)
    axes.margins(x=0.2)
    axes.set_xticks(places, places + 1)
    axes.set_xlabel("character of the answer")
    axes.set_title(f"all test answers ({LEAST_DOUBT:g} stands for all below it)", fontsize=11)
    axes.legend(frameon=False, loc="upper right")


def step_picture(adder: Adder, questions: Array, reading: Array, writing: Array, made: str, moves: str) -> Image:
    """What changes in the network if one number moves by one: without a carry or borrow, and with it.

    Args:
        adder: the network.
        questions: three strings whose first number moves by one; only the last step makes a carry or borrow.
        reading: encoder states (3, question length, units).
        writing: decoder states (3, answer length, units).
        made: "carry" or "borrow".
        moves: "grows" or "shrinks".
    """
    probabilities = adder.probabilities(questions)
    answers = texts_of(probabilities.argmax(axis=-1), adder.info.alphabet)
    with figure(13.5, 6.6) as drawn:
        parts: Any = drawn.subfigures(2, 1)
        above, below = parts
        steps = np.arange(reading.shape[1] + writing.shape[1])
        axes = above.subplots()
        for first, colour, what in ((0, BLUE, f"no {made}"), (1, ORANGE, f"a {made}")):
            moved = np.concatenate(
                [np.linalg.norm(part[first + 1] - part[first], axis=1) for part in (reading, writing)]
            )
            axes.plot(
                steps, moved, color=colour, marker="o", label=f"{questions[first]} → {questions[first + 1]}: {what}"
            )
        axes.axvline(reading.shape[1] - 0.5, color="black", linewidth=0.8)
        read = _written(adder, str(questions[2]))
        answer = [f"answer {k + 1}" for k in range(writing.shape[1])]
        axes.set_xticks(steps, [*(f"reads {character}" for character in read), *answer], fontsize=9)
        axes.set_ylabel("distance of the two states")
        axes.set_ylim(bottom=0)
        axes.set_title(f"how far the state moves when the first number {moves} by one")
        axes.legend(frameon=False)
        panels = below.subplots(1, len(questions), sharey=True)
        for place, (axes, question) in enumerate(zip(panels, questions, strict=True)):
            axes.grid(visible=False)
            image = axes.imshow(probabilities[place].T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            axes.set_yticks(range(len(adder.info.alphabet)), list(adder.info.alphabet.replace(" ", PAD)), fontsize=8)
            axes.set_xticks(range(adder.info.answer_length), answer, fontsize=9)
            axes.set_title(f"{question} = {answers[place]}")
        below.colorbar(image, ax=panels, label="probability")
        return picture(drawn)
