"""Whatever bytes come, a parser gives a value or a `UserError` of one line, never another exception."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from etudes.data import load_images, load_pairs, open_picture
from etudes.data.idx import read_idx
from etudes.data.pictures import read_picture_header
from etudes.errors import UserError
from etudes.experiments.addition_rnn.questions import TextInfo
from etudes.experiments.addition_rnn.study import SUMS, AdditionSettings, decode, encode
from etudes.experiments.addition_rnn.use import QuestionOptions, read_questions
from etudes.runs import Run, load_checkpoint, load_weights, read_metrics
from etudes.schema import as_dict, from_dict, override, validate
from soak.hostile_arrays import idx, with_changes
from soak.hostile_pictures import FORMATS, good_picture

same = settings(derandomize=True, deadline=None, max_examples=300, database=None)
"""The same examples on every machine and in every run."""

INFO = TextInfo("sums", SUMS, 7, 4)


def value_or_refusal(act: Callable[[], Any]) -> Any:
    """What an action gives; None after a `UserError`, which must be one line of 200 characters at most."""
    try:
        return act()
    except UserError as error:
        message = str(error)
        assert "\n" not in message
        assert len(message) <= 200
        return None


def of_bytes(content: bytes, name: str, read: Callable[[Path], Any]) -> Any:
    """What reading a file of these bytes gives, as above; its path is short, as people's are."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return value_or_refusal(lambda: read(path))


@st.composite
def mutated(draw: st.DrawFn, *good: bytes) -> bytes:
    """A sound file with some bytes changed, taken out, put in or cut off."""
    content = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, min(len(content) - 1, draw(st.sampled_from([40, 400, 10**6]))))))
        match draw(st.sampled_from(["change", "cut", "out", "in", "zeros"])):
            case "change":
                content[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del content[max(place, 1) :]
            case "out":
                del content[place : place + draw(st.integers(1, 8))]
            case "in":
                content[place:place] = draw(st.binary(max_size=8))
            case "zeros":
                content[place : place + 8] = bytes(8)
    return bytes(content)


@same
@given(st.text(max_size=12), st.integers(1, 10))
def test_a_text_is_encoded_and_comes_back_or_is_refused(text: str, length: int) -> None:
    rows = value_or_refusal(lambda: encode(text, length))
    if rows is None:
        assert len(text.rstrip(" ")) > length or set(text) - set(SUMS)
    else:
        assert rows.shape == (length, len(SUMS))
        assert (rows.sum(axis=1) == 1).all()
        assert decode(rows) == text.rstrip(" ")


@same
@given(st.lists(st.integers(0, len(SUMS) - 1), min_size=1, max_size=9))
def test_rows_are_decoded_and_come_back(places: list[int]) -> None:
    rows = np.eye(len(SUMS), dtype=np.float32)[places]
    np.testing.assert_array_equal(encode(decode(rows), len(places)), rows)


@same
@given(st.one_of(st.text(max_size=40), st.from_regex(r"\s?[0-9]{0,5}\s?\+\s?[0-9]{0,5}", fullmatch=True)))
def test_a_question_is_two_numbers_or_refused(text: str) -> None:
    found = value_or_refusal(lambda: read_questions(INFO, AdditionSettings(), QuestionOptions((text,))))
    if found is not None:
        first, second = (int(number) for number in found[0].split("+"))
        assert max(first, second) < 1000
        assert [int("".join(number.split())) for number in text.split("+")] == [first, second]


@same
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode), mutated(b'a,b\nc,d\n"e,",f\n' * 5)))
def test_a_csv_file_gives_pairs_or_is_refused(content: bytes) -> None:
    pairs = of_bytes(content, "pairs.csv", load_pairs)
    if pairs is not None:
        assert pairs
        assert all(question and answer for question, answer in pairs)
        assert len({question for question, _ in pairs}) == len(pairs)


