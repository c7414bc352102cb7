"""The benchmarks run, and what they compute from is right: counts of work against formulas, ratios, rounds."""

import importlib
import importlib.util
import inspect
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from etudes.experiments.mnist_transfer_cnn.fine_tuning import RECIPE
from etudes.training.backend import keras, start_backend

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module", autouse=True)
def benchmarks() -> Any:
    """The package, which is not installed."""
    sys.path.insert(0, str(ROOT))
    yield importlib.import_module("benchmarks")
    sys.path.remove(str(ROOT))


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """No new process for each contestant, which would take minutes, and embedded data only.

    Contestants that differ in their backend alone are one here. Gives the names of the modules that ran.
    """
    from benchmarks import dream, inference, measuring, memory, parts, scaling, speed, time_to_accuracy, windows

    start_backend()
    monkeypatch.setenv("ETUDES_DATA", str(tmp_path / "data"))
    ran: list[str] = []
    known: dict[str, str] = {}

    def run(contestant: Any) -> dict[str, Any]:
        ran.append(contestant.module)
        arguments = json.dumps(dict(contestant.arguments), sort_keys=True)
        what = f"{contestant.module} {arguments}"
        if what not in known:
            known[what] = json.dumps(importlib.import_module(contestant.module).measure(**json.loads(arguments)))
            keras.config.set_dtype_policy("float32")  # some peers choose another one for the whole process
        resources = {"process_seconds": 1.0, "cpu_seconds": 1.0, "peak_megabytes": 1.0}
        return {**json.loads(known[what]), **resources}

    monkeypatch.setattr(parts, "listened", lambda contestant, **_: (run(contestant), []))
    for module in (measuring, dream, inference, memory, scaling, speed, time_to_accuracy, windows):
        if hasattr(module, "run"):
            monkeypatch.setattr(module, "run", run)
    return ran


def test_work_is_counted_as_on_paper() -> None:
    from benchmarks.work import forward_flops, input_gradient_flops, training_flops

    from etudes.experiments.mnist_acgan.phase_split_convolution import UpsampledConv2D

    start_backend()
    layers = keras.layers
    network = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(5)])
    first, second = 2 * (3 * 3 * 3 * 4) * (6 * 6), 2 * (6 * 6 * 4) * 5
    assert forward_flops(network) == first + second
    assert training_flops(network) == 2 * first + 3 * second  # nobody needs the gradient of the pictures
    assert input_gradient_flops(network) == 2 * (first + second)
    wider = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2DTranspose(7, 2, strides=2)])
    assert forward_flops(wider) == 2 * (2 * 2 * 3 * 7) * (4 * 4)
    split = keras.Sequential([keras.Input((4, 4, 3)), UpsampledConv2D(7, 5)])
    assert forward_flops(split) == 2 * (3 * 3 * 3 * 7) * (8 * 8)
    with pytest.raises(TypeError, match="how much work a layer SeparableConv2D is"):
        forward_flops(keras.Sequential([keras.Input((4, 4, 3)), layers.SeparableConv2D(7, 2)]))
    reader = keras.Sequential([keras.Input((6, 3)), layers.LSTM(10), layers.Dense(2)])
    from_input, from_memory = 6 * 2 * 3 * 40, 6 * 2 * 10 * 40
    assert forward_flops(reader) == from_input + from_memory + 2 * 10 * 2
    assert training_flops(reader) == 3 * forward_flops(reader) - from_input


def test_every_module_can_be_imported_and_starts_no_framework() -> None:
    code = """
import importlib, pkgutil, sys
import benchmarks, benchmarks.ours
sys.path.append("benchmarks")  # the scripts import each other as scripts
for package in (benchmarks, benchmarks.ours):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
        print(module.name)
print(*{"tensorflow", "jax", "torch", "keras.src", "sklearn"} & set(sys.modules))
"""
    *names, frameworks = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")[:-1]
    assert frameworks == ""
    files = [path for folder in ("", "ours") for path in (ROOT / "benchmarks" / folder).glob("[!_]*.py")]
    assert {path.stem for path in files} < {name.split(".")[-1] for name in names}


