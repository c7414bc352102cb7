"""Every étude's whole life on the backend of this process; `make test` runs it on TensorFlow and on JAX."""

from pathlib import Path

import pytest

from contract_checks import check_description, check_life
from etudes import experiments


@pytest.mark.parametrize("name", experiments.names())
def test_describes_itself(name: str) -> None:
    check_description(name)


@pytest.mark.parametrize("name", experiments.names())
def test_lives(name: str, tmp_path: Path, runs: Path) -> None:
    check_life(name, tmp_path)
