"""Pictures of one's own, of any size and few classes."""

from pathlib import Path

import numpy as np
from PIL import Image

from etudes import experiments
from etudes.actions.loading import build_networks
from etudes.experiments.mnist_acgan.pictures import class_grid
from etudes.schema import override
from etudes.training.backend import start_backend

EXPERIMENT = experiments.load("mnist_acgan")
TINY = EXPERIMENT.presets["tiny"]


def test_a_folder_of_ones_own_is_drawn_from_the_middle_of_its_pictures(tmp_path: Path) -> None:
    colours = {"red": (200, 0, 0), "green": (0, 200, 0)}
    for name, colour in colours.items():
        (tmp_path / name).mkdir()
        picture = np.zeros((30, 27, 3), np.uint8)  # a black rim, of which the cut takes one row and one or two columns
        picture[1:29, 1:25] = colour
        for number in range(10):
            Image.fromarray(picture).save(tmp_path / name / f"{number}.png")
    settings = override(TINY, {"data": str(tmp_path), "batch_size": 4})
    data = EXPERIMENT.load_data(settings)
    assert data.info == EXPERIMENT.describe_data(settings)
    assert (data.info.shape, data.info.class_names) == ((28, 24, 3), ("green", "red"))
    for part in (data.train, data.test):
        for one, label in zip(part.pictures, part.labels, strict=True):
            assert (one == colours[data.info.class_names[label]]).all()
    start_backend()
    networks = build_networks(EXPERIMENT, settings, data.info, None)
    assert EXPERIMENT.evaluate(networks, data, settings).metrics["classifier_accuracy"] == 1
    options = EXPERIMENT.use.options(("red",), walk_to="green")
    prompts = EXPERIMENT.use.read(data.info, settings, options)
    film = EXPERIMENT.use.run(
        {**networks, **EXPERIMENT.use.parts(networks)}, data.info, settings, options, prompts
    ).pictures["picture"]
    assert film[0].size == (24 * 4, 28 * 4)
    assert EXPERIMENT.use.example(data, tmp_path).inputs == ("red",)


def test_a_title_that_is_wider_than_its_pictures_is_not_cut() -> None:
    picture, title = np.zeros((2, 28, 28, 1), np.uint8), "nothing of this title may be missing"
    narrow, wide = (class_grid(np.repeat(picture, n, 0), ("a", "b"), title) for n in (1, 10))
    written = [np.asarray(sheet.convert("L"))[:26] < 128 for sheet in (narrow, wide)]
    assert narrow.width < wide.width
    assert written[0].sum() == written[1].sum() > 0
