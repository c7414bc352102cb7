"""The environment of a run: versions, backend, devices, machine, command."""

import importlib.metadata
import os
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

from etudes.training.backend import devices, loaded_backend, resolve_precision
from etudes.training.computing import their_settings

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


VARIABLES = ("TF_", "XLA_", "JAX_", "KERAS_", "OMP_", "MKL_", "OPENBLAS_", "CUDA_", "NVIDIA_", "TORCH_", "PYTORCH_")
"""How the names of the environment variables begin that change what a framework computes, or how fast."""


def variables() -> dict[str, str]:
    """The environment variables that a result can depend on, by name, but for those that etudes sets itself."""
    names = sorted(name for name in os.environ if name.startswith(VARIABLES))
    return {name: os.environ[name] for name in names if name not in ("TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND")}


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
        "keras_config": their_settings(),
        "variables": variables(),
    }


def differences(first: dict[str, Any], second: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The differences of two environments that a result can depend on: name → (first, second)."""
    one, other = ({**environment, **environment.get("versions", {})} for environment in (first, second))
    names = [name for name in {**one, **other} if name not in ("command", "versions", "resumed_with")]
    # What an older version did not record is no difference.
    names = [name for name in names if name not in ("keras_config", "variables") or (name in one and name in other)]
    return {name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}
