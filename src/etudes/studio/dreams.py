"""Dreams on photographs of people: each is a run like any other, whose picture is shown while it forms."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from etudes.data import read_picture_header
from etudes.errors import UserError
from etudes.studio.studio import Studio
from etudes.studio.training_runs import ListedRun

ETUDE, PRESET, NETWORKS = "deep_dream", "demo", "cifar10_cnn"
"""The étude and its preset, and the étude whose networks it uses."""
SIZES, STEPS = (96, 1024), (1, 60)
"""From, to: many people share the machine. The terminal has no such bounds."""


def start_dream(studio: Studio, photo: Path, layers: Sequence[str], size: int, steps: int, run: str = "") -> str:
    """Put a dream into the queue.

    Args:
        studio: its queue.
        photo: the picture to dream on; a copy of it is kept.
        layers: the layers to amplify; none: the network's own choice.
        size: a picture whose longer side has more pixels is shrunk to so many.
        steps: in each size.
        run: of `NETWORKS`; empty for the best network that is found.

    Returns:
        The name of the run.

    Raises:
        UserError: not a picture or too large, a number out of its range, or no such run.
    """
    for what, number, (low, high) in (("size", size, SIZES), ("steps", steps, STEPS)):
        if not low <= number <= high:
            raise UserError(f"{what} {number}: must be from {low} to {high:,}")
    changes = {"data": str(keep_photo(studio, photo)), "layers": list(layers), "max_size": size, "iterations": steps}
    if run:
        changes["weights"] = studio.reference(NETWORKS, run)
    return studio.training_runs.start(ETUDE, PRESET, changes)


def find_dream(studio: Studio, name: str) -> ListedRun:
    """The run of a dream.

    Raises:
        UserError: there is no run of that name, or it is not a dream.
    """
    listed = studio.training_runs.find(name)
    if listed.etude != ETUDE:
        raise UserError(f"{name} is a run of {listed.etude}: name a run of {ETUDE}")
    return listed


def keep_photo(studio: Studio, path: Path) -> Path:
    """A copy of the photograph beside the runs, named by its content, so that its dream can be reproduced.

    Raises:
        UserError: not a picture, or too large.
    """
    read_picture_header(path)
    folder = studio.training_runs.folder / "photographs"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.png"
    if not kept.exists():
        shutil.copyfile(path, kept)
    return kept


def newest_picture(folder: Path) -> Path | None:
    """The dream in a run folder, or, while it forms, the largest size that is done."""
    dream = folder / "pictures" / "dream.png"
    octaves = sorted((folder / "pictures").glob("octave-*.png"))
    return dream if dream.exists() else octaves[-1] if octaves else None
