"""Text from people is literal wherever it is drawn or printed: no mathematics, no markup, no control of a terminal."""

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image
from rich.console import Console

from etudes.contract import Result, Table
from etudes.views.calibration import reliability_diagram
from etudes.views.card import code, literal_table, run_card
from etudes.views.curves import learning_curves
from etudes.views.grids import confusion_matrix, picture_grid
from etudes.views.plotting import MAX_NAME, figure, installed_fallbacks, one_line, picture, writing
from etudes.views.progress import ProgressLines
from etudes.views.saliency import Explanation, saliency_sheet
from etudes.views.terminal import print_result

NAMES = (
    "US$1", "$\\foo$", "\\alpha", "^_{", "a$b$c", "{}", "%d", "[red]x[/red]", "[/]", ":cat:", "**b**", "<i>", "a|b",
    "_x_", "`", "猫 кот", "🐈", "שלום", "x\ny", "tab\tbed", "\r", "\0", "\x1b[31mred", "\udcff", "", " ", "w" * 500,
    "#1", "&amp;", "~~s~~", "![i](u)",
)  # fmt: skip
HISTORY = [{"phase": "$p_1$", "epoch": epoch, "$loss$": 1 / epoch, "validation_$loss$": 2 / epoch} for epoch in (1, 2)]
PIXELS = np.zeros((len(NAMES), 8, 60, 1), np.uint8)
MAP = np.ones((8, 8), np.float32)


def explained(name: str) -> Explanation:
    return Explanation(np.zeros((8, 8, 1), np.uint8), one_line(name), MAP, MAP, None, None)


