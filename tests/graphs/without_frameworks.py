"""In a process of its own: answer with the runs that are named, while no framework can be imported.

python without_frameworks.py '[["addition_rnn", ["35+35"], {}], …]'
"""

import importlib.abc
import json
import sys
from typing import Any

FRAMEWORKS = {"keras", "tensorflow", "jax", "torch", "onnx", "scipy", "sklearn", "matplotlib"}


class Refusing(importlib.abc.MetaPathFinder):
    """As if none of them was installed."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name.partition(".")[0] in FRAMEWORKS:
            raise ModuleNotFoundError(f"{name} was asked for", name=name)


sys.meta_path.insert(0, Refusing())

import etudes  # noqa: E402

for reference, inputs, options in json.loads(sys.argv[1]):
    result = etudes.use(reference, *inputs, **options)
    print(json.dumps({"answers": result.answers, "lines": result.lines, "files": result.files}))
