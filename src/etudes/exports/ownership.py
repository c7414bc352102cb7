"""What in a folder is an export of ours: only that may be replaced."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from etudes.errors import UserError, format_path


def check_place(folder: Path, sheet: str, files: Iterable[str]) -> None:
    """Check that exporting replaces nothing that Études did not write, or that was changed since.

    Args:
        folder: where the export goes; it need not exist.
        sheet: name of the file there that describes the export.
        files: what will be written, relative to the folder: "classifier.onnx", or "classifier/1", a folder.

    Raises:
        UserError: one of them is there and is not what the sheet there describes.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise UserError(f"{format_path(folder)} is not a folder: choose another --out")
    described = _described(folder / sheet)
    for file in files:
        path = folder / file
        if path.parent != folder and _has_entries(path.parent) and not path.exists():
            path = path.parent
        if os.path.lexists(path) and (path.is_symlink() or described.get(file) != sha256_of(path)):
            raise UserError(f"{format_path(path)} exists and is not an unchanged export: choose another --out")


def _has_entries(path: Path) -> bool:
    return path.exists() and (not path.is_dir() or any(path.iterdir()))


def _described(sheet: Path) -> dict[str, Any]:
    """SHA-256 of each file that the sheet describes."""
    if not sheet.exists():
        return {}
    try:
        content = json.loads(sheet.read_bytes())
        return {one["file"]: one["sha256"] for one in content["networks"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{format_path(sheet)} exists and is not of an export: choose another --out") from error


def sha256_of(path: Path) -> str:
    """SHA-256 of a file; of a folder: over names and contents of all files in it."""
    sha = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            name = file.relative_to(path).as_posix() if file != path else ""
            sha.update(f"{name}\0{file.stat().st_size}\n".encode() if name else b"")
            sha.update(file.read_bytes())
    return sha.hexdigest()
