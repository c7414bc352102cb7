"""Bad image folders: no classes, empty ones, too much in them that is no picture, loops."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from soak.case import Case, random_of
from soak.hostile_pictures import flipped_picture, good_picture, png

_CLASSES = ("cat", "dog")
Fill = Callable[[Path], object]


def _good(folder: Path, classes: tuple[str, ...] = _CLASSES, count: int = 10) -> None:
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / name / f"{number}.png").write_bytes(good_picture("png"))


def _bad(folder: Path, content: bytes, count: int = 2) -> None:
    """A good folder with so many bad files among 20 good ones."""
    _good(folder)
    for number in range(count):
        (folder / "cat" / f"bad-{number}.png").write_bytes(content)


def _all_bad(folder: Path, contents: list[bytes]) -> None:
    for name in _CLASSES:
        (folder / name).mkdir()
        for number, content in enumerate(contents):
            (folder / name / f"{number}.jpg").write_bytes(content)


def _deep(folder: Path) -> None:
    deep = folder / "/".join("abcdefghij" * 5)
    _good(deep)


def _empty_classes(folder: Path) -> None:
    for name in _CLASSES:
        (folder / name).mkdir()


def _test_has_strangers(folder: Path) -> None:
    _good(folder / "train")
    _good(folder / "test", ("cat", "\x1b[31mred\nclass"))


def _class_links_to_itself(folder: Path) -> None:
    for name in _CLASSES:
        (folder / name).symlink_to(name)


def _classes_are_the_folder(folder: Path) -> None:
    for name in _CLASSES:
        (folder / name).symlink_to(".")


def _pipes(folder: Path) -> None:
    _empty_classes(folder)
    for name in _CLASSES:
        os.mkfifo(folder / name / "photo.png")


def _devices(folder: Path) -> None:
    _empty_classes(folder)
    for name in _CLASSES:
        (folder / name / "photo.png").symlink_to("/dev/zero")


def _long_files(folder: Path) -> None:
    _empty_classes(folder)
    for name in _CLASSES:
        path = folder / name / "photo.png"
        path.write_bytes(good_picture("png"))
        os.truncate(path, 10**10)


def _thousand_bad(folder: Path) -> None:
    _all_bad(folder, [b"no picture"] * 500)


def _escape_names(folder: Path) -> None:
    _empty_classes(folder)
    for number in range(5):
        (folder / _CLASSES[number % 2] / f"\x1b[2J\n{number}.png").write_bytes(b"no picture")


def _not_text_names(folder: Path) -> None:
    _empty_classes(folder)
    (folder / "cat" / os.fsdecode(b"\xff\xfe\x80.png")).write_bytes(b"no picture")


def _names_that_are_numbers(folder: Path) -> None:
    for name in ("1", "２", "③"):
        (folder / name).mkdir()
        (folder / name / "a.png").write_bytes(b"no picture")


def _good_headers_only(folder: Path) -> None:
    """Headers are sound and the rest is missing, so that only decoding finds out."""
    content = good_picture("png")
    _all_bad(folder, [content[: len(content) // 2]] * 10)


def _one_picture_each(folder: Path) -> None:
    _good(folder, count=1)


_FOLDERS: dict[str, Fill] = {
    "empty": lambda folder: None,
    "only files": lambda folder: _bad_files_only(folder),
    "one class": lambda folder: _good(folder, ("cat",)),
    "hidden classes": lambda folder: _good(folder, (".cat", ".dog")),
    "empty classes": _empty_classes,
    "a class for each letter, nested": _deep,
    "pictures a folder too deep": lambda folder: [_good(folder / name) for name in _CLASSES],
    "parts inside of classes": lambda folder: [_good(folder / name, ("train", "test")) for name in _CLASSES],
    "two training parts": lambda folder: [_good(folder / name) for name in ("train", "Training", "test")],
    "no training part": lambda folder: [_good(folder / name) for name in ("val", "test")],
    "two parts for validation": lambda folder: [_good(folder / name) for name in ("train", "val", "dev", "test")],
    "train and test without classes": lambda folder: [(folder / name).mkdir() for name in ("train", "test")],
    "a class in test that is not in train": _test_has_strangers,
    "an empty test part with strangers": lambda folder: ((_good(folder / "train"), _good(folder / "val", ("ox",)))),
    "classes that link to themselves": _class_links_to_itself,
    "classes that are the folder itself": _classes_are_the_folder,
    "pipes": _pipes,
    "devices": _devices,
    "pictures of 10 GB": _long_files,
    "a thousand bad files": _thousand_bad,
    "escape sequences in names": _escape_names,
    "names that are no text": _not_text_names,
    "digits of other scripts": _names_that_are_numbers,
    "pictures cut in half": _good_headers_only,
    "one picture a class, all alike in size": lambda folder: ((_good(folder, ("cat",), 1), (folder / "dog").mkdir())),
    "text instead of pictures": lambda folder: _all_bad(folder, [b"text"] * 3),
    "bombs": lambda folder: _all_bad(folder, [png(60_000, 60_000)] * 3),
    "two bombs in twenty": lambda folder: _bad(folder, png(60_000, 60_000)),
    "two texts in twenty": lambda folder: _bad(folder, b"text"),
    "two empty files in twenty": lambda folder: _bad(folder, b""),
    "two cut pictures in twenty": lambda folder: _bad(folder, good_picture("jpeg")[:400]),
    "two flipped pictures in twenty": lambda folder: _bad(folder, flipped_picture("png", 99)),
    "two programs in twenty": lambda folder: _bad(folder, b"\x7fELF" + random_of("program").bytes(500)),
    "a picture that another names as its folder": lambda folder: (folder / "cat.png").write_bytes(b""),
}


_BAD_FILES = ("a thousand bad files", "digits of other scripts", "text instead of pictures", "two texts in twenty")
_BAD_FILES += ("two empty files in twenty", "two flipped pictures in twenty", "two programs in twenty")
"""Named by the first bad file, of which a short line has no room for the whole path."""


def _bad_files_only(folder: Path) -> None:
    for number in range(5):
        (folder / f"{number}.png").write_bytes(good_picture("png"))


def _write(folder: Path, runs: Path, fill: Fill) -> None:
    (folder / "pictures").mkdir()
    fill(folder / "pictures")


def cases() -> Iterator[Case]:
    """All of them, with two études in turn."""
    for number, (what, fill) in enumerate(_FOLDERS.items()):
        etude = ("cifar10_cnn", "mnist_transfer_cnn")[number % 2]
        words = ("train", etude, "--preset", "tiny", "--data", "pictures")
        says = "are bad" if what in _BAD_FILES else "pictures"
        yield Case(f"folder: {what}", "folder", functools.partial(_write, fill=fill), words, says)
    for what in ("missing", "\x1b[31mmissing\nfolder", "a/../../missing", "x" * 260, "a/" * 2000):
        words = ("train", "antirectifier", "--preset", "tiny", "--data", what)
        yield Case(f"folder: missing {what[:20]!r}", "folder", lambda folder, runs: None, words)
