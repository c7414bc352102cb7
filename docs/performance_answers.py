"""The parts of docs/performance.md about answers without a framework, and about pages of runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from performance_goals import in_words


def anywhere_lines(results: dict[str, Any]) -> Iterator[str]:
    """What an answer costs without a framework, and by a backend."""
    found = {name: part["metrics"] for name, part in results.get("anywhere", {}).items()}
    if not found:
        return
    yield "## Answers without a framework"
    yield ""
    yield "`etudes use` of bundled networks in a new process: by their graphs in ONNX Runtime, as it answers by"
    yield "default, and by TensorFlow (`--backend tensorflow`), as the first edition answered. The bare script imports"
    yield "NumPy and ONNX Runtime, opens the exported adder and answers: no command line, no checks, no confidence."
    yield ""
    yield "| asked | CPU seconds | by TensorFlow | bare script | peak MB | by TensorFlow | bare script |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for what, metrics in found.get("cold", {}).items():
        cells = []
        for figure in ("cpu_seconds", "megabytes"):
            values = [metrics[figure]["values"].get(name) for name in ("graphs", "backend", "bare script")]
            cells += [f"{one['median']:.3g}" if one else "" for one in values]
        yield f"| {what} | {' | '.join(cells)} |"
    yield ""
    yield from _further(found)


def _further(found: dict[str, Any]) -> Iterator[str]:
    if "file" in found:
        rate = found["file"]["per_second"]
        graphs, backend = (f"{rate['values'][name]['median']:,.0f}" for name in ("graphs", "backend"))
        yield f"{found['file']['questions']:,} questions from a file, the answers into a file, starting included:"
        yield f"{graphs} a second, {backend} by TensorFlow; {in_words(rate['ratios']['backend'])}."
        yield ""
    if "warm" in found:
        graphs, backend = (f"{value['median']:.3g}" for value in found["warm"]["milliseconds"].values())
        yield f"A further `etudes.use` in the same process: {graphs} CPU milliseconds, {backend} by TensorFlow."
        yield ""
    if "studio" in found:
        yield "`etudes studio`, its worker with all bundled networks loaded, and the smallest page of Gradio:"
        yield ""
        yield "| process | CPU seconds until it answers | MB (proportional) |"
        yield "| --- | --- | --- |"
        for name, record in found["studio"].items():
            yield f"| {name} | {record['cpu']['median']:.3g} | {record['megabytes']['median']:.0f} |"
        yield ""
    if "installed" in found:
        yield "Packages that an installation brings, as they lie on that machine's disk, without Python and Études:"
        yield ""
        yield "| extra | packages | MB |"
        yield "| --- | --- | --- |"
        for name, record in found["installed"].items():
            yield f"| {name} | {record['packages']} | {record['megabytes']:,} |"
        yield ""


def pages_lines(results: dict[str, Any]) -> Iterator[str]:
    """What a page of a run weighs, and how long one waits for it."""
    found = {name: part["metrics"] for name, part in results.get("pages", {}).items()}
    if not found:
        return
    yield "## Pages of runs"
    yield ""
    yield "The pages that `etudes share` writes of the bundled runs, opened from a file in Chromium without a network,"
    yield "each time in a fresh profile: seconds from opening to the first answer, median (min–max)."
    yield ""
    yield "| page | MB without weights | MB of weights | seconds to the first answer |"
    yield "| --- | --- | --- | --- |"
    for name, one in found.items():
        rest, weights = (size / 1e6 for size in (one["bytes"] - one["weights_bytes"], one["weights_bytes"]))
        waited = one.get("first_answer_seconds")
        seconds = f"{waited['median']:.2f} ({waited['min']:.2f}–{waited['max']:.2f})" if waited else "not measured"
        yield f"| {name} | {rest:.2f} | {weights:.2f} | {seconds} |"
    yield ""
