"""`finish`: a stopped run is finished as it is, usable and marked."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import etudes
from contract_checks import Interrupting
from etudes import experiments
from etudes.actions.studies import etudes_table
from etudes.cli import run as command
from etudes.errors import Interrupted, UserError
from etudes.runs import Run, load_checkpoint, load_weights, read_metrics


def stop(etude: str, folder: str, moment: str = "epoch") -> Run:
    """A run that Ctrl-C stopped after its first epoch, or within it."""
    with pytest.raises(Interrupted):
        etudes.train(etude, preset="tiny", out=folder, progress=Interrupting(moment))
    return Run(Path(folder))


SHORT = ("mnist_transfer_cnn", "deep_dream")
"""All that is special is in them: two phases, many phases, no network that is trained."""


@pytest.mark.parametrize(
    "etude", [name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in experiments.names()]
)
def test_a_stopped_run_is_finished_as_it_is(etude: str, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stopped = stop(etude, "runs/stopped", "epoch" if etude == "mnist_transfer_cnn" else "step")
    checkpoint, history = load_checkpoint(stopped.folder), read_metrics(stopped.folder)
    assert checkpoint is not None
    assert command(["finish", "runs/stopped", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert results["finished_early"].startswith(f"finished early after {len(history)} of ")
    assert experiments.load(etude).headline in results["metrics"]
    assert read_metrics(stopped.folder) == history
    weights = load_weights(stopped.folder)
    learned = {name.removeprefix("networks/"): array for name, array in checkpoint.arrays.items()}
    same = [name for name in weights if name in learned and np.array_equal(weights[name], learned[name])]
    assert same or etude == "deep_dream"  # whose picture the checkpoint has at the size of its octave
    if etude == "mnist_transfer_cnn":  # its second network begins as it would
        assert results["finished_early"].endswith("after 1 of 3 epochs (first 1 of 1, transfer 0 of 2)")
        assert np.array_equal(weights["first/00.kernel"], weights["transferred/00.kernel"])
    assert not (stopped.folder / "checkpoints").exists()
    check_use(etude, stopped)
    early = results["finished_early"]
    assert early in (stopped.folder / "card.md").read_text(encoding="utf-8")
    assert early in etudes.report(stopped, as_is=True).read_text(encoding="utf-8")
    assert any(early in str(row) for row in etudes_table().rows)
    with pytest.raises(UserError, match="cannot be trained further"):
        etudes.resume(stopped, quiet=True)


def check_use(etude: str, run: Run) -> None:
    loaded = etudes.load(run)
    example = experiments.load(etude).use.example(loaded.data, run.pictures)
    assert etudes.use(loaded, *example.inputs, **example.options).answers


@pytest.mark.long
def test_after_its_last_epoch_a_run_is_not_early(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it was evaluated."""
    straight = tiny_run("cifar10_cnn", tmp_path / "straight")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr("etudes.actions.train.save_weights", fail)
        with pytest.raises(KeyboardInterrupt):
            etudes.train("cifar10_cnn", preset="tiny", out="stopped", quiet=True)
    run = etudes.finish("stopped", quiet=True)
    assert "finished_early" not in run.results()
    assert run.results()["weights_sha256"] == straight.results()["weights_sha256"]


def test_early_runs_are_marked_side_by_side_and_not_averaged(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path
) -> None:
    one = tiny_run("cifar10_cnn", tmp_path / "one")
    two = Run(shutil.copytree(one.folder, tmp_path / "two"))
    header = two.header()
    two.write_header({**header, "settings": {**header["settings"], "seed": 1}})
    assert [table.title for table in etudes.compare([one, two]).tables][-1] == "over 2 seeds"
    two.write_json("results.json", {**two.results(), "finished_early": "finished early after 1 of 2 epochs"})
    tables = etudes.compare([one, two]).tables
    assert tables[-1].title == "results"
    assert ["finished_early", "", "finished early after 1 of 2 epochs"] in [list(row) for row in tables[-1].rows]


def test_a_finished_run_has_no_checkpoints_and_needs_none(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path
) -> None:
    run = tiny_run("cifar10_cnn", tmp_path / "run")
    assert not (run.folder / "checkpoints").exists()
    assert etudes.resume(run, quiet=True) == run
