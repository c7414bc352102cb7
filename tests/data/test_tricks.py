"""The public tricks against who loads a stranger's file, each with a canary: a file that the trick would make."""

from __future__ import annotations

import contextlib
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from etudes.data import describe_images, load_images
from etudes.errors import UserError
from etudes.experiments.deep_dream.weight_files import npz_arrays
from etudes.experiments.deep_dream.weights import find_weights
from soak.hostile_arrays import Touch, archive, npy, npy_header, promised, with_changes
from soak.hostile_weights import external_link, external_storage, hdf5, keras_layers, lambda_model, shape_bomb


@pytest.fixture(autouse=True)
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the payloads would leave their mark: in the current folder, which is empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "canary"


def refuses(act: Callable[[], object], canary: Path) -> str:
    with pytest.raises(UserError) as caught:
        act()
    assert not canary.exists()
    return str(caught.value)


def test_the_canary_sings_for_who_is_careless(canary: Path) -> None:
    """The payload is live: a loader that unpickles runs it."""
    np.load(io.BytesIO(with_changes(x=np.array([Touch()], dtype=object))), allow_pickle=True)["x"]
    assert canary.exists()


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.weights.h5", "model.npz"])
def test_a_lambda_in_a_keras_model_is_not_run(name: str, canary: Path) -> None:
    Path(name).write_bytes(lambda_model())
    assert name in refuses(lambda: find_weights(name), canary)


def test_a_pickled_npz_is_not_unpickled(canary: Path) -> None:
    tricks = {
        "pictures": with_changes(x=np.array([Touch()] * 40, dtype=object)),
        "labels": with_changes(y=np.array([Touch()] * 40, dtype=object)),
        "class names": with_changes(class_names=np.array([Touch(), "dog"], dtype=object)),
        "code in a header": with_changes(x=npy_header("__import__('os').system('touch canary')")),
    }
    for what, content in tricks.items():
        Path("data.npz").write_bytes(content)
        with contextlib.suppress(UserError):
            describe_images("data.npz")
        assert not canary.exists()
        assert "data.npz" in refuses(lambda: load_images("data.npz", seed=0, validation_share=0.1), canary), what
    shapes = {"kernel": (1,)}
    content = archive({"kernel.npy": npy(np.array([Touch()], dtype=object))})
    assert "weights.npz" in refuses(lambda: dict(npz_arrays(content, "weights.npz", shapes)), canary)


def of_another_file(make: Callable[..., None], secret: Path) -> bytes:
    """A Keras file whose first array is in another file, as `make` does it."""

    def fill(file: h5py.File) -> None:
        keras_layers(file, 1)
        make(file["conv2d_0"].create_group("conv2d_0"), str(secret))

    return hdf5(fill)


@pytest.mark.parametrize(
    ("make", "trouble"),
    [(external_link, "a link out of the file"), (external_storage, "is not stored in the file as it is")],
)
def test_hdf5_does_not_lead_out_of_the_file(make: Callable[..., None], trouble: str, canary: Path) -> None:
    secret = Path("secret.h5").absolute()
    with h5py.File(secret, "w") as file:
        file["kernel"] = np.ones(64, np.float32)
    Path("weights.h5").write_bytes(of_another_file(make, secret))
    with h5py.File("weights.h5") as file:  # the trick works on who follows it
        assert file["conv2d_0/conv2d_0/kernel:0"].shape == (64,)
    assert trouble in refuses(lambda: find_weights("weights.h5"), canary)


def test_shape_bombs_are_not_made(canary: Path) -> None:
    Path("weights.h5").write_bytes(
        hdf5(lambda file: (keras_layers(file), shape_bomb(file["conv2d_0"].create_group("conv2d_0"))))
    )
    Path("pictures.npz").write_bytes(with_changes(x=promised((10**9, 10))))
    Path("labels.npz").write_bytes(with_changes(y=promised((10**9,), "'<i8'")))
    Path("names.npz").write_bytes(with_changes(class_names=promised((2,), "'<U999999999'")))
    Path("t-images-idx3-ubyte").write_bytes(b"\0\0\x08\3\x7f\xff\xff\xff" + b"\0\0\0\x1c" * 2)
    Path("t-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1\0\0\0\2\0\1")
    tracemalloc.start()
    try:
        refuses(lambda: find_weights("weights.h5"), canary)
        for source in ("pictures.npz", "labels.npz", "names.npz", "t-images-idx3-ubyte"):
            refuses(lambda source=source: load_images(source, seed=0, validation_share=0.1), canary)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10**10 / 200, "of the values that were promised, none was given room"


def test_names_in_a_zip_do_not_climb_out_of_the_folder(canary: Path) -> None:
    place = canary.parent / "deep" / "deeper"
    place.mkdir(parents=True)
    members = {"../../canary": b"sings", "../../x.npy": npy(np.ones(3)), str(canary): b"sings"}
    for name in ("data.npz", "weights.npz"):
        (place / name).write_bytes(archive(members))
    refuses(lambda: load_images(str(place / "data.npz"), seed=0, validation_share=0.1), canary)
    refuses(lambda: find_weights(str(place / "weights.npz")), canary)
    assert sorted(path.name for path in canary.parent.rglob("*")) == ["data.npz", "deep", "deeper", "weights.npz"]
