"""Deep dream: gradient ascent on a picture, so that chosen layers of a trained network fire more.

Nothing is learned here but the picture. The loss is a weighted sum of the mean squares of some layers' outputs; its
gradient with respect to the picture, divided by its mean magnitude, is added to the picture again and again, at
several sizes ("octaves") from small to large. `classic` does what the description of 2017 says: Inception-v3, four
layers, 3 octaves of 1.4, 20 steps of 0.01. `tuned` moves the picture a little at random before each step, weighs
coarse and fine detail alike, and takes more and larger steps. The network is Inception-v3 if its file is at hand, else
one that another étude has trained; one such comes with the package.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from etudes.contract import Example, Networks, Result, Table
from etudes.data import PHOTOS
from etudes.errors import UserError, format_path
from etudes.experiments.deep_dream import inception
from etudes.experiments.deep_dream.applications import application
from etudes.experiments.deep_dream.dreaming import deprocess, octaves_of
from etudes.experiments.deep_dream.model import convolutional_part, layer_names, untrained_network
from etudes.experiments.deep_dream.objectives import Objective, objective_of
from etudes.experiments.deep_dream.options import Inspect, Request, Use
from etudes.experiments.deep_dream.photographs import DreamData, DreamInfo, open_photo
from etudes.experiments.deep_dream.pictures import answers, before_after, octave_strip
from etudes.experiments.deep_dream.regularisers import Picture
from etudes.experiments.deep_dream.settings import DreamSettings
from etudes.experiments.deep_dream.sheets import chosen_channels, contact_sheet, some_channels
from etudes.experiments.deep_dream.sitting import Sitting
from etudes.experiments.deep_dream.training import FilmPlan, dream, film, plan_octaves
from etudes.experiments.deep_dream.weights import UNTRAINED, Weights, find_weights
from etudes.training.backend import loaded_backend
from etudes.training.fingerprint import fingerprint
from etudes.training.session import Session
from etudes.views.progress import progress_for

# --- model ------------------------------------------------------------------------------------------------------------


def network_at_hand(settings: DreamSettings, info: DreamInfo) -> Weights:
    """Where the network is that the dream began with; empty where no trained network was at hand.

    Raises:
        UserError: what is there now is another network.
    """
    found = find_weights(info.weights, settings.application) if info.weights else Weights()
    if found.sha256 != info.weights_sha256:
        raise UserError(f"{format_path(found.name)} is no longer the network that this dream began with: dream again")
    return found


def settle(settings: DreamSettings) -> DreamSettings:
    """The settings with the network that is at hand now, in place of whichever is found or is an étude's newest."""
    return replace(settings, weights=find_weights(settings.weights, settings.application).name)


def borrow(info: DreamInfo, settings: DreamSettings) -> str | None:
    """The run of another étude that the network is taken from, if it is not Inception-v3."""
    run = network_at_hand(settings, info).run
    return str(run) if run else None


def make_networks(settings: DreamSettings, info: DreamInfo, borrowed: Networks | None = None) -> Networks:
    """The trained network that dreams, and the picture as the dream begins.

    Where no trained network is at hand, it is Inception-v3 with fresh weights: enough to look at, not to dream with.
    """
    if borrowed is not None:
        network = convolutional_part(borrowed)
    else:
        found = network_at_hand(settings, info)
        if found.path:
            network = _from_file(found.path, found.name, settings.application)
        else:
            network = untrained_network() if found.name == UNTRAINED else inception.inception_v3()
    network.trainable = False
    _objective(network, settings, info)  # a wrong layer is said before anything begins
    return {"network": network, "dream": np.zeros((info.height, info.width, 3), np.float32)}


def _from_file(path: Path, name: str, which: str) -> Any:
    if which:
        return application(which, path)
    if path.suffix == ".h5":
        return inception.keras_inception_v3(str(path))
    return inception.partial_inception_v3(path.read_bytes(), name)


def _objective(network: Any, settings: DreamSettings, info: DreamInfo, guide: Picture | None = None) -> Objective:
    """What the settings want to grow in this network."""
    classes = network_at_hand(settings, info).class_names(network.name)
    wanted = (settings.layers, settings.coefficients)
    return objective_of(network, *wanted, class_names=classes, guide=guide, tile=settings.tile)


# --- training ---------------------------------------------------------------------------------------------------------


def train(networks: Networks, data: DreamData, settings: DreamSettings, session: Session) -> None:
    """The dream itself; it ends up in `networks["dream"]`, values in [-1, 1]."""
    objective = _objective(networks["network"], settings, data.info, data.guide)
    weighed = ", ".join(f"{n} {c:g}" for n, c in zip(objective.layers, objective.coefficients, strict=True))
    session.message(f"dreaming with {data.info.weights}: {weighed}")
    networks["dream"][...] = np.clip(dream(data.picture, objective, settings, session, data.mask), -1, 1)
    session.save_picture("octaves", octave_strip(session.saved_pictures("octave-*")))


# --- evaluate, read, use, inspect -------------------------------------------------------------------------------------


