"""Sets that are published elsewhere: storage, checksums, downloads, CIFAR's pickles."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import warnings
from pathlib import Path

import numpy as np
import pytest

from etudes.data import catalogue, data_folder, find_file, list_sets, load_images
from etudes.data.builtin import ArraysOnly
from etudes.data.downloads import fetch
from etudes.errors import UserError

REAL = os.environ.get("ETUDES_DATA")
needs_real_data = pytest.mark.skipif(
    not REAL or not (Path(REAL) / "cifar-10-batches-py").is_dir(), reason="ETUDES_DATA holds no real data"
)


def states() -> dict[str, str]:
    return {status.name: status.state for status in list_sets()}


def test_importing_the_room_loads_nothing_heavy() -> None:
    heavy = "sklearn scipy pooch requests keras tensorflow jax"
    code = f"import sys, etudes.data; print(*[m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_fetch_then_load(small_mnist: Path, store: Path) -> None:
    assert states()["mnist"] == "missing"
    assert fetch("mnist") == store / "mnist"
    assert states()["mnist"] == "verified"
    data = load_images("mnist", seed=0, validation_share=0.25)
    assert data.sizes() == {"train": 30, "validation": 10, "test": 20}
    assert sorted(path.name for path in (store / "mnist").iterdir()) == sorted(
        path.name for path in small_mnist.iterdir()
    )


def test_load_fetches_what_is_missing(small_mnist: Path) -> None:
    assert len(load_images("mnist", seed=0, validation_share=0).train) == 40


def test_wrong_bytes_are_never_kept(small_mnist: Path, store: Path) -> None:
    (small_mnist / "t10k-images-idx3-ubyte.gz").write_bytes(b"not what was published")
    with pytest.raises(UserError, match=r"put t10k-images-idx3-ubyte.gz \(sha256:") as caught:
        fetch("mnist", rounds=1)
    assert len(str(caught.value)) <= 200 or len(str(store)) > 60
    assert not [path for path in (store / "mnist").iterdir() if path.name.startswith(("t10k-im", "tmp"))]


def test_a_damaged_file_is_named_then_replaced(small_mnist: Path, store: Path) -> None:
    fetch("mnist")
    target = store / "mnist" / "train-labels-idx1-ubyte.gz"
    target.write_bytes(target.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"train-labels-idx1-ubyte\.gz: is not the published file"):
        load_images("mnist", seed=0, validation_share=0)
    assert states()["mnist"] == "damaged"
    fetch("mnist")
    assert {status.name: status.state for status in list_sets(check=True)}["mnist"] == "verified"


@pytest.mark.parametrize(("name", "instead"), [("mnist", "--data digits"), ("cifar10", "--data shapes")])
def test_without_network_one_line_says_what_to_do(name: str, instead: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ETUDES_DATA", str(tmp_path / "no-such-folder-of-etudes"))
    pauses: list[float] = []
    monkeypatch.setattr("etudes.data.downloads.time.sleep", pauses.append)
    with pytest.raises(UserError) as caught:
        load_images(name, seed=0, validation_share=0)
    message = str(caught.value)
    assert pauses == [0], "it is not tried again where no mirror can be reached"
    assert len(message) <= 200
    assert "\n" not in message
    assert all(part in message for part in (name, "no-such-folder-of-etudes", instead))


def test_what_cannot_be_fetched_says_so(store: Path) -> None:
    with pytest.raises(UserError, match=r"stem_to_mixed8\.npz \(sha256:077bb29f"):
        fetch("inception_v3_2015")
    with pytest.raises(UserError, match="comes with the package"):
        fetch("digits")
    with pytest.raises(UserError, match="did you mean 'mnist'"):
        fetch("mnits")
    assert find_file("inception_v3") is None


def test_a_file_in_the_way_of_the_data_folder_is_one_line(small_mnist: Path, store: Path) -> None:
    store.write_text("a file")
    with pytest.raises(UserError, match="cannot write"):
        fetch("mnist")


def test_inception_weights_are_checked(store: Path, monkeypatch) -> None:
    path = store / "inception_v3" / "inception_v3_2015_stem_to_mixed8.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"something else")
    assert states()["inception_v3_2015"] == "present"
    with pytest.raises(UserError, match="is not the published file"):
        find_file("inception_v3_2015")
    published = catalogue.SETS["inception_v3_2015"]
    checksum = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    file = catalogue.PublishedFile(published.files[0].path, checksum, 14)
    monkeypatch.setitem(catalogue.SETS, "inception_v3_2015", catalogue.PublishedSet("", (file,), "inception_v3"))
    assert find_file("inception_v3_2015") == path


def batch(count: int, offset: int) -> bytes:
    """A pickle in the form of the original batches: written by Python 2, with NumPy's old module name."""
    rows = np.random.default_rng(offset).integers(0, 256, size=(count, 3072), dtype=np.uint8).tobytes()
    labels = b"".join(b"K" + bytes([n % 10]) for n in range(count))
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K"
    kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    start = b"\x80\x02}(U\x06labels](" + labels + b"eU\x04data" + array + bytes([count])
    return start + b"M\x00\x0c\x86" + kind + b"\x89T" + struct.pack("<I", len(rows)) + rows + b"tbu."


