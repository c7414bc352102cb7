"""How long a training takes to stop after a signal: its step is finished, a checkpoint written, a line said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from etudes import experiments

DATA = {
    "antirectifier": ("--data", "digits"),
    "cifar10_cnn": ("--data", "shapes"),
    "deep_dream": ("--data", "china", "--weights", "untrained"),
    "mnist_acgan": ("--data", "digits"),
    "mnist_transfer_cnn": ("--data", "digits"),
}
"""What every étude can be trained on anywhere; the networks and batches are those of preset `tuned`."""

_EXIT = {signal.SIGINT: 130, signal.SIGTERM: 143}
_PATIENCE = 300


def _heed() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so do its children, unless they are told otherwise."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def stop(etude: str, asked: signal.Signals, folder: Path) -> dict[str, Any]:
    """Train until there is a checkpoint, send a signal, and measure the seconds until the process has ended.

    Checkpoints are saved at every step, so that the signal arrives while steps are taken and checkpoints written.
    """
    command = [sys.executable, "-m", "etudes", "train", etude, *DATA.get(etude, ()), "--out", str(folder)]
    environment = {**os.environ, "ETUDES_CHECKPOINT_SECONDS": "0"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=pipe, text=True, env=environment, preexec_fn=_heed
    ) as process:
        began = time.monotonic()
        while not (folder / "checkpoints" / "previous.safetensors").exists() and process.poll() is None:
            assert time.monotonic() - began < _PATIENCE, f"{etude}: no second checkpoint within {_PATIENCE} s"
            time.sleep(0.05)
        process.send_signal(asked)
        sent = time.monotonic()
        _, said = process.communicate()
        seconds = time.monotonic() - sent
    line = said.strip().splitlines()[-1] if said.strip() else ""
    right = process.returncode == _EXIT[asked] and line.endswith(f"continue with `etudes resume {folder}`")
    return {"etude": etude, "signal": asked.name, "seconds": seconds, "code": process.returncode, "right": right}


def run_signals(folder: Path) -> list[dict[str, Any]]:
    """Both signals to a training of every étude."""
    return [stop(etude, asked, folder / f"{etude}-{asked.name}") for etude in experiments.names() for asked in _EXIT]
