"""A recurrent network learns to add: characters in, "535+61", characters out, "596".

An LSTM reads the question, one character a step, and keeps what it read in 128 numbers; they are repeated once for
every character of the answer, and a second LSTM writes it: 205,324 parameters. Nobody tells it what a digit is, nor
what to carry. `classic` trains it as the script of 2017 does: 50,000 pairs of numbers, read backwards, Adam at 1e-3.
`tuned` trains the same network with Muon at a high rate that warms up and falls, and draws other pairs in every epoch.
The same network learns differences, products, and any pairs of short texts from a CSV file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from etudes.contract import Array, Example, InspectOptions, Networks, Result, UseOptions
from etudes.experiments.addition_rnn.answers import Adder, answer_questions, coloured, read_questions
from etudes.experiments.addition_rnn.encoding import Texts
from etudes.experiments.addition_rnn.inside import look_inside
from etudes.experiments.addition_rnn.questions import (
    Exercises,
    TextData,
    TextInfo,
    check_sizes,
    describe_exercises,
    draw_growing_pairs,
    draw_other_pairs,
    draw_pairs,
    length_weights,
    lengths,
    read_exercises,
    split,
    swapped,
    write_exercises,
)
from etudes.experiments.addition_rnn.report import evaluate_answers
from etudes.experiments.addition_rnn.settings import AdditionSettings
from etudes.training.backend import keras
from etudes.training.data_loading import steps_per_execution_for
from etudes.training.muon import muon
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session

# --- data -------------------------------------------------------------------------------------------------------------


def describe_data(settings: AdditionSettings) -> TextInfo:
    """Alphabet and lengths of the questions; the network follows them."""
    if settings.data != "sums":
        return describe_exercises(read_exercises(settings.data), settings.data)
    alphabet = "".join(sorted(" 0123456789" + settings.operator))
    return TextInfo("sums", alphabet, *lengths(settings.digits, settings.operator), alphabet)


def load_data(settings: AdditionSettings) -> TextData:
    """Questions and answers, generated from the seed or read from a file, in three splits."""
    random = rng(settings.seed, "pairs")
    if settings.data == "sums":
        pairs = draw_pairs(settings.pairs_drawn(), settings.digits, random)
        exercises, info = write_exercises(pairs, settings.operator), describe_data(settings)
    else:
        exercises = read_exercises(settings.data)
        info = describe_exercises(exercises, settings.data)
        exercises = exercises.take(random.permutation(len(exercises))[: settings.pairs or None])
        check_sizes(len(exercises), settings.held_out, settings.batch_size)
    return split(exercises, info, round(len(exercises) * settings.held_out), random)


def exercises_for(data: TextData, settings: AdditionSettings, epoch: int) -> Exercises:
    """The exercises of an epoch: always the training pairs, or others drawn for it of all that are not held out."""
    if not settings.fresh or not data.info.generated:
        return data.train
    held_out = np.concatenate([part.operands for part in (data.validation, data.test) if part.operands is not None])
    random, digits, now = rng(settings.seed, "new pairs", epoch), settings.digits, settings.digits_in(epoch)
    if now < digits:
        drawn = draw_growing_pairs(len(data.train), digits, now, held_out, random)
    else:
        drawn = draw_other_pairs(len(data.train), digits, held_out, random)
    return write_exercises(drawn, settings.operator)


def epoch_exercises(train: Exercises, settings: AdditionSettings, epoch: int) -> Exercises:
    """The exercises of an epoch in the order in which they are learned from."""
    places, random = permutation(settings.seed, epoch, len(train)), rng(settings.seed, "length balance", epoch)
    # Of 5,050 pairs only 55 are of two single digits: too few to be learned if none comes more often than others.
    chosen = random.random(len(train)) < settings.balance
    places[chosen] = random.choice(len(train), chosen.sum(), p=length_weights(train))
    shuffled = train.take(places)
    if shuffled.operands is None or not settings.swap:
        return shuffled
    return write_exercises(swapped(shuffled.operands, rng(settings.seed, "swap", epoch)), settings.operator)


# --- model ------------------------------------------------------------------------------------------------------------


def make_networks(settings: AdditionSettings, info: TextInfo) -> Networks:
    """The network: characters of the question in, probabilities of the answer's characters out."""
    layers, depth = keras.layers, len(info.alphabet)
    # Written out step by step a short LSTM is faster; a long one would take long to compile.
    unroll = keras.backend.backend() != "torch" and info.question_length <= 32
    decoder = [
        layers.LSTM(settings.units, return_sequences=True, dropout=settings.dropout, unroll=unroll)
        for _ in range(settings.decoder_layers)
    ]
    network = keras.Sequential(
        [
            keras.Input((info.question_length, depth)),
            layers.LSTM(settings.units, unroll=unroll),
            layers.RepeatVector(info.answer_length),
            *decoder,
            layers.TimeDistributed(layers.Dense(depth)),
            layers.Activation("softmax", dtype="float32"),
        ]
    )
    return {"adder": network}


