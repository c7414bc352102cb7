"""Small inputs as people bring them: folders, arrays, tables and pictures of the kinds that went wrong once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

KINDS = ("square", "cross")
Picture = NDArray[np.uint8]


def drawn(kind: str, rng: np.random.Generator, side: int = 32) -> Picture:
    """A bright square or cross at a random place on dark noise, (side, side)."""
    picture: Picture = rng.integers(0, 40, (side, side), dtype=np.uint8)
    x, y = rng.integers(2, side - 12, 2)
    if kind == "square":
        picture[y : y + 10, x : x + 10] = 230
    else:
        picture[y : y + 10, x + 4 : x + 6] = 230
        picture[y + 4 : y + 6, x : x + 10] = 230
    return picture


def class_folders(place: Path, names: Sequence[str] = KINDS, count: int = 12) -> Path:
    """PNG files in a folder for each class, squares and crosses in turn."""
    rng = np.random.default_rng(len(names))
    for number, name in enumerate(names):
        (place / name).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            picture = np.repeat(drawn(KINDS[number % 2], rng)[..., None], 3, axis=2)
            Image.fromarray(picture).save(place / name / f"{index}.png")
    return place


# --- folders ----------------------------------------------------------------------------------------------------------


def left_behind(place: Path) -> None:
    class_folders(place)
    for junk in ("__MACOSX", "@eaDir", ".ipynb_checkpoints", "new folder"):
        (place / junk).mkdir()
    (place / "square" / "._0.png").write_bytes(b"\0\5\x16\7")
    (place / "cross" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")


def split_in_parts(place: Path, training: str, held: str) -> None:
    for part in (training, held):
        class_folders(place / part)


def nested(place: Path) -> None:
    class_folders(place, count=10)
    for kind in KINDS:
        (place / kind).rename(place / "first")
        (place / kind).mkdir()
        (place / "first").rename(place / kind / "first")
        for path in sorted((place / kind / "first").iterdir())[:5]:
            path.rename(place / kind / path.name)


def one_banner(place: Path) -> None:
    """Pictures about 40×30, and one of 40×800."""
    class_folders(place, count=0)
    rng = np.random.default_rng(1)
    for kind in KINDS:
        for index in range(12):
            size = (38 + index % 5, 28 + index % 3)
            Image.fromarray(drawn(kind, rng)).resize(size).save(place / kind / f"{index}.png")
    Image.new("RGB", (40, 800), "grey").save(place / "square" / "banner.png")


def transparent(place: Path) -> None:
    """White strokes that only the transparency shows."""
    rng = np.random.default_rng(2)
    for kind in KINDS:
        (place / kind).mkdir(parents=True)
        for index in range(12):
            white = Image.new("L", (32, 32), 255)
            Image.merge("LA", (white, Image.fromarray(drawn(kind, rng)))).save(place / kind / f"{index}.png")


def many_classes(place: Path, count: int = 225) -> None:
    rng = np.random.default_rng(3)
    for number in range(count):
        (place / f"{number:04d}").mkdir(parents=True)
        for index in range(3):
            colour = tuple(rng.integers(0, 255, 3).tolist())
            Image.new("RGB", (16, 16), colour).save(place / f"{number:04d}" / f"{index}.png")


# --- arrays -----------------------------------------------------------------------------------------------------------


def pictures_and_labels(count: int = 80) -> tuple[Picture, NDArray[np.int64]]:
    """Grey pictures (n, 32, 32), 0..255, and their classes, 0 and 1 in turn."""
    rng = np.random.default_rng(4)
    labels = np.arange(count) % 2
    return np.stack([drawn(KINDS[label], rng) for label in labels]), labels


def archive(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    np.savez(path, **arrays)  # type: ignore[arg-type]


# --- pictures ---------------------------------------------------------------------------------------------------------


def photograph(path: Path, side: int = 120) -> None:
    """A sound picture, large enough to dream of."""
    y, x = np.mgrid[:side, :side]
    waves = 127 + 100 * np.sin(x / 7) * np.cos(y / 11)
    Image.fromarray(np.stack([waves, waves.T, 255 - waves], axis=2).astype(np.uint8)).save(path)


def twelve_bits(path: Path, side: int = 120) -> None:
    """The values of a camera of 12 bits in a 16-bit file."""
    Image.fromarray(drawn("cross", np.random.default_rng(5), side).astype(np.uint16) << 4).save(path)


def dark_one_on_light(path: Path) -> None:
    """The digit 1 as people draw it."""
    digit = np.full((120, 120), 245, np.uint8)
    digit[20:100, 55:67] = 20
    Image.fromarray(digit).save(path)


# --- text -------------------------------------------------------------------------------------------------------------

SUMS = [(f"{a}+{b}", str(a + b)) for a in range(12) for b in range(12)]


def joined(separator: str, pairs: Sequence[tuple[str, str]] = SUMS, header: str = "") -> str:
    return header + "".join(f"{question}{separator}{answer}\n" for question, answer in pairs)


TABLES: dict[str, bytes] = {
    "header.csv": joined(",", header="input,output\n").encode(),
    "semicolons.csv": joined(";", header="question;answer\n").encode(),
    "tabs.tsv": joined("\t").encode(),
    "space-after-comma.csv": "".join(f'"{question}", "{answer}"\n' for question, answer in SUMS).encode(),
    "lines.jsonl": "".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in SUMS).encode(),
    "same-but-spaces.csv": "".join(f"{q},{a}\n{q} ,{a}\n" for q, a in SUMS).encode(),
    "dollars.csv": "".join(f"${a}+${b},${a + b}\n" for a in range(12) for b in range(12)).encode(),
    "decimal-comma.csv": "".join(f"x*1,{n % 10};{n}\n" for n in range(120)).encode(),
    "gbk.csv": "".join(f"第{n}课,{n}\n" for n in range(120)).encode("gbk"),
    "accents-two-ways.csv": "".join(f"{w}{n},{n}\n" for n in range(60) for w in ("caf\u00e9", "cafe\u0301")).encode(),
}
"""Pairs as spreadsheets and programs write them."""
