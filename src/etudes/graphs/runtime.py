"""ONNX Runtime, loaded so that it sends nothing to other hosts."""

from __future__ import annotations

import os
from typing import Any


def onnx_runtime() -> Any:
    """The module `onnxruntime`; every file takes it from here.

    Since 1.32 it writes a session file into the temporary folder and reports its use to its makers, on Linux too,
    unless this variable says no before it is loaded.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime
