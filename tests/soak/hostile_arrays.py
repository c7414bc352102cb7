"""Bad NPZ archives and bad IDX files."""

from __future__ import annotations

import functools
import gzip
import io
import os
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from soak.case import Case, nothing, one_file, random_of


class Touch:
    """Unpickled carelessly, it makes a file called canary in the current folder."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch canary",)


def npy(array: Any) -> bytes:
    """An array as a member of an NPZ archive; arrays of objects are pickled."""
    memory = io.BytesIO()
    np.save(memory, array, allow_pickle=True)
    return memory.getvalue()


def npy_header(text: str, data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    """The beginning of an array by hand: the header may say anything."""
    length = struct.pack("<H" if version == b"\1\0" else "<I", len(text) + 1)
    return b"\x93NUMPY" + version + length + text.encode("latin-1") + b"\n" + data


def promised(shape: object, kind: str = "'|u1'", data: bytes = b"\0" * 100) -> bytes:
    """An array that promises a shape and a dtype and holds hardly anything."""
    return npy_header(f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}", data)


def archive(members: list[tuple[str, bytes]] | dict[str, bytes], *, packed: bool = False) -> bytes:
    """A ZIP archive of these members, in this order; a name may come twice."""
    memory = io.BytesIO()
    with (
        warnings.catch_warnings(action="ignore"),  # a name twice is what is wanted
        zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as file,
    ):
        for name, content in members.items() if isinstance(members, dict) else members:
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED if packed else None)
    return memory.getvalue()


def good_arrays() -> dict[str, Any]:
    """40 noisy pictures of 20×20 in two classes."""
    random = random_of("an archive")
    return {"x": random.integers(0, 256, (40, 20, 20, 3), dtype=np.uint8), "y": np.arange(40) % 2}


def with_changes(**changes: Any) -> bytes:
    """The good archive with other arrays (or bytes) in it; None leaves one out."""
    arrays = {**good_arrays(), **changes}
    given = {name: value for name, value in arrays.items() if value is not None}
    return archive({f"{n}.npy": value if isinstance(value, bytes) else npy(value) for n, value in given.items()})


def zip_bomb(megabytes: int = 300) -> bytes:
    """Pictures of so many MB that are all zero, packed to less than a thousandth."""
    count = megabytes * 1_000_000 // 1200
    pictures = npy(np.zeros((count, 20, 20, 3), np.uint8))
    return archive({"x.npy": pictures, "y.npy": npy(np.zeros(count, np.int64)), "z.npy": pictures[:200]}, packed=True)


def encrypted() -> bytes:
    """An archive whose members claim to be encrypted."""
    content = bytearray(with_changes())
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = content.find(mark)
        while start >= 0:
            content[start + place] |= 1
            start = content.find(mark, start + 4)
    return bytes(content)


def _method(number: int) -> bytes:
    """An archive packed by a method that nobody knows."""
    return (
        with_changes()
        .replace(b"PK\3\4\x14\0\0\0\0\0", b"PK\3\4\x14\0\0\0" + struct.pack("<H", number))
        .replace(b"PK\1\2\x14\3\x14\0\0\0\0\0", b"PK\1\2\x14\3\x14\0\0\0" + struct.pack("<H", number))
    )


def _cut(share: float) -> bytes:
    content = with_changes()
    return content[: int(len(content) * share)]


def _damaged(number: int) -> bytes:
    """One byte of the first array is another: the archive's own check sum must tell."""
    content = bytearray(with_changes())
    content[int(random_of(f"npz {number}").integers(200, 40_000))] ^= 0x55
    return bytes(content)


