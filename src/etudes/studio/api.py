"""The actions of the page over HTTP, for `curl` and Gradio's clients; docs/studio.md describes them."""

from pathlib import Path
from typing import Any

from gradio.events import api

from etudes import experiments
from etudes.results.html import file_url
from etudes.runs import read_metrics
from etudes.studio import few_shot
from etudes.studio.dreams import find_dream, newest_picture, start_dream
from etudes.studio.error_handlers import return_errors
from etudes.studio.pictures import drawing_file, picture_file
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations


class Actions:
    """What can be called. `run` is the name of a finished run; empty for the bundled one."""

    def __init__(self, studio: Studio, translate: Translations) -> None:
        self._studio = studio
        self._translate = translate

    def add(self, question: str, run: str = "") -> dict[str, Any]:
        """The answer to a sum such as 35+35, with the confidence of each character."""
        return dict(self._studio.use("addition_rnn", run, question)["answers"][0])

    def draw(self, digits: str, seed: int = 0, parts: list[float] | None = None, run: str = "") -> dict[str, Any]:
        """A picture of digits, as a data URL; parts are factors, from -1 to 1, of equal parts of z."""
        factors = [float(part) for part in parts or ()] or None
        found = self._studio.use("mnist_acgan", run, digits, seed=seed, parts=factors)
        return {"picture": found["pictures"]["picture"]}

    def read_digit(self, drawing: str, run: str = "") -> dict[str, Any]:
        """What the antirectifier and its ReLU baselines predict for a drawing: a PNG in base64, dark on white."""
        with drawing_file(drawing, self._studio.folder("drawings")) as file:
            return {"answers": self._studio.use("antirectifier", run, file)["answers"]}

    def classify(self, picture: str, run: str = "") -> dict[str, Any]:
        """The probability of each class for a photograph, a picture file in base64."""
        with picture_file(picture, self._studio.folder("drawings")) as file:
            return dict(self._studio.use("cifar10_cnn", run, file, top=10)["answers"][0]["probabilities"])

    def fine_tune(self, symbols: dict[str, list[str]], run: str = "") -> dict[str, Any]:
        """Fine-tune on two to five symbols, in seconds: by the name of each, two drawings or more as in read_digit.

        It returns the name of the few-shot session, for `recognise`.
        """
        return few_shot.fine_tune(self._translate, self._studio, symbols, run or None)

    def recognise(self, session: str, drawing: str, run: str = "") -> dict[str, Any]:
        """The probability of each symbol of a few-shot session for a drawing."""
        return few_shot.recognise(self._translate, self._studio, session, drawing, run or None)

    def dream(
        self, picture: str, layers: list[str] | None = None, size: int = 320, steps: int = 20, run: str = ""
    ) -> dict[str, Any]:
        """Put a dream on a photograph into the queue: layers to amplify, longer side in pixels, steps in each size."""
        with picture_file(picture, self._studio.folder("drawings")) as file:
            return {"name": start_dream(self._studio, Path(file), layers or (), size, steps, run)}

    def dream_progress(self, name: str) -> dict[str, Any]:
        """How far a dream is, and its picture as a data URL: while it forms, the largest size that is done."""
        dream = find_dream(self._studio, name)
        picture = newest_picture(dream.run.folder)
        url = file_url("png", picture.read_bytes()) if picture else ""
        return {"state": dream.state, "sizes": len(read_metrics(dream.run.folder)), "picture": url}

    def runs(self) -> dict[str, Any]:
        """Every run: name, étude, preset, state."""
        known = self._studio.training_runs.runs()
        return {"runs": [{key: vars(run)[key] for key in ("name", "etude", "preset", "state")} for run in known]}

    def train(self, etude: str, preset: str = "demo", settings: dict[str, Any] | None = None) -> dict[str, Any]:
        """Put a training run into the queue; settings are those that differ from the preset's."""
        experiments.load(etude)
        self._studio.check_paths(settings or {})
        return {"name": self._studio.training_runs.start(etude, preset, settings or {})}

    def stop(self, name: str) -> dict[str, Any]:
        """Ask a run to stop; it saves a checkpoint first."""
        self._studio.training_runs.stop(name)
        return {"name": name}

    def resume(self, name: str) -> dict[str, Any]:
        """Put a stopped run into the queue again."""
        self._studio.training_runs.resume(name)
        return {"name": name}

    def delete(self, name: str) -> dict[str, Any]:
        """Remove a run and everything in it."""
        self._studio.training_runs.delete(name)
        return {"name": name}


def add_api(studio: Studio, translate: Translations) -> None:
    """Add every action to the page that is open."""
    actions = Actions(studio, translate)
    for name, action in vars(Actions).items():
        if not name.startswith("_"):
            bound = action.__get__(actions)
            api(return_errors(bound), api_name=name, api_description=str(action.__doc__), concurrency_limit=None)
