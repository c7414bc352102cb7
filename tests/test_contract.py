"""Every étude's whole life on the backend of this process; `make test` runs it on TensorFlow and on JAX."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contract_checks import check_description, check_life
from etudes import experiments
from etudes.runs import Run


@pytest.mark.parametrize("name", experiments.names())
def test_describes_itself(name: str) -> None:
    check_description(name)


@pytest.mark.parametrize("name", experiments.names())
def test_lives(name: str, tmp_path: Path, runs: Path, tiny_run: Callable[[str, Path], Run]) -> None:
    check_life(name, tmp_path, tiny_run(name, tmp_path / "straight"))
