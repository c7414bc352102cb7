"""In a process of its own: answer with the runs that are named, while no framework can be imported.

python without_frameworks.py '[["addition_rnn", ["35+35"], {}], …]'
"""

import json
import sys

for name in ("keras", "tensorflow", "jax", "torch", "onnx", "scipy", "sklearn", "matplotlib"):
    sys.modules[name] = None  # type: ignore[assignment]  # as if it was not installed

import etudes  # noqa: E402

for reference, inputs, options in json.loads(sys.argv[1]):
    try:
        result = etudes.use(reference, *inputs, **options)
    except etudes.UserError as error:
        print(json.dumps({"error": str(error)}))
        continue
    print(json.dumps({"answers": result.answers, "lines": result.lines, "files": result.files}))
