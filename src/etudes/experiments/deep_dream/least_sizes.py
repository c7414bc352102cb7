"""The smallest picture that each layer has something to see in, known before a network is loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from etudes.errors import UserError
from etudes.experiments.deep_dream.targets import Target, read_target

LAYERS = {"mixed2": 0.2, "mixed3": 0.5, "mixed4": 2.0, "mixed5": 1.5}
"""The layers of Inception-v3 that Keras's example of 2017 excites, and their coefficients."""

INCEPTION = {
    **dict.fromkeys(("mixed0", "mixed1", "mixed2"), (27, 59)),
    **dict.fromkeys(("mixed3", "mixed4", "mixed5", "mixed6", "mixed7"), (43, 107)),
    **dict.fromkeys(("mixed8", "mixed9", "mixed10"), (75, 203)),
}
UNTRAINED = {"conv1": (3, 7), "conv2": (5, 9), "conv3": (10, 18), "conv4": (14, 22), "conv5": (24, 40)}
"""Pixels of the shorter side at which a layer's map has one position, and at which it has one inside its border."""


def least_sides(weights: str, application: str) -> Mapping[str, tuple[int, int]]:
    """The table of a network, by the name of its weights; empty for one that has to be built first."""
    if weights == "untrained":
        return UNTRAINED
    inception = application in ("", "InceptionV3")
    return INCEPTION if inception and (weights.startswith("inception_v3") or Path(weights).is_file()) else {}


def check_size(
    size: tuple[int, int],
    full: tuple[int, int],
    layers: Sequence[str],
    sides: Mapping[str, tuple[int, int]],
    name: str,
) -> None:
    """Check that a picture is large enough for what is to grow.

    Args:
        size: (width, height) in pixels of the picture to dream on.
        full: before it was shrunk.
        layers: targets, as `read_target` takes them; empty: the network's default.
        sides: what `least_sides` gives.
        name: of the picture.

    Raises:
        UserError: it is too small; the message names the least size, and what helps.
    """
    if not sides:
        return
    default = LAYERS if sides is INCEPTION else ("conv4", "conv5")
    targets = [read_target(text) for text in layers or default]
    known = [target for target in targets if target.layer in sides]
    if any(min(size) < _side(target, sides) for target in known):
        least = max(_side(target, sides) for target in known)
        fit = [layer for layer in sides if sides[layer][1] <= min(size)]
        raise too_small(name, size, full, [target.text for target in known], least, fit)


def _side(target: Target, sides: Mapping[str, tuple[int, int]]) -> int:
    return sides[target.layer][0 if target.position else 1]


def too_small(
    name: str, size: tuple[int, int], full: tuple[int, int], layers: Sequence[str], least: int, fit: Sequence[str]
) -> UserError:
    """The error for a picture in which the layers see nothing.

    Args:
        name: of the picture.
        size: (width, height) of the picture to dream on.
        full: before it was shrunk.
        layers: that were asked for.
        least: pixels that they need on the shorter side.
        fit: the layers for which it is large enough.
    """
    wanted = ", ".join(layers)
    wanted = wanted if len(wanted) <= 40 else f"{len(layers)} layers"
    cures = [f"--layers {fit[-1]}"] if fit else []
    if min(full) >= least:
        cures.insert(0, f"--max-size {math.ceil(least * max(full) / min(full))}")
    else:
        cures.insert(0, f"enlarge it to {least} or more")
    shown = name if len(name) <= 45 else "…" + name[-44:]
    what = f"{shown}: {size[0]}x{size[1]} is too small for {wanted}, which need {least} pixels on the shorter side"
    message = f"{what}: {', or '.join(cures)}"
    return UserError(message if len(message) <= 200 else f"{what}: {cures[0]}")
