"""What train, use, evaluate and inspect give back shows itself, in a console and in a notebook."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes.actions.studies import Listing
from etudes.contract import Result, Table
from etudes.errors import UserError
from etudes.results import html
from etudes.runs import BUNDLED, Run
from etudes.runs.history import History
from etudes.views.plotting import picture as drawn_picture

HOSTILE = '<script>alert("x")</script>'


def noise(side: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8))


def pictures_in(page: str) -> list[Image.Image]:
    return [
        Image.open(io.BytesIO(base64.b64decode(data)))
        for data in re.findall(r'src="data:image/[a-z]+;base64,([^"]+)"', page)
    ]


def test_a_result_shows_lines_metrics_tables_and_pictures() -> None:
    table = Table("errors", ("question", "how often"), [("1+1", 3)])
    result = Result({"exact_match": 0.98765}, [table], {"map": noise(40)}, lines=["1+1 = 2"], answers=[{}])
    result.captions["map"] = "where it errs"
    page = result._repr_html_()
    assert all(text in page for text in ("exact match", "0.9877", "1+1 = 2", "how often", "where it errs"))
    (shown,) = pictures_in(page)
    assert np.array_equal(np.asarray(shown), np.asarray(result.pictures["map"]))
    assert repr(result) == "<Result: exact_match 0.9877; 1 answer; 1 table; 1 picture; 1+1 = 2>"
    assert str(result) == "1+1 = 2\nexact match: 0.9877"


def test_the_answer_is_shown_before_notes() -> None:
    result = Result(lines=["1+1 = 2"], answers=[{}])
    result.add_notes(["read so"])
    result.add_notes(["and so"])
    assert repr(result) == "<Result: 1 answer; 1+1 = 2>"
    assert str(result) == "and so\nread so\n1+1 = 2"
    assert repr(Result(lines=["read so"], noted=1)) == "<Result: read so>"


def test_text_of_people_is_escaped_and_cut() -> None:
    table = Table(HOSTILE, (HOSTILE,), [(HOSTILE,), (HOSTILE * 1000,)])
    result = Result({HOSTILE: HOSTILE}, [table], {HOSTILE.replace("/", ""): noise(4)}, lines=[HOSTILE])
    page = result._repr_html_()
    assert "<script" not in page
    assert len(page) < 10_000


def test_a_result_is_no_larger_than_a_page_can_bear() -> None:
    table = Table("long", ("n",), [(n,) for n in range(100_000)])
    pictures = {f"picture-{n}": noise(1500) for n in range(15)} | {f"set/{n}": noise(8) for n in range(50)}
    result = Result({}, [table], pictures, lines=["line"] * 10_000)
    page = result._repr_html_()
    assert len(page) <= html.MAX_BYTES + 100_000
    assert all(max(shown.size) <= html.MAX_SIDE for shown in pictures_in(page))
    assert "99,960 more rows" in page
    assert "more in <code>result.pictures</code>" in page
    assert len(repr(result)) <= 200


def test_a_film_is_a_film() -> None:
    frames = [noise(20, seed).resize((400, 400), 0) for seed in range(200)]
    (film,) = pictures_in(Result(pictures={"walk": frames})._repr_html_())
    assert film.format == "GIF"
    assert 1 < getattr(film, "n_frames", 1) <= html.MAX_FRAMES


@pytest.mark.long
def test_of_a_film_too_large_for_a_page_the_first_frame_is_shown() -> None:
    result = Result(pictures={"walk": [noise(400, seed) for seed in range(60)]})
    page = result._repr_html_()
    assert len(page) <= html.MAX_BYTES
    assert len(pictures_in(page)) == 1


def test_an_empty_result_and_small_pictures() -> None:
    assert repr(Result()) == "<Result: empty>"
    assert pictures_in(Result()._repr_html_()) == []
    for image in (Image.new("L", (1, 1)), Image.new("RGBA", (3, 9)), Image.new("1", (5, 5))):
        assert len(pictures_in(Result(pictures={"small": image})._repr_html_())) == 1


def test_a_run_shows_metrics_and_curves() -> None:
    run = Run(BUNDLED / "addition_rnn")
    assert run.metrics == run.results()["metrics"]
    page = run._repr_html_()
    assert "exact match" in page
    assert len(pictures_in(page)) == 1
    assert repr(run).startswith("<Run addition_rnn@bundled; addition_rnn tuned; exact_match ")


def test_runs_that_are_not_finished_or_damaged_show_that(tmp_path: Path) -> None:
    run = Run(tmp_path / "none")
    assert (run.metrics, run.history) == ({}, {})
    assert "none" in repr(run)
    assert "is not a run folder" in run._repr_html_()
    run.write_header({"etude": "addition_rnn", "preset": "tiny", "settings": {}, "data": {}})
    assert repr(run).endswith("addition_rnn tiny; not finished>")
    (run.folder / "metrics.jsonl").write_text("no JSON\n")
    assert "preset tiny" in run._repr_html_()
    (run.folder / "results.json").write_text("no JSON")
    assert repr(run)
    assert "is damaged" in run._repr_html_()


def test_history_is_columns() -> None:
    history = History.of([{"phase": "a", "epoch": 1, "loss": 0.5}, {"phase": "b", "epoch": 1, "accuracy": 0.9}])
    assert history == {"phase": ["a", "b"], "epoch": [1, 1], "loss": [0.5, None], "accuracy": [None, 0.9]}
    assert repr(history) == "<History of 2 epochs: phase, epoch, loss, accuracy>"
    assert "<td" in history._repr_html_()
    assert history.frame().shape == (2, 4)


def test_without_pandas_a_frame_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install pandas"):
        History().frame()


def test_curves_are_a_figure_that_shows_itself() -> None:
    figure = Run(BUNDLED / "cifar10_cnn").plot()
    assert len(figure.axes) > 1
    shown = Image.open(io.BytesIO(figure._repr_png_()))  # type: ignore[attr-defined]
    assert np.array_equal(np.asarray(shown), np.asarray(drawn_picture(figure)))


def test_what_there_is_shows_itself() -> None:
    studies, presets, settings = etudes.list(), etudes.presets("cifar10_cnn"), etudes.settings("cifar10_cnn")
    assert "deep_dream" in studies
    assert {"classic", "tuned", "demo", "tiny"} <= {*presets}
    assert settings["epochs"].default == presets["tuned"].epochs  # type: ignore[attr-defined]
    for listing in (studies, presets, settings):
        assert isinstance(listing, Listing)
        assert all(name in repr(listing) and name in listing._repr_html_() for name in listing)
    assert "augmentation" in repr(presets)
    assert "seed" not in repr(presets)  # the same in all of them


def test_a_loaded_run_is_short() -> None:
    from etudes.actions.loading import open_run

    assert repr(open_run("addition_rnn@bundled")).startswith("<LoadedRun addition_rnn@bundled: ")
