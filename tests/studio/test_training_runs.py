"""Training runs in the studio: started from the form, watched, stopped, resumed, found again, compared, deleted."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from etudes import experiments
from etudes.errors import UserError
from etudes.runs import BUNDLED, Run, read_metrics
from etudes.runs.locks import holder
from etudes.studio.dreams import newest_picture
from etudes.studio.live import Live, runs_table
from etudes.studio.training_queue import report
from etudes.studio.training_runs import TrainingRuns
from etudes.studio.translations import Translations
from studio.visiting import Served, Visit, open_page, start_studio


def wait_until(holds: Callable[[], Any], patience: float = 180) -> None:
    """Wait until something holds; a page that is loading holds nothing."""
    deadline = time.monotonic() + patience
    while not _holds(holds):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def _holds(holds: Callable[[], Any]) -> Any:
    try:
        return holds()
    except Exception as error:
        if "Execution context was destroyed" in str(error):
            return False
        raise


def press_preset(visit: Visit, etude: str, preset: str) -> None:
    visit.tab("Train")
    page = visit.page
    page.locator("#etude label", has_text=etude).click()
    page.locator(f"#preset-{etude} input").click()
    page.get_by_role("option", name=preset, exact=True).click()


def choose_preset(visit: Visit, etude: str, preset: str) -> None:
    press_preset(visit, etude, preset)
    page = visit.page
    epochs = str(experiments.load(etude).presets[preset].epochs)  # type: ignore[attr-defined]
    field = page.locator(f"#setting-{etude}-epochs input")
    wait_until(lambda: not field.count() or field.input_value() == epochs)


def start(visit: Visit, etude: str) -> str:
    """Start a training; gives the name of its run."""
    visit.page.locator("#train-said .note").evaluate_all("notes => notes.forEach(note => note.remove())")
    visit.page.locator(f"#start-{etude}").click()
    line = visit.page.locator("#train-said .note", has_text="is in the queue")
    line.wait_for()
    return str(line.inner_text().split()[0])


def start_before_the_fields_are_filled(visit: Visit, etude: str, preset: str) -> str:
    """Choose a preset on a slow line, and start while the fields still hold the values of the one before."""
    held: list[Any] = []

    def hold(route: Any) -> None:
        if route.request.post_data_json["data"] == [preset]:
            held.append(route)
        else:
            route.continue_()

    page, joining = visit.page, "**/queue/join*"
    page.route(joining, hold)
    press_preset(visit, etude, preset)
    wait_until(lambda: page.wait_for_timeout(20) or held)
    run = start(visit, etude)
    held[0].continue_()
    page.unroute(joining, hold)
    return run


def state_of(visit: Visit, run: str) -> str:
    return str(visit.page.locator(f"#runs-table tr:has(td:text-is('{run}')) td:nth-child(4)").inner_text())


def choose_run(visit: Visit, run: str) -> None:
    visit.page.locator("#run input").click()
    visit.page.get_by_role("option", name=run, exact=True).click()
    visit.page.locator("#live h3", has_text=f"{run}:").wait_for()


@pytest.fixture
def studios(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts a studio; in the end all of them are ended, and what still trains in their runs."""
    started: list[Served] = []

    def start(port: int | None = None) -> Served:
        started.append(start_studio(tmp_path / "runs", port=port))
        return started[-1]

    yield start
    for served in started:
        served.end()
    for settings in (tmp_path / "runs").glob("*/settings.toml"):
        if process := holder(settings.parent):
            os.kill(process, signal.SIGKILL)


