"""The trained runs that come with the package: their files, their metrics, and what a name then stands for."""

import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes import experiments
from etudes.actions.loading import open_run, resolve
from etudes.analysis.classification import predict
from etudes.cli import run as command
from etudes.contract import BaseNetwork, Typicality
from etudes.data import PHOTOS, load_images
from etudes.data.downloads import UnavailableError
from etudes.errors import UserError
from etudes.experiments.deep_dream.weights import find_weights
from etudes.runs import BUNDLED, Run, bundled_dream, bundled_run, bundled_runs, find_run, run_at, save_weights

ETUDES = [name for name in experiments.names() if not experiments.load(name).capability(BaseNetwork)]
NAMES = sorted([*ETUDES, "cifar10_cnn@mnist"])
TOLERATED = 0.002
"""Share of the test examples that another machine may see otherwise, as it rounds otherwise."""


def record(name: str) -> dict[str, Any]:
    return Run(BUNDLED / name).read_json("bundle.json")


def metrics(name: str) -> dict[str, Any]:
    """The committed metrics of the weights as they are stored."""
    found = record(name)
    measured: dict[str, Any] = found["measured"][found["stored"]]
    return measured


def reference(name: str) -> str:
    """How a bundled run is named, given its folder's name."""
    return name if "@" in name else f"{name}@bundled"


def is_share(figure: str) -> bool:
    return "accuracy" in figure or "exact_match" in figure


# --- files ------------------------------------------------------------------------------------------------------------


def test_every_etude_that_learns_has_its_weights_in_the_package() -> None:
    assert [run.folder.name for run in bundled_runs()] == NAMES
    assert set(map(bundled_run, ETUDES)) == {run for run in bundled_runs() if "@" not in run.folder.name}
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*")) <= 25_000_000


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_those_of_a_run_and_fit_their_sums(name: str) -> None:
    run = run_at(reference(name))
    assert (run.folder, str(run)) == (BUNDLED / name, reference(name))
    files = {path.name for path in run.folder.iterdir()}
    typical = experiments.load(run.header()["etude"]).capability(Typicality)
    assert files == ({"typical.safetensors"} if typical else set()) | {
        "bundle.json", "card.md", "environment.json", "graphs", "metrics.jsonl", "results.json", "settings.toml",
        "weights.json", "weights.safetensors",
    }  # fmt: skip
    opened = open_run(reference(name))  # refuses what does not fit its manifest
    assert opened.etude == name.partition("@")[0]
    assert all(array.dtype == np.float32 for array in opened.arrays.values())
    assert record(name)["bytes"] == (run.folder / "weights.safetensors").stat().st_size
    assert run.results()["metrics"].keys() <= metrics(name).keys()


@pytest.mark.parametrize("name", NAMES)
def test_half_the_bytes_cost_less_than_a_twentieth_of_a_percentage_point(name: str) -> None:
    whole, stored = record(name)["measured"]["float32"], metrics(name)
    shares = [figure for figure in whole if is_share(figure)]
    assert shares
    for figure in shares:
        assert abs(whole[figure] - stored[figure]) < 0.0005, figure
        assert stored[figure] == 1 or whole[figure] < 1, figure


# --- metrics ----------------------------------------------------------------------------------------------------------


