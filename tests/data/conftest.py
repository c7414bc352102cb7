"""What the tests of this room share: a server for downloads and small published sets to serve."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from etudes.data import catalogue


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address under which a local server offers it."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and no network: every mirror is a closed port of this machine."""
    folder = tmp_path / "store"
    monkeypatch.setenv("ETUDES_DATA", str(folder))
    for name, published in catalogue.SETS.items():
        mirrors = tuple("http://127.0.0.1:9/" for _ in published.mirrors)
        changed = {**vars(published), "mirrors": mirrors}
        monkeypatch.setitem(catalogue.SETS, name, catalogue.PublishedSet(**changed))
    return folder


def write_idx(path: Path, values: np.ndarray) -> Path:
    """Write an IDX file as MNIST's authors did, gzipped if the name says so."""
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    data = header + values.astype(np.uint8).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


@pytest.fixture
def small_mnist(served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set called mnist with 40 + 20 pictures, published by the local server; the folder served."""
    folder, address = served
    random = np.random.default_rng(0)
    files = []
    for part, count in (("train", 40), ("t10k", 20)):
        pictures = random.integers(0, 256, size=(count, 28, 28))
        for kind, values in (("images-idx3", pictures), ("labels-idx1", np.arange(count) % 10)):
            path = write_idx(folder / f"{part}-{kind}-ubyte.gz", values)
            checksum = hashlib.sha256(path.read_bytes()).hexdigest()
            files.append(catalogue.PublishedFile(f"mnist/{path.name}", f"sha256:{checksum}", path.stat().st_size))
    published = catalogue.PublishedSet(
        "small", tuple(files), "mnist", ("http://127.0.0.1:9/", address), alternative="--data digits"
    )
    monkeypatch.setitem(catalogue.SETS, "mnist", published)
    return folder


@pytest.fixture(name="write_idx")
def _write_idx():
    return write_idx
