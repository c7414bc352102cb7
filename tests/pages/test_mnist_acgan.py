"""The page of mnist_acgan in a browser: what it draws and judges, against `etudes use` and the run's networks."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes.actions.loading import open_run
from etudes.contract import Networks
from etudes.experiments.mnist_acgan.study import draw_z
from etudes.training.backend import input_gradient, keras
from etudes.training.computing import computing
from etudes.training.rng import rng
from pages.visiting import WIDTHS, Visit, assert_cells_are_keras, in_float32, violations

pytestmark = pytest.mark.long

RUN = "mnist_acgan@bundled"

PIXELS = """(canvas) => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, btoa(String.fromCharCode(...data))];
}"""


def graphs() -> Networks:
    """The run's networks and their parts in ONNX Runtime."""
    return open_run(RUN).graphs


def picture(canvas: Any) -> np.ndarray[Any, Any]:
    """The pixels of a canvas, int (height, width, 3)."""
    height, width, text = canvas.evaluate(PIXELS)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[..., :3].astype(int)


def large(opened: Visit) -> np.ndarray[Any, Any]:
    return picture(opened.page.locator(".large canvas"))


def choose(opened: Visit, name: str, seed: int) -> None:
    """Draw a class from the first z of a seed, and wait until everything is drawn."""
    opened.page.locator(".classes .tile", has=opened.page.get_by_text(name, exact=True)).click()
    opened.page.locator("#seed").fill(str(seed))
    opened.page.locator("#seed").press("Tab")
    settled(opened)


def settled(opened: Visit) -> None:
    """Wait until the drawing rests, and what follows it is drawn."""
    opened.page.wait_for_timeout(1500)


def used(run: Any, name: str, seed: int, folder: Path) -> np.ndarray[Any, Any]:
    """The sixteen drawings of a seed by `etudes use`."""
    place = folder / f"{seed}.npz"
    etudes.use(run, name, count=16, seed=seed, out=str(place), overwrite=True)
    with np.load(place) as kept:
        return np.asarray(kept["x"]).astype(int)


def assert_same_drawings(opened: Visit, run: Any, name: str, seed: int, folder: Path) -> None:
    choose(opened, name, seed)
    expected = used(run, name, seed, folder)
    shown = [picture(one) for one in opened.page.locator(".seeds canvas").all()]
    assert len(shown) == len(expected) == 16
    assert max(int(np.abs(one - other).max()) for one, other in zip(shown, expected, strict=True)) <= 1
    assert np.abs(large(opened) - expected[0]).max() <= 1


@pytest.mark.parametrize("network", ["generator_ema", "discriminator"])
def test_ten_cells_at_random_are_those_of_keras(
    page_of: Callable[..., Path], visit: Callable[..., Visit], network: str
) -> None:
    assert_cells_are_keras(visit(page_of(RUN)), in_float32(RUN), network)


def test_it_draws_what_the_command_draws(
    page_of: Callable[..., Path], visit: Callable[..., Visit], tmp_path: Path
) -> None:
    opened = visit(page_of(RUN))
    for name, seed in (("7", 0), ("3", 4_294_967_295)):
        assert_same_drawings(opened, RUN, name, seed, tmp_path)


def test_it_judges_as_the_discriminator_does(page_of: Callable[..., Path], visit: Callable[..., Visit]) -> None:
    opened, networks = visit(page_of(RUN)), graphs()
    choose(opened, "5", 2)
    z = draw_z(rng(2, "drawing", 0), 1)
    drawn = networks["generator_ema"].predict_on_batch([z, np.array([[5]], np.int32)])
    fake, aux = networks["discriminator"].predict_on_batch(drawn)
    judgement = opened.page.locator(".studio .judgement")
    assert abs(float(judgement.locator(".fake data").get_attribute("value")) - fake[0, 0]) <= 1e-3
    shown = [float(one.get_attribute("value")) for one in judgement.locator(".aux data").all()]
    assert np.abs(np.array(shown) - aux[0]).max() <= 1e-3