def publish_cifar(batches: list[bytes], folder: Path, monkeypatch, *, packed: bool) -> None:
    """Put six batches into the data folder, in files or in an archive, and declare them as published."""
    old = catalogue.SETS["cifar10"]
    files = tuple(
        catalogue.PublishedFile(file.path, f"md5:{hashlib.md5(data).hexdigest()}", len(data))
        for file, data in zip(old.files, batches, strict=True)
    )
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / "cifar-10-python.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for file, data in zip(files, batches, strict=True):
            member = tarfile.TarInfo(file.path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    checksum = f"md5:{hashlib.md5(archive.read_bytes()).hexdigest()}"
    packed_file = catalogue.PublishedFile(archive.name, checksum, archive.stat().st_size)
    changed = {**vars(old), "files": files, "archive": packed_file}
    monkeypatch.setitem(catalogue.SETS, "cifar10", catalogue.PublishedSet(**changed))
    if not packed:
        archive.unlink()
        for file, data in zip(files, batches, strict=True):
            (folder / file.path).parent.mkdir(exist_ok=True)
            (folder / file.path).write_bytes(data)


@pytest.mark.parametrize("packed", [False, True])
def test_cifar_from_batches_and_from_the_archive(store: Path, monkeypatch, packed: bool) -> None:
    batches = [batch(20, k) for k in range(6)]
    publish_cifar(batches, store, monkeypatch, packed=packed)
    data = load_images("cifar10", seed=0, validation_share=0.1)
    assert data.sizes() == {"train": 90, "validation": 10, "test": 20}
    rows = np.random.default_rng(5).integers(0, 256, size=(20, 3072), dtype=np.uint8)
    red, green, blue = rows[0].reshape(3, 32, 32)
    np.testing.assert_array_equal(data.test.pictures[0], np.stack([red, green, blue], axis=-1))


def test_a_corrupted_cifar_batch_is_named(store: Path, monkeypatch) -> None:
    publish_cifar([batch(20, k) for k in range(6)], store, monkeypatch, packed=False)
    target = store / "cifar-10-batches-py" / "data_batch_3"
    target.write_bytes(target.read_bytes()[:100] + b"?" + target.read_bytes()[101:])
    with pytest.raises(UserError, match="data_batch_3: is not the published file"):
        load_images("cifar10", seed=0, validation_share=0)
    with pytest.raises(UserError, match="delete its folder"):
        fetch("cifar10")


class Evil:
    def __reduce__(self):
        return os.system, ("exit 1",)


def test_a_malicious_pickle_is_refused_even_with_the_right_sum(store: Path, monkeypatch) -> None:
    batches = [batch(20, k) for k in range(6)]
    batches[2] = pickle.dumps({b"data": Evil(), b"labels": []}, protocol=2)
    publish_cifar(batches, store, monkeypatch, packed=False)
    monkeypatch.setattr(os, "system", lambda _: pytest.fail("the pickle was executed"))
    with pytest.raises(UserError, match="data_batch_3: is not a CIFAR-10 batch"):
        load_images("cifar10", seed=0, validation_share=0)


@pytest.mark.parametrize("value", [Evil(), print, np.float64(1), Path("x")])
def test_only_arrays_are_unpickled(value: object) -> None:
    with pytest.raises(pickle.UnpicklingError):
        ArraysOnly(io.BytesIO(pickle.dumps(value, protocol=2))).load()


def test_the_original_cifar_pickles_are_read_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        batch_read = ArraysOnly(io.BytesIO(batch(3, 0)), encoding="bytes").load()
    assert batch_read[b"data"].shape == (3, 3072)


def test_the_data_folder_without_the_variable(monkeypatch) -> None:
    monkeypatch.delenv("ETUDES_DATA")
    assert data_folder().parts[-2:] == ("etudes", "data")


@needs_real_data
def test_real_data(monkeypatch) -> None:
    monkeypatch.setenv("ETUDES_DATA", str(REAL))
    sums = {
        "mnist": "sizes 48000 12000 10000",
        "fashion_mnist": "sizes 48000 12000 10000",
        "cifar10": "sizes 40000 10000 10000",
    }
    for name, expected in sums.items():
        data = load_images(name, seed=0, validation_share=0.2)
        assert "sizes {train} {validation} {test}".format(**data.sizes()) == expected
    digest = hashlib.sha256(data.test.pictures.tobytes()).hexdigest()
    assert digest == "f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04"
