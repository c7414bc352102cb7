"""A child of the studio: it keeps trained networks loaded, and answers each line of JSON with a line of JSON.

    {"do": "use", "run": "addition_rnn@bundled", "inputs": ["35+35"], "options": {}}
    {"answers": [...], "lines": [...], "pictures": {"name": "data:image/png;base64,..."}}

What a person can mend comes back as {"refused": "one line"}. It ends when its standard input does, so that it never
outlives the studio.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections import OrderedDict
from typing import Any, TextIO

from etudes.actions.inspect import look
from etudes.actions.loading import LoadedRun, load
from etudes.actions.use import answer
from etudes.contract import Result
from etudes.errors import UserError
from etudes.runs import run_at
from etudes.studio.embedded import embedded

KEPT = 8
"""Runs whose networks stay loaded; the one that was not asked for longest goes first."""


class Networks:
    """LoadedRun runs that stay loaded."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], LoadedRun] = OrderedDict()

    def of(self, reference: str) -> LoadedRun:
        """The run, loaded now or before; one whose weights were written again is loaded again.

        Raises:
            UserError: as in `etudes.load`.
        """
        try:
            written = (run_at(reference).folder / "weights.safetensors").stat().st_mtime_ns
        except OSError:
            written = 0
        key = (reference, written)
        if key not in self._kept:
            self._kept[key] = load(reference)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def respond(networks: Networks, request: dict[str, Any]) -> dict[str, Any]:
    """What a request gives: `do` is "load", "use" or "look"."""
    trained = networks.of(request["run"])
    if request["do"] == "load":
        return {"loaded": request["run"]}
    if request["do"] == "look":
        return as_plain(look(trained, picture=request["inputs"][0]))
    return as_plain(answer(trained, *request["inputs"], **request["options"]))


def as_plain(result: Result) -> dict[str, Any]:
    """A result for JSON, its pictures as addresses that hold the picture itself."""
    pictures = {name: embedded(picture) for name, picture in result.pictures.items()}
    return {**result.as_json(), "pictures": pictures}


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer until the requests end."""
    networks = Networks()
    for line in requests:
        try:
            answer = respond(networks, json.loads(line))
        except UserError as error:
            answer = {"refused": str(error)}
        except Exception as error:  # whatever it was, the next question must still be answered
            traceback.print_exc()
            answer = {"failed": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    """Serve on standard input and output; whatever else is printed goes to standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
