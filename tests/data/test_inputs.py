"""What people bring from Python: every form of one picture is one picture, and what is none is one clear line."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes.actions.loading import open_run, options_of, preset_of
from etudes.analysis.answers import UNLIKE
from etudes.contract import UseOptions
from etudes.data.inputs import GivenPicture, as_inputs, as_options, labelled_file
from etudes.data.notes import collected_notes
from etudes.data.pictures import open_picture, read_picture_header
from etudes.errors import UserError, printable
from etudes.runs import Run

DIGIT = np.random.default_rng(1).integers(0, 256, (28, 28), np.uint8)
PHOTO = np.random.default_rng(2).integers(0, 256, (20, 30, 3), np.uint8)


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, kind)
    return memory.getvalue()


def closed(thing: Any) -> Any:
    thing.close()
    return thing


def at_its_end(content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.seek(0, io.SEEK_END)
    return file


class Named(io.BytesIO):
    """A file that is open, without one to close."""

    def __init__(self, file: Path) -> None:
        super().__init__(file.read_bytes())
        self.name = str(file)


def forms(pixels: np.ndarray, folder: Path) -> dict[str, Any]:
    file = folder / "mine.png"
    file.write_bytes(encoded(pixels))
    image = Image.open(file)
    image.load()
    return {
        "path": file,
        "text": str(file),
        "Pillow": Image.fromarray(pixels),
        "Pillow, of a file": image,
        "bytes": encoded(pixels),
        "bytearray": bytearray(encoded(pixels)),
        "BytesIO": io.BytesIO(encoded(pixels)),
        "file": Named(file),
        "array": pixels,
        "one of several": pixels[None] if pixels.ndim == 3 else pixels[None, ..., None],
        "0..1": pixels / 255,
        "float32": (pixels / 255).astype(np.float32),
        "-1..1": pixels / 127.5 - 1,
        "0..255 as floats": pixels.astype(np.float32),
        "16 bits": pixels.astype(np.uint16) * 257,
    }


@pytest.mark.parametrize("pixels", [DIGIT, PHOTO], ids=["grey", "colour"])
@pytest.mark.parametrize(
    "form",
    [
        *("path", "text", "Pillow", "Pillow, of a file", "bytes", "bytearray", "BytesIO", "file", "array"),
        *("one of several", "0..1", "float32", "-1..1", "0..255 as floats", "16 bits"),
    ],
)
def test_every_form_of_a_picture_is_the_same_picture(form: str, pixels: np.ndarray, tmp_path: Path) -> None:
    with collected_notes():
        (given,) = as_inputs([forms(pixels, tmp_path)[form]], pictures=True)
        opened = np.asarray(open_picture(given))
    assert np.abs(opened.astype(int) - pixels).max() <= (0 if form != "-1..1" else 1)
    header = read_picture_header(given)
    assert (header.height, header.width, header.grey) == (*pixels.shape[:2], pixels.ndim == 2)


def test_names_in_answers(tmp_path: Path) -> None:
    all_forms = forms(DIGIT, tmp_path)
    given = [DIGIT, encoded(DIGIT), all_forms["Pillow, of a file"], all_forms["file"], io.BytesIO(encoded(DIGIT))]
    assert as_inputs(given, pictures=True) == ("array", "picture 2", "mine.png", "mine.png (2)", "picture 5")
    assert as_inputs([np.stack([DIGIT] * 2)], pictures=True) == ("array[0]", "array[1]")
    assert as_inputs([[DIGIT, PHOTO], PHOTO[None]], pictures=True) == ("array 1", "array 2", "array 3[0]")


@pytest.mark.parametrize(
    ("shape", "count"),
    [((9, 8), 1), ((9, 8, 1), 1), ((9, 8, 3), 1), ((9, 8, 4), 1), ((5, 9, 8), 5), ((5, 9, 8, 1), 5), ((2, 9, 8, 3), 2)],
)
def test_shapes(shape: tuple[int, ...], count: int) -> None:
    given = as_inputs([np.full(shape, 200, np.uint8)], pictures=True)
    assert len(given) == count
    assert all(open_picture(one).size == (8, 9) for one in given)


def test_transparent_arrays_are_on_white_like_files() -> None:
    (given,) = as_inputs([np.zeros((4, 4, 4), np.uint8)], pictures=True)
    assert np.asarray(open_picture(given)).min() == 255


def test_a_stack_is_scaled_as_one() -> None:
    stack = np.stack([np.full((8, 8), 0.25), np.full((8, 8), 1.0)])
    dark, light = as_inputs([stack], pictures=True)
    assert (np.asarray(open_picture(dark)).max(), np.asarray(open_picture(light)).max()) == (64, 255)


def test_what_was_scaled_is_noted() -> None:
    with collected_notes() as notes:
        as_inputs([np.arange(17.0).repeat(17).reshape(17, 17)], pictures=True)
    assert notes == ["array: values are scaled from 0..16 to 0..255, by their highest; to decide otherwise, "
                     "scale them yourself"]  # fmt: skip


def test_an_image_of_a_person_stays_as_it_is() -> None:
    image = Image.fromarray(PHOTO)
    image.getexif()[0x0112] = 6
    (given,) = as_inputs([image], pictures=True)
    open_picture(given)
    assert image.size == (30, 20)
    assert np.array_equal(np.asarray(image), PHOTO)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (np.zeros(784), "shape (784,)"),
        (np.zeros((2, 3, 4, 5, 6)), "shape (2, 3, 4, 5, 6)"),
        (np.zeros((0, 4)), "shape (0, 4)"),
        (np.zeros((3, 28, 28)), "three grey pictures"),
        (np.zeros((5, 3, 28, 28)), "channels last"),
        (np.zeros((5, 28, 28, 7)), "shape (5, 28, 28, 7)"),
        (np.full((4, 4), np.nan), "no numbers"),
        (np.full((4, 4), np.inf), "no numbers"),
        (np.linspace(-5, 300, 16).reshape(4, 4), "values from -5 to 300"),
        (np.array([[0, -7], [2, 3]]), "values from -7 to 3"),
        (np.array([[0, 70_000]]), "more than 16 bits"),
        (np.zeros((4, 4), complex), "complex128"),
        (np.zeros((4, 4), "datetime64[s]"), "datetime64"),
        (np.zeros((4, 4), [("a", int)]), "holds [("),
        ([[0, 1], [1, 0]], "numpy.array"),
        (b"", "is not a picture"),
        (b"no picture at all", "is not a picture"),
        (encoded(PHOTO)[:100], "is not a picture"),
        (io.StringIO("text"), "mode 'rb'"),
        (object(), "object is no picture"),
        (None, "NoneType is no picture"),
        (3, "int is no picture"),
        ({"a": 1}, "dict is no picture"),
        (Image.new("RGB", (0, 0)), "has no pixels"),
        (closed(Image.new("RGB", (4, 4))), "Operation on closed image; open or make it again"),
        (closed(io.BytesIO(b"x")), "open it again with mode 'rb'"),
        (at_its_end(encoded(DIGIT)), "seek(0)"),
        (at_its_end(b""), "seek(0)"),
        (io.TextIOWrapper(io.BytesIO(b"\xff\xd8\xff")), "mode 'rb'"),
        ("x" * 5000, "File name too long; check its name"),
        (np.zeros((5, 784)), "array.reshape(-1, 28, 28)"),
        (np.zeros((784, 784)), "array[None]"),
        (np.zeros((20_000, 3072)), "array.reshape(-1, 32, 32, 3)"),
        (np.zeros((5, 64)), "array.reshape(-1, 8, 8)"),
    ],
)
def test_what_is_no_picture_is_one_line(given: Any, what: str) -> None:
    with pytest.raises(UserError) as caught:
        [open_picture(one) for one in as_inputs([given], pictures=True)]
    assert what in str(caught.value)
    assert len(str(caught.value)) <= 200
    assert "\n" not in str(caught.value)


def test_texts() -> None:
    given = as_inputs(["1+1", ["2+2", ("3+3",)], np.array(["4+4"]), 7, np.int64(8), np.arange(2)], pictures=False)
    assert given == ("1+1", "2+2", "3+3", "4+4", "7", "8", "0", "1")
    for picture in (Image.new("L", (4, 4)), DIGIT, PHOTO / 255, encoded(DIGIT)):
        with pytest.raises(UserError, match="takes texts"):
            as_inputs([picture], pictures=False)


@pytest.mark.parametrize("shape", [(64, 64), (480, 640), (100, 784 + 1), (1, 784, 784)])
def test_what_may_be_one_picture_is_one(shape: tuple[int, ...]) -> None:
    assert len(as_inputs([np.zeros(shape, np.uint8)], pictures=True)) == 1


def test_what_yields_texts_or_pictures_is_taken_apart() -> None:
    assert as_inputs([(f"{n}+1" for n in range(2)), {"2+1": 0}.keys(), range(2)], pictures=False) == (
        *("0+1", "1+1", "2+1", "0", "1"),
    )
    assert as_inputs([iter([DIGIT, DIGIT])], pictures=True) == ("array 1", "array 2")


@pytest.mark.parametrize("given", [None, {"1+1": 2}, object(), io.StringIO("1+1"), io.BytesIO(b"1+1")])
def test_what_is_no_text_is_one_line(given: Any) -> None:
    with pytest.raises(UserError, match="is no text"):
        as_inputs([given], pictures=False)


def test_two_channels_are_grey_and_opacity_and_that_is_noted() -> None:
    with collected_notes() as notes:
        (given,) = as_inputs([np.zeros((4, 5, 2), np.uint8)], pictures=True)
    assert open_picture(given).size == (5, 4)
    assert "opacity" in notes[0]


@dataclass(frozen=True)
class SomeOptions(UseOptions):
    inputs: tuple[str, ...] = ()
    out: str | None = None
    picture: str | None = None
    count: int = 1
    zoom: float = 1.0
    parts: tuple[float, ...] | None = None


def some_options(**values: Any) -> SomeOptions:
    options: SomeOptions = options_of(SomeOptions, as_options(SomeOptions, values))
    return options


def test_options() -> None:
    given = some_options(out=Path("a") / "b.png", count=np.int64(3), zoom=np.float32(2), parts=np.array([1, 0.5]))
    assert given == SomeOptions(out=str(Path("a") / "b.png"), count=3, zoom=2.0, parts=(1.0, 0.5))
    assert {type(given.count), type(given.zoom)} == {int, float}
    assert some_options(out=7, parts=[np.float32(1)]) == some_options(out=np.uint8(7), parts=(1.0,))
    assert some_options(out=None) == SomeOptions()
    assert isinstance(some_options(picture=DIGIT).picture, GivenPicture)


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"picture": np.stack([DIGIT, DIGIT])}, "one picture, not 2"),
        ({"picture": at_its_end(encoded(DIGIT))}, "seek(0)"),
        ({"out": io.BytesIO()}, "--out takes text or a path, no BytesIO"),
        ({"out": io.StringIO("1+1")}, "--out takes text or a path, no StringIO"),
        ({"out": DIGIT}, "--out takes text or a path, no ndarray"),
        ({"out": True}, "--out True: must be str"),
        ({"count": DIGIT}, "must be int"),
        ({"count": np.float64(1.5)}, "--count 1.5: must be int"),
        ({"nope": DIGIT}, "unknown option 'nope'"),
    ],
)
def test_options_that_do_not_fit_are_one_line(values: dict[str, Any], what: str) -> None:
    with pytest.raises(UserError) as caught:
        some_options(**values)
    assert what in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("given", [None, 3, b"addition_rnn", [], {}, DIGIT])
def test_what_is_no_run_is_one_line(given: Any) -> None:
    for action in (
        lambda: etudes.use(given, "1+1"),
        lambda: etudes.load(given),
        lambda: etudes.presets(given),
        lambda: etudes.settings(given),
        lambda: etudes.train(given),
        lambda: etudes.resume(given),
        lambda: etudes.compare(given),
        lambda: etudes.compare([given, given]),
        lambda: etudes.settings("cifar10_cnn", preset=given),
        lambda: etudes.answer(given, "1+1"),
        lambda: etudes.use("addition_rnn", "1+1", backend=3 if given is None else given),
        lambda: Run(given),
    ):
        with pytest.raises(UserError) as caught:
            action()
        assert len(str(caught.value).splitlines()) == 1
        assert len(str(caught.value)) <= 200


def test_a_run_may_be_named_by_text() -> None:
    assert Run("c/cifar10_cnn") == Run(Path("c", "cifar10_cnn"))  # type: ignore[arg-type]


def test_settings_are_numbers_of_numpy_and_errors_one_line() -> None:
    settings = preset_of("cifar10_cnn", "tuned", {"seed": np.int64(3), "data": Path("mine")})
    assert (settings.seed, type(settings.seed), settings.data) == (3, int, "mine")
    with pytest.raises(UserError, match=r"^--data array.*: must be str$"):
        preset_of("cifar10_cnn", "tuned", {"data": np.zeros((3, 3))})


def test_lines_of_answers_and_notes_are_lines(tmp_path: Path) -> None:
    (tmp_path / "new\nline.png").write_bytes(encoded(PHOTO))
    missing = [str(tmp_path / f"{number}{'x' * 60}.png") for number in range(3)]
    result = etudes.use("cifar10_cnn@bundled", tmp_path / "new\nline.png", *missing)
    assert result.answers[0]["picture"].endswith("new\nline.png")
    assert any("new?line.png: " in line for line in result.lines)
    assert all(len(line.splitlines()) == 1 and len(line) <= 200 for line in [*result.lines[:1], UNLIKE])


@pytest.mark.parametrize("etude", ["cifar10_cnn", "antirectifier"])
def test_classifiers_read_every_form_alike(etude: str, tmp_path: Path) -> None:
    loaded = open_run(f"{etude}@bundled")
    use = loaded.experiment.use
    files = [forms(PHOTO, tmp_path)[form] for form in ("path", "Pillow", "bytes", "file", "array", "0..1")]
    options: UseOptions = options_of(use.options, {}, inputs=as_inputs(files, pictures=use.options.pictures))
    with collected_notes():
        read = use.read(loaded.info, loaded.settings, options)
    assert all(np.array_equal(one, read.pixels[0]) for one in read.pixels)
    assert all(type(name) is str for name in read.files)


def test_of_the_studies_those_with_pictures_say_so() -> None:
    from etudes import experiments

    takers = {name for name in experiments.names() if experiments.load(name).use.options.pictures}
    assert takers == {"antirectifier", "cifar10_cnn", "deep_dream", "mnist_transfer_cnn"}


def test_a_dream_of_pictures_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from etudes.experiments.deep_dream.options import DreamOptions

    monkeypatch.chdir(tmp_path)
    (tmp_path / "array").mkdir()  # a folder of the same name is another thing
    single = DreamOptions(as_inputs([PHOTO], pictures=True), out="dream.png")
    assert (single.is_single, single.source, single.picture_path) == (True, None, "dream.png")
    several = DreamOptions(as_inputs([PHOTO, PHOTO], pictures=True))
    assert [job.place for job in several.jobs] == [
        Path("dreams", "array 1-dream.png"),
        Path("dreams", "array 2-dream.png"),
    ]


def test_labelled_arrays_are_read_like_a_file() -> None:
    from etudes.data.labelled import load_test_images

    info = open_run("cifar10_cnn@mnist").info
    pictures, labels = np.stack([DIGIT] * 4) / 255, np.array([3, 1, 4, 1])
    with labelled_file(pictures, labels, info.class_names) as file:
        data = load_test_images(str(file), info, None, None)  # type: ignore[arg-type]
    assert sorted(data.test.labels.tolist()) == [1, 1, 3, 4]
    assert all(np.array_equal(picture[..., 0], DIGIT) for picture in data.test.pictures)
    assert not file.exists()


@pytest.mark.parametrize(
    ("test_data", "what"),
    [
        ((DIGIT[None], [1, 2]), "give one for each"),
        ((np.zeros((4, 64)), [1, 2, 3, 4]), "test_data: x has the shape"),
        ((np.stack([DIGIT] * 2), [0, 10]), "labels are 0 to 10"),
        ((np.stack([DIGIT] * 4), ["one", "two"] * 2), "test_data has an unknown class"),
        (([DIGIT, PHOTO], [1, 2]), "test_data:"),
        ((DIGIT,), "a pair"),
        (DIGIT, "a pair"),
        ({"x": DIGIT}, "a pair"),
        (3, "a pair"),
    ],
)
def test_labelled_arrays_that_do_not_fit_are_one_line(test_data: Any, what: str) -> None:
    with pytest.raises(UserError) as caught:
        etudes.evaluate("cifar10_cnn@mnist", test_data=test_data)
    assert what in str(caught.value)
    assert len(str(caught.value)) <= 200


def test_what_is_no_letter_is_a_question_mark() -> None:
    assert printable("a\n\r\t\x1b[0m\u2028\udcff\u202eb") == "a????[0m???b"
    kept = "1\u202f000\u00a0km, \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645, \u6771\u3000\u4eac"
    assert printable(kept) == kept
