"""Classify colour photographs into ten classes with a small convolutional network, and keep it from overfitting.

    picture (32, 32, 3), values 0..255   →   probabilities (10,), such as airplane 0.01, …, cat 0.87, …, truck 0.00

Two pairs of 3×3 convolutions, each pair followed by max pooling, then a dense layer: 1,250,858 parameters. They are
enough to memorise 50,000 pictures. So each epoch shows other versions of them (augmentation): every picture is shifted
by a few pixels and flipped left to right; a grey square (`--cutout`) is optional. Flips that alternate show both
versions of each picture in any two epochs, which random flips do not:

    epoch                        1   2   3   4   5   6
    picture a, random flips      →   →   ←   →   →   →         → as it is, ← flipped
    picture a, alternating       →   ←   →   ←   →   ←
    picture b, alternating       ←   →   ←   →   ←   →

`classic` is the recipe of Keras' example `cifar10_cnn.py` of 2017, whose published accuracy is 75 % after 25 epochs and
79 % after 50: RMSprop at 1e-4, random shifts and flips. `tuned` trains the same network with Muon (K. Jordan and
others, 2024), warm-up and linear decay, label smoothing, and alternating flips (K. Jordan, airbench, 2024).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Interval

from etudes.contract import Array, ImageData, ImageInfo, Images, Networks
from etudes.data import describe_images, load_images
from etudes.data.augmentation import alternating_flip, cutout, random_flip, translate
from etudes.data.labels import one_hot_labels
from etudes.errors import UserError
from etudes.schema import Settings
from etudes.training.backend import keras
from etudes.training.losses import classification_loss
from etudes.training.muon import muon
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session


@dataclass(frozen=True)
class CifarSettings(Settings):
    """How the network is trained."""

    data: str = "cifar10"
    """A built-in set of pictures (cifar10, shapes, …), an image folder, an NPZ file or IDX files."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    """Share of the training pictures held out for validation after each epoch."""
    limit: Annotated[int, Ge(0)] = 0
    """Use at most so many training, validation and test pictures each; 0 for all."""
    epochs: Annotated[int, Ge(1)] = 50
    """Passes over the training pictures."""
    batch_size: Annotated[int, Ge(1)] = 128
    """Pictures per step."""
    optimizer: Literal["rmsprop", "adamw", "muon"] = "muon"
    """RMSprop with a slow 1/t decay; or, with warm-up and linear decay to zero, AdamW, or Muon for the convolutions."""
    learning_rate: Annotated[float, Gt(0)] = 3e-3
    """Learning rate; for adamw and muon its peak."""
    weight_decay: Annotated[float, Ge(0)] = 0.05
    """Decoupled weight decay of adamw and muon."""
    warmup_share: Annotated[float, Interval(ge=0, lt=1)] = 0.2
    """Share of all steps in which the rate rises to its peak."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """Share of each target that is spread over all classes."""
    class_weights: bool = False
    """Let all classes count alike in the loss, however many pictures they have; for classes of unequal size."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.15
    """Dropout after each pooling."""
    dense_dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.4
    """Dropout after the dense layer."""
    augmentation: Literal["classic", "alternating", "translate", "none"] = "alternating"
    """classic: shifts up to 10 %, random flips; translate: whole-pixel shifts; alternating: also flips in turn."""
    translate: Annotated[int, Interval(ge=0, le=8)] = 3
    """Largest shift, in pixels, of the augmentations translate and alternating."""
    cutout: Annotated[int, Interval(ge=0, le=32)] = 0
    """Side, in pixels, of a grey square at a random position of each picture; 0 for none."""
    centred: bool = True
    """Scale pictures to -2..2, with a mean near 0, instead of 0..1."""
    initializer: Literal["glorot_uniform", "he_normal"] = "glorot_uniform"
    """Initial weights of the layers before a ReLU: glorot_uniform, Keras' default, or he_normal, made for ReLU."""


QUICK = CifarSettings(epochs=10, learning_rate=4e-3, dropout=0.1, dense_dropout=0.2)
"""For 5 to 10 epochs: the network overfits less in so few epochs, so it needs less dropout."""
PRESETS = {
    "classic": CifarSettings(
        epochs=100,
        batch_size=32,
        optimizer="rmsprop",
        learning_rate=1e-4,
        weight_decay=0.0,
        label_smoothing=0.0,
        dropout=0.25,
        dense_dropout=0.5,
        augmentation="classic",
        centred=False,
    ),
    "tuned": CifarSettings(),
    "quick": QUICK,
    "demo": replace(QUICK, data="shapes", epochs=6, validation_share=0.1),
    "tiny": CifarSettings(data="shapes", limit=64, epochs=2, batch_size=32, validation_share=0.1),
}

# --- data -------------------------------------------------------------------------------------------------------------


def describe_data(settings: CifarSettings) -> ImageInfo:
    """Size, channels and class names of the pictures; they decide the shapes of the network."""
    return describe_images(settings.data)


