"""What an answer costs without a framework, beside the same answer by a backend: cold, warm, many, the studio."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from packaging.requirements import Requirement
from PIL import Image, ImageDraw

import etudes
from benchmarks.measuring import ROOT, compared, say, spread
from benchmarks.sizes import Plan

Record = dict[str, float]

BARE_SUM = """
import numpy as np, onnxruntime, sys
session = onnxruntime.InferenceSession(sys.argv[1])
alphabet, rows = " +0123456789", np.zeros((1, 7, 12), np.float32)
for step, letter in enumerate("35+35".ljust(7)[::-1]):
    rows[0, step, alphabet.index(letter)] = 1
(found,) = session.run(None, {"question": rows})
print("".join(alphabet[index] for index in found[0].argmax(axis=-1)))
"""
"""What a person would write by hand, with the exported adder: no command line, no checks, no confidence."""

GRADIO = """
import os, sys
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr
gr.Interface(lambda text: text, "text", "text").launch(server_port=int(sys.argv[1]), quiet=True)
"""
"""The smallest page of Gradio."""


def measure(plan: Plan, only: list[str] | None = None) -> dict[str, Any]:
    """Answers of bundled networks by ONNX Runtime and by TensorFlow, each in new processes, in turn.

    Args:
        plan: how much to do.
        only: parts to measure, of cold, file, warm, studio and installed; by default all.
    """
    say("anywhere")
    parts: dict[str, Callable[[Plan], dict[str, Any]]] = {
        "cold": cold, "file": from_a_file, "warm": warm, "studio": studio, "installed": installed
    }  # fmt: skip
    return {name: part(plan) for name, part in parts.items() if name in (only or parts)}


def command(words: Sequence[str], **variables: str) -> Record:
    """Run a command; CPU seconds (user and system, all threads), seconds, and peak memory in MB.

    Raises:
        RuntimeError: it failed.
    """
    began = time.monotonic()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **variables}
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {output.decode()[-1000:]}")
    seconds = time.monotonic() - began
    return {"cpu": usage.ru_utime + usage.ru_stime, "seconds": seconds, "megabytes": usage.ru_maxrss / 1024}


def etudes_use(*words: str) -> list[str]:
    """The words of `etudes use`."""
    return [sys.executable, "-m", "etudes", "use", *words]


def in_turn(commands: Mapping[str, Sequence[str]], repeats: int) -> dict[str, list[Record]]:
    """Run all of them A B A B …, once before that without counting: files are then in the system's cache."""
    found: dict[str, list[Record]] = {name: [] for name in commands}
    for number in range(repeats + 1):
        for name, words in commands.items():
            record = command(words)
            if number:
                found[name].append(record)
                say(f"  {name}, {number} of {repeats}: {record['cpu']:.2f} CPU s, {record['megabytes']:.0f} MB")
    return found


def summary(records: Mapping[str, list[Record]]) -> dict[str, Any]:
    """CPU seconds and peak memory of each, and how many times less Études' graphs take."""
    return {
        "cpu_seconds": compared(records, itemgetter("cpu"), "graphs", less=True),
        "megabytes": compared(records, itemgetter("megabytes"), "graphs", less=True),
    }


def cold(plan: Plan) -> dict[str, Any]:
    """One answer in a new process: a sum, a photograph, a drawn digit, sixteen drawn sevens."""
    folder = plan.folder / "anywhere"
    folder.mkdir(parents=True, exist_ok=True)
    photo, digit = folder / "photo.png", folder / "digit.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)).save(photo)
    page = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(page).line([(100, 60), (200, 60), (140, 240)], fill=0, width=18)
    page.save(digit)
    # In a process of its own: a child's peak memory counts what its parent had when it was started.
    command(
        [sys.executable, "-m", "etudes", "export", "addition_rnn@bundled", "--format", "onnx", "--out", str(folder)]
    )
    sevens = ["mnist_acgan@bundled", "7", "--count", "16", "--out", str(folder / "sevens.png")]
    asked = {
        "a sum": ["addition_rnn@bundled", "35+35"],
        "a photograph": ["cifar10_cnn@bundled", str(photo)],
        "a drawn digit": ["antirectifier@bundled", str(digit)],
        "16 drawn sevens": sevens,
    }
    found = {}
    for what, words in asked.items():
        commands = {"graphs": etudes_use(*words), "backend": etudes_use(*words, "--backend", "tensorflow")}
        if what == "a sum":
            commands["bare script"] = [sys.executable, "-c", BARE_SUM, str(folder / "adder.onnx")]
        found[what] = summary(in_turn(commands, plan.repeats))
    return found


