"""What a command does once: look a run up, open it, load its data, build its networks, hash a file."""

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import etudes
from etudes import experiments
from etudes.actions import loading
from etudes.cli import run
from etudes.runs import Run

STUDY = "antirectifier"


class Journey:
    """How often a command did what it must do once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looked_up, self.opened, self.built, self.hashed = (Counter[str]() for _ in range(4))
        self._count(monkeypatch, "find_run", self.looked_up)
        self._count(monkeypatch, "load_weights", self.opened)
        self._count(monkeypatch, "build_networks", self.built, "train", "inspect")
        self._count_hashes(monkeypatch)

    def _count(self, monkeypatch: pytest.MonkeyPatch, name: str, counter: Counter[str], *also_in: str) -> None:
        """Count the calls of a function of `loading`, by the first argument, also where other actions import it."""
        real = getattr(loading, name)

        def counted(first: Any, *args: Any, **kwargs: Any) -> Any:
            counter[str(first)] += 1
            return real(first, *args, **kwargs)

        for module in ("loading", *also_in):
            monkeypatch.setattr(f"etudes.actions.{module}.{name}", counted)

    def _count_hashes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Count what is hashed by its digest: the same bytes twice are one file hashed twice."""
        real, file_digest = hashlib.sha256, hashlib.file_digest

        def sha256(content: bytes = b"", **kwargs: Any) -> Any:
            found = real(content, **kwargs)
            if len(content) > 200:
                self.hashed[found.hexdigest()] += 1
            return found

        def digest_of(file: Any, kind: Any) -> Any:
            found = file_digest(file, kind)
            self.hashed[found.hexdigest()] += 1
            return found

        monkeypatch.setattr(hashlib, "sha256", sha256)
        monkeypatch.setattr(hashlib, "file_digest", digest_of)

    def check(self, *, networks: int = 1) -> None:
        """Nothing was done twice."""
        assert sum(self.looked_up.values()) <= 1, self.looked_up
        assert set(self.opened.values()) <= {1}, self.opened
        assert sum(self.built.values()) == networks, self.built
        assert set(self.hashed.values()) <= {1}, "a file was hashed twice"


@pytest.fixture
def finished(tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path) -> Run:
    return tiny_run(STUDY, tmp_path / "finished")


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "seven.png"
    Image.new("L", (28, 28), 40).save(path)
    return str(path)


def test_use_does_everything_once(finished: Run, picture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    journey = Journey(monkeypatch)
    assert run(["use", str(finished), picture]) == 0
    journey.check(networks=0)  # its graphs answer
    assert len(journey.opened) == 1


@pytest.mark.parametrize("command", ["evaluate", "inspect", "report", "export"])
def test_a_command_does_everything_once(finished: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = Counter[str]()
    experiment, real = experiments.load(STUDY), experiments.load(STUDY).load_data

    def load_data(settings: Any) -> Any:
        loads["data"] += 1
        return real(settings)

    object.__setattr__(experiment, "load_data", load_data)
    try:
        journey = Journey(monkeypatch)
        assert run([command, str(finished)]) == 0
    finally:
        object.__setattr__(experiment, "load_data", real)
    journey.check()
    assert loads["data"] == (command != "export")


def test_train_does_everything_once(tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journey = Journey(monkeypatch)
    assert run(["train", STUDY, "--preset", "tiny", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    journey.check()
    assert not journey.opened


def test_a_dream_opens_no_picture_but_the_one_that_was_named(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, dream = tmp_path / "photo.png", tmp_path / "dream.png"
    Image.effect_noise((64, 64), 60).convert("RGB").save(photo)
    opened: list[str] = []
    real = Image.open

    def open_picture(file: Any, *args: Any, **kwargs: Any) -> Any:
        opened.append(str(getattr(file, "name", file)))
        return real(file, *args, **kwargs)

    monkeypatch.setattr(Image, "open", open_picture)
    journey = Journey(monkeypatch)
    options = {"weights": "cifar10_cnn@bundled", "octaves": 1, "iterations": 1}
    etudes.use("deep_dream", str(photo), out=str(dream), **options)
    assert {Path(name).name for name in opened} <= {"photo.png"}
    assert set(journey.opened.values()) == {1}
    assert sum(journey.built.values()) == 2, "the base network, and the dream's"
    assert set(journey.hashed.values()) <= {1}, "a file was hashed twice"
