"""What `inspect` draws of the antirectifier and its twins: weights, activity of units, both halves for one picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.contract import Array, Networks, Table
from etudes.training.backend import keras
from etudes.views.features import stacked
from etudes.views.figures import COLOURS, figure, picture
from etudes.views.grids import picture_grid

ACTIVATIONS = ("after_dense_1", "after_dense_2")


def activations_of(network: Any, pictures: Array) -> list[NDArray[np.float32]]:
    """What the two activation layers give for n pictures: two float32 arrays (n, units)."""
    probe = keras.Model(network.inputs, [network.get_layer(name).output for name in ACTIVATIONS])
    found = probe.predict(pictures, batch_size=500, verbose=0)
    return [np.asarray(output, dtype=np.float32) for output in found]


def first_weights(networks: Networks, shape: tuple[int, int, int], most: int = 32) -> Image.Image:
    """The first units' weights of every network, laid out as pictures; grey is zero, each unit at full contrast.

    Args:
        networks: the twins.
        shape: (height, width, channels) of one picture.
        most: how many units to show of each network.
    """
    strips, captions = [], []
    for name, network in networks.items():
        dense = next(layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
        weights = keras.ops.convert_to_numpy(dense.kernel).T[:most].reshape(-1, *shape)
        largest = np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), 1e-12)
        pixels = np.round(127.5 + 127.5 * weights / largest).astype(np.uint8)
        strips.append(picture_grid(pixels, 16, scale=max(1, round(48 / shape[1]))))
        captions.append(f"{name}: weights of the first {len(pixels)} of {dense.units} units (white +, black -)")
    return stacked(strips, captions)


def activity(networks: Networks, pictures: Array) -> tuple[Image.Image, Table]:
    """How often each unit after an activation is above zero, over some pictures.

    Args:
        networks: the twins.
        pictures: uint8 (n, height, width, channels).

    Returns:
        Histograms over the units, and a table of the dead ones, which no picture brings above zero.
    """
    rows = []
    with figure(9.0, 3.4) as drawn:
        panels = [drawn.add_subplot(1, 2, place) for place in (1, 2)]
        for number, (name, network) in enumerate(networks.items()):
            for place, output in enumerate(activations_of(network, pictures)):
                share = (output > 0).mean(axis=0)
                dead = int((share == 0).sum())
                rows.append((name, place + 1, len(share), dead, float(share.mean())))
                panels[place].hist(
                    share,
                    bins=list(np.linspace(0, 1, 26)),
                    weights=np.full(len(share), 1 / len(share)),
                    histtype="step",
                    linewidth=1.8,
                    linestyle=("-", "--", ":", "-.")[number % 4],
                    color=COLOURS[number],
                    label=f"{name} ({dead} of {len(share)} dead)",
                )
        for place, axes in enumerate(panels):
            axes.set_title(f"after activation {place + 1}")
            axes.set_xlabel("share of test pictures that the unit is active on")
            axes.set_ylabel("share of units")
            axes.set_xlim(0, 1)
            # Room above the bars for one line a network.
            axes.set_ylim(0, axes.get_ylim()[1] * (1.1 + 0.1 * len(networks)))
            axes.legend(fontsize=8, frameon=False, loc="upper right")
        image = picture(drawn)
    columns = ("network", "activation", "outputs", "dead", "mean share active")
    return image, Table("units that are active on test pictures", columns, rows)


def both_halves(network: Any, shown: Array) -> Image.Image:
    """One picture, and what both antirectifiers make of it: the positive half upwards, the negative half downwards.

    Args:
        network: the one with antirectifiers.
        shown: uint8 (height, width, channels).
    """
    with figure(10.0, 3.8) as drawn:
        grid = drawn.add_gridspec(2, 2, width_ratios=(1, 4))
        axes = drawn.add_subplot(grid[:, 0])
        axes.imshow(shown[..., 0] if shown.shape[-1] == 1 else shown, cmap="gray", vmin=0, vmax=255)
        axes.set_axis_off()
        axes.set_title("picture")
        for number, output in enumerate(activations_of(network, shown[None])):
            positive, negative = np.split(output[0], 2)
            units = np.arange(len(positive))
            axes = drawn.add_subplot(grid[number, 1])
            axes.bar(units, positive, width=1.0, color=COLOURS[0], label="first half, relu(y)")
            axes.bar(units, -negative, width=1.0, color=COLOURS[1], label="second half, relu(-y)")
            axes.set_title(
                f"antirectifier {number + 1}: {len(output[0])} outputs of length {np.linalg.norm(output):.3f}"
            )
            axes.set_xlim(-1, len(units))
            if number == 0:
                handles, labels = axes.get_legend_handles_labels()
                drawn.legend(handles, labels, fontsize=8, frameon=False, ncols=2, loc="outside lower right")
        axes.set_xlabel("unit of the dense layer before it")
        return picture(drawn)