def test_ratios_are_taken_round_by_round() -> None:
    from benchmarks.measuring import compared

    records = {"ours": [{"s": 1.0}, {"s": 10.0}], "peer": [{"s": 2.0}, {"s": 30.0}]}
    faster = compared(records, lambda record: record["s"], "ours", less=True)
    assert faster["ratios"] == {"peer": {"min": 2.0, "median": 2.5, "max": 3.0}}
    assert faster["values"]["ours"] == {"min": 1.0, "median": 5.5, "max": 10.0}
    slower = compared(records, lambda record: record["s"], "ours", less=False)
    assert slower["ratios"]["peer"]["max"] == 0.5


def test_contestants_take_turns_in_processes_of_their_own_and_a_missing_library_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from benchmarks.measuring import Contestant, in_turn

    helping = Contestant("benchmarks.ours.helping")
    records = in_turn({"a": helping, "b": Contestant("nowhere", {}, ("no_such_library",))}, 1)
    (record,) = records["a"]
    assert 0 < record["seconds"] < record["process_seconds"]
    assert record["peak_megabytes"] > 5
    assert "b" not in records
    assert "b: left out, no_such_library is not installed" in capsys.readouterr().err


def test_a_contestant_that_fails_is_an_error() -> None:
    from benchmarks.measuring import Contestant, run

    with pytest.raises(RuntimeError, match="No module named"):
        run(Contestant("benchmarks.nobody"))


@pytest.mark.filterwarnings("ignore:Please import:DeprecationWarning")  # Keras's ImageDataGenerator of 2017
@pytest.mark.parametrize(
    "figure, only",
    [
        pytest.param("speed", ["addition_rnn"], marks=pytest.mark.long),
        pytest.param("levers", ["antirectifier"], marks=pytest.mark.long),
        pytest.param("parts", ["deep_dream"], marks=pytest.mark.long),
        pytest.param("dream", [], marks=pytest.mark.long),
        ("memory", ["deep_dream"]),
        ("windows", []),
        pytest.param("inference", ["addition_rnn"], marks=pytest.mark.long),
        pytest.param("anywhere", ["file", "warm", "installed"], marks=pytest.mark.long),
        pytest.param("pages", ["addition_rnn"], marks=pytest.mark.long),
        pytest.param("scaling", ["pixels", "pictures"], marks=pytest.mark.long),
        pytest.param(
            "time_to_accuracy", ["cifar10_cnn", "mnist_transfer_cnn", "antirectifier"], marks=pytest.mark.long
        ),
    ],
)
def test_every_benchmark_runs(
    figure: str,
    only: list[str],
    runs: Path,
    tmp_path: Path,
    in_this_process: list[str],
    built_page: Callable[[str], Any],
) -> None:
    from benchmarks.__main__ import FIGURES, add
    from benchmarks.sizes import Plan

    if figure == "pages":
        built_page(only[0])
    results = tmp_path / "performance.json"
    add(results, figure, Plan("tiny", 1, 1.0, tmp_path), only)
    parts = json.loads(results.read_bytes())[figure]
    assert parts
    for part in parts.values():
        assert part["measured"]["size"] == "tiny"
        assert part["metrics"]
    ours = any(module.startswith("benchmarks.ours.") for module in in_this_process)
    assert ours or figure in ("anywhere", "pages")  # which measure commands, and a browser
    assert figure in FIGURES


@pytest.mark.parametrize(
    "change, option, value", [("single steps", "steps_per_execution", 1), ("compiled", "jit_compile", True)]
)
def test_a_change_of_compile_reaches_every_network(change: str, option: str, value: Any) -> None:
    levered = importlib.import_module("benchmarks.ours.levered")
    start_backend()
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    steps = {} if option == "jit_compile" else {"steps_per_execution": 10}
    with levered._changed(change):
        network.compile("sgd", "mse", **steps)
    assert getattr(network, option) == value
    network.compile("sgd", "mse", jit_compile=False, **steps)
    assert getattr(network, option) != value


