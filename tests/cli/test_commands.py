"""The terminal as a person meets it: what is printed, what is refused, and how."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import etudes
from etudes import experiments
from etudes.cli import COMMANDS, run
from etudes.data import embedded_photo
from etudes.errors import UserError
from etudes.runs import Run


@pytest.fixture(scope="module")
def finished(tiny_run: Callable[[str, Path], Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small trained classifier."""
    return tiny_run("cifar10_cnn", tmp_path_factory.mktemp("runs") / "shapes")


@pytest.fixture(scope="module")
def adder(tiny_run: Callable[[str, Path], Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A small trained addition network."""
    return tiny_run("addition_rnn", tmp_path_factory.mktemp("runs") / "sums")


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error with which a command refuses, exit code 2."""
    capsys.readouterr()
    assert run(words) == 2
    printed = capsys.readouterr()
    (line,) = printed.err.strip().split("\n")
    assert line.startswith("etudes: ")
    assert len(line) <= 200
    assert "Traceback" not in printed.out + printed.err
    return line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian", "cifar10_cnn"], "did you mean 'train'?"),
        (["train", "cifar10"], "did you mean 'cifar10_cnn'?"),
        (["train", "cifar10_cnn", "--preset", "clasic"], "did you mean 'classic'?"),
        (["train", "cifar10_cnn", "--epochs", "0"], "must be >= 1"),
        (["train", "cifar10_cnn", "--epochs", "many"], "--epochs"),
        (["train", "cifar10_cnn", "--epoch", "3"], "--epoch"),
        (["train", "cifar10_cnn", "--optimizer", "adam"], "--optimizer"),
        (["train", "cifar10_cnn", "--preset", "tiny", "--backend", "pytorch"], "did you mean 'torch'?"),
        (["train", "cifar10_cnn", "--data", "no/such/folder"], "no/such/folder"),
        (["train", "addition_rnn", "--digits", "1", "--pairs", "56"], "only 55 different pairs"),
        (["train", "addition_rnn", "--digits", "2", "--pairs", "5051"], "only 5,050 different pairs"),
        (["train", "addition_rnn", "--digits", "3", "--pairs", "500501"], "only 500,500 different pairs"),
        (["train", "deep_dream", "--preset", "tiny", "--data", "no.jpg"], "no.jpg"),
        (["train", "deep_dream", "--preset", "tiny", "--layers", "mixed99"], "mixed99"),
        (["evaluate", "nowhere"], "unknown run folder or etude 'nowhere'"),
        (["evaluate", "cifar10_cnn"], "no finished run of cifar10_cnn"),
        (["use", "nowhere", "3"], "unknown run folder or etude 'nowhere'"),
        (["inspect", "nowhere"], "unknown run folder or etude 'nowhere'"),
        (["inspect", "cifar10_cn", "--table"], "unknown run folder or etude 'cifar10_cn': did you mean 'cifar10_cnn'?"),
        (["compare", "nowhere"], "two runs or more"),
        (["card", "deep_dreem"], "did you mean 'deep_dream'?"),
        (["data", "fetch"], "name the set to fetch"),
        (["data", "fetch", "minst"], "minst"),
        (["inspect", "cifar10_cnn", "--preset", "classic"], "--preset goes with --table"),
    ],
)
def test_bad_words_get_one_line(
    words: list[str], said: str, runs: Path, nothing_bundled: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(words, capsys)


def test_missing_data_without_network_is_one_line(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETUDES_DATA", str(runs.parent / "empty"))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    said = refused(["train", "antirectifier", "--preset", "classic"], capsys)
    assert "mnist" in said
    assert "--data digits" in said
    assert not list(runs.glob("*/settings.toml"))


@pytest.mark.parametrize(
    ("content", "said"), [(None, "no such picture"), (b"", "not a picture"), (b"hello" * 99, "not a picture")]
)
def test_what_is_no_picture_is_refused(
    content: bytes | None, said: str, finished: Run, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        Path("photo.jpg").write_bytes(content)
    assert said in refused(["use", str(finished), "photo.jpg"], capsys)


@pytest.mark.parametrize("question", ["1+", "", "a+b", "1234+1", "1-1", "1+1+1", "５+5", "1 + + 1"])
def test_a_question_that_cannot_be_read_is_refused(
    question: str, adder: Run, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(["use", str(adder), question], capsys)


def test_options_out_of_range_are_refused(finished: Run, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("photo.png").touch()
    assert "--top 0: must be >= 1" in refused(["use", str(finished), "photo.png", "--top", "0"], capsys)
    with pytest.raises(UserError, match="unknown option 'tops': did you mean 'top'"):
        etudes.use(finished, "photo.png", tops=3)


def test_a_dream_does_not_overwrite_its_photograph(
    finished: Run, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    embedded_photo("flower").resize((64, 64)).save("photo.png")
    before = Path("photo.png").read_bytes()
    words = ["use", "deep_dream", "photo.png", "--out", "./photo.png", "--weights", str(finished)]
    assert "is an input, which would be lost" in refused(words, capsys)
    assert Path("photo.png").read_bytes() == before


def test_a_training_that_diverges_says_so_and_is_not_finished(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "cifar10_cnn", "--preset", "tiny", "--learning-rate", "1e30", "--quiet", "--out", "here"]
    assert "training diverged" in refused(words, capsys)
    assert not Run(Path("here")).finished


def test_a_folder_of_other_things_is_not_trained_into(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("own").mkdir()
    Path("own/photo.png").touch()
    assert "not empty" in refused(["train", "cifar10_cnn", "--preset", "tiny", "--out", "own"], capsys)
    assert [path.name for path in Path("own").iterdir()] == ["photo.png"]


def test_use_answers_and_json_says_the_same(adder: Run, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["use", str(adder), "35+35", "99+1"]) == 0
    assert "35+35 = " in capsys.readouterr().out
    assert run(["use", str(adder), "35+35", "99+1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["answers"]) == 2


def test_train_prints_its_run_last_and_a_finished_run_says_so(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "cifar10_cnn", "--preset", "tiny", "--out", "here"]
    assert run(words) == 0
    printed = capsys.readouterr().out.strip().split("\n")
    assert printed[-1] == "here"
    assert any(line.startswith("train 2/2") for line in printed)
    before = (Path("here") / "results.json").stat().st_mtime_ns
    assert run(words) == 0
    assert "is finished" in capsys.readouterr().out
    assert (Path("here") / "results.json").stat().st_mtime_ns == before
    assert run([*words[:-1], "there", "--quiet", "--epochs", "1"]) == 0
    assert capsys.readouterr().out == "there\n"
    assert run(["compare", "here", "there"]) == 0
    compared = capsys.readouterr().out
    assert "epochs" in compared
    assert f"curves: {runs / 'compared' / 'curves.png'}" in compared
    assert not list(Path().glob("*.png")), "the current folder is left alone"
    assert run(["compare", "here", "there", "--out", "mine.png"]) == 0
    assert Path("mine.png").read_bytes() == (runs / "compared" / "curves.png").read_bytes()
    assert "is no picture format" in refused(["compare", "here", "there", "--out", "mine.doc"], capsys)


def test_an_unfinished_run_with_other_settings_is_not_touched(
    tiny_run: Callable[[str, Path], Run], runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_run("cifar10_cnn", Path("here"))
    (Path("here") / "results.json").unlink()
    said = refused(["train", "cifar10_cnn", "--preset", "tiny", "--seed", "7", "--out", "here"], capsys)
    assert "etudes resume here" in said
    assert run(["resume", "here", "--quiet"]) == 0


def test_inspect_prints_the_layer_table(finished: Run, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", "cifar10_cnn", "--preset", "classic", "--table", "--json"]) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert table["rows"][-1][2] == 1_250_858
    assert run(["inspect", str(finished)]) == 0
    printed = capsys.readouterr().out
    assert "1,250,858" in printed
    assert "feature-maps" in printed


@pytest.mark.parametrize("words", [["list"], ["doctor"], ["data", "list"]])
def test_tables_are_also_json(words: list[str], runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0
    assert capsys.readouterr().out
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_every_card_is_shown(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in experiments.names():
        assert run(["card", name]) == 0
        printed = capsys.readouterr().out
        assert name in printed
        assert "Settings" in printed


def test_help_loads_little() -> None:
    code = "import sys; from etudes.cli import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(command in done.stdout for command in COMMANDS)
    loaded = done.stderr.split()
    for name in ("numpy", "PIL", "keras", "etudes.runs", "etudes.actions", "etudes.experiments", "etudes.views"):
        assert name not in loaded