@pytest.mark.long
def test_a_run_is_watched_stopped_found_again_resumed_compared_and_deleted(
    browser: Any, studios: Callable[..., Served]
) -> None:
    """One long story, as starting a studio and a backend is what costs time."""
    served = studios()
    names = ["antirectifier-tuned-8", "addition_rnn-tuned-9"]
    for name in names:
        shutil.copytree(BUNDLED / name.partition("-")[0], served.runs / name)
    visit = open_page(browser, served.address)
    page = visit.page
    visit.tab("Train")
    page.locator("button", has_text="All settings").locator("visible=true").click()
    choose_preset(visit, "addition_rnn", "tiny")
    epochs = page.locator("#setting-addition_rnn-epochs input")
    epochs.fill("0")
    epochs.press("Tab")
    page.locator("#start-addition_rnn").click()
    page.locator("#train-said .error", has_text="--epochs 0: must be >= 1").wait_for()
    epochs.fill("2000")
    epochs.press("Tab")
    run = start(visit, "addition_rnn")
    folder = served.runs / run
    hasty = start_before_the_fields_are_filled(visit, "cifar10_cnn", "tiny")
    command = json.loads((served.runs / ".studio" / "queue" / f"{hasty}.json").read_bytes())["command"]
    assert command == ["train", "cifar10_cnn", "--preset", "tiny", "--out", str(served.runs / hasty)]

    # What waits is taken out of the queue.
    visit.tab("Runs")
    choose_run(visit, hasty)
    assert state_of(visit, hasty) == "queued"
    page.locator("#stop").click()
    page.locator(f"#runs-table td:text-is('{hasty}')").wait_for(state="detached")

    choose_run(visit, run)
    page.locator("#live figcaption", has_text="Learning curves").wait_for()

    # What is in the folder is on the page after at most three looks: one may be under way, and one be late.
    count = len(read_metrics(folder))
    wait_until(lambda: len(read_metrics(folder)) > count)
    cell = page.locator(f"#runs-table tr:has(td:text-is('{run}')) td:nth-child(5)")
    looks = len(visit.looks())
    wait_until(lambda: int(cell.inner_text() or 0) > count)
    assert len(visit.looks()) - looks <= 3
    assert state_of(visit, run) == "running"

    # The server is killed; the run continues; a page that stayed open finds the new server, and the run.
    page.evaluate("window.before = true")
    served.end(signal.SIGKILL)
    count = len(read_metrics(folder))
    wait_until(lambda: len(read_metrics(folder)) > count)
    served = studios(served.port)
    wait_until(lambda: page.evaluate("!window.before && !!document.querySelector('#ask')"))
    visit.tab("Runs")
    wait_until(lambda: state_of(visit, run) == "running")

    # The browser is closed, and another one comes.
    page.context.close()
    visit = open_page(browser, served.address)
    page = visit.page
    visit.tab("Runs")
    wait_until(lambda: state_of(visit, run) == "running")

    # Stop, and resume.
    choose_run(visit, run)
    page.locator("#delete").click()
    page.locator("#confirm").click()
    page.locator("#runs-said .error", has_text="stop it first").wait_for()
    page.locator("#stop").click()
    wait_until(lambda: state_of(visit, run) == "stopped")
    count = len(read_metrics(folder))
    time.sleep(1)
    assert len(read_metrics(folder)) == count
    page.locator("#resume").click()
    wait_until(lambda: len(read_metrics(folder)) > count)
    assert [record["epoch"] for record in read_metrics(folder)] == list(range(1, len(read_metrics(folder)) + 1))
    visit.shot("runs-desktop")
    page.locator("#stop").click()
    wait_until(lambda: state_of(visit, run) == "stopped")

    # Finished runs are compared.
    page.locator("button", has_text="Compare").first.click()
    for name in names:
        page.locator("#several input").click()
        page.get_by_role("option", name=name, exact=True).click()
    page.locator("#several input").press("Escape")
    page.locator("#compare").click()
    page.locator("#compared table caption", has_text="results").wait_for()
    assert all(name in page.locator("#compared").inner_text() for name in names)
    visit.shot("compare-desktop")

    # Its report, where it has one, and deletion after a second question.
    (served.runs / names[0] / "report.html").write_text("<h1>report</h1><script>document.title='stolen'</script>")
    choose_run(visit, names[0])
    page.locator("#live a.save").wait_for()
    own_page = f"../pages/{names[0]}?studio=en#lang=en"
    assert page.locator("#live a.page").get_attribute("href") == own_page
    assert page.locator("#runs-table a", has_text=names[0]).get_attribute("href") == own_page
    with page.context.expect_page() as opened:
        page.locator("#live a.save").click()
    opened.value.wait_for_load_state()
    assert opened.value.locator("h1").inner_text() == "report"
    assert opened.value.title() != "stolen"
    opened.value.close()
    page.locator("#delete").click()
    page.locator("#keep").click()
    assert (served.runs / names[0]).is_dir()
    page.locator("#delete").click()
    page.locator("#confirm", has_text=names[0]).click()
    page.locator("#runs-said .note", has_text="is deleted").wait_for()
    assert not (served.runs / names[0]).exists()
    assert not visit.errors
    page.context.close()


