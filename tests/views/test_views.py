"""What is drawn, held against what it was drawn from."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from etudes.contract import Result, Table
from etudes.errors import UserError
from etudes.views.card import markdown_table, show
from etudes.views.curves import learning_curves, sparkline
from etudes.views.features import feature_maps, filter_grid
from etudes.views.grids import confusion_matrix, picture_grid, shortened
from etudes.views.pictures import save_pictures
from etudes.views.plotting import ink
from etudes.views.report import Page, Part, Section, report_page
from etudes.views.terminal import print_table


def test_a_sparkline_goes_from_the_lowest_to_the_highest_block() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
    assert sparkline([3, 3]) == "▁▁"
    assert sparkline([]) == ""
    long = sparkline(list(range(1000)), width=40)
    assert len(long) <= 40
    assert (long[0], long[-1]) == ("▁", "█")


def test_a_grid_shows_each_picture_where_it_belongs() -> None:
    pictures = np.zeros((5, 4, 4, 3), np.uint8)
    pictures[:, :, :, 0] = np.arange(5)[:, None, None] * 50
    sheet = np.asarray(picture_grid(pictures, 3, scale=2))
    for index in range(5):
        row, column = divmod(index, 3)
        tile = sheet[2 + row * 10 : 10 + row * 10, 2 + column * 10 : 10 + column * 10]
        assert (tile == [index * 50, 0, 0]).all()


def test_a_space_in_a_caption_is_as_wide_as_a_space() -> None:
    """Between the class and its share ("7 96%") there is more room than between two digits."""
    tile = np.zeros((1, 8, 60, 1), np.uint8)
    inked = np.asarray(picture_grid(tile, 1, captions=["7 96%"], scale=1).convert("L"))[10:].min(axis=0) < 128
    places = np.flatnonzero(inked)
    assert np.diff(places[places < 30]).max() >= 5


def test_a_caption_without_room_ends_in_dots() -> None:
    for text, room, found in (("abcd", 4, "abcd"), ("abcde", 4, "abc…"), ("abcde", 0, ""), ("", 0, "")):
        assert shortened(text, room, len) == found


def test_captions_are_written_with_the_letters_that_names_have() -> None:
    """What a font does not have it draws as one and the same box."""
    tile = np.zeros((1, 8, 60, 1), np.uint8)
    drawn = [picture_grid(tile, 1, captions=[letter]).tobytes() for letter in "aäéßñøłжΩ×"]
    assert len(set(drawn)) == len(drawn)


def test_pictures_of_filters_and_maps_are_as_wide_as_their_captions() -> None:
    random = np.random.default_rng(0)
    for shape in ((3, 3, 1, 4), (3, 3, 3, 32), (5, 5, 8, 2)):
        assert filter_grid(random.normal(size=shape)).width > 300
    maps = {"convolution 1": random.normal(size=(6, 6, 40))}
    assert feature_maps(np.zeros((8, 8, 1), np.uint8), maps).width >= 16 * 62


def test_writing_upon_a_share_can_be_read() -> None:
    """At least the contrast of 4.5 that WCAG 2 asks for, wherever black or white reach it."""
    from matplotlib import colormaps

    def light(colour: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    for shade in np.linspace(0, 1, 101):
        below = light(colormaps["Blues"](float(shade)))
        black, white = (below + 0.05) / 0.05, 1.05 / (below + 0.05)
        assert {"black": black, "white": white}[ink(shade)] >= 4.5


def test_pictures_stand_as_far_apart_as_asked_and_the_gap_has_its_colour() -> None:
    sheet = np.asarray(picture_grid(np.zeros((2, 3, 3, 1), np.uint8), 2, scale=1, gap=5, background="#0000ff"))
    assert sheet.shape == (3 + 2 * 5, 2 * 3 + 3 * 5, 3)
    assert (sheet[5:8, 5:8] == 0).all()
    assert (sheet[5:8, 13:16] == 0).all()
    assert (sheet[5:8, 8:13] == [0, 0, 255]).all()


def test_the_confusion_matrix_is_darkest_on_a_perfect_diagonal() -> None:
    labels = np.arange(4).repeat(5)
    perfect = np.asarray(confusion_matrix(labels, labels, list("abcd"), "t").convert("L"))
    mixed = np.asarray(confusion_matrix(labels, (labels + 1) % 4, list("abcd"), "t").convert("L"))
    assert perfect.shape == mixed.shape
    assert not np.array_equal(perfect, mixed)


def test_curves_of_one_run_and_of_several() -> None:
    history = [{"phase": p, "epoch": e, "loss": 1 / e, "validation_loss": 2 / e} for p in "ab" for e in (1, 2, 3)]
    for histories in ({"one": history}, {"one": history, "two": history[:3]}, {"none": []}):
        assert min(learning_curves(histories).size) > 100


def test_a_table_in_markdown_has_a_line_for_each_row() -> None:
    lines = markdown_table(Table("t", ("a", "b"), [(1, 2.5), ("x", "y")])).splitlines()
    assert lines == ["**t**", "", "| a | b |", "| --- | --- |", "| 1 | 2.5 |", "| x | y |"]
    assert show(0.123456789) == "0.12346"


def test_pictures_are_saved_under_their_names_and_films_as_gif(tmp_path) -> None:
    picture = Image.new("RGB", (4, 4))
    saved = save_pictures({"first": picture, "second": picture, "film": [picture, picture]}, tmp_path / "out.png")
    assert [name.rsplit("/", 1)[-1] for name in saved.values()] == ["out.png", "out-second.png", "out-film.gif"]
    with pytest.raises(UserError, match="no picture format"):
        save_pictures({"first": picture}, tmp_path / "out.xyz")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        save_pictures({"first": picture}, tmp_path / "file" / "out.png")


def test_a_result_as_json_leaves_out_what_is_empty() -> None:
    result = Result(metrics={"accuracy": 0.5}, pictures={"p": Image.new("L", (1, 1))})
    assert result.as_json() == {"metrics": {"accuracy": 0.5}}


def test_the_report_escapes_what_it_is_given() -> None:
    table = Table("t<", ("a",), [("<",)])
    parts = [Part("h <b>", command="c <b>", lines=["<i>"], tables=[table], folded=[table])]
    section = Section("n", "<script>", parts, headline=("f <i>", "<b>"))
    page = report_page(Page("title <b>", "intro <i>", [section], "footer <b>", table))
    for raw in ("<script>", "<b>", "<i>", "t<<"):
        assert raw not in page


@pytest.mark.parametrize("width", [40, 41, 53, 80, 200])
def test_no_word_of_a_table_is_broken(width: int) -> None:
    rows = [
        ("mnist_transfer_cnn", "learns the digits 5-9 upon what it learned from 0-4", "accuracy 0.995"),
        ("x", "", ""),
    ]
    printed = io.StringIO()
    print_table(Console(file=printed, width=width), Table("etudes", ("etude", "learns", "best result"), rows))
    words = {word for row in rows for cell in row for word in cell.split()}
    assert words <= set(re.split(r"[\s│]+", printed.getvalue()))
    assert max(map(len, printed.getvalue().splitlines())) <= width
