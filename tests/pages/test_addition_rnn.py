"""The page of addition_rnn in a browser: what it answers, and every number that it shows, against the run itself."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest

import etudes
from etudes.actions.loading import open_run
from etudes.errors import UserError
from etudes.experiments.addition_rnn.use import QuestionOptions, read_questions
from pages.visiting import WIDTHS, Visit, assert_cells_are_keras, violations

pytestmark = pytest.mark.long

RUN = "addition_rnn@bundled"

Pages = Callable[..., Path]
Visits = Callable[..., Visit]


def ask(visit: Visit, question: str) -> None:
    """Type a question, and wait until it is answered."""
    visit.page.locator("#question").fill(question)
    asked = asked_now(visit)
    visit.page.locator(".result bdi").first.and_(visit.page.get_by_text(asked, exact=True)).wait_for()


def asked_now(visit: Visit) -> str:
    """The question that is being answered, as the address has it."""
    visit.page.wait_for_timeout(120)
    fragment = visit.page.evaluate("location.hash").removeprefix("#")
    return parse_qs(fragment, keep_blank_values=True)["input"][0]


def answered(visit: Visit) -> tuple[str, float]:
    """The answer, and the confidence in it."""
    output = visit.page.locator(".result .written")
    text = "" if output.locator("small").count() else output.text_content()
    return text, float(visit.page.locator("data.confidence").get_attribute("value"))


def test_ten_cells_at_random_are_those_of_keras(page_of: Pages, visit: Visits) -> None:
    opened, loaded = visit(page_of(RUN)), etudes.load(RUN)
    assert_cells_are_keras(opened, loaded, "adder")
    ask(opened, "8+957")
    assert_cells_are_keras(opened, loaded, "adder", seed=1)


def test_twenty_answers_are_those_of_the_command(page_of: Pages, visit: Visits) -> None:
    opened, stream = visit(page_of(RUN)), random.Random(0)
    numbers = [[stream.randrange(10 ** stream.randint(1, 3)) for _ in range(2)] for _ in range(20)]
    questions = [f"{one}+{other}" for one, other in numbers]
    for record in etudes.use(RUN, *questions).answers:
        ask(opened, record["question"])
        answer, confidence = answered(opened)
        assert answer == record["answer"]
        assert confidence == pytest.approx(record["confidence"], abs=1e-3)
        assert opened.page.locator(".film .characters b").all_text_contents() == [
            character.replace(" ", "␣") for character, _ in record["characters"]
        ]


def test_another_question_changes_every_value_that_depends_on_it(page_of: Pages, visit: Visits) -> None:
    opened = visit(page_of(RUN))
    names = opened.bands("adder")
    assert len(names) == 7
    before = {name: opened.values("adder", name) for name in names}
    ask(opened, "35+36")
    for name in names:
        assert (opened.values("adder", name) != before[name]).any(), name
    states = opened.values("adder", "00_lstm.states") != before["00_lstm.states"]
    assert np.flatnonzero(states.any(axis=1)).tolist() == [2, 3, 4, 5, 6]  # it reads two spaces before the 6


def test_a_carry_is_put_into_words(page_of: Pages, visit: Visits) -> None:
    opened = visit(page_of(RUN))
    said = opened.page.locator(".moved p")
    assert "From 35+34 = 69 to 35+35 = 70." in said.inner_text()
    assert "characters 1 and 2 changed" in said.inner_text()
    opened.page.locator(".turns button", has_text="35+36").click()
    opened.page.locator(".moved p", has_text="35+36 = 71").wait_for()
    assert "character 2 changed" in said.inner_text()
    assert "from step 3 on" in said.inner_text()
    assert opened.page.locator(".moved .legend").count() == 2
    ask(opened, "12+34")  # is compared with the sum less by one, whatever came before
    opened.page.locator(".moved p", has_text="From 12+33 = 45 to 12+34 = 46.").wait_for()
    ask(opened, "5+0")
    opened.page.locator(".moved p", has_text="From 5+1 = 6 to 5+0 = 5.").wait_for()
    assert opened.page.locator(".turns button").all_inner_texts() == ["5+1"]
    opened.page.locator(".breaks button", has_text="1+2+3").click()
    assert asked_now(opened) == "1+2+3"
    assert not opened.page.locator(".turns").is_visible()
    assert not opened.page.locator(".moved").is_visible()


def test_mistakes_and_what_breaks_it_can_be_put_in(page_of: Pages, visit: Visits) -> None:
    opened = visit(page_of(RUN))
    card = opened.page.locator(".mistake").first
    question = card.locator("bdi").first.inner_text()
    card.click()
    assert asked_now(opened) == question
    for button in opened.page.locator(".breaks button").all():
        button.click()
        assert asked_now(opened) == button.inner_text()
    assert not opened.page.locator("#problem").inner_text()
    said = "answers all 1,000,000 possible sums of numbers up to 3 digits right"
    assert said + ", among them 351,667 that it never learned from" in opened.page.locator("#mistakes").inner_text()
    assert said + "; 351,667 of them never came up in training" in opened.page.locator(".record").inner_text()
    assert "45,000 new pairs of numbers in each of 30 epochs" in opened.page.locator("#idea").inner_text()


def test_results_of_other_tasks_are_not_set_beside_it(page_of: Pages) -> None:
    (records,) = data_of(page_of(RUN))["records"]
    recipes = {row[0] for row in records["rows"]}
    assert {"tuned", "classic"} <= recipes
    assert not any("--digits" in recipe or "--operator" in recipe for recipe in recipes)


def test_digits_are_turned_by_keys_clicks_and_drags(page_of: Pages, visit: Visits) -> None:
    opened = visit(page_of(RUN), fragment="#input=199%2B5")
    assert asked_now(opened) == "199+5"
    tiles = opened.page.locator(".tile.digit")
    tiles.nth(0).press("ArrowUp")
    assert asked_now(opened) == "299+5"
    opened.page.keyboard.press("ArrowDown")  # the focus stays
    opened.page.keyboard.press("ArrowDown")
    assert asked_now(opened) == "99+5"  # no zeros in front
    tiles.nth(2).click(position={"x": 10, "y": 8})
    assert asked_now(opened) == "99+6"
    box = tiles.nth(2).bounding_box()
    opened.page.mouse.move(box["x"] + 10, box["y"] + 20)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 10, box["y"] + 20 - 32, steps=4)
    opened.page.mouse.up()
    assert asked_now(opened) == "99+8"
    tiles.nth(1).press("7")
    assert asked_now(opened) == "97+8"
    opened.page.keyboard.press("4")
    assert asked_now(opened) == "94+8"


def test_what_is_no_question_is_said_and_the_answer_stays(page_of: Pages, visit: Visits) -> None:
    opened = visit(page_of(RUN), fragment="#input=%3Cimg%20src=x%3E")  # an address of somebody else
    assert asked_now(opened) == "35+35"
    opened.page.locator("#question").fill("3 500 + 2")
    assert opened.page.locator("#problem").inner_text().startswith("Write two numbers of at most 3 digits")
    assert answered(opened)[0] == "70"
    assert not opened.page.locator(".result .right").is_visible()
    assert opened.page.locator("#question").get_attribute("aria-invalid") == "true"
    ask(opened, " 007 + 8")
    assert asked_now(opened) == "7+8"
    assert opened.page.locator(".result .right").is_visible()


def test_both_languages(page_of: Pages, visit: Visits) -> None:
    opened = visit(page_of(RUN))
    for language, hidden, words in (("zh", "en", "学会了"), ("en", "zh-CN", "learned")):
        opened.language(language)
        assert words in opened.page.locator("h1").inner_text()
        assert not opened.page.locator(f"main [lang={hidden}]:not(button):not(.html):visible").count()
    assert visit(page_of(RUN), language="zh").page.locator("h1").inner_text().startswith("这个网络")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_it(page_of: Pages, visit: Visits, theme: str) -> None:
    opened = visit(page_of(RUN), theme=theme, motion="reduce", bypass_csp=True)
    opened.page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for name in ("02_lstm", "04_activation"):
        opened.click("adder", name, 0.5, 0.5)
        assert not violations(opened)


def test_the_keyboard_alone_is_enough(page_of: Pages, visit: Visits) -> None:
    opened = visit(page_of(RUN))
    page = opened.page

    def tab_to(what: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("(what) => document.activeElement.matches(what)", what):
                return
        raise AssertionError(f"no way to {what}")

    tab_to("#question")
    page.keyboard.press("Control+a")
    page.keyboard.type("12+34")
    assert asked_now(opened) == "12+34"
    page.keyboard.press("Control+a")
    page.keyboard.type("12+35")
    tab_to("[data-value='00_lstm.states'] canvas")
    for key in ("Enter", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    cell, value = opened.chosen() or ((), 0.0)
    assert cell == (2, 1)
    assert value == opened.values("adder", "00_lstm.states")[2, 1]
    said = page.locator(".detail").inner_text()
    assert "row 3 (5), number 2" in said  # the character that it reads there
    assert "forget gate" in said
    assert "By this arithmetic" not in said
    page.locator(".detail .ways button").last.press("Enter")
    assert (opened.chosen() or ((), 0.0))[0] == (3, 1)


STEPS = """async () => {
  const slider = document.querySelector(".player input");
  const seen = [];
  document.querySelector(".play").click();
  while (seen.at(-1) !== "11") {
    if (seen.at(-1) !== slider.value) seen.push(slider.value);
    await new Promise((done) => setTimeout(done, 20));
  }
  return seen.map(Number);
}"""


def test_the_film_runs_where_motion_is_welcome_or_asked_for(page_of: Pages, visit: Visits) -> None:
    page = visit(page_of(RUN), motion="reduce").page
    assert page.locator(".player input").input_value() == "11"
    seen = page.evaluate(STEPS)
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert len(seen) > 3
    slider = page.locator(".player input")
    slider.press("Home")
    assert "nothing but zeros" in page.locator(".step").inner_text()
    for _ in range(3):
        slider.press("ArrowRight")
    assert page.locator(".step").inner_text() == "Step 3 of 11: it reads 5."
    assert page.locator(".film .now").inner_text() == "5"
    assert "the reader's state" in page.locator(".memory h3").inner_text()
    slider.press("End")
    assert "the writer's state" in page.locator(".memory h3").inner_text()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_fits_every_window(page_of: Pages, visit: Visits, language: str) -> None:
    opened = visit(page_of(RUN), language=language, fragment="#input=999%2B999")
    opened.click("adder", "03_time_distributed", 0.5, 0.5)
    for width in WIDTHS:
        opened.width(width)
        assert not opened.wider_than_the_window(), width


# --- own pairs --------------------------------------------------------------------------------------------------------

GREEK = ["μηδέν", "ένα", "δύο", "τρία", "τέσσερα", "πέντε", "έξι", "επτά", "οκτώ", "εννέα"]
SECRET = "the combination is"


@pytest.fixture(scope="module")
def own_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on one's own pairs: Greek, digits beyond U+FFFF, and texts that could end a script."""
    folder = tmp_path_factory.mktemp("own")
    pairs = [(str(number), f"{GREEK[number // 10]} {GREEK[number % 10]}") for number in range(100)]
    pairs += [("".join(chr(0x1D7D8 + int(sign)) for sign in one), other + " 😀") for one, other in pairs]
    pairs += [(f"{SECRET} {number}", f"</script><!--\"'&{number}") for number in range(40)]
    with (folder / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("question", "answer"), *pairs])
    small = {"data": str(folder / "pairs.csv"), "units": 12, "decoder_layers": 2, "epochs": 1, "batch_size": 32}
    etudes.train("addition_rnn", preset="tiny", out=folder / "mine", quiet=True, **small)
    return folder / "mine"


