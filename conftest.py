"""What all tests share, those beside the études too: finished tiny runs, and Ctrl-C that arrives."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Some tests press Ctrl-C upon themselves, also where a shell that began them in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """On JAX nearly all the time goes into compiling.

    What one test compiled the others take from a folder of this session, in every process, and LLVM's optimisations,
    which matter to long trainings alone, are left out; `make soak` has them.
    """
    if os.environ.get("KERAS_BACKEND") == "jax" and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="etudes-compiled-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ["JAX_COMPILATION_CACHE_DIR"] = folder.name
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


LONGEST = (
    "tests/studio/",
    "tests/test_contract.py",
    "tests/soak/",
    "tests/test_benchmarks.py",
    "tests/test_demo.py",
    "tests/cli/test_odd_places.py",
    "tests/test_docs.py",
    "src/etudes/experiments/",
    "tests/test_bundled.py",
    "tests/cli/",
    "tests/training/",
)
"""What takes longest comes first, so that in the end no process waits for another."""

TOGETHER = ("tests/studio/", "tests/soak/")
"""Folders whose tests share what takes long to start: a studio with a browser, a process that forks."""

APART = ("tests/test_contract.py",)
"""Files whose tests take long each and share nothing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, where several processes share the tests."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: next((n for n, s in enumerate(LONGEST) if item.nodeid.startswith(s)), len(LONGEST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadscope` a process takes whole files, and some folders whole."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if file in APART else next((folder for folder in TOGETHER if file.startswith(folder)), file)

    return Sharing(config, log) if config.option.dist == "loadscope" else None


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Any]:
    """Gives a copy, in a folder that is made, of an étude's finished training with the preset tiny.

    It is trained once for all tests, also those of other test processes, by whoever asks first.
    """
    from filelock import FileLock

    import etudes
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
                etudes.train(etude, preset="tiny", out=place / etude, quiet=True)
        return Run(shutil.copytree(place / etude, folder))

    return copy
