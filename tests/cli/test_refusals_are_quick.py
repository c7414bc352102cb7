"""What cannot be done is refused before any backend is loaded, with few modules and little memory.

The runs here were never trained: they have everything that is read before networks are built, and no more. A command
that builds something from them has gone too far, and fails.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from etudes import experiments
from etudes.runs import Run, save_weights
from etudes.schema import as_dict

HEAVY = ("keras.src", "tensorflow", "jax", "torch", "sklearn", "scipy", "matplotlib")

# One process for all refusals: whatever a command loads is named by that command's line.
CHILD = """
import contextlib, io, json, os, sys
from etudes.cli import run
for line in sys.stdin:
    job = json.loads(line)
    os.chdir(job["folder"])
    os.environ.update(job["environment"])
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(sys.stderr):
        code = run(job["words"])
    loaded = [name for name in job["heavy"] if name in sys.modules]
    print(json.dumps({"words": job["words"], "code": code, "said": said.getvalue(), "loaded": loaded}), flush=True)
"""

COST = """
import sys
def peak():
    with open("/proc/self/status") as status:  # ru_maxrss would count the parent's memory
        return int(next(line.split()[1] for line in status if line.startswith("VmHWM")))
import numpy, PIL.Image, safetensors, rich.console, tyro
from etudes.cli import run
before = peak()
code = run(sys.argv[1:])
print(code, peak() / before)
"""


Refuse = Callable[[list[list[str]]], list[str]]


@pytest.fixture(scope="module")
def refused() -> Iterator[Refuse]:
    """Gives the line with which each command is refused, in a fresh process that must load nothing heavy."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        to, answers = process.stdin, process.stdout
        assert to is not None
        assert answers is not None

        def refuse(commands: list[list[str]]) -> list[str]:
            environment = {name: os.environ[name] for name in ("ETUDES_RUNS", "ETUDES_DATA")}
            lines = []
            for words in commands:
                job = {"words": words, "folder": os.getcwd(), "environment": environment, "heavy": HEAVY}
                print(json.dumps(job), file=to, flush=True)
                refusal = json.loads(answers.readline())
                assert refusal["code"] == 2, refusal
                assert refusal["loaded"] == [], refusal
                (line,) = refusal["said"].splitlines()
                assert line.startswith("etudes: ")
                assert len(line) <= 200, line
                lines.append(line)
            return lines

        yield refuse
        to.close()


def never_trained(etude: str, place: Path, **changes: Any) -> Run:
    """A run folder that is whole up to its weights, which are those of no network."""
    experiment, run = experiments.load(etude), Run(place)
    settings = experiment.presets["tiny"]
    header = {"etude": etude, "preset": "tiny", "settings": as_dict(settings) | changes}
    run.write_header({**header, "data": as_dict(experiment.describe_data(settings))})
    save_weights(place, {"network/00.kernel": np.ones((3, 3, 3, 8), np.float32)})
    run.write_json("results.json", {"metrics": {}, "training_seconds": 0.0})
    return run


