"""The demo, with the preset tiny in place of demo: one page that holds everything and fetches nothing."""

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from etudes import experiments
from etudes.cli.demo import BASE_STUDY, run_demo
from etudes.runs import Run
from etudes.views.progress import NoProgress


@pytest.mark.long
def test_the_demo_ends_in_one_page_of_its_own_runs(tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in experiments.names():
        presets = experiments.load(name).presets
        monkeypatch.setitem(presets, "demo", presets["tiny"])  # type: ignore[arg-type]
    report = run_demo(tmp_path / "demo", NoProgress())
    page = report.read_text(encoding="utf-8")
    for name in experiments.names():
        assert f'<section id="{name}">' in page
        assert Run(tmp_path / "demo" / name).finished
    assert not re.search(r'(src|href)="(?!data:|#)', page), "the page points outside itself"
    pictures = re.findall(r'src="data:image/(?:png|gif);base64,([^"]+)"', page)
    assert len(pictures) >= 20
    for picture in pictures:
        Image.open(io.BytesIO(base64.b64decode(picture))).verify()
    base_run = Run(tmp_path / "demo" / BASE_STUDY)
    dream = Run(tmp_path / "demo" / "deep_dream").header()
    assert dream["settings"]["weights"] == str(base_run)
    assert dream["data"]["weights_sha256"] == base_run.read_json("results.json")["weights_sha256"]
    assert not list(runs.parent.glob("*.png")), "the demo leaves pictures outside its folder"
