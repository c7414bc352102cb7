"""The data of a run: found again wherever run, data and current folder are, and refused where it changed."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes import experiments
from etudes.actions.loading import open_run, preset_of, settings_of
from etudes.actions.run_data import RunDataError, read_run_data
from etudes.actions.train import begun_header
from etudes.errors import UserError
from etudes.runs import Run, bundled_run, bundled_runs, save_weights


def draw(folder: Path, classes: dict[str, int], seed: int = 0) -> Path:
    """A folder of small pictures of noise, so many of each class."""
    rng = np.random.default_rng(seed)
    for name, count in classes.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            Image.fromarray(rng.integers(0, 256, (9, 9), np.uint8)).save(folder / name / f"{number}.png")
    return folder


def write_pairs(path: Path, count: int) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([f"{n}+{n}", str(2 * n)] for n in range(count))
    return path


def begin(etude: str, folder: str | Path, **changes: object) -> Run:
    """A run that has its settings and no more: enough to read its data again."""
    run, settings = Run(Path(folder)), preset_of(etude, "tiny", changes)
    data = experiments.load(etude).load_data(settings)
    run.write_header(begun_header(run, etude, "tiny", settings, settings, data))
    return run


def read(run: Run, place: str | None = None) -> str:
    """The setting `data` with which the run's data was found."""
    header = run.header()
    settings = preset_of(header["etude"], "tiny", {"data": header["settings"]["data"]})
    return read_run_data(run, header, settings, place)[0].data


@pytest.fixture
def things(runs: Path) -> Run:
    draw(Path("things"), {"bolt": 20, "nut": 20})
    return begin("cifar10_cnn", "here", data="things")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: draw(Path("things"), {"nut": 21}), "train"),
        (lambda: draw(Path("things"), {"screw": 5}), "class names with screw"),
        (lambda: shutil.rmtree("things/nut") or draw(Path("things"), {"nuts": 20}), "without nut and with nuts"),
        (lambda: Image.new("L", (9, 9)).save("things/nut/3.png"), "as many examples, but not the same"),
        (lambda: draw(Path("things"), {"bolt": 20, "nut": 20}, seed=1), "as many examples, but not the same"),
    ],
)
def test_a_folder_that_changed_is_refused_with_what_changed(
    change: Callable[[], object], said: str, things: Run
) -> None:
    assert read(things) == "things"
    change()
    with pytest.raises(RunDataError, match=said) as refused:
        read(things)
    assert "things changed since here began" in str(refused.value)
    assert len(str(refused.value)) <= 200


def test_a_table_with_a_line_more_is_refused(runs: Path) -> None:
    run = begin("addition_rnn", "here", data=str(write_pairs(Path("sums.csv"), 400)), pairs=0)
    write_pairs(Path("sums.csv"), 401)
    with pytest.raises(RunDataError, match=r"train \d+ → \d+|test \d+ → \d+"):
        read(run)


def test_a_picture_to_dream_on_that_changed_is_refused(runs: Path) -> None:
    Image.effect_noise((120, 100), 50).save("photo.png")
    run = begin("deep_dream", "dream", data="photo.png")
    Image.effect_noise((120, 100), 50).save("photo.png")
    with pytest.raises(RunDataError, match=r"photo\.png changed since dream began"):
        read(run)


def test_it_is_found_from_another_folder(things: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert read(Run(tmp_path / "here")) == str(tmp_path / "things")
    draw(Path("things"), {"bolt": 3, "nut": 3})  # which has its name, and is not it
    assert read(Run(tmp_path / "here")) == str(tmp_path / "things")


def test_it_is_found_where_run_and_data_were_moved_together(
    things: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    for name in ("here", "things"):
        (tmp_path / name).rename(tmp_path / "project" / name)
    assert read(Run(tmp_path / "project" / "here")) == str(tmp_path / "project" / "things")


def test_where_it_is_not_found_the_place_is_named_and_can_be_given(
    things: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "things").rename(tmp_path / "stuff")
    with pytest.raises(RunDataError, match=f"no longer at {tmp_path}/things: give its new place with --data"):
        read(things)
    assert read(things, "stuff") == "stuff"
    draw(Path("stuff"), {"nut": 25})
    with pytest.raises(RunDataError, match=r"stuff is not the data of here \(train"):
        read(things, "stuff")


def test_a_run_of_before_places_were_kept_says_where_its_data_was_meant(
    things: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = things.header()
    del header["places"]
    Run(tmp_path / "here").write_header(header)
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(RunDataError, match=r"things, the data of .*was not found: give its place with --data"):
        read(Run(tmp_path / "here"))
    del header["fingerprint"]
    Run(tmp_path / "here").write_header(header)
    draw(tmp_path / "things", {"nut": 22})
    with pytest.raises(RunDataError, match="train"):
        read(Run(tmp_path / "here"), str(tmp_path / "things"))


def test_the_network_of_a_dream_is_found_from_another_folder(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = bundled_run("cifar10_cnn")
    assert base is not None
    shutil.copytree(base.folder, "first")
    Image.effect_noise((120, 100), 50).save("photo.png")
    dream = begin("deep_dream", "dream", weights="first", data="photo.png")
    save_weights(dream.folder, {"dream": np.zeros((80, 96, 3), np.float32)})
    dream.write_json("results.json", {"metrics": {"loss_ratio": 2.0}, "training_seconds": 1.0})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    loaded = open_run(tmp_path / "dream")
    assert loaded.base is not None
    assert (str(loaded.base.run), loaded.info.source) == (str(tmp_path / "first"), "photo.png")
    assert loaded.data.info == loaded.info
    (tmp_path / "first").rename(tmp_path / "elsewhere" / "second")
    with pytest.raises(UserError, match="first"):
        open_run(tmp_path / "dream")


def test_the_pictures_of_a_base_run_are_found_from_another_folder(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(Path("things"), dict.fromkeys("abcd", 20))
    base = begin("mnist_transfer_cnn", "first", data="things")
    save_weights(base.folder, {"first/00.kernel": np.zeros((3, 3), np.float32)})
    base.write_json("results.json", {"metrics": {"accuracy": 1.0}, "training_seconds": 1.0})
    second = begin("mnist_transfer_cnn", "second", data="first", to="digits")
    assert read_run_data(second, second.header(), settings_of(second, second.header()))[0].data == "first"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    second = Run(tmp_path / "second")
    located, data = read_run_data(second, second.header(), settings_of(second, second.header()))
    assert located.data == str(tmp_path / "first")
    assert data.info.first_classes == ("a", "b")


def test_a_folder_with_the_name_of_a_set_is_no_place(runs: Path) -> None:
    draw(Path("digits"), {"0": 2, "1": 2})
    assert "places" not in begin("antirectifier", "here", data="digits").header()


@pytest.mark.parametrize(
    "places",
    ["no table", {"data": "no table"}, {"data": {"absolute": 7, "relative": ["x"]}}, {"seed": {"absolute": "/"}}, {}],
)
def test_places_that_someone_changed_are_only_not_found(places: object, things: Run) -> None:
    things.write_header({**things.header(), "places": places})
    assert read(things) == "things"


def test_bundled_runs_on_embedded_data_have_the_fingerprint_that_their_data_gives() -> None:
    checked = [run for run in bundled_runs() if run.header()["settings"]["data"] in ("sums", "digits", "shapes")]
    for run in checked:
        settings = experiments.load(run.header()["etude"]).settings(**run.header()["settings"])
        assert read_run_data(run, run.header(), settings)[1].sizes() == run.header()["split"]
    assert checked
