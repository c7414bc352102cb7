"""Trying one bad input as a person would: a process of its own, watched for what it says, takes and leaves behind."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from soak.case import Case

SECONDS, MEGABYTES = 2.0, 512
"""What an input may cost that can be refused without a network."""

NETWORK_SECONDS, NETWORK_MEGABYTES = 20.0, 1024
"""What it may cost where the network has to be built first."""

LONGEST_LINE = 200
_GIVE_UP = 30.0

# Peak memory is measured by a small process between: on Linux a child begins with the peak of its parent, and a test
# process that has TensorFlow in memory would be taken for the child's. It prints exit status, seconds, peak and rest.
_LAUNCHER = """
import json, os, resource, sys, time
began, report = time.perf_counter(), int(sys.argv[1])
child = os.fork()
if not child:
    os.close(report)
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (16 * 2**30, 16 * 2**30))  # what would take all is stopped there
    os.execv(sys.argv[2], sys.argv[2:])
os.write(report, (str(child) + chr(10)).encode())
_, status, used = os.wait4(child, 0)
seconds = time.perf_counter() - began
try:
    os.killpg(child, 9)
    left = True
except ProcessLookupError:
    left = False
cpu = used.ru_utime + used.ru_stime
code = os.waitstatus_to_exitcode(status)
os.write(report, json.dumps([code, seconds, cpu, used.ru_maxrss / 1024, left]).encode())
"""

FRAMEWORKS = ("tensorflow", "jax", "torch", "keras.src")
"""What must not be imported where an input can be refused without a network."""

# The command itself, which writes down at its end which frameworks it imported.
_COMMAND = f"""
import atexit, os, sys
place = os.environ.pop("SOAK_IMPORTED")
atexit.register(lambda: open(place, "w").write(" ".join(m for m in {FRAMEWORKS!r} if m in sys.modules)))
sys.argv[0] = "etudes"
from etudes.__main__ import main
sys.exit(main())
"""


@dataclass
class Outcome:
    """What came of a case: what it cost, and everything that was not as it must be."""

    case: Case
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    megabytes: float = 0.0
    message: str = ""
    imported: str = ""
    """The frameworks that the command imported, separated by spaces."""
    failures: list[str] = field(default_factory=list)

    def too_costly(self, seconds: float, megabytes: float = MEGABYTES) -> list[str]:
        """What was above the limits: wall seconds and peak resident memory."""
        over = [f"took {self.seconds:.1f} s"] if self.seconds > seconds else []
        return over + ([f"took {self.megabytes:.0f} MB"] if self.megabytes > megabytes else [])


def try_case(case: Case, folder: Path, runs: Path) -> Outcome:
    """Write the case's files into a new folder, run its command there, and look at everything that may go wrong.

    Args:
        case: what to try.
        folder: empty; the case gets `here` to lie in, and `temporary` for temporary files.
        runs: the prepared runs (see `prepared.py`).
    """
    here, temporary = folder / "here", folder / "temporary"
    here.mkdir(parents=True)
    temporary.mkdir()
    case.write(here, runs)
    before = _snapshot(here)
    outcome = Outcome(case)
    code, said, printed, left = _run(case, here, _environment(case, folder, runs), outcome)
    outcome.failures += _wrong_words(case, code, said, printed)
    outcome.message = said.decode(errors="replace").strip()
    if left:
        outcome.failures.append("left a process behind")
    after = _snapshot(here)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        outcome.failures.append(f"changed or left files: {', '.join(changed[:5])}")
    if any(temporary.iterdir()):
        outcome.failures.append("left temporary files")
    return outcome


def _environment(case: Case, folder: Path, runs: Path) -> dict[str, str]:
    """The person's environment, with data, temporary files and runs in places of their own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ETUDES_")}
    environment |= {"ETUDES_DATA": str(folder / "data"), "TMPDIR": str(folder / "temporary")}
    if case.words and case.words[0] in ("use", "evaluate", "inspect"):
        environment["ETUDES_RUNS"] = str(runs)
    return environment


def _run(
    case: Case, here: Path, environment: dict[str, str], outcome: Outcome
) -> tuple[int | None, bytes, bytes, bool]:
    """Exit code (None after giving up), standard error and output, and whether a process was left."""
    reading, writing = os.pipe()
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(writing)]
    command = [*launcher, sys.executable, "-c", _COMMAND, *case.words]
    imported = here.parent / "imported"
    with (here.parent / "said").open("w+b") as said, (here.parent / "printed").open("w+b") as printed:
        process = subprocess.Popen(
            command,
            cwd=here,
            env={**environment, "SOAK_IMPORTED": str(imported)},
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=said,
            pass_fds=(writing,),
        )
        os.close(writing)
        with os.fdopen(reading, "rb") as report:
            child = int(report.readline())
            began = time.monotonic()
            try:
                process.wait(_GIVE_UP)
            except subprocess.TimeoutExpired:
                os.killpg(child, signal.SIGKILL)
                process.wait()
            measured = report.read()
        outcome.seconds = time.monotonic() - began
        code, left = None, False
        if measured:
            code, outcome.seconds, outcome.cpu_seconds, outcome.megabytes, left = json.loads(measured)
        outcome.imported = imported.read_text() if imported.exists() else ""
        said.seek(0)
        printed.seek(0)
        return code, said.read(1_000_000), printed.read(1_000_000), left


def _wrong_words(case: Case, code: int | None, said: bytes, printed: bytes) -> list[str]:
    """What is wrong with exit code, message and output."""
    text = said.decode("utf-8", errors="replace")
    line = text.removesuffix("\n")
    wrong = []
    if code != 2:
        wrong.append(f"exit code {code}")
    if "\n" in line or not text.endswith("\n"):
        wrong.append(f"{len(text.splitlines())} lines on standard error")
    if not line.startswith("etudes: "):
        wrong.append("does not begin with 'etudes: '")
    if len(line) > LONGEST_LINE:
        wrong.append(f"{len(line)} characters")
    if not all(letter.isprintable() for letter in line):
        wrong.append("control characters in the message")
    if "Traceback" in text or 'File "' in text:
        wrong.append("a traceback")
    if case.says.lower() not in line.lower():
        wrong.append(f"does not say {case.says!r}")
    if printed:
        wrong.append("wrote to standard output")
    return [*wrong, f"said {text[-300:]!r}"] if wrong else []


def _snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder: kind, size, time of change and, of plain files up to 4 MB, SHA-256."""
    found: dict[str, tuple[object, ...]] = {}
    for root, folders, files in os.walk(folder, followlinks=False):
        for name in folders + files:
            path = os.path.join(root, name)
            status = os.lstat(path)
            kind = stat.S_IFMT(status.st_mode)
            digest = ""
            if stat.S_ISREG(status.st_mode) and status.st_size < 4_000_000:
                with open(path, "rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            changed = 0 if stat.S_ISDIR(status.st_mode) else status.st_mtime_ns
            found[os.path.relpath(path, folder)] = (kind, size, changed, digest)
    return found
