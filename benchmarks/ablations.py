"""The training runs behind the tables of what was tried, in the cards: run them, then collect their records.

    python benchmarks/ablations.py deep_dream         # one study, as benchmarks/ablations/deep_dream.toml lists it
    python docs/generate.py                           # writes the tables into the cards

Each row of such a file is a run with further flags. Runs named `ablations/…` are trained here, with the seed at the
end of their name; runs named `runs/…` are trained by `real_trainings.py`. Existing records stay as they are.
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
    """Names of the runs in the file of a study, and the arguments of `etudes` that train them."""
    tried = tomllib.loads((ABLATIONS / f"{etude}.toml").read_text(encoding="utf-8"))
    for part in tried["part"]:
        for row in part["tried"]:
            for run in (name.removeprefix("ablations/") for name in row["runs"] if name.startswith("ablations/")):
                seed = re.search(r"-seed-(\d+)$", run)
                # A flag that is given twice has its last value.
                words = [*shlex.split(part["command"])[1:], *shlex.split(row["flags"])]
                yield run, words if seed is None else [*words, "--seed", seed[1]]


def main() -> None:
    """Train what the command line names, unless its records exist."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = sorted(path.stem for path in ABLATIONS.glob("*.toml"))
    parser.add_argument("etudes", nargs="+", choices=known, help="studies whose table is trained")
    parser.add_argument("--folder", type=Path, default=Path("runs"), help="where the run folders are")
    given = parser.parse_args()
    for etude in given.etudes:
        for run, words in trainings(etude):
            if not (ABLATIONS / run).is_dir():
                subprocess.run([sys.executable, "-m", "etudes", *words, "--out", str(given.folder / run)], check=True)
                gather(run, given.folder, ABLATIONS)


if __name__ == "__main__":
    main()
