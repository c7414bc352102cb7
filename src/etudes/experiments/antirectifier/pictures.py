"""Pictures of the inside of the networks: first weights, activity of the units, both halves of an antirectifier."""

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
from etudes.views.plotting import COLOURS, MAX_INCHES, figure, ink, name_ticks, picture

RARE = 0.01
"""An output that is active on a smaller share of the pictures counts as rarely active."""


def activations_of(network: Any, pictures: Array) -> list[NDArray[np.float32]]:
    """Outputs of the two activation layers for n pictures: two float32 arrays (n, units)."""
    probe = keras.Model(network.inputs, [network.get_layer(f"after_dense_{number}").output for number in (1, 2)])
    found = probe.predict(pictures, batch_size=500, verbose=0)
    return [np.asarray(output, dtype=np.float32) for output in found]


def first_weights(networks: Networks, shape: tuple[int, int, int], limit: int = 32) -> Image.Image:
    """Weights of the first units of every network, laid out as pictures; grey is zero, each unit at full contrast.

    Args:
        networks: by name.
        shape: (height, width, channels) of one picture.
        limit: largest number of units of each network.
    """
    strips, captions = [], []
    for name, network in networks.items():
        dense = next(layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
        weights = keras.ops.convert_to_numpy(dense.kernel).T[:limit].reshape(-1, *shape)
        largest = np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), 1e-12)
        pixels = np.round(127.5 + 127.5 * weights / largest).astype(np.uint8)
        strips.append(picture_grid(pixels, 16, scale=max(1, round(48 / shape[1]))))
        captions.append(f"{name}: weights of the first {len(pixels)} of {dense.units} units (white +, black -)")
    return stacked(strips, captions)


@dataclass(frozen=True)
class Activity:
    """How often the outputs of one activation layer are active (above zero) on some pictures."""

    network: str
    layer: int
    """1 or 2, from the input."""
    shares: NDArray[np.float64]
    """Share of each class's pictures on which each output is active, (classes, outputs); NaN without pictures."""
    overall: NDArray[np.float64]
    """The same over all pictures, (outputs,)."""


def measure_activity(networks: Networks, test: Images, classes: int) -> list[Activity]:
    """For every network and activation layer, the share of test pictures on which each output is active.

    Args:
        networks: by name.
        test: the pictures.
        classes: number of classes.
    """
    members = [test.labels == k for k in range(classes)]
    found = []
    for name, network in networks.items():
        for number, output in enumerate(activations_of(network, test.pictures), start=1):
            active = output > 0
            no_pictures = np.full(active.shape[1], np.nan)
            by_class = [active[chosen].mean(axis=0) if chosen.any() else no_pictures for chosen in members]
            found.append(Activity(name, number, np.stack(by_class), active.mean(axis=0)))
    return found


def activity_table(found: Sequence[Activity]) -> Table:
    """Number of outputs of each layer that are active on no test picture, on few, and on all."""
    rows = []
    for layer in found:
        share = layer.overall
        counts = ((share == 0).sum(), ((share > 0) & (share < RARE)).sum(), (share == 1).sum())
        rows.append((layer.network, layer.layer, len(share), *map(int, counts), float(share.mean())))
    columns = ("network", "layer", "outputs", "dead", f"below {RARE:.0%}", "always", "mean")
    return Table("share of the test pictures on which outputs are active", columns, rows)


def activity_curves(found: Sequence[Activity]) -> Image.Image:
    """The outputs of each layer, sorted by how often they are active: a curve for each network."""
    with figure(11.0, 4.0) as drawn:
        for number, axes in enumerate(drawn.subplots(1, 2, sharey=True), start=1):
            for index, layer in enumerate(layer for layer in found if layer.layer == number):
                share = np.sort(layer.overall)
                ranks = (np.arange(len(share)) + 0.5) / len(share)
                dead = int((share == 0).sum())
                axes.plot(
                    ranks,
                    share,
                    linestyle=("-", "--", ":", "-.")[index % 4],
                    linewidth=2,
                    color=COLOURS[index],
                    label=f"{layer.network}: {dead} of {len(share)} dead",
                )
            axes.set_title(f"after activation {number}")
            axes.set_xlabel("outputs, sorted by activity (share of all)")
            axes.set_xlim(0, 1)
            axes.set_ylim(-0.02, 1)
            axes.legend(fontsize=9, frameon=False, loc="upper left")
            if number == 1:
                axes.set_ylabel("share of test pictures on which it is active")
        return picture(drawn)


def dead_units(found: Sequence[Activity], class_names: Sequence[str]) -> Image.Image:
    """The share of each layer's outputs that are active on no test picture of a class, and on none at all."""
    names = [*class_names, "all"]
    shares = [np.concatenate([layer.shares, layer.overall[None]]) for layer in found]
    dead = np.array([np.where(np.isnan(rows[:, 0]), np.nan, (rows == 0).mean(axis=1)) for rows in shares])
    largest = float(np.nanmax(dead))
    inches = min(0.72 * len(names), MAX_INCHES)
    with figure(2.4 + inches, 1.3 + 0.42 * len(found)) as drawn:
        axes = drawn.subplots()
        axes.grid(visible=False)
        image = axes.imshow(100 * dead, cmap="Blues", vmin=0, vmax=max(1.0, 100 * largest), aspect="auto")
        drawn.colorbar(image, ax=axes, label="% of outputs")
        for row, column in np.ndindex(*dead.shape) if inches < MAX_INCHES else ():
            colour = ink(float(dead[row, column]) / max(0.01, largest))
            text = "" if np.isnan(dead[row, column]) else f"{100 * dead[row, column]:.0f}"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
        axes.axvline(len(class_names) - 0.5, color="black", linewidth=1.5)
        axes.set_yticks(range(len(found)), [f"{layer.network}, activation {layer.layer}" for layer in found])
        long = max(map(len, names)) > 4
        name_ticks(axes.xaxis, names, inches, rotation=45 if long else 0, ha="right" if long else "center")
        axes.set_xlabel("class of the test pictures")
        axes.set_title("outputs that are active on no test picture of the class, or on none at all", fontsize=11)
        return picture(drawn)


def both_halves(network: Any, shown: Array) -> Image.Image:
    """One picture and the outputs of both antirectifiers: the positive half upwards, the negative half downwards.

    Args:
        network: the antirectifier network.
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
