"""The worker process of the studio: it keeps trained networks loaded, and answers each line of JSON with another.

    {"do": "use", "run": "addition_rnn@bundled", "inputs": ["35+35"], "options": {}}
    {"answers": [...], "lines": [...], "pictures": {"name": "data:image/png;base64,..."}}

An error that a person can fix is answered as {"error": "one line"}. The process ends when its standard input does, so
it never outlives the studio.
"""

import gzip
import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from etudes.actions.kept import kept_run
from etudes.actions.use import answer
from etudes.contract import Result
from etudes.errors import UserError
from etudes.studio.pictures import data_url


def respond(request: dict[str, Any]) -> dict[str, Any]:
    """Answer a request: `do` is "load", "use", "inspect" or "share"."""
    if request["do"] == "share":
        return write_page(request["run"], **request["options"])
    loaded = kept_run(request["run"])
    if request["do"] == "load":
        return {"loaded": request["run"], "networks": [name for name, graph in loaded.graphs.items() if graph.session]}
    if request["do"] == "inspect":
        from etudes.actions.inspect import look

        return as_plain(look(loaded, **request["options"]))
    return as_plain(answer(loaded, *request["inputs"], **request["options"]))


def write_page(reference: str, file: str, **options: Any) -> dict[str, Any]:
    """Write the page of a run, as `etudes share` makes it, into a file, under gzip."""
    from etudes.actions.share import share_page
    from etudes.runs.files import write_atomically

    write_atomically(Path(file), gzip.compress(share_page(reference, **options).encode(), 6, mtime=0))
    return {"file": file}


def as_plain(result: Result) -> dict[str, Any]:
    """A result for JSON, with its pictures as data URLs."""
    return {**result.as_json(), "pictures": {name: data_url(picture) for name, picture in result.pictures.items()}}


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer until the requests end."""
    for line in requests:
        try:
            response = respond(json.loads(line))
        except UserError as error:
            response = {"error": str(error)}
        except Exception as error:  # whatever it was, the next question must still be answered
            traceback.print_exc()
            response = {"failed": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(response) + "\n")
        answers.flush()


def main() -> None:
    """Serve on standard input and output; whatever else is printed goes to standard error."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        with suppress(BrokenPipeError):  # the studio is gone: nobody waits for an answer
            serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
