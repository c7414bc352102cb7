"""The demo, with the preset tiny in place of demo: one page that holds everything and fetches nothing."""

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from etudes import experiments
from etudes.cli.demo import BUNDLED, TRAINED, run_demo
from etudes.errors import UserError
from etudes.pages import page_parts
from etudes.runs import Run, bundled_run
from etudes.views.progress import NoProgress


def pages_can_be_built() -> bool:
    try:
        page_parts("addition_rnn")
    except UserError:
        return False
    return True


@pytest.mark.long
def test_the_demo_ends_in_one_page_of_its_own_runs(tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in experiments.names():
        presets = experiments.load(name).presets
        monkeypatch.setitem(presets, "demo", presets["tiny"])  # type: ignore[arg-type]
    assert set(TRAINED) | set(BUNDLED) == set(experiments.names())
    report = run_demo(tmp_path / "demo", NoProgress())
    page = report.read_text(encoding="utf-8")
    for name in experiments.names():
        assert f'<section id="{name}">' in page
        assert Run(tmp_path / "demo" / name).finished
    pages = re.findall(r'href="([a-z0-9_]+/page.html)"', page)
    for shared in pages:
        assert (tmp_path / "demo" / shared).is_file()
    assert len(pages) == (6 if pages_can_be_built() else 0)
    assert not re.search(r'(src|href)="(?!data:|#|[a-z0-9_]+/page.html")', page), "the page points outside itself"
    pictures = re.findall(r'src="data:image/(?:png|gif);base64,([^"]+)"', page)
    assert len(pictures) >= 20
    for picture in pictures:
        Image.open(io.BytesIO(base64.b64decode(picture))).verify()
    for name in BUNDLED:
        assert "bundled weights" in page
        assert Run(tmp_path / "demo" / name).results() == bundled_run(name).results()  # type: ignore[union-attr]
    dream = Run(tmp_path / "demo" / "deep_dream").header()
    assert dream["settings"]["weights"] == "cifar10_cnn@bundled"
    assert not list(runs.parent.glob("*.png")), "the demo leaves pictures outside its folder"