@pytest.fixture
def brought(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs that a person may bring, in the current folder; no published data."""
    monkeypatch.setenv("ETUDES_DATA", str(runs))
    Image.new("RGB", (64, 48), "white").save("photo.png")
    Image.new("L", (48, 48), "white").save("square.png")
    whole = Path("photo.png").read_bytes()
    Path("cut.png").write_bytes(whole[: len(whole) // 2])
    Path("text.jpg").write_bytes(b"no picture")
    Path("noise.h5").write_bytes(b"no weights")
    Path("questions.txt").write_text("x+1\n1+x\n", encoding="utf-8")
    Path("latin.txt").write_bytes(b"1+1\n\xff\xfe\n")


PICTURES = [
    ([], "name one picture file"),
    (["missing.png"], "no such picture"),
    (["text.jpg", "cut.png"], "text.jpg: is not a picture"),
    (["text.jpg"], "text.jpg: is not a picture"),
    (["photo.png", "--top", "0"], "--top 0"),
    (["photo.png", "--top", "many"], "--top"),
    (["photo.png", "--topp", "3"], "did you mean --top"),
    (["photo.png", "--backend", "nothing"], "unknown backend 'nothing'"),
]
BAD_INPUTS: dict[str, list[tuple[list[str], str]]] = {
    "addition_rnn": [
        ([], "ask one question"),
        (["1+x"], "cannot read '1+x'"),
        (["999+1"], "at most 2 digits"),
        (["--file", "questions.txt"], "questions.txt"),
        (["--file", "latin.txt"], "is not in UTF-8"),
        (["--file", "missing.txt"], "missing.txt: cannot be read"),
        (["--file", "."], "is not a file"),
    ],
    "antirectifier": PICTURES,
    "cifar10_cnn": PICTURES,
    "deep_dream": [
        ([], "name a picture, a folder or a film"),
        (["a.png", "b.png", "c.png"], "2 dreams need a folder, and c.png is a file"),
        (["missing.png", "dream.png"], "missing.png"),
        (["cut.png", "dream.png"], "cut.png: is not a picture"),
        (["photo.png", "--out", "./photo.png"], "photo.png is an input, which would be lost"),
        (["photo.png", "--out", "square.png"], "exists, and it does not say that Études wrote it"),
        (["photo.png", "square.png", "--out", "dream.png"], "2 dreams need a folder, and dream.png is a file"),
        (["missing.png", "text.jpg", "--out", "dreams"], "missing.png"),
        (["photo.png", "square.png", "--mask", "text.jpg"], "text.jpg: is not a picture"),
        (["text.mp4", "dream.mp4"], "text.mp4: there is no such film"),
        (["text.mp4", "dream.png"], "the dream of a film is no picture"),
        (["photo.png", "square.png", "--film", "film.gif"], "--film flies into the dream of one picture"),
        (["photo.png", "dream.doc"], ".doc is no picture format"),
        (["photo.png", "photo.png/dream.png"], "is no folder that can be written"),
        (["photo.png", "dream.png", "--octaves", "0"], "--octaves 0"),
        (["photo.png", "dream.png", "--coefficients", "1", "2", "--layers", "conv1"], "2 coefficients for 1 layers"),
        (["photo.png", "dream.png", "--weights", "noise.h5"], "a run dreams with its own network"),
        (["photo.png", "dream.png", "--film", "film.avi"], "a film ends in .gif or .mp4"),
        (["photo.png", "dream.png", "--preview", "dream.doc"], ".doc is no picture format"),
        (["photo.png", "dream.png", "--mask", "text.jpg"], "text.jpg: is not a picture"),
        (["photo.png", "dream.png", "--mask", "square.png"], "needs the proportions of its picture"),
        (["photo.png", "--out", "square.png", "--mask", "square.png", "--overwrite"], "square.png is an input"),
        (["photo.png", "dream.png", "--guide", "missing.png"], "missing.png: there is no such picture"),
        (["photo.png", "dream.png", "--guide", "square.png", "--layers", "conv1:3"], "needs whole layers"),
        (["photo.png", "dream.png", "--layers", "conv1:x"], "it must be LAYER"),
        (["photo.png", "dream.png", "--tile", "100"], "--tile 100: a tile needs 256 pixels"),
        (["photo.png", "dream.png", "--frames", "9"], "--frames changes a film: add --film FILE"),
        (["photo.png", "dream.png", "--zoom", "1.1"], "--zoom changes a film"),
        (["photo.png", "dream.png", "--frame-steps", "2"], "--frame-steps changes a film"),
        (["photo.png", "dream.png", "--preview-every", "5"], "add --preview FILE"),
        (["photo.png", "dream.png", "--max-loss", "-1"], "--max-loss -1"),
        (["photo.png", "dream.png", "--detail", "never"], "--detail"),
        (["photo.png", "dream.png", "--preset", "tiny"], "--preset"),
    ],
    "mnist_acgan": [
        ([], "say what to draw"),
        (["x"], "unknown class 'x'"),
        (["7" * 5000], "5000 × --count 1"),
        (["y" * 5000], "unknown class"),
        (["12", "--walk-to", "3"], "same length"),
        (["7", "--count", "0"], "--count 0"),
        (["7", "--out", "picture.doc"], ".doc is no picture format"),
        (["7", "--out", "."], "it is a folder; name a file in it"),
        (["7", "--count", "2", "photo.png/out.png"], "is no folder that can be written"),
        (["7", "--walk-to", "3", "--out", "photo.png/x.gif"], "is no folder that can be written"),
        (["7", "--out", "a.png", "b.png"], "name one file"),
    ],
    "mnist_transfer_cnn": [*PICTURES, (["photo.png", "--first", "--teach", "."], "say only one of them")],
}


def test_every_etude_is_tried() -> None:
    assert sorted(BAD_INPUTS) == experiments.names()


@pytest.mark.parametrize("etude", BAD_INPUTS)
def test_a_bad_input_or_option_is_refused_without_a_backend(etude: str, brought: None, refused: Refuse) -> None:
    run = never_trained(etude, Path("run"))
    commands = [["use", str(run), *words] for words, _ in BAD_INPUTS[etude]]
    for said, (_, part) in zip(refused(commands), BAD_INPUTS[etude], strict=True):
        assert part in said


BAD_LOOKS: dict[str, list[tuple[list[str], str]]] = {
    "addition_rnn": [
        (["--question", "999+1"], "at most 2 digits"),
        (["--question", ""], "cannot read ''"),
    ],
    "antirectifier": [
        (["--number", "20000"], "--number 20000: there are 96 test pictures"),
        (["--picture", "text.jpg"], "text.jpg: is not a picture"),
    ],
    "cifar10_cnn": [
        (["--target", "sqare"], "unknown class 'sqare': did you mean 'square'"),
        (["--picture", "text.jpg"], "text.jpg: is not a picture"),
        (["--picture", "missing.png"], "no such picture"),
        (["--rate"], "did you mean --rates"),
    ],
    "deep_dream": [
        (["--size", "8"], "--size 8: must be >= 16"),
        (["--sheet", "--steps", "0"], "--steps 0"),
        (["--channels", "3"], "--channels needs --layer"),
    ],
    "mnist_acgan": [
        (["--classifier", "nonsense"], "nonsense"),
        (["--classifier", "addition_rnn@bundled"], "trained on other pictures or classes"),
        (["--count", "0"], "--count 0: must be >= 20, <= 20,000"),
    ],
    "mnist_transfer_cnn": [
        (["--target", "0"], "unknown class '0'"),
        (["--picture", "cut.png"], "cut.png: is not a picture"),
        (["--shots", "10", "0"], "--shots 0"),
        (["--shots", "few"], "--shots"),
        (["--shots"], "--shots needs numbers"),
        (["--epochs", "3"], "--epochs sets the length of a study: add --depths"),
        (["--seeds", "7"], "--seeds is the size of a study: add --depths"),
        (["--shots", "10", "2000"], "has only"),
        (["--seeds", "0", "--depths"], "--seeds 0"),
        (["--to", "shapes"], "add --depths or --shots"),
        (["--to", "nowhere", "--depths"], "nowhere"),
    ],
}


def test_every_inspection_is_tried() -> None:
    assert sorted(BAD_LOOKS) == experiments.names()


@pytest.mark.parametrize("etude", BAD_LOOKS)
def test_what_cannot_be_looked_at_is_refused_without_a_backend(etude: str, brought: None, refused: Refuse) -> None:
    run = never_trained(etude, Path("run"))
    commands = [["inspect", str(run), *words] for words, _ in BAD_LOOKS[etude]]
    for said, (_, part) in zip(refused(commands), BAD_LOOKS[etude], strict=True):
        assert part in said


def test_an_etude_that_needs_no_training_refuses_without_a_backend(brought: None, refused: Refuse) -> None:
    use = ["use", "deep_dream", "photo.png", "dream.png"]
    base_run = never_trained("cifar10_cnn", Path("base_run"))
    base_run.write_json("weights.json", {"arrays": {"network/00.kernel": {"shape": [3, 3, 3, 8]}}})
    odd = never_trained("cifar10_cnn", Path("odd"))
    odd.write_json("weights.json", {"arrays": {"network/00.kernel": 7}})
    spoken = refused(
        [
            ["use", "deep_dream", "missing.png", "dream.png"],
            [*use, "--weights", "noise.h5"],
            [*use, "--weights", "base_run"],
            [*use, "--weights", "odd"],
            [*use, "--weights", "untrained", "--step", "-0.1"],
            ["use", "deep_dream", "text.jpg", "dream.png", "--weights", "untrained"],
            [*use, "--weights", "noise.h5", "--application", "VGG61"],
            [*use, "--weights", "noise.h5", "--application", "VGG16"],
            ["inspect", "deep_dream", "--channels", "3"],
            ["inspect", "deep_dream", "--sheet", "--layer", "conv1"],
        ]
    )
    parts = ("missing.png", "is no .h5 file", "weights.json", "odd/weights.json", "--step -0.1", "text.jpg")
    parts += ("unknown application 'VGG61'", "is no .h5 file", "--channels needs --layer", "give only one of them")
    for part, said in zip(parts, spoken, strict=True):
        assert part in said


def damaged_runs() -> dict[str, str]:
    """Run folders, each with another damage, and what is said of it."""
    said = {"nowhere": "unknown run folder or etude 'nowhere'"}
    run = never_trained("cifar10_cnn", Path("whole"))
    for name in ("cut", "flipped", "manifest", "header", "newer", "foreign"):
        shutil.copytree(run.folder, name)
    weights = Path("whole/weights.safetensors").read_bytes()
    Path("cut/weights.safetensors").write_bytes(weights[:-1])
    Path("flipped/weights.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    Path("manifest/weights.json").write_bytes(b"{")
    Path("header/settings.toml").write_bytes(b"etude = ")
    text = Path("whole/settings.toml").read_text(encoding="utf-8")
    Path("newer/settings.toml").write_text(text.replace("epochs", "epoques"), encoding="utf-8")
    Path("foreign/settings.toml").write_text(text.replace("cifar10_cnn", "cifar100_cnn"), encoding="utf-8")
    never_trained("cifar10_cnn", Path("wild"), epochs=-1)
    never_trained("cifar10_cnn", Path("kinds"), batch_size="many")
    never_trained("cifar10_cnn", Path("unfinished"))
    Path("unfinished/results.json").unlink()
    said |= dict.fromkeys(("cut", "flipped"), "is damaged: its SHA-256")
    said |= {"manifest": "manifest", "header": "is damaged", "newer": "unknown entry 'epoques'"}
    said |= {"foreign": "did you mean 'cifar10_cnn'", "wild": "--epochs -1", "kinds": "--batch-size 'many'"}
    return {**said, "unfinished": "is not finished"}


@pytest.mark.parametrize("command", [["evaluate"], ["inspect"], ["inspect", "--table"], ["use"]])
def test_a_damaged_run_is_refused_without_a_backend(command: list[str], brought: None, refused: Refuse) -> None:
    runs = damaged_runs()
    inputs = ["photo.png"] if command == ["use"] else []
    spoken = refused([[command[0], name, *command[1:], *inputs] for name in runs])
    for said, (name, part) in zip(spoken, runs.items(), strict=True):
        assert part in said, name


def test_a_dream_with_a_damaged_lender_is_refused_without_a_backend(brought: None, refused: Refuse) -> None:
    dream, base_run = (
        never_trained("deep_dream", Path("dream"), weights="base_run"),
        never_trained("cifar10_cnn", Path("base_run")),
    )
    header = dream.header()
    header["data"] |= {"weights": "base_run", "weights_sha256": "other"}
    dream.write_header(header)
    save_weights(dream.folder, {"dream": np.zeros((2, 2, 3), np.float32)})
    changed = refused([["use", "dream", "photo.png", "dream.png"], ["evaluate", "dream"], ["inspect", "dream"]])
    assert all("is no longer the network that this dream began with" in said for said in changed)
    base_run.write_json("weights.json", {**base_run.read_json("weights.json"), "sha256": "other"})
    Path("base_run/weights.safetensors").write_bytes(b"")
    damaged = refused([["use", "dream", "photo.png", "dream.png"], ["evaluate", "dream"], ["inspect", "dream"]])
    assert all("base_run/weights.safetensors is damaged" in said for said in damaged)
    (said,) = refused([["train", "deep_dream", "--preset", "tiny", "--weights", "base_run", "--out", "new"]])
    assert "base_run/weights.safetensors is damaged" in said
    assert not Path("new").exists()


def test_data_that_is_gone_or_another_is_refused_without_a_backend(brought: None, refused: Refuse) -> None:
    def write(classes: int) -> None:
        np.savez("own.npz", x_train=np.zeros((20, 28, 28), np.uint8), y_train=np.arange(20) % classes)

    write(3)
    run = never_trained("antirectifier", Path("run"), data="own.npz")
    header = run.header()
    info = experiments.load("antirectifier").describe_data
    settings = experiments.load("antirectifier").settings
    run.write_header({**header, "data": as_dict(info(settings(data="own.npz")))})
    save_weights(run.folder, {"network": np.zeros(1, np.float32)})
    write(4)
    assert all(
        "own.npz changed since run began (class names with 3" in said
        for said in refused([["evaluate", "run"], ["inspect", "run"]])
    )
    Path("own.npz").unlink()
    assert all(
        "own.npz, the data of run, was not found" in said for said in refused([["evaluate", "run"], ["inspect", "run"]])
    )
    # The name of a backend is looked at before any data, which may take its time.
    (said,) = refused([["evaluate", "run", "--backend", "nothing"]])
    assert "unknown backend 'nothing'" in said


def test_a_training_that_cannot_begin_is_refused_without_a_backend(brought: None, refused: Refuse) -> None:
    np.savez("odd.npz", x_train=np.zeros((20, 30, 30), np.uint8), y_train=np.arange(20) % 3)
    np.savez("small.npz", x_train=np.zeros((20, 6, 30), np.uint8), y_train=np.arange(20) % 3)
    Path("own").mkdir()
    Path("own/thing.txt").touch()
    tried = {
        ("cifar10_cnn", "--epochs", "0"): "--epochs 0",
        ("cifar10_cnn", "--preset", "tinny"): "did you mean 'tiny'",
        ("cifar10_cnn", "--preset", "tiny", "--out", "own"): "not empty",
        ("mnist_acgan", "--preset", "tiny", "--batch-size", "41"): "--batch-size 41",
        ("addition_rnn", "--digits", "1", "--pairs", "56"): "only 55 different pairs",
        ("addition_rnn", "--data", "missing.csv"): "missing.csv",
        ("antirectifier", "--data", "missing.npz"): "missing.npz",
        ("antirectifier", "--baselines", "relu"): "unknown value of --baselines 'relu'",
        ("mnist_acgan", "--data", "small.npz"): "pictures of 4x28 are too small to be drawn: 8x8 at least",
        ("mnist_transfer_cnn", "--data", "odd.npz"): "needs four or more",
        ("deep_dream", "--data", "text.jpg", "--weights", "untrained"): "text.jpg: is not a picture",
        ("deep_dream", "--weights", "noise.h5"): "is no .h5 file",
    }
    for said, (words, part) in zip(refused([["train", *words] for words in tried]), tried.items(), strict=True):
        assert part in said, words


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads its own peak memory from /proc")
def test_a_refusal_costs_little(brought: None, refused: Refuse) -> None:
    never_trained("cifar10_cnn", Path("run"))
    refused([["use", "run", "missing.png"], ["evaluate", "nowhere"], ["resume", "nowhere"]])
    command = [sys.executable, "-c", COST, "use", "run", "missing.png"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, memory = map(float, done.stdout.split())
    assert code == 2
    assert memory < 3, "a backend alone takes ten times what these libraries take"


def test_using_loads_no_logger_no_export_and_no_download() -> None:
    code = "import sys, etudes.actions.use; print([name for name in sys.modules if name.startswith('etudes.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in ("etudes.loggers", "etudes.exports", "etudes.data.downloads", "etudes.data.transfer"):
        assert f"'{name}" not in done.stdout
    assert "'etudes.actions.use'" in done.stdout
