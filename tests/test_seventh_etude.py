"""docs/a-seventh-etude.md, followed to the letter in an empty folder."""

import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_checks import check_description, check_life
from etudes import experiments
from etudes.cli import run
from etudes.contract import Experiment

PAGE = (Path(__file__).parent.parent / "docs" / "a-seventh-etude.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


STUDY, CONTENTS = blocks("python")
(CARD,) = blocks("markdown")


def add(folder: Path, study: str = STUDY, contents: str = CONTENTS, card: str = CARD) -> None:
    (folder / "parity").mkdir(parents=True)
    (folder / "parity" / "__init__.py").write_text(contents, encoding="utf-8")
    (folder / "parity" / "study.py").write_text(study, encoding="utf-8")
    (folder / "parity" / "README.md").write_text(card, encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in which études are looked for, too."""
    folder = tmp_path / "more"
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(folder)])
    yield folder
    experiments._load.cache_clear()
    for name in [name for name in sys.modules if name.startswith("etudes.experiments.parity")]:
        del sys.modules[name]


def test_the_page_gives_an_etude_that_fulfils_the_contract(
    place: Path, tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ETUDES_CHECKPOINT_SECONDS", "0")
    add(place)
    assert "parity" in experiments.names()
    check_description("parity")
    check_life("parity", tmp_path)
    assert run(["list"]) == 0
    assert "parity" in capsys.readouterr().out
    assert run(["use", str(tmp_path / "straight"), "0110"]) == 0
    assert "0110: " in capsys.readouterr().out
    assert run(["use", str(tmp_path / "straight"), "012"]) == 2
    assert "is not a row of 4 bits" in capsys.readouterr().err


def test_a_card_without_a_heading_fails_the_contract(place: Path) -> None:
    add(place, card=CARD.replace("## Process", "## Something"))
    with pytest.raises(AssertionError, match="no heading"):
        check_description("parity")


PARTS = [field.name for field in dataclasses.fields(Experiment) if field.default is dataclasses.MISSING]


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_fails_the_contract(place: Path, part: str) -> None:
    without = re.sub(rf"^    {part}=.*\n", "", CONTENTS, flags=re.MULTILINE)
    assert without != CONTENTS
    add(place, contents=without)
    with pytest.raises(TypeError, match=part):
        check_description("parity")


def test_a_training_run_that_bypasses_the_session_fails_the_contract(place: Path, tmp_path: Path, runs: Path) -> None:
    past = re.sub(r"    session\.fit\(.*?\n", "    network.fit(rows, parity, verbose=0)\n", STUDY, flags=re.DOTALL)
    assert past != STUDY
    add(place, study=past)
    with pytest.raises(AssertionError):
        check_life("parity", tmp_path)
