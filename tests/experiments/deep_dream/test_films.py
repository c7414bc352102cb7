"""Films, previews, and dreams that are stopped and resumed."""

import gc
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes.errors import Interrupted, UserError
from etudes.experiments.deep_dream import dream_session
from etudes.experiments.deep_dream.films import write_film
from etudes.experiments.deep_dream.resizing import enlarge_middle
from etudes.views.pictures import check_place

QUICK = {"weights": "untrained", "octaves": 2, "iterations": 3, "layers": ("conv3",)}


@pytest.fixture
def photo():
    pixels = np.random.default_rng(0).integers(20, 220, (66, 91, 3)).astype(np.uint8)
    Image.fromarray(pixels).save("photo.png")
    return "photo.png"


def frames_of(path):
    with Image.open(path) as film:
        for number in range(film.n_frames):
            film.seek(number)
            yield film.convert("RGB")


def test_the_middle_is_enlarged():
    rows, columns = np.mgrid[0:40, 0:60].astype(np.float32)
    picture = np.stack([rows, columns, rows + columns], axis=-1) / 100
    larger = enlarge_middle(picture, 1.25)
    # Around the centre (19.5, 29.5), a step there is 1 / 1.25 of a step here; bicubic is exact on a slope.
    expected = np.stack([19.5 + (rows - 19.5) / 1.25, 29.5 + (columns - 29.5) / 1.25], axis=-1) / 100
    np.testing.assert_allclose(larger[5:-5, 5:-5, :2], expected[5:-5, 5:-5], atol=1e-4)
    np.testing.assert_array_equal(enlarge_middle(picture, 1), picture)


@pytest.mark.parametrize("name", ["film.avi", "film", "film.png"])
def test_other_endings_are_refused(name, photo):
    with pytest.raises(UserError, match=r"a film ends in .gif or .mp4"):
        etudes.use("deep_dream", photo, "dream.png", film=name, **QUICK)


def test_an_mp4_without_its_writer_is_refused_before_any_work(monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UserError, match=r"pip install 'keras-etudes\[film\]', or let the film end in .gif"):
        check_place("film.mp4", film=True)


