"""Look inside the classifier: filters, feature maps and saliency; also augmentations and a learning-rate range test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from etudes.analysis.classification import look_inside
from etudes.analysis.saliency import check_explained, explain_predictions, pictures_to_explain
from etudes.contract import ImageData, ImageInfo, Images, InspectOptions, Networks, Result
from etudes.data.labels import one_hot_labels
from etudes.experiments.cifar10_cnn.learning_rate_finder import find_learning_rate
from etudes.experiments.cifar10_cnn.study import CifarSettings, augment, make_networks, make_optimizer
from etudes.training.backend import drawn_from, layers_in
from etudes.training.losses import classification_loss
from etudes.training.rng import permutation
from etudes.views.grids import picture_grid


@dataclass(frozen=True)
class Options(InspectOptions):
    """Which picture and class to explain, and what else to show."""

    picture: str | None = None
    """A picture of your own to explain, instead of test pictures."""
    target: str | None = None
    """Name of the class to explain; by default the predicted one."""
    augmentations: bool = False
    """Also show eight training pictures as the network sees them, epoch by epoch."""
    rates: bool = False
    """Also test learning rates: 300 steps on a new network while the rate rises, about a minute."""

    def check(self, info: ImageInfo, settings: CifarSettings) -> None:  # noqa: ARG002, signature of the contract
        """Raise `UserError` for an unknown class or a file that is not a picture."""
        check_explained(info, self.picture, self.target)

    @property
    def needs_data(self) -> bool:
        """Whether training or test pictures are needed."""
        return self.picture is None or self.augmentations or self.rates


def inspect(networks: Networks, data: ImageData, settings: CifarSettings, options: Options) -> Result:
    """The first filters, the feature maps of a picture, and the saliency of its pixels for the predicted class."""
    network, info = networks["classifier"], data.info
    pictures, truths = pictures_to_explain(network, info, options.picture, None if options.picture else data.test)
    result = explain_predictions(network, info.class_names, pictures, truths, options.target)
    result.pictures = look_inside(network, pictures[0]) | result.pictures
    if options.augmentations:
        result.pictures["augmentations"] = augmentation_sheet(data.train, settings)
    if options.rates:
        result.extend(learning_rate_range_test(data, settings))
    return result


def augmentation_sheet(train: Images, settings: CifarSettings, epochs: int = 7) -> Image.Image:
    """The first eight training pictures, a row each: first as they are, then as each epoch shows them."""
    count = min(8, len(train))
    columns = [train.pictures[:count]]
    for epoch in range(epochs):
        order = np.argsort(permutation(settings.seed, epoch, len(train)))
        columns.append(augment(train, settings, epoch)[0][order[:count]])
    captions = ["as it is", *(f"epoch {epoch + 1}" for epoch in range(epochs))]
    tiles = np.stack(columns, axis=1).reshape(-1, *train.pictures.shape[1:])
    scale = max(1, round(84 / train.pictures.shape[2]))
    return picture_grid(tiles, epochs + 1, captions=captions * count, scale=scale)


def learning_rate_range_test(data: ImageData, settings: CifarSettings) -> Result:
    """The range test on a new network and the pictures of the first epoch."""
    with layers_in(settings.precision), drawn_from(settings.seed):
        network = make_networks(settings, data.info)["classifier"]
    pictures, labels = augment(data.train, settings, 0)
    return find_learning_rate(
        network,
        lambda rate: make_optimizer(settings, rate),
        classification_loss(settings, data.train.labels, len(data.info.class_names)),
        (pictures, one_hot_labels(labels, len(data.info.class_names))),
        settings.batch_size,
        settings.learning_rate,
    )
