"""The parts of the studio that need neither browser nor network."""

import base64
import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from etudes import experiments
from etudes.errors import UserError
from etudes.schema import describe
from etudes.studio import server
from etudes.studio.html import error_line, sum_answer, without_folders
from etudes.studio.pictures import read_drawing
from etudes.studio.translations import _TEXTS, Translations


def address_of(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def test_a_drawing_becomes_what_mnist_holds() -> None:
    """20 pixels along its longer side, the centre of mass in the middle, light on dark: LeCun's own description."""
    image = Image.new("RGBA", (280, 280), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((30, 40, 60, 240), fill="black")
    page = read_drawing(address_of(image)).astype(float)
    assert page.shape == (28, 28)
    rows, columns = np.flatnonzero(page.max(axis=1) > 20), np.flatnonzero(page.max(axis=0) > 20)
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 == 3
    centre = [(page.sum(axis=1 - axis) * (np.arange(28) + 0.5)).sum() / page.sum() for axis in (0, 1)]
    assert np.abs(np.array(centre) - 14).max() <= 0.75
    assert page.max() == 255


@pytest.mark.parametrize(
    "bad", ["", None, "data:image/png;base64,????", "QUJD", "data:image/png;base64," + "A" * 2_000_000]
)
def test_what_is_no_drawing_is_refused_in_one_line(bad: str | None) -> None:
    with pytest.raises(UserError) as refused:
        read_drawing(bad)
    assert "\n" not in str(refused.value)


def test_an_empty_page_and_a_huge_one_are_refused() -> None:
    with pytest.raises(UserError, match="draw something"):
        read_drawing(address_of(Image.new("RGB", (280, 280), "white")))
    with pytest.raises(UserError, match="too large"):
        read_drawing(address_of(Image.new("1", (5000, 5000), 1)))


def test_every_text_is_there_in_both_languages_with_the_same_gaps() -> None:
    for key, (english, chinese) in _TEXTS.items():
        assert english.strip(), key
        assert chinese.strip(), key
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", chinese)), key
        if key != "title":
            assert re.search("[\u4e00-\u9fff]", chinese), f"{key} is not Chinese"


def test_every_text_that_the_tabs_use_exists_and_none_is_left_over() -> None:
    folder = Path(server.__file__).parent
    used = {
        match
        for path in folder.rglob("*.py")
        if path.name != "translations.py"
        for match in re.findall(r"""["']([a-z][a-z ]*)["']""", path.read_text(encoding="utf-8"))
    }
    unused = {key for key in _TEXTS if key not in used}
    assert not unused
    called = {
        match
        for path in folder.rglob("*.py")
        for match in re.findall(r"""translate\(["']([^"']+)["']""", path.read_text(encoding="utf-8"))
    }
    assert called <= set(_TEXTS)


def test_opening_loads_little_beside_gradio(in_gradio: Any) -> None:
    """Opening takes as long as its imports; `studio.opening` measures it in seconds."""
    heavy = {"keras.src", "tensorflow", "jax", "torch", "matplotlib", "sklearn", "scipy", "pandas", "tyro", "mlflow"}
    assert "etudes.studio.page" in in_gradio["loaded"]
    assert heavy & set(in_gradio["loaded"]) == set()


def test_every_form_has_every_setting_with_its_range_and_nothing_else(in_gradio: Any) -> None:
    assert list(in_gradio["forms"]) == experiments.names()
    for etude, form in in_gradio["forms"].items():
        wanted = describe(experiments.load(etude).presets["demo"])
        assert [label for label, _, _ in form["fields"]] == [setting.name.replace("_", " ") for setting in wanted]
        for (_, info, choices), setting in zip(form["fields"], wanted, strict=True):
            assert setting.help in info
            assert setting.choices or setting.range in info
            assert choices == list(setting.choices)
        assert form["changes"] == [{}, {"seed": 7}, {}]


def test_what_a_person_typed_is_never_markup() -> None:
    answer = {"question": "<img src=x>", "answer": "<b>", "characters": [["<", 0.5], ["b", 0.5]], "confidence": 0.25}
    page = sum_answer(Translations("en"), {**answer, "truth": "<i>1"})
    assert "<img" not in page
    assert "<i>1" not in page


def test_other_machines_need_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(server.PASSWORD, raising=False)
    for host in ("0.0.0.0", "::", "192.0.2.7", "studio.example"):
        with pytest.raises(UserError, match="--password-file"):
            server.password_for(host, None)
    for host in ("127.0.0.1", "localhost", "::1", "127.8.9.1"):
        assert server.password_for(host, None) is None
    file = tmp_path / "password"
    file.write_text("a long secret\n")
    assert server.password_for("0.0.0.0", str(file)) == "a long secret"
    file.write_text("\n")
    with pytest.raises(UserError, match="empty"):
        server.password_for("0.0.0.0", str(file))
    monkeypatch.setenv(server.PASSWORD, "another")
    assert server.password_for("0.0.0.0", None) == "another"


def test_a_studio_that_others_could_enter_without_a_password_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from etudes.cli import run

    monkeypatch.delenv(server.PASSWORD, raising=False)
    monkeypatch.setattr(server, "serve", lambda *_: pytest.fail("it was started"))
    assert run(["studio", "--host", "0.0.0.0", "--port", "0"]) == 2
    assert "give --password-file FILE" in capsys.readouterr().err


def test_files_that_people_brought_are_named_without_their_folders() -> None:
    brought = "/somewhere/etudes-studio-k3f9/uploads/ad56eb/my cat.png: is not a picture"
    assert without_folders(brought) == "my cat.png: is not a picture"
    assert without_folders("cannot read 'what?': write two numbers") == "cannot read 'what?': write two numbers"
    assert (
        error_line(Translations("en"), brought)
        == '<p class="error" role="alert">That does not work: my cat.png: is not a picture</p>'
    )


def test_every_etude_has_a_chinese_summary_and_a_tab() -> None:
    for etude in experiments.names():
        assert re.search("[\u4e00-\u9fff]", Translations("zh").summary(etude))
        assert Translations("en").summary(etude) == experiments.load(etude).summary
        assert Translations("en").of_etude(etude).endswith(f" · {etude}")


def test_every_test_that_the_docs_name_exists() -> None:
    page = (Path(__file__).parents[2] / "docs" / "studio.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert len(named) > 20
    assert {name for name in named if f"def {name}(" not in there} == set()


def test_without_gradio_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from etudes.cli import run

    monkeypatch.setitem(sys.modules, "gradio", None)
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    assert run(["studio", "--port", "0"]) == 2
    assert said.getvalue() == "etudes: the studio needs Gradio: pip install 'keras-etudes[studio]'\n"
