"""The command line accepts every command on the cards; none is run."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from etudes import experiments
from etudes.actions.loading import Target
from etudes.cli import commands, run
from etudes.cli.parsing import parse
from etudes.views.card import looks_of


class Parsed(Exception):  # noqa: N818 (not an error)
    """The arguments of a command were accepted."""


def card(name: str) -> str:
    return (experiments.folder(name) / "README.md").read_text(encoding="utf-8")


def commands_on(text: str) -> list[str]:
    """The commands in code blocks and between backticks, without mere names such as `etudes evaluate`."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    lines += [" ".join(words.split()) for words in re.findall(r"`([^`]+)`", prose) if len(words.split()) > 2]
    return [line.replace("$seed", "0") for line in lines if line.startswith("etudes ")]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command ends once its arguments are accepted."""

    def stopped(cls: Any, words: Sequence[str], prog: str, **kwargs: Any) -> Any:
        parse(cls, words, prog, **kwargs)
        raise Parsed

    monkeypatch.setattr(commands, "parse", stopped)


@pytest.mark.parametrize("name", experiments.names())
def test_the_commands_of_a_card_are_accepted(
    name: str, parsed: None, monkeypatch: pytest.MonkeyPatch, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A run on a card is one of the card's study.
    monkeypatch.setattr("etudes.actions.loading.resolve", lambda _: Target(name, None, {}, named=False))
    found = commands_on(card(name))
    assert len(found) >= 8
    for line in found:
        try:
            code = run(shlex.split(line, comments=True)[1:])
        except Parsed:
            continue
        pytest.fail(f"{line}: {code}, {capsys.readouterr().err}")


def test_a_command_that_is_not_accepted_is_found(parsed: None, runs: Path) -> None:
    (line,) = commands_on("a\n```\netudes inspect cifar10_cnn --rate\n```\nand `x`")
    assert run(shlex.split(line)[1:]) == 2


@pytest.mark.parametrize("name", experiments.names())
def test_every_picture_on_a_card_has_a_command_of_its_study(name: str) -> None:
    looks = looks_of(card(name))
    assert {"etudes train", "etudes evaluate", "etudes inspect", "etudes report"} <= {
        " ".join(look.command.split()[:2]) for look in looks
    }
    assert all(name in look.command or look.command.startswith("etudes compare") for look in looks)
    assert all(look.shows for look in looks)
