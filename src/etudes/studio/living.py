"""The living pictures of the first screen: what the bundled run of each étude answers, asked for once and kept."""

import base64
import io
import random
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import chain
from operator import itemgetter
from typing import Any

from PIL import Image, ImageSequence

from etudes.data import embedded_photo
from etudes.data.storage import EMBEDDED_FOLDER
from etudes.errors import unknown
from etudes.results.html import file_url
from etudes.studio.pictures import data_url, drawing_file
from etudes.studio.strokes import path_of, picture_of
from etudes.studio.studio import Studio
from etudes.studio.training_runs import included_run

ASKED, UNSURE = 400, 8
"""Sums that are asked, and how many of those with the least confident answers are shown among others."""

DIGITS, STOPS = "0123456789", 4
"""What the generator draws, and the z that its film goes through."""

WIDTH = 480
"""Pixels of a photograph's longer side."""


class LivingPictures:
    """One for a studio; every étude is asked when somebody first looks at it."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._kept: dict[str, dict[str, Any]] = {}
        self._locks = {name: threading.Lock() for name in _SHOWN}

    def of(self, etude: str) -> dict[str, Any]:
        """What the card of an étude shows, for JSON.

        Raises:
            UserError: there is no such étude, or its run cannot answer now.
        """
        if etude not in _SHOWN:
            raise unknown("étude", etude, ETUDES)
        with self._locks[etude]:  # whoever comes second waits for the answer to the first
            if etude not in self._kept:
                self._kept[etude] = _SHOWN[etude](self._studio)
            return self._kept[etude]


def _use(studio: Studio, etude: str, *inputs: str, **options: Any) -> dict[str, Any]:
    return studio.use(etude, f"{etude}@bundled", *inputs, **options)


def _sums(studio: Studio) -> dict[str, Any]:
    """Answers to sums, with the probability of each character: every second one is among the least confident."""
    draw = random.Random(35)
    questions = [f"{draw.randrange(10, 1000)}+{draw.randrange(10, 1000)}" for _ in range(ASKED)]
    answers = _use(studio, "addition_rnn", "35+35", "123+456", *questions)["answers"]
    unsure = sorted(answers[2:], key=itemgetter("confidence"))[:UNSURE]
    others = [answer for answer in answers if answer not in unsure][:UNSURE]
    return {"sums": list(chain.from_iterable(zip(others, unsure, strict=True)))}


def _read(studio: Studio, etude: str, digits: str, **options: Any) -> list[Mapping[str, float]]:
    """The probabilities for drawn digits, by the first network that answers, in the order of the classes."""
    folder = studio.folder("drawings")
    with ExitStack() as files:
        drawn = [files.enter_context(drawing_file(data_url(picture_of(digit)), folder)) for digit in digits]
        answers = _use(studio, etude, *drawn, top=len(DIGITS), **options)["answers"]
    return [dict(sorted(answer["probabilities"].items())) for answer in answers[: len(digits)]]


def _digits(studio: Studio) -> dict[str, Any]:
    digits = "2740359168"
    read = _read(studio, "antirectifier", digits)
    return {"digits": [{"path": path_of(d), "answers": [found]} for d, found in zip(digits, read, strict=True)]}


def _transfer(studio: Studio) -> dict[str, Any]:
    """What the head for 0–4 says of a digit that it never saw, and what the new head says."""
    digits = "75896"
    both = [_read(studio, "mnist_transfer_cnn", digits, first=first) for first in (True, False)]
    pairs = zip(digits, *both, strict=True)
    return {"digits": [{"path": path_of(digit), "answers": [before, after]} for digit, before, after in pairs]}


def _film(studio: Studio) -> dict[str, Any]:
    """Ten digits whose z goes from one to the next: the frames of the film below each other in one picture."""
    url = _use(studio, "mnist_acgan", DIGITS, latent_walk=STOPS)["pictures"]["picture"]
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])), formats=("GIF",)) as film:
        frames = [frame.convert("L") for frame in ImageSequence.Iterator(film)]
    width, height = (side // 3 for side in frames[0].size)  # on a sheet they are three times as large
    sheet = Image.new("L", (width, height * len(frames)))
    for number, frame in enumerate(frames):
        sheet.paste(frame.resize((width, height), Image.Resampling.BOX), (0, number * height))
    return {"film": data_url(sheet), "frames": len(frames), "digits": len(DIGITS)}


def _photographs(studio: Studio) -> dict[str, Any]:
    """A cat, and a flower, which is in none of the ten classes."""
    return {"photographs": [_classified(studio, name) for name in ("cat", "flower")]}


def _classified(studio: Studio, name: str) -> dict[str, Any]:
    path = EMBEDDED_FOLDER / f"{name}.jpg"
    found = _use(studio, "cifar10_cnn", str(path), top=10, seen="seen.png")
    best = dict(list(found["answers"][0]["probabilities"].items())[:4])
    with Image.open(path, formats=("JPEG",)) as photo:
        return {"photo": _photo_url(photo), "seen": found["pictures"]["seen"], "answers": [best]}


def _dream(studio: Studio) -> dict[str, Any]:  # noqa: ARG001
    """A photograph and, where a dream comes with the package, what it turns into, the smallest size first."""
    run = included_run("deep_dream")
    if run is None:
        return {"photo": _photo_url(embedded_photo("china")), "dream": []}
    pictures, frames = run.folder / "pictures", []
    for end in sorted(pictures.glob("octave-*.*")):
        frames += [*sorted(pictures.glob(f"steps/{end.stem}-*")), end]
    name = run.header()["data"]["source"]
    return {
        "photo": _photo_url(embedded_photo(name)),
        "dream": [file_url(path.suffix.removeprefix("."), path.read_bytes()) for path in frames],
    }


def _photo_url(photo: Image.Image) -> str:
    small = photo.convert("RGB")
    small.thumbnail((WIDTH, WIDTH))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=85)
    return file_url("jpeg", file.getvalue())


_SHOWN: dict[str, Callable[[Studio], dict[str, Any]]] = {
    "addition_rnn": _sums,
    "antirectifier": _digits,
    "mnist_acgan": _film,
    "cifar10_cnn": _photographs,
    "mnist_transfer_cnn": _transfer,
    "deep_dream": _dream,
}
"""What is asked for each étude."""

ETUDES = tuple(_SHOWN)
"""The études in the order of the cards."""
