"""What is an input and what is the result, how small a picture may be, and films as input. None of it loads Keras."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from etudes.data.notes import collected_notes
from etudes.errors import UserError
from etudes.experiments.deep_dream import experiment
from etudes.experiments.deep_dream.film_files import MAX_FRAMES, is_film, open_film, read_frames
from etudes.experiments.deep_dream.least_sizes import INCEPTION, UNTRAINED, check_size, least_sides
from etudes.experiments.deep_dream.options import DreamOptions
from etudes.experiments.deep_dream.sources import note_left_out
from etudes.experiments.deep_dream.study import PRESETS
from etudes.views.pictures import save_pictures

TINY = PRESETS["tiny"]


def photo(name, size=(40, 50)):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(sum(map(ord, str(name)))).integers(0, 256, (*size, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(name)
    return str(name)


def animation(name, frames=3, size=(50, 40)):
    pictures = [Image.new("RGB", size, (80 * number, 100, 50)) for number in range(frames)]
    pictures[0].save(name, save_all=True, append_images=pictures[1:], duration=120)
    return str(name)


def places(*inputs, **options):
    """What the options dream on → where its dream goes; and the place of a single one."""
    chosen = DreamOptions(inputs, **options)
    return {job.source: job.place and str(job.place) for job in chosen.jobs}, chosen.out


def test_an_existing_picture_is_an_input_and_never_the_result():
    for name in ("a.jpg", "b.webp", "folder/c.png"):
        photo(name)
    dreams = {"a.jpg": "dreams/a-dream.png", "b.webp": "dreams/b-dream.png"}
    assert places("a.jpg", "b.webp") == (dreams, None)
    assert places("a.jpg", "new.png") == ({"a.jpg": None}, "new.png")
    assert places("a.jpg", "b.webp", "new")[0] == {"a.jpg": "new/a-dream.png", "b.webp": "new/b-dream.png"}
    assert places("a.jpg", "folder")[0] == {"a.jpg": "dreams/a-dream.png", "folder/c.png": "dreams/c-dream.png"}
    assert places("a.jpg", "./a.jpg", "folder/../a.jpg") == ({"a.jpg": None}, None)
    assert places("folder", "new")[0] == {"folder/c.png": "new/c-dream.png"}
    save_pictures({"dream": Image.new("RGB", (9, 9))}, Path("ours.jpg"))
    assert places("a.jpg", "ours.jpg") == ({"a.jpg": None}, "ours.jpg")
    assert places("ours.jpg", "a.jpg")[0].keys() == {"ours.jpg", "a.jpg"}
    assert places("a.jpg", "b.webp", out="ours")[0].keys() == {"a.jpg", "b.webp"}


def test_a_folder_of_dreams_is_the_result_again_and_never_dreamed_on():
    photo("in/a.png")
    photo("in/b.png")
    save_pictures({"dream": Image.new("RGB", (9, 9))}, Path("out/a-dream.png"))
    Path("out/dreams.unfinished").touch()
    assert places("in", "out")[0]["in/a.png"] == "out/a-dream.png"
    save_pictures({"dream": Image.new("RGB", (9, 9))}, Path("in/a-dream.png"))
    Path("in/notes.txt").touch()
    Path("in/.hidden.png").touch()
    assert places("in", out="in")[0] == {"in/a.png": "in/a-dream.png", "in/b.png": "in/b-dream.png"}
    with collected_notes() as notes:
        note_left_out(["in"])
    (line,) = notes
    assert line.startswith("in: 2 of 4 left out (what is no picture, folders in it, and what Études wrote)")


def test_two_pictures_of_one_name_have_two_dreams():
    for name in ("x/a.png", "y/a.png", "y/A.jpg"):
        photo(name)
    assert list(places("x/a.png", "y/a.png", "y/A.jpg")[0].values()) == [
        "dreams/a-dream.png",
        "dreams/a-dream-2.png",
        "dreams/A-dream-3.png",
    ]


def test_films_are_told_from_pictures(monkeypatch):
    animation("moving.gif")
    animation("still.gif", 1)
    photo("a.png")
    assert [is_film(name) for name in ("moving.gif", "still.gif", "a.png", "x.MOV", "gone.gif")] == [1, 0, 0, 1, 0]
    assert places("moving.gif", "first.png") == ({"moving.gif": None}, "first.png")  # its first frame, as ever
    assert places("moving.gif", "all.gif")[0] == {"moving.gif": "all.gif"}
    assert places("x.mp4", "frames") == ({"x.mp4": "frames"}, "frames")
    assert places("x.mp4")[0] == {"x.mp4": "x-dream.mp4"}
    assert places("a.png", "moving.gif")[0] == {"a.png": "dreams/a-dream.png", "moving.gif": "dreams/moving-dream.mp4"}
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert places("x.mp4")[0] == {"x.mp4": "x-dream.gif"}


@pytest.mark.parametrize(
    ("inputs", "options", "said"),
    [
        ((), {}, "name a picture, a folder or a film"),
        (("a.png", "b.png", "one.png"), {}, "2 dreams need a folder, and one.png is a file: --out dreams"),
        (("x.mp4", "one.png"), {}, "the dream of a film is no picture: let one.png end in .mp4"),
        (("empty",), {}, "empty: no picture to dream on is in it"),
        (("a.png", "b.png"), {"film": "fly.gif"}, "--film flies into the dream of one picture"),
    ],
)
def test_what_cannot_be_one_result_is_refused(inputs, options, said):
    Path("empty").mkdir()
    photo("a.png")
    photo("b.png")
    with pytest.raises(UserError, match=said) as error:
        assert DreamOptions(inputs, **options).jobs
    assert len(str(error.value)) <= 200


@pytest.mark.parametrize(
    ("inputs", "options"),
    [
        (("a.png",), {"out": "./a.png"}),
        (("a.png",), {"out": "a.png", "overwrite": True}),
        (("a.png",), {"out": "mask.png", "mask": "mask.png", "overwrite": True}),
        (("a.png",), {"out": "link.png"}),
        (("a.png",), {"out": "b.jpg"}),
        (("a.png",), {"out": "new.png", "preview": "b.jpg"}),
        (("a.png",), {"out": "new.png", "film": "b.gif"}),
        (("a.png", "b.jpg"), {"out": "full"}),
        (("moving.gif", "b.jpg"), {}),
        (("moving.gif",), {"out": "full"}),
        (("moving.gif",), {"out": "x.gif"}),
        (("moving.gif",), {"out": "moving.gif", "overwrite": True}),
    ],
)
def test_nothing_of_a_persons_is_written_over(inputs, options):
    for name in ("a.png", "b.jpg", "mask.png", "full/a-dream.png"):
        photo(name)
    animation("moving.gif")
    animation("b.gif")
    photo("dreams/b-dream.png")
    photo("x.gif.frames/00001.png")
    Path("link.png").symlink_to("a.png")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    info, chosen = experiment.describe_data(TINY), DreamOptions(inputs, **options)
    with pytest.raises(UserError) as error:
        experiment.use.read(info, TINY, chosen)
    assert len(str(error.value)) <= 200
    assert before == {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


# --- least sizes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "full", "layers", "said"),
    [
        ((64, 64), (64, 64), (), "107 pixels on the shorter side: enlarge it to 107 or more, or --layers mixed2"),
        ((100, 100), (100, 100), ("mixed3", "mixed1"), "enlarge it to 107 or more, or --layers mixed2"),
        ((640, 80), (4000, 500), (), "107 pixels on the shorter side: --max-size 856, or --layers mixed2"),
        ((640, 150), (4000, 938), ("mixed9",), "203 pixels on the shorter side: --max-size 866, or --layers mixed7"),
        ((40, 40), (40, 40), ("mixed9:3:centre",), "need 75 pixels on the shorter side: enlarge it to 75 or more"),
        ((20, 30), (20, 30), ("mixed0",), "59 pixels on the shorter side: enlarge it to 59 or more"),
    ],
)
def test_the_least_size_and_a_cure_that_helps_are_named(size, full, layers, said):
    sides = least_sides("inception_v3_2015", "")
    with pytest.raises(UserError, match=said) as error:
        check_size(size, full, layers, sides, "a photograph with quite a long name, as phones and people give them.jpg")
    assert len(str(error.value)) <= 200
    if "--layers" in said:
        check_size(size, full, (said.split()[-1],), sides, "")
    if "--max-size" in said:
        number = int(said.split("--max-size ")[1].split(",")[0])
        check_size((number, round(full[1] * number / full[0])), full, layers, sides, "")


def test_networks_without_a_table_are_measured_when_they_are_built():
    assert least_sides("cifar10_cnn@bundled", "") == {}
    Path("x.h5").touch()
    assert least_sides("x.h5", "VGG16") == {}
    assert least_sides("x.h5", "") is INCEPTION
    assert least_sides("untrained", "") is UNTRAINED
    check_size((1, 1), (1, 1), ("anything",), {}, "")


# --- films ------------------------------------------------------------------------------------------------------------


def test_a_gif_is_read_frame_by_frame():
    film = open_film(animation("moving.gif"))
    assert (film.width, film.height, film.frames, film.milliseconds) == (50, 40, 3, 120)
    assert [frame.getpixel((3, 3)) for frame in read_frames(film)] == [(80 * n, 100, 50) for n in range(3)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("ending", [".mp4", ".mov", ".webm", ".avi"])
def test_films_are_read_turned_as_they_are_shown(ending):
    import imageio_ffmpeg

    name, program = f"film{ending}", imageio_ffmpeg.get_ffmpeg_exe()
    source = "color=c=red:size=64x48:rate=5:duration=1"
    subprocess.run([program, "-loglevel", "error", "-f", "lavfi", "-i", source, name], check=True)
    if ending == ".mp4":
        turn = ["-display_rotation", "90", "-i", name, "-c", "copy", "turned.mp4"]
        subprocess.run([program, "-loglevel", "error", *turn], check=True)
        name = "turned.mp4"
    film = open_film(name)
    assert (film.width, film.height) == ((48, 64) if ending == ".mp4" else (64, 48))
    frames = list(read_frames(film))
    assert (len(frames), film.milliseconds, film.sound) == (5, 200, False)
    red, green, blue = frames[-1].getpixel((20, 20))
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a text",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\xff" * 500,
    ],
)
def test_what_is_no_film_is_refused(content):
    for name in ("film.mp4", "film.avi", "film.gif"):
        Path(name).write_bytes(content)
        with pytest.raises(UserError, match=r"film\.") as error:
            open_film(name)
        assert len(str(error.value)) <= 200
    with pytest.raises(UserError, match="there is no such film"):
        open_film("gone.webm")


def test_a_film_that_is_too_long_or_too_large_is_refused(monkeypatch):
    animation("moving.gif")
    monkeypatch.setattr("etudes.experiments.deep_dream.film_files.MAX_FRAMES", 2)
    with pytest.raises(UserError, match="about 3 frames, at most 2"):
        open_film("moving.gif")
    monkeypatch.setattr("etudes.experiments.deep_dream.film_files.MAX_FRAME_PIXELS", 100)
    with pytest.raises(UserError, match="million pixels: save it smaller"):
        open_film("moving.gif")
    assert MAX_FRAMES == 10_000


def test_refusals_load_no_framework():
    code = (
        "import sys; from etudes.cli import run;"
        "code = run(['use', 'deep_dream', 'small.png', 'out.png', '--weights', 'untrained', '--layers', 'conv5:1']);"
        "assert not {'tensorflow', 'jax', 'torch'} & set(sys.modules); sys.exit(code)"
    )
    photo("small.png", (30, 30))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "30x30 is too small for conv5:1, which need 40 pixels on the shorter side: enlarge it" in done.stderr
