"""What every study must do: `test_contract.py` runs it on the six, `test_seventh_etude.py` on a new one."""

import csv
import dataclasses
import json
import re
import signal
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import etudes
import etudes.training.backend
from etudes import experiments
from etudes.actions.loading import LoadedRun, open_run
from etudes.contract import BaseNetwork, Example, Result
from etudes.errors import Interrupted, UserError
from etudes.graphs import GraphNetwork
from etudes.runs import Run, read_metrics
from etudes.schema import describe, validate
from etudes.views.card import looks_of
from etudes.views.progress import NoProgress

PRESETS = ("classic", "tuned", "demo", "tiny")
CARD_HEADINGS = ("## Idea", "## Network", "## Data", "## Process", "## Presets", "## Use", "## Results")


class Interrupting(NoProgress):
    """A progress callback that presses Ctrl-C once: at the second step that it sees, or when an epoch ends."""

    def __init__(self, moment: str) -> None:
        self.moment, self.steps, self.pressed = moment, 0, False

    def on_batch_end(self, samples: int, metrics: dict[str, Any]) -> None:
        self.steps += 1
        if self.steps == 2:
            self.press("step")

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        self.press("epoch")

    def press(self, moment: str) -> None:
        if moment == self.moment and not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)


def check_description(name: str) -> None:
    """The parts that need no training: presets, settings with help, options, card."""
    experiment = experiments.load(name)
    assert experiment.summary
    assert experiment.summary[0].islower()
    assert set(PRESETS) <= set(experiment.presets)
    for preset in experiment.presets.values():
        assert isinstance(preset, experiment.settings)
        validate(preset)
    for setting in [*describe(experiment.settings), *describe(experiment.use.options)]:
        assert setting.help, f"{name}: {setting.name} has no help"
    assert dataclasses.fields(experiment.use.options)[0].name == "inputs"
    card = (experiments.folder(name) / "README.md").read_text(encoding="utf-8")
    for heading in CARD_HEADINGS:
        assert heading in card, f"the card of {name} has no heading {heading!r}"


