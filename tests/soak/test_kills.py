"""Tiny trainings are killed at every failpoint; each fires, and the end is that of a training never interrupted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from etudes.runs.failpoints import FILES, POINTS
from soak.forking import Forks
from soak.kills import end_of, finish, kill_at

pytestmark = pytest.mark.long


def in_order(files: tuple[str, ...], *others: str) -> list[str]:
    """The failpoints of these files and the others, as a training reaches them."""
    order = [*FILES[:2], "step", FILES[2], "validation", "metrics", "epoch", *FILES[3:]]
    chosen = [point for point in POINTS if point.split(":")[0] in files or point in others]
    return sorted(chosen, key=lambda point: order.index(point.split(":")[0]))


@pytest.mark.parametrize(
    ("etude", "points"),
    [
        # A dream is the quickest to start; an octave is a phase, a step an epoch.
        ("deep_dream", in_order((*FILES, "metrics"), "epoch")),
        # Here Keras' own `fit` is broken off in the middle of an epoch.
        ("cifar10_cnn", in_order(("current.safetensors",), "step", "validation", "epoch")),
    ],
)
def test_killed_at_every_failpoint_it_ends_the_same(
    etude: str, points: list[str], forks: Forks, straight: Callable[[str], Any], tmp_path: Path
) -> None:
    log = tmp_path / "log.txt"
    number, victim = 0, tmp_path / "killed"
    for point in points:
        if not kill_at(forks, etude, victim, point, log):  # its file was written already: begin anew
            assert end_of(victim) == straight(etude), f"killed before {point}"
            number, victim = number + 1, tmp_path / f"killed-{number}"
            assert kill_at(forks, etude, victim, point, log), f"{point} never fired"
    assert finish(forks, etude, victim, log) == straight(etude)


def test_every_failpoint_is_tried() -> None:
    tried = {*in_order((*FILES, "metrics"), "epoch"), *in_order(("current.safetensors",), "step", "validation")}
    assert tried == set(POINTS)
