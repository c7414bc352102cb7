"""Put the weights of a finished run into the package, so that `etudes use` works right after installation.

    python benchmarks/bundle.py runs/cifar10_cnn-tuned-1                  # as few bytes as cost no accuracy
    python benchmarks/bundle.py runs/addition_rnn-tuned-1 --dtype float32
    python benchmarks/bundle.py runs/cifar10_cnn-mnist --name mnist       # a further run: cifar10_cnn@mnist
    python benchmarks/bundle.py --graphs                                  # only the graphs of all, anew
    python docs/generate.py                                               # writes docs/bundled.md

The run is evaluated on its test split with its weights as they are, as float16 and as bfloat16. Half the bytes are
used if no accuracy (every metric with that name, or an exact match) changes by 0.05 percentage points, and none that
was perfect stops being so. The package keeps the run's records, the weights, and `bundle.json`: how they are stored,
and all that was measured. What only training needs (checkpoints, pictures, the generator if there is its moving
average) is left out.
"""

import argparse
import math
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Any

import etudes
from etudes.actions.graphs import write_graphs
from etudes.actions.loading import LoadedRun, open_run
from etudes.contract import Array, Result, Table
from etudes.runs import BUNDLED, Run, bundled_runs, save_weights
from etudes.training.computing import computing
from etudes.training.environment import describe_environment
from etudes.views.card import run_card, show

MAX_BYTES = 25_000_000
"""Of all bundled runs together."""

TOLERATED = 0.05
"""Percentage points: storing weights in half the bytes may change every accuracy by less."""

DTYPES = ("float32", "float16", "bfloat16")
KEPT = ("settings.toml", "metrics.jsonl", "results.json")
IF_THERE = ("typical.safetensors",)


def kept_arrays(loaded: LoadedRun) -> tuple[dict[str, Array], list[str]]:
    """The weights of a run without the networks that only training needs, and the names of these networks."""
    specs = loaded.experiment.io_spec(loaded.info, loaded.settings)
    unneeded = {name for name, spec in specs.items() if spec.training_only}
    kept = {name: array for name, array in loaded.arrays.items() if name.split("/")[0] not in unneeded}
    return kept, sorted({name.split("/")[0] for name in loaded.arrays} & unneeded)


def copy_records(run: Run, folder: Path) -> None:
    """Copy the records of the run; its command without the output folder."""
    folder.mkdir(parents=True)
    for file in KEPT:
        shutil.copyfile(run.folder / file, folder / file)
    for file in IF_THERE:
        if (run.folder / file).exists():
            shutil.copyfile(run.folder / file, folder / file)
    environment = run.read_json("environment.json")
    words = shlex.split(environment["command"])
    if "--out" in words:
        index = words.index("--out")
        del words[index : index + 2]
    Run(folder).write_json("environment.json", {**environment, "command": shlex.join(words)})


def cost(metrics: dict[str, Any], trained: dict[str, Any]) -> float:
    """The largest change of an accuracy, in percentage points; gains count too, as they are chance.

    Infinite if an accuracy was perfect and no longer is: "no error in a million" must stay true.
    """
    counted = [name for name in trained if "accuracy" in name or "exact_match" in name]
    if any(trained[name] == 1 and metrics[name] < 1 for name in counted):
        return math.inf
    return max((abs(100 * (metrics[name] - trained[name])) for name in counted), default=0.0)


def measured(run: Run, arrays: dict[str, Array], folder: Path) -> dict[str, dict[str, Any]]:
    """The metrics on the test split with the weights stored in each way."""
    found = {}
    for dtype in DTYPES:
        trial = Run(folder / dtype)
        copy_records(run, trial.folder)
        save_weights(trial.folder, arrays, dtype)
        found[dtype] = etudes.evaluate(trial).metrics
        print(f"{dtype}: " + ", ".join(f"{name} {value}" for name, value in found[dtype].items()))
    return found


def write_card(bundled: Run, record: dict[str, Any]) -> None:
    """Write the run's card, with a table of its metrics for each way to store the weights."""
    header, results = bundled.header(), bundled.results()
    rows = [(name, *(record["measured"][dtype][name] for dtype in DTYPES)) for name in record["measured"]["float32"]]
    tables = [Table(t["title"], t["columns"], t["rows"]) for t in results["tables"]]
    stored = Table(f"Stored as {record['stored']}; on the test split, stored in each way", ("metric", *DTYPES), rows)
    title = f"{bundled}: {header['etude']}, preset {header['preset']}"
    environment = bundled.read_json("environment.json")
    text = run_card(title, header, environment, results, Result(tables=[stored, *tables]), ())
    (bundled.folder / "card.md").write_text(text, encoding="utf-8")


def bundle(run: Run, dtype: str | None, name: str | None = None) -> Run:
    """Bundle a finished run, and return the bundled one.

    Args:
        run: a finished run whose data is available.
        dtype: one of `DTYPES`; None for the 16-bit type that changes less, if below `TOLERATED`, else float32.
        name: the name of a further run of its study, which is then ETUDE@NAME; None for the main one.
    """
    loaded = open_run(run)
    arrays, left_out = kept_arrays(loaded)
    with tempfile.TemporaryDirectory() as temporary:
        metrics = measured(run, arrays, Path(temporary))
        costs = {name: cost(metrics[name], metrics["float32"]) for name in DTYPES[1:]}
        cheapest = min(costs, key=lambda name: costs[name])
        chosen = dtype or (cheapest if costs[cheapest] < TOLERATED else "float32")
        if costs.get(chosen, 0) >= TOLERATED:
            raise SystemExit(f"{chosen} costs {costs[chosen]:.3f} percentage points: take float32")
        trial = Run(Path(temporary) / chosen)
        environment = describe_environment(loaded.settings.precision)
        record = {
            "stored": chosen,
            "bytes": (trial.folder / "weights.safetensors").stat().st_size,
            "left_out": left_out,
            "cost_in_percentage_points": {name: show(value) for name, value in costs.items()},
            "measured": metrics,
            "measured_on": {name: environment[name] for name in ("processor", "backend", "precision", "versions")},
        }
        trial.write_json("bundle.json", record)
        bundled = Run(BUNDLED / "@".join([loaded.etude, *([name] if name else [])]))
        shutil.rmtree(bundled.folder, ignore_errors=True)
        shutil.copytree(trial.folder, bundled.folder, ignore=shutil.ignore_patterns("pictures", "evaluate.json"))
    write_card(bundled, record)
    return bundled


def write_all_graphs() -> None:
    """Write the graphs of the bundled runs anew."""
    with computing():
        for run in bundled_runs():
            opened = open_run(run)
            write_graphs(run, opened.experiment, opened.networks, opened.info, opened.settings)


def main() -> None:
    """Bundle the run that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("run", type=Path, nargs="?", help="the folder of a finished run")
    what.add_argument("--graphs", action="store_true", help="write the graphs of all bundled runs anew")
    parser.add_argument(
        "--dtype",
        choices=DTYPES,
        help="how to store the weights; by default in half the bytes if that costs no accuracy",
    )
    parser.add_argument("--name", help="bundle it as ETUDE@NAME, beside the main run of the study, such as mnist")
    given = parser.parse_args()
    if given.graphs:
        write_all_graphs()
        return
    bundled = bundle(Run(given.run), given.dtype, given.name)
    size = sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file())
    print(f"{bundled} in {bundled.folder}; all of them {size / 1e6:.1f} MB")
    if size > MAX_BYTES:
        raise SystemExit(f"that is more than {MAX_BYTES / 1e6:.0f} MB: leave one out or store it in half the bytes")


if __name__ == "__main__":
    main()
