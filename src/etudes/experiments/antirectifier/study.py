"""Read handwritten digits with a custom layer, the antirectifier, and compare it with ReLU on the same batches.

A ReLU sets every negative value to zero. The antirectifier keeps both signs: it subtracts each sample's mean, divides
by the L2 norm, and concatenates the positive part and the negative part. So n values become 2n, and one layer without
weights replaces normalisation and activation:

    y = x - mean(x);   y = y / |y|;   output = [relu(y), relu(-y)]

Four numbers become eight:

    x               3     1     9    -5                                    mean 2
    x - mean        1    -1     7    -7                                    norm √(1 + 1 + 49 + 49) = 10
    y             0.1  -0.1   0.7  -0.7
    output        0.1     0   0.7     0       0   0.1     0   0.7          both halves have the sum 0.8

The claim of 2016: a ReLU network needs twice the parameters for the same accuracy. To measure it, paired baselines are
trained in the same run, with the same recipe on the same batches: ReLU with 256 or 512 units, and CReLU, which keeps
both signs but does not normalise.

    network         parameters
    antirectifier      337,418      784 → dense 256 → antirectifier 512 → dense 256 → antirectifier 512 → 10 classes
    relu-256           269,322      784 → dense 256 → ReLU 256 → dense 256 → ReLU 256 → 10 classes
    relu-512           669,706      the same with 512 units
    crelu-256          337,418      784 → dense 256 → CReLU 512 → dense 256 → CReLU 512 → 10 classes

Source: F. Chollet, `antirectifier.py` among the Keras examples, 2016. The layer itself is in `layer.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Interval

from etudes.contract import Array, ImageData, ImageInfo, Networks
from etudes.data import describe_images, load_images
from etudes.data.augmentation import shear, translate
from etudes.data.labels import one_hot_labels
from etudes.errors import UserError, unknown
from etudes.schema import Settings
from etudes.training.backend import keras
from etudes.training.data_loading import compile_network
from etudes.training.losses import classification_loss
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session

BASELINES = {"relu-256": ("relu", 256), "relu-512": ("relu", 512), "crelu-256": ("crelu", 256)}
"""The networks that may be trained beside the antirectifier: name → activation and units of both hidden layers."""


@dataclass(frozen=True)
class AntirectifierSettings(Settings):
    """How the networks are trained."""

    data: str = "mnist"
    """A built-in set of pictures (mnist, fashion_mnist, digits, …), an image folder, an NPZ file or IDX files."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    """Share of the training pictures held out for validation after each epoch."""
    limit: Annotated[int, Ge(0)] = 0
    """Use at most so many training, validation and test pictures each; 0 for all."""
    baselines: tuple[str, ...] = ("relu-256",)
    """Networks trained on the same batches as the antirectifier: relu-256, relu-512, crelu-256."""
    epochs: Annotated[int, Ge(1)] = 40
    """Epochs for each network."""
    batch_size: Annotated[int, Ge(1)] = 128
    """Pictures per step."""
    optimizer: Literal["rmsprop", "adamw"] = "adamw"
    """RMSprop at a constant rate, or AdamW with warm-up and linear decay to zero."""
    learning_rate: Annotated[float, Gt(0)] = 1e-2
    """Learning rate; for adamw its peak."""
    weight_decay: Annotated[float, Ge(0)] = 0.05
    """Decoupled weight decay of adamw."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=1)] = 0.05
    """Share of each target that is spread over all classes."""
    class_weights: bool = False
    """Let all classes count alike in the loss, however many pictures they have; for classes of unequal size."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """Dropout after each activation."""
    translate: Annotated[int, Interval(ge=0, le=8)] = 2
    """Largest random shift of a picture in each direction, in pixels; new in each epoch."""
    shear: Annotated[float, Interval(ge=0, le=0.5)] = 0.15
    """Largest random shear of a picture along rows and columns, in pixels per pixel; new in each epoch."""

    def check(self) -> None:
        """Every baseline is known, and none is named twice."""
        for baseline in self.baselines:
            if baseline not in BASELINES:
                raise unknown("value of --baselines", baseline, BASELINES)
        if len(set(self.baselines)) < len(self.baselines):
            raise UserError(f"--baselines {' '.join(self.baselines)} names a network twice: name each network once")


PRESETS = {
    "classic": AntirectifierSettings(
        optimizer="rmsprop", learning_rate=1e-3, weight_decay=0.0, label_smoothing=0.0, translate=0, shear=0.0
    ),
    "tuned": AntirectifierSettings(),
    "demo": AntirectifierSettings(
        data="digits", epochs=8, batch_size=32, validation_share=0.1, learning_rate=4e-3, dropout=0.2, shear=0.0
    ),
    "tiny": AntirectifierSettings(data="digits", limit=96, epochs=2, batch_size=32, validation_share=0.1),
}

# --- data -------------------------------------------------------------------------------------------------------------


def describe_data(settings: AntirectifierSettings) -> ImageInfo:
    """Size, channels and class names of the pictures; they decide the shapes of the networks."""
    return describe_images(settings.data)


def load_data(settings: AntirectifierSettings) -> ImageData:
    """Training, validation and test pictures, uint8 (n, height, width, channels), and labels (n,)."""
    return load_images(
        settings.data, seed=settings.seed, validation_share=settings.validation_share, limit=settings.limit
    )


def epoch_data(data: ImageData, settings: AntirectifierSettings, epoch: int) -> tuple[Array, Array]:
    """Pictures and one-hot labels of an epoch in training order: shuffled, sheared and shifted.

    All of it follows from seed and epoch, so every network of the run gets the same batches.
    """
    indices = permutation(settings.seed, epoch, len(data.train))
    pictures, labels = data.train.pictures[indices], data.train.labels[indices]
    if settings.shear:
        pictures = shear(pictures, settings.shear, rng(settings.seed, "shear", epoch))
    if settings.translate:
        pixels = settings.translate
        pictures = translate(pictures, pixels, pixels, rng(settings.seed, "augmentation", epoch))
    return pictures, one_hot_labels(labels, len(data.info.class_names))


# --- network ----------------------------------------------------------------------------------------------------------


def activate(activation: str, x: Any, name: str) -> Any:
    """The activation after a dense layer; apart from it the networks differ only in their units."""
    from etudes.experiments.antirectifier.layer import Antirectifier

    layers = keras.layers
    if activation == "antirectifier":
        return Antirectifier(name=name)(x)  # (None, n) → (None, 2n)
    if activation == "relu":
        return layers.Activation("relu", name=name)(x)  # (None, n) → (None, n)
    # CReLU: both signs, no normalisation. W. Shang and others, "Understanding and Improving CNNs via CReLU", 2016.
    return layers.Concatenate(name=name)([layers.ReLU()(x), layers.ReLU()(-x)])  # (None, n) → (None, 2n)


def build_network(activation: str, units: int, dropout: float, info: ImageInfo) -> Any:
    """Pictures of values 0..255 in, a probability for each class out. In the margin: shapes of the antirectifier."""
    layers = keras.layers
    # fmt: off
    pictures = keras.Input(info.shape)                          # (None, 28, 28, 1)
    x = layers.Rescaling(1 / 255)(pictures)                     # (None, 28, 28, 1)
    x = layers.Flatten()(x)                                     # (None, 784)
    for number in (1, 2):
        x = layers.Dense(units)(x)                              # (None, 256)
        x = activate(activation, x, f"after_dense_{number}")    # (None, 512)
        x = layers.Dropout(dropout)(x)                          # (None, 512)
    x = layers.Dense(len(info.class_names))(x)                  # (None, 10)
    x = layers.Activation("softmax", dtype="float32")(x)        # (None, 10)
    # fmt: on
    return keras.Model(pictures, x)


def make_networks(settings: AntirectifierSettings, info: ImageInfo) -> Networks:
    """The antirectifier first, so that its initial weights do not depend on which baselines follow."""
    kinds = {"antirectifier": ("antirectifier", 256), **{name: BASELINES[name] for name in settings.baselines}}
    return {name: build_network(*kind, settings.dropout, info) for name, kind in kinds.items()}


# --- training ---------------------------------------------------------------------------------------------------------


def make_optimizer(settings: AntirectifierSettings, steps: int) -> Any:
    """The optimiser of a network that is trained for so many steps."""
    if settings.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(settings.learning_rate)
    rate = warmup_then_decay(settings.learning_rate, steps)
    return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)


def train(networks: Networks, data: ImageData, settings: AntirectifierSettings, session: Session) -> None:
    """Train each network in turn with the same recipe on the same batches, each in a phase of its own."""
    steps = settings.epochs * math.ceil(len(data.train) / settings.batch_size)
    validation = (data.validation.pictures, one_hot_labels(data.validation.labels, len(data.info.class_names)))
    for name, network in networks.items():
        compile_network(
            network,
            optimizer=make_optimizer(settings, steps),
            loss=classification_loss(settings, data.train.labels, len(data.info.class_names)),
            metrics=["accuracy"],
        )
        session.fit(
            network,
            lambda epoch: epoch_data(data, settings, epoch),
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            validation=validation,
            phase=name,
        )
