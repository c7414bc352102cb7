"""The few functions that every door goes through: train, resume, evaluate, use, inspect, export, compare and some more.

Each is documented for Python users; the terminal and the studio add nothing to what they do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from etudes import experiments
from etudes.asking import answer, evaluate, inspect, layer_tables, layer_tables_of, report, use
from etudes.comparison import compare
from etudes.contract import Result
from etudes.errors import UserError
from etudes.exporting import export
from etudes.reproduction import reproduce as train_again
from etudes.running import begun_with, carry_out, say_precision, settled
from etudes.runs import Run, find_run, next_folder, run_at
from etudes.trained import Reference, Trained, etude_of, load, preset_of, settings_of
from etudes.training.mirrors import check_mirrors, mirrored
from etudes.views.progress import Watch, watch_for

__all__ = [
    "Reference",
    "Trained",
    "answer",
    "compare",
    "etude_of",
    "evaluate",
    "export",
    "inspect",
    "layer_tables",
    "layer_tables_of",
    "load",
    "preset_of",
    "report",
    "reproduce",
    "resume",
    "train",
    "use",
]


def train(
    etude: str,
    *,
    preset: str = "tuned",
    out: str | Path | None = None,
    backend: str | None = None,
    quiet: bool = False,
    watch: Watch | None = None,
    log: Sequence[str] = (),
    **settings: Any,
) -> Run:
    """Train an étude in a run folder; go on if a training in that folder was interrupted.

    Args:
        etude: its name, such as "addition_rnn".
        preset: named settings to start from, such as "classic", "tuned" or "demo".
        out: the run folder; by default a new one in `runs`.
        backend: "tensorflow", "jax" or "torch"; decided once in a process.
        quiet: show no progress.
        watch: who is shown the progress, instead of the terminal.
        log: where the metrics go beside the run folder: "tensorboard", "mlflow".
        **settings: any setting of the étude, such as `data`, `seed`, `epochs`.

    Returns:
        The finished run. A folder whose run is finished already is returned as it is.

    Raises:
        UserError: anything that the caller asked for and that cannot be done.
    """
    check_mirrors(log)
    watch = watch or watch_for(Console(), quiet)
    asked = preset_of(etude, preset, settings)
    run = Run(Path(out) if out is not None else next_folder(etude, preset))
    if run.finished:
        watch.say(f"{run} is finished: nothing to train; choose another --out for a new run")
        return resume(run, watch=watch, log=log)
    if not run.started and run.holds_something_else():
        raise UserError(f"{run} is no run and not empty: choose another --out, so that nothing of yours is touched")
    if run.started:
        chosen = begun_with(run, etude, asked)
    else:
        chosen = settled(etude, asked)
        say_precision(asked, watch)
    with mirrored(watch, run, log) as shown:
        return carry_out(run, etude, preset, chosen, backend, shown)


def resume(run: str | Path | Run, *, quiet: bool = False, watch: Watch | None = None, log: Sequence[str] = ()) -> Run:
    """Go on with an interrupted training, on the backend that it began with; a finished run is returned as it is.

    `log` is as in `train`; of a finished run, all metrics are written there now.

    Raises:
        UserError: the folder holds no run, or one that cannot be gone on with.
    """
    run = run if isinstance(run, Run) else run_at(run)
    check_mirrors(log)
    header = run.header()
    with mirrored(watch or watch_for(Console(), quiet), run, log) as shown:
        if run.finished:
            return run
        return carry_out(run, header["etude"], header["preset"], settings_of(run), None, shown)


def reproduce(
    run: str | Path | Run, *, out: str | Path | None = None, quiet: bool = False, watch: Watch | None = None
) -> Result:
    """Train a run again from its settings and compare the ends bit for bit: weights, metrics, test figures.

    Args:
        run: a finished run, or an étude's name for its newest one or, where there is none, the bundled one.
        out: the folder of the second training; by default it is removed afterwards.
        quiet: show no progress.
        watch: who is shown the progress, instead of the terminal.

    Returns:
        `figures["same"]` is whether nothing differs; tables say what does, and how the environments differ.

    Raises:
        UserError: no such run, or its data is not at hand.
    """
    found = run if isinstance(run, Run) else find_run(run, experiments.names())
    return train_again(found, Path(out) if out else None, watch or watch_for(Console(), quiet))
