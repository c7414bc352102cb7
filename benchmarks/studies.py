"""The studies that docs/studies.md shows: one command each, of a bundled network or of recorded trainings.

    python benchmarks/studies.py                      # all; hours on two cores
    python benchmarks/studies.py transfer-shots       # one
    python docs/generate.py                           # writes docs/studies.md from benchmarks/studies

The data sets must be at hand (`etudes data list`), and, for what compares runs, their folders: `--runs` names where
`benchmarks/real_trainings.py` put them. Kept are the command, the tables, the machine, and one picture as small PNG.
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
WIDEST = 1100
"""Pixels of a kept picture."""


@dataclass(frozen=True)
class Study:
    """A command, and what is kept of what it gives."""

    command: str
    picture: str = ""
    """Which of its pictures."""
    table: str = ""
    """How the title of its table begins, among those that the command always gives; empty: all of them."""
    runs: str = ""
    """Where it compares runs, a pattern of their names."""


def baselines(data: str) -> Study:
    """The antirectifier and its baselines, over the seeds that are there."""
    return Study("compare", "baselines", runs=f"antirectifier-baselines-{data}-10-epochs-seed-*")


FREEZE = "how much to freeze"
STUDIES = {
    "addition-all-pairs": Study("evaluate addition_rnn@bundled", "error-map"),
    "antirectifier-baselines-mnist": baselines("mnist"),
    "antirectifier-baselines-fashion": baselines("fashion_mnist"),
    "acgan-judged": Study("inspect mnist_acgan@bundled --judge cifar10_cnn@mnist --cas"),
    "transfer-depths": Study("inspect mnist_transfer_cnn@bundled --depths", "depths", FREEZE),
    "transfer-shots": Study("inspect mnist_transfer_cnn@bundled --shots 10 50 100 500", "shots", "from few pictures"),
    "transfer-to-fashion": Study(
        "inspect mnist_transfer_cnn@bundled --depths --to fashion_mnist --seeds 2", "depths", FREEZE
    ),
}


def run_training(study: Study, runs: Path) -> tuple[dict[str, Any], float]:
    """Run the command; gives what it prints as JSON, and its seconds from start to exit."""
    folders = [str(path.parent) for path in sorted(runs.glob(f"{study.runs}/results.json"))] if study.runs else []
    if study.runs and len(folders) < 2:
        raise SystemExit(f"{runs}/{study.runs}: fewer than two finished runs; train them with real_trainings.py")
    command = [sys.executable, "-m", "etudes", *study.command.split(), *folders, "--json"]
    began = time.monotonic()
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
    return json.loads(said), time.monotonic() - began


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
    # A comparison names the folders that it was given, which are places of one machine.
    text = json.dumps(record, indent=1, ensure_ascii=False).replace(f"{runs}{os.sep}", "runs/")
    (KEPT / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    if study.picture:
        picture = Image.open(result["files"][study.picture]).convert("RGB")
        picture.thumbnail((WIDEST, WIDEST * 4))
        picture.quantize(128).save(KEPT / f"{name}.png", optimize=True)


def main() -> None:
    """Carry out what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *STUDIES], help="studies; all if none is named")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the run folders are")
    given = parser.parse_args()
    for name in given.names or STUDIES:
        print(name, flush=True)
        result, seconds = run_training(STUDIES[name], given.runs)
        keep(name, STUDIES[name], result, seconds, given.runs)


if __name__ == "__main__":
    main()
