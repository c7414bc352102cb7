"""What `inspect` draws of the antirectifier and its baselines: weights, activity of units, both halves for one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from etudes.contract import Array, Images, Networks, Table
from etudes.training.backend import keras
from etudes.views.features import stacked
from etudes.views.grids import picture_grid
from etudes.views.plotting import COLOURS, figure, ink, picture

ACTIVATIONS = ("after_dense_1", "after_dense_2")

RARE = 0.01
"""An output that is active on a smaller share of the pictures is hardly ever active."""


def activations_of(network: Any, pictures: Array) -> list[NDArray[np.float32]]:
    """What the two activation layers give for n pictures: two float32 arrays (n, units)."""
    probe = keras.Model(network.inputs, [network.get_layer(name).output for name in ACTIVATIONS])
    found = probe.predict(pictures, batch_size=500, verbose=0)
    return [np.asarray(output, dtype=np.float32) for output in found]


def first_weights(networks: Networks, shape: tuple[int, int, int], most: int = 32) -> Image.Image:
    """The first units' weights of every network, laid out as pictures; grey is zero, each unit at full contrast.

    Args:
        networks: the baselines.
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


@dataclass(frozen=True)
class Activity:
    """How often the outputs of one activation layer are above zero, over some pictures."""

    network: str
    layer: int
    """1 or 2, counted from the input."""
    shares: NDArray[np.float64]
    """Share of each class's pictures on which each output is above zero, (classes, outputs); NaN without pictures."""
    overall: NDArray[np.float64]
    """The same over all pictures, (outputs,)."""


def activity(networks: Networks, test: Images, classes: int) -> list[Activity]:
    """Count for every network and activation layer on how many test pictures each output is above zero.

    Args:
        networks: the baselines.
        test: the pictures.
        classes: how many there are.
    """
    members = [test.labels == k for k in range(classes)]
    found = []
    for name, network in networks.items():
        for place, output in enumerate(activations_of(network, test.pictures)):
            active = output > 0
            nothing = np.full(active.shape[1], np.nan)
            by_class = np.stack([active[chosen].mean(axis=0) if chosen.any() else nothing for chosen in members])
            found.append(Activity(name, place + 1, by_class, active.mean(axis=0)))
    return found


def activity_table(found: Sequence[Activity]) -> Table:
    """Outputs of each layer that no picture brings above zero, hardly any, and every one."""
    rows = []
    for layer in found:
        share = layer.overall
        counts = ((share == 0).sum(), ((share > 0) & (share < RARE)).sum(), (share == 1).sum())
        rows.append((layer.network, layer.layer, len(share), *map(int, counts), float(share.mean())))
    columns = ("network", "layer", "outputs", "dead", f"below {RARE:.0%}", "always", "mean")
    return Table("on what share of the test pictures outputs are active", columns, rows)


def activity_picture(found: Sequence[Activity]) -> Image.Image:
    """The outputs of each layer in the order of how often they are active: a curve for each network."""
    with figure(11.0, 4.0) as drawn:
        for number, axes in enumerate(drawn.subplots(1, 2, sharey=True), start=1):
            for place, layer in enumerate(layer for layer in found if layer.layer == number):
                share = np.sort(layer.overall)
                ranks = (np.arange(len(share)) + 0.5) / len(share)
                dead = int((share == 0).sum())
                axes.plot(
                    ranks,
                    share,
                    linestyle=("-", "--", ":", "-.")[place % 4],
                    linewidth=2,
                    color=COLOURS[place],
                    label=f"{layer.network}: {dead} of {len(share)} dead",
                )
            axes.set_title(f"after activation {number}")
            axes.set_xlabel("outputs, from the least to the most active (share of all)")
            axes.set_xlim(0, 1)
            axes.set_ylim(-0.02, 1)
            axes.legend(fontsize=9, frameon=False, loc="upper left")
            if number == 1:
                axes.set_ylabel("share of test pictures on which it is active")
        return picture(drawn)


def dead_picture(found: Sequence[Activity], class_names: Sequence[str]) -> Image.Image:
    """Where activations die: the share of each layer's outputs that no picture of a class, or of all, makes active."""
    names = [*class_names, "all"]
    shares = [np.concatenate([layer.shares, layer.overall[None]]) for layer in found]
    dead = np.array([np.where(np.isnan(rows[:, 0]), np.nan, (rows == 0).mean(axis=1)) for rows in shares])
    most = float(np.nanmax(dead))
    with figure(2.4 + 0.72 * len(names), 1.3 + 0.42 * len(found)) as drawn:
        axes = drawn.subplots()
        axes.grid(visible=False)
        image = axes.imshow(100 * dead, cmap="Blues", vmin=0, vmax=max(1.0, 100 * most), aspect="auto")
        drawn.colorbar(image, ax=axes, label="% of outputs")
        for row, column in np.ndindex(*dead.shape):
            colour = ink(float(dead[row, column]) / max(0.01, most))
            text = "" if np.isnan(dead[row, column]) else f"{100 * dead[row, column]:.0f}"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
        axes.axvline(len(class_names) - 0.5, color="black", linewidth=1.5)
        axes.set_yticks(range(len(found)), [f"{layer.network}, activation {layer.layer}" for layer in found])
        turned = max(map(len, names)) > 4
        axes.set_xticks(range(len(names)), names, rotation=45 if turned else 0, ha="right" if turned else "center")
        axes.set_xlabel("class of the test pictures")
        axes.set_title("outputs that no test picture of the class, or of all, makes active", fontsize=11)
        return picture(drawn)


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
