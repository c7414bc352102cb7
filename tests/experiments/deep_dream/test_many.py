"""Several dreams of one command: pictures, folders and films; one that cannot be dreamed on; interruptions; logs."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

import etudes
from etudes.errors import Interrupted, UserError
from etudes.experiments.deep_dream import progress
from etudes.experiments.deep_dream.films import Flicker, carried_over
from etudes.experiments.deep_dream.objectives import objective_of
from etudes.experiments.deep_dream.progress import LogLines, Part
from etudes.views.pictures import written_by_etudes
from experiments.deep_dream.dreams import noise

QUICK = {"weights": "untrained", "octaves": 1, "iterations": 2, "layers": ("conv3",)}


def photo(name, size=(40, 50), seed=0):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(20, 220, (*size, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(name)
    return str(name)


def film(name, frames):
    first, *rest = [Image.fromarray(frame) for frame in frames]
    first.save(name, save_all=True, append_images=rest, duration=100)
    return str(name)


def everything():
    return {str(path): path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def test_two_photographs_are_two_dreams_and_stay_as_they_are():
    for seed, name in enumerate(("one.jpg", "two.png")):
        photo(name, seed=seed)
    before = everything()
    result = etudes.use("deep_dream", "one.jpg", "two.png", **QUICK)
    assert before.items() <= everything().items()
    assert result.files == {f"dreams/{stem}-dream.png": f"dreams/{stem}-dream.png" for stem in ("one", "two")}
    assert [answer["picture"] for answer in result.answers] == ["one.jpg", "two.png"]
    etudes.use("deep_dream", "two.png", "alone.png", **QUICK)
    with Image.open("alone.png") as alone, Image.open("dreams/two-dream.png") as among:
        np.testing.assert_array_equal(np.asarray(alone), np.asarray(among))
    assert all(map(written_by_etudes, ("alone.png", *result.files.values())))
    again = everything()
    etudes.use("deep_dream", "one.jpg", "two.png", **QUICK)  # its own dreams may be written again
    assert everything() == again


def test_what_cannot_be_dreamed_on_is_named_and_the_others_are_answered():
    photo("in/a.png", (90, 120))
    photo("in/tiny.png", (8, 9))
    photo("in/z.png")
    photo("in/broken.jpg")
    Path("in/broken.jpg").write_bytes(Path("in/broken.jpg").read_bytes()[:-500])
    Path("in/text.jpg").write_text("no picture", encoding="utf-8")
    result = etudes.use("deep_dream", "in", "out", max_size=100, **QUICK)
    assert sorted(path.name for path in Path("out").iterdir()) == ["a-dream.png", "z-dream.png"]
    assert result.lines[0] == "1 of 5 are shrunk to 100 pixels on the longer side; --max-size 0 keeps their sizes"
    named = [line for line in result.lines if line.startswith("not dreamed on: ")]
    order = [next(name for name in ("broken", "text", "tiny") if name in line) for line in named]
    assert order == ["text", "tiny", "broken"]
    assert len(result.answers) == 5
    for name in ("a.png", "text.jpg", "tiny.png", "z.png"):
        Path("in", name).unlink()
    with pytest.raises(UserError, match="broken"):
        etudes.use("deep_dream", "in", "out", **QUICK)


def test_the_same_command_goes_on_with_the_pictures_that_are_left(stop_at):
    for seed in range(3):
        photo(f"{seed}.png", seed=seed)
    straight = etudes.use("deep_dream", "0.png", "1.png", "2.png", out="straight", **QUICK)
    steps = stop_at(3)
    with pytest.raises(Interrupted, match=r"1-dream.png is the dream so far, and the same command resumes it"):
        etudes.use("deep_dream", "0.png", "1.png", "2.png", "new", **QUICK)
    result = etudes.use("deep_dream", "0.png", "1.png", "2.png", "new", **QUICK)
    assert len(steps) == 6, "none was taken twice"
    assert [line.replace("new/", "straight/") for line in result.lines] == straight.lines
    assert {path.name: path.read_bytes() for path in Path("new").iterdir()} == {
        path.name: path.read_bytes() for path in Path("straight").iterdir()
    }


def test_a_film_is_dreamed_frame_by_frame_and_resumed(stop_at):
    rng = np.random.default_rng(0)
    scene = rng.integers(40, 200, (30, 40, 3))
    frames = [np.clip(scene + rng.integers(-9, 10, scene.shape), 0, 255).astype(np.uint8) for _ in range(3)]
    film("in.gif", frames)
    result = etudes.use("deep_dream", "in.gif", "straight.gif", **QUICK)
    answer = result.answers[0]
    assert (answer["frames"], answer["dream"]) == (3, "straight.gif")
    assert answer["flicker"] == pytest.approx(answer["change_of_dream"] - answer["change_of_film"], abs=0.02)
    assert "3 frames dreamed with conv3 of untrained; from frame to frame" in result.lines[0]
    with Image.open("straight.gif") as dream:
        assert (dream.n_frames, dream.size, dream.info["duration"]) == (3, (40, 30), 100)
    steps = stop_at(4)
    with pytest.raises(Interrupted):
        etudes.use("deep_dream", "in.gif", "new.gif", **QUICK)
    assert etudes.use("deep_dream", "in.gif", "new.gif", **QUICK).answers[0]["flicker"] == answer["flicker"]
    assert len(steps) == 6
    assert Path("new.gif").read_bytes() == Path("straight.gif").read_bytes()
    etudes.use("deep_dream", "in.gif", "frames", **QUICK)
    names = ["00001.png", "00002.png", "00003.png"]
    assert sorted(path.name for path in Path("frames").iterdir()) == names
    film("in.gif", frames[:2])
    etudes.use("deep_dream", "in.gif", "frames", **QUICK)
    assert sorted(path.name for path in Path("frames").iterdir()) == names[:2]
    assert sorted(path.name for path in Path().iterdir()) == ["frames", "in.gif", "new.gif", "straight.gif"]


def test_the_last_dream_is_carried_over_where_the_film_stands_still():
    before, dreamed = noise(40, 60), noise(40, 60, 1)
    frame = before.copy()
    frame[:, :30] = noise(40, 30, 2)
    start = carried_over(frame, before, dreamed)
    np.testing.assert_allclose(start[:, 45:], 0.3 * frame[:, 45:] + 0.7 * dreamed[:, 45:], atol=1e-4)
    np.testing.assert_allclose(start[:, :20], frame[:, :20], atol=1e-4)
    assert start.dtype == np.float32


def test_flicker_is_what_the_dream_changes_beyond_the_film():
    flicker = Flicker()
    for number in range(3):
        level = np.full((4, 4, 3), number * 0.1, np.float32)
        flicker.add(level, 3 * level)
    assert flicker.metrics() == {"change_of_film": 12.75, "change_of_dream": 38.25, "flicker": 25.5}


def test_a_log_has_a_line_now_and_then(monkeypatch):
    text, now = io.StringIO(), [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    lines = LogLines(Console(file=text, width=200))
    part = Part(lines, "2 of 7, b.jpg")
    part.on_phase_begin("octave-1", 40, 0)
    for step in range(40):
        part.on_epoch_begin(step, 1)
        now[0] += 1
        part.on_batch_end(1, {"loss": float(step)})
    assert text.getvalue().splitlines() == [
        "2 of 7, b.jpg, octave-1 15/40  loss 14",
        "2 of 7, b.jpg, octave-1 30/40  loss 29",
    ]


def test_a_dream_that_takes_long_says_so_where_standard_error_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "SECONDS", 0)
    photo("a.png")
    etudes.use("deep_dream", "a.png", "b.png", **QUICK)
    assert "octave-1 2/2  loss" in capsys.readouterr().err


def test_a_picture_that_is_shrunk_is_noted():
    photo("large.png", (60, 120))
    result = etudes.use("deep_dream", "large.png", "b.png", max_size=80, **QUICK)
    assert result.lines[0] == "large.png: 120x60 was shrunk to 80x40; --max-size 120 keeps its size"
    assert not any("shrunk" in line for line in etudes.use("deep_dream", "large.png", "b.png", **QUICK).lines)


def test_a_network_without_a_table_names_its_least_size_too(network):
    objective = objective_of(network, ("conv5", "conv2"), ())
    assert objective.least_side() == 40
    with pytest.raises(UserError, match=r"conv5, conv2, which need 40 pixels.* to 40 or more, or --layers conv4"):
        objective.visible_octaves([(20, 25), (24, 30)], print)
    with pytest.raises(UserError, match=r"--max-size 160, or --layers conv4"):
        objective.visible_octaves([(24, 96)], print, 96)
