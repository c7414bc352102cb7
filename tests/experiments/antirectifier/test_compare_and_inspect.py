"""Baselines over several seeds, and where activations die: held against SciPy and against counting."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import etudes
from etudes import experiments
from etudes.actions.loading import build_networks
from etudes.cli import run as command
from etudes.contract import DataInfoOnly, Images
from etudes.errors import UserError
from etudes.experiments.antirectifier.compare import accuracies, compare, parameters
from etudes.experiments.antirectifier.inspect import Options
from etudes.experiments.antirectifier.pictures import RARE, activity_table, dead_units, measure_activity
from etudes.experiments.antirectifier.study import BASELINES, PRESETS, build_network
from etudes.runs import Run
from etudes.schema import as_dict, override
from etudes.training.backend import keras, start_backend

Records = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def records(values: dict[str, list[float]], **changes: Any) -> Records:
    """What the run folders say of trainings with seeds 0, 1, … that reached these accuracies."""
    etude = experiments.load("antirectifier")
    baselines = tuple(name for name in values if name != "antirectifier")
    headers, results = [], []
    for seed in range(len(values["antirectifier"])):
        settings = override(PRESETS["tiny"], {"baselines": baselines, "seed": seed, **changes})
        data = as_dict(etude.describe_data(settings))
        headers.append({"etude": "antirectifier", "preset": "tiny", "settings": as_dict(settings), "data": data})
        metrics = {f"accuracy_{name.replace('-', '_')}": column[seed] for name, column in values.items()}
        metrics["accuracy"] = metrics.pop("accuracy_antirectifier")
        results.append({"metrics": metrics, "training_seconds": 1.0})
    return headers, results


SEEN = {"antirectifier": [0.98, 0.985, 0.981], "relu-256": [0.979, 0.982, 0.982], "relu-512": [0.97, 0.98, 0.99]}


def test_differences_have_the_interval_of_the_paired_t_test() -> None:
    result = compare(*records(SEEN))
    means, pairs = result.tables
    for row in means.rows:
        expected = stats.t.interval(0.95, 2, np.mean(SEEN[row[0]]), stats.sem(SEEN[row[0]]))
        assert row[2:] == pytest.approx((3, np.mean(SEEN[row[0]]), *expected))
    assert [row[0] for row in pairs.rows] == [
        "antirectifier - relu-256", "antirectifier - relu-512", "relu-256 - relu-512"
    ]  # fmt: skip
    for row in pairs.rows:
        first, second = (SEEN[name] for name in row[0].split(" - "))
        paired = stats.ttest_rel(first, second).confidence_interval()
        assert row[3:] == pytest.approx((np.mean(first) - np.mean(second), paired.low, paired.high))
    assert pairs.rows[0][2] == "2 of 3"
    assert result.pictures["baselines"].width > 1000


def test_only_runs_of_one_recipe_are_put_together() -> None:
    many = [records(SEEN), records(SEEN, epochs=3), records(SEEN, dropout=0.5)]
    headers, results = ([entry for some in many for entry in some[part]] for part in (0, 1))
    result = compare(headers, results)
    titles = [table.title for table in result.tables]
    assert titles[::2] == [
        "baselines over seeds: digits, tiny, 2 epochs",
        "baselines over seeds: digits, tiny, 3 epochs",
        "baselines over seeds: digits, tiny, 2 epochs (2)",
    ]
    assert all(row[2] == 3 for table in result.tables[::2] for row in table.rows)


def test_baselines_that_were_trained_apart_are_paired_by_their_seed() -> None:
    first, second = (
        records({name: SEEN[name] for name in ("antirectifier", baseline)}) for baseline in ("relu-256", "relu-512")
    )
    for part in range(2):
        first[part].extend(second[part][:2])  # the other baseline has two seeds
    means, pairs = compare(*first).tables
    assert [row[2] for row in means.rows] == [3, 3, 2]
    assert [row[:2] for row in pairs.rows] == [
        ("antirectifier - relu-256", 3), ("antirectifier - relu-512", 2), ("relu-256 - relu-512", 2)
    ]  # fmt: skip


def test_a_single_seed_makes_no_compare() -> None:
    headers, results = records({"antirectifier": [0.9], "relu-256": [0.8]})
    assert compare(headers * 2, results * 2).tables == []


def test_a_run_that_does_not_say_its_accuracies_is_refused() -> None:
    with pytest.raises(UserError, match="has no accuracy_relu_256"):
        accuracies(PRESETS["tiny"], {"accuracy": 0.5})


def test_parameters_are_those_of_the_networks() -> None:
    start_backend()
    for preset in ("classic", "tiny"):
        info = experiments.load("antirectifier").describe_data(PRESETS[preset])
        for name, (kind, units) in {"antirectifier": ("antirectifier", 256), **BASELINES}.items():
            assert parameters(name, info) == build_network(kind, units, 0.1, info).count_params()


def test_compare_shows_the_study_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, (header, results) in enumerate(zip(*records(SEEN), strict=True)):
        folder = Run(tmp_path / f"seed-{number}")
        folder.write_header(header)
        folder.write_json("results.json", results)
    words = [str(tmp_path / f"seed-{number}") for number in range(3)]
    assert command(["compare", *words, "--out", str(tmp_path / "study.png"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    titles = [table["title"] for table in shown["tables"]]
    assert titles == [
        "settings that differ", "results", "over 3 seeds", "baselines over seeds: digits, tiny, 2 epochs",
        "differences within seeds: digits, tiny, 2 epochs",
    ]  # fmt: skip
    (accuracy,) = (row for row in shown["tables"][2]["rows"] if row[0] == "accuracy")
    assert accuracy[1:] == pytest.approx([0.982, *stats.t.interval(0.95, 2, 0.982, stats.sem(SEEN["antirectifier"]))])
    assert Path(shown["files"]["baselines"]).exists()


def test_many_runs_have_a_row_each(tmp_path: Path) -> None:
    for number, (header, results) in enumerate(zip(*records({"antirectifier": [0.5] * 6}), strict=True)):
        folder = Run(tmp_path / f"seed-{number}")
        folder.write_header(header)
        folder.write_json("results.json", results)
    tables = etudes.compare([tmp_path / f"seed-{number}" for number in range(6)]).tables
    assert list(tables[0].columns) == ["run", "seed"]
    assert [row[1] for row in tables[0].rows] == list("012345")
    assert [row[:2] for row in tables[1].rows] == [[str(tmp_path / f"seed-{n}"), 0.5] for n in range(6)]


@pytest.fixture(scope="module")
def half_dead() -> tuple[Any, Images]:
    """A ReLU network of which some units are dead by construction, and pictures of three classes."""
    start_backend()
    info = experiments.load("antirectifier").describe_data(PRESETS["tiny"])
    network = build_network("relu", 256, 0.0, info)
    dense = next(layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    kernel, bias = dense.get_weights()
    kernel[:, :7], bias[:7] = 0, -1  # seven that nothing makes active
    kernel[:, 7:9], bias[7:9] = 0, 1  # two that are always active
    dense.set_weights([kernel, bias])
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (60, *info.shape), dtype=np.uint8)
    return network, Images(pictures, np.arange(60) % 3)


def test_dead_outputs_are_those_that_no_picture_makes_active(half_dead: tuple[Any, Images]) -> None:
    network, test = half_dead
    found = measure_activity({"relu-256": network}, test, 4)
    kernel, bias = network.get_weights()[:2]
    flat = test.pictures.reshape(len(test), -1).astype(np.float64) / 255
    active = flat @ kernel + bias > 0
    assert (found[0].layer, found[1].layer) == (1, 2)
    np.testing.assert_allclose(found[0].overall, active.mean(axis=0), atol=1 / 60 + 1e-9)
    for k in range(3):
        np.testing.assert_allclose(found[0].shares[k], active[test.labels == k].mean(axis=0), atol=1 / 20 + 1e-9)
    assert np.isnan(found[0].shares[3]).all()  # no picture of the fourth class
    row = activity_table(found).rows[0]
    share = found[0].overall
    counted = [sum(s == 0 for s in share), sum(0 < s < RARE for s in share), sum(s == 1 for s in share)]
    assert list(row[3:6]) == counted
    assert row[3] >= 7
    assert row[5] >= 2
    assert dead_units(found, ["a", "b", "c", "d"]).width > 300


def test_of_each_pair_of_antirectifier_outputs_one_is_active(half_dead: tuple[Any, Images]) -> None:
    info = experiments.load("antirectifier").describe_data(PRESETS["tiny"])
    network = build_network("antirectifier", 256, 0.0, info)
    for layer in measure_activity({"antirectifier": network}, half_dead[1], 3):
        first, second = np.split(layer.overall, 2)
        np.testing.assert_allclose(first + second, 1, atol=1e-6)


def test_the_halves_of_a_picture_of_ones_own(tmp_path: Path) -> None:
    etude = experiments.load("antirectifier")
    start_backend()
    chosen = override(PRESETS["tiny"], {"baselines": ()})
    data = etude.load_data(chosen)
    networks = build_networks(etude, chosen, data.info, None)
    (file,) = etude.use.example(data, tmp_path).inputs[:1]
    shown = {
        name: np.asarray(etude.inspect.run(networks, data, chosen, options).pictures["both-halves"])
        for name, options in {"first": Options(), "file": Options(picture=file), "second": Options(number=1)}.items()
    }
    np.testing.assert_array_equal(shown["first"], shown["file"])  # the example is the first test picture
    assert (shown["first"] != shown["second"]).any()
    options = Options(picture=file)
    assert not options.needs_data
    without_data = etude.inspect.run(networks, DataInfoOnly(data.info), chosen, options).pictures
    assert list(without_data) == ["first-weights", "both-halves"]
    np.testing.assert_array_equal(np.asarray(without_data["both-halves"]), shown["file"])
    with pytest.raises(UserError, match=f"there are {len(data.test)} test pictures"):
        Options(number=len(data.test)).check_data(data, chosen)
    with pytest.raises(UserError, match="no such picture"):
        Options(picture=str(tmp_path / "none.png")).check(data.info, chosen)
    with pytest.raises(UserError, match="give only one of them"):
        Options(number=1, picture=file).check(data.info, chosen)
