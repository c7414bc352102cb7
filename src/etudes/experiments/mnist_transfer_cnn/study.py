"""Transfer learning: train on the digits 0-4, freeze the convolutions, and train the rest on 5-9.

    picture (28, 28, 1) → bottleneck: 2 convolutions → features (4608,) → head: 2 dense layers → 5 probabilities

1. Train the whole network on the first classes, 0-4.
2. Copy its weights into a second network of the same layers.
3. Freeze the bottleneck there (`layer.trainable = False`), and compile again.
4. Train the second network on the second classes, 5-9. Their labels are shifted to begin at 0: a 7 has label 2.
5. Check that no frozen weight moved by one bit.

Detectors of strokes learned from 0-4 serve 5-9 too. Only 9,568 of 600,165 parameters are frozen, but nearly all of
the work is in them; their output is computed once and cached. `classic` follows Keras' `mnist_transfer_cnn.py`, 2017.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval, MinLen

from etudes.contract import MAX_IMAGE_SIDE, Array, ImageData, ImageInfo, Images, Networks
from etudes.data import describe_images, load_images
from etudes.data.augmentation import translate
from etudes.errors import UserError, format_path
from etudes.experiments.mnist_transfer_cnn.base_run import Source, find_source
from etudes.experiments.mnist_transfer_cnn.cached_features import cache_features
from etudes.experiments.mnist_transfer_cnn.extra_layers import extra_convolutions, without_extra
from etudes.experiments.mnist_transfer_cnn.resize import resize
from etudes.schema import Settings
from etudes.training.backend import keras
from etudes.training.losses import classification_loss
from etudes.training.rng import rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Pairs, Session
from etudes.training.state import put_weights


@dataclass(frozen=True)
class TransferSettings(Settings):
    """The settings; the layers themselves are fixed."""

    data: str = "mnist"
    """A built-in set of pictures (mnist, fashion_mnist, digits, …), an image folder, an NPZ file or IDX files; or a
    finished run of this etude, whose first network and first classes are used as they are."""
    to: str = ""
    """Another data set for the second task; empty for the other classes of the same data."""
    first_classes: Annotated[int, Ge(0)] = 0
    """Number of classes in the first task; 0 for half of them, or with --to for all."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    """Share of the training pictures held back for validation."""
    limit: Annotated[int, Ge(0)] = 0
    """Maximum number of pictures in each split of a source: training, validation and test; 0 for no limit."""
    epochs: Annotated[int, Ge(1)] = 5
    """Epochs of the first task."""
    transfer_epochs: Annotated[int, Ge(1)] = 5
    """Epochs of the second task."""
    batch_size: Annotated[int, Ge(1)] = 128
    """Pictures per step."""
    optimizer: Literal["adadelta", "adamw"] = "adamw"
    """Adadelta with a constant learning rate, or AdamW with warm-up and linear decay to zero."""
    learning_rate: Annotated[float, Gt(0)] = 2e-3
    """Learning rate; for adamw its peak."""
    weight_decay: Annotated[float, Ge(0)] = 0.05
    """Decoupled weight decay of adamw."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=1)] = 0.05
    """Share of each target that is spread over all classes."""
    class_weights: bool = False
    """Let all classes count alike in the loss, however many pictures they have; for classes of unequal size."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.25
    """Dropout rate at the end of the bottleneck."""
    dense_dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    """Dropout rate in the head."""
    translate: Annotated[int, Interval(ge=0, le=8)] = 1
    """Maximum translation of the training pictures, in pixels, new in each epoch; not applied to cached features."""
    head: Literal["kept", "fresh"] = "kept"
    """Whether the head begins the second task with its weights from the first, or with new ones."""
    freeze: bool = True
    """Freeze the bottleneck before the second task."""
    extra_convolutions: Annotated[int, Interval(ge=0, le=4)] = 0
    """Trainable convolutions added on top of the frozen ones for the second task; for a task unlike the first."""
    cached_features: bool = True
    """Run the frozen bottleneck once over the pictures of the second task, and train the head on its output."""

    def check(self) -> None:
        """Only the output of frozen layers can be cached."""
        if self.cached_features and not self.freeze:
            raise UserError("without --freeze the bottleneck changes, so add --no-cached-features")


PRESETS = {
    "classic": TransferSettings(optimizer="adadelta", learning_rate=1.0, weight_decay=0.0, label_smoothing=0.0,
                                translate=0, cached_features=False),
    "tuned": TransferSettings(),
    "demo": TransferSettings(data="digits", batch_size=32, validation_share=0.1),
    "tiny": TransferSettings(data="digits", limit=64, epochs=1, transfer_epochs=2, batch_size=32, validation_share=0.1),
}  # fmt: skip


# --- data -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class TransferInfo:
    """Size of the pictures, and the class names of both tasks."""

    source: str
    """Name of the data, or of the two sets, joined by " to "."""
    height: Annotated[int, Interval(ge=1, le=MAX_IMAGE_SIDE)]
    width: Annotated[int, Interval(ge=1, le=MAX_IMAGE_SIDE)]
    channels: Annotated[int, Interval(ge=1, le=3)]
    first_classes: Annotated[tuple[str, ...], MinLen(2)]
    second_classes: Annotated[tuple[str, ...], MinLen(2)]
    first_weights: str = field(default="", metadata={"fingerprint": False})
    """SHA-256 of the weights of the run that the first network comes from; empty where it is trained here."""
    ink: str = field(default="", compare=False, metadata={"fingerprint": False})  # of the second task, as in ImageInfo

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of one picture."""
        return (self.height, self.width, self.channels)

    @property
    def second(self) -> ImageInfo:
        """The second task on its own."""
        return ImageInfo(self.source, *self.shape, self.second_classes, self.ink)