@pytest.mark.long
@pytest.mark.parametrize(
    "etude, without, optimisation",
    [
        ("antirectifier", {"change": "made in turn"}, "etudes.training.data_loading.ThreadPoolExecutor"),
        ("antirectifier", {"change": "tuned data sets"}, "tensorflow.data.experimental.from_variant"),
        (
            "mnist_transfer_cnn",
            {"settings": {"cached_features": False}},
            "etudes.experiments.mnist_transfer_cnn.cached_features.compile_adamw",
        ),
        (
            "mnist_transfer_cnn",
            {"settings": {"cached_features": False}},
            "etudes.experiments.mnist_transfer_cnn.cached_features.fast_dropout",
        ),
    ],
)
def test_a_run_without_an_optimisation_does_not_use_it(
    etude: str, without: dict[str, Any], optimisation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    levered = importlib.import_module("benchmarks.ours.levered")
    start_backend()
    used = Mock(side_effect=InterruptedError)
    monkeypatch.setattr(optimisation, used)
    with pytest.raises(InterruptedError):
        levered.measure(etude, preset="tiny")
    assert used.call_count == 1
    assert levered.measure(etude, preset="tiny", **without)["epochs"]
    assert used.call_count == 1


def test_settings_that_leave_out_an_optimisation_leave_it_out() -> None:
    from etudes.actions.loading import build_networks, preset_of
    from etudes.experiments import load

    start_backend()
    kinds = {}
    for convolution in ("split", "plain"):
        experiment = load("mnist_acgan")
        settings = preset_of("mnist_acgan", "classic", {"data": "digits", "convolution": convolution})
        networks = build_networks(experiment, settings, experiment.describe_data(settings), None)
        kinds[convolution] = {type(layer).__name__ for layer in networks["generator"].layers}
    assert "UpsampledConv2D" in kinds["split"]
    assert "UpsampledConv2D" not in kinds["plain"]


def test_what_another_processor_gave_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = importlib.import_module("benchmarks.__main__")
    from benchmarks.sizes import Plan

    results, beside = tmp_path / "performance.json", tmp_path / "performance-elsewhere.json"
    about = {"versions": {}, "cores": 2, "commit": "", "load_before": 0.0}
    for round_, processor in enumerate(["first", "first", "second"]):
        monkeypatch.setattr(main, "machine", lambda processor=processor: {**about, "processor": processor})
        monkeypatch.setitem(main.FIGURES, "speed", lambda *given, round_=round_: {"addition_rnn": {"round": round_}})
        main.add(results, "speed", Plan("full", 1, 1.0, tmp_path), None)
        assert beside.exists() == (processor == "second")
    assert json.loads(results.read_bytes())["speed"]["addition_rnn"]["metrics"] == {"round": 2}
    assert json.loads(beside.read_bytes())["speed"]["addition_rnn"]["metrics"] == {"round": 1}


def test_every_contestant_of_speed_takes_what_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import speed
    from benchmarks.sizes import Plan

    monkeypatch.setenv("ETUDES_DATA", str(tmp_path / "data"))
    for case in speed.CASES.values():
        for contestant in case(Plan("tiny", 1, 1.0, tmp_path)).values():
            if all(importlib.util.find_spec(name) for name in contestant.needs):
                module = importlib.import_module(contestant.module)
                inspect.signature(module.measure).bind(**contestant.arguments)


@pytest.mark.long
def test_the_peer_of_the_acgan_takes_steps(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pictures, labels = random.integers(0, 256, (8, 28, 28, 1)).astype(np.uint8), random.integers(0, 10, 8)
    np.savez(tmp_path / "data.npz", train_x=pictures, train_y=labels)
    peer = importlib.import_module("benchmarks.peers.acgan_keras")
    (epoch,) = peer.measure(str(tmp_path / "data.npz"), batches=2, epochs=1, batch=4)["epochs"]
    assert epoch["samples_per_second"] == pytest.approx(8 / epoch["seconds"])


def test_the_peer_that_only_predicts_runs() -> None:
    found = importlib.import_module("benchmarks.peers.predict_keras").measure(count=8, repeats=1)
    assert found["per_second"] > 0


def test_a_peer_imports_nothing_of_etudes() -> None:
    for path in (ROOT / "benchmarks" / "peers").glob("*.py"):
        assert "etudes" not in [
            line.split()[1].split(".")[0]
            for line in path.read_text().splitlines()
            if line.startswith(("import ", "from "))
        ], path


def test_the_command_says_what_it_can() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for figure in ("speed", "levers", "parts", "dream", "memory", "inference", "anywhere", "pages", "scaling"):
        assert figure in said


def test_shares_are_those_of_the_primitives_within_the_time() -> None:
    from benchmarks.parts import shares

    def said(start: float, kind: str, milliseconds: float) -> str:
        return f"onednn_verbose,v1,{start:.3f},primitive,exec,cpu,{kind},jit,forward,,,,,{milliseconds}"

    lines = ["other words", "onednn_verbose,v1,graph,info,template", said(999, "convolution", 500)]
    lines += [said(1000, "convolution", 300), said(2500, "reorder", 100), said(2900, "convolution", 200)]
    assert shares([*lines, said(3001, "matmul", 9)], 1.0, 3.0) == {"convolution": 0.25, "reorder": 0.05}


def test_the_recipe_of_teaching_is_one_that_was_compared() -> None:
    known = json.loads((ROOT / "benchmarks" / "teaching.json").read_bytes())
    compared = [entry["recipe"] | contestant["change"] for entry in known for contestant in entry["contestants"]]
    assert asdict(RECIPE) in compared
    assert all(entry["contestants"][0]["better"] == [0, 0, 0] for entry in known)


@pytest.mark.long
def test_recipes_are_compared_on_the_same_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import teaching

    from etudes.data import load_images

    start_backend()
    monkeypatch.setattr(teaching, "load_images", lambda _, **arguments: load_images("digits", **arguments))
    found = teaching.compare([{}, {"epochs": 1, "examples": 15}], range(2), shots=3, asked=10)
    assert found["recipe"] == asdict(RECIPE)
    present, other = found["contestants"]
    assert present["better"] == [0, 0, 0]
    assert present["accuracy"] > other["accuracy"]


@pytest.mark.long
def test_a_run_is_bundled_without_what_only_training_needs(
    tiny_run: Any, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    bundle = importlib.import_module("bundle")
    monkeypatch.setattr(bundle, "BUNDLED", tmp_path / "bundled")
    bundled = bundle.bundle(tiny_run("mnist_acgan", tmp_path / "run"), None)
    assert bundled.folder == tmp_path / "bundled" / "mnist_acgan"
    assert bundled.read_json("bundle.json")["left_out"] == ["generator"]
    assert (bundled.folder / "card.md").exists()


def test_how_much_better_a_recipe_is_has_the_interval_of_its_pairs() -> None:
    from benchmarks import teaching
    from scipy.stats import ttest_rel

    today, other = [0.80, 0.85, 0.83, 0.90], [0.82, 0.86, 0.88, 0.91]
    found = teaching.metrics({"epochs": 8}, other, [2.0, 1.0, 3.0, 1.5], today)
    bounds = ttest_rel(other, today).confidence_interval(0.95)
    assert found["better"] == [0.0225, round(float(bounds.low), 4), round(float(bounds.high), 4)]
    assert found["seconds"] == 1.75


def test_records_of_what_was_tried_are_of_what_the_tables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    from etudes import experiments
    from etudes.actions.loading import preset_of
    from etudes.cli import flags
    from etudes.cli.parsing import parse
    from etudes.schema import as_dict

    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    ablations = importlib.import_module("ablations")
    seen = 0
    for table in sorted(ablations.ABLATIONS.glob("*.toml")):
        for run, words in ablations.trainings(table.stem):
            assert words[:2] == ["train", table.stem]
            preset = words[words.index("--preset") + 1] if "--preset" in words else "tuned"
            start = flags.Train(settings=preset_of(table.stem, preset), preset=preset)
            kind: Any = experiments.load(table.stem).settings
            said = as_dict(parse(flags.Train[kind], words[2:], "etudes train", default=start).settings)
            if not (ablations.ABLATIONS / run).is_dir():
                continue  # to be trained; that its flags can be read is known by now
            header = tomllib.loads((ablations.ABLATIONS / run / "settings.toml").read_text(encoding="utf-8"))
            # A setting that came later is not in the record, and the data may be a file of one machine.
            known = {name: value for name, value in header["settings"].items() if name != "data"}
            assert known == {name: said[name] for name in known}, run
            seen += 1
    assert seen > 10
