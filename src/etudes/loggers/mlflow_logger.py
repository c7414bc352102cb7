"""MLflow, through its own client: a server, or by default a database among the runs."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from typing import Any

from etudes.errors import UserError
from etudes.runs import Run, runs_folder
from etudes.runs.files import write_atomically

NOTE = "mlflow.json"
"""In the run's `place`: where it is with_loggers, and as which run of MLflow, so that it goes on there."""

LONGEST_VALUE, MOST_PARAMETERS, MOST_METRICS = 500, 100, 1000
"""What MLflow takes: characters of a parameter, parameters and metrics in one request."""


class MLflowLogger:
    """One run of MLflow: the settings as parameters, every figure of `metrics.jsonl` by epoch, those on the test set.

    `MLFLOW_TRACKING_URI` says where; without it, that is `mlflow.db` in the runs folder. `MLFLOW_EXPERIMENT_NAME`
    names the experiment, which is by default the étude.
    """

    def __init__(self, run: Run) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # what a training does stays on its machine
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # its own seven take minutes
        logging.getLogger("alembic").setLevel(logging.WARNING)
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        self._place = os.environ.get("MLFLOW_TRACKING_URI") or _database()
        self._run = run
        self.where = self._place if "://" in self._place else f"mlflow ui --backend-store-uri {self._place}"
        if self._place.startswith("sqlite:"):
            self.where = f"mlflow ui --backend-store-uri {self._place}"
        try:
            self._client = MlflowClient(self._place)
            self._id = self._known() or self._begin()
            self._steps = self._written()
        except MlflowException as error:
            reason = " ".join(str(error).split())[:80]
            raise UserError(f"MLflow at {self._place} does not answer: {reason}; see MLFLOW_TRACKING_URI") from error

    def _known(self) -> str | None:
        """The run of MLflow that an earlier try began, if it is still there."""
        from mlflow.exceptions import MlflowException

        note = {}
        path = self._run.place / NOTE
        if path.exists():
            from etudes.runs.reading import read_object

            note = read_object(path)
        if note.get("tracking_uri") != self._place:
            return None
        try:
            found = self._client.get_run(str(note.get("run_id")))
        except MlflowException:  # deleted there, or another database of the same name
            return None
        if found.info.lifecycle_stage != "active":
            return None
        self._client.update_run(found.info.run_id, status="RUNNING")
        return str(found.info.run_id)

    def _begin(self) -> str:
        from mlflow.entities import Param

        header = self._run.header()
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or header["etude"]
        experiment = self._client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self._client.create_experiment(name)
        environment = self._run.read_json("environment.json")
        tags = {"etude": header["etude"], "preset": header["preset"], "run folder": str(self._run)}
        tags |= {key: str(environment[key]) for key in ("backend", "precision", "command") if key in environment}
        begun = self._client.create_run(number, run_name=self._run.folder.name, tags=tags).info.run_id
        parameters = [Param(key, str(value)[:LONGEST_VALUE]) for key, value in header["settings"].items()]
        for start in range(0, len(parameters), MOST_PARAMETERS):
            self._client.log_batch(begun, params=parameters[start : start + MOST_PARAMETERS])
        write_note(self._run, {"tracking_uri": self._place, "run_id": begun})
        return str(begun)

    def _written(self) -> set[tuple[str, int]]:
        """Name and step of every figure that is there already: MLflow would keep a second one beside it."""
        names = self._client.get_run(self._id).data.metrics
        return {(name, found.step) for name in names for found in self._client.get_metric_history(self._id, name)}

    def write(self, records: Sequence[dict[str, Any]]) -> None:
        """Each figure at the epoch as its step; that of a phase other than "train" is named after it."""
        found = []
        for record in records:
            before = "" if record["phase"] == "train" else f"{record['phase']}/"
            metrics = {before + name: value for name, value in record.items() if name not in ("phase", "epoch")}
            found += [(name, record["epoch"], value) for name, value in metrics.items()]
        self._log(found)

    def finish(self, metrics: dict[str, Any]) -> None:
        """The metrics on the test set, as "test/…"."""
        self._log([(f"test/{name}", 0, value) for name, value in metrics.items() if isinstance(value, int | float)])

    def close(self, state: str) -> None:
        """Tell MLflow how the run ended."""
        self._client.set_terminated(self._id, state)

    def _log(self, metrics: Sequence[tuple[str, int, float]]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        fresh = [figure for figure in metrics if figure[:2] not in self._steps]
        for start in range(0, len(fresh), MOST_METRICS):
            part = fresh[start : start + MOST_METRICS]
            self._client.log_batch(self._id, [Metric(name, float(value), now, step) for name, step, value in part])
            self._steps |= {figure[:2] for figure in part}


def _database() -> str:
    place = runs_folder().absolute()
    place.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{place / 'mlflow.db'}"


def write_note(run: Run, note: dict[str, str]) -> None:
    """Keep where a run is with_loggers."""
    import json

    with run.writing():
        write_atomically(run.place / NOTE, json.dumps(note, indent=1).encode())
