"""The environment of a run: versions, backend, devices, machine, command."""

import importlib.metadata
import os
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

from etudes.training.backend import devices, loaded_backend, resolve_precision

PACKAGES = ("keras-etudes", "keras", "numpy", "tensorflow", "tensorflow-cpu", "jax", "torch")


def versions() -> dict[str, str]:
    """Version of each package that a result can depend on, as far as it is installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """The name of the CPU, as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_environment(precision: str) -> dict[str, Any]:
    """The content of a run's `environment.json`; the backend must be running."""
    command = ["etudes", *sys.argv[1:]] if Path(sys.argv[0]).stem in ("etudes", "__main__") else sys.argv
    return {
        "command": shlex.join(command),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": cores(),
        "backend": loaded_backend(),
        "devices": devices(),
        "precision": resolve_precision(precision),
        "versions": versions(),
    }


def differences(first: dict[str, Any], second: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The differences of two environments that a result can depend on: name → (first, second)."""
    one, other = ({**environment, **environment.get("versions", {})} for environment in (first, second))
    names = [name for name in {**one, **other} if name not in ("command", "versions", "resumed_with")]
    return {name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}
