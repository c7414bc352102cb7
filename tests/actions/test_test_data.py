"""`evaluate --test-data`: any labelled data, whole, its classes matched by name."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import etudes
from etudes import experiments
from etudes.actions.loading import preset_of
from etudes.cli import run as command
from etudes.contract import ImageInfo
from etudes.data import load_images, load_test_images
from etudes.data.notes import collected_notes
from etudes.errors import UserError
from etudes.runs import Run

DIGITS = ImageInfo("digits", 28, 28, 1, tuple("0123456789"))


def save_set(path: str, classes: str, names: tuple[str, ...], each: int = 3) -> str:
    """Some of the embedded digits as an archive, under these names."""
    whole = load_images("digits", seed=0, validation_share=0.0)
    chosen = np.concatenate([np.flatnonzero(whole.test.labels == int(one))[:each] for one in classes])
    numbers = np.array([classes.index(str(label)) for label in whole.test.labels[chosen]])
    np.savez(path, images=whole.test.pictures[chosen, ..., 0], labels=numbers, class_names=np.array(names))
    return path


def test_classes_are_matched_by_name_and_all_is_taken(runs: Path) -> None:
    settings, place = preset_of("antirectifier", "tiny"), save_set("some.npz", "73", ("7", "3"), each=9)
    found = load_test_images(place, DIGITS, settings, None)
    assert len(found.test) == 18
    assert np.bincount(found.test.labels, minlength=10)[[3, 7]].tolist() == [9, 9]
    assert len(found.train) == 0
    wide = ImageInfo("mine", 20, 30, 3, tuple("0123456789"))
    assert load_test_images(place, wide, settings, None).test.pictures.shape == (18, 20, 30, 3)


def test_a_class_that_the_run_has_not_is_refused(runs: Path) -> None:
    place = save_set("some.npz", "73", ("7", "three"))
    with pytest.raises(UserError, match=r"some.npz has an unknown class 'three'"):
        load_test_images(place, DIGITS, preset_of("antirectifier", "tiny"), None)


def test_what_was_learned_is_counted(runs: Path) -> None:
    settings = preset_of("antirectifier", "tiny", {"limit": 0})
    data = experiments.load("antirectifier").load_data(settings)
    np.savez("seen.npz", images=data.train.pictures[:50, ..., 0], labels=data.train.labels[:50])
    with collected_notes() as notes:
        load_test_images("seen.npz", DIGITS, settings, data)
    assert any(text.startswith("50 of the 50 examples in seen.npz are among those of the training") for text in notes)


def test_sums_of_a_file(runs: Path) -> None:
    study = experiments.load("addition_rnn")
    settings = preset_of("addition_rnn", "tiny")
    data = study.load_data(settings)
    assert study.load_test_data is not None
    held_out = data.test.questions[:3].tolist()
    Path("mine.csv").write_text("".join(f"{question},0\n" for question in [*held_out, "1+1"]))
    with collected_notes() as notes:
        tested = study.load_test_data("mine.csv", data.info, settings, data)
    assert (len(tested.test), tested.info.generated) == (4, False)
    learned = 0 if "1+1" in data.test.questions or "1+1" in data.validation.questions else 1
    assert len(notes) == learned
    Path("mine.csv").write_text("1234567+1,5\n1x1,1\n")
    with pytest.raises(UserError, match="2 texts such as '1234567"):
        study.load_test_data("mine.csv", data.info, settings, None)


def test_both_tasks_of_a_transfer_need_pictures(runs: Path) -> None:
    study = experiments.load("mnist_transfer_cnn")
    settings = preset_of("mnist_transfer_cnn", "tiny")
    info, load = study.describe_data(settings), study.load_test_data
    assert load is not None
    tested = load(save_set("all.npz", "0359", tuple("0359")), info, settings, None)
    assert (len(tested.first.test), len(tested.second.test)) == (6, 6)
    with pytest.raises(UserError, match="has no pictures of 5, 6, 7, 8, 9"):
        load(save_set("first.npz", "03", tuple("03")), info, settings, None)


@pytest.fixture
def finished(tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path) -> Run:
    return tiny_run("cifar10_cnn", tmp_path / "finished")


def test_it_evaluates_all_of_it_and_leaves_the_report_alone(finished: Run, capsys: pytest.CaptureFixture[str]) -> None:
    data = load_images("shapes", seed=0, validation_share=0.0)
    names = np.array(data.info.class_names)[::-1]  # in another order
    labels = len(names) - 1 - data.test.labels[:30]
    np.savez("mine.npz", images=data.test.pictures[:30], labels=labels, class_names=names)
    before = (finished.folder / "evaluate.json").read_bytes()
    loaded = etudes.load(finished)
    right = (
        loaded.networks["classifier"].predict(data.test.pictures[:30], verbose=0).argmax(-1) == data.test.labels[:30]
    )
    assert command(["evaluate", str(finished), "--test-data", "mine.npz", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["metrics"]["pictures"] == 30
    assert result["metrics"]["accuracy"] == pytest.approx(right.mean())
    assert (finished.folder / "evaluate.json").read_bytes() == before
    assert all("/tested/mine/" in path for path in result["files"].values())


def test_a_dream_has_no_labelled_data(
    tiny_run: Callable[[str, Path], Run], tmp_path: Path, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tiny_run("deep_dream", tmp_path / "dream")
    assert command(["evaluate", str(run), "--test-data", "shapes"]) == 2
    assert "is not tested on labelled data: leave out --test-data" in capsys.readouterr().err