def check_life(name: str, folder: Path, straight: Run | None = None) -> None:
    """Train, be interrupted, go on to the same end, load, evaluate, use and inspect, with the preset `tiny`.

    Args:
        name: of the étude.
        folder: for its runs.
        straight: a training that was not interrupted; trained here if there is none.
    """
    experiment = experiments.load(name)
    straight = straight or etudes.train(name, preset="tiny", out=folder / "straight", quiet=True)
    check_run_folder(straight, name)
    interrupted = folder / "interrupted"
    for moment in ("step", "epoch"):
        try:
            etudes.train(name, preset="tiny", out=interrupted, progress=Interrupting(moment))
        except Interrupted as stop:
            said = str(stop)
        else:
            raise AssertionError(f"{name} was not interrupted: its training does not go through the session")
        assert f"etudes resume {interrupted}" in said
        assert not Run(interrupted).finished
        assert (interrupted / "checkpoints" / "current.safetensors").exists(), f"{name}: {moment} saved nothing"
    resumed = etudes.resume(interrupted, quiet=True)
    check_same_end(straight, resumed)

    loaded = etudes.load(straight)
    results = straight.read_json("results.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Result, "draw", draw_all_of_it)
        evaluated = etudes.evaluate(loaded)
    assert experiment.headline in evaluated.metrics
    for name_of, value in results["metrics"].items():
        np.testing.assert_allclose(evaluated.metrics[name_of], value, rtol=1e-4, atol=1e-5, err_msg=name_of)
    check_pictures(evaluated, name)
    check_io_spec(loaded)

    example = experiment.use.example(loaded.data, straight.pictures)
    used = etudes.use(loaded, *example.inputs, **example.options)
    assert used.answers
    json.dumps(used.as_json(), allow_nan=False)
    check_graphs(straight, loaded, example, used)
    inspected = etudes.inspect(loaded)
    assert inspected.files
    assert any(table.columns[0] == "layer" for table in inspected.tables)
    check_pictures(inspected, name)
    check_card(name, straight, [evaluated, inspected])
    check_export(straight, loaded)
    page = etudes.report(loaded).read_text(encoding="utf-8")
    assert f"A run of {name}" in page


DRAW = Result.draw


def draw_all_of_it(result: Result) -> list[str]:
    """Draw, once it is sure that a picture costs no metric: none was drawn before."""
    assert not result.pictures, f"{', '.join(result.pictures)}: evaluate draws; put functions into `drawings` instead"
    return DRAW(result)


def check_io_spec(loaded: LoadedRun) -> None:
    """Every network has its inputs and outputs described, and stays within the ranges that are said."""
    specs = loaded.experiment.io_spec(loaded.info, loaded.settings)
    assert specs.keys() >= loaded.networks.keys()
    rng = np.random.default_rng(0)
    for name, network in loaded.networks.items():
        spec = specs[name]
        if isinstance(network, np.ndarray):
            assert spec.outputs[0].low <= network.min() <= network.max() <= spec.outputs[0].high
            continue
        assert (len(spec.inputs), len(spec.outputs)) == (len(network.inputs), len(network.outputs))
        shapes = [[4, *(side or 96 for side in tensor.shape[1:])] for tensor in network.inputs]
        inputs = [rng.uniform(i.low, i.high, shape) for i, shape in zip(spec.inputs, shapes, strict=True)]
        inputs = [x.astype(t.dtype) for x, t in zip(inputs, network.inputs, strict=True)]
        outputs = network.predict_on_batch(inputs if len(inputs) > 1 else inputs[0])
        for found, said in zip(outputs if len(spec.outputs) > 1 else [outputs], spec.outputs, strict=True):
            assert said.low - 1e-3 <= np.min(found) <= np.max(found) <= said.high + 1e-3, (name, said)


def check_graphs(run: Run, loaded: LoadedRun, example: Example, used: Result) -> None:
    """What changes in the training has a graph, and the graphs answer as the networks do."""
    trained = {name for name in loaded.networks if any(array.startswith(f"{name}/") for array in loaded.arrays)}
    if loaded.experiment.capability(BaseNetwork):
        return
    opened = open_run(run)
    networks = opened.answering(loaded.experiment.use.options(inputs=()))
    assert all(isinstance(network, GraphNetwork) for network in networks.values())
    assert trained <= set(networks)
    answered = etudes.answer(opened, *example.inputs, **example.options)
    assert "networks" not in vars(opened), "a backend was asked"
    assert_nearly_equal(answered.answers, used.answers)


def assert_nearly_equal(found: Any, wanted: Any) -> None:
    """Answers whose numbers, rounded ones, may differ in the last of four digits."""
    if isinstance(wanted, dict):
        assert sorted(found) == sorted(wanted)
        for key in wanted:
            assert_nearly_equal(found[key], wanted[key])
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_nearly_equal(one, other)
    else:
        assert found == (pytest.approx(wanted, abs=2e-3) if isinstance(wanted, float) else wanted)


def check_export(run: Run, loaded: LoadedRun) -> None:
    """Every network that was trained becomes a file; where a training changes no network, that is said."""
    if loaded.experiment.capability(BaseNetwork):
        with pytest.raises(UserError, match="trains no network"):
            etudes.export(loaded)
        return
    exported = etudes.export(loaded)
    assert all(Path(exported.files[name]).is_file() for name in loaded.networks)
    sheet = json.loads((run.folder / "export" / "export-keras.json").read_bytes())["networks"]
    specs = loaded.experiment.io_spec(loaded.info, loaded.settings)
    assert {name: about["what"] for name, about in sheet.items()} == {n: str(specs[n]) for n in loaded.networks}


def check_run_folder(run: Run, name: str) -> None:
    """Every file of a finished run is there and says what it must."""
    header = tomllib.loads((run.folder / "settings.toml").read_text(encoding="utf-8"))
    assert header["etude"] == name
    assert set(header["split"]) == {"train", "validation", "test"}
    history = read_metrics(run.folder)
    assert history
    for record in history:
        assert {"phase", "epoch", "seconds", "samples_per_second"} < set(record)
    manifest = json.loads((run.folder / "weights.json").read_text(encoding="utf-8"))
    assert manifest["arrays"]
    assert run.read_json("results.json")["weights_sha256"] == manifest["sha256"]
    assert run.read_json("environment.json")["backend"] == etudes.training.backend.loaded_backend()
    assert (run.pictures / "learning-curves.png").exists()
    card = (run.folder / "card.md").read_text(encoding="utf-8")
    assert manifest["sha256"] in card


def check_same_end(straight: Run, resumed: Run) -> None:
    """The interrupted run ended in the same weights and metrics, and no line is there twice."""
    first, second = read_metrics(straight.folder), read_metrics(resumed.folder)
    unequal = ("seconds", "samples_per_second")
    for run in (straight, resumed):
        with (run.folder / "metrics.csv").open(newline="", encoding="utf-8") as table:
            rows = list(csv.DictReader(table))
        assert [{k: v for k, v in row.items() if v} for row in rows] == [
            {k: str(v) for k, v in record.items()} for record in read_metrics(run.folder)
        ]
    for a, b in zip(first, second, strict=True):
        assert {k: v for k, v in a.items() if k not in unequal} == {k: v for k, v in b.items() if k not in unequal}
    assert straight.read_json("results.json")["weights_sha256"] == resumed.read_json("results.json")["weights_sha256"]


def check_pictures(result: Result, name: str) -> None:
    """Pictures were saved and show something."""
    from PIL import Image

    for path in result.files.values():
        with Image.open(path) as image:
            assert np.ptp(np.asarray(image.convert("L"))) > 0, f"{name}: {path} is empty"


def check_card(name: str, run: Run, results: list[Result]) -> None:
    """Every picture of a life stands on the card, and every picture of the card's tables exists."""
    card = (experiments.folder(name) / "README.md").read_text(encoding="utf-8")
    made = {picture for result in results for picture in result.pictures}
    drawn = [path for path in run.pictures.glob("*.*") if path.suffix in (".png", ".gif")]
    made |= {path.stem for path in drawn if not path.stem.startswith(("input-", "use", "dream-of-"))}
    promised = re.findall(r"`([\w*/-]+)`", card)
    for picture in made:
        assert any(fnmatch(picture, pattern) for pattern in promised), f"the card of {name} does not name {picture}"
    sources = [*experiments.folder(name).glob("*.py"), *Path(etudes.__path__[0]).glob("analysis/*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources if not path.name.startswith("test_"))
    for look in looks_of(card):
        for picture in (one for one in look.names if "." not in one):
            # What a study or only a larger run makes is not made here: then the code must at least speak of it.
            there = any(fnmatch(one, picture) for one in made) or f'"{picture}"' in code
            assert there, f"the card of {name} promises {picture}, which {look.command} does not make"
