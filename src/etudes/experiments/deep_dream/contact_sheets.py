"""Contact sheets: pictures that excite single channels of a network's layers, each made from grey noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.errors import UserError, unknown
from etudes.experiments.deep_dream.batch_norm_folding import fold_batch_norm
from etudes.experiments.deep_dream.laplacian_pyramid import equalize_bands, mean_magnitude
from etudes.experiments.deep_dream.networks import layer_names
from etudes.experiments.deep_dream.resizing import Picture
from etudes.experiments.deep_dream.study import deprocess
from etudes.training.backend import input_gradient, keras
from etudes.training.rng import rng
from etudes.views.grids import picture_grid

_MAX_LAYERS, _CHANNELS = 12, 6
"""A sheet of the whole network shows this many layers at most, and this many channels of each."""


def chosen_channels(
    network: Any, layer: str | None, channels: Sequence[int] | None, seed: int, size: int
) -> dict[str, Sequence[int]]:
    """Which channels of which layers a sheet shows.

    Args:
        network: of pictures in [-1, 1].
        layer: the only layer; None: all, or as many as a sheet has room for, spread evenly.
        channels: of that layer, if one is named; None: a few that respond to noise.
        seed: draws the channels.
        size: pixels along each side of the dreams.

    Raises:
        UserError: there is no such layer or channel.
    """
    names = layer_names(network)
    if layer is None:
        spread = np.unique(np.linspace(0, len(names) - 1, min(len(names), _MAX_LAYERS)).round().astype(int))
        return {names[k]: some_channels(network, names[k], _CHANNELS, seed, size) for k in spread}
    if layer not in names:
        raise unknown("layer", layer, names)
    count = int(network.get_layer(layer).output.shape[-1])
    if channels is None:
        return {layer: some_channels(network, layer, 8, seed, size)}
    if not channels or len(channels) > 64:
        raise UserError(f"--channels: name 1 to 64 of {layer}'s")
    wrong = [channel for channel in channels if not 0 <= channel < count]
    if wrong:
        raise UserError(f"--channels {wrong[0]}: {layer} has {count} channels, 0 to {count - 1}")
    return {layer: channels}


def some_channels(network: Any, layer: str, count: int, seed: int, size: int) -> list[int]:
    """Channels of a layer, drawn from those that respond to noise: the others have no gradient."""
    probe = keras.Model(network.input, network.get_layer(layer).output)
    found = np.asarray(probe.predict_on_batch(_noise(seed, size)))
    active = np.flatnonzero(np.abs(found).max(axis=(0, 1, 2)) > 0)  # scores may be negative, and have a gradient
    active = active if len(active) else np.arange(found.shape[-1])
    return [int(channel) for channel in np.sort(rng(seed, "channel choice").permutation(active)[:count])]


def _noise(seed: int, size: int) -> Picture:
    return rng(seed, "channel start").normal(0, 0.1, (1, size, size, 3)).astype(np.float32)


def channel_dreams(
    network: Any, layer: str, channels: Sequence[int], seed: int, size: int, iterations: int
) -> list[Image.Image]:
    """Pictures that excite some channels of a layer; each is made from the same grey noise.

    Args:
        network: a network of pictures in [-1, 1].
        layer: one of its layers.
        channels: some of the layer's.
        seed: draws the noise.
        size: pixels along each side.
        iterations: steps.
    """
    probe = fold_batch_norm(keras.Model(network.input, network.get_layer(layer).output))
    ops = keras.ops

    def loss(outputs: list[Any], chosen: Any) -> Any:
        return ops.sum(ops.mean(ops.multiply(ops.cast(outputs[0], "float32"), chosen), axis=(1, 2)))

    gradient, jitter = input_gradient(probe, loss, (4,)), rng(seed, "channel jitter")
    shifts = [jitter.integers(-8, 9, 2) for _ in range(iterations)]
    dreams = []
    for first in range(0, len(channels), 8):  # eight at a time: memory
        batch = list(channels[first : first + 8])
        chosen = np.eye(probe.output_shape[-1], dtype=np.float32)[batch][:, None, None, :]
        pictures: Array = np.repeat(_noise(seed, size), len(batch), axis=0)
        for shift in shifts:
            slopes = np.roll(gradient(np.roll(pictures, shift, (1, 2)), chosen)[1], -shift, (1, 2))
            change = np.stack([equalize_bands(slope, 3) for slope in slopes])
            change /= np.array([max(mean_magnitude(one), 1e-7) for one in change], np.float32)[:, None, None, None]
            pictures = np.clip(pictures + 0.03 * change, -1, 1).astype(np.float32)
        dreams += [deprocess(picture) for picture in pictures]
    return dreams


def contact_sheet(network: Any, wanted: dict[str, Sequence[int]], seed: int, size: int, iterations: int) -> Image.Image:
    """The dreams of some channels, in one or more rows for each layer, with captions such as "mixed4:97".

    Args:
        network: a network of pictures in [-1, 1].
        wanted: layer → channels.
        seed: draws the noise.
        size: pixels along each side of a dream.
        iterations: steps of a dream.
    """
    columns = max(min(len(channels), 8) for channels in wanted.values())
    white = Image.new("RGB", (size, size), "white")
    dreams: list[Image.Image] = []
    captions: list[str] = []
    for layer, channels in wanted.items():
        rest = -len(channels) % columns
        dreams += [*channel_dreams(network, layer, channels, seed, size, iterations), *[white] * rest]
        captions += [*(f"{layer}:{channel}" for channel in channels), *[""] * rest]
    return picture_grid(np.stack([np.asarray(dream) for dream in dreams]), columns, captions=captions, scale=1, gap=6)
