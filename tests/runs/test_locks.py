"""The lock of a run folder, also where the file system has no locks; and names that processes choose at once."""

import errno
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from etudes.errors import UserError
from etudes.runs import Run, new_run
from etudes.runs.locks import LOCK_BY_NAME, acquire, holder

HOLD = """
import errno, fcntl, os, sys, time
from pathlib import Path
code = int(sys.argv[2])
if code:
    def refuse(*_):
        raise OSError(code, os.strerror(code))
    fcntl.flock = refuse
from etudes.runs import Run
with Run(Path(sys.argv[1])).locked():
    Path(sys.argv[1], "settings.toml").write_text("held")
    print("held", flush=True)
    time.sleep(600)
"""

CODES = [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL]
NAMES = [errno.errorcode[code] for code in CODES]


def without_flock(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """As on a network file system that has no locks."""

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.flock", refuse)


def held_by_another(folder: Path, code: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder), str(code)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="flock is of POSIX")
@pytest.mark.parametrize("code", [0, *CODES], ids=["flock", *NAMES])
def test_a_second_process_is_refused_and_the_first_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    folder = tmp_path / "run"
    process = held_by_another(folder, code)
    if code:
        without_flock(monkeypatch, code)
    try:
        assert holder(folder) == process.pid
        with pytest.raises(UserError, match="in use by another process"), Run(folder).locked():
            pass
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    until = time.monotonic() + 30
    while holder(folder) is not None and time.monotonic() < until:  # what died holds nothing
        time.sleep(0.1)
    assert holder(folder) is None
    with Run(folder).locked():
        pass
    assert (folder / "settings.toml").read_text() == "held"


@pytest.mark.skipif(sys.platform == "win32", reason="flock is of POSIX")
@pytest.mark.parametrize("code", CODES, ids=NAMES)
def test_where_there_are_no_locks_a_run_that_is_refused_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    without_flock(monkeypatch, code)
    with Run(tmp_path / "runs" / "new").locked():
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="flock is of POSIX")
def test_a_folder_that_can_hold_no_lock_is_named_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_flock(monkeypatch, errno.EIO)
    with pytest.raises(UserError, match="run-7 cannot be locked") as caught, Run(tmp_path / "runs" / "run-7").locked():
        pass
    assert "choose an --out on another disk" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_is_free_is_the_kernels(tmp_path: Path) -> None:
    lock = acquire(tmp_path)
    assert holder(tmp_path) == os.getpid()
    assert not (tmp_path / LOCK_BY_NAME).exists()
    lock.release()
    assert holder(tmp_path) is None


def test_of_many_that_choose_a_name_at_once_each_gets_its_own(runs: Path) -> None:
    def begin(_: int) -> Path:
        with new_run("cifar10_cnn", "tiny") as run:
            run.write_header({"etude": "cifar10_cnn"})
        return run.folder

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(begin, range(48)))
    assert {folder.name for folder in found} == {f"cifar10_cnn-tiny-{number}" for number in range(1, 49)}
    assert all(folder.is_dir() for folder in found)


def test_folders_that_stay_empty_are_removed(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError), new_run("cifar10_cnn", "tiny") as run, run.locked():
        raise UserError("there is no such data")
    assert list(tmp_path.iterdir()) == []
    runs.mkdir()
    with new_run("cifar10_cnn", "tiny"):
        pass
    assert list(tmp_path.iterdir()) == [runs]  # which was there before
