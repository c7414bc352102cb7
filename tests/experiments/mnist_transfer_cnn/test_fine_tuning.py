"""Few-shot fine-tuning on a trained run: how good it is, and that nothing of the run changes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import etudes
from etudes.data import load_images
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn import fine_tuning
from etudes.experiments.mnist_transfer_cnn.study import bottleneck_digest

NAMES = ("circle", "cross", "star")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of three shapes each, as an image folder, and twelve more of each to test with."""
    root, data = tmp_path_factory.mktemp("shapes"), load_images("shapes", seed=0, validation_share=0.0)
    for name in NAMES:
        chosen = np.flatnonzero(data.train.labels == data.info.class_names.index(name))[:16]
        for number, index in enumerate(chosen):
            folder = root / ("few" if number < 4 else "asked") / name
            folder.mkdir(parents=True, exist_ok=True)
            flat = data.train.pictures[index].astype(float).max(axis=-1)
            threshold = (flat > flat.mean() + flat.std() / 2) * np.uint8(255)
            Image.fromarray(threshold.astype(np.uint8)).save(folder / f"{number}.png")
    return root


def test_a_head_is_fine_tuned_on_a_few_pictures_and_the_run_does_not_change(shapes: Path) -> None:
    trained = etudes.load("mnist_transfer_cnn@bundled")
    before = bottleneck_digest(trained.networks["transferred"])
    weights = [weight.copy() for weight in trained.networks["transferred"].get_weights()]
    asked = sorted((shapes / "asked").rglob("*.png"))
    found = etudes.answer(trained, *asked, teach=str(shapes / "few")).answers
    right = np.mean([answer["answer"] == path.parent.name for answer, path in zip(found, asked, strict=True)])
    assert right > 0.55  # a third by chance; the few pictures differ in size, turn and noise
    assert bottleneck_digest(trained.networks["transferred"]) == before
    after = trained.networks["transferred"].get_weights()
    assert all(np.array_equal(old, new) for old, new in zip(weights, after, strict=True))
    fine_tuning._heads.clear()
    again = etudes.answer(trained, *asked[:3], teach=str(shapes / "few")).answers
    for one, other in zip(again, found[:3], strict=True):  # three pictures at once are rounded otherwise than all
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-3)
    assert set(again[0]["probabilities"]) == set(NAMES)


def test_what_cannot_be_fine_tuned_on_is_refused(shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = next((shapes / "asked").rglob("*.png"))
    for bad, word in ((tmp_path / "nothing", "is no folder"), (tmp_path, "two or more subfolders")):
        with pytest.raises(UserError, match=word):
            etudes.use("mnist_transfer_cnn@bundled", str(picture), teach=str(bad))
    monkeypatch.setattr(fine_tuning, "MAX_PICTURES", 5)
    with pytest.raises(UserError, match="etudes train"):
        etudes.use("mnist_transfer_cnn@bundled", str(picture), teach=str(shapes / "few"))