def not_fetched(name: str) -> None:
    """In place of a download, which may take minutes."""
    raise UnavailableError(name)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_the_weights_have_the_committed_figures(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the test split of what they learned from, where that is at hand; sums always are."""
    monkeypatch.setattr("etudes.data.downloads.fetch", not_fetched)
    trained = etudes.load(reference(name))
    settings, committed = trained.settings, metrics(name)
    if hasattr(settings, "exhaustive"):
        settings = dataclasses.replace(settings, exhaustive=False)  # a million sums take a minute
    try:
        data = trained.experiment.load_data(settings)
    except UserError as error:
        pytest.skip(str(error))
    found = trained.experiment.evaluate(trained.networks, data, settings).metrics
    shares = [figure for figure in found if is_share(figure)]
    assert trained.experiment.headline in shares
    for figure in shares:
        assert found[figure] == pytest.approx(committed[figure], abs=TOLERATED), figure


def test_three_hundred_sums_are_right() -> None:
    random = np.random.default_rng(0)
    pairs = random.integers(0, 1000, (300, 2)).tolist()
    questions = [f"{a}+{b}" for a, b in pairs]
    answers = etudes.use("addition_rnn@bundled", *questions).answers
    assert [answer["answer"] for answer in answers] == [str(a + b) for a, b in pairs]


def test_classifiers_read_digits_that_they_never_saw() -> None:
    """Those of scikit-learn, of other writers and another scanner, enlarged from 8×8: an easy task that is at hand."""
    digits = load_images("digits", seed=0, validation_share=0.0, limit=0).test
    said = predict(etudes.load("antirectifier@bundled").networks["antirectifier"], digits.pictures).classes
    assert (said == digits.labels).mean() >= 0.9
    networks = etudes.load("mnist_transfer_cnn@bundled").networks
    for network, start in (("first", 0), ("transferred", 5)):
        half = (digits.labels >= start) & (digits.labels < start + 5)
        said = predict(networks[network], digits.pictures[half]).classes
        assert (said == digits.labels[half] - start).mean() >= 0.9, network


def test_the_generator_draws_what_the_classifier_reads(runs: Path) -> None:
    reader = etudes.load("antirectifier@bundled").networks["antirectifier"]
    for digit in (3, 7):
        result = etudes.use("mnist_acgan@bundled", str(digit), count=16, out="drawn.png")
        with Image.open(result.files["picture"]) as image:
            sheet = np.asarray(image.convert("L"))
        side = sheet.shape[0] // 4
        drawn = sheet.reshape(4, side, 4, side).transpose(0, 2, 1, 3).reshape(16, side, side)
        pictures = np.stack([np.asarray(Image.fromarray(one).resize((28, 28))) for one in drawn])[..., None]
        assert (predict(reader, pictures).classes == digit).sum() >= 15


# --- what a name stands for -------------------------------------------------------------------------------------------


def test_a_name_stands_for_the_newest_run_and_else_for_the_bundled_one(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["use", "addition_rnn", "35+35"]) == 0
    printed = capsys.readouterr()
    assert "70" in printed.out
    assert "weights" not in printed.out
    assert printed.err == "weights: addition_rnn@bundled\n"
    own = Run(shutil.copytree(BUNDLED / "addition_rnn", runs / "own"))
    assert find_run("addition_rnn", experiments.names()) == own
    assert command(["use", "addition_rnn", "3+4"]) == 0
    assert capsys.readouterr().err == f"weights: {own}\n"
    assert command(["use", "addition_rnn@bundled", "35+35", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["answers"][0]["answer"] == "70"
    assert printed.err == ""


def test_the_list_says_what_is_bundled_and_how_good_it_is(
    runs: Path, nothing_bundled: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ready() -> dict[str, str]:
        assert command(["list", "--json"]) == 0
        return {row["etude"]: row["trained weights"] for row in json.loads(capsys.readouterr().out)}

    assert set(ready().values()) == {"no", "not needed"}
    monkeypatch.setattr("etudes.runs.folder.BUNDLED", BUNDLED)
    for name, words in ready().items():
        if name in ETUDES:
            assert re.match(r"bundled: [a-z ]+ [\d.]+(; |$)", words)
    assert ready()["cifar10_cnn"].endswith("; cifar10_cnn@mnist: accuracy 0.996")


def test_the_bundled_digit_classifier_is_used_where_there_is_no_better_one(runs: Path) -> None:
    info = open_run("mnist_acgan@bundled").info
    found = experiments.load("mnist_acgan").inspect.options().base_run(info, None)
    assert str(found) == "cifar10_cnn@mnist"
    assert found == experiments.load("mnist_acgan").inspect.options(classifier="cifar10_cnn@mnist").base_run(info, None)


def test_a_folder_of_ones_own_may_have_such_a_name(runs: Path) -> None:
    shutil.copytree(BUNDLED / "addition_rnn", "addition_rnn@mine")
    assert not find_run("addition_rnn@mine", experiments.names()).bundled


def test_without_run_and_bundle_the_cure_is_a_training(runs: Path, nothing_bundled: None) -> None:
    with pytest.raises(UserError, match=r"no finished run of cifar10_cnn in .*: run `etudes train cifar10_cnn` first"):
        etudes.use("cifar10_cnn", "photo.jpg")


@pytest.mark.parametrize(
    "given",
    ["nothing@bundled", "@bundled", "../bundled/cifar10_cnn@bundled", "deep_dreem@bundled", "cifar10_cnn@fashion"],
)
def test_a_bundled_run_that_does_not_exist_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["use", given, "1"]) == 2
    printed = capsys.readouterr().err
    assert "unknown bundled run" in printed
    assert len(printed.strip()) <= 200


@pytest.mark.parametrize(
    "words",
    [["use", "deep_dream@bundled", "photo.jpg"], ["evaluate", "deep_dream@bundled"], ["report", "deep_dream@bundled"]],
)
def test_a_dream_that_came_as_pictures_is_only_shown(
    words: list[str], runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(words) == 2
    printed = capsys.readouterr().err
    assert "came as pictures, without weights: `etudes share deep_dream@bundled` shows it" in printed
    assert len(printed.strip()) <= 200


def test_the_bundled_dream_is_neither_a_network_nor_the_settings_of_use(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETUDES_DATA", str(runs.parent / "empty"))
    assert resolve("deep_dream").run is None
    assert find_weights("").name == "cifar10_cnn@bundled"
    dream = bundled_dream("deep_dream")
    assert dream is not None
    assert dream not in bundled_runs()
    pictures = [path for path in (dream.folder / "pictures").rglob("*") if path.suffix in (".avif", ".webp")]
    assert sum(path.stat().st_size for path in pictures) <= 250_000
    assert dream.header()["settings"]["data"] in PHOTOS


def test_nothing_is_written_into_the_package(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in BUNDLED.rglob("*")}
    assert command(["resume", "addition_rnn@bundled", "--quiet"]) == 0
    assert command(["use", "addition_rnn@bundled", "1+1"]) == 0
    assert command(["compare", "cifar10_cnn@bundled", "antirectifier@bundled"]) == 0
    etudes.train("addition_rnn", out=BUNDLED / "addition_rnn", quiet=True)  # is finished
    inside = etudes.inspect("addition_rnn@bundled")
    assert all(Path(path).parent == runs / "addition_rnn-bundled" / "pictures" for path in inside.files.values())
    assert {path: path.stat().st_mtime_ns for path in BUNDLED.rglob("*")} == before


def test_bundled_weights_without_their_generator_draw_and_others_are_missed(runs: Path, tmp_path: Path) -> None:
    opened = open_run("mnist_acgan@bundled")
    assert record("mnist_acgan")["left_out"] == ["generator"]
    assert not any(name.startswith("generator/") for name in opened.arrays)
    copy = Run(tmp_path / "copy")
    shutil.copytree(BUNDLED / "mnist_acgan", copy.folder)
    without = {name: array for name, array in opened.arrays.items() if not name.startswith("generator_ema/")}
    save_weights(copy.folder, without)
    with pytest.raises(UserError, match=r"belong to another network \(generator_ema/"):
        etudes.load(copy)


def test_a_dream_with_nothing_at_hand_is_dreamed_on_the_bundled_networks(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETUDES_DATA", str(runs.parent / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(runs.parent / "empty"))
    from etudes.data import embedded_photo

    embedded_photo("flower").save("photo.jpg")
    result = etudes.use("deep_dream", "photo.jpg", "out.png", max_size=160)
    (answer,) = result.answers
    assert answer["network"] == "cifar10_cnn@bundled"
    assert answer["loss_after"] >= 10 * answer["loss_before"]
    with Image.open("out.png") as dream:
        assert dream.size == (answer["width"], answer["height"])
