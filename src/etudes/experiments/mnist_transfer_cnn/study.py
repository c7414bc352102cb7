"""A network that learned the digits 0–4 learns 5–9 without learning to see again.

Two convolutions look, a dense layer decides. Once the whole network has learned the first classes, the convolutions are
frozen and only the head is trained on the other classes: 9,568 of 600,165 parameters stay as they are, and with them
most of the work. `classic` is the recipe of 2017 (Adadelta at rate 1, the head keeps its weights); `tuned` trains the
same network with AdamW, and runs the frozen part once instead of in every epoch. That no frozen weight moved is proved
at the end of every training, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from etudes.analysis.classification import (
    answer_pictures,
    evaluate_classifier,
    example_pictures,
    one_hot,
    predict,
    read_pictures,
)
from etudes.contract import Array, Example, Images, Networks, Result, UseOptions
from etudes.data.augmentation import translate
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.data import (
    TransferData,
    TransferInfo,
    describe_transfer,
    load_transfer,
)
from etudes.experiments.mnist_transfer_cnn.freezing import (
    bottleneck_digest,
    check_bottleneck,
    features_of,
    hand_over,
    old_head_on_new_bottleneck,
    on_cached_features,
    table_of,
)
from etudes.experiments.mnist_transfer_cnn.inspection import Inspect, look
from etudes.experiments.mnist_transfer_cnn.settings import TransferSettings
from etudes.experiments.mnist_transfer_cnn.sources import FIRST, first_task
from etudes.experiments.mnist_transfer_cnn.teaching import Lesson, read_lesson, taught
from etudes.training.backend import keras
from etudes.training.data_loading import steps_per_execution_for
from etudes.training.rng import rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session
from etudes.training.state import put_weights
from etudes.training.xla import adamw
from etudes.views.layers import layer_table

# --- data -------------------------------------------------------------------------------------------------------------


def describe_data(settings: TransferSettings) -> TransferInfo:
    """Size and channels of the pictures, and the class names of both tasks; the networks follow them."""
    task = first_task(settings)
    info = describe_transfer(task.pictures, settings.to, task.classes)
    task.check(info)
    return replace(info, first_weights=task.weights_sha256)


def load_data(settings: TransferSettings) -> TransferData:
    """Training, validation and test pictures of both tasks, uint8; the labels of both begin at 0."""
    info, task = describe_data(settings), first_task(settings)
    seed, share, limit = settings.seed, settings.validation_share, settings.limit
    data = load_transfer(info, task.pictures, settings.to, seed=seed, share=share, limit=limit)
    return replace(data, given=task.weights())


# --- training ---------------------------------------------------------------------------------------------------------

PHASES = ("first", "transfer")


def make_optimizer(settings: TransferSettings, steps: int, cached: bool) -> Any:
    """The optimiser for a phase of so many steps, upon cached features or pictures."""
    if settings.optimizer == "adadelta":
        return keras.optimizers.Adadelta(settings.learning_rate)
    rate = warmup_then_decay(settings.learning_rate, steps)
    make = adamw if cached else keras.optimizers.AdamW
    return make(rate, weight_decay=settings.weight_decay)


def prepare(network: Any, settings: TransferSettings, steps: int) -> None:
    """Compile a network for a phase of so many steps."""
    cached = len(network.input_shape) == 1
    frozen, total = frozen_parameters(network)
    # Between executions a training can be stopped, so large pictures and extra convolutions take fewer steps in one.
    short = total - frozen < 1_000_000 and not settings.extra_convolutions
    network.compile(
        optimizer=make_optimizer(settings, steps, cached),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
        metrics=["accuracy"],
        # Upon cached features there is so little to do: a few milliseconds.
        steps_per_execution=steps_per_execution_for(50 if short else 10) if cached else 1,
    )


def train_model(
    network: Any,
    train: tuple[Array, Array],
    validation: tuple[Array, Array],
    settings: TransferSettings,
    session: Session,
    phase: str,
) -> None:
    """Compile a network and train it in one phase: the same for both tasks.

    Args:
        network: pictures, or places of cached features, in; probabilities out.
        train: its inputs and labels to learn from.
        validation: those to watch it with.
        settings: the recipe.
        session: the run.
        phase: one of `PHASES`.
    """
    number, classes = PHASES.index(phase), network.output_shape[-1]
    epochs = settings.epochs if phase == "first" else settings.transfer_epochs
    prepare(network, settings, epochs * -(-len(train[1]) // settings.batch_size))

    def epoch_data(epoch: int) -> tuple[Array, Array]:
        places = rng(settings.seed, "phase order", number, epoch).permutation(len(train[1]))
        inputs = train[0][places]
        if settings.translate and inputs.ndim == 4:
            inputs = translate(
                inputs, settings.translate, settings.translate, rng(settings.seed, "augmentation", number, epoch)
            )
        return inputs, one_hot(train[1][places], classes)

    session.fit(
        network,
        epoch_data,
        epochs=epochs,
        batch_size=settings.batch_size,
        validation=(validation[0], one_hot(validation[1], classes)),
        phase=phase,
    )


def train(networks: Networks, data: TransferData, settings: TransferSettings, session: Session) -> None:
    """Learn the first classes; hand over; freeze and compile again; learn the second classes; prove the freezing."""
    first, transferred = networks["first"], networks["transferred"]
    if data.given:
        session.message(f"the first task is not trained: its network is that of {settings.data}")
    else:
        train_model(first, pair(data.first.train), pair(data.first.validation), settings, session, "first")

    def handed_over() -> str:
        if data.given:
            put_weights({FIRST.rstrip("/"): first}, data.given)
        hand_over(first, transferred, settings.head)
        return bottleneck_digest(transferred)

    # Remembered in the same checkpoint as the weights, so a resumed run hands over once, whenever it was interrupted.
    before = session.once("bottleneck", handed_over)
    frozen, total = frozen_parameters(transferred)
    session.message(f"the transfer keeps {frozen:,} of {total:,} parameters frozen")
    learner, task, watched = transferred, pair(data.second.train), pair(data.second.validation)
    if settings.cached_features:
        pictures = np.concatenate([task[0], watched[0]])
        learner = on_cached_features(transferred, table_of(features_of(transferred, pictures)))
        places = np.arange(len(pictures), dtype=np.int32)
        task, watched = (places[: len(task[1])], task[1]), (places[len(task[1]) :], watched[1])
    train_model(learner, task, watched, settings, session, "transfer")
    if settings.freeze:
        check_bottleneck(transferred, before)


def pair(images: Images) -> tuple[Array, Array]:
    """Pictures and labels."""
    return images.pictures, images.labels


def frozen_parameters(network: Any) -> tuple[int, int]:
    """How many parameters the training of a network leaves alone, and how many there are."""
    total = int(network.count_params())
    return total - sum(int(np.prod(weight.shape)) for weight in network.trainable_weights), total


# --- evaluate, read, use, inspect -------------------------------------------------------------------------------------


def evaluate(networks: Networks, data: TransferData, settings: TransferSettings) -> Result:
    """The second classes after the transfer, the first before it, and the first with what looks at pictures now."""
    first, transferred = networks["first"], networks["transferred"]
    result = evaluate_classifier(transferred, data.second.test, data.info.second_classes)
    test = data.first.test
    after = old_head_on_new_bottleneck(first, transferred)
    frozen, total = frozen_parameters(transferred)
    result.metrics |= {
        "first_accuracy": float((predict(first, test.pictures).classes == test.labels).mean()),
        "first_accuracy_after": float((predict(after, test.pictures).classes == test.labels).mean()),
        "parameters": total,
        "frozen_parameters": frozen,
    }
    result.tables.insert(0, layer_table("frozen and trained by the transfer", transferred))
    result.lines.append(
        "accuracy is that on the second classes; first_accuracy that on the first ones before the transfer, and "
        "first_accuracy_after that of the first head upon the bottleneck after the transfer. The new head cannot be "
        "asked about the first classes: its outputs now stand for the second ones."
    )
    return result


@dataclass(frozen=True)
class Use(UseOptions):
    """Classify picture files."""

    inputs: tuple[str, ...]
    """Picture files: PNG, JPEG, WEBP, GIF or BMP."""
    top: Annotated[int, Ge(1)] = 3
    """How many classes to name for each picture."""
    first: bool = False
    """Answer with one of the first classes, by the network before the transfer."""
    teach: str | None = None
    """An image folder, a subfolder a class: first teach a fresh head its classes, in seconds, and answer with it."""


def read(info: TransferInfo, settings: TransferSettings, options: Use) -> tuple[Array, Lesson | None]:
    """The pictures, opened, cut to the middle and scaled to the size that both tasks share; and what to teach."""
    if options.first and options.teach:
        raise UserError(
            "--first answers with the first classes, --teach with those of its folder: say only one of them"
        )
    return read_pictures(options.inputs, info.second), read_lesson(options.teach, info) if options.teach else None


def use(
    networks: Networks,
    info: TransferInfo,
    settings: TransferSettings,
    options: Use,
    brought: tuple[Array, Lesson | None],
) -> Result:
    """The most probable of the second classes for each picture, or of the first ones, or of those taught now."""
    pictures, lesson = brought
    network, names = networks["transferred"], info.second.class_names
    if options.first:
        network, names = networks["first"], info.first.class_names
    if lesson is not None:
        network, names = taught(networks["transferred"], lesson, settings), lesson.class_names
    return answer_pictures(network, names, options.inputs, pictures, options.top)


def inspect(networks: Networks, data: TransferData, settings: TransferSettings, chosen: Inspect) -> Result:
    """Filters, maps of a picture of either task, why an answer, how far each layer moved; and studies if asked for."""
    return look(networks, data, settings, chosen, lambda network, steps: prepare(network, settings, steps))


def example(data: TransferData, folder: Path) -> Example:
    """Three test pictures of the second task, saved as files."""
    return example_pictures(data.second.test, folder)