def test_the_newest_pictures_of_a_run_are_on_the_page_as_soon_as_they_are_written(runs: Path) -> None:
    """Of an animation the last one alone; a picture of which half is there is left for the next look."""
    folder = runs / "mnist_acgan-tiny-1"
    shutil.copytree(BUNDLED / "mnist_acgan", folder)
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    (folder / "pictures").mkdir()
    training_runs = TrainingRuns()
    live, name = Live(Translations("en"), training_runs), folder.name
    try:
        marks, shown = [live.version(name)], [live.page(name)]
        for number, colour in ((1, "red"), (2, "blue")):
            Image.new("RGB", (8, 8), colour).save(folder / "pictures" / f"epoch-{number}.png")
            marks.append(live.version(name))
            shown.append(live.page(name))
        assert len(set(marks)) == 3
        assert ["epoch 1" in page for page in shown] == [False, True, False]
        assert ["epoch 2" in page for page in shown] == [False, False, True]
        whole = (folder / "pictures" / "epoch-2.png").read_bytes()
        (folder / "pictures" / "epoch-3.png").write_bytes(whole[: len(whole) // 2])
        assert "<h3>" in live.page(name)
    finally:
        training_runs.close()


def test_finished_runs_are_compared(
    queue: tuple[TrainingRuns, list[str]], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gradio")
    monkeypatch.setenv("ETUDES_RUNS", runs.name)  # as by default: curves are labelled with the paths of their runs
    from etudes.studio.studio import Studio
    from etudes.studio.tabs.runs import comparing

    for seed in (8, 9):
        shutil.copytree(BUNDLED / "antirectifier", runs / f"antirectifier-tuned-{seed}")
    studio = Studio()
    try:
        compare = comparing(Translations("en"), studio)
        page = compare(["antirectifier-tuned-8", "antirectifier-tuned-9"])
        assert page.count("<table>") >= 2
        assert '<th scope="col">antirectifier-tuned-8</th>' in page
        assert "data:image/png" in page
        assert 'class="error"' in compare(["antirectifier-tuned-8"])
        assert 'class="error"' in compare(["antirectifier-tuned-8", "../outside"])
    finally:
        studio.close()


def test_a_dream_shows_its_largest_size_until_it_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "pictures"
    place.mkdir()
    seen = [newest_picture(tmp_path)]
    for name in ("octave-1.png", "octave-2.png", "dream.png"):
        (place / name).write_bytes(b"")
        seen.append(newest_picture(tmp_path))
    assert seen == [None, place / "octave-1.png", place / "octave-2.png", place / "dream.png"]


@pytest.mark.parametrize("name", ["", ".", "..", "../outside", "/etc", "a\0b", "nothing-tiny-1"])
def test_only_runs_in_the_runs_folder_are_deleted(runs: Path, name: str) -> None:
    (runs.parent / "outside").mkdir(parents=True)
    (runs.parent / "outside" / "settings.toml").write_text(
        'etude = "addition_rnn"\npreset = "tiny"\n[settings]\n[data]\n'
    )
    training_runs = TrainingRuns()
    try:
        with pytest.raises(UserError, match="there is no run"):
            training_runs.delete(name)
        link = runs / "link"
        link.symlink_to(runs.parent / "outside")
        with pytest.raises(UserError, match="remove it by hand"):
            training_runs.delete("link")
    finally:
        training_runs.close()
    assert (runs.parent / "outside" / "settings.toml").exists()


def test_a_run_that_is_refused_stays_in_the_table_with_its_reason(runs: Path) -> None:
    training_runs = TrainingRuns()
    try:
        name = training_runs.start("cifar10_cnn", "tiny", {"data": "no-such-folder.npz"})
        wait_until(lambda: training_runs.find(name).state == "failed")
        assert re.search(r"no-such-folder", training_runs.log_of(name))
        training_runs.delete(name)
        assert training_runs.runs() == []
    finally:
        training_runs.close()


@pytest.fixture
def queue(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TrainingRuns, list[str]]]:
    """A queue that only the test looks at, and the names of the runs that it would start."""
    started: list[str] = []

    def start(self: TrainingRuns, name: str, command: list[str]) -> None:
        if command[-1] == "no-process":
            raise BlockingIOError("no process can be started")
        subprocess.list2cmdline(command).encode()
        started.append(name)

    monkeypatch.setattr(TrainingRuns, "_start_process", start)
    monkeypatch.setattr(TrainingRuns, "_work", lambda self: None)
    report.cache_clear()
    queue = TrainingRuns()
    yield queue, started
    queue.close()


GOOD = {"etude": "cifar10_cnn", "preset": "tiny", "command": ["train", "cifar10_cnn"], "queued_at": 1}
DAMAGED = {
    "empty": b"",
    "cut": json.dumps(GOOD).encode()[:-9],
    "list": b"[1, 2]",
    "no-command": json.dumps({**GOOD, "command": None}).encode(),
    "no-etude": json.dumps({key: value for key, value in GOOD.items() if key != "etude"}).encode(),
    "number": json.dumps({**GOOD, "etude": 5}).encode(),
    "other-command": json.dumps({**GOOD, "command": ["rm", "-r"]}).encode(),
    "numbers": json.dumps({**GOOD, "command": ["train", 5]}).encode(),
    "half-a-letter": json.dumps({**GOOD, "preset": "\ud800"}).encode(),
    "not-unicode": b"\xff\xfe\x00",
    "deep": b"[" * 200_000,
    "impossible-word": json.dumps({**GOOD, "command": ["train", "\ud800"]}).encode(),
    "folder": None,
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_queue_file_is_set_aside_and_later_runs_start(
    queue: tuple[TrainingRuns, list[str]], capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    training_runs, started = queue
    damaged, content = training_runs.folder / "queue" / "cifar10_cnn-tiny-1.json", DAMAGED[kind]
    damaged.mkdir() if content is None else damaged.write_bytes(content)
    os.utime(damaged, (1, 1))  # it is first in the queue
    later = training_runs.start("cifar10_cnn", "tiny", {})
    training_runs.runs()
    training_runs.start_next()
    assert started == [later]
    assert not damaged.exists()
    assert damaged.with_suffix(".damaged").exists()
    said = capsys.readouterr().err
    assert "cifar10_cnn-tiny-1 was not started, start it again: its queue file is damaged" in said
    assert said.count("\n") == 1
    listed = {one.name: one.state for one in training_runs.runs()}
    assert listed["cifar10_cnn-tiny-1"] == "failed"
    assert "was not started" in training_runs.log_of("cifar10_cnn-tiny-1")  # the page shows it
    training_runs.delete("cifar10_cnn-tiny-1")
    assert "cifar10_cnn-tiny-1" not in {one.name for one in training_runs.runs()}


def test_a_run_that_cannot_be_started_now_waits_and_does_not_hold_up_others(
    queue: tuple[TrainingRuns, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    training_runs, started = queue
    waiting = training_runs.folder / "queue" / "cifar10_cnn-tiny-1.json"
    waiting.write_text(json.dumps({**GOOD, "command": ["train", "no-process"]}))
    os.utime(waiting, (1, 1))
    later = training_runs.start("cifar10_cnn", "tiny", {})
    for _ in range(3):
        training_runs.start_next()
    assert started == [later]
    assert training_runs.find("cifar10_cnn-tiny-1").state == "queued"
    assert capsys.readouterr().err.count("no process can be started") == 1


def test_what_others_put_into_the_runs_folder_does_not_break_the_list(
    queue: tuple[TrainingRuns, list[str]], runs: Path
) -> None:
    """Each is made by hand, by another program, or cut off by a full disk."""
    training_runs, _ = queue
    shutil.copytree(BUNDLED / "antirectifier", runs / "antirectifier-tuned-1")
    for name, files in {
        "no-toml": {"settings.toml": b"\x00\xff"},
        "no-names": {"settings.toml": b"etude = 5\n"},
        "other-etude": {"settings.toml": b'etude = "x"\npreset = "y"\n[settings]\n[data]\n', "results.json": b"{}"},
        "bad-results": {"results.json": b"[]", "metrics.jsonl": b"nothing\n"},
        "huge-number": {"metrics.jsonl": b'{"phase": "", "epoch": 1, "seconds": 1, "loss": 1' + b"0" * 400 + b"}\n"},
        "bad-picture": {"pictures/epoch-1.png": b"\x89PNG\r\n\x1a\n", "pictures/epoch-2.gif": b"GIF89a"},
    }.items():
        shutil.copytree(runs / "antirectifier-tuned-1", runs / name)
        for file, content in files.items():
            (runs / name / file).parent.mkdir(exist_ok=True)
            (runs / name / file).write_bytes(content)
    shutil.copytree(runs / "antirectifier-tuned-1", runs / os.fsdecode(b"\xff"))
    (training_runs.folder / "a-b-c.log").mkdir()
    (training_runs.folder / "gone-b-c.log").symlink_to("nowhere")
    listed = training_runs.runs()
    assert {"antirectifier-tuned-1", "other-etude", "bad-results", "bad-picture"} < {one.name for one in listed}
    table = runs_table(Translations("en"), listed)
    table.encode()
    assert "antirectifier-tuned-1" in table
    live = Live(Translations("en"), training_runs)
    for one in listed:
        live.version(one.name).encode()
        assert "<h3>" in live.page(one.name)


def test_what_waits_is_taken_up_by_the_next_studio(queue: tuple[TrainingRuns, list[str]]) -> None:
    first, started = queue
    name = first.start("cifar10_cnn", "tiny", {})
    first.close()
    second = TrainingRuns()
    assert second.find(name).state == "queued"
    second.start_next()
    assert started == [name]


def test_a_lock_that_another_process_holds_is_seen(runs: Path) -> None:
    run = Run(runs / "a-tiny-1")
    assert holder(run.folder) is None
    code = f"""
import sys; from pathlib import Path; from etudes.runs import Run
with Run(Path({str(run.folder)!r})).locked():
    print("held", flush=True); sys.stdin.read()
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert holder(run.folder) == child.pid
        child.communicate("")
    assert holder(run.folder) is None
