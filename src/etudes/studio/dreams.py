"""Dreams that people ask for: each is a run like any other, begun from a photograph, and looked at while it forms."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from etudes.data import read_picture_header
from etudes.errors import UserError
from etudes.runs import read_metrics
from etudes.studio.studio import Studio

ETUDE, PRESET, NETWORKS = "deep_dream", "demo", "cifar10_cnn"
"""What dreams, from which settings, and upon runs of which étude."""
SIZES, STEPS = (96, 1024), (1, 60)
"""The least and the most that may be asked for: many people share the machine. The terminal has no such bounds."""


@dataclass(frozen=True)
class Dream:
    """A dream as it is at this moment."""

    state: str
    """As of any run: "queued", "running", "finished" and so on."""
    picture: Path | None
    """The dream, or, while it forms, the largest size that is done."""
    sizes: int
    """How many sizes are done."""

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        return self.state in ("finished", "failed", "stopped")


def begin_dream(studio: Studio, photo: Path, layers: Sequence[str], size: int, steps: int, run: str = "") -> str:
    """Put a dream into the queue.

    Args:
        studio: where.
        photo: the picture to dream on; a copy of it is kept.
        layers: what is to be excited; none: the network's own choice.
        size: the longer side of a larger picture is shrunk to so many pixels.
        steps: in each size.
        run: of `NETWORKS`; empty for the best network that is at hand.

    Returns:
        The name of its run.

    Raises:
        UserError: it is no picture or too large, a number is out of its bounds, or there is no such run.
    """
    for what, number, (least, most) in (("size", size, SIZES), ("steps", steps, STEPS)):
        if not least <= number <= most:
            raise UserError(f"{what} {number}: the studio takes {least} to {most:,}")
    changes = {"data": str(keep_photo(studio, photo)), "layers": list(layers), "max_size": size, "iterations": steps}
    if run:
        changes["weights"] = studio.reference(NETWORKS, run)
    return studio.trainings.start(ETUDE, PRESET, changes)


def look_at_dream(studio: Studio, name: str) -> Dream:
    """How far a dream is.

    Raises:
        UserError: there is no run of that name, or it is no dream.
    """
    known = studio.trainings.find(name)
    if known.etude != ETUDE:
        raise UserError(f"{name} is no dream but a run of {known.etude}")
    return Dream(known.state, newest_picture(known.run.folder), sum(1 for _ in read_metrics(known.run.folder)))


def keep_photo(studio: Studio, path: Path) -> Path:
    """A copy of the photograph beside the runs, named by its content, so that its dream can be reproduced.

    Raises:
        UserError: it is no picture, or too large.
    """
    read_picture_header(path)
    place = studio.trainings.place / "photographs"
    place.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    kept = place / f"{digest}.png"
    if not kept.exists():
        shutil.copyfile(path, kept)
    return kept


def newest_picture(folder: Path) -> Path | None:
    """The dream in a run folder, or, while it forms, the largest size that is done."""
    dream = folder / "pictures" / "dream.png"
    if dream.exists():
        return dream
    octaves = sorted((folder / "pictures").glob("octave-*.png"))
    return octaves[-1] if octaves else None
