"""The lock of a run folder: one process trains in it, and others can find out whether one does, and which.

It is the kernel's lock on the file `.lock`, which ends with its process, however that ends. Some network file systems
have no such locks; there a file that names process and machine stands for it.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

LOCK, LOCK_BY_NAME = ".lock", ".lock-by-name"
"""The file that the kernel locks, and the one that is a lock by being there."""

_NO_KERNEL_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)


def acquire(folder: Path) -> BaseFileLock:
    """Take the lock of a folder that exists; the caller releases it.

    Raises:
        filelock.Timeout: another process has it.
        OSError: the folder can hold no lock of either kind.
    """
    by_name = SoftFileLock(folder / LOCK_BY_NAME)
    if not by_name.pid:
        lock = FileLock(folder / LOCK, fallback_to_soft=False)
        try:
            lock.acquire(timeout=0)
        except OSError as error:
            if error.errno not in _NO_KERNEL_LOCKS:
                raise
        else:
            return lock
    by_name.acquire(timeout=0)  # where the process that it names has ended, filelock takes it over
    return by_name


def holder(folder: Path) -> int | None:
    """The process that holds a folder's lock; 0 if it cannot be said which; None if there is none."""
    by_name = SoftFileLock(folder / LOCK_BY_NAME)
    if process := by_name.pid:
        return process if _is_held(by_name) else None
    file = folder / LOCK
    if not file.exists():
        return None
    try:
        status = file.stat()
        held = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0 if _is_held(FileLock(file)) else None
    here = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in held:
        words = line.split()
        if here in words:
            return max(0, int(words[words.index(here) - 1]))
    return None


def _is_held(lock: BaseFileLock) -> bool:
    """Whether another process has the lock, found out by taking it for a moment."""
    try:
        with suppress(OSError), lock.acquire(timeout=0):
            return False
    except Timeout:
        return True
    return True  # nobody could say: nothing that may be in use is to be removed
