"""The size of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """The choices of the command line."""

    size: Literal["tiny", "quick", "full"]
    repeats: int
    """Rounds A B A B …"""
    budget: float
    """Minutes that one training run to a target may take."""
    folder: Path
    """For data, and for runs to resume later."""

    def of(self, tiny: T, quick: T, full: T) -> T:
        """The value for this size."""
        return {"tiny": tiny, "quick": quick, "full": full}[self.size]
