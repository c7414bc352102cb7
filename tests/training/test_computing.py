"""Other people's threads, forks, streams and Keras settings."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import etudes
from etudes.training.computing import Turns
from training.in_threads import STUDIES, weights_of

THEIRS = {"floatx": "float16", "epsilon": 1e-3, "image_data_format": "channels_first", "backend": "torch"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program of `in_threads.py` found, in a home with settings of Keras that no study could work with."""
    folder = tmp_path_factory.mktemp("threads")
    (folder / "keras").mkdir()
    (folder / "keras" / "keras.json").write_text(json.dumps(THEIRS), encoding="utf-8")
    environment = {**os.environ, "KERAS_HOME": str(folder / "keras"), "KERAS_MAX_EPOCHS": "1"}
    program = Path(__file__).with_name("in_threads.py")
    done = subprocess.run(
        [sys.executable, str(program), str(folder)], env=environment, capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.long
def test_threads_that_ask_first_thing_are_all_answered(told: dict[str, Any]) -> None:
    assert told["answers"] == ["70", "70", "70"]


@pytest.mark.long
def test_four_threads_with_four_questions_each_are_answered(told: dict[str, Any]) -> None:
    assert told["many"] == [str([str(number + more) for more in range(4)]) for number in range(4)]


@pytest.mark.long
def test_trainings_and_questions_at_once_give_the_weights_and_answers_of_each_alone(
    told: dict[str, Any], tmp_path: Path
) -> None:
    alone = [weights_of(etudes.train(study, preset="tiny", out=tmp_path / study, quiet=True)) for study in STUDIES]
    assert told["at once"] == [*alone, "42", "42"]


@pytest.mark.long
def test_keras_is_as_the_person_set_it_after_every_call(told: dict[str, Any]) -> None:
    before, after = told["settings"]
    assert before == after
    assert before[:4] == ["float16", "0.001", "channels_first", "1"]
    assert "float16" in before[4]


@pytest.mark.long
def test_the_persons_settings_are_recorded_with_the_run(told: dict[str, Any]) -> None:
    assert told["recorded"] == {
        "dtype_policy": "float16", "floatx": "float16", "epsilon": 1e-3, "image_data_format": "channels_first",
        "max_epochs": 1,
    }  # fmt: skip


@pytest.mark.long
def test_a_fork_after_the_start_is_refused_with_the_cure(told: dict[str, Any]) -> None:
    assert "forked" in told["forked"]
    assert "spawn" in told["forked"]
    assert len(told["forked"]) <= 200


def test_turns_are_taken_in_the_order_in_which_threads_came() -> None:
    turns, order = Turns(), []
    assert turns.enter()
    assert not turns.enter()  # the same thread again

    def work(number: int) -> None:
        turns.enter()
        order.append(number)
        turns.leave()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        while len(turns._waiting) <= number:
            pass
    turns.leave()
    assert order == []
    turns.leave()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
