"""Six classic deep-learning studies to train, use and look inside.

```python
import etudes

run = etudes.train("addition_rnn", preset="demo")
print(etudes.use(run, "35+35").lines)
```

The names below are loaded when they are first used; importing the package loads neither Keras nor a backend.
"""

from typing import TYPE_CHECKING

import lazy_loader

__version__ = "0.1.0"

__all__ = [
    "Antirectifier",
    "Interrupted",
    "Result",
    "Run",
    "Trained",
    "UserError",
    "compare",
    "evaluate",
    "export",
    "inspect",
    "layer_tables",
    "load",
    "report",
    "reproduce",
    "resume",
    "train",
    "use",
]

if TYPE_CHECKING:
    from etudes.actions import (
        Trained,
        compare,
        evaluate,
        export,
        inspect,
        layer_tables,
        load,
        report,
        reproduce,
        resume,
        train,
        use,
    )
    from etudes.contract import Result
    from etudes.errors import Interrupted, UserError
    from etudes.experiments.antirectifier.layer import Antirectifier
    from etudes.runs import Run
else:
    __getattr__, __dir__, _ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "actions": [
                "Trained",
                "compare",
                "evaluate",
                "export",
                "inspect",
                "layer_tables",
                "load",
                "report",
                "reproduce",
                "resume",
                "train",
                "use",
            ],
            "contract": ["Result"],
            "errors": ["Interrupted", "UserError"],
            "experiments.antirectifier.layer": ["Antirectifier"],
            "runs": ["Run"],
        },
    )