def data_of(file: Path) -> dict[str, Any]:
    found = re.search(r'id="page-data">(.*?)</script>', file.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_own_texts_are_in_no_page_unless_they_may_be(page_of: Pages, own_run: Path) -> None:
    page, told = (page_of(own_run, **options) for options in ({}, {"with_pictures": True}))
    for said in (page.read_text(encoding="utf-8"), json.dumps(data_of(page), ensure_ascii=False)):
        assert SECRET not in said
        assert GREEK[4] not in said
        assert str(own_run.parent) not in said
    assert data_of(page)["content"]["questions"] == 0
    assert data_of(told)["content"]["mistakes"]
    assert data_of(told)["settings"]["data"] == "pairs.csv"


def test_own_questions_are_read_as_the_command_reads_them(page_of: Pages, visit: Visits, own_run: Path) -> None:
    opened, loaded = visit(page_of(own_run)), open_run(own_run)
    typed = [
        "42", "𝟜𝟚", " 4  2 ", "\u200b42\ufeff", "4\u00a0\u20032", "the\u3000combination is 3", "4\x1f2", "e\u0301", "μ",
        "😀", "", "   ", "4" * 21, "4" * 22, "𝟜" * 21, "𝟜" * 22, "</script>", "combination" * 2, "4\u20602\u200e",
    ]  # fmt: skip
    for text in typed:
        opened.page.locator("#question").fill(text)
        said = opened.page.locator("#problem").text_content()
        try:
            (right,) = read_questions(loaded.info, loaded.settings, QuestionOptions((text,))).tolist()
        except UserError:
            assert said, ascii(text)
        else:
            assert not said, ascii(text)
            assert asked_now(opened) == right, ascii(text)


def test_own_pairs_are_answered_and_explained(page_of: Pages, visit: Visits, own_run: Path) -> None:
    opened = visit(page_of(own_run, with_pictures=True))
    for record in etudes.use(own_run, "42", "𝟜𝟚", f"{SECRET} 7").answers:
        ask(opened, record["question"])
        answer, confidence = answered(opened)
        assert answer == record["answer"]
        assert confidence == pytest.approx(record["confidence"], abs=1e-3)
    assert_cells_are_keras(opened, etudes.load(own_run), "adder")
    for width in WIDTHS:
        opened.width(width)
        assert not opened.wider_than_the_window(), width
    opened.page.locator(".mistake").first.click()
    assert asked_now(opened) == opened.page.locator(".mistake bdi").first.text_content()
    for button in opened.page.locator(".breaks button").all():
        button.click()
