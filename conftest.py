"""What all tests share, those beside the études too: finished tiny runs, and Ctrl-C that arrives."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Some tests press Ctrl-C upon themselves, also where a shell that began them in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Any]:
    """Gives a copy, in a folder that is made, of an étude's finished training with the preset tiny.

    It is trained once for all tests, also those of other test processes, by whoever asks first.
    """
    from filelock import FileLock

    from etudes import actions
    from etudes.runs import BUNDLED, Run

    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tiny"
    place.mkdir(exist_ok=True)

    def copy(etude: str, folder: Path) -> Run:
        with FileLock(place / f"{etude}.lock"), pytest.MonkeyPatch.context() as plain:
            # Whatever the test that asks has changed for itself.
            plain.setenv("ETUDES_RUNS", str(place / "none"))
            plain.delenv("ETUDES_CHECKPOINT_SECONDS", raising=False)
            plain.setattr("etudes.runs.folder.BUNDLED", BUNDLED)
            if not Run(place / etude).finished:
                actions.train(etude, preset="tiny", out=place / etude, quiet=True)
        return Run(shutil.copytree(place / etude, folder))

    return copy
