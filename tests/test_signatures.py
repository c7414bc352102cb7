"""Editors and type checkers know the settings of each study."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent

RIGHT = """
import etudes

run = etudes.train("addition_rnn", preset="demo", digits=2, operator="-", reverse=False, learning_rate=1, out="x")
etudes.train("antirectifier", baselines=["relu"], data="digits", backend="jax", log=("tensorboard",))
etudes.train("deep_dream", layers=("mixed4",), coefficients=[1.0], octaves=2)
print(run.metrics["exact_match"], run.history.frame())
"""
WRONG = (
    'etudes.train("addition_rnn", digit=2)',
    'etudes.train("addition_rnn", digits="two")',
    'etudes.train("addition_rnn", operator="/")',
    'etudes.train("addition_rnn", preset="best")',
    'etudes.train("addition_rnn", octaves=2)',
    'etudes.train("adition_rnn")',
    'etudes.train("addition_rnn", backend="theano")',
    'etudes.train("addition_rnn").metric',
)


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("signatures", ROOT / "docs" / "signatures.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_file_has_the_settings_of_the_classes() -> None:
    generated = generator()
    assert generated.FILE.read_text(encoding="utf-8") == generated.signatures(), "run `python docs/signatures.py`"


def test_the_stub_takes_what_the_function_takes() -> None:
    import inspect

    from etudes.actions.train import train

    named = [name for name in inspect.signature(train).parameters if name not in ("etude", "settings")]
    for overload in generator().signatures().split("@overload")[1:]:
        given = [line.strip().partition(":")[0] for line in overload.splitlines()]
        assert [name for name in given if name in named] == named


@pytest.mark.long
def test_mypy_accepts_what_is_right_and_refuses_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "typed.py"
    file.write_text(RIGHT + "\n".join(WRONG) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(file)]
    command += ["--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    found = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    first = len(RIGHT.splitlines()) + 1
    assert found == {*range(first, first + len(WRONG))}, done.stdout
