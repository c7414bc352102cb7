"""Answers without a training framework: every option, own runs, what is damaged, and what is kept loaded."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import etudes
from etudes.actions import kept
from etudes.actions.loading import open_run
from etudes.errors import UserError
from etudes.graphs import GraphNetwork, load_graphs
from etudes.graphs.folder import PIECE
from etudes.runs import BUNDLED, Run, bundled_runs, load_weights

SCRIPT = Path(__file__).with_name("without_frameworks.py")


def answers(folder: Path, *asked: tuple[str, list[str], dict[str, Any]], fails: bool = False) -> list[dict[str, Any]]:
    """What is answered in a process in which no framework can be imported."""
    command = [sys.executable, str(SCRIPT), json.dumps(asked)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in found if "error" in one] == (found if fails else [])
    return found


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    image = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(image).line([(100, 60), (200, 60), (140, 240)], fill=0, width=18)
    image.save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


def test_every_option_of_every_study_needs_no_framework(drawing: Path, tmp_path: Path) -> None:
    (tmp_path / "questions.txt").write_text("1+1\n12+30\nno question\n")
    drawn = str(drawing)
    found = answers(
        tmp_path,
        ("addition_rnn", ["35+35", "1 + 2"], {}),
        ("addition_rnn", [], {"file": "questions.txt"}),
        ("addition_rnn", [], {"file": "questions.txt", "out": "answers.csv"}),
        ("antirectifier", [drawn], {"top": 2, "seen": "seen.png"}),
        ("cifar10_cnn", [drawn], {"flips": True, "invert": True, "crop": False}),
        ("cifar10_cnn@mnist", [drawn], {}),
        ("mnist_transfer_cnn", [drawn], {}),
        ("mnist_transfer_cnn", [drawn], {"first": True}),
        ("mnist_acgan", ["7"], {"count": 16, "out": "sevens.png"}),
        ("mnist_acgan", ["20"], {"walk_to": "31", "out": "walk.gif"}),
        ("mnist_acgan", ["7"], {"latent_walk": 2, "out": "latent.gif"}),
        ("mnist_acgan", ["7:3"], {"each": True, "out": "single"}),
        ("mnist_acgan", ["7:3"], {"out": "single.npz", "parts": [1.0, -1.0], "seed": 3}),
    )  # fmt: skip
    assert [one["answer"] for one in found[0]["answers"]] == ["70", "3"]
    assert [one["answer"] for one in found[1]["answers"]] == ["2", "42"]
    assert found[3]["answers"][0]["answer"] == "7"
    assert found[6]["answers"][0]["answer"] == "7"
    for name in ("answers.csv", "seen.png", "sevens.png", "walk.gif", "latent.gif", "single/7-0001.png", "single.npz"):
        assert (tmp_path / name).exists(), name


def test_graphs_and_networks_answer_alike(drawing: Path, tmp_path: Path) -> None:
    """The bundled networks that learned in float32; those of bfloat16 differ by what that rounds."""
    asked = {"addition_rnn": "35+35", "antirectifier": str(drawing), "mnist_transfer_cnn": str(drawing)}
    for name, question in asked.items():
        quick, slow = etudes.use(name, question), etudes.answer(etudes.load(f"{name}@bundled"), question)
        for one, other in zip(quick.answers, slow.answers, strict=True):
            assert one["answer"] == other["answer"]
            both = [
                list(answer.get("probabilities", {"": answer.get("confidence")}).values()) for answer in (one, other)
            ]
            np.testing.assert_allclose(*both, atol=2e-4)


def test_every_bundled_run_has_a_graph_of_each_network_and_says_how_near_it_is() -> None:
    for run in bundled_runs():
        manifest = json.loads((run.folder / "graphs" / "graphs.json").read_bytes())["graphs"]
        saved = {name.split("/")[0] for name in load_weights(run.folder)}
        assert saved <= set(manifest)
        assert all(entry["difference"] <= 1e-5 for entry in manifest.values())
        sizes = [(run.folder / "graphs" / f"{name}.onnx").stat().st_size for name in manifest]
        assert max(sizes) < 50_000


@pytest.fixture
def run(tmp_path: Path) -> Run:
    shutil.copytree(BUNDLED / "addition_rnn", tmp_path / "run")
    return Run(tmp_path / "run")


def manifest_of(run: Run) -> Path:
    return run.folder / "graphs" / "graphs.json"


def change_graph(run: Run, change: Any) -> None:
    """Another graph, with a manifest that fits it."""
    path = run.folder / "graphs" / "adder.onnx"
    path.write_bytes(change(path.read_bytes()))
    manifest = json.loads(manifest_of(run).read_bytes())
    manifest["graphs"]["adder"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest_of(run).write_text(json.dumps(manifest))


def other_graph() -> bytes:
    return (BUNDLED / "cifar10_cnn" / "graphs" / "classifier.onnx").read_bytes()


def name_another_file(content: bytes) -> bytes:
    """The same length, so that it stays a protocol buffer."""
    return content.replace(b"weights.safetensors", b"/etc/passwd".ljust(19, b"x"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda run: (run.folder / "graphs" / "adder.onnx").write_bytes(b"nonsense"),
        lambda run: (run.folder / "graphs" / "adder.onnx").unlink(),
        lambda run: manifest_of(run).write_text("{"),
        lambda run: manifest_of(run).write_text('{"settings_sha256": "", "graphs": {}}'),
        lambda run: change_graph(run, name_another_file),
        lambda run: change_graph(run, lambda content: b"nonsense"),
        lambda run: change_graph(run, lambda content: other_graph()),
    ],
    ids=["other bytes", "missing", "no JSON", "other settings", "another file", "no graph", "another network's"],
)  # fmt: skip
def test_damaged_graphs_are_left_alone_and_said(run: Run, damage: Any) -> None:
    damage(run)
    with pytest.raises(UserError, match=r"`etudes evaluate` writes them anew"):
        load_graphs(run.folder, load_weights(run.folder))
    assert open_run(run).graphs == {}
    (refused,) = answers(run.folder.parent, (str(run.folder), ["1+1"], {}), fails=True)
    assert "copy the run with its `graphs`, or ask addition_rnn@bundled; " in refused["error"]


def test_a_run_without_graphs_is_answered_by_a_backend(run: Run) -> None:
    shutil.rmtree(run.folder / "graphs")
    assert load_graphs(run.folder, {}) == {}
    assert etudes.use(run, "35+35").answers[0]["answer"] == "70"


def test_a_backend_that_is_named_answers() -> None:
    opened = open_run("addition_rnn@bundled", backend="tensorflow")
    assert opened.graphs == {}


def test_a_run_is_opened_once_and_again_when_its_files_change(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    etudes.unload()
    opened: list[Any] = []

    def counting(reference: Any, backend: str | None = None) -> Any:
        opened.append(reference)
        return open_run(reference, backend)

    monkeypatch.setattr(kept, "open_run", counting)
    for _ in range(3):
        assert etudes.use(run, "1+1").answers[0]["answer"] == "2"
    assert len(opened) == 1
    os.utime(run.folder / "weights.safetensors", ns=(1, 1))
    etudes.use(run, "1+1")
    assert len(opened) == 2
    etudes.unload()
    etudes.use(run, "1+1")
    assert len(opened) == 3
    for number in range(kept.MOST_KEPT + 1):
        shutil.copytree(run.folder, run.folder.parent / f"copy-{number}")
        etudes.use(run.folder.parent / f"copy-{number}", "1+1")
    assert len(kept._kept) == kept.MOST_KEPT


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_answers_too(tmp_path: Path) -> None:
    """ONNX Runtime's threads are not in it: it would hang with the session of its parent."""
    lines = (
        "import etudes, os, sys",
        "etudes.use('addition_rnn', '1+1')",
        "child = os.fork()",
        "if not child:",
        "    os._exit(0 if etudes.use('addition_rnn', '2+2').answers[0]['answer'] == '4' else 1)",
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))",
    )
    command = [sys.executable, "-W", "ignore", "-c", "\n".join(lines)]
    assert subprocess.run(command, cwd=tmp_path, timeout=120, check=False).returncode == 0


