"""The report of a run holds what the run's files say, and is written from them alone."""

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import etudes
from etudes import experiments
from etudes.actions.artifacts import command_of, read_results, save_result
from etudes.actions.report import said_of
from etudes.cli import run as command
from etudes.contract import Result, Table
from etudes.errors import UserError
from etudes.runs import Run, bundled_run
from etudes.views.card import show


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("reported") / "run"
    return etudes.train("cifar10_cnn", preset="tiny", out=out, seed=7, quiet=True)


def pictures_in(page: str) -> list[bytes]:
    return [base64.b64decode(found) for found in re.findall(r'src="data:image/[a-z]+;base64,([^"]+)"', page)]


def test_a_training_ends_with_the_page_of_what_is_there(finished: Run) -> None:
    page = (finished.folder / "report.html").read_text(encoding="utf-8")
    metrics = finished.results()["metrics"]
    headline = experiments.load(finished.header()["etude"]).headline_of(metrics)
    for name, value in metrics.items():
        assert f"<td>{name.replace('_', ' ')}</td><td>{show(value)}</td>" in page or name == headline
    assert "<tr><td>seed</td><td>7</td><td>0</td></tr>" in page, "the setting that is not the preset's"
    assert "Not there yet: inside, used" in page


def test_the_report_does_what_is_missing_and_then_shows_all_of_it(
    finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = [Image.new("L", (8, 8), grey) for grey in (0, 255)]
    film[0].save(finished.pictures / "film.gif", save_all=True, append_images=film[1:])
    page = etudes.report(finished).read_text(encoding="utf-8")
    assert "Not there yet" not in page
    assert not re.search(r'(src|href)="(?!data:|#)|url\(|@import|<script', page), "the page points outside itself"
    results = [result for kind in ("evaluate", "inspect", "use") for _, result in read_results(finished, kind)]
    assert len(results) == 3
    files = [path for result in results for path in result.files.values()]
    embedded = pictures_in(page)
    for path in [*files, finished.pictures / "film.gif", finished.pictures / "learning-curves.png"]:
        assert Path(path).read_bytes() in embedded, path
    for picture in embedded:
        Image.open(io.BytesIO(picture)).verify()
    for result in results:
        for table in result.tables:
            assert table.title in page
    assert 'class="confusion"' in page
    before = {path: path.stat().st_mtime_ns for path in finished.folder.rglob("*.json")}
    for name in ("evaluate", "inspect", "use"):
        monkeypatch.setattr(f"etudes.actions.{name}.{name}", lambda *_, **__: pytest.fail("done again"))
    etudes.report(finished)
    assert before == {path: path.stat().st_mtime_ns for path in finished.folder.rglob("*.json")}


def test_pictures_say_what_they_show_as_the_card_does(finished: Run, tmp_path: Path) -> None:
    page = etudes.report(finished, out=tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<figcaption>confusion matrix: which classes are confused</figcaption>" in page
    assert "<figcaption>filters: the 32 kernels" in page
    assert "<figcaption>saliency: three test pictures" in page, "the first row of the card that shows it"


def test_a_dream_is_not_said_to_be_tested(tiny_run: Callable[[str, Path], Run], tmp_path: Path) -> None:
    run = tiny_run("deep_dream", tmp_path / "dream")
    page = etudes.report(run).read_text(encoding="utf-8")
    assert run.header()["split"]["test"] == 0
    assert '<section id="afterwards">' in page
    for words in ("test set", "test split", "never learned from"):
        assert words not in page
        assert words not in (run.folder / "card.md").read_text(encoding="utf-8")


def test_an_answer_without_a_sentence_is_no_json(run: Run) -> None:
    save_result(run, "use", Result(answers=[{"asked": "7", "count": 16}]), "etudes use x 7", weights="w")
    assert [line for _, result in read_results(run, "use") for line in said_of(result)] == ["asked 7  count 16"]


def test_a_page_ends_with_the_commands_for_what_is_not_on_it(finished: Run, runs: Path) -> None:
    page = etudes.report(finished, out="page.html", as_is=True).read_text(encoding="utf-8")
    more = page.partition('<section id="more-to-look-at">')[2]
    for words in ("--rates", "--augmentations", "--picture photo.jpg --target ship"):
        assert f"<td>etudes inspect {finished} {words}</td>" in more, words
    sha256 = finished.results()["weights_sha256"]
    save_result(finished, "inspect", Result(), f"etudes inspect {finished} --rates", weights=sha256)
    page = etudes.report(finished, out="page.html", as_is=True).read_text(encoding="utf-8")
    assert "--rates</td>" not in page, "it was done, so it is on the page"


def test_the_command_prints_where_the_page_is(
    finished: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "new" / "page.html"
    assert command(["report", str(finished.folder), "--as-is", "--out", str(place)]) == 0
    assert capsys.readouterr().out.strip() == str(place)
    assert place.read_text(encoding="utf-8").startswith("<!doctype html>")
    (tmp_path / "file").write_text("")
    assert command(["report", str(finished.folder), "--as-is", "--out", str(tmp_path / "file" / "x.html")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_bundled_run_is_reported_in_the_runs_folder(runs: Path) -> None:
    run = bundled_run("addition_rnn")
    assert run is not None
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    place = etudes.report(run, as_is=True)
    assert place == runs / "addition_rnn-bundled" / "report.html"
    assert before == {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run folder of which only the results are there."""
    made = Run(tmp_path / "a run")
    made.folder.mkdir()
    made.write_json("results.json", {"metrics": {"accuracy": 0.5}, "training_seconds": 1, "weights_sha256": "w"})
    return made


def noted(run: Run, command: str, picture: str, weights: str = "w") -> None:
    place = run.pictures / picture
    Image.new("L", (2, 2)).save(place)
    result = Result(metrics={"f": float("nan")}, tables=[Table("t", ("a",), [(1,)])], files={"p": str(place)})
    save_result(run, "inspect", result, command, weights=weights)


def test_results_are_kept_by_command_and_the_last_picture_of_a_name_counts(run: Run) -> None:
    noted(run, "one", "a.png")
    noted(run, "two", "b.png")
    noted(run, "one", "b.png")
    found = dict(read_results(run, "inspect"))
    assert list(found) == ["two", "one"]
    assert found["two"].files == {}, "its picture was drawn over"
    assert found["one"].files == {"p": str(run.pictures / "b.png")}
    assert found["one"].tables == [Table("t", ["a"], [[1]])]
    noted(run, "three", "c.png", weights="other")
    assert read_results(run, "inspect") == [], "what other weights gave is not this run's"


BAD = [
    {"files": {"x": "../../secret.png"}},
    {"files": {"x": 1}},
    {"files": {}, "tables": [1]},
    {"files": {}, "lines": 3},
    {"files": {}, "metrics": 3},
]


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{",
        '{"entries": 1}',
        '{"entries": [{"command": 1, "files": {}}], "weights_sha256": "w"}',
        *(json.dumps({"entries": [{"command": "c", **part}], "weights_sha256": "w"}) for part in BAD),
    ],
)
def test_a_damaged_record_is_one_line(content: str, run: Run) -> None:
    (run.folder / "inspect.json").write_text(content)
    with pytest.raises(UserError, match="damaged"):
        read_results(run, "inspect")
    noted(run, "one", "a.png")
    assert [command for command, _ in read_results(run, "inspect")] == ["one"], "it is made anew"


def test_a_command_names_the_options_that_were_chosen(run: Run) -> None:
    options = {"kid": True, "augment": False, "top": 3, "classes": ("a b", "c"), "other": None}
    chosen = {name: value for name, value in options.items() if value is not None}
    words = f"etudes inspect '{run}' --kid --no-augment --top 3 --classes 'a b' c"
    assert command_of(run, "inspect", options=chosen) == words
