"""Keras knows the layers of Études as soon as both are imported, in either order, so that files with them load.

Keras imports no module but its own when it reads a file, and importing Études loads no Keras: so the layers are
registered when Keras has been imported. Nothing else of importing changes.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

LAYERS = "etudes.experiments.antirectifier.layer"


class _AfterKeras(MetaPathFinder):
    """Finds `keras` where Python finds it, and registers the layers once it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's own spec, for `keras` alone."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == "keras" else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                importlib.import_module(LAYERS)

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


def register_layers() -> None:
    """Register the layers now, if Keras is imported, else when it is."""
    if sys.modules.get("keras") is not None:
        importlib.import_module(LAYERS)
    else:
        sys.meta_path.insert(0, _AfterKeras())