@dataclass(frozen=True)
class TransferData:
    """The pictures of both tasks; the labels of each begin at 0."""

    info: TransferInfo
    first: ImageData
    second: ImageData
    given: dict[str, Array] = field(default_factory=dict)
    """The weights of a first network that is trained already; empty where it is trained here."""

    def sizes(self) -> dict[str, int]:
        """Number of pictures in each split, both tasks together."""
        return {name: count + self.second.sizes()[name] for name, count in self.first.sizes().items()}


def describe_data(settings: TransferSettings, source: Source | None = None) -> TransferInfo:
    """Which classes go into which task: half of them into each, or with `to` all of one set, then all of another."""
    source = source or find_source(settings.data, settings.first_classes, TransferInfo)
    first = describe_images(source.pictures)
    second = describe_images(settings.to) if settings.to else first
    names, count = first.class_names, source.classes or len(first.class_names) // (1 if settings.to else 2)
    has = f"{format_path(source.pictures)} has {len(names)} classes"
    if len(names) < 4 and not settings.to:
        raise UserError(f"{has}; a transfer within one set needs four or more: add classes, or another set with --to")
    if not 2 <= count <= len(names) - (0 if settings.to else 2):
        raise UserError(f"--first-classes {count}: {has}, and each task needs two or more; change it, or add --to")
    name, rest = (f"{first.source} to {second.source}", 0) if settings.to else (first.source, count)
    classes = names[:count], second.class_names[rest:]
    return source.checked(TransferInfo(name, *first.shape, *classes, source.weights_sha256))


def load_data(settings: TransferSettings) -> TransferData:
    """Training, validation and test pictures of both tasks, uint8."""
    source = find_source(settings.data, settings.first_classes, TransferInfo)
    load = partial(load_images, seed=settings.seed, validation_share=settings.validation_share, limit=settings.limit)
    info, whole = describe_data(settings, source), load(source.pictures)
    other, start = (load(settings.to), 0) if settings.to else (whole, len(info.first_classes))
    first, second = split(whole, info, info.first_classes, 0), split(other, info, info.second_classes, start)
    return TransferData(replace(info, ink=other.info.ink), first, second, source.weights())


def split(data: ImageData, info: TransferInfo, class_names: tuple[str, ...], start: int) -> ImageData:
    """The pictures of some classes, in the size of `info`; their labels, which begin at `start`, are shifted to 0."""
    task, parts = ImageInfo(info.source, *info.shape, class_names), []
    for images in (data.train, data.validation, data.test):
        chosen = (start <= images.labels) & (images.labels < start + len(class_names))
        labels = images.labels[chosen] - start  # of 5-9: start = 5, and a 7 gets the label 2
        parts.append(Images(resize(images.pictures[chosen], task), labels))
    if not len(parts[0]) or not len(parts[2]):
        raise UserError(f"no pictures are left of {', '.join(class_names)}: give a higher --limit, or 0 for all")
    return ImageData(task, *parts)


# --- network ----------------------------------------------------------------------------------------------------------
def make_network(settings: TransferSettings, shape: tuple[int, int, int], classes: int, extra: int = 0) -> Any:
    """Bottleneck and head with new weights; in: pictures of values 0..255, out: probabilities of the classes."""
    layers = keras.layers
    bottleneck = [
        layers.Rescaling(1 / 255),                      # (28, 28, 1)
        layers.Conv2D(32, 3, name="convolution_1"),     # (26, 26, 32)      320 parameters
        layers.Activation("relu"),
        layers.Conv2D(32, 3, name="convolution_2"),     # (24, 24, 32)    9,248 parameters
        layers.Activation("relu"),
        layers.MaxPooling2D(2),                         # (12, 12, 32)
        *extra_convolutions(extra),                     # (12, 12, 32)    none by default
        layers.Dropout(settings.dropout),
        layers.Flatten(),                               # (4608,)
    ]  # fmt: skip
    return keras.Sequential([keras.Input(shape), *bottleneck, *make_head(settings, classes)])


def make_head(settings: TransferSettings, classes: int) -> list[Any]:
    """The layers that turn features into probabilities; both tasks train them."""
    layers = keras.layers
    return [
        layers.Dense(128),                              # (128,)        589,952 parameters
        layers.Activation("relu"),
        layers.Dropout(settings.dense_dropout),
        layers.Dense(classes),                          # (5,)              645 parameters
        layers.Activation("softmax", dtype="float32"),
    ]  # fmt: skip


