"""Bad films to dream on: lists of other files, noise, texts and pictures by the name of a film."""

from __future__ import annotations

from collections.abc import Iterator

from soak.case import Case, one_file, random_of
from soak.hostile_pictures import good_picture

_BOX = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"


def flipped(number: int) -> bytes:
    """The header of a film with noise in it."""
    return _BOX + random_of(f"film {number}").bytes(4000)


def cases() -> Iterator[Case]:
    """All of them."""
    contents = {
        "nothing in it": b"",
        "text": b"no film",
        "a page": b"<!doctype html>404",
        "a picture": good_picture("png"),
        "a list of other files": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        "a list of addresses": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/film.ts\n#EXT-X-ENDLIST\n",
        "a list to join": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "a script of pictures": b"<?xml version='1.0'?><svg><image href='file:///etc/passwd'/></svg>",
        "a box that ends nowhere": _BOX + b"\xff\xff\xff\xffmoov",
        **{f"noise {number}": flipped(number) for number in range(4)},
    }
    for what, content in contents.items():
        for ending in ("mp4", "mov", "webm", "avi"):
            words = ("use", "deep_dream", f"film.{ending}", "out.mp4", "--weights", "untrained")
            yield Case(f"film: {ending} with {what}", "film", one_file(f"film.{ending}", content), words)
