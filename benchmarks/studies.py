"""The measurements of docs/studies.md: one command each, on a bundled network or on recorded runs.

    python benchmarks/studies.py                      # all; hours on two cores
    python benchmarks/studies.py transfer-shots       # one
    python docs/generate.py                           # writes docs/studies.md from benchmarks/studies

The data sets must be available (`etudes data list`). Comparisons also need the folders of their runs: `--runs` names
the folder where `benchmarks/real_trainings.py` put them. The command, its tables, the machine, and one small PNG are
kept.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from etudes.training.environment import cores, processor, versions

HERE = Path(__file__).parent
KEPT = HERE / "studies"
MAX_SIDE = 1100
"""Pixels of a kept picture."""


@dataclass(frozen=True)
class Study:
    """A command, and what is kept of its result."""

    command: str
    picture: str = ""
    """Name of the picture that is kept."""
    table: str = ""
    """Beginning of the titles of the tables that are kept; empty: all."""
    runs: str = ""
    """For a comparison: a pattern of the names of its runs."""


def baselines(data: str) -> Study:
    """The antirectifier and its baselines, over all available seeds."""
    return Study("compare", "baselines", runs=f"antirectifier-baselines-{data}-10-epochs-seed-*")


FREEZE = "how much to freeze"
STUDIES = {
    "addition-all-pairs": Study("evaluate addition_rnn@bundled", "error-map"),
    "antirectifier-baselines-mnist": baselines("mnist"),
    "antirectifier-baselines-fashion": baselines("fashion_mnist"),
    "acgan-judged": Study("inspect mnist_acgan@bundled --classifier cifar10_cnn@mnist --cas"),
    "transfer-depths": Study("inspect mnist_transfer_cnn@bundled --depths", "depths", FREEZE),
    "transfer-shots": Study("inspect mnist_transfer_cnn@bundled --shots 10 50 100 500", "shots", "from few pictures"),
    "transfer-to-fashion": Study(
        "inspect mnist_transfer_cnn@bundled --depths --to fashion_mnist --seeds 2", "depths", FREEZE
    ),
}


def run_study(study: Study, runs: Path) -> tuple[dict[str, Any], float]:
    """Run the command; return its JSON output, and its seconds from start to exit."""
    folders = [str(path.parent) for path in sorted(runs.glob(f"{study.runs}/results.json"))] if study.runs else []
    if study.runs and len(folders) < 2:
        raise SystemExit(f"{runs}/{study.runs}: fewer than two finished runs: train them with real_trainings.py")
    command = [sys.executable, "-m", "etudes", *study.command.split(), *folders, "--json"]
    began = time.monotonic()
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
    return json.loads(output), time.monotonic() - began


def keep(name: str, study: Study, result: dict[str, Any], seconds: float, runs: Path) -> None:
    """Write benchmarks/studies/NAME.json, and NAME.png beside it."""
    words = f"etudes {study.command}" + (f" runs/{study.runs}" if study.runs else "")
    record = {
        "command": words,
        "seconds": round(seconds, 1),
        "machine": {"processor": processor(), "cores": cores(), "python": platform.python_version(), **versions()},
        **{part: result[part] for part in ("metrics", "lines") if part in result},
        "tables": [table for table in result["tables"] if table["title"].startswith(study.table)],
    }
    # A comparison names the folders it was given, which are paths of one machine.
    text = json.dumps(record, indent=1, ensure_ascii=False).replace(f"{runs}{os.sep}", "runs/")
    (KEPT / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    if study.picture:
        picture = Image.open(result["files"][study.picture]).convert("RGB")
        picture.thumbnail((MAX_SIDE, MAX_SIDE * 4))
        picture.quantize(128).save(KEPT / f"{name}.png", optimize=True)


def main() -> None:
    """Carry out what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *STUDIES], help="studies; all if none is named")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the run folders are")
    given = parser.parse_args()
    for name in given.names or STUDIES:
        print(name, flush=True)
        result, seconds = run_study(STUDIES[name], given.runs)
        keep(name, STUDIES[name], result, seconds, given.runs)


if __name__ == "__main__":
    main()
