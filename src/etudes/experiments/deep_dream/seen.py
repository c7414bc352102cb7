"""What a dream's page shows and only the network can say: gradients, feature maps, and small dreams to compare with.

Kept beside the run, in `pictures/seen`, so it is computed once, and shown where there is neither backend nor network.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from etudes.contract import Array
from etudes.experiments.deep_dream.dream_session import DreamSession
from etudes.experiments.deep_dream.evaluate import losses
from etudes.experiments.deep_dream.flat_edges import BORDER, up_to_the_edges
from etudes.experiments.deep_dream.laplacian_pyramid import mean_magnitude
from etudes.experiments.deep_dream.networks import layer_names, untrained_network
from etudes.experiments.deep_dream.objectives import Objective, objective_for, objective_of
from etudes.experiments.deep_dream.photographs import shrunk
from etudes.experiments.deep_dream.resizing import Picture, resize_image
from etudes.experiments.deep_dream.study import DreamData, DreamSettings, deprocess, dream, loss_gradient, preprocess
from etudes.training.backend import drawn_from
from etudes.training.session import Session
from etudes.views.progress import NoProgress

RECORD = "seen.json"

MAX_SIDE = 480
"""Pixels of the longer side of the pictures that the network looks at, at most."""

LAYERS, CHANNELS, MAP_SIDE = 4, 4, 64
"""Feature maps are shown of so many layers, of so many channels of each, with at most so many columns."""

SMALL_OCTAVES, SMALL_STEPS = 3, 16
"""The small dreams: octaves, and steps in each."""

SMALL_NETWORK, SMALL_SIDE, LARGE_SIDE = 2_000_000, 160, 240
"""A network with at most so many weights dreams all small dreams, of so many pixels on the longer side, in a quarter of
a minute. A larger one sees too little in them; its own have more pixels and take minutes."""

GRADIENT_SIDE = 160
"""Pixels of the longer side of the gradients: finer ones look like noise."""

Octaves = dict[int, Image.Image]
"""The picture at the end of each octave, by its number; 0 is the photograph."""


def look(
    network: Any, data: DreamData, settings: DreamSettings, octaves: Octaves, folder: Path, *, everything: bool = False
) -> None:
    """Compute what the page shows of a dream and only its network can say, and write it into a folder.

    Args:
        network: that dreamed.
        data: what was dreamed on.
        settings: how.
        octaves: the pictures to look at.
        folder: for the pictures, and their record `RECORD`, which is written last.
        everything: whether to dream the small dreams also with a large network, which takes minutes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    objective = objective_for(network, settings, data.info, data.guide)
    pictures = {number: preprocess(shrunk(image, MAX_SIDE)) for number, image in octaves.items()}
    record: dict[str, Any] = {
        "gradients": _gradients(objective, data.picture, pictures, folder),
        "maps": _maps(network, objective, pictures, folder),
        "layers": [],
        "wrong": [],
    }
    is_small = network.count_params() <= SMALL_NETWORK
    if everything or is_small:
        small = preprocess(shrunk(deprocess(data.picture), SMALL_SIDE if is_small else LARGE_SIDE))
        record["layers"] = _other_layers(network, objective, small, settings, folder)
        record["wrong"] = _gone_wrong(objective, small, settings, folder)
    (folder / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")


def _save(image: Image.Image, folder: Path, name: str, **options: Any) -> str:
    place = folder / f"{name}.webp"
    image.save(place, method=6, **(options or {"quality": 80}))
    return place.name


# --- gradients --------------------------------------------------------------------------------------------------------


def _gradients(objective: Objective, original: Picture, pictures: dict[int, Picture], folder: Path) -> dict[str, str]:
    """The gradient of each picture as a picture: grey where it is zero."""
    full = (original.shape[0], original.shape[1])
    gradient, found = up_to_the_edges(loss_gradient(objective.at(full)), original, objective), {}
    for number, picture in pictures.items():
        if objective.can_see((picture.shape[0], picture.shape[1])):
            found[str(number)] = _save(gradient_picture(gradient(picture)[1]), folder, f"gradient-{number}")
    return found


def gradient_picture(slope: Picture) -> Image.Image:
    """A gradient as a picture: 0 is grey; four times the mean magnitude, up or down, is full red, green or blue."""
    height, width = slope.shape[:2]
    smaller = min(1, GRADIENT_SIDE / max(height, width))
    size = (max(1, round(width * smaller)), max(1, round(height * smaller)))
    planes = [Image.fromarray(np.ascontiguousarray(slope[..., k])).resize(size, Image.Resampling.BOX) for k in range(3)]
    slope = np.stack([np.asarray(plane) for plane in planes], axis=-1)
    return deprocess(np.clip(slope / np.float32(max(4 * mean_magnitude(slope), 1e-12)), -1, 1))


# --- feature maps -----------------------------------------------------------------------------------------------------


def shown_layers(names: Sequence[str], targets: Sequence[str]) -> list[str]:
    """The layers whose maps are shown: the targets', and others before the last of these if there are few."""
    wanted = list(dict.fromkeys(targets))[-LAYERS:]
    last = max(names.index(name) for name in wanted)
    spread = np.linspace(0, last, LAYERS).round().astype(int)
    others = [names[k] for k in dict.fromkeys(spread) if names[k] not in wanted]
    return sorted([*wanted, *others[: LAYERS - len(wanted)]], key=names.index)


def _maps(network: Any, objective: Objective, pictures: dict[int, Picture], folder: Path) -> list[dict[str, Any]]:
    """For each layer, the maps of the channels that grew most, from the photograph to the dream."""
    names, found = layer_names(network), []
    for layer in shown_layers(names, [target.layer for target in objective.targets]):
        probe = objective_of(network, (layer,), ())
        maps = {number: probe.outputs(picture)[0] for number, picture in pictures.items() if _fits(probe, picture)}
        if not {0, max(pictures)} <= maps.keys():
            continue
        grew = maps[max(pictures)].mean(axis=(0, 1)) - maps[0].mean(axis=(0, 1))
        chosen = np.argsort(-grew, kind="stable")[:CHANNELS]
        tops = [maps[n][BORDER:-BORDER, BORDER:-BORDER, chosen].max(axis=(0, 1)) for n in maps]
        top = np.maximum(np.max(tops, axis=0), 1e-12)  # of what counts: padding makes artefacts at the edges
        entry: dict[str, Any] = {"layer": layer, "channels": [int(channel) for channel in chosen], "of": len(grew)}
        entry["top"] = [float(value) for value in top]
        entry["means"] = {str(n): _means(maps[n], chosen) for n in maps}
        entry["photograph"] = photograph_means(probe, pictures, list(maps), chosen)
        entry["shapes"] = {str(n): list(maps[n].shape[:2]) for n in maps}
        entry["pictures"] = {
            str(n): _save(map_sheet(maps[n][..., chosen] / top), folder, f"{layer}-{n}", lossless=True) for n in maps
        }
        found.append(entry)
    return found


def photograph_means(
    probe: Objective, pictures: dict[int, Picture], octaves: Sequence[int], channels: Array
) -> dict[str, list[float]]:
    """The mean response of channels in the photograph, shrunk as the picture of each octave is."""
    sizes = {n: (pictures[n].shape[0], pictures[n].shape[1]) for n in octaves}
    return {str(n): _means(probe.outputs(resize_image(pictures[0], size))[0], channels) for n, size in sizes.items()}


def _means(maps: Array, channels: Array) -> list[float]:
    return [float(value) for value in maps[..., channels].mean(axis=(0, 1))]


def _fits(probe: Objective, picture: Picture) -> bool:
    return probe.can_see((picture.shape[0], picture.shape[1]))


def map_sheet(maps: Array) -> Image.Image:
    """Maps (rows, columns, channels) with values up to 1 side by side: dark where a channel is silent, up to white."""
    from matplotlib import colormaps

    every = max(1, -(-maps.shape[1] // MAP_SIDE))
    rows, columns = (extent // every * every for extent in maps.shape[:2])
    pooled = maps[:rows, :columns].reshape(rows // every, every, columns // every, every, -1).max(axis=(1, 3))
    levels = np.round(np.clip(pooled, 0, 1) * 31) / 31
    coloured = colormaps["inferno"](levels.transpose(0, 2, 1).reshape(len(levels), -1))[..., :3]
    return Image.fromarray(np.round(coloured * 255).astype(np.uint8))


# --- small dreams -----------------------------------------------------------------------------------------------------


def _dreamed(objective: Objective, picture: Picture, settings: DreamSettings) -> tuple[Picture, float, float]:
    """A dream that nothing keeps, and the loss before and after."""
    size = (picture.shape[0], picture.shape[1])
    with tempfile.TemporaryDirectory() as folder:
        session = DreamSession(Path(folder) / "dream.png", size[::-1], "", NoProgress())
        with session:
            dreamed = np.clip(dream(picture, objective, settings, cast("Session", session)), -1, 1)
    before, after = (sum(losses(objective.at(size), each)) for each in (picture, dreamed))
    return dreamed, before, after


def mean_change(picture: Picture, dreamed: Picture) -> float:
    """By how many of 255 levels a dream changed its picture, on average."""
    return float(np.abs(dreamed - picture).mean() * 127.5)


def _small(settings: DreamSettings) -> DreamSettings:
    return replace(
        settings,
        octaves=min(settings.octaves, SMALL_OCTAVES),
        iterations=min(settings.iterations, SMALL_STEPS),
        max_loss=0.0,
    )


def _other_layers(
    network: Any, objective: Objective, picture: Picture, settings: DreamSettings, folder: Path
) -> list[dict[str, Any]]:
    """The picture dreamed on with single layers, from the first to the last that sees something in it."""
    names, found = layer_names(network), []
    visible = [name for name in names if _fits(objective_of(network, (name,), ()), picture)]
    for k in np.unique(np.linspace(0, len(visible) - 1, LAYERS).round().astype(int)):
        name = visible[k]
        one = objective_of(network, (name,), (), tile=settings.tile)
        dreamed, before, after = _dreamed(one, picture, _small(settings))
        place = _save(deprocess(dreamed), folder, f"layer-{name}")
        change = mean_change(picture, dreamed)
        found.append({"layer": name, "before": before, "after": after, "change": change, "picture": place})
    return found


def _gone_wrong(objective: Objective, picture: Picture, settings: DreamSettings, folder: Path) -> list[dict[str, Any]]:
    """The picture dreamed on as the run does, then with one thing wrong, then by a network that learned nothing."""
    plain = replace(_small(settings), step=settings.step or objective.step)
    steps = plain.octaves * plain.iterations
    with drawn_from(settings.seed):
        nothing_learned = objective_of(untrained_network(), (), ())
    changes: dict[str, tuple[Objective, dict[str, Any]]] = {
        "right": (objective, {}),
        "step": (objective, {"step": 8 * plain.step}),
        "jitter": (objective, {"jitter": 0}),
        "octaves": (objective, {"octaves": 1, "iterations": steps}),
        "untrained": (nothing_learned, {}),
    }
    found = []
    for name, (wanted, change) in changes.items():
        used = replace(plain, **change)
        dreamed, before, after = _dreamed(wanted, picture, used)
        place = _save(deprocess(dreamed), folder, f"wrong-{name}")
        chosen = {key: vars(used)[key] for key in ("step", "jitter", "octaves", "iterations")}
        found.append({"what": name, **chosen, "before": before, "after": after, "picture": place})
    return found
