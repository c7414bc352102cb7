"""What TensorBoard and MLflow are told, read back with their own readers, is what `metrics.jsonl` says."""

import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import etudes
from contract_checks import Interrupting
from etudes import loggers
from etudes.errors import Interrupted, UserError
from etudes.runs import Run, append_metrics, read_metrics
from etudes.views.progress import NoProgress

ETUDE = "antirectifier"
"""It trains its networks in phases of their names."""


def needs(package: str) -> None:
    reason = f"NOT TESTED: {package} is not installed: pip install 'keras-etudes[{package}]'"
    pytest.importorskip(package, reason=reason, exc_type=ImportError)


class Listening(NoProgress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: Any) -> None:
        self.said.append(str(text))


@pytest.fixture(scope="module")
def straight(tiny_run: Callable[[str, Path], Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return tiny_run(ETUDE, tmp_path_factory.mktemp("straight") / "run")


def interrupted(folder: Path, log: str) -> Run:
    """A training that was stopped in an epoch and between two, and went on."""
    for moment in ("step", "epoch"):
        with pytest.raises(Interrupted):
            etudes.train(ETUDE, preset="tiny", out=folder, progress=Interrupting(moment), log=[log])
    return etudes.resume(folder, quiet=True, log=[log])


def expected(run: Run, number: type[Any] = float) -> Counter[tuple[str, int, float]]:
    return Counter(
        (f"{record['phase']}/{name}", record["epoch"], float(number(value)))
        for record in read_metrics(run.folder)
        for name, value in record.items()
        if name not in ("phase", "epoch", "seconds", "samples_per_second")
    )


def timed(name: str) -> bool:
    return name.endswith(("/seconds", "/samples_per_second"))


def tensorboard_says(run: Run) -> tuple[Counter[tuple[str, int, float]], dict[str, float]]:
    needs("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util.tensor_util import make_ndarray

    told: Counter[tuple[str, int, float]] = Counter()
    test = {}
    for path in sorted((run.folder / "tensorboard").glob("*/*tfevents*")):
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                number = float(make_ndarray(value.tensor))
                if path.parent.name == "test":
                    test[value.tag] = number
                elif not timed(value.tag):
                    phase, name = value.tag.split("/")
                    name = f"validation_{name}" if path.parent.name == "validation" else name
                    told[f"{phase}/{name}", event.step, number] += 1
    return told, test


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_shows_each_figure_once_and_the_training_is_the_same(straight: Run, tmp_path: Path) -> None:
    needs("tensorboard")
    run = interrupted(tmp_path / "run", "tensorboard")
    assert run.results()["weights_sha256"] == straight.results()["weights_sha256"]
    told, test = tensorboard_says(run)
    assert told == expected(run, np.float32)
    assert test == {name: float(np.float32(value)) for name, value in run.results()["metrics"].items()}
    etudes.resume(run, quiet=True, log=["tensorboard"])
    assert tensorboard_says(run)[0] == told, "with_loggers again, it is there once"


def test_mlflow_shows_each_figure_once_and_the_training_is_the_same(
    straight: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("mlflow")
    database = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.tracking import MlflowClient

        run = interrupted(tmp_path / "run", "mlflow")
        assert run.results()["weights_sha256"] == straight.results()["weights_sha256"]
        etudes.resume(run, quiet=True, log=["mlflow"])
        client = MlflowClient(database)
        (found,) = client.search_runs([client.get_experiment_by_name(ETUDE).experiment_id])
        told = Counter(
            (name, metric.step, metric.value)
            for name in found.data.metrics
            for metric in client.get_metric_history(found.info.run_id, name)
            if not timed(name)
        )
    test = Counter((f"test/{name}", 0, value) for name, value in run.results()["metrics"].items())
    assert told == expected(run) + test
    assert found.info.status == "FINISHED"
    assert found.data.params["epochs"] == str(run.header()["settings"]["epochs"])
    assert json.loads((run.folder / "mlflow.json").read_text())["run_id"] == found.info.run_id


def test_a_missing_package_is_one_line_before_anything_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(UserError, match=r"--log mlflow needs mlflow: pip install 'keras-etudes\[mlflow\]'"):
        etudes.train(ETUDE, preset="tiny", out=tmp_path / "run", log=["mlflow"])
    assert not (tmp_path / "run").exists()
    with pytest.raises(UserError, match="unknown value of --log"):
        etudes.train(ETUDE, preset="tiny", out=tmp_path / "run", log=["paper"])


class Breaking:
    """A logger that fails now and then; `told` is what came through since it was last opened."""

    failing = False
    where = "nowhere"
    told: ClassVar[list[int]] = []

    def __init__(self, run: Run) -> None:
        type(self).told = []

    def write(self, step: int, metrics: Any) -> None:
        if self.failing:
            raise OSError("no room")
        self.told.append(step)

    def finish(self, metrics: Any) -> None:
        self.told.append(0)

    def close(self, state: str) -> None:
        self.told.append({"FINISHED": -1, "FAILED": -2, "KILLED": -3}[state])


def test_trouble_of_another_program_does_not_end_the_training_and_is_made_good_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(loggers.KINDS, "mlflow", Breaking)
    monkeypatch.setattr(loggers, "check_loggers", lambda _: None)
    progress, run = Listening(), Run(tmp_path)
    with loggers.with_loggers(progress, run, ["mlflow", "mlflow"]) as shown, shown:
        for epoch in (1, 2, 3, 4):
            Breaking.failing = epoch in (2, 3)
            record = {"phase": "train", "epoch": epoch, "seconds": 1.0, "loss": 1.0}
            append_metrics(tmp_path, record)
            shown.on_epoch_end(record)
    assert Breaking.told == [1, 2, 3, 4, -1]
    assert sum("no room" in line and "the training continues" in line for line in progress.said) == 1
    with pytest.raises(KeyboardInterrupt), loggers.with_loggers(progress, run, ["mlflow"]) as shown, shown:
        raise KeyboardInterrupt
    assert Breaking.told == [1, 2, 3, 4, -3]
