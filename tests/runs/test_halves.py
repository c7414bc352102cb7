"""Weights in half the bytes: only as the manifest says, within what float16 and bfloat16 hold, float32 once read."""

import hashlib
import json
import struct
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from etudes.errors import UserError
from etudes.runs import load_weights, save_weights

HALVES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
ARRAYS = {"a/00.kernel": np.array([[0.1, -3.0], [1e-3, 7.7]], np.float32), "b/00.seed": np.array([1, 2], np.uint32)}


def forge(folder: Path, header: dict[str, object], data: bytes, entries: object) -> None:
    """A weights file by hand, with a manifest whose sums are right."""
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + data
    (folder / "weights.safetensors").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    manifest = {"sha256": sha256, "settings_sha256": "", "arrays": entries}
    (folder / "weights.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("stored", HALVES)
def test_half_the_bytes_come_back_as_float32_rounded_once(tmp_path: Path, stored: str) -> None:
    save_weights(tmp_path, ARRAYS, stored)
    found = load_weights(tmp_path)
    expected = ARRAYS["a/00.kernel"].astype(HALVES[stored]).astype(np.float32)
    assert found["a/00.kernel"].dtype == np.float32
    np.testing.assert_array_equal(found["a/00.kernel"], expected)
    assert (expected != ARRAYS["a/00.kernel"]).any()
    np.testing.assert_array_equal(found["b/00.seed"], ARRAYS["b/00.seed"])
    entries = json.loads((tmp_path / "weights.json").read_text())["arrays"]
    assert entries["a/00.kernel"] == {"shape": [2, 2], "dtype": "float32", "stored": stored}
    assert entries["b/00.seed"] == {"shape": [2], "dtype": "uint32"}


def test_what_float16_does_not_hold_is_refused_and_bfloat16_holds_it(tmp_path: Path) -> None:
    large = {"a": np.array([70_000.0], np.float32)}
    with pytest.raises(UserError, match="a has values that are too large for float16"):
        save_weights(tmp_path, large, "float16")
    assert not any(tmp_path.iterdir())
    save_weights(tmp_path, large, "bfloat16")
    assert load_weights(tmp_path)["a"][0] == pytest.approx(70_000, rel=0.01)


@pytest.mark.parametrize(
    "changes",
    [{"stored": None}, {"stored": "bfloat16"}, {"stored": "float64"}, {"stored": ["float16"]}, {"dtype": "float64"}],
)
def test_another_half_than_the_manifest_says_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    save_weights(tmp_path, ARRAYS, "float16")
    manifest = json.loads((tmp_path / "weights.json").read_text())
    entry = manifest["arrays"]["a/00.kernel"] | changes
    manifest["arrays"]["a/00.kernel"] = {key: value for key, value in entry.items() if value is not None}
    (tmp_path / "weights.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="does not hold the arrays"):
        load_weights(tmp_path)


def test_whole_floats_that_a_manifest_calls_halves_are_refused(tmp_path: Path) -> None:
    save_weights(tmp_path, ARRAYS)
    manifest = json.loads((tmp_path / "weights.json").read_text())
    manifest["arrays"]["a/00.kernel"]["stored"] = "float16"
    (tmp_path / "weights.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="does not hold the arrays"):
        load_weights(tmp_path)


@pytest.mark.parametrize(("kind", "dtype"), [("F16", "float16"), ("BF16", "bfloat16")])
@pytest.mark.parametrize("stored", [True, False])
def test_halves_that_are_not_finite_are_refused(tmp_path: Path, kind: str, dtype: str, stored: bool) -> None:
    data = np.array([1.0, np.inf], HALVES[dtype]).tobytes()
    entry = {"shape": [2], "dtype": "float32", "stored": dtype} if stored else {"shape": [2], "dtype": dtype}
    forge(tmp_path, {"a": {"dtype": kind, "shape": [2], "data_offsets": [0, 4]}}, data, {"a": entry})
    with pytest.raises(UserError, match="a has values that are not finite"):
        load_weights(tmp_path)


@pytest.mark.parametrize("kind", ["F8_E4M3", "F8_E5M2", "C64"])
def test_numbers_that_no_network_has_are_refused(tmp_path: Path, kind: str) -> None:
    size = 8 if kind == "C64" else 1
    header = {"a": {"dtype": kind, "shape": [1], "data_offsets": [0, size]}}
    forge(tmp_path, header, bytes(size), {"a": {"shape": [1], "dtype": kind}})
    with pytest.raises(UserError, match="is not a safetensors file"):
        load_weights(tmp_path)


@pytest.mark.parametrize("entries", [{"a": None}, {"a": "float32"}, {"a": []}, {"b": {}}, {}])
def test_a_manifest_of_anything_is_refused(tmp_path: Path, entries: object) -> None:
    header = {"a": {"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}}
    forge(tmp_path, header, bytes(2), entries)
    with pytest.raises(UserError, match="does not hold the arrays"):
        load_weights(tmp_path)
