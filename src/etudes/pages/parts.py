"""What a page is made of beside its run: the study's script, the style, the runtime; built once in a clone."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from etudes.errors import UserError, format_path
from etudes.pages import building
from etudes.pages.licences import licences

ROOT = Path(__file__).parents[3]
"""The clone, if this is one."""

BUILT = Path(__file__).parent / "built"


@dataclass(frozen=True)
class PageParts:
    """What the pages of a study have in common."""

    script: str
    """JavaScript of the shared page and of the study."""
    style: str
    runtime_module: bytes
    """ONNX Runtime Web: a module of JavaScript."""
    runtime_wasm: bytes
    licences: tuple[tuple[str, str], ...]
    """Names and texts of the licences of all this."""


def page_parts(etude: str) -> PageParts:
    """What the pages of a study are made of; in a clone it is built, where that is missing or older than its sources.

    Args:
        etude: the study's name.

    Raises:
        UserError: it is not there and cannot be built, or the study has no `page.ts`.
    """
    if building.is_clone(ROOT):
        _build()
    script = BUILT / f"{etude}.js"
    try:
        record = json.loads((BUILT / "built.json").read_bytes())
        if not script.exists():
            raise UserError(f"{etude} has no page: its folder has no page.ts")
        return PageParts(
            script.read_text(encoding="utf-8"),
            (BUILT / f"{etude}.css").read_text(encoding="utf-8"),
            (BUILT / "ort.wasm.bundle.min.mjs").read_bytes(),
            (BUILT / "ort-wasm-simd-threaded.wasm").read_bytes(),
            licences(record["onnxruntime-web"]),
        )
    except FileNotFoundError:
        raise UserError(
            "this installation came without the page, as npm was missing when it was built: "
            "install it again where npm reaches its registry, or use a clone"
        ) from None


def _build() -> None:
    if building.is_current(ROOT):
        return
    try:
        with FileLock(BUILT.with_suffix(".lock")):
            if not building.is_current(ROOT):
                print(
                    "building the page, once; where npm has to fetch packages first, it takes a minute", file=sys.stderr
                )
                building.build(ROOT)
    except building.BuildError as error:
        raise UserError(str(error)) from None
    except OSError as error:
        why = error.strerror or error
        raise UserError(f"the page cannot be built: {why}: {format_path(BUILT.parent)} must be writable") from error
