"""Bad pictures: cut, flipped, bombs, strangers with a picture's name, and things that are no files at all."""

from __future__ import annotations

import functools
import io
import itertools
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from soak.case import Case, Write, nothing, one_file, random_of

FORMATS = ("png", "jpeg", "webp", "gif", "bmp", "tiff", "avif")

_DOORS = itertools.cycle(
    (
        lambda name: ("use", "cifar10_cnn", name),
        lambda name: ("train", "deep_dream", "--preset", "tiny", "--data", name),
        lambda name: ("use", "deep_dream", name, "dream.png", "--weights", "untrained"),
    )
)


def case(name: str, write: Write, file: str, says: str = "") -> Case:
    """A case of this kind; the doors through which pictures come are taken in turn."""
    return Case(f"picture: {name}", "picture", write, next(_DOORS)(file), says)


@functools.cache
def good_picture(kind: str) -> bytes:
    """A sound picture of 48×40 with noise in it."""
    image = Image.fromarray(random_of("a picture").integers(0, 256, (40, 48, 3), dtype=np.uint8))
    memory = io.BytesIO()
    (image.quantize(64) if kind == "gif" else image).save(memory, kind)
    return memory.getvalue()


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _cut()
    yield from _flipped()
    yield from _strangers()
    yield from _bombs()
    yield from _no_files()
    yield from _names()


def _cut() -> Iterator[Case]:
    for kind in FORMATS:
        for share in (0.004, 0.01, 0.05, 0.1, 0.3, 0.5, 0.75, 0.9):
            content = good_picture(kind)
            cut = content[: max(1, int(len(content) * share))]
            yield case(f"{kind} cut at {share:.1%}", one_file(f"photo.{kind}", cut), f"photo.{kind}", "photo.")


def _breaks(content: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(content), formats=[kind.upper() for kind in FORMATS]) as image:
            image.load()
    except Exception:
        return True
    return False


def flipped_picture(kind: str, number: int) -> bytes:
    """A sound picture with some bytes changed so that it cannot be decoded any more."""
    random = random_of(f"flip {kind} {number}")
    while True:
        content = bytearray(good_picture(kind))
        early = random.random() < 0.7
        for _ in range(random.integers(1, 6)):
            content[random.integers(0, 80 if early else len(content))] ^= int(random.integers(1, 256))
        if _breaks(bytes(content)):
            return bytes(content)


def _flipped() -> Iterator[Case]:
    for kind, number in itertools.product(FORMATS, range(6)):
        make = functools.partial(flipped_picture, kind, number)
        yield case(f"{kind} with flipped bytes {number}", one_file(f"photo.{kind}", make), f"photo.{kind}")


def _saved(kind: str) -> bytes:
    memory = io.BytesIO()
    Image.open(io.BytesIO(good_picture("png"))).save(memory, kind)
    return memory.getvalue()


def _zip() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("photo.png", good_picture("png"))
    return memory.getvalue()


def _strangers() -> Iterator[Case]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(canary) (w) file closefile\nshowpage\n%%EOF\n"
    photoshop = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 40, 48, 8, 3) + bytes(14)
    kinds: dict[str, bytes | Callable[[], bytes]] = {
        **{name: functools.partial(_saved, name) for name in ("pdf", "ico", "eps", "tga", "ppm", "pcx", "im")},
        **{name: functools.partial(_saved, name) for name in ("dds", "sgi", "icns", "spider")},
        "zip": _zip,
        "svg": svg,
        "postscript that writes": postscript,
        "psd": photoshop,
        "page": b"<!doctype html><html><body>404</body></html>",
        "program": b"\x7fELF\2\1\1" + bytes(200),
        "script": b"#!/bin/sh\ntouch canary\n",
        "film": b"\0\0\0\x18ftypmp42" + bytes(100),
        "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\3" + bytes(50),
        "fits": b"SIMPLE  =                    T" + bytes(2850),
        "wmf": b"\xd7\xcd\xc6\x9a" + bytes(60),
        "empty": b"",
        "line break": b"\n",
        "text": b"this is not a picture\n" * 10,
        "zeros": bytes(5000),
        "utf-16": "photo".encode("utf-16"),
        "escape sequences": b"\x1b[31m\x1b]0;owned\x07" * 20,
    }
    for number, (kind, content) in enumerate(kinds.items()):
        name = ("photo.jpg", "photo.png", "photo.webp")[number % 3]
        yield case(f"{kind} named {name}", one_file(name, content), name, "picture")


