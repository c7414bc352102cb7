"""Accelerators of this machine, and which backends are installed to use them; no backend is imported for it."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from etudes.extras import BACKENDS, is_installed

FOR_CUDA = {
    "tensorflow": "pip uninstall tensorflow-cpu, then pip install 'tensorflow[and-cuda]'",
    "jax": "pip install 'jax[cuda12]'",
    "torch": "pip install torch, as pytorch.org says for CUDA",
}
"""How each backend is installed to compute on NVIDIA's cards, on Linux."""

_DRIVER, _DEVICES = Path("/proc/driver/nvidia/gpus"), Path("/dev")


def nvidia_cards() -> list[str]:
    """The names of NVIDIA's cards that the system's driver shows, such as "NVIDIA H200"; none but on Linux."""
    models = []
    for card in sorted(_DRIVER.glob("*/information")):
        lines = card.read_text(encoding="utf-8", errors="replace").splitlines()
        models += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return models or ["an NVIDIA card"] * len(list(_DEVICES.glob("nvidia[0-9]*")))


def backends_for_cuda() -> list[str]:
    """The installed backends that were installed for NVIDIA's cards."""
    names = _distributions()
    libraries = any(name.startswith("nvidia-cudnn") for name in names)
    found = {
        "tensorflow": libraries and "tensorflow" in names,
        "jax": any(name.startswith("jax-cuda") for name in names),
        "torch": "+cu" in names.get("torch", "") or (libraries and "+" not in names.get("torch", "+")),
    }
    return [name for name in BACKENDS if found[name] and is_installed(name)]


def accelerator_for_jax() -> bool:
    """Whether JAX would see an accelerator."""
    tpu = any(_DEVICES.glob("accel[0-9]*")) and "libtpu" in _distributions()
    return tpu or (any(_DEVICES.glob("nvidia[0-9]*")) and "jax" in backends_for_cuda())


def _distributions() -> dict[str, str]:
    """The version of each installed package by its name in small letters."""
    found = importlib.metadata.distributions()
    return {one.metadata["Name"].lower(): one.version for one in found if one.metadata["Name"]}
