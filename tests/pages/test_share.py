"""`etudes share` without a browser: what it refuses in one line, what it leaves out, and the same bytes again."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etudes.actions import share as sharing
from etudes.actions.loading import open_run
from etudes.actions.share import share, share_page
from etudes.actions.shared_networks import answers_equal
from etudes.data.notes import collected_notes
from etudes.errors import UserError
from etudes.graphs import GraphNetwork
from etudes.pages import PageParts
from etudes.pages.licences import licences
from etudes.pages.private import without_folders
from etudes.runs import BUNDLED

PARTS = PageParts("'no script'", "p {}", b"module", b"\0asm", licences("1.30.0"))


@pytest.fixture(autouse=True)
def nothing_to_build(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages are made of is tested elsewhere."""
    monkeypatch.setattr(sharing, "page_parts", lambda etude: PARTS)


@pytest.fixture
def copied(tmp_path: Path) -> Callable[..., Path]:
    """Gives a copy of a bundled run, with some texts of its `settings.toml` replaced."""

    def copy(etude: str = "addition_rnn", **replaced: str) -> Path:
        folder = Path(shutil.copytree(BUNDLED / etude, tmp_path / "mine"))
        settings = (folder / "settings.toml").read_text(encoding="utf-8")
        for name, value in replaced.items():
            settings, count = re.subn(
                rf"(?ms)^{name} = (\[\n.*?^\]|[^\n]*)", lambda _, line=f"{name} = {value}": line, settings
            )
            assert count
        (folder / "settings.toml").write_text(settings, encoding="utf-8")
        digest = hashlib.sha256((folder / "settings.toml").read_bytes()).hexdigest()
        for file in (folder / "graphs" / "graphs.json", folder / "weights.json"):
            manifest = json.loads(file.read_bytes())
            if "settings_sha256" in manifest:
                file.write_text(json.dumps({**manifest, "settings_sha256": digest}))
        return folder

    return copy


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="page-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def refused(*words: Any, **options: Any) -> str:
    with pytest.raises(UserError) as raised:
        share(*words, **options)
    said = str(raised.value)
    assert "\n" not in said
    assert len(said) <= 200 + len(str(words[0]))
    return said


def test_a_run_that_is_not_finished_has_no_page(copied: Callable[..., Path]) -> None:
    run = copied()
    (run / "results.json").unlink()
    assert "not finished" in refused(run)


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    mine = tmp_path / "page.html"
    mine.write_text("<p>my own page")
    assert "add --overwrite" in refused("addition_rnn@bundled", out=mine)
    assert mine.read_text() == "<p>my own page"
    assert share("addition_rnn@bundled", out=mine, overwrite=True) == mine
    assert "page-data" in mine.read_text(encoding="utf-8")


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first = share("addition_rnn@bundled")
    written = first.read_bytes()
    assert share("addition_rnn@bundled") == first  # it replaces its own page
    assert first.read_bytes() == written
    assert written == share("addition_rnn@bundled", out=tmp_path / "elsewhere" / "page.html").read_bytes()


def test_what_keeps_it_from_being_built_is_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("etudes.pages.parts.ROOT", tmp_path)
    monkeypatch.setattr("etudes.pages.parts.BUILT", tmp_path / "built")
    assert "this installation came without the page" in refused("addition_rnn@bundled", out=tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_large_network_has_to_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "LARGE", 100_000)
    assert "--large" in refused("addition_rnn@bundled")
    assert share("addition_rnn@bundled", large=True).exists()


def test_a_run_without_graphs_says_what_writes_them(copied: Callable[..., Path]) -> None:
    run = copied()
    manifest = json.loads((run / "graphs" / "graphs.json").read_bytes())
    del manifest["graphs"]["adder"]["layers"]  # as the version before wrote it
    (run / "graphs" / "graphs.json").write_text(json.dumps(manifest))
    assert "etudes evaluate" in refused(run)
    shutil.rmtree(run / "graphs")
    assert "etudes evaluate" in refused(run)


def test_own_data_stays_out(copied: Callable[..., Path]) -> None:
    run = copied(data='"/srv/nobody/letters/pairs.csv"', source='"/srv/nobody/letters/pairs.csv"')
    results = json.loads((run / "results.json").read_bytes())
    results["tables"].append({"title": "wrong answers, 1 of 9", "columns": ["question"], "rows": [["my dear"]]})
    (run / "results.json").write_text(json.dumps(results))
    with collected_notes() as notes:
        page = share_page(run)
    assert "--with-pictures" in " ".join(notes)
    said = data_of(page)
    assert said["content"]["mistakes"] == []
    assert said["content"]["examples"] == ["+0123456789"[:7]]
    assert "my dear" not in page
    assert "/srv/nobody" not in page
    assert str(run) not in page
    assert (said["settings"]["data"], said["info"]["source"]) == ("pairs.csv", "pairs.csv")
    with collected_notes() as notes:
        assert "my dear" in share_page(run, with_pictures=True)
    assert "no mistakes" in " ".join(notes)  # the file is not there


def test_folders_of_this_machine_are_left_out() -> None:
    said = {"data": "/srv/me/a/pairs.csv", "all": ["etudes train x --data /srv/me/a/pairs.csv", 3, None]}
    wanted = {"data": "pairs.csv", "all": ["etudes train x --data pairs.csv", 3, None]}
    assert without_folders(said, said) == wanted
    plain = {"data": "digits", "near": "here/pairs.csv", "root": "/pairs.csv", "share": "1/2"}
    assert without_folders(plain, plain) == plain


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<!--", "\u2028😀'\"&"])
def test_class_names_stay_texts(copied: Callable[..., Path], name: str) -> None:
    names = [name, *map(str, range(1, 10))]
    own = {"source": '"mine.npz"', "data": '"mine.npz"'}
    page = share_page(copied("antirectifier", class_names=json.dumps(names, ensure_ascii=False), **own))
    assert data_of(page)["info"]["class_names"] == names
    assert "<script>alert" not in page
    assert page.count("<script") == share_page("antirectifier@bundled").count("<script")


def test_half_precision_only_where_answers_stay_the_same() -> None:
    loaded = open_run("addition_rnn@bundled")
    graph = loaded.graphs["adder"]
    spec = loaded.experiment.io_spec(loaded.info, loaded.settings)["adder"]
    rough = {name: np.asarray(array, np.float32) * 1.01 for name, array in graph.arrays.items()}
    assert answers_equal(graph, GraphNetwork(graph.content, dict(graph.arrays)), spec)
    assert not answers_equal(graph, GraphNetwork(graph.content, rough), spec)


def test_weights_that_half_precision_cannot_hold_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = open_run("addition_rnn@bundled")
    kernel = max(loaded.arrays, key=lambda name: loaded.arrays[name].size)
    loaded.arrays[kernel] = np.where(loaded.arrays[kernel] > 0, np.float32(1e5 / 3), np.float32(-1e5))
    kinds = {entry["name"]: entry["dtype"] for entry in data_of(share_page(loaded))["weights"]}
    assert kinds[kernel] == "float32"