def test_a_walk_passes_between_the_vectors_of_two_classes(
    page_of: Callable[..., Path], visit: Callable[..., Visit]
) -> None:
    opened, networks = visit(page_of(RUN)), graphs()
    settled(opened)
    tile = opened.page.locator(".film .tile").nth(4)
    z, labels = draw_z(rng(0, "drawing", 0), 1), np.array([[7], [3]], np.int32)
    vectors = networks["label-vector"].predict_on_batch(labels)[:, 0]
    expected = networks["product-picture"].predict_on_batch(vectors.mean(0, keepdims=True) * z)[0]
    assert np.abs(picture(tile.locator("canvas")) - np.round(expected)).max() <= 1
    tile.click()
    settled(opened)
    assert np.abs(large(opened) - np.round(expected)).max() <= 1
    assert "7 → 3" in opened.answer()


def test_the_pull_on_a_pixel_is_the_gradient(page_of: Callable[..., Path], visit: Callable[..., Visit]) -> None:
    opened, drawn = (
        visit(page_of(RUN)),
        graphs()["generator_ema"].predict_on_batch([draw_z(rng(0, "drawing", 0), 1), np.array([[7]], np.int32)]),
    )
    settled(opened)
    discriminator = in_float32(RUN).networks["discriminator"]

    def fake(outputs: list[Any]) -> Any:
        return keras.ops.sum(keras.ops.log(outputs[0] / (1 - outputs[0])))

    def aux(outputs: list[Any]) -> Any:
        own = np.eye(10, dtype=np.float32)[7]
        return keras.ops.log(keras.ops.sum(outputs[1] * own) / keras.ops.sum(outputs[1] * (1 - own)))

    for number, score in enumerate((fake, aux)):
        with computing():
            slopes = 10 * input_gradient(discriminator, score)(drawn)[1].reshape(28 * 28)
        table = opened.page.locator(".pulls .pull").nth(number + 1).locator("details")
        table.locator("summary").click()
        values = [float(one.get_attribute("value")) for one in table.locator("tbody data").all()]
        assert len(values) == 28 * 28
        assert np.abs(np.array(values) - slopes).max() <= 0.01 * np.abs(slopes).max()


def test_what_was_turned_by_hand_is_in_the_address(page_of: Callable[..., Path], visit: Callable[..., Visit]) -> None:
    opened = visit(page_of(RUN))
    settled(opened)
    before = large(opened)
    find = opened.page.locator(".turn > button")
    if find.is_visible():  # a busy machine does not search by itself
        find.click()
    opened.page.locator(".direction input").first.fill("3")
    settled(opened)
    turned = large(opened)
    assert np.abs(turned - before).max() > 50
    address = opened.page.evaluate("() => location.hash")
    again = visit(page_of(RUN), fragment=address)
    assert np.abs(large(again) - turned).mean() < 2  # z is rounded to a byte for each number


def test_each_mistake_and_each_break_is_drawn(page_of: Callable[..., Path], visit: Callable[..., Visit]) -> None:
    opened = visit(page_of(RUN))
    settled(opened)
    for button in opened.page.locator("#mistakes .mistake").all():
        button.click()
        opened.page.wait_for_timeout(400)
        said = re.search(r"(\d+\.\d)\s%", button.inner_text())
        shown = float(opened.page.locator(".studio .fake data").get_attribute("value"))
        assert said
        assert abs(100 * shown - float(said[1])) < 0.2
    for button in opened.page.locator(".breaks button").all():
        button.click()
        opened.page.wait_for_timeout(200)
    assert opened.page.locator(".breaks button").count() >= 5


