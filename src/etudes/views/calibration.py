"""The reliability diagram: accuracy against confidence."""

from __future__ import annotations

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.views.plotting import COLOURS, figure, picture


def reliability_diagram(
    edges: Array, counts: Array, accuracy: Array, bounds: Array, expected_error: float, of: str
) -> Image.Image:
    """Accuracy by confidence, with the ideal as a dashed diagonal, and below it the predictions in each bin.

    A bar of a few predictions looks like one of thousands; its interval tells them apart.

    Args:
        edges: bounds of the bins (bins + 1,), 0..1.
        counts: predictions in each bin, (bins,).
        accuracy: of each bin; NaN where it is empty.
        bounds: 95 % interval of each accuracy, (bins, 2); NaN where the bin is empty.
        expected_error: expected calibration error, 0..1.
        of: what was predicted, such as "10,000 test pictures".
    """
    with figure(5.2, 5.0) as drawn:
        above, below = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        width = edges[1] - edges[0]
        above.bar(edges[:-1], accuracy, width, align="edge", color=COLOURS[0], edgecolor="white")
        reach = np.abs(bounds - accuracy[:, None]).T
        middle = edges[:-1] + width / 2
        above.errorbar(middle, accuracy, reach, fmt="none", ecolor="black", capsize=3, label="95 % interval")
        above.plot((0, 1), (0, 1), "--", color=COLOURS[1], label="perfectly calibrated")
        above.set_ylabel("accuracy")
        above.set_ylim(0, 1.02)
        above.legend(frameon=False, loc="upper left", fontsize=8)
        above.set_title(f"{of}: expected calibration error {expected_error:.2%}", fontsize=10)
        below.bar(edges[:-1], counts, width, align="edge", color=COLOURS[2], edgecolor="white")
        below.set_yscale("log")
        below.set_ylim(0.5, 2 * max(1, counts.max()))  # so that a single one is visible
        below.set_ylabel("predictions")
        below.set_xlabel("confidence")
        return picture(drawn)
