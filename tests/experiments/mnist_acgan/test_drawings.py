"""Single pictures: of which class and how many, where they go, and that they are those of the sheets."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from etudes import experiments
from etudes.contract import ImageInfo
from etudes.data import load_images
from etudes.errors import UserError
from etudes.experiments.mnist_acgan import drawings
from etudes.experiments.mnist_acgan.drawings import FileNames, draw_single
from etudes.experiments.mnist_acgan.prompts import Prompt, make_prompt
from etudes.views.pictures import save_pictures, written_by_etudes

EXPERIMENT = experiments.load("mnist_acgan")
TINY = EXPERIMENT.presets["tiny"]
MNIST = ImageInfo("mnist", 28, 28, 1, tuple("0123456789"))
OWN = ImageInfo("own", 12, 8, 3, ("a/b", "A", "a", "C:", "7"))


class FakeGenerator:
    """Draws the label in the first column, and z in the others; needs no framework."""

    def __init__(self, info: ImageInfo) -> None:
        self.info, self.largest = info, 0

    def predict_on_batch(self, inputs: Any) -> Any:
        z, labels = inputs
        self.largest = max(self.largest, len(z))
        pictures = np.resize(np.abs(z) * 255, (self.info.width, self.info.height, self.info.channels, len(z)))
        pictures = np.moveaxis(pictures, -1, 0).swapaxes(1, 2)
        pictures[:, :, 0] = labels[:, :, None]
        return pictures


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def draw(*words: str, info: ImageInfo = MNIST, **chosen: Any) -> Any:
    options = EXPERIMENT.use.options(words, **chosen)
    prompts = EXPERIMENT.use.read(info, TINY, options)
    return EXPERIMENT.use.run({"generator": FakeGenerator(info)}, info, TINY, options, prompts)


def test_single_pictures_are_those_of_the_sheet_at_their_own_size() -> None:
    draw("2026", "7", count=3, each=True, out="folder", parts=(1.0, 0.5))
    names = {"0-0001", "0-0002", "0-0003", "7-0001", "7-0002", "7-0003", *(f"6-000{n}" for n in (1, 2, 3))}
    names |= {f"2-000{n}" for n in range(1, 7)}
    assert {path.stem for path in Path("folder").iterdir()} == names
    sheets = draw("2026", "7", count=3, parts=(1.0, 0.5)).pictures
    with Image.open("folder/2-0003.png") as second_row:
        assert (second_row.mode, second_row.size) == ("L", (28, 28))
        enlarged = second_row.resize((84, 84), Image.Resampling.LANCZOS)
    cell = np.asarray(sheets["picture"].crop((3, 87, 81, 165)), np.int16)
    np.testing.assert_allclose(cell[:, 15:], np.asarray(enlarged, np.int16)[3:81, 3:81][:, 15:], atol=60)
    assert all(map(written_by_etudes, Path("folder").iterdir()))


def test_chunks_change_nothing_and_bound_what_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = [Prompt([2, 0, 6], 250), Prompt([7], 3)]
    found = {}
    for size in (200, 100_000):
        monkeypatch.setattr(drawings, "CHUNK", size)
        chunks = list(draw_single(FakeGenerator(MNIST), prompts, 3, ()))
        assert max(len(labels) for _, labels in chunks) <= size
        found[size] = [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
    for one, other in zip(*found.values(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert found[200][1].tolist() == [2, 0, 6] * 250 + [7] * 3


def test_an_npz_holds_any_balance_and_can_be_learned_from() -> None:
    result = draw("0:60", "1:20", "23:5", "x.npz")
    assert result.pictures == {}
    assert [answer["pictures"] for answer in result.answers] == [60, 20, 10]
    assert result.lines == ["x.npz: 90 pictures of 28x28"]
    with np.load("x.npz") as archive:
        assert (archive["x"].shape, archive["x"].dtype) == ((90, 28, 28, 1), np.uint8)
        assert np.bincount(archive["y"]).tolist() == [60, 20, 5, 5]
        np.testing.assert_array_equal(archive["x"][:, 5, 0, 0], archive["y"])
        assert tuple(archive["class_names"]) == MNIST.class_names
    before = Path("x.npz").read_bytes()
    draw("0:60", "1:20", "23:5", out="x.npz", each=True)
    assert Path("x.npz").read_bytes() == before
    data = load_images("x.npz", seed=0, validation_share=0.1, limit=0)
    assert data.info.class_names == MNIST.class_names
    assert sum(data.sizes().values()) == 90


def test_a_count_behind_a_colon_replaces_the_option() -> None:
    options = EXPERIMENT.use.options(("7:4", "12"), count=2)
    assert EXPERIMENT.use.read(MNIST, TINY, options) == [Prompt([7], 4), Prompt([1, 2], 2)]
    assert make_prompt("C:", None, 3, OWN) == Prompt([3], 3)
    assert make_prompt("C::5", None, 3, OWN) == Prompt([3], 5)
    assert draw("7:9").pictures["picture"].size == (3 * 84, 3 * 84)


@pytest.mark.parametrize(
    ("words", "chosen", "said"),
    [
        (("0:0",), {"out": "x.npz"}, "from 1 to 1,000,000"),
        (("0:many",), {"out": "x.npz"}, "behind the colon"),
        (("0:-3",), {}, "behind the colon"),
        (("0:²",), {}, "behind the colon"),
        (("0:99999999999999",), {"out": "x.npz"}, "behind the colon"),
        (("cat:5",), {"out": "x.npz"}, "unknown class 'cat'"),
        (("7",), {"each": True}, "name a folder"),
        (("7", "sevens.png"), {"each": True}, "name a folder, or a file that ends in .npz"),
        (("7", "sevens.mp4"), {"each": True}, "name a folder, or a file that ends in .npz"),
        (("7",), {"each": True, "out": "a file"}, "is a file"),
        (("7",), {"each": True, "out": "a file/folder"}, "is no folder"),
        (("7", "walk.npz"), {"walk_to": "3"}, "are no film"),
        (("7", "walk/"), {"each": True, "latent_walk": 2}, "are no film"),
        (("7", "walk.avi"), {"walk_to": "3"}, "a film ends in .gif or .mp4"),
        (("7", "walk.mp4"), {}, "add --walk-to or --latent-walk"),
        (("7", "seven.bmp"), {}, "is no picture format for results"),
        (("7:2001",), {}, "at most 2,000 pictures for one input"),
        (("7", "mine.png"), {}, "does not say that Études wrote it"),
        (("7", "mine.gif"), {"walk_to": "3"}, "does not say that Études wrote it"),
        (("7", "mine.npz"), {}, "does not say that Études wrote it"),
        (("57:2", "mine/"), {"each": True}, "7-0002.png exists"),
    ],
)
def test_a_bad_balance_or_place_is_refused_in_one_line(words: tuple[str, ...], chosen: Any, said: str) -> None:
    for name in ("a file", "mine.png", "mine.gif", "mine.npz", "mine/7-0002.png"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(b"a person's")
    with pytest.raises(UserError, match=said) as refused:
        draw(*words, **chosen)
    assert len(str(refused.value)) <= 200
    assert "\n" not in str(refused.value)


def test_a_walk_can_be_an_mp4_and_is_replaced_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imageio_ffmpeg")
    options = EXPERIMENT.use.options(("7", "w.mp4"), walk_to="3")
    assert (options.inputs, options.out, options.picture_path) == (("7",), "w.mp4", "w.mp4")
    frames = [Image.new("L", (84, 84), shade) for shade in (0, 90, 200)]
    save_pictures({"picture": frames}, Path("w.mp4"))
    assert EXPERIMENT.use.read(MNIST, TINY, options) == [Prompt([7], 1, [3])]
    Path("w.mp4").write_bytes(b"a person's")
    with pytest.raises(UserError, match=r"w.mp4 exists"):
        EXPERIMENT.use.read(MNIST, TINY, options)
    EXPERIMENT.use.read(MNIST, TINY, dataclasses.replace(options, overwrite=True))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UserError, match=r"pip install 'keras-etudes\[film\]'"):
        EXPERIMENT.use.read(MNIST, TINY, options)


def test_names_of_files_are_safe_and_differ_also_where_case_does_not_count() -> None:
    files = FileNames(OWN.class_names, 12_345)
    drawn = [files.next_of(label) for label in (0, 1, 2, 3, 4, 1)]
    assert drawn == ["a_b-00001.png", "A-00001.png", "a-00002.png", "C_-00001.png", "7-00001.png", "A-00003.png"]
    draw("A:3", "a:3", "a/b", info=OWN, each=True, out="own")
    assert len({path.name.casefold() for path in Path("own").iterdir()}) == 7
    with Image.open("own/A-0001.png") as one:
        assert (one.mode, one.size) == ("RGB", (8, 12))
