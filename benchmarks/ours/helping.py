"""How long `etudes --help` takes, from the start of a process to its end."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any


def measure() -> dict[str, Any]:
    """Seconds of one call."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "etudes", "--help"], capture_output=True, check=True)
    return {"seconds": time.monotonic() - began}
