"""compare: what its picture and its tables say of runs whose files are written here."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from etudes.actions import compare as module
from etudes.actions.compare import compare, distinguishing
from etudes.cli import run as command
from etudes.errors import UserError
from etudes.runs import Run
from etudes.schema import as_dict, override


def make(folder: Path, accuracy: float = 0.5, epochs: int = 3, **changes: Any) -> Run:
    """A finished run of addition_rnn, without weights."""
    from etudes import experiments

    etude = experiments.load("addition_rnn")
    settings = override(etude.presets["tiny"], changes)
    run = Run(folder)
    data = as_dict(etude.describe_data(settings))
    run.write_header({"etude": "addition_rnn", "preset": "tiny", "settings": as_dict(settings), "data": data})
    run.write_json("results.json", {"metrics": {"exact_match": accuracy}, "training_seconds": 1.0})
    lines = [
        {"phase": "train", "epoch": epoch, "loss": accuracy / epoch, "seconds": 1.0, "samples_per_second": 1.0}
        for epoch in range(1, epochs + 1)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is given to the function that draws, which draws it, too."""
    given: dict[str, Any] = {}
    draw = module.learning_curves

    def watch(histories: Any, bands: Any) -> Any:
        given.update(histories=histories, bands=bands)
        return draw(histories, bands)

    monkeypatch.setattr(module, "learning_curves", watch)
    return given


def test_runs_that_differ_by_seed_become_a_mean_with_its_interval(runs: Path, drawn: dict[str, Any]) -> None:
    accuracies = [0.4, 0.5, 0.7]
    folders = [make(runs / f"wide-seed-{seed}", value, seed=seed).folder for seed, value in enumerate(accuracies)]
    other = make(runs / "narrow", 0.1, units=16).folder
    result = compare([*folders, other])
    assert set(drawn["histories"]) == {"wide (3 seeds)", "narrow"}
    mean = drawn["histories"]["wide (3 seeds)"]
    assert [line["loss"] for line in mean] == pytest.approx(np.mean(accuracies) / np.arange(1, 4))
    low, high = stats.t.interval(0.95, 2, np.mean(accuracies), stats.sem(accuracies))
    band = drawn["bands"]["wide (3 seeds)"]
    assert (band.low[0]["loss"], band.high[0]["loss"]) == pytest.approx((low, high))
    (table,) = (table for table in result.tables if table.title == "over 3 seeds: wide (3 seeds)")
    assert table.rows == [("exact_match", *map(pytest.approx, (np.mean(accuracies), low, high)))]


def test_all_from_one_recipe_are_one_curve(runs: Path, drawn: dict[str, Any]) -> None:
    compare([make(runs / f"a-{seed}", seed=seed).folder for seed in (4, 5)])
    assert list(drawn["histories"]) == ["a (2 seeds)"]


def test_two_recipes_whose_runs_have_like_names_keep_two_curves(runs: Path, drawn: dict[str, Any]) -> None:
    folders = [make(runs / f"run-{k}", seed=k % 2, units=8 + 8 * (k // 2)).folder for k in range(4)]
    compare(folders)
    assert len(drawn["histories"]) == len(drawn["bands"]) == 2


def test_the_same_run_twice_and_runs_of_one_name_have_a_curve_each(runs: Path, drawn: dict[str, Any]) -> None:
    first = make(runs / "here" / "run").folder
    second = make(runs / "there" / "run", units=16).folder
    compare([first, second, first])
    assert list(drawn["histories"]) == ["here", "there", "here (2)"]


@pytest.mark.parametrize("count", [12, 70])
def test_many_runs_with_long_paths_have_a_legend_and_no_warning(count: int, runs: Path, drawn: dict[str, Any]) -> None:
    deep = runs / ("a very long name of a folder, with $money$ and [red] " * 3) / ("x" * 200)
    many = [make(deep / f"{'y' * 100}-{k}-{'z' * 90}", units=8 + k) for k in range(count)]
    result = compare(many, out=runs / "out" / "curves.png")
    assert Path(result.files["curves"]).stat().st_size > 0
    assert list(drawn["histories"])[:2] == ["y" * 100 + "-0", "y" * 100 + "-1"]
    picture: Any = result.pictures["curves"]
    assert picture.width < 1500


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/r/cifar10_cnn-tuned-1", "/r/cifar10_cnn-tuned-2"], ["tuned-1", "tuned-2"]),
        (["/r/cifar10_cnn-tuned-1", "/r/addition_rnn-tuned-1"], ["cifar10_cnn", "addition_rnn"]),
        (["/a/x/run", "/a/y/run"], ["x", "y"]),
        (["/a/x", "/a/x"], ["x", "x (2)"]),
        (["/a/x", "/a/x-more"], ["x", "x-more"]),
        (["/a/1", "/a/2"], ["1", "2"]),
        (["C:\\runs\\a-b", "C:\\runs\\a-c"], ["b", "c"]),
        (["/x", "/y/z"], ["x", "y/z"]),
    ],
)
def test_names_are_what_tells_runs_apart(paths: list[str], names: list[str]) -> None:
    assert distinguishing(paths) == names


def test_a_pattern_may_match_what_is_no_run(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own output of the last time, a run that is not finished, a damaged one, a file."""
    for number in (1, 2):
        make(runs / f"run-{number}", units=8 * number)
    (make(runs / "unfinished").folder / "results.json").unlink()
    (make(runs / "broken").folder / "settings.toml").write_text("[")
    (runs / "notes.txt").write_text("mine")
    for already in range(2):
        assert command(["compare", *map(str, sorted(runs.iterdir()))]) == 0
        said = capsys.readouterr().out
        left_out = 3 + already
        assert f"{left_out} left out, as they hold no finished run: " in said
        assert (runs / "compared" / "curves.png").exists()


def test_what_was_named_and_is_not_there_is_refused(runs: Path) -> None:
    first, second = make(runs / "a").folder, make(runs / "b", units=16).folder
    for wrong, said in ((runs / "nowhere", "no such folder"), ("adition_rnn", "addition_rnn")):
        with pytest.raises(UserError, match=said):
            compare([first, second, wrong])
    (second / "results.json").unlink()
    with pytest.raises(UserError, match="etudes resume"):
        compare([first, second])