def from_a_file(plan: Plan) -> dict[str, Any]:
    """Questions per second from a file, starting included, and without it."""
    count = plan.of(100, 10_000, 10_000)
    file, out = plan.folder / "questions.txt", plan.folder / "answers.csv"
    rng = np.random.default_rng(0)
    file.write_text("".join(f"{a}+{b}\n" for a, b in rng.integers(0, 1000, (count, 2))))
    words = ["addition_rnn@bundled", "--file", str(file), "--out", str(out), "--overwrite"]
    commands = {"graphs": etudes_use(*words), "backend": etudes_use(*words, "--backend", "tensorflow")}
    records = in_turn(commands, plan.repeats)
    rates = compared(records, lambda record: count / record["seconds"], "graphs", less=False)
    return {"questions": count, "per_second": rates, **summary(records)}


def warm(plan: Plan) -> dict[str, Any]:
    """CPU milliseconds of one more `etudes.use` in a process that has answered before."""
    count, found = plan.of(3, 50, 200), {}
    for backend in (None, "tensorflow"):
        spent = []
        for _ in range(count):
            began = time.process_time()
            etudes.use("addition_rnn@bundled", "35+35", backend=backend)
            spent.append(1000 * (time.process_time() - began))
        found[backend or "graphs"] = spread(spent[1:])
    return {"milliseconds": found}


# --- the studio -------------------------------------------------------------------------------------------------------


def studio(plan: Plan) -> dict[str, Any]:
    """Until the first page is served and every network answers; CPU seconds and memory of all its processes."""
    port = 7861
    ours = [sys.executable, "-m", "etudes", "studio", "--port", str(port)]
    pages = {"etudes studio": ours, "smallest page of Gradio": [sys.executable, "-c", GRADIO, str(port)]}
    found: dict[str, list[Record]] = {name: [] for name in pages}
    for _ in range(plan.repeats):
        for name, words in pages.items():
            with served(words, port, plan.folder) as process:
                time.sleep(plan.of(1, 6, 6))  # the worker loads the bundled networks
                found[name].append(spent_by(process))
            say(f"  {name}: {found[name][-1]['cpu']:.1f} CPU s, {found[name][-1]['megabytes']:.0f} MB")
    return {
        name: {key: spread([record[key] for record in records]) for key in ("cpu", "megabytes")}
        for name, records in found.items()
    }


@contextmanager
def served(words: Sequence[str], port: int, folder: Path) -> Iterator[int]:
    """Start a page and wait until it answers; gives the number of its process."""
    environment = {**os.environ, "ETUDES_RUNS": str(folder / "no runs")}
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until and not _answers(port):
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return int(answer.status) == 200
    except OSError:
        return False


def spent_by(process: int) -> Record:
    """CPU seconds and memory (the sum of proportional sizes) of a process and its children, on Linux."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    family, ticks = [str(process), *children], os.sysconf("SC_CLK_TCK")
    spent = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in family]
    sizes = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in family]
    shares = [next(line for line in size.splitlines() if line.startswith("Pss:")) for size in sizes]
    cpu = sum(int(words[11]) + int(words[12]) for words in spent) / ticks
    return {"cpu": cpu, "megabytes": sum(int(line.split()[1]) for line in shares) / 1024}


# --- the installation -------------------------------------------------------------------------------------------------


def installed(plan: Plan) -> dict[str, Any]:  # noqa: ARG001
    """Megabytes of the packages that the base and each backend bring, as they are installed here."""
    found = {}
    for extra in ("", "tensorflow", "jax", "torch", "studio", "all"):
        packages = closure("keras-etudes", extra)
        if packages is not None:
            found[extra or "base"] = {"packages": len(packages), "megabytes": round(sum(packages.values()) / 1e6)}
    return found


def closure(name: str, extra: str) -> dict[str, int] | None:
    """The packages that a package with an extra needs, with their bytes; None where one is not installed."""
    sizes: dict[str, int] = {}
    waiting = [(name, frozenset({extra} - {""}))]
    seen = set()
    while waiting:
        package, extras = waiting.pop()
        if (package, extras) in seen:
            continue
        seen.add((package, extras))
        try:
            found = distribution(package)
        except PackageNotFoundError:
            return None
        if package != name:
            sizes[package] = sum(_size(file.locate()) for file in found.files or ())
        for text in found.requires or ():
            needed = Requirement(text)
            applies = [needed.marker is None or needed.marker.evaluate({"extra": one}) for one in (extras or {""})]
            if any(applies):
                waiting.append((needed.name.lower(), frozenset(needed.extras)))
    return sizes


def _size(path: Any) -> int:
    try:
        return int(os.stat(path).st_size)
    except OSError:
        return 0