def adder_of(networks: Networks, info: TextInfo, settings: AdditionSettings) -> Adder:
    """The network together with the alphabet, the lengths and the direction in which it reads."""
    return Adder(networks["adder"], info, settings.reverse)


# --- training ---------------------------------------------------------------------------------------------------------


def make_optimizer(settings: AdditionSettings, steps: int) -> Any:
    """The optimiser for a training of so many steps."""
    rate: Any = settings.learning_rate
    if settings.schedule != "constant":
        rate = warmup_then_decay(rate, steps, warmup_share=settings.warmup_share, decay=settings.schedule)
    if settings.optimizer == "muon":
        return muon(rate, weight_decay=0.0, beside="time_distributed")
    return keras.optimizers.Adam(rate, beta_2=settings.beta_2, clipnorm=settings.clipnorm or None)


def exact_match(truth: Any, guess: Any) -> Any:
    """1 for every answer whose characters are all right, else 0: the figure that counts."""
    ops = keras.ops
    right = ops.equal(ops.argmax(truth, axis=-1), ops.argmax(guess, axis=-1))
    return ops.cast(ops.all(right, axis=-1), "float32")


def train(networks: Networks, data: TextData, settings: AdditionSettings, session: Session) -> None:
    """Categorical cross-entropy on every character; after each epoch ten held-out questions, truth and guess."""
    network, adder = networks["adder"], adder_of(networks, data.info, settings)
    network.compile(
        optimizer=make_optimizer(settings, settings.epochs * -(-len(data.train) // settings.batch_size)),
        loss="categorical_crossentropy",
        metrics=[exact_match, "accuracy"],
        steps_per_execution=steps_per_execution_for(),
    )

    def epoch_data(epoch: int) -> tuple[Array, Array]:
        exercises = epoch_exercises(exercises_for(data, settings, epoch), settings, epoch)
        return adder.see(exercises.questions), adder.targets(exercises.answers)

    def show_ten(epoch: int) -> dict[str, float]:
        shown = data.validation.take(
            rng(settings.seed, "shown questions", epoch).permutation(len(data.validation))[:10]
        )
        session.message(coloured(shown, adder.answer(shown.questions).texts))
        return {}

    session.fit(
        network,
        epoch_data,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        validation=(adder.see(data.validation.questions), adder.targets(data.validation.answers)),
        after_epoch=show_ten,
    )


# --- evaluate, read, use, inspect -------------------------------------------------------------------------------------


def evaluate(networks: Networks, data: TextData, settings: AdditionSettings) -> Result:
    """Exact match on the test pairs, then on every question there is or a sample; where errors are; how sure it is."""
    digits = settings.digits if settings.exhaustive and data.info.generated else 0
    learned = (exercises_for(data, settings, epoch) for epoch in range(settings.epochs if settings.fresh else 1))
    random = rng(settings.seed, "sampled questions")
    return evaluate_answers(adder_of(networks, data.info, settings), data, learned, digits, settings.operator, random)


@dataclass(frozen=True)
class Use(UseOptions):
    """Answer questions."""

    inputs: tuple[str, ...]
    """Questions, such as 35+35."""
    file: str | None = None
    """A text file with further questions, one a line."""


def read(info: TextInfo, settings: AdditionSettings, options: Use) -> Texts:
    """The questions in the form in which they were learned."""
    return read_questions(options.inputs, options.file, info, settings.digits, settings.operator)


def use(networks: Networks, info: TextInfo, settings: AdditionSettings, options: Use, questions: Texts) -> Result:
    """The answer to each question, with the network's confidence in it and in each of its characters."""
    return answer_questions(adder_of(networks, info, settings), questions, settings.operator)


@dataclass(frozen=True)
class Inspect(InspectOptions):
    """What to look at."""

    question: str | None = None
    """A question whose path through the states is drawn, such as 999+1; by default one of the test pairs."""

    def check(self, info: TextInfo, settings: AdditionSettings) -> None:
        """Raise `UserError` for a question that the network cannot read."""
        self.read(info, settings)

    def read(self, info: TextInfo, settings: AdditionSettings) -> Texts | None:
        """The question in the form in which it was learned, (1,); None for a test question."""
        if self.question is None:
            return None
        return read_questions((self.question,), None, info, settings.digits, settings.operator)


def inspect(networks: Networks, data: TextData, settings: AdditionSettings, chosen: Inspect) -> Result:
    """What the network keeps in mind while it reads, how sure it is of each character, what a carry or borrow does."""
    adder = adder_of(networks, data.info, settings)
    return look_inside(adder, data.test, settings.digits, settings.operator, chosen.read(data.info, settings))


def example(data: TextData, folder: Path) -> Example:
    """Three test questions."""
    return Example(tuple(data.test.questions[:3].tolist()))
