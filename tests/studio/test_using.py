"""The six, used in a real browser as a person would."""

import base64
import io
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.visiting import Served, Visit

SEVEN = [(80, 60), (200, 60), (130, 230)]
ONE = [(140, 40), (140, 240)]
RING = [(round(140 + 80 * np.sin(a)), round(140 - 80 * np.cos(a))) for a in np.linspace(0, 2 * np.pi, 17)]
SYMBOLS = {
    "ring": RING,
    "bar": ONE,
    "roof": [(60, 220), (140, 60), (220, 220)],
    "cup": [(60, 60), (60, 200), (220, 200), (220, 60)],
    "step": [(50, 80), (140, 80), (140, 200), (230, 200)],
}


def picture_in(visit: Visit, place: str) -> Image.Image:
    """The picture that the page shows there, from its own address."""
    address = visit.page.locator(f"{place} img").first.get_attribute("src")
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))


def shares(visit: Visit, place: str) -> list[tuple[str, float]]:
    names = visit.page.locator(f"{place} .name").all_inner_texts()
    values = visit.page.locator(f"{place} .share").all_inner_texts()
    return [(name, float(value.rstrip("%"))) for name, value in zip(names, values, strict=True)]


def photograph(folder: Path, side: int = 200) -> Path:
    from etudes.data import embedded_photo

    path = folder / "photo.png"
    embedded_photo("china").resize((side, side * 2 // 3)).save(path)
    return path


LONG = pytest.mark.long
DESKTOP, PHONE = pytest.param("desktop", marks=LONG), pytest.param("phone", marks=LONG)
BOTH = pytest.mark.parametrize("visit", [DESKTOP, PHONE], indirect=True)
DESKTOP_SHORT = pytest.mark.parametrize("visit", ["desktop", PHONE], indirect=True)


@DESKTOP_SHORT
def test_a_sum_is_answered_with_a_confidence_for_each_character(visit: Visit, studio: Served) -> None:
    visit.tab("Add")
    page = visit.page
    page.locator("#question input, #question textarea").fill("123+456")
    page.locator("#ask").click()
    page.locator("#sum .spoken", has_text="123+456 =").wait_for(state="attached")
    assert page.locator("#sum .character.digit b").all_inner_texts() == ["5", "7", "9"]
    assert all(value.endswith("%") for value in page.locator("#sum .character small").all_inner_texts())
    assert "Right." in page.locator("#sum").inner_text()
    delays = page.locator("#sum .character").evaluate_all("all => all.map(one => getComputedStyle(one).animationDelay)")
    assert delays == [
        f"{0.35 * index:.2f}".rstrip("0").rstrip(".") + "s" for index in range(4)
    ]  # the end is the fourth
    visit.shot(f"sums-{visit.window}")
    workers = studio.workers()
    page.locator("#question input, #question textarea").fill("2+2")
    page.keyboard.press("Enter")
    page.locator("#sum .spoken", has_text="2+2 = 4").wait_for(state="attached")
    assert studio.workers() == workers  # no backend was started for it


@LONG
def test_what_cannot_be_asked_gets_one_line_and_the_next_question_an_answer(visit: Visit) -> None:
    visit.tab("Add")
    page = visit.page
    for wrong in ("what?", "${alert(1)} {{7*7}} <img src=x onerror=alert(1)>", "9999+1"):
        page.locator("#question input, #question textarea").fill(wrong)
        page.locator("#ask").click()
        line = page.locator("#sum .error", has_text=f"cannot read {wrong[:8]!r}"[:-1])
        line.wait_for()
        assert "write two numbers" in line.inner_text()
        assert not page.locator("#sum img").count()
    page.locator("#question input, #question textarea").fill("1+1")
    page.locator("#ask").click()
    page.locator("#sum .spoken", has_text="1+1 = 2").wait_for(state="attached")


@BOTH
def test_a_digit_drawn_with_mouse_or_finger_is_classified_by_four_networks(visit: Visit) -> None:
    visit.tab("Read digits")
    visit.draw("digit-pad", SEVEN)
    page = visit.page
    page.locator("#digit .bars").nth(3).wait_for()
    best = [section.locator(".name").first.inner_text() for section in page.locator("#digit .bars").all()]
    assert best[:3] == ["7", "7", "7"]
    assert best[3] in "01234"
    visit.shot(f"digits-{visit.window}")
    page.locator("#digit-pad .wipe").click()
    page.locator("#digit .bars").first.wait_for(state="detached")
    visit.draw("digit-pad", ONE)
    page.locator("#digit .bars").nth(3).wait_for()
    first = page.locator("#digit .bars .name").first
    assert first.inner_text() == "1"


@BOTH
def test_digits_are_drawn_from_z_and_morph_into_others(visit: Visit) -> None:
    visit.tab("Draw digits")
    page = visit.page
    page.locator("#drawn figcaption", has_text="2026, drawn by").wait_for()  # nobody had to ask for the first one
    page.locator("#prompt input, #prompt textarea").fill("70")
    page.locator("#draw").click()
    page.locator("#drawn figcaption", has_text="70, drawn by").wait_for()
    before = picture_in(visit, "#drawn")
    assert before.width == 2 * before.height
    shown = page.locator("#drawn img").get_attribute("src")
    slider = page.locator("#z-1 input[type=range]")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    slider.dispatch_event("pointerup")
    page.wait_for_function("before => document.querySelector('#drawn img').src !== before", arg=shown)
    change = np.abs(np.asarray(picture_in(visit, "#drawn"), float) - np.asarray(before, float)).mean()
    assert 1 < change < 80
    visit.shot(f"gan-{visit.window}")
    page.locator("#morph-to input, #morph-to textarea").fill("18")
    page.locator("#morph").click()
    page.locator("#drawn figcaption", has_text="70 → 18").wait_for()
    film = picture_in(visit, "#drawn")
    assert film.format == "GIF"
    assert film.n_frames > 10
    page.locator("#morph-to input, #morph-to textarea").fill("123")
    page.locator("#morph").click()
    page.locator("#drawn .error", has_text="of the same length").wait_for()


@BOTH
def test_a_photograph_gets_classes_saliency_and_feature_maps(visit: Visit, tmp_path: Path) -> None:
    visit.tab("Photographs")
    page = visit.page
    visit.drop("photo", photograph(tmp_path))
    page.locator("#photo-classes .bars").wait_for()
    found = shares(visit, "#photo-classes")
    assert len(found) == 5
    assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)
    page.locator("#photo-look").click()
    page.locator("#photo-inside figcaption", has_text="feature maps").wait_for(timeout=120_000)
    assert picture_in(visit, "#photo-inside").width > 300
    assert page.locator("#photo-inside figcaption", has_text="saliency").count()
    visit.shot(f"photos-{visit.window}")


@BOTH
def test_the_network_is_fine_tuned_on_five_symbols_of_ones_own(visit: Visit) -> None:
    visit.tab("Fine-tune")
    page = visit.page
    page.locator("#tune-now").click()
    page.locator("#tuned .error", has_text="two different symbols").wait_for()
    for number, (name, stroke) in enumerate(SYMBOLS.items(), start=1):
        page.locator(f"#symbol-{number} input, #symbol-{number} textarea").fill(name)
        for count in (1, 2):
            visit.draw("symbol-pad", [(x + 6 * count, y - 4 * count) for x, y in stroke])
            page.locator(f"#keep-{number}").click()
            page.locator("#kept p", has_text=f"{name}: {count}").wait_for()
    page.locator("#tune-now").click()
    page.locator("#tuned .note", has_text="Fine-tuned to 5 symbols on 10 drawings").wait_for()
    visit.draw("try-pad", [(x - 10, y) for x, y in RING])
    page.locator("#tried .bars").wait_for()
    assert shares(visit, "#tried")[0][0] == "ring"
    visit.shot(f"fine-tune-{visit.window}")
    page.locator("#try-pad .wipe").click()
    page.locator("#tried .bars").wait_for(state="detached")
    visit.draw("try-pad", ONE)
    page.locator("#tried .bars").wait_for()
    assert shares(visit, "#tried")[0][0] == "bar"


@BOTH
def test_a_dream_forms_and_is_downloaded(visit: Visit, studio: Served, tmp_path: Path) -> None:
    visit.tab("Dream")
    page = visit.page
    page.locator("#dream-now").click()
    page.locator("#dream-said .error", has_text="drop a photograph").wait_for()
    page.locator("#dream-sample").click()
    page.locator("#dream-photo img").wait_for()
    page.locator("#layers input").click()
    page.get_by_role("option", name="conv2", exact=True).click()
    page.locator("#layers input").press("Escape")
    for name, value in (("dream-size", "96"), ("dream-steps", "2")):
        field = page.locator(f"#{name} input[type=number]")
        field.fill(value)
        field.press("Tab")
    page.locator("#dream-now").click()
    page.locator("#forming a.save").wait_for()
    with page.expect_download() as download:
        page.locator("#forming a.save").click()
    saved = tmp_path / "saved.png"
    download.value.save_as(saved)
    run = studio.runs / page.locator("#dream-said .note").inner_text().split()[0]
    assert tomllib.loads((run / "settings.toml").read_text(encoding="utf-8"))["settings"]["layers"] == ["conv2"]
    assert saved.read_bytes() == (run / "pictures" / "dream.png").read_bytes()
    with Image.open(saved) as dream:
        assert dream.size == (96, 64)  # of 640 × 427
    visit.shot(f"dream-{visit.window}")
