"""A dense network with a layer of its own, the antirectifier, reads handwritten digits; its ReLU baseline beside it.

The antirectifier takes the place of normalisation and activation: it centres each sample, gives it length one, and
hands on the positive and the negative part side by side, so 256 units come out as 512. Its claim is that a ReLU
network needs twice the parameters to do as well. Nobody measured that, so baselines are trained here on the same batches:
ReLU with 256 or 512 units, and CReLU, which keeps both signs but does not normalise. `classic` is the recipe of 2017
(RMSprop, 40 epochs); `tuned` trains the same 337,418 parameters with AdamW, label smoothing, small translations and shears.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge

from etudes.analysis.classification import (
    answer_pictures,
    evaluate_classifier,
    example_pictures,
    one_hot,
    predict,
    read_pictures,
)
from etudes.contract import Array, Example, ImageData, ImageInfo, InspectOptions, Networks, Result, Table, UseOptions
from etudes.data import describe_images, load_images, open_picture
from etudes.data.augmentation import shear, translate
from etudes.errors import UserError
from etudes.experiments.antirectifier.comparison import compare_answers, disagreements
from etudes.experiments.antirectifier.pictures import (
    activity,
    activity_picture,
    activity_table,
    both_halves,
    dead_picture,
    first_weights,
)
from etudes.experiments.antirectifier.settings import BASELINES, AntirectifierSettings
from etudes.training.backend import keras
from etudes.training.data_loading import steps_per_execution_for
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session

# --- data -------------------------------------------------------------------------------------------------------------


def describe_data(settings: AntirectifierSettings) -> ImageInfo:
    """Size, channels and class names of the pictures; the networks follow them."""
    return describe_images(settings.data)


def load_data(settings: AntirectifierSettings) -> ImageData:
    """Training, validation and test pictures, uint8."""
    return load_images(
        settings.data, seed=settings.seed, validation_share=settings.validation_share, limit=settings.limit
    )


def epoch_pictures(data: ImageData, settings: AntirectifierSettings, epoch: int) -> tuple[Array, Array]:
    """Pictures and one-hot labels of an epoch as they are learned from: the same for every network of the run."""
    places = permutation(settings.seed, epoch, len(data.train))
    pictures, labels = data.train.pictures[places], data.train.labels[places]
    if settings.shear:
        pictures = shear(pictures, settings.shear, rng(settings.seed, "shear", epoch))
    if settings.translate:
        pictures = translate(
            pictures, settings.translate, settings.translate, rng(settings.seed, "augmentation", epoch)
        )
    return pictures, one_hot(labels, len(data.info.class_names))


# --- model ------------------------------------------------------------------------------------------------------------


def activated(kind: str, x: Any, name: str) -> Any:
    """What follows a dense layer. Of n values, relu makes n, antirectifier and crelu make 2n."""
    from etudes.experiments.antirectifier.layer import Antirectifier

    layers = keras.layers
    if kind == "antirectifier":
        return Antirectifier(name=name)(x)
    if kind == "relu":
        return layers.Activation("relu", name=name)(x)
    # Both signs without normalisation (Shang and others, "Understanding and Improving CNNs via CReLU", 2016).
    return layers.Concatenate(name=name)([layers.ReLU()(x), layers.ReLU()(-x)])


def build_network(kind: str, units: int, dropout: float, info: ImageInfo) -> Any:
    """One of the baselines: pictures of 0..255 in, probabilities of the classes out."""
    layers = keras.layers
    pictures = keras.Input(info.shape)
    x = layers.Flatten()(layers.Rescaling(1 / 255)(pictures))
    for number in (1, 2):
        x = layers.Dense(units)(x)
        x = activated(kind, x, f"after_dense_{number}")
        x = layers.Dropout(dropout)(x)
    x = layers.Dense(len(info.class_names))(x)
    return keras.Model(pictures, layers.Activation("softmax", dtype="float32")(x))


def make_networks(settings: AntirectifierSettings, info: ImageInfo) -> Networks:
    """The antirectifier first, so that its fresh weights are the same whichever baselines follow it."""
    networks = {"antirectifier": build_network("antirectifier", 256, settings.dropout, info)}
    for baseline in settings.baselines:
        kind, units = BASELINES[baseline]
        networks[baseline] = build_network(kind, units, settings.dropout, info)
    return networks


# --- training ---------------------------------------------------------------------------------------------------------


def make_optimizer(settings: AntirectifierSettings, steps: int) -> Any:
    """The optimiser for a training of so many steps."""
    if settings.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(settings.learning_rate)
    rate = warmup_then_decay(settings.learning_rate, steps)
    return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)


def train(networks: Networks, data: ImageData, settings: AntirectifierSettings, session: Session) -> None:
    """Each network in turn, with the same recipe on the same batches; its phase has its name."""
    steps = settings.epochs * -(-len(data.train) // settings.batch_size)
    validation = (data.validation.pictures, one_hot(data.validation.labels, len(data.info.class_names)))
    for name, network in networks.items():
        network.compile(
            optimizer=make_optimizer(settings, steps),
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
            metrics=["accuracy"],
            steps_per_execution=steps_per_execution_for(),
        )
        session.fit(
            network,
            lambda epoch: epoch_pictures(data, settings, epoch),
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            validation=validation,
            phase=name,
        )


# --- evaluate, read, use, inspect -------------------------------------------------------------------------------------


def evaluate(networks: Networks, data: ImageData, settings: AntirectifierSettings) -> Result:
    """The antirectifier on the test pictures, then each baseline against it on the same pictures."""
    names, test = data.info.class_names, data.test
    result = evaluate_classifier(networks["antirectifier"], test, names)
    said = {name: predict(network, test.pictures) for name, network in networks.items()}
    rows, paired = [], []
    for name, network in networks.items():
        right = said[name].classes == test.labels
        rows.append((name, network.count_params(), float(right.mean()), int((~right).sum())))
        if name == "antirectifier":
            continue
        against = compare_answers(said["antirectifier"].classes == test.labels, right, settings.seed)
        paired.append((f"antirectifier - {name}", *against.row()))
        suffix = name.replace("-", "_")
        result.metrics[f"accuracy_{suffix}"] = float(right.mean())
        result.metrics[f"difference_{suffix}"] = against.difference
        picture = disagreements(test, said["antirectifier"].classes, said[name].classes, names, name)
        if picture is not None:
            result.pictures[f"disagreements-{name}"] = picture
    result.tables.insert(0, Table("baselines", ("network", "parameters", "accuracy", "errors"), rows))
    if paired:
        columns = ("difference of accuracy", "value", "95 % from", "95 % to", "only first right", "only second", "p")
        result.tables.insert(1, Table("paired on the same test pictures", columns, paired))
    return result


@dataclass(frozen=True)
class Use(UseOptions):
    """Classify picture files with every network of the run."""

    inputs: tuple[str, ...]
    """Picture files: PNG, JPEG, WEBP, GIF or BMP."""
    top: Annotated[int, Ge(1)] = 3
    """How many classes to name for each picture."""


def read(info: ImageInfo, settings: AntirectifierSettings, options: Use) -> Array:
    """The pictures, opened, cut to the middle and scaled to the size that was learned."""
    return read_pictures(options.inputs, info)


def use(networks: Networks, info: ImageInfo, settings: AntirectifierSettings, options: Use, pictures: Array) -> Result:
    """The most probable classes of each picture, by each network."""
    result = Result()
    for name, network in networks.items():
        answer = answer_pictures(network, info.class_names, options.inputs, pictures, options.top)
        result.answers += [{"network": name, **record} for record in answer.answers]
        result.lines += [f"{name}: {line}" for line in answer.lines]
    return result


@dataclass(frozen=True)
class Inspect(InspectOptions):
    """What to look at."""

    number: Annotated[int, Ge(0)] = 0
    """The test picture, counted from 0, whose two halves are drawn."""
    picture: str | None = None
    """A picture file of your own to draw the halves of, in place of a test picture."""

    def check(self, info: ImageInfo, settings: AntirectifierSettings) -> None:  # noqa: ARG002, as the contract has it
        """Raise `UserError` for a picture that is none, or for two at once."""
        if self.picture is not None:
            if self.number:
                raise UserError("--number is of a test picture, --picture is one of your own: say only one of them")
            open_picture(self.picture)

    def check_data(self, data: ImageData, settings: AntirectifierSettings) -> None:  # noqa: ARG002
        """Raise `UserError` for a number that no test picture has."""
        if self.number >= len(data.test):
            raise UserError(f"--number {self.number}: there are {len(data.test):,} test pictures, counted from 0")


def inspect(networks: Networks, data: ImageData, settings: AntirectifierSettings, chosen: Inspect) -> Result:
    """First-layer weights, where activations die on test pictures, and both halves for one picture."""
    shown = data.test.pictures[chosen.number]
    if chosen.picture is not None:
        shown = read_pictures((chosen.picture,), data.info)[0]
    found = activity(networks, data.test, len(data.info.class_names))
    result = Result(tables=[activity_table(found)])
    result.pictures["first-weights"] = first_weights(networks, data.info.shape)
    result.pictures["activity"] = activity_picture(found)
    result.pictures["dead-units"] = dead_picture(found, data.info.class_names)
    result.pictures["both-halves"] = both_halves(networks["antirectifier"], shown)
    return result


def example(data: ImageData, folder: Path) -> Example:
    """Three test pictures, saved as files."""
    return example_pictures(data.test, folder)
