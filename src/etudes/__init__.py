"""Six classic deep-learning studies to train, use and look inside.

```python
import etudes

run = etudes.train("addition_rnn", preset="demo")
print(etudes.use(run, "35+35").lines)
```

The names below are loaded when they are first used; importing the package loads neither Keras nor a backend.
"""

import threading
from typing import TYPE_CHECKING, Any

import lazy_loader

from etudes._registration import register_layers

__version__ = "0.1.0"

# Left out: `list`, which would replace Python's own where all names are imported; `Antirectifier`, which loads Keras.
__all__ = [
    "Interrupted",
    "LoadedRun",
    "Result",
    "Run",
    "UserError",
    "answer",
    "compare",
    "evaluate",
    "export",
    "finish",
    "inspect",
    "layer_tables",
    "load",
    "presets",
    "report",
    "reproduce",
    "resume",
    "settings",
    "share",
    "train",
    "unload",
    "use",
]

if TYPE_CHECKING:
    from etudes._signatures import train
    from etudes.actions.compare import compare
    from etudes.actions.evaluate import evaluate
    from etudes.actions.export import export
    from etudes.actions.inspect import inspect, layer_tables
    from etudes.actions.kept import unload
    from etudes.actions.loading import LoadedRun, load
    from etudes.actions.report import report
    from etudes.actions.reproduce import reproduce
    from etudes.actions.share import share
    from etudes.actions.studies import list as list
    from etudes.actions.studies import presets, settings
    from etudes.actions.train import finish, resume
    from etudes.actions.use import answer, use
    from etudes.contract import Result
    from etudes.errors import Interrupted, UserError
    from etudes.experiments.antirectifier.layer import Antirectifier as Antirectifier
    from etudes.runs import Run
else:
    _load, __dir__, _ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "actions.compare": ["compare"],
            "actions.evaluate": ["evaluate"],
            "actions.export": ["export"],
            "actions.inspect": ["inspect", "layer_tables"],
            "actions.kept": ["unload"],
            "actions.loading": ["LoadedRun", "load"],
            "actions.report": ["report"],
            "actions.reproduce": ["reproduce"],
            "actions.share": ["share"],
            "actions.studies": ["list", "presets", "settings"],
            "actions.train": ["finish", "resume", "train"],
            "actions.use": ["answer", "use"],
            "contract": ["Result"],
            "errors": ["Interrupted", "UserError"],
            "experiments.antirectifier.layer": ["Antirectifier"],
            "runs": ["Run"],
        },
    )

    _loading = threading.RLock()

    def __getattr__(name: str) -> Any:
        try:
            with _loading:  # two threads that import the same modules in another order may see one that is half loaded
                return _load(name)
        except ModuleNotFoundError as error:  # as an attribute: what looks at all of them goes on to the next
            from etudes.extras import ANY_BACKEND

            raise AttributeError(f"etudes.{name} needs {error.name}: {ANY_BACKEND}") from error


register_layers()