@same
@given(st.one_of(st.binary(max_size=60), mutated(idx((4, 5, 6)), idx((3,)))), st.sampled_from([1, 3]))
def test_an_idx_file_gives_its_array_or_is_refused(content: bytes, dimensions: int) -> None:
    array = of_bytes(content, "data-idx", lambda path: read_idx(path, dimensions))
    if array is not None:
        assert array.ndim == dimensions
        assert array.tobytes() == content[4 + 4 * dimensions :]


SMALL = {"x": np.arange(40 * 16 * 16).reshape(40, 16, 16).astype(np.uint8), "y": np.arange(40) % 2}


@same
@given(st.one_of(st.binary(max_size=60), mutated(with_changes(**SMALL), with_changes(**SMALL, class_names=["a", "b"]))))
def test_an_npz_archive_gives_pictures_or_is_refused(content: bytes) -> None:
    data = of_bytes(content, "data.npz", lambda path: load_images(str(path), seed=0, validation_share=0.1))
    if data is not None:
        assert data.train.pictures.dtype == np.uint8
        assert data.train.pictures.shape[1:] == data.info.shape
        assert data.train.labels.max() < len(data.info.class_names)


@same
@given(st.one_of(st.binary(max_size=200), mutated(*(good_picture(kind) for kind in FORMATS))))
def test_a_picture_is_opened_or_refused(content: bytes) -> None:
    picture = of_bytes(content, "photo.png", open_picture)
    size = of_bytes(content, "photo.png", read_picture_header)
    if picture is not None:
        assert picture.mode in ("L", "RGB")
        assert size is not None
        assert (size.height, size.width) == (picture.height, picture.width)


PLAIN = as_dict(AdditionSettings())
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.integers(), max_size=3)
)


@same
@given(st.dictionaries(st.one_of(st.sampled_from(sorted(PLAIN)), st.text(max_size=10)), ANYTHING, max_size=3))
def test_settings_are_valid_or_refused(changes: dict[str, Any]) -> None:
    changed = value_or_refusal(lambda: override(AdditionSettings(), changes))
    if changed is not None:
        assert all(getattr(changed, name) == value for name, value in changes.items())
        assert 1 <= changed.digits <= 9
        assert changed.epochs >= 1
        assert math.isfinite(changed.learning_rate)
    read = value_or_refusal(lambda: from_dict(AdditionSettings, {**PLAIN, **changes}))
    if read is not None:
        assert (value_or_refusal(lambda: validate(read) or True) is None) == (changed is None)


TOML = b'etude = "adder"\npreset = "tiny"\n[settings]\nepochs = 3\nrate = 1e-3\nname = "a\\n"\n[data]\nsizes = [1]\n'


@same
@given(st.one_of(st.binary(max_size=100), mutated(TOML)))
def test_a_header_is_read_or_refused(content: bytes) -> None:
    header = of_bytes(content, "settings.toml", lambda path: Run(path.parent).header())
    if header is not None:
        assert isinstance(header["etude"], str)
        assert isinstance(header["settings"], dict)


@same
@given(st.one_of(st.binary(max_size=60), mutated(b'{"metrics": {"a": 1.5}, "training_seconds": 3}')))
def test_json_of_a_run_is_read_or_refused(content: bytes) -> None:
    results = of_bytes(content, "results.json", lambda path: Run(path.parent).results())
    if results is not None:
        assert isinstance(results["metrics"], dict)
    of_bytes(content, "metrics.jsonl", lambda path: read_metrics(path.parent))
    of_bytes(content, "weights.json", lambda path: load_weights(path.parent))


@same
@given(st.binary(max_size=200))
def test_a_checkpoint_of_any_bytes_is_refused(content: bytes) -> None:
    def read(path: Path) -> Any:
        (path.parent / "checkpoints").mkdir()
        path.rename(path.parent / "checkpoints" / "current.safetensors")
        return load_checkpoint(path.parent)

    assert of_bytes(content, "x", read) is None


def test_a_mutation_changes_something() -> None:
    """The strategy is no sieve: most of what it gives is not what it began with."""
    found = []

    @same
    @given(mutated(good_picture("png")))
    def look(content: bytes) -> None:
        found.append(content != good_picture("png"))

    look()
    assert np.mean(found) > 0.9
