"""The page of a dream: its pictures, its numbers against metrics.jsonl, and whose picture may be in it."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes.actions.loading import open_run
from etudes.actions.share import share_page
from etudes.contract import SharedRun
from etudes.errors import UserError
from etudes.experiments.deep_dream.page import content
from etudes.experiments.deep_dream.seen import shown_layers
from etudes.runs import BUNDLED, Run, read_metrics
from etudes.training.backend import BackendError
from pages.visiting import WIDTHS, Visit, violations

DREAM = "deep_dream@bundled"
LINES = {(line["phase"], line["epoch"]): line for line in read_metrics(BUNDLED / "deep_dream")}


def no_backend() -> Any:
    raise BackendError("no backend is installed")


def shared(run: Run, **changed: Any) -> SharedRun:
    loaded = open_run(run, weights=False)
    made = SharedRun({}, loaded.info, loaded.settings, None, run.folder, False, no_backend)
    return dataclasses.replace(made, **changed)


@pytest.fixture
def own(tmp_path: Path) -> Run:
    """A copy of the dream that comes with the package."""
    return Run(shutil.copytree(BUNDLED / "deep_dream", tmp_path / "own"))


def make_private(run: Run) -> None:
    header = run.header()
    header["settings"]["data"] = header["data"]["source"] = "photo.png"
    run.write_header(header)


# --- what is put into it ----------------------------------------------------------------------------------------------


def test_the_bundled_dream_brings_all_its_pictures_and_needs_no_network() -> None:
    found = content(shared(Run(BUNDLED / "deep_dream")))
    assert not found["missing"]
    assert [octave["number"] for octave in found["octaves"]] == [1, 2, 3, 4]
    assert all([step["step"] for step in octave["steps"]] == [0, 4, 8, 12, 16] for octave in found["octaves"])
    assert set(found["gradients"]) == {"0", "1", "2", "3", "4"}
    assert len(found["maps"]) == len(found["layers"]) == 4
    assert all(set(one["photograph"]) == set(one["means"]) for one in found["maps"])
    assert all(one["change"] > 0 for one in found["layers"])
    assert {one["what"] for one in found["wrong"]} == {"right", "step", "jitter", "octaves", "untrained"}
    assert found["credit"]["author"] == "vultilion"
    assert len(json.dumps(found)) < 500_000


def test_a_page_of_a_dream_holds_neither_network_nor_runtime(built_page: Callable[[str], Any]) -> None:
    built_page("deep_dream")
    page = share_page(DREAM)
    assert 'id="blob-' not in page
    assert len(page.encode()) < 2_000_000


def test_without_a_backend_the_page_is_made_of_what_the_run_keeps_and_says_so(own: Run) -> None:
    shutil.rmtree(own.folder / "pictures" / "seen")
    found = content(shared(own))
    assert (found["missing"], found["maps"], found["gradients"]) == ("backend", [], {})
    assert len(found["octaves"]) == 4
    make_private(own)
    assert content(shared(own, with_pictures=True))["missing"] == "picture"


def test_older_runs_have_only_the_ends_of_their_octaves(own: Run) -> None:
    shutil.rmtree(own.folder / "pictures" / "steps")
    assert all(octave["steps"] == [] for octave in content(shared(own))["octaves"])
    shutil.rmtree(own.folder / "pictures")
    with pytest.raises(UserError, match="has no pictures of octaves: dream again"):
        content(shared(own))


def test_a_dream_of_an_own_picture_is_shared_only_if_asked_for(own: Run, built_page: Callable[[str], Any]) -> None:
    make_private(own)
    built_page("deep_dream")
    with pytest.raises(UserError, match=r"^this dream shows your own picture: add --with-pictures") as refused:
        share_page(own)
    assert len(str(refused.value)) <= 200
    found = content(shared(own, with_pictures=True))
    assert (found["original"], found["credit"]) == (None, None)
    assert len(found["octaves"]) == 4
    assert 'id="page-data"' in share_page(own, with_pictures=True)


def test_a_record_names_no_file_outside_its_folder(own: Run) -> None:
    (own.folder / "secret.webp").write_bytes(b"secret")
    record = own.folder / "pictures" / "seen" / "seen.json"
    record.write_text(json.dumps({"gradients": {"0": "../../secret.webp"}, "maps": [], "layers": [], "wrong": []}))
    with pytest.raises(UserError, match=r"secret.webp cannot be read"):
        content(shared(own))


def test_maps_are_of_the_targets_and_of_others_before_them() -> None:
    names = [f"mixed{number}" for number in range(11)]
    assert shown_layers(names, ["mixed3", "mixed4"]) == ["mixed0", "mixed1", "mixed3", "mixed4"]
    assert shown_layers(names, ["mixed4", "mixed4"]) == ["mixed0", "mixed1", "mixed3", "mixed4"]
    assert shown_layers(["conv1", "conv2"], ["conv2"]) == ["conv1", "conv2"]


# --- what a training keeps --------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_run_keeps_its_steps_and_its_network_is_looked_at_once(
    runs: Path, built_page: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = etudes.train("deep_dream", preset="tiny", data="flower", quiet=True)
    assert {path.name for path in run.pictures.glob("steps/*")} == {
        f"octave-{octave}-{step:03}.webp" for octave in (1, 2) for step in (0, 1)
    }
    built_page("deep_dream")
    page = share_page(run)
    record = json.loads((run.pictures / "seen" / "seen.json").read_bytes())
    with Image.open(run.pictures / "octave-2.png") as end:
        picture = (np.asarray(end.convert("RGB"), np.float32) / 255 - 0.5) * 2
    network = etudes.load(run).networks["network"]
    layer = record["maps"][-1]
    outputs = type(network)(network.input, network.get_layer(layer["layer"]).output).predict_on_batch(picture[None])
    means = np.asarray(outputs)[0].mean(axis=(0, 1))[layer["channels"]]
    np.testing.assert_allclose(layer["means"]["2"], means, rtol=1e-4)
    assert layer["photograph"]["2"] == layer["means"]["0"]  # the last octave is as large as the photograph
    assert layer["photograph"]["1"] != layer["means"]["0"]
    assert all(0 < one["change"] < 255 for one in record["layers"])
    monkeypatch.setattr("etudes.experiments.deep_dream.page.look", lambda *_, **__: pytest.fail("it was looked at"))
    assert share_page(run) == page


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture
def page(page_of: Callable[..., Path]) -> Path:
    return page_of(DREAM)


def shown_at(visit: Visit) -> tuple[str, str]:
    """The picture on the stage, and what the slider says of it."""
    top = visit.page.locator("#top")
    return top.locator(".stage .front").get_attribute("src"), top.locator(".way").get_attribute("aria-valuetext")


def numbers_in(visit: Visit, place: str) -> list[float]:
    found: list[float] = visit.page.locator(f"{place} data").evaluate_all(
        "(all) => all.map((one) => Number(one.value))"
    )
    return found


def go(visit: Visit, place: int) -> None:
    visit.page.locator(".way").evaluate(
        "(slider, place) => { slider.value = place; slider.dispatchEvent(new Event('input')); }", place
    )


@pytest.mark.long
def test_the_slider_changes_the_picture_and_every_number_is_that_of_the_run(
    page: Path, visit: Callable[..., Visit]
) -> None:
    opened = visit(page, motion="reduce")
    places = int(opened.page.locator(".way").get_attribute("max")) + 1
    assert places == 1 + 4 * 6
    pictures, expected = set(), iter((o, s) for o in (1, 2, 3, 4) for s in (0, 4, 8, 12, 16, 20))
    for place in range(places):
        go(opened, place)
        picture, said = shown_at(opened)
        pictures.add(picture)
        if place == 0:
            assert said == "the photograph, 480×320"
            assert not opened.page.locator(".readout data").count()
            continue
        octave, taken = next(expected)
        line = LINES[f"octave-{octave}", min(taken, 19) + 1]
        assert re.match(rf"octave {octave} of 4 \(\d+×\d+\), after {taken} of 20 steps, response ", said)
        assert numbers_in(opened, ".readout") == [line["loss"]]
        assert numbers_in(opened, ".finer") == [line["gradient"]]
    metrics = json.loads((BUNDLED / "deep_dream" / "results.json").read_bytes())["metrics"]
    assert numbers_in(opened, ".whole") == [metrics["loss_before"], metrics["loss_after"]]
    assert "about 2 of 255 levels" in opened.page.locator(".readout").inner_text()
    assert len(pictures) == places


@pytest.mark.long
def test_the_octaves_are_as_large_as_they_say(page: Path, visit: Callable[..., Visit]) -> None:
    opened = visit(page, motion="reduce")
    for number, size in enumerate(((174, 116), (244, 163), (342, 228), (480, 320)), start=1):
        opened.page.locator(".octaves button").nth(number - 1).click()
        front = opened.page.locator("#top .stage .front")
        found = front.evaluate("async (one) => { await one.decode(); return [one.naturalWidth, one.naturalHeight]; }")
        assert found == [*size]
        assert f"{size[0]}×{size[1]}" in opened.page.locator(".readout").inner_text()
        assert opened.page.url.endswith(f"at={number}.20")


@pytest.mark.long
def test_keys_the_curve_and_the_address_lead_to_a_picture(page: Path, visit: Callable[..., Visit]) -> None:
    opened = visit(page, motion="reduce", fragment="#at=2.8")
    assert "octave 2 of 4 (244×163), after 8 of 20 steps" in shown_at(opened)[1]
    opened.page.locator(".way").press("ArrowRight")
    assert "after 12 of 20 steps" in shown_at(opened)[1]
    point = opened.page.locator("svg.losses .point")
    before = point.get_attribute("cx")
    chart = opened.page.locator("svg.losses").bounding_box()
    opened.page.locator("svg.losses").click(position={"x": chart["width"] * 0.97, "y": chart["height"] / 2})
    assert "octave 4 of 4" in shown_at(opened)[1]
    assert point.get_attribute("cx") != before


@pytest.mark.long
def test_a_divider_shows_more_of_the_photograph(page: Path, visit: Callable[..., Visit]) -> None:
    opened = visit(page, motion="reduce")
    divider = opened.page.locator("#top .divider")
    divider.focus()
    for key, share in (("End", "100"), ("Home", "0"), ("ArrowRight", "1")):
        divider.press(key)
        assert opened.page.locator("#top .stage").evaluate("(one) => one.style.getPropertyValue('--at')") == share


@pytest.mark.long
def test_it_begins_with_the_dream_and_plays_when_asked(page: Path, visit: Callable[..., Visit]) -> None:
    opened = visit(page)
    play = opened.page.locator(".play")
    assert "octave 4 of 4 (480×320), after 20 of 20" in shown_at(opened)[1]
    assert "▶ play" in play.inner_text()
    play.click()
    opened.page.locator(".play", has_text="pause").wait_for()
    opened.page.locator(".play", has_text="replay").wait_for()  # once, and then it stands at the dream
    assert "octave 4 of 4 (480×320), after 20 of 20" in shown_at(opened)[1]
    play.click()
    opened.page.locator(".way").press("Home")
    assert "▶ play" in play.inner_text()


@pytest.mark.long
def test_what_the_network_saw_follows_the_slider(page: Path, visit: Callable[..., Visit]) -> None:
    opened = visit(page, motion="reduce")
    record = json.loads((BUNDLED / "deep_dream" / "pictures" / "seen" / "seen.json").read_bytes())
    for place, octave in ((0, "0"), (6, "1"), (12, "2"), (24, "4")):
        go(opened, place)
        figures = opened.page.locator(".saw .layer")
        assert figures.count() == len(record["maps"])
        for number, entry in enumerate(record["maps"]):
            figure = figures.nth(number)
            content = (BUNDLED / "deep_dream" / "pictures" / "seen" / entry["pictures"][octave]).read_bytes()
            assert figure.locator("img").get_attribute("src").endswith(base64.b64encode(content).decode())
            values = figure.locator("data").evaluate_all("(all) => all.map((one) => Number(one.value))")
            after = entry["means"][octave]
            both = [value for pair in zip(entry["photograph"][octave], after, strict=True) for value in pair]
            assert values == (after if octave == "0" else both)


@pytest.mark.long
def test_other_layers_and_what_goes_wrong_can_be_looked_at(page: Path, visit: Callable[..., Visit]) -> None:
    opened = visit(page, motion="reduce")
    record = json.loads((BUNDLED / "deep_dream" / "pictures" / "seen" / "seen.json").read_bytes())
    right = record["wrong"][0]
    assert right["what"] == "right"  # also shown as the dream of all layers
    for number, entry in enumerate([*record["layers"], right]):
        opened.page.locator(".by-layer .choices button").nth(number).click()
        assert numbers_in(opened, ".by-layer .how") == [entry["before"], entry["after"]]
    dream = shown_at(opened)[0]
    for number, entry in enumerate(record["wrong"]):
        opened.page.locator("#break button").nth(number).click()
        assert shown_at(opened)[0] != dream
        assert numbers_in(opened, ".readout") == [entry["before"], entry["after"]]
        for hidden in (".way", "svg.losses", ".whole"):
            assert not opened.page.locator(hidden).is_visible()
    opened.page.locator(".readout button").click()
    assert shown_at(opened)[0] == dream
    assert opened.page.locator(".way").is_visible()


@pytest.mark.long
def test_the_picture_that_is_shown_can_be_saved(page: Path, visit: Callable[..., Visit], tmp_path: Path) -> None:
    opened = visit(page, motion="reduce", fragment="#at=3.20")
    with opened.page.expect_download() as download:
        opened.page.locator(".save").click()
    assert download.value.suggested_filename == "dream.png"
    download.value.save_as(tmp_path / "dream.png")
    with Image.open(tmp_path / "dream.png") as saved:
        assert (saved.format, saved.size) == ("PNG", (342, 228))


@pytest.mark.long
def test_without_the_photograph_the_dream_is_compared_with_its_beginning(
    own: Run, page_of: Callable[..., Path], visit: Callable[..., Visit]
) -> None:
    make_private(own)
    opened = visit(page_of(own, with_pictures=True), motion="reduce")
    back = opened.page.locator("#top .stage .back").get_attribute("src")
    assert back == content(shared(own, with_pictures=True))["octaves"][0]["steps"][0]["picture"]
    assert opened.page.locator(".way").get_attribute("max") == "23"


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_it(page: Path, visit: Callable[..., Visit], theme: str, language: str) -> None:
    opened = visit(page, theme=theme, language=language, motion="reduce", bypass_csp=True)
    assert not violations(opened)
    for width in WIDTHS:
        opened.width(width)
        assert not opened.wider_than_the_window()