DRAWN: dict[str, Callable[[], Any]] = {
    "confusion matrix": lambda: confusion_matrix(np.arange(len(NAMES)), np.arange(len(NAMES)), NAMES, "$test_"),
    "grid": lambda: picture_grid(PIXELS, 6, captions=[one_line(name) for name in NAMES], scale=1),
    "grid of raw lines": lambda: picture_grid(PIXELS, 6, captions=NAMES, scale=1),
    "curves of one": lambda: learning_curves({"$a$": HISTORY}),
    "curves of many": lambda: learning_curves(dict.fromkeys(NAMES, HISTORY)),
    "saliency": lambda: saliency_sheet([explained(name) for name in NAMES[:4]]),
    "calibration": lambda: reliability_diagram(
        np.linspace(0, 1, 4), np.array([1, 20, 300]), np.full(3, 0.5), np.tile((0.4, 0.6), (3, 1)), 0.1, "$\\bad$"
    ),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_no_picture_reads_mathematics_into_names(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No warning either: a font lacks some of these letters, and one name is longer than any picture."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("text was read as mathematics")

    monkeypatch.setattr("matplotlib.mathtext.MathTextParser.parse", fail)
    monkeypatch.setattr("matplotlib.texmanager.TexManager.get_rgba", fail)
    assert min(DRAWN[kind]().size) > 20


def test_a_matplotlibrc_of_a_persons_own_changes_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    before = learning_curves({"a": HISTORY}).tobytes()
    for name, value in {
        "text.usetex": True,
        "text.parse_math": True,
        "font.size": 30.0,
        "lines.linewidth": 9.0,
    }.items():
        monkeypatch.setitem(mpl.rcParams, name, value)
    assert learning_curves({"a": HISTORY}).tobytes() == before
    assert mpl.rcParams["font.size"] == 30.0


def test_powers_on_a_logarithmic_axis_are_written_without_mathematics() -> None:
    with figure(4, 3) as drawn:
        axes = drawn.add_subplot()
        axes.set(xscale="log", yscale="log", xlim=(1e-4, 1e3), ylim=(0.02, 0.09))
        picture(drawn)
        written = {label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels(minor=True))}
    assert {"10⁻²", "10⁰", "10²", "2×10⁻²"} <= written
    assert not any("$" in text or "\\" in text for text in written)


def test_a_name_is_one_line_that_ends_in_dots() -> None:
    assert [one_line(name) for name in ("a\nb\tc", "\udcff", "$x_1$", "")] == ["a\\nb\\tc", "\\udcff", "$x_1$", ""]
    assert len(one_line("\n" * 99)) == len(one_line("x" * 99)) == MAX_NAME
    assert one_line("x" * 99).endswith("…")


def test_the_letters_of_other_scripts_come_from_a_font_that_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etudes.views.plotting.installed_fallbacks", lambda: {"other": "a font"})
    monkeypatch.setattr(
        "etudes.views.plotting._letters", lambda file: set(map(ord, "漢字" if file == "a font" else "x"))
    )
    monkeypatch.setattr("etudes.views.plotting._font", lambda file, _: file)
    assert writing(10, "漢字") == "a font"
    assert writing(10, "plain") == writing(10) != "a font"
    assert set(installed_fallbacks()) <= {"other"}


def printed(show: Callable[[Console], None]) -> str:
    text = io.StringIO()
    show(Console(file=text, width=20_000, force_terminal=True, color_system=None))
    return text.getvalue()


PLAIN = [name for name in NAMES if name.isprintable() and name.strip()]


def test_a_terminal_shows_every_sign() -> None:
    table = Table("[b]title[/b] :cat:", ("[red]", "n"), [(name, 1) for name in NAMES])
    result = Result({"[red]metric": ":dog:"}, [table], lines=list(NAMES), files={"[x]": "runs/[red]/a.png"})
    shown = printed(lambda console: print_result(console, result))
    shown += printed(lambda console: print_result(console, Result(answers=[{"[q]": name} for name in NAMES])))
    shown += printed(lambda console: [ProgressLines(console).message(name) for name in NAMES])  # type: ignore[func-returns-value]
    for text in (*PLAIN, "[b]title[/b] :cat:", "[red]metric", ":dog:", "[x]: runs/[red]/a.png", "[q] [/]"):
        assert text in shown
    assert "\x1b[31m" not in shown
    assert "\\x1b[31mred" in shown


def text_of(card: str) -> list[str]:
    """Every piece of plain text or code of a page in Markdown, as it is read."""
    tokens = [token for token in MarkdownIt().enable("table").parse(card) if token.type == "inline"]
    return ["".join(part.content for part in token.children or []) for token in tokens]


def test_a_card_shows_every_sign() -> None:
    header = {"settings": {f"s{k}": name for k, name in enumerate(NAMES)}, "split": {"test": 1}}
    environment = dict.fromkeys(("processor", "cores", "backend", "precision", "python"), "x")
    environment |= {"versions": {}, "command": "etudes train x --data 'a`b``c|$d$'"}  # type: ignore[dict-item]
    table = Table("by |class|", ("$class$", "n"), [(name, 1.5) for name in NAMES])
    finished = {"metrics": {"m|n": 0.5}, "training_seconds": 1, "weights_sha256": "w"}
    card = run_card("$t$ | <b>", header, environment, finished, Result(tables=[table]), ["a b (1).png"])
    read = text_of(card)
    assert "$t$ | <b>" in read
    for name in PLAIN:
        assert read.count(name.strip()) == 2, name
    assert any("etudes train x --data 'a`b``c|$d$'" in text for text in read)
    assert "](pictures/a%20b%20%281%29.png)" in card
    assert not re.search(r"(?<!\\)\$", card.replace(code(environment["command"]), "")), (
        "GitHub reads $…$ as mathematics"
    )


def test_a_table_of_a_card_keeps_its_columns() -> None:
    assert "| a\\|b\\\\nc | 1 |" in literal_table(Table("t", ("class", "n"), [("a|b\nc", 1)]))


def test_a_picture_of_letters_that_no_font_has_is_a_picture() -> None:
    tile = np.zeros((1, 8, 60, 1), np.uint8)
    assert isinstance(picture_grid(tile, 1, captions=["\U0001f408\u0eff"]), Image.Image)