def test_it_says_of_what_its_figures_are(page_of: Callable[..., Path], visit: Callable[..., Visit]) -> None:
    opened = visit(page_of(RUN))
    settled(opened)
    headline = opened.page.locator(".headline").inner_text()
    assert "1,000 of 1,000 drawings show the digit that was asked for" in headline
    assert "test split" not in headline
    mistakes = opened.page.locator("#mistakes")
    assert mistakes.locator("h2").inner_text() == "Its least convincing drawings"
    assert "its drawings of 1 vary only 54" in mistakes.inner_text()
    assert mistakes.locator(".mistake").count() == 10
    assert opened.page.locator(".studio .limits").inner_text() == "0.35–0.55: cannot tell"


def test_a_command_is_shown_only_where_it_draws_the_same(
    page_of: Callable[..., Path], visit: Callable[..., Visit]
) -> None:
    opened = visit(page_of(RUN))
    settled(opened)
    command = opened.page.locator(".seeds .same")
    assert command.is_visible()
    opened.page.locator(".breaks button", has_text="half 3, half 8").click()
    settled(opened)
    assert not command.is_visible()
    opened.page.locator(".fresh").click()
    opened.page.locator(".classes .tile").first.click()
    settled(opened)
    assert command.is_visible()


def test_a_class_that_comes_between_is_in_the_chart(page_of: Callable[..., Path], visit: Callable[..., Visit]) -> None:
    opened = visit(page_of(RUN))
    settled(opened)
    assert "aux: 5" in opened.page.locator(".answers .keys").inner_text()


def test_one_goes_through_the_nine_steps(page_of: Callable[..., Path], visit: Callable[..., Visit]) -> None:
    opened = visit(page_of(RUN))
    settled(opened)
    for number in range(1, 10):
        step = opened.page.locator("#step")
        assert step.locator("h3").inner_text().startswith(f"Step {number}:")
        assert f"# Step {number}:" in step.locator("pre").inner_text()
        opened.page.get_by_role("button", name="next ›").click()
    assert opened.page.locator("#step h3").inner_text().startswith("Step 1:")
    opened.page.locator("#step .to-source").click()
    line = opened.page.evaluate("() => document.querySelector(location.hash).innerText")
    assert "# Step 1:" in line


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_it(page_of: Callable[..., Path], visit: Callable[..., Visit], theme: str) -> None:
    opened = visit(page_of(RUN), theme=theme, bypass_csp=True)
    settled(opened)
    opened.page.locator("details.wall summary").click()
    assert not violations(opened)
    for width in WIDTHS:
        opened.width(width)
        assert not opened.wider_than_the_window()


def coloured_pictures(folder: Path) -> Path:
    """Own pictures: three classes of coloured blocks, 16×16."""
    drawn = np.random.default_rng(0)
    for name, colour in (("<b>red</b>", (220, 40, 30)), ("green", (30, 200, 60)), ("blue", (40, 60, 220))):
        (folder / name.replace("/", "_")).mkdir(parents=True)
        for number in range(40):
            pixels = drawn.integers(0, 30, (16, 16, 3))
            top, left = drawn.integers(1, 7, 2)
            pixels[top : top + 8, left : left + 8] += np.array(colour) - 30
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name.replace("/", "_") / f"{number}.png")
    return folder


def test_a_run_of_own_pictures_in_colour(
    page_of: Callable[..., Path], visit: Callable[..., Visit], tmp_path: Path
) -> None:
    data = coloured_pictures(tmp_path / "blocks")
    run = etudes.train(
        "mnist_acgan", preset="tiny", data=str(data), ema=0.0, limit=90, out=tmp_path / "run", quiet=True
    )
    file = page_of(run)
    opened = visit(file)
    settled(opened)
    assert "no real pictures" in opened.page.locator("#panel-2").inner_text()
    assert_same_drawings(opened, run, "green", 3, tmp_path)
    assert_cells_are_keras(opened, etudes.load(run), "generator", count=6)
    with_pictures = visit(page_of(run, with_pictures=True))
    settled(with_pictures)
    assert with_pictures.page.locator("#panel-2 .strip canvas").count() > 0
