"""The antirectifier on the test pictures, and each paired baseline against it on the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.analysis.classification import are_unequal, evaluate_classifier, predict
from etudes.contract import Array, ImageData, Images, Networks, Result, Table
from etudes.experiments.antirectifier.study import AntirectifierSettings
from etudes.views.features import stacked
from etudes.views.grids import picture_grid
from etudes.views.plotting import COLOURS, one_line

RESAMPLES = 2000


def evaluate(networks: Networks, data: ImageData, settings: AntirectifierSettings) -> Result:
    """Accuracy of every network on the test pictures, and the paired differences of accuracy with p-values."""
    names, test = data.info.class_names, data.test
    result = evaluate_classifier(networks["antirectifier"], test, names)
    predicted = {name: predict(network, test.pictures).classes for name, network in networks.items()}
    rows, paired = [], []
    for name, network in networks.items():
        correct = predicted[name] == test.labels
        rows.append((name, network.count_params(), float(correct.mean()), int((~correct).sum())))
        if name == "antirectifier":
            continue
        difference = paired_difference(predicted["antirectifier"] == test.labels, correct, settings.seed)
        paired.append((f"antirectifier - {name}", *astuple(difference)))
        suffix = name.replace("-", "_")
        result.metrics[f"accuracy_{suffix}"] = float(correct.mean())
        result.metrics[f"difference_{suffix}"] = difference.estimate
        right = [classes == test.labels for classes in (predicted["antirectifier"], predicted[name])]
        if (right[0] != right[1]).any():
            result.drawings[f"disagreements-{name}"] = partial(
                disagreements, test, predicted["antirectifier"], predicted[name], names, name
            )
    tables = [Table("baselines", ("network", "parameters", "accuracy", "errors"), rows)]
    if paired:
        columns = ("difference of accuracy", "value", "95 % from", "95 % to", "only first right", "only second", "p")
        tables.append(Table("paired on the same test pictures", columns, paired))
    # Where the classes are unequal, the table by class stays the first.
    result.tables = [*result.tables, *tables] if are_unequal(test.labels) else [*tables, *result.tables]
    return result


@dataclass(frozen=True)
class PairedDifference:
    """Two classifiers on the same pictures."""

    estimate: float
    """Accuracy of the first minus accuracy of the second, in -1..1."""
    low: float
    high: float
    """95 % interval of the difference, over other samples of as many test pictures."""
    only_first: int
    only_second: int
    """Number of pictures that exactly one of them classifies correctly."""
    p: float
    """Probability of counts at least as uneven as these two if both were equally good (McNemar, exact)."""


def paired_difference(first: NDArray[np.bool_], second: NDArray[np.bool_], seed: int) -> PairedDifference:
    """Compare two classifiers on the same test pictures; says nothing about other training runs of either.

    Args:
        first: bool (n,), whether the first classifier is correct.
        second: bool (n,), whether the second one is, on the same pictures.
        seed: of the bootstrap.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions", 1947, in its
    exact form; B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, percentile interval.
    """
    from scipy import stats

    gain = first.astype(np.int8) - second.astype(np.int8)
    only_first, only_second = int((gain > 0).sum()), int((gain < 0).sum())
    low = high = float(gain.mean())
    if len(np.unique(gain)) > 1:
        rng = np.random.default_rng(seed)
        found = stats.bootstrap(
            (gain,), np.mean, n_resamples=RESAMPLES, batch=100, method="percentile", rng=rng
        ).confidence_interval
        low, high = float(found.low), float(found.high)
    total = only_first + only_second
    p = float(stats.binomtest(only_first, total).pvalue) if total else 1.0
    return PairedDifference(float(gain.mean()), low, high, only_first, only_second, p)


def disagreements(
    test: Images, antirectifier: Array, baseline: Array, class_names: Sequence[str], name: str, limit: int = 24
) -> Image.Image:
    """Pictures that exactly one of two networks classifies correctly.

    Args:
        test: the pictures.
        antirectifier: int (n,), the classes that it predicts.
        baseline: int (n,), the classes that its baseline predicts.
        class_names: one for each class.
        name: the baseline's name.
        limit: largest number of pictures of each kind.
    """
    strips, captions, names = [], [], [one_line(name) for name in class_names]
    for winner, loser, right, wrong, colour in (
        ("antirectifier", name, antirectifier, baseline, COLOURS[0]),
        (name, "antirectifier", baseline, antirectifier, COLOURS[1]),
    ):
        found = np.flatnonzero((right == test.labels) & (wrong != test.labels))
        shown = found[:limit]
        captions.append(f"only {winner} is right: {len(found)}" + f"; below, what {loser} predicts" * bool(len(found)))
        separator = ", " if max(map(len, class_names)) <= 3 else ",\n"  # two long names do not fit in one line
        texts = [f"{names[test.labels[i]]}{separator}not {names[wrong[i]]}" for i in shown]
        strip = Image.new("RGB", (320, 4), "white")
        if len(shown):
            scale = max(1, round(84 / test.pictures.shape[2]))
            colours = [colour] * len(shown)
            strip = picture_grid(test.pictures[shown], min(8, len(shown)), captions=texts, colours=colours, scale=scale)
        strips.append(strip)
    return stacked(strips, captions)