def test_a_gif_has_its_frames_the_first_being_the_dream(photo):
    etudes.use("deep_dream", photo, "dream.png", film="film.gif", frames=4, frame_steps=1, **QUICK)
    frames = list(frames_of("film.gif"))
    assert len(frames) == 4
    with Image.open("dream.png") as dream:
        difference = np.abs(np.asarray(frames[0], np.int16) - np.asarray(dream.convert("RGB"), np.int16))
    assert difference.mean() < 16  # 256 colours for noise
    assert not Path("film.gif.frames").exists()
    assert sorted(path.name for path in Path().iterdir()) == ["dream.png", "film.gif", "photo.png"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its reader leaves its pipes to Python
def test_an_mp4_has_its_frames_and_the_same_bytes_every_time():
    import imageio_ffmpeg

    paths = []
    for number in range(5):
        paths.append(Path(f"{number}.png"))
        Image.new("RGB", (67, 45), (40 * number, 100, 200 - 40 * number)).save(paths[-1])
    write_film(paths, Path("one.mp4"))
    write_film(paths, Path("two.mp4"))
    assert Path("one.mp4").read_bytes() == Path("two.mp4").read_bytes()
    reader = imageio_ffmpeg.read_frames("one.mp4")
    about = next(reader)
    assert about["size"] == (66, 44)
    assert about["fps"] == 12.5
    found = [np.frombuffer(frame, np.uint8).reshape(44, 66, 3).mean(axis=(0, 1)) for frame in reader]
    del reader
    gc.collect()  # while what its pipes say is still ignored
    assert len(found) == 5
    for number, colour in enumerate(found):
        np.testing.assert_allclose(colour, (40 * number, 100, 200 - 40 * number), atol=6)


def test_the_preview_grows_and_is_the_dream_so_far(photo, monkeypatch):
    seen = []
    replace = dream_session._replace

    def looking(path, image):
        replace(path, image)
        with Image.open(path) as preview:
            seen.append((path.name, np.asarray(preview.convert("RGB"))))

    monkeypatch.setattr(dream_session, "_replace", looking)
    etudes.use("deep_dream", photo, "dream.png", preview="look.png", preview_every=2, **QUICK)
    assert [name for name, _ in seen] == ["look.png"] * 3
    assert {pixels.shape for _, pixels in seen} == {(66, 91, 3)}
    with Image.open("dream.png") as dream:
        np.testing.assert_array_equal(seen[-1][1], np.asarray(dream))  # the last step was the sixth
    assert sorted(path.name for path in Path().iterdir()) == ["dream.png", "look.png", "photo.png"]


@pytest.mark.parametrize("step", [4, 7])
def test_the_same_command_resumes_to_the_same_bytes(photo, step, stop_at):
    command = {"film": "film.gif", "frames": 3, "frame_steps": 1, **QUICK}
    etudes.use("deep_dream", photo, "straight.png", **command)
    straight, film = Path("straight.png").read_bytes(), Path("film.gif").read_bytes()
    Path("film.gif").unlink()
    steps = stop_at(step)
    with pytest.raises(Interrupted, match=r"dream.png is the dream so far, and the same command resumes it"):
        etudes.use("deep_dream", photo, "dream.png", **command)
    with Image.open("dream.png") as so_far:
        assert so_far.size == (91, 66)
    assert Path("film.gif").exists() == (step > 6)
    result = etudes.use("deep_dream", photo, "dream.png", **command)
    assert len(steps) == 9  # 2 octaves of 3 steps and 3 frames: none was made twice
    assert Path("dream.png").read_bytes() == straight
    assert Path("film.gif").read_bytes() == film
    assert result.answers[0]["film"] == "film.gif"
    left = ["dream.png", "film.gif", "photo.png", "straight.png"]
    assert sorted(path.name for path in Path().iterdir()) == left


def test_the_messages_from_before_an_interruption_are_in_the_result(photo, monkeypatch, stop_at):
    command = {**QUICK, "octaves": 6, "octave_scale": 2.0, "max_loss": 0.35, "iterations": 30, "step": 0.05}
    straight = etudes.use("deep_dream", photo, "straight.png", **command)
    assert any("too small for the layers" in line for line in straight.lines)
    before = next(k for k, line in enumerate(straight.lines) if "is above 0.35" in line)
    with monkeypatch.context() as stopping:
        steps = stop_at(10**9, stopping)
        etudes.use("deep_dream", photo, "counted.png", **command)
    stop_at(len(steps) - 1)
    with pytest.raises(Interrupted):
        etudes.use("deep_dream", photo, "dream.png", **command)
    resumed = etudes.use("deep_dream", photo, "dream.png", **command)
    assert resumed.lines == straight.lines, f"each once, also {straight.lines[before]}"
    assert Path("dream.png").read_bytes() == Path("straight.png").read_bytes()


def test_another_dream_is_not_resumed(photo, monkeypatch, stop_at):
    Path("film.gif.frames").mkdir()
    Path("film.gif.frames/mine.txt").write_text("kept", encoding="utf-8")
    with monkeypatch.context() as stopping:
        stop_at(1, stopping)
        with pytest.raises(Interrupted):
            etudes.use("deep_dream", photo, "dream.png", film="film.gif", **QUICK)
    result = etudes.use("deep_dream", photo, "dream.png", film="film.gif", frames=2, **{**QUICK, "iterations": 2})
    assert "dream.png.unfinished is of another dream and was not resumed" in result.lines
    assert not Path("dream.png.unfinished").exists()
    assert [path.name for path in Path("film.gif.frames").iterdir()] == ["mine.txt"]


def test_a_damaged_rest_is_said(photo):
    Path("dream.png.unfinished").write_bytes(b"no arrays")
    with pytest.raises(UserError, match=r"dream.png.unfinished is damaged: delete it"):
        etudes.use("deep_dream", photo, "dream.png", **QUICK)