_X, _Y = good_arrays()["x"], good_arrays()["y"]
_FEW = 4 * (np.arange(len(_X)) < 4)[:, None, None, None].astype(np.uint8)
_ARCHIVES: dict[str, bytes | Callable[[], bytes]] = {
    "empty file": b"",
    "text": b"not an archive",
    "random bytes": random_of("npz").bytes(5000),
    "an archive of nothing": archive({}),
    "an archive of text": archive({"x.npy": b"text", "y.npy": b"text"}),
    "an archive of pictures": archive({"a.png": b"\x89PNG"}),
    "other names": functools.partial(with_changes, x=None, photos=_X),
    "no labels": functools.partial(with_changes, y=None),
    "no pictures": functools.partial(with_changes, x=None),
    "only a test part": functools.partial(with_changes, x=None, y=None, x_test=_X, y_test=_Y),
    "half a test part": functools.partial(with_changes, x_test=_X),
    "a pickled list of pictures": functools.partial(with_changes, x=np.array([Touch(), 1], dtype=object)),
    "pickled labels": functools.partial(with_changes, y=np.array([Touch()] * 40, dtype=object)),
    "pickled class names": functools.partial(with_changes, class_names=np.array([Touch(), "dog"], dtype=object)),
    "a bare pickle as pictures": functools.partial(with_changes, x=pickle.dumps(Touch())),
    "a bare pickle as file": functools.partial(pickle.dumps, Touch()),
    "a single array": npy(_X),
    "a single pickled array": npy(np.array([Touch()], dtype=object)),
    "a header that promises 10 GB": functools.partial(with_changes, x=promised((10**9, 10))),
    "a header that promises 2^63 values": functools.partial(with_changes, x=promised((2**31, 2**31, 2))),
    "a header that promises 10^40 values": functools.partial(with_changes, x=promised((10**20, 10**20, 3))),
    "pictures that promise 2 GB": functools.partial(with_changes, x=promised((40, 4000, 4000, 3))),
    "labels that promise 8 GB": functools.partial(with_changes, y=promised((10**9,), "'<i8'")),
    "class names that promise 4 GB": functools.partial(with_changes, class_names=promised((10**9,), "'<U1'")),
    "class names of a billion letters": functools.partial(with_changes, class_names=promised((2,), "'<U999999999'")),
    "a header of negative sizes": functools.partial(with_changes, x=promised((-40, 20, 20, 3))),
    "a header of words": functools.partial(with_changes, x=promised("('a', 'b')")),
    "a header that is code": functools.partial(with_changes, x=npy_header("__import__('os').system('touch canary')")),
    "a header of a thousand brackets": functools.partial(with_changes, x=npy_header("(" * 9000)),
    "a header of 60 kB": functools.partial(with_changes, x=npy_header("{" + " " * 60_000 + "}")),
    "a header that promises 4 GB of itself": functools.partial(
        with_changes, x=b"\x93NUMPY\2\0\xff\xff\xff\xff{" + bytes(100)
    ),
    "an unknown version of arrays": functools.partial(with_changes, x=npy_header("{}", version=b"\x09\0")),
    "an unknown kind of numbers": functools.partial(with_changes, x=promised((40, 20, 20, 3), "'|Q9'")),
    "a kind with names": functools.partial(with_changes, x=promised((40, 20, 20), "[('a', '|u1'), ('b', '|O')]")),
    "references to objects": functools.partial(with_changes, x=promised((40, 20, 20), "'|O'")),
    "complex pictures": functools.partial(with_changes, x=_X * 1j),
    "dates as pictures": functools.partial(with_changes, x=_X.astype("datetime64[s]")),
    "words as pictures": functools.partial(with_changes, x=_X.astype(str)),
    "pictures of few levels, hardly one of them white": functools.partial(with_changes, x=_X // 64 + _FEW),
    "not a number among the pictures": functools.partial(with_changes, x=np.full((40, 20, 20, 3), np.nan)),
    "infinite pictures": functools.partial(with_changes, x=np.full((40, 20, 20, 3), np.inf)),
    "negative pictures": functools.partial(with_changes, x=-_X.astype(int)),
    "pictures above 255": functools.partial(with_changes, x=_X.astype(int) * 300),
    "pictures of two dimensions": functools.partial(with_changes, x=_X[..., 0, 0]),
    "pictures of five dimensions": functools.partial(with_changes, x=_X[..., None]),
    "pictures with two channels": functools.partial(with_changes, x=_X[..., :2]),
    "pictures with four channels": functools.partial(with_changes, x=np.concatenate([_X, _X[..., :1]], -1)),
    "channels between height and width": functools.partial(with_changes, x=_X.transpose(0, 1, 3, 2)),
    "pictures of no height": functools.partial(with_changes, x=_X[:, :0]),
    "no pictures at all": functools.partial(with_changes, x=_X[:0], y=_Y[:0]),
    "a single number": functools.partial(with_changes, x=np.uint8(3)),
    "pictures too small for the network": functools.partial(with_changes, x=_X[:, :5, :5]),
    "fewer labels": functools.partial(with_changes, y=_Y[:-1]),
    "labels as a table": functools.partial(with_changes, y=np.eye(2)[_Y]),
    "labels with fractions": functools.partial(with_changes, y=_Y + 0.5),
    "negative labels": functools.partial(with_changes, y=_Y - 1),
    "a label of 2^62": functools.partial(with_changes, y=np.where(_Y, 2**62, 0)),
    "a label beyond what is counted": functools.partial(with_changes, y=np.full(40, 2**64 - 1, np.uint64)),
    "labels that are not numbers": functools.partial(with_changes, y=np.full(40, np.nan)),
    "a single class": functools.partial(with_changes, y=_Y * 0),
    "a class that only the test part has": functools.partial(
        with_changes, x=None, y=None, x_train=_X, y_train=_Y, x_test=_X, y_test=_Y + 1
    ),
    "parts in different ranges": functools.partial(
        with_changes, x=None, y=None, x_train=_X, y_train=_Y, x_test=_X / 255, y_test=_Y
    ),
    "a name twice": functools.partial(with_changes, class_names=np.array(["cat", "cat"])),
    "a name that is no text": functools.partial(with_changes, class_names=np.array(["cat", "\ud800"])),
    "a name in bytes that are no text": functools.partial(with_changes, class_names=np.array([b"cat", b"\xff"])),
    "fewer names than classes": functools.partial(with_changes, class_names=np.array(["cat"])),
    "names that climb out of the folder": lambda: archive({"../../x.npy": npy(_X), "/var/y.npy": npy(_Y)}),
    "a name twice, the first of them good": lambda: archive(
        [("x.npy", npy(_X)), ("y.npy", npy(_Y)), ("x.npy", npy(np.array([Touch()], dtype=object)))]
    ),
    "two names that mean the same": lambda: archive(
        [("x.npy", npy(np.array([Touch()], dtype=object))), ("y.npy", npy(_Y)), ("x", npy(_X))]
    ),
    "a zip bomb of 300 MB": zip_bomb,
    "a thousand members": lambda: archive({f"{number}.npy": b"" for number in range(1000)}),
    "encrypted": encrypted,
    "packed by an unknown method": functools.partial(_method, 99),
    **{f"cut at {share:.0%}": functools.partial(_cut, share) for share in (0.1, 0.5, 0.9, 0.999)},
    **{f"flipped byte {number}": functools.partial(_damaged, number) for number in range(4)},
}


def cases() -> Iterator[Case]:
    """All of them."""
    train = ("train", "cifar10_cnn", "--preset", "tiny", "--data")
    for what, content in _ARCHIVES.items():
        by_network = what == "pictures too small for the network"
        says, write = "" if by_network else "data.npz", one_file("data.npz", content)
        yield Case(f"archive: {what}", "archive", write, (*train, "data.npz"), says, needs_network=by_network)
    for name in ("missing.npz", "x\ny.npz", "\x1b[31m.npz", "data.pkl", "a" * 300 + ".npz"):
        yield Case(f"archive: missing {name[:20]!r}", "archive", nothing, (*train, name))
    kinds: dict[str, Callable[[Path, Path], object]] = {
        "pipe": lambda folder, runs: os.mkfifo(folder / "data.npz"),
        "link to itself": lambda folder, runs: (folder / "data.npz").symlink_to("data.npz"),
        "link to zeros without end": lambda folder, runs: (folder / "data.npz").symlink_to("/dev/zero"),
        "pickle of another name": lambda folder, runs: (folder / "data.pkl").write_bytes(pickle.dumps(Touch())),
    }
    for kind, write in kinds.items():
        name = "data.pkl" if "pickle" in kind else "data.npz"
        yield Case(f"archive: a {kind}", "archive", write, (*train, name), name)
    yield from _idx_cases()


def idx(shape: tuple[int, ...], data: bytes | None = None, magic: bytes = b"\0\0\x08") -> bytes:
    """An IDX file whose header may promise anything."""
    size = int(np.prod(shape))
    body = bytes(range(256)) * (size // 256 + 1) if data is None else data
    return magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + body[: size if data is None else None]


_LABELS = idx((40,), bytes(number % 2 for number in range(40)))
_PICTURES = idx((40, 28, 28))


def _gzip_bomb() -> bytes:
    return gzip.compress(struct.pack(">BBBBIII", 0, 0, 8, 3, 500_000, 28, 28) + bytes(400_000_000), 9, mtime=0)


_IDX: dict[str, tuple[bytes | Callable[[], bytes], bytes | Callable[[], bytes], str]] = {
    "an empty file": (b"", _LABELS, ""),
    "text": (b"these are no pictures", _LABELS, ""),
    "half a header": (_PICTURES[:9], _LABELS, ""),
    "only a header": (_PICTURES[:16], _LABELS, ""),
    "a missing byte": (_PICTURES[:-1], _LABELS, ""),
    "a byte too many": (_PICTURES + b"x", _LABELS, ""),
    "a wrong first byte": (b"\1" + _PICTURES[1:], _LABELS, ""),
    "floats": (idx((40, 28, 28), magic=b"\0\0\x0d"), _LABELS, ""),
    "two dimensions": (idx((40, 784)), _LABELS, ""),
    "255 dimensions": (b"\0\0\x08\xff" + bytes(2000), _LABELS, ""),
    "labels in place of pictures": (_LABELS, _LABELS, ""),
    "pictures in place of labels": (_PICTURES, _PICTURES, ""),
    "little endian": (b"\0\0\x08\3" + struct.pack("<III", 40, 28, 28) + bytes(31_360), _LABELS, ""),
    "four billion pictures": (idx((2**32 - 1, 28, 28), b"x"), _LABELS, ""),
    "the largest sizes": (idx((2**32 - 1,) * 3, b"x"), _LABELS, ""),
    "pictures of no height": (idx((40, 0, 28)), _LABELS, ""),
    "no pictures": (idx((0, 28, 28)), idx((0,)), ""),
    "promises 2 GB": (idx((2_700_000, 28, 28), b"x" * 100), idx((2_700_000,), b"x"), ""),
    "empty labels": (_PICTURES, b"", ""),
    "fewer labels": (_PICTURES, idx((39,)), ""),
    "labels that promise a billion": (_PICTURES, idx((10**9,), b"\1" * 50), ""),
    "a single class": (_PICTURES, idx((40,), bytes(40)), ""),
    "not gzip": (_PICTURES, _LABELS, ".gz"),
    "gzip cut short": (
        lambda: gzip.compress(_PICTURES, mtime=0)[:-500],
        lambda: gzip.compress(_LABELS, mtime=0),
        ".gz",
    ),
    "gzip of wrong bytes": (
        lambda: gzip.compress(_PICTURES, mtime=0)[:-8] + bytes(8),
        lambda: gzip.compress(_LABELS, mtime=0),
        ".gz",
    ),
    "gzip with rubbish after it": (
        lambda: gzip.compress(_PICTURES, mtime=0) + b"rubbish",
        lambda: gzip.compress(_LABELS, mtime=0),
        ".gz",
    ),
    "a gzip bomb of 400 MB": (_gzip_bomb, lambda: gzip.compress(_LABELS, mtime=0), ".gz"),
    "gzip of gzip": (
        lambda: gzip.compress(gzip.compress(_PICTURES, mtime=0), mtime=0),
        lambda: gzip.compress(_LABELS, mtime=0),
        ".gz",
    ),
}


def _write_idx(
    folder: Path, runs: Path, files: tuple[bytes | Callable[[], bytes], bytes | Callable[[], bytes], str]
) -> None:
    (folder / "numbers").mkdir()
    for part, content in zip(("images-idx3", "labels-idx1"), files[:2], strict=True):
        path = folder / "numbers" / f"train-{part}-ubyte{files[2]}"
        path.write_bytes(content() if callable(content) else content)


def _idx_cases() -> Iterator[Case]:
    for number, (what, files) in enumerate(_IDX.items()):
        source = f"numbers/train-images-idx3-ubyte{files[2]}" if number % 2 else "numbers"
        words = ("train", ("mnist_transfer_cnn", "cifar10_cnn")[number % 2], "--preset", "tiny", "--data", source)
        yield Case(f"idx: {what}", "idx", functools.partial(_write_idx, files=files), words)
    lonely = one_file("numbers/train-images-idx3-ubyte", _PICTURES)
    words = ("train", "antirectifier", "--preset", "tiny", "--data", "numbers")
    yield Case("idx: no labels", "idx", lonely, words, "labels")
    missing = (*words[:-1], "numbers/t10k-images-idx3-ubyte")
    yield Case("idx: a missing file", "idx", lonely, missing)
