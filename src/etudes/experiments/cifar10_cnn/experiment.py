"""A small convolutional network tells ten kinds of colour pictures apart.

Two pairs of 3×3 convolutions, each followed by max pooling, and a dense layer: 1,250,858 parameters. `classic` trains
them as the description of 2017 does (RMSprop at 1e-4, shifts and flips); `tuned` trains the same network with Muon, a
warm-up and a linear decay, label smoothing, and flips that alternate. The pictures' scaling is the first layer, and the
class names are kept in the run, so a trained network can be used on anybody's picture file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Interval

from etudes.contract import Array, Example, Experiment, ImageData, ImageInfo, Images, Networks, Result
from etudes.data import describe_images, load_images
from etudes.data.augmentation import cut_out, flip_alternately, flip_some, shift
from etudes.errors import UserError
from etudes.settings import Settings
from etudes.training.backend import keras
from etudes.training.classification import (
    answer_pictures,
    evaluate_classifier,
    example_pictures,
    look_inside,
    one_hot,
    predict,
    read_pictures,
)
from etudes.training.muon import muon
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session, generator, order

# --- settings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CifarSettings(Settings):
    """What can be set; the network itself cannot."""

    data: str = "cifar10"
    """A built-in set of pictures (cifar10, shapes, …), an image folder, an NPZ file or IDX files."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    """Share of the training pictures held back to watch the training with."""
    limit: Annotated[int, Ge(0)] = 0
    """Train on at most so many pictures; 0 takes all."""
    epochs: Annotated[int, Ge(1)] = 40
    """Passes over the training pictures."""
    batch_size: Annotated[int, Ge(1)] = 128
    """Pictures a step."""
    optimizer: Literal["rmsprop", "adamw", "muon"] = "muon"
    """RMSprop with a slow 1/t decay, or, with warm-up and linear decay to zero, AdamW or for convolutions Muon."""
    learning_rate: Annotated[float, Gt(0)] = 4e-3
    """Learning rate; for adamw and muon its peak."""
    weight_decay: Annotated[float, Ge(0)] = 0.05
    """Decoupled weight decay of adamw and muon."""
    warmup_share: Annotated[float, Interval(ge=0, lt=1)] = 0.2
    """Share of all steps in which the rate rises to its peak."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """Share of each target that is spread over all classes."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.2
    """Dropout after each pooling."""
    dense_dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    """Dropout after the dense layer."""
    augmentation: Literal["classic", "alternating", "shifts", "none"] = "alternating"
    """classic: any shift up to 10 %, random flips; shifts: whole ones, mirrored border; alternating: flips as well."""
    shift: Annotated[int, Interval(ge=0, le=8)] = 3
    """Greatest shift, pixels, of the augmentations shifts and alternating."""
    cutout: Annotated[int, Interval(ge=0, le=32)] = 0
    """Side of a square that is made grey at a random place of each picture, pixels; 0 for none."""
    centred: bool = True
    """Whether the network scales pictures to about -2..2, the mean near 0, instead of 0..1."""
    initializer: Literal["glorot_uniform", "he_normal"] = "he_normal"
    """Fresh weights of what is followed by a ReLU: glorot_uniform, Keras' own, or he_normal, made for ReLU."""


CLASSIC = CifarSettings(
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
    initializer="glorot_uniform",
)
QUICK = CifarSettings(epochs=10, dropout=0.1, dense_dropout=0.2)
"""For 5 to 10 epochs: what is seen only so often is not soon known by heart, so less need be hidden."""
PRESETS = {
    "classic": CLASSIC,
    "tuned": CifarSettings(),
    "quick": QUICK,
    "demo": replace(QUICK, data="shapes", epochs=6, validation_share=0.1),
    "tiny": CifarSettings(data="shapes", limit=64, epochs=2, batch_size=32, validation_share=0.1),
}

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
    places = order(settings.seed, epoch, len(train))
    random = generator(settings.seed, epoch, 1)
    pictures, labels = train.pictures[places], train.labels[places]
    height, width = pictures.shape[1:3]
    if settings.augmentation == "classic":
        pictures = flip_some(shift(pictures, 0.1 * height, 0.1 * width, random, whole=False), random)
    elif settings.augmentation != "none":
        pictures = shift(pictures, settings.shift, settings.shift, random, fill="reflect")
    if settings.augmentation == "alternating":
        pictures = flip_alternately(pictures, epoch, places)
    if settings.cutout:
        pictures = cut_out(pictures, settings.cutout, random)
    return pictures, labels


# --- model ------------------------------------------------------------------------------------------------------------


def build(settings: CifarSettings, info: ImageInfo) -> Networks:
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


def make_optimizer(settings: CifarSettings, steps: int) -> Any:
    """The optimiser for a training of so many steps."""
    if settings.optimizer == "rmsprop":
        # "decay 1e-6" of 2017: the rate falls as 1 / (1 + 1e-6 · step).
        decay = keras.optimizers.schedules.InverseTimeDecay(settings.learning_rate, 1, 1e-6)
        return keras.optimizers.RMSprop(decay)
    rate = warmup_then_decay(settings.learning_rate, steps, warmup_share=settings.warmup_share)
    if settings.optimizer == "muon":
        return muon(rate, weight_decay=settings.weight_decay, beside="dense")
    return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)


def train(networks: Networks, data: ImageData, settings: CifarSettings, session: Session) -> None:
    """Categorical cross-entropy on augmented pictures, an epoch at a time."""
    network, classes = networks["classifier"], len(data.info.class_names)
    steps = settings.epochs * -(-len(data.train) // settings.batch_size)
    network.compile(
        optimizer=make_optimizer(settings, steps),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
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
    figures = {"accuracy": result.figures.pop("accuracy")}
    figures["accuracy_flipped"] = float((twice.classes == test.labels).mean())
    result.figures = figures | result.figures
    return result


@dataclass(frozen=True)
class Use:
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


def inspect(networks: Networks, data: ImageData, settings: CifarSettings, chosen: Any) -> Result:
    """The first filters, and what each convolution makes of one test picture."""
    return Result(pictures=look_inside(networks["classifier"], data.test.pictures[0]))


def example(data: ImageData, folder: Path) -> Example:
    """Three test pictures, saved as files."""
    return example_pictures(data.test, folder)


experiment = Experiment(
    learns="tells ten kinds of colour pictures apart",
    headline="accuracy",
    settings=CifarSettings,
    presets=PRESETS,
    info=ImageInfo,
    options=Use,
    describe_data=describe_data,
    load_data=load_data,
    build=build,
    train=train,
    evaluate=evaluate,
    read=read,
    use=use,
    inspect=inspect,
    example=example,
)
