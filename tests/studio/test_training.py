"""Trainings in the studio: started from the form, watched, stopped, gone on with, found again, compared, deleted."""

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from etudes import experiments
from etudes.errors import UserError
from etudes.runs import BUNDLED, Run, read_metrics
from etudes.studio.dreams import newest_picture
from etudes.studio.live import Live
from etudes.studio.trainings import Trainings, holder_of
from etudes.studio.words import Words
from studio.visiting import Served, Visit, open_page, start_studio


def wait_until(holds: Callable[[], Any], seconds: float = 180) -> float:
    """Seconds until something holds; a page that is loading holds nothing."""
    began = time.monotonic()
    while not _holds(holds):
        assert time.monotonic() - began < seconds, "it did not come to pass"
        time.sleep(0.05)
    return time.monotonic() - began


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
        if process := holder_of(Run(settings.parent)):
            os.kill(process, signal.SIGKILL)


def test_a_training_is_watched_stopped_found_again_gone_on_with_compared_and_deleted(
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
    page.locator("#train-said .refusal", has_text="--epochs 0: must be >= 1").wait_for()
    epochs.fill("2000")
    epochs.press("Tab")
    run = start(visit, "addition_rnn")
    folder = served.runs / run
    hasty = start_before_the_fields_are_filled(visit, "cifar10_cnn", "tiny")
    words = json.loads((served.runs / ".studio" / "queue" / f"{hasty}.json").read_bytes())["words"]
    assert words == ["train", "cifar10_cnn", "--preset", "tiny", "--out", str(served.runs / hasty)]

    # What waits is taken out of the queue.
    visit.tab("Runs")
    choose_run(visit, hasty)
    assert state_of(visit, hasty) == "queued"
    page.locator("#stop").click()
    page.locator(f"#runs-table td:text-is('{hasty}')").wait_for(state="detached")

    choose_run(visit, run)
    page.locator("#live figcaption", has_text="Learning curves").wait_for()

    # What is on the page is at most two seconds behind what is in the folder, however slow the machine is otherwise.
    count = len(read_metrics(folder))
    wait_until(lambda: len(read_metrics(folder)) > count)
    cell = page.locator(f"#runs-table tr:has(td:text-is('{run}')) td:nth-child(5)")
    behind = wait_until(lambda: int(cell.inner_text() or 0) > count)
    assert behind < (2 if os.getloadavg()[0] < 1.5 else 30)
    assert state_of(visit, run) == "running"

    # The server is killed; the training goes on; a page that stayed open finds the new server, and the run.
    page.evaluate("window.before = true")
    served.end(signal.SIGKILL)
    count = len(read_metrics(folder))
    wait_until(lambda: len(read_metrics(folder)) > count)
    served = studios(served.port)
    found = wait_until(lambda: page.evaluate("!window.before && !!document.querySelector('#ask')"))
    visit.tab("Runs")
    found += wait_until(lambda: state_of(visit, run) == "running")
    assert found < (5 if os.getloadavg()[0] < 1.5 else 60)

    # The browser is closed, and another one comes.
    page.context.close()
    visit = open_page(browser, served.address)
    page = visit.page
    visit.tab("Runs")
    wait_until(lambda: state_of(visit, run) == "running")

    # Stop, and resume.
    choose_run(visit, run)
    page.locator("#delete").click()
    page.locator("#sure").click()
    page.locator("#runs-said .refusal", has_text="stop it first").wait_for()
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
    (served.runs / names[0] / "report.html").write_text("<h1>told</h1><script>document.title='stolen'</script>")
    choose_run(visit, names[0])
    page.locator("#live a.save").wait_for()
    with page.context.expect_page() as opened:
        page.locator("#live a.save").click()
    opened.value.wait_for_load_state()
    assert opened.value.locator("h1").inner_text() == "told"
    assert opened.value.title() != "stolen"
    opened.value.close()
    page.locator("#delete").click()
    page.locator("#keep").click()
    assert (served.runs / names[0]).is_dir()
    page.locator("#delete").click()
    page.locator("#sure", has_text=names[0]).click()
    page.locator("#runs-said .note", has_text="is gone").wait_for()
    assert not (served.runs / names[0]).exists()
    assert not visit.errors
    page.context.close()


def test_the_newest_pictures_of_a_run_are_on_the_page_as_soon_as_they_are_written(runs: Path) -> None:
    """Of an animation the last one alone; a picture of which half is there is left for the next look."""
    folder = runs / "mnist_acgan-tiny-1"
    shutil.copytree(BUNDLED / "mnist_acgan", folder)
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    (folder / "pictures").mkdir()
    trainings = Trainings()
    live, name = Live(Words("en"), trainings), folder.name
    try:
        marks, shown = [live.mark(name)], [live.shown(name)]
        for number, colour in ((1, "red"), (2, "blue")):
            Image.new("RGB", (8, 8), colour).save(folder / "pictures" / f"epoch-{number}.png")
            marks.append(live.mark(name))
            shown.append(live.shown(name))
        assert len(set(marks)) == 3
        assert ["epoch 1" in page for page in shown] == [False, True, False]
        assert ["epoch 2" in page for page in shown] == [False, False, True]
        whole = (folder / "pictures" / "epoch-2.png").read_bytes()
        (folder / "pictures" / "epoch-3.png").write_bytes(whole[: len(whole) // 2])
        assert "<h3>" in live.shown(name)
    finally:
        trainings.close()


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
    trainings = Trainings()
    try:
        with pytest.raises(UserError, match="there is no run"):
            trainings.delete(name)
        link = runs / "link"
        link.symlink_to(runs.parent / "outside")
        with pytest.raises(UserError, match="remove it by hand"):
            trainings.delete("link")
    finally:
        trainings.close()
    assert (runs.parent / "outside" / "settings.toml").exists()


def test_a_training_that_is_refused_stays_in_the_table_with_its_reason(runs: Path) -> None:
    trainings = Trainings()
    try:
        name = trainings.start("cifar10_cnn", "tiny", {"data": "no-such-folder.npz"})
        wait_until(lambda: trainings.find(name).state == "failed")
        assert re.search(r"no-such-folder", trainings.log_of(name))
        trainings.delete(name)
        assert trainings.runs() == []
    finally:
        trainings.close()


def test_what_waits_is_taken_up_by_the_next_studio(runs: Path) -> None:
    first = Trainings()
    first.close()
    time.sleep(0.5)
    name = first.start("cifar10_cnn", "tiny", {"data": "no-such-folder.npz"})
    assert first.find(name).state == "queued"
    second = Trainings()
    try:
        wait_until(lambda: second.find(name).state == "failed")
    finally:
        second.close()


def test_a_lock_that_another_process_holds_is_seen(runs: Path) -> None:
    import subprocess
    import sys

    run = Run(runs / "a-tiny-1")
    assert holder_of(run) is None
    code = f"""
import sys; from pathlib import Path; from etudes.runs import Run
with Run(Path({str(run.folder)!r})).locked():
    print("held", flush=True); sys.stdin.read()
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert holder_of(run) == child.pid
        child.communicate("")
    assert holder_of(run) is None
