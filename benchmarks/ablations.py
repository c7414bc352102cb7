"""The trainings behind the tables of what was tried, in the études' cards: run them, then gather their records.

    python benchmarks/ablations.py deep_dream         # one étude's, as benchmarks/ablations/deep_dream.toml lists them
    python docs/generate.py                           # writes the tables into the cards

Each row of such a file is a training with further flags. Of its runs, those below `ablations/` are trained here, with
the seed that their name ends with, and those below `runs/` by `real_trainings.py`. Records that are there stay as they
are.
"""

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from real_trainings import HERE, gather

ABLATIONS = HERE / "ablations"


def trainings(etude: str) -> Iterator[tuple[str, list[str]]]:
    """Names of the runs of an étude's file, and the words of `etudes` that train them."""
    tried = tomllib.loads((ABLATIONS / f"{etude}.toml").read_text(encoding="utf-8"))
    for part in tried["part"]:
        for row in part["tried"]:
            for run in (name.removeprefix("ablations/") for name in row["runs"] if name.startswith("ablations/")):
                seed = re.search(r"-seed-(\d+)$", run)
                # Flags that come twice count as they come last.
                words = [*shlex.split(part["command"])[1:], *shlex.split(row["flags"])]
                yield run, words if seed is None else [*words, "--seed", seed[1]]


def main() -> None:
    """Train what the command line names, as far as its records are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = sorted(path.stem for path in ABLATIONS.glob("*.toml"))
    parser.add_argument("etudes", nargs="+", choices=known, help="whose table")
    parser.add_argument("--folder", type=Path, default=Path("runs"), help="where the run folders are")
    given = parser.parse_args()
    for etude in given.etudes:
        for run, words in trainings(etude):
            if not (ABLATIONS / run).is_dir():
                subprocess.run([sys.executable, "-m", "etudes", *words, "--out", str(given.folder / run)], check=True)
                gather(run, given.folder, ABLATIONS)


if __name__ == "__main__":
    main()
