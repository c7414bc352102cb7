"""What kills and stops share: a server of forked processes, and the end of a training that nothing disturbed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soak.forking import Forks
from soak.kills import finish


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Runs command lines, each in a process of its own."""
    with Forks("tensorflow") as server:
        yield server


@pytest.fixture(scope="session")
def straight(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Gives the end of an étude's tiny training that nothing disturbed."""
    ends: dict[str, Any] = {}

    def end(etude: str) -> Any:
        if etude not in ends:
            folder: Path = tmp_path_factory.mktemp("straight")
            ends[etude] = finish(forks, etude, folder / "run", folder / "log.txt")
        return ends[etude]

    return end
