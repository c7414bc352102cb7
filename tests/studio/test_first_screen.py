"""The first screen: six living pictures with true answers, and where each card leads."""

import base64
import io
import json
import re
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from etudes import experiments
from etudes.data.storage import EMBEDDED_FOLDER
from etudes.errors import UserError
from etudes.studio import living
from etudes.studio.living import ETUDES, LivingPictures
from etudes.studio.strokes import path_of, picture_of
from etudes.studio.training_runs import included_run
from etudes.studio.translations import TABS, Translations
from studio.test_doors import call
from studio.visiting import CUT_OFF, PATIENCE, Served


def ask(studio: Served, etude: str) -> Any:
    with urllib.request.urlopen(f"{studio.address}/living/{etude}", timeout=120) as answer:
        return json.load(answer)


def image_in(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def sent(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_the_sums_are_answers_of_the_bundled_run(studio: Served) -> None:
    sums = ask(studio, "addition_rnn")["sums"]
    assert len(sums) >= 10
    assert sums[0]["question"] == "35+35"
    for record in sums[:4]:
        assert call(studio.address, "add", record["question"], "") == record


def test_the_drawn_digits_are_read_as_the_studio_reads_them(studio: Served) -> None:
    digits = ask(studio, "antirectifier")["digits"]
    for record, digit in zip(digits, "2740359168", strict=True):
        assert record["path"] == path_of(digit)
        answer = record["answers"][0]
        assert list(answer) == list("0123456789")
        assert max(answer, key=answer.get) == digit
    answer = call(studio.address, "read_digit", sent(picture_of("2")), "")["answers"][0]
    assert answer["probabilities"].items() <= digits[0]["answers"][0].items()


def test_both_heads_of_the_transfer_are_shown(studio: Served) -> None:
    for record, digit in zip(ask(studio, "mnist_transfer_cnn")["digits"], "75896", strict=True):
        before, after = record["answers"]
        assert (list(before), list(after)) == (list("01234"), list("56789"))
        assert max(after, key=after.get) == digit


def test_the_film_changes_softly_and_comes_back(studio: Served) -> None:
    found = ask(studio, "mnist_acgan")
    strip = np.asarray(image_in(found["film"]), np.float32)
    frames = strip.reshape(found["frames"], 28, 28 * found["digits"])
    steps = np.abs(frames - np.roll(frames, -1, axis=0)).mean(axis=(1, 2))
    apart = np.abs(frames[0] - frames[found["frames"] // 2]).mean()
    assert 0 < steps.max() < apart  # the last step leads to the first frame
    assert frames[0].max() > 200


def test_a_photograph_is_classified_as_the_studio_does_it(studio: Served) -> None:
    cat, flower = ask(studio, "cifar10_cnn")["photographs"]
    assert next(iter(cat["answers"][0])) == "cat"
    photo = base64.b64encode((EMBEDDED_FOLDER / "flower.jpg").read_bytes()).decode()
    wanted = call(studio.address, "classify", photo, "")
    assert flower["answers"][0] == dict(list(wanted.items())[:4])
    assert {image_in(one["photo"]).format for one in (cat, flower)} == {"JPEG"}


def test_a_dream_is_shown_where_one_comes_with_the_package(studio: Served) -> None:
    found = ask(studio, "deep_dream")
    assert image_in(found["photo"]).width == living.WIDTH
    assert bool(found["dream"]) == (included_run("deep_dream") is not None)


def test_the_worker_is_asked_once_and_errors_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [UserError("busy"), {"sums": []}]

    def answer(_: Any) -> Any:
        found = answers.pop(0)
        if isinstance(found, UserError):
            raise found
        return found

    monkeypatch.setitem(living._SHOWN, "addition_rnn", answer)
    pictures = LivingPictures(studio=None)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="busy"):
        pictures.of("addition_rnn")
    assert [pictures.of("addition_rnn") for _ in range(3)] == [{"sums": []}] * 3
    with pytest.raises(UserError, match="unknown étude"):
        pictures.of("addition")


class Links(HTMLParser):
    """The addresses of all links of a page, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attrs)["href"] or "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_card_leads_to_page_training_and_runs(studio: Served, language: str) -> None:
    with urllib.request.urlopen(f"{studio.address}/{language}/") as answer:
        page = answer.read().decode()
    links = Links(page).found
    assert sorted(ETUDES) == experiments.names()
    for etude in ETUDES:
        run = included_run(etude)
        way = f"../pages/{run}?studio={language}#lang={language}" if run else f"?tab={TABS[etude].replace(' ', '-')}"
        for link in (way, f"?tab=train&etude={etude}", f"?tab=runs&etude={etude}"):
            assert link in links
        assert all(text in page for text in Translations(language).card(etude))
    for link in {"../en/", "../zh/", "?tab=sums", "?tab=train", "?tab=runs"} - {f"../{language}/"}:
        assert link in links


@pytest.mark.parametrize(("preferred", "language"), [("", "en"), ("de,zh;q=0.5", "en"), ("zh-CN,zh;q=0.9", "zh")])
def test_the_first_address_leads_to_the_language_of_the_browser(studio: Served, preferred: str, language: str) -> None:
    asked = urllib.request.Request(f"{studio.address}/", headers={"Accept-Language": preferred})
    with urllib.request.urlopen(asked) as answer:
        assert answer.url == f"{studio.address}/{language}/"


def test_the_first_screen_asks_nothing_of_another_host(studio: Served) -> None:
    with urllib.request.urlopen(f"{studio.address}/en/") as answer:
        page = answer.read().decode()
    assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", page)


def test_every_card_has_its_words_in_both_languages() -> None:
    for etude in ETUDES:
        assert all(text.strip() for text in Translations("en").card(etude))
        assert all(re.search("[\u4e00-\u9fff]", text) for text in Translations("zh").card(etude))


def opened(browser: Any, studio: Served, language: str, **context: Any) -> Any:
    made = browser.new_context(**context)
    made.set_default_timeout(PATIENCE)
    page = made.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(f"{studio.address}/{language}/")
    page.wait_for_function("document.querySelectorAll('[data-state=shown]').length === 6")
    return page


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "width"), [("en", 390), ("zh", 390), ("en", 1600), ("zh", 1280)])
def test_everybody_can_read_the_first_screen(
    studio: Served, browser: Any, language: str, width: int, scheme: str, tmp_path: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    size = {"width": width, "height": 900}
    page = opened(browser, studio, language, viewport=size, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate(CUT_OFF) == []
    options = {"runOnly": ["wcag2a", "wcag2aa", "best-practice"], "resultTypes": ["violations"]}
    found = axe.run(page, options=options).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"][:2]]) for one in found] == []
    assert [url for url in page.asked if not url.startswith((f"{studio.address}/", "data:"))] == []
    assert not page.errors
    page.context.close()


@pytest.mark.long
def test_pictures_are_still_where_motion_is_unwanted_and_can_be_stopped(studio: Served, browser: Any) -> None:
    def shown(page: Any) -> list[str]:
        return [stage.inner_html() for stage in page.locator(".stage").all()]

    page = opened(browser, studio, "en", reduced_motion="reduce")
    assert page.locator("#motion").inner_text() == "Play"
    assert page.locator("#now-addition_rnn").inner_text() == "35+35 = 70. Right."
    opacity = "one => getComputedStyle(one).opacity"
    assert page.locator("[data-etude=addition_rnn] .cell").last.evaluate(opacity) == "1"
    before = shown(page)
    page.wait_for_timeout(500)
    assert shown(page) == before
    page.locator("#motion").click()
    page.locator("#now-addition_rnn", has_not_text="35+35").wait_for()  # the next sum
    page.context.close()

    page = opened(browser, studio, "en", reduced_motion="no-preference")
    page.locator("#motion", has_text="Pause").click()
    before = shown(page)
    page.wait_for_timeout(500)
    assert shown(page) == before
    page.context.close()


@pytest.mark.long
def test_the_ways_lead_to_the_study(studio: Served, browser: Any) -> None:
    page = opened(browser, studio, "en")
    page.locator("[data-etude=mnist_acgan] a", has_text="Train it yourself").click()
    page.locator("#start-mnist_acgan").wait_for()
    assert page.locator("#etude input:checked").get_attribute("value") == "mnist_acgan"
    page.locator("nav a.home").click()
    page.locator("[data-etude=cifar10_cnn] a", has_text="Its runs").click()
    page.locator("#runs-table a", has_text="cifar10_cnn@bundled").wait_for()
    page.locator("#runs-table a", has_text="addition_rnn@bundled").wait_for(state="detached")
    link = page.locator("#runs-table a", has_text="cifar10_cnn@bundled")
    assert link.get_attribute("href") == "../pages/cifar10_cnn@bundled?studio=en#lang=en"
    page.context.close()
