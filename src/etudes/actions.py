"""The few functions that every door goes through: train · resume · evaluate · use · inspect · compare · load.

Each is documented for Python users; the terminal and the studio add nothing to what they do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from etudes import experiments
from etudes.comparison import compare
from etudes.contract import Networks, Result, Table
from etudes.errors import UserError, unknown
from etudes.runs import Run, next_folder, read_metrics, save_weights
from etudes.settings import Settings, as_dict, check_fields, describe, from_dict
from etudes.trained import Reference, Trained, build, etude_of, load, preset_of, untrained
from etudes.training.backend import start_backend
from etudes.training.environment import describe_environment
from etudes.training.session import Session
from etudes.training.state import weights_of
from etudes.views.card import run_card
from etudes.views.curves import learning_curves
from etudes.views.layers import layer_table
from etudes.views.pictures import save_pictures
from etudes.views.progress import Watch, watch_for

__all__ = [
    "Reference",
    "Trained",
    "compare",
    "etude_of",
    "evaluate",
    "inspect",
    "layer_tables",
    "layer_tables_of",
    "load",
    "preset_of",
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
    **settings: Any,
) -> Run:
    """Train an étude in a run folder; go on if a training in that folder was interrupted.

    Args:
        etude: its name, such as "addition_rnn".
        preset: named settings to start from: "classic" or "tuned".
        out: the run folder; by default a new one in `runs`.
        backend: "tensorflow", "jax" or "torch"; decided once in a process.
        quiet: show no progress.
        watch: who is shown the progress, instead of the terminal.
        **settings: any setting of the étude, such as `data`, `seed`, `epochs`.

    Returns:
        The finished run. A folder whose run is finished already is returned as it is.

    Raises:
        UserError: anything that the caller asked for and that cannot be done.
    """
    experiment = experiments.load(etude)
    chosen = preset_of(etude, preset, settings)
    run = Run(Path(out) if out is not None else next_folder(etude, preset))
    watch = watch or watch_for(Console(), quiet)
    if run.finished:
        watch.say(f"{run} is finished: nothing to train; choose another --out for a new run")
        return run
    if not run.started and run.holds_something_else():
        raise UserError(f"{run} is no run and not empty: choose another --out, so that nothing of yours is touched")
    if run.started:
        header = run.header()
        stored = from_dict(experiment.settings, header["settings"]) if header["etude"] == etude else None
        if stored != chosen:
            raise UserError(f"{run} holds a run with other settings; `etudes resume {run}` or choose another --out")
    return _train(run, etude, preset, chosen, backend, watch)


def resume(run: str | Path | Run, *, quiet: bool = False, watch: Watch | None = None) -> Run:
    """Go on with an interrupted training, on the backend that it began with; a finished run is returned as it is.

    Raises:
        UserError: the folder holds no run, or one that cannot be gone on with.
    """
    run = run if isinstance(run, Run) else Run(Path(run))
    header = run.header()
    if run.finished:
        return run
    settings = from_dict(experiments.load(header["etude"]).settings, header["settings"])
    backend = run.read_json("environment.json").get("backend")
    watch = watch or watch_for(Console(), quiet)
    return _train(run, header["etude"], header["preset"], settings, backend, watch)


def _train(run: Run, etude: str, preset: str, settings: Settings, backend: str | None, watch: Watch) -> Run:
    experiment = experiments.load(etude)
    data = experiment.load_data(settings)
    start_backend(backend)
    lock = run.lock()
    try:
        header = {"etude": etude, "preset": preset, "settings": as_dict(settings), "data": as_dict(data.info)}
        run.write_header({**header, "split": data.sizes()})
        run.write_json("environment.json", describe_environment(settings.precision))
        networks = build(experiment, settings, data.info)
        learning = {name: networks[name] for name in experiment.trains or networks}
        with watch:
            experiment.train(networks, data, settings, Session(run, learning, watch))
        sha256 = save_weights(run.folder, weights_of(learning))
        result = experiment.evaluate(networks, data, settings)
        _save_pictures(run, result)
        history = read_metrics(run.folder)
        if history:
            learning_curves({run.folder.name: history}).save(run.pictures / "learning-curves.png")
        seconds = round(sum(record["seconds"] for record in history), 1)
        finished = {"figures": result.figures, "training_seconds": seconds, "weights_sha256": sha256}
        _write_card(run, result, finished)
        run.write_json("results.json", {**finished, "tables": result.as_json().get("tables", [])})
    finally:
        lock.release()
    return run


def _write_card(run: Run, result: Result, finished: dict[str, Any]) -> None:
    header = run.header()
    pictures = sorted(path.name for path in run.pictures.iterdir())
    title = f"{run.folder.name}: {header['etude']}, preset {header['preset']}"
    text = run_card(title, header, run.read_json("environment.json"), finished, result, pictures)
    (run.folder / "card.md").write_text(text, encoding="utf-8")


def evaluate(reference: Reference, *, backend: str | None = None) -> Result:
    """The étude's figures on the test set of its run's data, with the pictures that show them.

    Raises:
        UserError: as in `load`, or the data is not at hand.
    """
    trained = load(reference, backend=backend)
    assert trained.run is not None
    result = trained.experiment.evaluate(trained.networks, _data(trained), trained.settings)
    _save_pictures(trained.run, result)
    return result


def use(reference: Reference, *inputs: Any, backend: str | None = None, **options: Any) -> Result:
    """Apply a trained étude to a person's input.

    Args:
        reference: a run folder, or an étude's name for its newest finished run.
        *inputs: what this étude takes: questions, picture files, digits.
        backend: as in `load`.
        **options: the étude's options of use, such as `count=16`; one that has the name of a setting replaces it.

    Returns:
        `answers` holds a record for each input; pictures are saved where the option `out` says.

    Raises:
        UserError: an input that the étude cannot take.
    """
    etude = etude_of(reference)
    experiment = experiments.load(etude)
    unknown_options = set(options) - {option.name for option in describe(experiment.options)}
    if unknown_options:
        raise unknown("option", min(unknown_options), [option.name for option in describe(experiment.options)])
    given = experiment.options(inputs=tuple(str(item) for item in inputs), **options)
    check_fields(given, none_is_allowed=True)
    if experiment.ready and reference in experiments.names():
        trained = untrained(etude, experiment, given, backend)
    else:
        trained = load(reference, backend=backend)
    result = experiment.use(trained.networks, trained.info, trained.settings, given)
    out = getattr(given, "out", None)
    if result.pictures:
        result.files = save_pictures(result.pictures, Path(out or f"{etude}.png"))
    return result


def inspect(reference: Reference, *, backend: str | None = None) -> Result:
    """Look inside a run: the layer table of each network, then pictures of what it learned.

    Raises:
        UserError: as in `load`, or the data is not at hand.
    """
    trained = load(reference, backend=backend)
    assert trained.run is not None
    result = trained.experiment.inspect(trained.networks, _data(trained), trained.settings)
    result.tables = [*layer_tables_of(trained.networks), *result.tables]
    _save_pictures(trained.run, result)
    return result


def layer_tables(etude: str, *, preset: str = "tuned", backend: str | None = None, **settings: Any) -> list[Table]:
    """The layer table of each network of an étude with fresh weights; needs neither run nor data.

    Raises:
        UserError: unknown étude, preset or setting.
    """
    experiment = experiments.load(etude)
    chosen = preset_of(etude, preset, settings)
    start_backend(backend)
    return layer_tables_of(build(experiment, chosen, experiment.describe_data(chosen)))


def _data(trained: Trained) -> Any:
    return trained.experiment.load_data(trained.settings)


def _save_pictures(run: Run, result: Result) -> None:
    for name, picture in result.pictures.items():
        result.files |= save_pictures({name: picture}, run.pictures / f"{name}.png")


def layer_tables_of(networks: Networks) -> list[Table]:
    """The layer tables of networks that are built."""
    return [layer_table(name, network) for name, network in networks.items() if hasattr(network, "layers")]