def make_networks(settings: TransferSettings, info: TransferInfo) -> Networks:
    """`first`, for the first task, and `transferred`, for the second, with its bottleneck frozen."""
    if min(info.height, info.width) < 8:
        raise UserError(f"pictures of {info.height}x{info.width} are too small for this network: 8x8 at least")
    first = make_network(settings, info.shape, len(info.first_classes))
    transferred = make_network(settings, info.shape, len(info.second_classes), settings.extra_convolutions)
    if settings.freeze:
        for layer in bottleneck_and_head(transferred)[0]:
            layer.trainable = False  # step 3; `train_model` compiles again
    return {"first": first, "transferred": transferred}


def bottleneck_and_head(network: Any) -> tuple[list[Any], list[Any]]:
    """The layers up to Flatten, and those after it; extra convolutions belong to neither."""
    layers = without_extra(network.layers)
    end = 1 + next(index for index, layer in enumerate(layers) if isinstance(layer, keras.layers.Flatten))
    return layers[:end], layers[end:]


# --- training ---------------------------------------------------------------------------------------------------------
def train(networks: Networks, data: TransferData, settings: TransferSettings, session: Session) -> None:
    """Train on the first classes, copy, train the copy on the second; `RuntimeError` if a frozen weight changed."""
    first, transferred = networks["first"], networks["transferred"]
    if data.given:
        put_weights({"first": first}, data.given)
        session.message(f"the first task is not trained: its network comes from {settings.data}")
    else:
        train_model(first, *pairs(data.first), settings, session, "first")  # step 1
    # Step 2, once even if the run is interrupted and resumed; `make_networks` did step 3.
    before = session.once("bottleneck", lambda: copy_weights(first, transferred, settings.head))
    frozen = sum(layer.count_params() for layer in transferred.layers if not layer.trainable)
    session.message(f"{frozen:,} of {transferred.count_params():,} parameters are frozen in the transfer")
    network, task = transferred, pairs(data.second)
    if settings.cached_features:  # the same training, with the output of the frozen layers looked up
        network, task = cache_features(transferred, *task)
    train_model(network, *task, settings, session, "transfer")  # step 4
    if settings.freeze and (after := bottleneck_digest(transferred)) != before:  # step 5
        raise RuntimeError(f"the frozen bottleneck changed during training: {before} became {after}")


def pairs(data: ImageData) -> tuple[Pairs, Pairs]:
    """Pictures and labels to train on, and those to validate with."""
    return (data.train.pictures, data.train.labels), (data.validation.pictures, data.validation.labels)


def copy_weights(first: Any, transferred: Any, head: str) -> str:
    """Copy the bottleneck, and the head if it is "kept", where shapes are equal; returns the bottleneck's digest."""
    parts = list(zip(bottleneck_and_head(first), bottleneck_and_head(transferred), strict=True))
    for old, new in parts if head == "kept" else parts[:1]:
        for source, target in zip(old, new, strict=True):
            if [weight.shape for weight in source.weights] == [weight.shape for weight in target.weights]:
                target.set_weights(source.get_weights())
    return bottleneck_digest(transferred)


def bottleneck_digest(network: Any) -> str:
    """SHA-256 over every bit of the bottleneck's weights."""
    weights = [weight for layer in bottleneck_and_head(network)[0] for weight in layer.get_weights()]
    return hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest()


def compile_network(network: Any, settings: TransferSettings, labels: Array, steps: int) -> None:
    """Set the loss and the optimiser for a training of so many steps on these labels."""
    optimizer = keras.optimizers.Adadelta(settings.learning_rate)
    if settings.optimizer == "adamw":
        rate = warmup_then_decay(settings.learning_rate, steps)
        optimizer = keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)
    loss = classification_loss(settings, labels, network.output_shape[-1])
    network.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])


def train_model(
    network: Any, train: Pairs, validation: Pairs, settings: TransferSettings, session: Session, phase: str
) -> None:
    """Compile and train a network, on pictures or indices of cached features, in the phase "first" or "transfer"."""
    (inputs, labels), number, most = train, ("first", "transfer").index(phase), settings.translate
    epochs, batch_size = (settings.epochs, settings.transfer_epochs)[number], settings.batch_size
    one_hot = np.eye(network.output_shape[-1], dtype=np.float32)  # row k is the target of class k

    def epoch_data(epoch: int) -> Pairs:
        shown = inputs[order := rng(settings.seed, "phase order", number, epoch).permutation(len(labels))]
        if most and shown.ndim == 4:  # pictures
            shown = translate(shown, most, most, rng(settings.seed, "augmentation", number, epoch))
        return shown, one_hot[labels[order]]

    compile_network(network, settings, labels, epochs * -(-len(labels) // batch_size))
    held_back = validation[0], one_hot[validation[1]]
    session.fit(network, epoch_data, epochs=epochs, batch_size=batch_size, validation=held_back, phase=phase)
