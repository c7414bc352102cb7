"""How much a benchmark does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """What the command line asked for."""

    size: Literal["tiny", "quick", "full"]
    repeats: int
    """Rounds A B A B …"""
    budget: float
    """Minutes that one training to a target may take."""
    folder: Path
    """For data and trainings that go on later."""

    def of(self, tiny: T, quick: T, full: T) -> T:
        """The one that belongs to the size."""
        return {"tiny": tiny, "quick": quick, "full": full}[self.size]