def evaluate(networks: Networks, data: DreamData, settings: DreamSettings) -> Result:
    """By how much the loss grew at the picture's full size, layer by layer; the picture before and after."""
    objective = _objective(networks["network"], settings, data.info, data.guide)
    objective = objective.at((data.info.height, data.info.width))
    before, after = objective.losses(data.picture), objective.losses(networks["dream"])
    rows = [
        (name, coefficient, b, a, _ratio(b, a))
        for name, coefficient, b, a in zip(objective.layers, objective.coefficients, before, after, strict=True)
    ]
    _, too_small = plan_octaves(objective, (data.info.height, data.info.width), settings)
    octaves = [
        (octave.number, f"{octave.width}×{octave.height}", "too small for the layers" if octave in too_small else "yes")
        for octave in octaves_of(data.info.height, data.info.width, settings.octaves, settings.octave_scale)
    ]
    metrics = {
        "loss_ratio": _ratio(sum(before), sum(after)),
        "loss_before": sum(before),
        "loss_after": sum(after),
        "mean_change": float(np.abs(networks["dream"] - data.picture).mean() * 127.5),
    }
    return Result(
        metrics=metrics,
        tables=[
            Table("loss by layer", ("layer", "coefficient", "before", "after", "ratio"), rows),
            Table("octaves", ("octave", "size", "dreamed"), octaves),
        ],
        pictures={
            "dream": deprocess(networks["dream"]),
            "before-after": before_after(data.picture, networks["dream"]),
        },
    )


def _ratio(before: float, after: float) -> float:
    """By how much a loss grew; 0 where it began at zero or below, as that of a channel or class may."""
    return after / before if before > 0 else 0.0


def use(networks: Networks, info: DreamInfo, settings: DreamSettings, options: Use, request: Request) -> Result:
    """Dream on a person's picture with the network of the run; make the film, if one is wanted."""
    original, mask, chosen = request.data.picture, request.data.mask, request.settings
    objective = _objective(networks["network"], chosen, info, request.data.guide)
    height, width = original.shape[:2]
    about = [chosen, request.data, info.weights_sha256, loaded_backend()]
    about += [options.film, options.frames, options.zoom, options.frame_steps]
    sitting = Sitting(
        Path(options.out or "deep_dream.png"),
        (width, height),
        fingerprint(about),
        preview=Path(options.preview) if options.preview else None,
        every=options.preview_every,
        film=Path(options.film) if options.film else None,
        progress=progress_for(Console(stderr=True), quiet=not sys.stderr.isatty()),
    )
    with sitting:
        result = np.clip(dream(original, objective, chosen, sitting, mask), -1, 1)
        if options.film:
            plan = FilmPlan(options.frames, options.zoom, options.frame_steps)
            film(original, result, objective, chosen, sitting, plan, mask)
        objective = objective.at((height, width))
        before, after = sum(objective.losses(original)), sum(objective.losses(result))
        sitting.finish()
    answer = {
        "picture": options.inputs[0],
        "width": width,
        "height": height,
        "network": info.weights,
        "layers": list(objective.layers),
        "loss_before": round(before, 4),
        "loss_after": round(after, 4),
    }
    answer |= {name: given for name in ("film", "preview") if (given := getattr(options, name))}
    grew = f"{_ratio(before, after):.1f}×" if before > 0 else f"at {after:.3g} instead of {before:.3g}"
    line = f"{options.inputs[0]}: {', '.join(objective.layers)} of {info.weights} fire {grew}"
    films = [f"film: {options.film}"] if options.film else []
    return Result(answers=[answer], lines=[*sitting.said, line, *films], pictures={"dream": deprocess(result)})


def inspect(networks: Networks, data: DreamData, settings: DreamSettings, chosen: Inspect) -> Result:
    """Where the layers fire, before and after; and what single channels dream of: by default of the deepest layer."""
    network, seed = networks["network"], settings.seed
    channels = [(name, int(network.get_layer(name).output.shape[-1])) for name in layer_names(network)]
    result = Result(tables=[Table("layers that can be named", ("layer", "channels"), channels)])
    if chosen.sheet or chosen.layer:
        wanted = chosen_channels(network, chosen.layer, chosen.channels, seed, chosen.size)
        result.pictures["sheet"] = contact_sheet(network, wanted, seed, chosen.size, chosen.steps)
        return result
    objective = _objective(network, replace(settings, guide=""), data.info)
    last = objective.targets[-1].layer
    sheet = contact_sheet(
        network, {last: some_channels(network, last, 8, seed, chosen.size)}, seed, chosen.size, chosen.steps
    )
    if networks["dream"].any():  # else nothing was dreamed yet: there is only the network
        result.pictures["answers"] = answers(objective, data.picture, networks["dream"])
    result.pictures["channels"] = sheet
    return result


def example(data: DreamData, folder: Path) -> Example:
    """The other photograph, small."""
    path, out = folder / "input-photo.png", folder / "dream-of-input.png"
    open_photo(next(name for name in PHOTOS if name != data.info.source), 240).save(path)
    return Example((str(path),), {"out": str(out)})