def png(width: int, height: int, *chunks: tuple[bytes, bytes], depth: int = 8, colour: int = 2) -> bytes:
    """A PNG by hand: a header that may promise anything, further chunks, and hardly any data."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _jpeg(width: int, height: int) -> bytes:
    content = bytearray(good_picture("jpeg"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def _gif(width: int, height: int) -> bytes:
    start = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return start + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00;"


def _bmp(width: int, height: int, bits: int = 24) -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 1000, 0, 0, 54, 40, width, height, 1, bits, 0, 0, 1, 1, 0, 0)


def _webp(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    body = b"VP8L" + struct.pack("<I", 6) + b"\x2f" + struct.pack("<I", bits) + b"\0"
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def zeros(megabytes: int) -> bytes:
    """So many zeros, deflated."""
    return zlib.compress(bytes(megabytes * 1_000_000), 9)


def _exif_bomb() -> bytes:
    """An EXIF block whose entry promises four billion numbers, in a picture that is cut short."""
    tiff = b"MM\0*\0\0\0\x08" + struct.pack(">H", 1) + struct.pack(">HHII", 0x0112, 5, 0xFFFFFFFF, 8)
    block = b"Exif\0\0" + tiff
    content = good_picture("jpeg")
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + content[2:600]


def _bombs() -> Iterator[Case]:
    sizes = ((7072, 7072), (50_001, 50_001), (65_535, 65_535))
    for width, height in sizes:
        name = f"{width}×{height}"
        yield case(f"png of {name}", one_file("photo.png", png(width, height)), "photo.png", "pixels")
        yield case(f"jpeg of {name}", one_file("photo.jpg", _jpeg(width, height)), "photo.jpg", "pixels")
        yield case(f"gif of {name}", one_file("photo.gif", _gif(width, height)), "photo.gif", "pixels")
        yield case(f"bmp of {name}", one_file("photo.bmp", _bmp(width, height)), "photo.bmp", "pixels")
    parts: dict[str, bytes | Callable[[], bytes]] = {
        "png of 2,147,483,647×1": png(2**31 - 1, 1),
        "png of 2,147,483,647 both ways": png(2**31 - 1, 2**31 - 1),
        "png of 65,535×65,535 at 16 bits": png(65_535, 65_535, depth=16),
        "png of no pixels": png(0, 0),
        "png of no height": png(10, 0),
        "gif of no pixels": _gif(0, 0),
        "bmp of negative width": _bmp(-10_000, 10_000),
        "bmp of 1 bit and 2 billion rows": _bmp(8, 2**31 - 1, bits=1),
        "bmp whose height cannot be negated": _bmp(8, -(2**31)),
        "webp of 16,384×16,384": _webp(16_384, 16_384),
        "png with a text of 100 MB": lambda: png(8, 8, (b"zTXt", b"a\0\0" + zeros(100))),
        "png with an international text of 100 MB": lambda: png(8, 8, (b"iTXt", b"a\0\1\0\0\0" + zeros(100))),
        "png with a colour profile of 100 MB": lambda: png(8, 8, (b"iCCP", b"a\0\0" + zeros(100))),
        "png with a chunk that promises 4 GB": png(8, 8)[:33] + b"\xff\xff\xff\xffIDAT" + bytes(100),
        "png with a wrong checksum": png(8, 8).replace(b"IHDR\0\0\0\x08", b"IHDR\0\0\0\x09"),
        "png with data of another size": png(600, 600),
        "jpeg with an exif bomb": _exif_bomb,
        "jpeg of nothing but markers": b"\xff\xd8" + b"\xff\xe0\0\2" * 5000,
        "gif of nothing but comments": b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe\1a\0" * 5000,
        "animated png that promises 4 billion frames": png(600, 600, (b"acTL", b"\xff" * 8)),
    }
    for name, content in parts.items():
        yield case(name, one_file("photo.png", content), "photo.png", "photo.png")
    for size, words in ((25_000_001, "just over 25 MB"), (50 * 10**9, "50 GB with holes")):
        yield case(words, functools.partial(_long, size=size), "photo.png", "25 MB")


def _long(folder: Path, runs: Path, size: int) -> None:
    path = folder / "photo.png"
    path.write_bytes(good_picture("png"))
    os.truncate(path, size)


def _no_files() -> Iterator[Case]:
    kinds: dict[str, Write] = {
        "folder": lambda folder, runs: (folder / "photo.jpg").mkdir(),
        "pipe": lambda folder, runs: os.mkfifo(folder / "photo.jpg"),
        "socket": lambda folder, runs: os.mknod(folder / "photo.jpg", stat.S_IFSOCK | 0o600),
        "link to itself": lambda folder, runs: (folder / "photo.jpg").symlink_to("photo.jpg"),
        "link to nothing": lambda folder, runs: (folder / "photo.jpg").symlink_to("elsewhere.jpg"),
        "link to zeros without end": lambda folder, runs: (folder / "photo.jpg").symlink_to("/dev/zero"),
        "link to random bytes": lambda folder, runs: (folder / "photo.jpg").symlink_to("/dev/urandom"),
        "link to nowhere": lambda folder, runs: (folder / "photo.jpg").symlink_to("/dev/null"),
        "link to its folder": lambda folder, runs: (folder / "photo.jpg").symlink_to("."),
    }
    for kind, write in kinds.items():
        yield case(f"{kind} named photo.jpg", write, "photo.jpg", "photo.jpg")
        yield case(f"{kind} named photo.jpg, through another door", write, "photo.jpg", "photo.jpg")


def _names() -> Iterator[Case]:
    text = b"no picture"
    names = {
        "a line break": "two\nlines.jpg",
        "a red escape sequence": "\x1b[31mred.jpg",
        "a window title": "\x1b]0;owned\x07.png",
        "a bell and a backspace": "a\x07\x08\x08.png",
        "a carriage return": "good\rbad.png",
        "a right-to-left override": "photo\u202egnp.exe.png",
        "a line separator": "photo\u2028etudes: all is well.png",
        "a C1 control": "photo\x9b31m.png",
        "bytes that are no text": os.fsdecode(b"photo\xff\xfe.png"),
        "240 letters": "n" * 236 + ".png",
        "80 ideographs": "図" * 80 + ".png",
    }
    for what, name in names.items():
        yield case(f"a name with {what}", one_file(name, text), name)
        yield case(f"a missing file whose name has {what}", nothing, name)
    missing = (
        "missing.jpg",
        "n" * 300 + ".png",
        "/" * 5000 + ".png",
        "a/" * 100 + "b.png",
        "~nobody/x.png",
        "photo.jpg/",
    )
    for name in (*missing, "http://127.0.0.1:9/photo.jpg", "|touch canary", "$(touch canary).png", "%s%n.png"):
        yield case(f"missing {name[:30]!r}", nothing, name)
    for name in ("", " ", "\t"):
        words = ("use", "cifar10_cnn", name)
        yield Case(f"picture: the name {name!r}", "picture", nothing, words)