def test_a_graph_network_answers_lists_and_takes_any_dtype() -> None:
    opened = open_run("mnist_acgan@bundled")
    discriminator = opened.graphs["discriminator"]
    assert isinstance(discriminator, GraphNetwork)
    fake, aux = discriminator.predict_on_batch(np.zeros((2, 28, 28, 1), np.uint8))
    assert (fake.shape, aux.shape) == ((2, 1), (2, 10))


def test_a_large_batch_is_the_sum_of_its_pieces() -> None:
    adder = open_run("addition_rnn@bundled").graphs["adder"]
    rows = np.random.default_rng(0).integers(0, 2, (2 * PIECE + 7, 7, 12)).astype(np.uint8)
    found = adder.predict_on_batch(rows)
    assert found.shape == (2 * PIECE + 7, 4, 12)
    for start in range(0, len(rows), PIECE):
        np.testing.assert_array_equal(found[start : start + PIECE], adder.predict_on_batch(rows[start : start + PIECE]))


@pytest.mark.long
def test_own_data_and_alphabets_need_no_framework_either(tmp_path: Path, runs: Path) -> None:
    words = ["süß", "öl", "übel", "maß", "groß", "klein", "viel", "schön", "gut", "alt"]
    lines = [f"{word}{number},{number}{word[::-1]}" for word in words for number in range(20)]
    (tmp_path / "words.csv").write_text("question,answer\n" + "\n".join(lines) + "\n", encoding="utf-8")
    settings = {"data": str(tmp_path / "words.csv"), "units": 8, "epochs": 1, "batch_size": 16}
    text = etudes.train("addition_rnn", preset="tiny", out="text", quiet=True, **settings)
    rng = np.random.default_rng(0)
    for name, level in (("dark", 40), ("light", 180)):
        folder = tmp_path / "pictures" / name
        folder.mkdir(parents=True)
        for number in range(40):
            Image.fromarray(rng.integers(level, level + 60, (20, 24, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    settings = {"data": str(tmp_path / "pictures"), "epochs": 1, "batch_size": 16}
    pictures = etudes.train("cifar10_cnn", preset="tiny", out="pictures-run", quiet=True, **settings)
    photo = str(tmp_path / "pictures" / "dark" / "0.png")
    found = answers(tmp_path, (str(text.folder), ["süß3"], {}), (str(pictures.folder), [photo], {}))
    assert found[0]["answers"][0]["question"] == "süß3"
    assert found[1]["answers"][0]["answer"] in ("dark", "light")


def test_nothing_is_reported_to_other_hosts_nor_left_in_the_temporary_folder(tmp_path: Path) -> None:
    """ONNX Runtime 1.32 would write the session file of its telemetry there as soon as it is imported."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    code = "import etudes; etudes.use('addition_rnn@bundled', '1+1')"
    command = [sys.executable, "-c", code]
    subprocess.run(command, env={**environment, "TMPDIR": str(temporary)}, cwd=tmp_path, check=True)
    assert not list(temporary.iterdir())


def test_onnx_runtime_is_loaded_in_one_place() -> None:
    source = Path(etudes.__file__).parent
    files = [path for path in source.rglob("*.py") if "    import onnxruntime\n" in path.read_text(encoding="utf-8")]
    assert [path.relative_to(source).as_posix() for path in files] == ["graphs/runtime.py"]