def load_data(settings: CifarSettings) -> ImageData:
    """Training, validation and test pictures, uint8 (n, height, width, channels), and labels (n,)."""
    return load_images(
        settings.data, seed=settings.seed, validation_share=settings.validation_share, limit=settings.limit
    )


def augment(train: Images, settings: CifarSettings, epoch: int) -> tuple[Array, Array]:
    """Pictures and labels of an epoch in training order: shuffled, shifted, flipped, with a square cut out."""
    indices = permutation(settings.seed, epoch, len(train))
    pictures, labels = train.pictures[indices], train.labels[indices]
    chance = rng(settings.seed, "augmentation", epoch)
    height, width = pictures.shape[1:3]
    if settings.augmentation == "classic":
        pictures = translate(pictures, 0.1 * height, 0.1 * width, chance, whole=False)
        pictures = random_flip(pictures, chance)
    elif settings.augmentation != "none":
        pictures = translate(pictures, settings.translate, settings.translate, chance, fill="reflect")
    if settings.augmentation == "alternating":
        pictures = alternating_flip(pictures, epoch, indices)
    if settings.cutout:
        pictures = cutout(pictures, settings.cutout, chance)
    return pictures, labels


# --- network ----------------------------------------------------------------------------------------------------------


def make_networks(settings: CifarSettings, info: ImageInfo) -> Networks:
    """Pictures of values 0..255 in, a probability for each class out. In the margin: output shapes for CIFAR-10."""
    if min(info.height, info.width) < 16:
        raise UserError(f"pictures of {info.height}x{info.width} are too small: use pictures of at least 16x16")
    layers = keras.layers
    convolution = partial(layers.Conv2D, kernel_size=3, kernel_initializer=settings.initializer)
    network = keras.Sequential([
        keras.Input(info.shape),                                              # (None, 32, 32, 3)
        layers.Rescaling(1 / 64, offset=-2) if settings.centred else layers.Rescaling(1 / 255),
        convolution(32, padding="same"),                                      # (None, 32, 32, 32)
        layers.Activation("relu"),                                            # (None, 32, 32, 32)
        convolution(32),                                                      # (None, 30, 30, 32)
        layers.Activation("relu"),                                            # (None, 30, 30, 32)
        layers.MaxPooling2D(2),                                               # (None, 15, 15, 32)
        layers.Dropout(settings.dropout),                                     # (None, 15, 15, 32)
        convolution(64, padding="same"),                                      # (None, 15, 15, 64)
        layers.Activation("relu"),                                            # (None, 15, 15, 64)
        convolution(64),                                                      # (None, 13, 13, 64)
        layers.Activation("relu"),                                            # (None, 13, 13, 64)
        layers.MaxPooling2D(2),                                               # (None, 6, 6, 64)
        layers.Dropout(settings.dropout),                                     # (None, 6, 6, 64)
        layers.Flatten(),                                                     # (None, 2304)
        layers.Dense(512, kernel_initializer=settings.initializer),           # (None, 512)
        layers.Activation("relu"),                                            # (None, 512)
        layers.Dropout(settings.dense_dropout),                               # (None, 512)
        layers.Dense(len(info.class_names)),                                  # (None, 10)
        layers.Activation("softmax", dtype="float32"),                        # (None, 10)
    ])  # fmt: skip
    return {"classifier": network}


# --- training ---------------------------------------------------------------------------------------------------------


def learning_rate(settings: CifarSettings, steps: int) -> Any:
    """The learning rate over so many steps."""
    if settings.optimizer == "rmsprop":
        # "decay 1e-6" of 2017: the rate falls as 1 / (1 + 1e-6 · step).
        return keras.optimizers.schedules.InverseTimeDecay(settings.learning_rate, 1, 1e-6)
    return warmup_then_decay(settings.learning_rate, steps, warmup_share=settings.warmup_share)


def make_optimizer(settings: CifarSettings, rate: Any) -> Any:
    """The optimiser, with a learning rate or a schedule of it."""
    if settings.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate)
    if settings.optimizer == "muon":
        return muon(rate, weight_decay=settings.weight_decay, adam_for="dense")
    return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)


def train(networks: Networks, data: ImageData, settings: CifarSettings, session: Session) -> None:
    """Train the network on newly augmented pictures in each epoch."""
    network, classes = networks["classifier"], len(data.info.class_names)
    steps = settings.epochs * math.ceil(len(data.train) / settings.batch_size)
    network.compile(
        optimizer=make_optimizer(settings, learning_rate(settings, steps)),
        loss=classification_loss(settings, data.train.labels, classes),
        metrics=["accuracy"],
    )

    def epoch_data(epoch: int) -> tuple[Array, Array]:
        pictures, labels = augment(data.train, settings, epoch)
        return pictures, one_hot_labels(labels, classes)

    session.fit(
        network,
        epoch_data,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        validation=(data.validation.pictures, one_hot_labels(data.validation.labels, classes)),
    )
