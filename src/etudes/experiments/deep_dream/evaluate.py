"""evaluate: by how much the loss grew at the picture's full size, layer by layer."""

from __future__ import annotations

import numpy as np

from etudes.contract import Drawing, Networks, Result, Table
from etudes.experiments.deep_dream.objectives import Objective, objective_for
from etudes.experiments.deep_dream.pictures import before_after
from etudes.experiments.deep_dream.resizing import Picture
from etudes.experiments.deep_dream.study import DreamData, DreamSettings, deprocess, octave_sizes, position_weights
from etudes.experiments.deep_dream.tiling import tile_weights


def evaluate(networks: Networks, data: DreamData, settings: DreamSettings) -> Result:
    """The loss before and after by layer, and the picture before and after."""
    height, width, dream = data.info.height, data.info.width, networks["dream"]
    objective = objective_for(networks["network"], settings, data.info, data.guide).at((height, width))
    before, after = losses(objective, data.picture), losses(objective, dream)
    rows = [
        (name, coefficient, b, a, ratio(b, a))
        for name, coefficient, b, a in zip(objective.layers, objective.coefficients, before, after, strict=True)
    ]
    octaves = [
        (number, f"{size[1]}×{size[0]}", "yes" if objective.can_see(size) else "too small for the layers")
        for number, size in enumerate(octave_sizes(height, width, settings), start=1)
    ]
    metrics = {
        "loss_ratio": ratio(sum(before), sum(after)),
        "loss_before": sum(before),
        "loss_after": sum(after),
        "mean_change": float(np.abs(dream - data.picture).mean() * 127.5),
    }
    tables = [
        Table("loss by layer", ("layer", "coefficient", "before", "after", "ratio"), rows),
        Table("octaves", ("octave", "size", "dreamed"), octaves),
    ]
    drawings: dict[str, Drawing] = {
        "dream": lambda: deprocess(dream),
        "before-after": lambda: before_after(deprocess(data.picture), deprocess(dream)),
    }
    return Result(metrics, tables, drawings=drawings)


def losses(objective: Objective, picture: Picture) -> list[float]:
    """The part of each target in the loss of a picture, computed in NumPy: independent of the loss that is ascended."""
    parts = [0.0] * len(objective.targets)
    for (rows, columns), weights in tile_weights(objective, position_weights, (picture.shape[0], picture.shape[1])):
        for number, output in enumerate(objective.outputs(picture[rows.cut, columns.cut])):
            values = output.astype(np.float64)
            if objective.features:
                strength = (values @ objective.features[number].T.astype(np.float64)).max(axis=-1)
            elif objective.is_whole_layer(number):
                strength = np.square(values).sum(axis=-1)
            else:
                strength = values[..., objective.targets[number].channel]
            parts[number] += float((strength * weights[number]).sum())
    return parts


def ratio(before: float, after: float) -> float:
    """By how much a loss grew; 0 where it began at zero or below, as that of a channel or class may."""
    return after / before if before > 0 else 0.0
