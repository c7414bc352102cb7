"""MLflow, through its own client: a tracking server, or by default a database in the runs folder."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping

from etudes.errors import UserError
from etudes.runs import Run, runs_folder
from etudes.runs.files import write_atomically

NOTE = "mlflow.json"
"""In the run's folder: the tracking server and the run there, so that a resumed run is logged to the same one."""


class MLflowLogger:
    """One run of MLflow: settings as parameters, every metric with its epoch as the step, and those on the test set.

    `MLFLOW_TRACKING_URI` chooses the server; without it, it is `mlflow.db` in the runs folder.
    `MLFLOW_EXPERIMENT_NAME` chooses the experiment; without it, it is the name of the study.
    """

    def __init__(self, run: Run) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing about a run leaves its machine
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # MLflow's own seven take minutes
        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.WARNING)
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{runs_folder().absolute() / 'mlflow.db'}"
        self.where = uri if uri.startswith("http") else f"mlflow ui --backend-store-uri {uri}"
        try:
            runs_folder().mkdir(parents=True, exist_ok=True)
            self._client = MlflowClient(uri)
            self._id = self._noted_run(run, uri) or self._create_run(run, uri)
            # MLflow would store a metric a second time, beside the first.
            found = self._client.get_run(self._id).data.metrics
            self._written = {(name, m.step) for name in found for m in self._client.get_metric_history(self._id, name)}
        except MlflowException as error:
            reason = " ".join(str(error).split())[:80]
            raise UserError(f"MLflow at {uri} does not answer: {reason}; check MLFLOW_TRACKING_URI") from error

    def _noted_run(self, run: Run, uri: str) -> str | None:
        """The run of MLflow that an earlier attempt created, if it still exists."""
        from mlflow.exceptions import MlflowException

        note = Run(run.place).read_json(NOTE)
        if note.get("tracking_uri") != uri:
            return None
        try:
            found = self._client.get_run(str(note.get("run_id"))).info
        except MlflowException:  # deleted there, or another database under the same address
            return None
        if found.lifecycle_stage != "active":
            return None
        self._client.update_run(found.run_id, status="RUNNING")
        return str(found.run_id)

    def _create_run(self, run: Run, uri: str) -> str:
        from mlflow.entities import Param

        header, environment = run.header(), run.read_json("environment.json")
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or header["etude"]
        experiment = self._client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self._client.create_experiment(name)
        tags = {"etude": header["etude"], "preset": header["preset"], "run folder": str(run)}
        tags |= {key: str(environment[key]) for key in ("backend", "precision", "command") if key in environment}
        created = str(self._client.create_run(number, run_name=run.folder.name, tags=tags).info.run_id)
        self._client.log_batch(created, params=[Param(key, str(value)) for key, value in header["settings"].items()])
        note = json.dumps({"tracking_uri": uri, "run_id": created}, indent=1)
        with run.writing():
            write_atomically(run.place / NOTE, note.encode())
        return created

    def write(self, step: int, metrics: Mapping[str, float]) -> None:
        """Write metrics that are not there yet."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        new = [Metric(name, value, now, step) for name, value in metrics.items() if (name, step) not in self._written]
        self._client.log_batch(self._id, new)
        self._written |= {(metric.key, step) for metric in new}

    def finish(self, metrics: Mapping[str, float]) -> None:
        """Write the metrics on the test set, as "test/…"."""
        self.write(0, {f"test/{name}": value for name, value in metrics.items()})

    def close(self, state: str) -> None:
        """Tell MLflow how the run ended."""
        self._client.set_terminated(self._id, state)
