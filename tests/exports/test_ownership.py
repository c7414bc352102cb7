"""What an export may replace: files that are an unchanged export of ours, and nothing else."""

import json
from pathlib import Path

import pytest

from etudes.errors import UserError
from etudes.exports import check_place, sha256_of

SHEET = "export-onnx.json"


def describe(folder: Path, *files: str) -> None:
    networks = {str(n): {"file": file, "sha256": sha256_of(folder / file)} for n, file in enumerate(files)}
    (folder / SHEET).write_text(json.dumps({"networks": networks}))


def test_a_folder_without_these_names_is_taken(tmp_path: Path) -> None:
    check_place(tmp_path / "not there yet", SHEET, ["a.onnx", "a/1"])
    (tmp_path / "photo.jpg").write_text("mine")
    (tmp_path / "a").mkdir()
    check_place(tmp_path, SHEET, ["a.onnx", "a/1"])


def test_an_earlier_export_is_replaced_and_a_changed_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_text("exported")
    (tmp_path / "b" / "1" / "variables").mkdir(parents=True)
    (tmp_path / "b" / "1" / "variables" / "data").write_text("exported")
    describe(tmp_path, "a.onnx", "b/1")
    check_place(tmp_path, SHEET, ["a.onnx", "b/1"])
    (tmp_path / "b" / "2").mkdir()  # another version, which stays
    check_place(tmp_path, SHEET, ["a.onnx", "b/1"])
    (tmp_path / "b" / "1" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is not an unchanged export: choose another --out"):
        check_place(tmp_path, SHEET, ["b/1"])
    (tmp_path / "a.onnx").write_text("exporteD")
    with pytest.raises(UserError, match=r"a\.onnx exists and is not an unchanged export"):
        check_place(tmp_path, SHEET, ["a.onnx"])


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("out", "dangling"):
        with pytest.raises(UserError, match="is not a folder: choose another --out"):
            check_place(tmp_path / name, SHEET, ["a.onnx"])


@pytest.mark.parametrize("kind", ["file", "empty file", "folder", "link", "dangling link", "other name in the sheet"])
def test_what_is_not_ours_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    if kind == "folder":
        path.mkdir()
        (path / "mine.txt").write_text("mine")
    elif "link" in kind:
        (tmp_path / "mine").write_text("mine") if kind == "link" else None
        path.symlink_to(tmp_path / "mine")
    else:
        path.write_text("" if kind == "empty file" else "mine")
    if kind == "other name in the sheet":
        (tmp_path / "b.onnx").write_text("exported")
        describe(tmp_path, "b.onnx")
    with pytest.raises(UserError, match="choose another --out"):
        check_place(tmp_path, SHEET, ["a.onnx"])


def test_a_folder_of_a_person_is_not_made_a_version_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="choose another --out"):
        check_place(tmp_path, SHEET, ["a/1"])
    (tmp_path / "b").write_text("a file where the folder goes")
    with pytest.raises(UserError, match="choose another --out"):
        check_place(tmp_path, SHEET, ["b/1"])


@pytest.mark.parametrize("content", ["", "mine", "[]", "{}", '{"networks": 7}', '{"networks": {"a": {}}}'])
def test_a_sheet_of_a_person_is_not_written_over(content: str, tmp_path: Path) -> None:
    (tmp_path / SHEET).write_text(content)
    with pytest.raises(UserError, match="exists and is not of an export: choose another --out"):
        check_place(tmp_path, SHEET, ["a.onnx"])
