"""The notebooks run whole, offline, without an error or a warning; they are committed without outputs."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def cells_of(notebook: Path) -> list[dict[str, Any]]:
    return list(json.loads(notebook.read_bytes())["cells"])


def test_there_are_four() -> None:
    names = [notebook.stem for notebook in NOTEBOOKS]
    assert names == ["a-study-with-seeds", "first-hour", "look-inside", "your-own-pictures"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_is_committed_without_outputs(notebook: Path) -> None:
    """`jupyter nbconvert --clear-output --inplace docs/notebooks/*.ipynb` takes them away."""
    for cell in cells_of(notebook):
        assert not cell.get("outputs"), f"{notebook.name}: cell {cell['id']} has outputs"
        assert cell.get("execution_count") is None


@pytest.mark.long
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_runs_whole(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, client = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    shutil.copy(notebook, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ETUDES_RUNS", raising=False)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    content = nbformat.read(notebook, as_version=4)
    client.NotebookClient(content, timeout=600, kernel_name="python3", resources={"metadata": {"path": "."}}).execute()
    outputs = [output for cell in content.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output["text"] for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert any("image/png" in output.get("data", {}) or "data:image" in str(output.get("data")) for output in outputs)
