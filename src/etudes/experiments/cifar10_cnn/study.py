"""A small convolutional network tells ten kinds of colour pictures apart.

Two pairs of 3×3 convolutions, each followed by max pooling, and a dense layer: 1,250,858 parameters. `classic` trains
them as the description of 2017 does (RMSprop at 1e-4, translations and flips); `tuned` trains the same network with Muon, a
warm-up and a linear decay, label smoothing, and flips that alternate. The pictures' scaling is the first layer, and the
class names are kept in the run, so a trained network can be used on anybody's picture file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge

from etudes.analysis.classification import (
    answer_pictures,
    evaluate_classifier,
    example_pictures,
    look_inside,
    one_hot,
    predict,
    read_pictures,
)
from etudes.analysis.inspection import (
    augmentation_sheet,
    check_look,
    learning_rates,
    saliency,
    to_look_at,
    together,
)
from etudes.contract import Array, Example, ImageData, ImageInfo, Images, InspectOptions, Networks, Result, UseOptions
from etudes.data import describe_images, load_images
from etudes.data.augmentation import alternating_flip, cutout, random_flip, translate
from etudes.errors import UserError
from etudes.experiments.cifar10_cnn.settings import CifarSettings
from etudes.training.backend import drawn_from, keras, layers_in
from etudes.training.muon import muon
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session

# --- data -------------------------------------------------------------------------------------------------------------


def describe_data(settings: CifarSettings) -> ImageInfo:
    """Size, channels and class names of the pictures; the network follows them."""
    return describe_images(settings.data)


def load_data(settings: CifarSettings) -> ImageData:
    """Training, validation and test pictures, uint8."""
    return load_images(
        settings.data, seed=settings.seed, validation_share=settings.validation_share, limit=settings.limit
    )


def augmented(train: Images, settings: CifarSettings, epoch: int) -> tuple[Array, Array]:
    """The pictures and labels of an epoch in the order in which they are learned from."""
    places = permutation(settings.seed, epoch, len(train))
    random = rng(settings.seed, "augmentation", epoch)
    pictures, labels = train.pictures[places], train.labels[places]
    height, width = pictures.shape[1:3]
    if settings.augmentation == "classic":
        pictures = random_flip(translate(pictures, 0.1 * height, 0.1 * width, random, whole=False), random)
    elif settings.augmentation != "none":
        pictures = translate(pictures, settings.translate, settings.translate, random, fill="reflect")
    if settings.augmentation == "alternating":
        pictures = alternating_flip(pictures, epoch, places)
    if settings.cutout:
        pictures = cutout(pictures, settings.cutout, random)
    return pictures, labels


# --- model ------------------------------------------------------------------------------------------------------------


def make_networks(settings: CifarSettings, info: ImageInfo) -> Networks:
    """The network: pictures of 0..255 in, probabilities of the classes out."""
    if min(info.height, info.width) < 16:
        raise UserError(f"pictures of {info.height}x{info.width} are too small for this network: 16x16 at least")
    layers = keras.layers
    convolution = partial(layers.Conv2D, kernel_size=3, kernel_initializer=settings.initializer)
    scaling = layers.Rescaling(1 / 64, offset=-2) if settings.centred else layers.Rescaling(1 / 255)
    network = keras.Sequential(
        [
            keras.Input(info.shape),
            scaling,
            convolution(32, padding="same"),
            layers.Activation("relu"),
            convolution(32),
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(settings.dropout),
            convolution(64, padding="same"),
            layers.Activation("relu"),
            convolution(64),
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(settings.dropout),
            layers.Flatten(),
            layers.Dense(512, kernel_initializer=settings.initializer),
            layers.Activation("relu"),
            layers.Dropout(settings.dense_dropout),
            layers.Dense(len(info.class_names)),
            layers.Activation("softmax", dtype="float32"),
        ]
    )
    return {"classifier": network}


# --- training ---------------------------------------------------------------------------------------------------------


def learning_rate(settings: CifarSettings, steps: int) -> Any:
    """The learning rate over a training of so many steps."""
    if settings.optimizer == "rmsprop":
        # "decay 1e-6" of 2017: the rate falls as 1 / (1 + 1e-6 · step).
        return keras.optimizers.schedules.InverseTimeDecay(settings.learning_rate, 1, 1e-6)
    return warmup_then_decay(settings.learning_rate, steps, warmup_share=settings.warmup_share)


def make_optimizer(settings: CifarSettings, rate: Any) -> Any:
    """The optimiser, with a learning rate or a schedule of it."""
    if settings.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate)
    if settings.optimizer == "muon":
        return muon(rate, weight_decay=settings.weight_decay, beside="dense")
    return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)


def make_loss(settings: CifarSettings) -> Any:
    """Cross-entropy with softened targets."""
    return keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)


def train(networks: Networks, data: ImageData, settings: CifarSettings, session: Session) -> None:
    """Categorical cross-entropy on augmented pictures, an epoch at a time."""
    network, classes = networks["classifier"], len(data.info.class_names)
    steps = settings.epochs * -(-len(data.train) // settings.batch_size)
    network.compile(
        optimizer=make_optimizer(settings, learning_rate(settings, steps)),
        loss=make_loss(settings),
        metrics=["accuracy"],
    )

    def epoch_data(epoch: int) -> tuple[Array, Array]:
        pictures, labels = augmented(data.train, settings, epoch)
        return pictures, one_hot(labels, classes)

    session.fit(
        network,
        epoch_data,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        validation=(data.validation.pictures, one_hot(data.validation.labels, classes)),
    )


# --- evaluate, read, use, inspect -------------------------------------------------------------------------------------


def evaluate(networks: Networks, data: ImageData, settings: CifarSettings) -> Result:
    """Accuracy on the test pictures, the confusion matrix, and samples that it gets right and wrong.

    `accuracy_flipped`, where flips were learned, is that of looking at each picture twice, as it is and mirrored.
    """
    network, test = networks["classifier"], data.test
    result = evaluate_classifier(network, test, data.info.class_names)
    if settings.augmentation not in ("classic", "alternating"):
        return result
    twice = predict(network, test.pictures, flips=True)
    metrics = {"accuracy": result.metrics.pop("accuracy")}
    metrics["accuracy_flipped"] = float((twice.classes == test.labels).mean())
    result.metrics = metrics | result.metrics
    return result


@dataclass(frozen=True)
class Use(UseOptions):
    """Classify picture files."""

    inputs: tuple[str, ...]
    """Picture files: PNG, JPEG, WEBP, GIF or BMP."""
    top: Annotated[int, Ge(1)] = 3
    """How many classes to name for each picture."""
    flips: bool = False
    """Look at each picture twice, as it is and mirrored, and answer with the mean: a little slower and surer."""


def read(info: ImageInfo, settings: CifarSettings, options: Use) -> Array:
    """The pictures, opened, cut to the middle and scaled to the size that was learned."""
    return read_pictures(options.inputs, info)


def use(networks: Networks, info: ImageInfo, settings: CifarSettings, options: Use, pictures: Array) -> Result:
    """The most probable classes of each picture."""
    network, flips = networks["classifier"], options.flips
    return answer_pictures(network, info.class_names, options.inputs, pictures, options.top, flips=flips)


@dataclass(frozen=True)
class Inspect(InspectOptions):
    """What to look at."""

    picture: str | None = None
    """A picture of your own to look at, instead of test pictures."""
    target: str | None = None
    """Name of the class to explain; by default the one that is answered."""
    augmentations: bool = False
    """Also show what the training sees of eight pictures, epoch by epoch."""
    rates: bool = False
    """Also look for a learning rate: 300 steps on a fresh network while the rate rises, about a minute."""

    def check(self, info: ImageInfo, settings: CifarSettings) -> None:  # noqa: ARG002, as the contract has it
        """Raise `UserError` for a class that is unknown or a picture that is none."""
        check_look(info, self.picture, self.target)

    @property
    def needs_data(self) -> bool:
        """Whether more is looked at than a picture that was brought."""
        return self.picture is None or self.augmentations or self.rates


def inspect(networks: Networks, data: ImageData, settings: CifarSettings, chosen: Inspect) -> Result:
    """The first filters, what each convolution makes of a picture, and which of its pixels speak for the answer."""
    network, info = networks["classifier"], data.info
    pictures, truths = to_look_at(network, info, chosen.picture, None if chosen.picture else data.test)
    result = together(
        Result(pictures=look_inside(network, pictures[0])),
        saliency(network, info.class_names, pictures, truths, chosen.target),
    )
    if chosen.augmentations:

        def shown(epoch: int) -> tuple[Array, Array]:
            return augmented(data.train, settings, epoch)[0], permutation(settings.seed, epoch, len(data.train))

        result.pictures["augmentations"] = augmentation_sheet(data.train, shown)
    if chosen.rates:
        result = together(result, look_for_rate(data, settings))
    return result


def look_for_rate(data: ImageData, settings: CifarSettings) -> Result:
    """The range test of learning rates, on a fresh network and the pictures of the first epoch."""
    with layers_in(settings.precision), drawn_from(settings.seed):
        network = make_networks(settings, data.info)["classifier"]
    pictures, labels = augmented(data.train, settings, 0)
    return learning_rates(
        network,
        lambda rate: make_optimizer(settings, rate),
        make_loss(settings),
        (pictures, one_hot(labels, len(data.info.class_names))),
        settings.batch_size,
        settings.learning_rate,
    )


def example(data: ImageData, folder: Path) -> Example:
    """Three test pictures, saved as files."""
    return example_pictures(data.test, folder)
