"""A finished run that is asked for again: the same is there, anything else is refused with the difference."""

from pathlib import Path
from typing import Any

import pytest

import etudes
from etudes import experiments
from etudes.actions.loading import preset_of
from etudes.actions.train import begun_header
from etudes.cli import run as command
from etudes.errors import UserError
from etudes.runs import Run


def keep(folder: str, etude: str, *, finished: bool = True, early: str = "", **changes: Any) -> Run:
    """A run with all that says what was asked of it, and, if it is finished, results."""
    run, settings = Run(Path(folder)), preset_of(etude, "tiny", {"precision": "float32", **changes})
    run.write_header(begun_header(run, etude, "tiny", settings, settings, experiments.load(etude).load_data(settings)))
    run.write_json("environment.json", {"backend": "tensorflow"})
    if finished:
        results = {"metrics": {"accuracy": 0.5}, "training_seconds": 1.0, "weights_sha256": "0"}
        run.write_json("results.json", results | ({"finished_early": early} if early else {}))
    return run


@pytest.fixture
def finished(runs: Path) -> Run:
    return keep("r", "cifar10_cnn", epochs=2)


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert command(words) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert len(printed.err) <= 201
    return printed.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mnist_acgan"], "r is a run of cifar10_cnn, not of mnist_acgan: choose another --out"),
        (["cifar10_cnn", "--epochs", "3"], "r is finished with --epochs 2, not 3 and is not trained further: choose"),
        (["cifar10_cnn", "--epochs", "1"], "--epochs 2, not 1"),
        (["cifar10_cnn", "--seed", "7"], "r is finished with --seed 0, not 7: choose another --out"),
        (["cifar10_cnn", "--data", "digits"], "--data shapes, not digits"),
        (["cifar10_cnn", "--preset", "classic", "--data", "shapes"], "r is finished with --"),
        (["cifar10_cnn", "--backend", "jax"], "began on tensorflow: leave out --backend, or choose another --out"),
        (["cifar10_cnn", "--precision", "bfloat16"], "--precision float32, not bfloat16"),
    ],
)
@pytest.mark.parametrize("json", [[], ["--json"]])
def test_what_is_asked_differently_is_refused(
    words: list[str], said: str, json: list[str], finished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    preset = [] if "--preset" in words else ["--preset", "tiny"]
    assert said in refused(["train", *words, *preset, "--out", "r", *json], capsys)


def test_the_same_is_said_to_be_there(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    said = "finished: nothing to train"
    for words in ([], ["--backend", "tensorflow"], ["--epochs", "2", "--seed", "0"], ["--precision", "auto"]):
        assert command(["train", "cifar10_cnn", "--preset", "tiny", "--out", "r", *words]) == 0
        assert said in capsys.readouterr().out
    assert etudes.train("cifar10_cnn", preset="tiny", out="r", quiet=True) == finished
    with pytest.raises(UserError, match="--batch-size"):
        etudes.train("cifar10_cnn", preset="tiny", out="r", quiet=True, batch_size=7)


def test_the_same_data_under_another_name_is_the_same(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("pairs.csv").write_text("".join(f"{n}+{n},{2 * n}\n" for n in range(400)))
    keep("r", "addition_rnn", data="pairs.csv", pairs=0)
    words = ["train", "addition_rnn", "--preset", "tiny", "--pairs", "0", "--out", "r"]
    for name in ("pairs.csv", "./pairs.csv", str(tmp_path / "pairs.csv")):
        assert command([*words, "--data", name]) == 0
    Path("other.csv").write_text("".join(f"{n}+{n},{2 * n}\n" for n in range(400)))
    capsys.readouterr()
    assert "--data pairs.csv, not other.csv" in refused([*words, "--data", "other.csv"], capsys)


def test_an_unfinished_run_names_the_difference_too(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep("r", "cifar10_cnn", finished=False)
    said = refused(["train", "cifar10_cnn", "--preset", "tiny", "--seed", "7", "--out", "r"], capsys)
    assert "r began with --seed 0, not 7: `etudes resume r`, or choose another --out" in said


def test_a_run_that_was_finished_early_is_not_trained_or_reproduced(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep("r", "cifar10_cnn", early="finished early after 1 of 2 epochs")
    said = "r finished early after 1 of 2 epochs and cannot be trained further: train anew with another --out"
    for words in (["train", "cifar10_cnn", "--preset", "tiny", "--out", "r"], ["resume", "r"]):
        assert said in refused(words, capsys)
    assert "r finished early after 1 of 2 epochs: only a run that was trained" in refused(["reproduce", "r"], capsys)


def test_finish_refuses_what_has_learned_nothing_and_leaves_what_is_finished(
    finished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    keep("new", "cifar10_cnn", finished=False)
    assert "new has no checkpoint to finish yet: `etudes resume new` trains it" in refused(["finish", "new"], capsys)
    with Run(Path("new")).locked():
        assert "new is in use by another process" in refused(["finish", "new"], capsys)
    assert command(["finish", "r"]) == 0
    assert "r is finished already" in capsys.readouterr().out
    assert "there is no such folder" in refused(["finish", "nowhere"], capsys)


def test_checkpoints_that_a_crash_left_behind_are_removed(finished: Run) -> None:
    (finished.folder / "checkpoints").mkdir()
    (finished.folder / "checkpoints" / "current.safetensors").write_bytes(b"old")
    etudes.resume(finished, quiet=True)
    assert not (finished.folder / "checkpoints").exists()
