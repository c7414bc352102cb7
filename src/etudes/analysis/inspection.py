"""What classifiers of pictures are asked when one looks inside: why an answer, at which rate, and what was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from etudes.analysis.classification import losses, predict
from etudes.analysis.learning_rates import range_test, rising
from etudes.analysis.saliency import Explainer, explain
from etudes.contract import Array, ImageInfo, Images, Result, Table
from etudes.data import fit_picture, open_picture
from etudes.errors import UserError, unknown
from etudes.views.grids import picture_grid
from etudes.views.rates import rates_picture
from etudes.views.saliency import saliency_sheet


def check_look(info: ImageInfo, picture: str | None, target: str | None) -> None:
    """Whether a picture can be opened, and whether a class is known; no network is needed for that.

    Raises:
        UserError: not so.
    """
    if target is not None and target not in info.class_names:
        raise unknown("class", target, info.class_names)
    if picture is not None:
        open_picture(picture)


def to_look_at(network: Any, info: ImageInfo, picture: str | None, test: Images | None) -> tuple[Array, list[str]]:
    """The pictures that are explained, and what they are where that is known.

    Args:
        network: the classifier.
        info: what it learned from.
        picture: a picture file; None for test pictures: the first three, and the three most expensive mistakes.
        test: these; not looked at where a picture is named.

    Returns:
        uint8 (n, height, width, channels), and the name of the true class of each, or "".
    """
    if picture is not None:
        return fit_picture(open_picture(picture), info)[None], [""]
    assert test is not None
    said = predict(network, test.pictures)
    loss = losses(said, test.labels)
    wrong = np.flatnonzero(said.classes != test.labels)
    dearest = wrong[np.argsort(-loss[wrong], kind="stable")][:3]
    chosen = np.concatenate([np.arange(min(3, len(test))), dearest])
    chosen = chosen[np.sort(np.unique(chosen, return_index=True)[1])]
    return test.pictures[chosen], [info.class_names[label] for label in test.labels[chosen]]


def saliency(
    network: Any, class_names: Sequence[str], pictures: Array, truths: Sequence[str], target: str | None = None
) -> Result:
    """Why a classifier answers as it does: a sheet, and a table of the scores that the attributions add up to.

    Args:
        network: pictures in, probabilities out.
        class_names: one for each output.
        pictures: uint8 (n, height, width, channels).
        truths: name of the true class of each picture, or "".
        target: the class to explain; None for the one that is answered.
    """
    said, explainer = predict(network, pictures), Explainer(network)
    explained, rows = [], []
    for number, (picture, truth) in enumerate(zip(pictures, truths, strict=True), start=1):
        answer = int(said.classes[number - 1])
        place = class_names.index(target) if target is not None else answer
        name, why = class_names[answer], class_names[place]
        caption = f"{number}: {name[:24]} {said.confidence[number - 1]:.0%}"
        caption += f", is {truth[:24]}" if truth and truth != name else ""
        one = explain(explainer, picture, place, f"{caption}\nwhy {why[:24]}?")
        explained.append(one)
        share = float(said.probabilities[number - 1, place])
        rows.append((number, truth, name, why, share, one.score, one.baseline, one.gap))
    columns = ("picture", "is", "answered", "explained", "probability", "score", "score of nothing", "error of the sum")
    return Result(
        tables=[Table("why: what integrated gradients add up to", columns, rows)],
        pictures={"saliency": saliency_sheet(explained)},
    )


def augmentation_sheet(train: Images, shown: Callable[[int], tuple[Array, Array]], epochs: int = 7) -> Any:
    """What a training really sees of its first eight pictures: a row each, first as they are, then epoch by epoch.

    Args:
        train: the training pictures.
        shown: epoch → the pictures of that epoch as they are learned from, and their places in `train`.
        epochs: how many of them.
    """
    count = min(8, len(train))
    columns, captions = [train.pictures[:count]], ["as it is"]
    for epoch in range(epochs):
        pictures, places = shown(epoch)
        where = np.argsort(places, kind="stable")
        columns.append(pictures[where[:count]])
        captions.append(f"epoch {epoch + 1}")
    tiles = np.stack(columns, axis=1).reshape(-1, *train.pictures.shape[1:])
    scale = max(1, round(84 / train.pictures.shape[2]))
    return picture_grid(tiles, epochs + 1, captions=captions * count, scale=scale)


LOWEST_RATE, HIGHEST_RATE, RATE_STEPS = 1e-6, 10.0, 300
"""The range of the test of learning rates, and its steps."""


def learning_rates(
    network: Any, make_optimizer: Callable[[Any], Any], loss: Any, shown: tuple[Array, Array], batch: int, own: float
) -> Result:
    """Which learning rate a training could take: Smith's range test.

    Args:
        network: freshly built; it is spoilt afterwards.
        make_optimizer: learning rate or schedule → the optimiser of the run.
        loss: the run's.
        shown: inputs and targets, taken from the beginning again where they end.
        batch: examples a step.
        own: the rate that the run was trained with.

    Raises:
        UserError: even the first steps diverge.
    """
    network.compile(optimizer=make_optimizer(rising(LOWEST_RATE, HIGHEST_RATE, RATE_STEPS)), loss=loss)
    count = len(shown[1])

    def next_batch(step: int) -> tuple[Array, Array]:
        places = np.arange(step * batch, (step + 1) * batch) % count
        return shown[0][places], shown[1][places]

    found = range_test(network, next_batch, lowest=LOWEST_RATE, highest=HIGHEST_RATE, steps=RATE_STEPS)
    if len(found.rates) < 10:
        raise UserError(f"the loss is not finite at a learning rate of {LOWEST_RATE:g}: nothing can be said of rates")
    marks = {
        f"falls fastest: {found.steepest:.2g}": found.steepest,
        f"suggested, a tenth of the lowest: {found.suggested:.2g}": found.suggested,
        f"lowest: {found.lowest:.2g}": found.lowest,
        f"this run's: {own:.2g}": own,
    }
    line = (
        f"{len(found.rates)} steps on a fresh network while the rate rose from {LOWEST_RATE:g}: the loss falls fastest "
        f"at {found.steepest:.2g} and is lowest at {found.lowest:.2g}; a tenth of that, {found.suggested:.2g}, is "
        "worth a try. The run itself was not touched."
    )
    return Result(
        metrics={"suggested_rate": found.suggested, "rate_of_lowest_loss": found.lowest, "rate_of_this_run": own},
        pictures={"learning-rates": rates_picture(found.rates, found.losses, found.smooth, marks)},
        lines=[line],
    )


def together(*results: Result) -> Result:
    """Several results as one."""
    whole = Result()
    for result in results:
        whole.metrics |= result.metrics
        whole.tables += result.tables
        whole.pictures |= result.pictures
        whole.lines += result.lines
        whole.records |= result.records
    return whole
