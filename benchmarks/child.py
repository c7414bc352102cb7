"""Runs one measurement in this process: `python -m benchmarks.child MODULE ARGUMENTS-AS-JSON` prints a JSON line."""

import importlib
import json
import sys


def main() -> None:
    """Import the module, call its `measure`, print what it gives as the last line."""
    module, arguments = sys.argv[1:]
    found = importlib.import_module(module).measure(**json.loads(arguments))
    print("\n" + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
