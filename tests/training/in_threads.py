"""A program as people write them: its own Keras settings, threads from the first moment on, a fork, no streams.

`python in_threads.py FOLDER` prints what happened as JSON; the tests beside it say what must have happened.
"""

import json
import multiprocessing
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import etudes

STUDIES = ("cifar10_cnn", "antirectifier")


def in_threads(count: int, work: Callable[[int], Any]) -> list[str]:
    """What each of so many threads that begin at once got, or the error that it ended with."""
    found = ["did not end"] * count
    together = threading.Barrier(count)

    def run(number: int) -> None:
        together.wait()
        try:
            found[number] = str(work(number))
        except BaseException as error:
            found[number] = f"{type(error).__name__}: {error}"

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def weights_of(run: Any) -> str:
    return str(run.results()["weights_sha256"])


def in_a_fork(messages: Any) -> None:
    try:
        messages.put(str(etudes.use("addition_rnn", "1+1").answers[0]["answer"]))
    except etudes.UserError as error:
        messages.put(str(error))


def main(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    found["answers"] = in_threads(3, lambda _: etudes.use("addition_rnn", "35+35").answers[0]["answer"])

    import keras

    def settings() -> list[Any]:
        config = keras.config
        names = (config.floatx, config.epsilon, config.image_data_format, config.max_epochs, config.dtype_policy)
        return [str(each()) for each in names]

    found["settings"] = [settings()]

    def four(number: int) -> list[str]:
        return [etudes.use("addition_rnn", f"{number}+{more}").answers[0]["answer"] for more in range(4)]

    found["many"] = in_threads(4, four)

    def train_or_use(number: int) -> str:
        if number < len(STUDIES):
            out = folder / f"run-{number}"
            return weights_of(etudes.train(STUDIES[number], preset="tiny", out=out, quiet=True))
        return str(etudes.use("addition_rnn", "12+30").answers[0]["answer"])

    found["at once"] = in_threads(len(STUDIES) + 2, train_or_use)
    found["settings"].append(settings())
    environment = json.loads((folder / "run-0" / "environment.json").read_text(encoding="utf-8"))
    found["recorded"] = environment["keras_config"]
    context = multiprocessing.get_context("fork")
    messages = context.Queue()
    child = context.Process(target=in_a_fork, args=(messages,))
    child.start()
    found["forked"] = messages.get(timeout=120)
    child.join()
    return found


if __name__ == "__main__":
    streams = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = None  # type: ignore[assignment]
    try:
        told = main(Path(sys.argv[1]))
    finally:
        sys.stdout, sys.stderr = streams
    print(json.dumps(told))
