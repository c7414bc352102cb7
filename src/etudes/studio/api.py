"""The same actions over HTTP, for `curl` and Gradio's clients; `docs/studio.md` describes them."""

from __future__ import annotations

import base64
import functools
import inspect
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gradio.events import api
from pydantic import ConfigDict, ValidationError, validate_call

from etudes import experiments
from etudes.errors import UserError
from etudes.studio import lessons
from etudes.studio.drawings import keep_drawing, keep_picture
from etudes.studio.dreams import begin_dream, look_at_dream
from etudes.studio.shown import without_places
from etudes.studio.studio import Studio
from etudes.studio.words import Words


def _answered(action: Callable[..., Any]) -> Callable[..., Any]:
    """The action with what cannot be done as a record: {"refused": "one line"}."""
    checked, names = validate_call(config=ConfigDict(strict=True))(action), list(inspect.signature(action).parameters)

    @functools.wraps(action)
    def answered(*values: Any, **named: Any) -> Any:
        try:
            return checked(*values, **named)
        except ValidationError as error:
            first = error.errors()[0]
            place = first["loc"][0]
            return {"refused": f"{names[place] if isinstance(place, int) else place}: {first['msg']}"[:200]}
        except UserError as error:
            return {"refused": without_places(str(error))}

    return answered


class Actions:
    """What can be called. `run` is the name of a finished run; empty for the bundled one."""

    def __init__(self, studio: Studio, words: Words) -> None:
        self._studio = studio
        self._words = words

    @_answered
    def add(self, question: str, run: str = "") -> dict[str, Any]:
        """The answer to a sum such as 35+35, with the confidence of each character."""
        return dict(self._use("addition_rnn", run, question)["answers"][0])

    @_answered
    def draw(self, digits: str, seed: int = 0, parts: list[float] | None = None, run: str = "") -> dict[str, Any]:
        """A picture of digits, as a data address; parts are factors, from -1 to 1, of equal parts of z."""
        found = self._use("mnist_acgan", run, digits, seed=seed, parts=[float(part) for part in parts or ()] or None)
        return {"picture": found["pictures"]["picture"]}

    @_answered
    def read_digit(self, drawing: str, run: str = "") -> dict[str, Any]:
        """What the antirectifier and its twins take a drawing for: dark on white, a PNG in base64."""
        file = keep_drawing(drawing, self._studio.folder("drawings"))
        try:
            return {"answers": self._use("antirectifier", run, str(file))["answers"]}
        finally:
            file.unlink(missing_ok=True)

    @_answered
    def classify(self, picture: str, run: str = "") -> dict[str, Any]:
        """The classes of a photograph, a picture file in base64, with their probabilities."""
        file = keep_picture(picture, self._studio.folder("drawings"))
        try:
            return dict(self._use("cifar10_cnn", run, str(file), top=10)["answers"][0]["probabilities"])
        finally:
            file.unlink(missing_ok=True)

    @_answered
    def teach(self, symbols: dict[str, list[str]], run: str = "") -> dict[str, Any]:
        """Teach two to five symbols, in seconds: by the name of each, drawings as in read_digit, two or more.

        It gives the lesson's name, for `recognise`.
        """
        done = asdict(lessons.teach(self._words, self._studio, symbols, run or None))
        return {"lesson": done.pop("name"), **done}

    @_answered
    def recognise(self, lesson: str, drawing: str, run: str = "") -> dict[str, Any]:
        """How probable each symbol of a lesson is for a drawing."""
        return lessons.recognise(self._words, self._studio, lesson, drawing, run or None)

    @_answered
    def dream(
        self, picture: str, layers: list[str] | None = None, size: int = 320, steps: int = 20, run: str = ""
    ) -> dict[str, Any]:
        """Put a dream on a photograph into the queue: what is to be excited, longer side, steps in each size."""
        file = keep_picture(picture, self._studio.folder("drawings"))
        try:
            return {"name": begin_dream(self._studio, file, layers or (), size, steps, run)}
        finally:
            file.unlink(missing_ok=True)

    @_answered
    def dreamed(self, name: str) -> dict[str, Any]:
        """How far a dream is, and its picture as a data address: while it forms, the largest size that is done."""
        dream = look_at_dream(self._studio, name)
        content = base64.b64encode(dream.picture.read_bytes()).decode() if dream.picture else ""
        address = f"data:image/png;base64,{content}" if content else ""
        return {"state": dream.state, "sizes": dream.sizes, "picture": address}

    @_answered
    def runs(self) -> dict[str, Any]:
        """Every run: name, étude, preset, state."""
        known = self._studio.trainings.runs()
        return {
            "runs": [{"name": run.name, "etude": run.etude, "preset": run.preset, "state": run.state} for run in known]
        }

    @_answered
    def train(self, etude: str, preset: str = "demo", settings: dict[str, Any] | None = None) -> dict[str, Any]:
        """Put a training into the queue; settings are those that differ from the preset's."""
        experiments.load(etude)
        self._studio.check_strings(settings or {})
        return {"name": self._studio.trainings.start(etude, preset, settings or {})}

    @_answered
    def stop(self, name: str) -> dict[str, Any]:
        """Ask a training to stop once it has saved its checkpoint."""
        self._studio.trainings.stop(name)
        return {"name": name}

    @_answered
    def resume(self, name: str) -> dict[str, Any]:
        """Let a run that was stopped go on."""
        self._studio.trainings.resume(name)
        return {"name": name}

    @_answered
    def delete(self, name: str) -> dict[str, Any]:
        """Remove a run and all that is in it."""
        self._studio.trainings.delete(name)
        return {"name": name}

    def _use(self, etude: str, run: str, *inputs: str, **options: Any) -> dict[str, Any]:
        return self._studio.use(etude, run or None, *inputs, **options)


def add_api(studio: Studio, words: Words) -> None:
    """Add every action to the page that is open."""
    actions = Actions(studio, words)
    for name, action in vars(Actions).items():
        if not name.startswith("_"):
            api(
                getattr(actions, name), api_name=name, api_description=str(action.__doc__), concurrency_limit=None
            )  # fmt: skip
