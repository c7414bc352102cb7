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

import numpy as np

from etudes import actions
from etudes.contract import ImageData, ImageInfo, Images, Result
from etudes.data import fit_picture, open_picture
from etudes.errors import UserError
from etudes.runs import run_at
from etudes.studio.embedded import embedded
from etudes.trained import Trained, load

KEPT = 8
"""Runs whose networks stay loaded; the one that was not asked for longest goes first."""


class Networks:
    """Trained runs that stay loaded."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], Trained] = OrderedDict()

    def of(self, reference: str) -> Trained:
        """The run, loaded now or before; one whose weights were written again is loaded again.

        Raises:
            UserError: as in `actions.load`.
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
        return as_plain(look_at(trained, request["inputs"][0]))
    return as_plain(actions.answer(trained, *request["inputs"], **request["options"]))


def look_at(trained: Trained, picture: str) -> Result:
    """Inspect a run with a picture of one's own in the place of its test pictures, labelled as the network reads it.

    Raises:
        UserError: the file is no picture, or the run has no classes of pictures.
    """
    info = trained.info
    if not isinstance(info, ImageInfo):
        raise UserError(f"{trained.etude} does not tell classes of pictures apart: nothing to look at")
    said = str(actions.answer(trained, picture).answers[0]["answer"])
    pixels, label = fit_picture(open_picture(picture), info)[None], np.array([info.class_names.index(said)])
    one, none = Images(pixels, label), Images(pixels[:0], label[:0])
    data = ImageData(info, none, none, one)
    return trained.experiment.inspect(trained.networks, data, trained.settings, trained.experiment.inspection())


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
