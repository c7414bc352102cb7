"""A run as the base of a transfer: what is taken from it, and what is refused."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes import experiments
from etudes.actions.loading import build_networks, preset_of
from etudes.errors import UserError
from etudes.runs import Run, load_checkpoint, load_weights, read_metrics, save_weights
from etudes.schema import as_dict
from etudes.training.backend import start_backend
from etudes.training.fingerprint import fingerprint
from etudes.training.session import Session
from etudes.training.state import weights_of
from etudes.views.progress import NoProgress

NAME = "mnist_transfer_cnn"


def trained(folder: Path, progress: NoProgress | None = None, **changes: Any) -> Run:
    """A run as `tiny` says, changed, without its pictures and tables; one that was interrupted is resumed."""
    etude, settings, run = experiments.load(NAME), preset_of(NAME, "tiny", changes), Run(folder)
    data = etude.load_data(settings)
    start_backend()
    networks = build_networks(etude, settings, data.info, None)
    header = {"etude": NAME, "preset": "tiny", "fingerprint": fingerprint(data)}
    run.write_header({**header, "settings": as_dict(settings), "data": as_dict(data.info), "split": data.sizes()})
    etude.train(networks, data, settings, Session(run, networks, progress or NoProgress(), load_checkpoint(folder)))
    save_weights(folder, weights_of(networks))
    run.write_json("results.json", {"metrics": {}, "training_seconds": 0})
    return run


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run trained on 0-4 and then 5-9."""
    return trained(tmp_path_factory.mktemp("source") / "run", transfer_epochs=1)


@pytest.fixture(scope="module")
def based(source: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with that base run, transferred to shapes."""
    return trained(tmp_path_factory.mktemp("based") / "run", data=str(source.folder), to="shapes")


def same(one: Run, other: Run, prefix: str) -> bool:
    """Whether the arrays whose names begin so are the same in both, bit by bit."""
    before, after = load_weights(one.folder), load_weights(other.folder)
    names = [name for name in before if name.startswith(prefix)]
    assert names
    return all(before[name].tobytes() == after[name].tobytes() for name in names)


def test_the_first_network_of_a_run_is_taken_as_it_is(source: Run, based: Run) -> None:
    assert [record["phase"] for record in read_metrics(source.folder)] == ["first", "transfer"]
    assert [record["phase"] for record in read_metrics(based.folder)] == ["transfer", "transfer"]
    assert same(source, based, "first/")
    assert same(source, based, "transferred/00.kernel")  # frozen
    assert not same(source, based, "transferred/04.kernel")
    data = based.header()["data"]
    assert data["first_weights"] == source.read_json("weights.json")["sha256"]
    assert (data["first_classes"], data["source"]) == (list("01234"), "digits to shapes")


class Interrupting(NoProgress):
    """A progress callback that stops the training after its first epoch."""

    def on_epoch_end(self, record: dict[str, Any]) -> None:
        raise KeyboardInterrupt


@pytest.mark.long
def test_it_resumes_to_the_same_end_but_not_with_a_changed_source(
    source: Run, based: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETUDES_CHECKPOINT_SECONDS", "0")
    mine = Run(shutil.copytree(source.folder, tmp_path / "mine"))
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "run", Interrupting(), data=str(mine.folder), to="shapes")
    arrays = {name: array.copy() for name, array in load_weights(mine.folder).items()}
    arrays["first/00.kernel"][0, 0, 0, 0] += 1
    save_weights(mine.folder, arrays)
    with pytest.raises(UserError, match=r"first weights \w+ → \w+"):
        etudes.resume(tmp_path / "run", quiet=True)
    for name in ("weights.json", "weights.safetensors"):
        shutil.copyfile(source.folder / name, mine.folder / name)
    resumed = trained(tmp_path / "run", data=str(mine.folder), to="shapes")
    assert [record["epoch"] for record in read_metrics(resumed.folder)] == [1, 2]
    assert same(based, resumed, "")
    shutil.rmtree(mine.folder)  # a finished run needs its source no more
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(tmp_path / "black.png")
    assert etudes.use(resumed, str(tmp_path / "black.png")).answers


def test_a_run_with_a_base_run_is_a_source_too(source: Run, based: Run) -> None:
    etude = experiments.load(NAME)
    data = etude.load_data(preset_of(NAME, "tiny", {"data": str(based.folder)}))
    assert data.info.second_classes == tuple("56789")
    assert set(data.given) == {name for name in load_weights(source.folder) if name.startswith("first/")}
    assert all(
        (data.given[name] == array).all() for name, array in load_weights(source.folder).items() if name in data.given
    )


def test_what_is_no_source_is_refused(source: Run, tmp_path: Path) -> None:
    def begin(data: Path | str, **changes: Any) -> None:
        etudes.train(NAME, preset="tiny", data=str(data), to="shapes", out=tmp_path / "run", quiet=True, **changes)

    with pytest.raises(UserError, match=r"--first-classes: the run .* sets the first classes"):
        begin(source.folder, first_classes=3)
    other = Run(shutil.copytree(source.folder, tmp_path / "other"))
    (other.folder / "results.json").unlink()
    with pytest.raises(UserError, match="not finished; first `etudes resume`"):
        begin(other.folder)
    with pytest.raises(UserError, match="is a run of cifar10_cnn; give pictures, or a run of this etude"):
        begin("cifar10_cnn@bundled")
    with pytest.raises(UserError, match="unknown bundled run"):
        begin("nothing@bundled")
    damaged = Run(shutil.copytree(source.folder, tmp_path / "damaged"))
    (damaged.folder / "weights.safetensors").write_bytes(b"damaged")
    with pytest.raises(UserError, match="is damaged: its SHA-256"):
        begin(damaged.folder)
    loop = Run(shutil.copytree(source.folder, tmp_path / "loop"))
    header = loop.header()
    header["settings"]["data"] = str(loop.folder)
    loop.write_header(header)
    with pytest.raises(UserError, match="a chain of more than 20 runs"):
        begin(loop.folder)
    moved = Run(shutil.copytree(source.folder, tmp_path / "moved"))
    header["settings"]["data"] = "shapes"
    moved.write_header(header)
    with pytest.raises(UserError, match=r"shapes changed since .* was trained on it"):
        begin(moved.folder)
    assert not (tmp_path / "run").exists()
