"""Learn to add, character by character: "535+61" → "596 ".

    question       "535+61"
    padded         "535+61 "   with spaces to 7 characters
    reversed       " 16+535"   so that the digits needed first are read last
    network input  (7, 12)     a row for each character, with a single 1 at its index in " +0123456789"
    output         (4, 12)     for each character of the answer the probability of each of the 12
    answer         "596 "      the most probable character of each row; the space is padding

An LSTM reads the question, one character a step, and ends in a state of 128 numbers. This state is repeated once for
every character of the answer, and a second LSTM turns the copies into the answer: 205,324 parameters. Nothing in them
is about numbers. To be right on sums that it was never trained on, the network has to learn what a digit is worth, and
when to carry.

`classic` is the Keras example of 2017: 50,000 pairs of numbers, Adam at 1e-3. `tuned` trains the same network with
Muon, a high learning rate with warm-up and decay, and new pairs in every epoch.

Sources: Sutskever, Vinyals and Le, *Sequence to Sequence Learning with Neural Networks*, 2014, for the reversed input;
Zaremba and Sutskever, *Learning to Execute*, 2014, for the task.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval
from numpy.typing import ArrayLike, NDArray

from etudes.contract import Array, Networks
from etudes.errors import UserError
from etudes.experiments.addition_rnn.batch_encoding import decode_batch, encode_batch
from etudes.experiments.addition_rnn.curriculum import draw_growing_pairs, max_digits
from etudes.experiments.addition_rnn.pairs import count_pairs, draw_pairs, pair_ids, swap_at_random
from etudes.experiments.addition_rnn.progress import answers_table
from etudes.experiments.addition_rnn.questions import (
    Examples,
    TextData,
    TextInfo,
    check_split,
    length_weights,
    read_examples,
    split_examples,
)
from etudes.experiments.addition_rnn.unrolled_lstm import lstm_for
from etudes.schema import Settings
from etudes.training.backend import keras
from etudes.training.data_loading import compile_network
from etudes.training.muon import muon
from etudes.training.rng import permutation, rng
from etudes.training.schedules import warmup_then_decay
from etudes.training.session import Session


@dataclass(frozen=True)
class AdditionSettings(Settings):
    """What can be set. Digits, operator, fresh, swap and curriculum apply to generated questions only."""

    data: str = "sums"
    """sums: questions are generated; or the path of a CSV file, or of JSON lines, with questions and answers."""
    digits: Annotated[int, Interval(ge=1, le=9)] = 3
    """Maximum digits of each number; how many it has is drawn first, then repeated pairs are discarded."""
    operator: Literal["+", "-", "*"] = "+"
    """What is done with the two numbers."""
    pairs: Annotated[int, Interval(ge=0, le=2_000_000)] = 0
    """Different pairs, training and held-out ones together; 0: all of a file, or up to 50,000 generated ones."""
    held_out: Annotated[float, Interval(gt=0, lt=1)] = 0.1
    """Share of the pairs that are never trained on: half for validation, half for the test."""
    reverse: bool = True
    """Feed questions in reverse, so that the last digits come nearest to the answer."""
    fresh: bool = True
    """Draw new pairs in every epoch, the same number and distribution, from all that are not held out."""
    swap: bool = True
    """Swap the two numbers of a pair at random, anew in every epoch."""
    balance: Annotated[float, Interval(ge=0, le=1)] = 0.02
    """Share of each epoch in which all lengths are equally likely; the rest is as drawn."""
    curriculum: Annotated[float, Interval(ge=0, lt=1)] = 0.0
    """Share of the epochs in which numbers grow from 2 digits to the maximum; 0: all lengths from the start."""
    units: Annotated[int, Interval(ge=1, le=4096)] = 128
    """LSTM units."""
    decoder_layers: Annotated[int, Interval(ge=1, le=8)] = 1
    """Stacked LSTMs of the decoder."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0
    """Dropout rate on the inputs of the decoder's LSTMs."""
    epochs: Annotated[int, Ge(1)] = 30
    """Passes over the training pairs."""
    batch_size: Annotated[int, Ge(1)] = 32
    """Questions per step."""
    optimizer: Literal["adam", "muon"] = "muon"
    """Adam, or Muon for the LSTMs with Adam for the rest."""
    learning_rate: Annotated[float, Gt(0)] = 4e-3
    """Learning rate; the peak if the schedule is not constant."""
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    """constant, or a linear warm-up to the peak followed by a linear or cosine decay to zero."""
    warmup_share: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """Share of all steps that the warm-up takes."""
    beta_2: Annotated[float, Interval(gt=0, lt=1)] = 0.99
    """Adam's decay rate for squared gradients; Muon has its own."""
    clipnorm: Annotated[float, Ge(0)] = 1.0
    """Adam clips the gradient of each weight array to this norm; 0 turns that off."""
    exhaustive: bool = True
    """At the end, evaluate every possible question; above 3 digits, 100,000 that were never trained on."""

    @property
    def generated_pairs(self) -> int:
        """How many pairs are generated, held-out ones included."""
        return self.pairs or min(count_pairs(self.digits), 50_000)

    def check(self) -> None:
        """Raise `UserError` for more pairs than exist, and for splits that are too small."""
        if self.data != "sums":
            return
        if self.curriculum and not self.fresh:
            raise UserError("--curriculum draws new pairs in every epoch: use it with --fresh")
        if self.pairs > (existing := count_pairs(self.digits)):
            raise UserError(
                f"--pairs {self.pairs}: only {existing:,} different pairs of numbers of up to {self.digits} digits "
                "exist; ask for fewer, or for 0 to take all"
            )
        check_split(self.generated_pairs, self.held_out, self.batch_size)


# fmt: off
PRESETS = {
    "classic": AdditionSettings(
        pairs=50_000, fresh=False, swap=False, balance=0.0, epochs=100, batch_size=128,
        optimizer="adam", learning_rate=1e-3, schedule="constant", beta_2=0.999, clipnorm=0.0),
    "tuned": AdditionSettings(),
    "demo": AdditionSettings(
        digits=2, fresh=False, reverse=False, balance=0.1, dropout=0.2, epochs=100, batch_size=64,
        optimizer="adam", learning_rate=8e-3),
    "tiny": AdditionSettings(digits=2, pairs=1_600, epochs=2, batch_size=64, exhaustive=False),
}
# fmt: on

# --- data -------------------------------------------------------------------------------------------------------------

SUMS = " +0123456789"
"""The alphabet of sums: the space for padding, the sign, ten digits."""


def encode(text: str, length: int = 7, alphabet: str = SUMS) -> NDArray[np.float32]:
    """One text as one-hot rows, (length, len(alphabet)), padded with spaces on the right.

    `decode` is its exact inverse: `decode(encode(text)) == text` for every text that does not end in a space, and
    `encode(decode(rows)) == rows` for all one-hot rows.

    Raises:
        UserError: the text is longer than `length`, or has a character that is not in the alphabet.
    """
    text = text.rstrip(" ")
    if len(text) > length:
        raise UserError(f"a text has {len(text)} characters: at most {length} can be encoded")
    rows = np.zeros((length, len(alphabet)), dtype=np.float32)
    for step, character in enumerate(text.ljust(length)):  # "35+35" → "35+35  "
        if character not in alphabet:
            raise UserError(f"the character {character!r} is not one of {alphabet[:80]!r}")
        rows[step, alphabet.index(character)] = 1
    return rows


def decode(rows: ArrayLike, alphabet: str = SUMS) -> str:
    """The text of one array (length, len(alphabet)): the largest entry of each row, without the padding."""
    return "".join(alphabet[index] for index in np.asarray(rows).argmax(axis=-1)).rstrip(" ")


def encode_questions(questions: NDArray[np.str_], info: TextInfo, settings: AdditionSettings) -> NDArray[np.uint8]:
    """Network inputs, (n, question length, alphabet): encoded, then reversed with the padding: "  53+53"."""
    rows = encode_batch(questions, info.question_length, info.alphabet)
    return rows[:, ::-1] if settings.reverse else rows


def make_examples(operands: NDArray[np.int64], operator: str) -> Examples:
    """Pairs of numbers (n, 2) as questions and answers: (35, 35) → "35+35", "70"."""
    first, second = operands[:, 0], operands[:, 1]
    results = {"+": np.add, "-": np.subtract, "*": np.multiply}[operator](first, second)
    questions = np.strings.add(np.strings.add(first.astype("<U20"), operator), second.astype("<U20"))
    return Examples(questions, results.astype("<U20"), operands)


def describe_data(settings: AdditionSettings) -> TextInfo:
    """Alphabet and lengths of the texts, which decide the shape of the network."""
    if settings.data != "sums":
        return read_examples(settings.data)[1]
    digits, alphabet = settings.digits, "".join(sorted(" 0123456789" + settings.operator))
    answer_length = 2 * digits if settings.operator == "*" else digits + 1  # a sum has a carry, a difference a sign
    return TextInfo("sums", alphabet, 2 * digits + 1, answer_length, alphabet)


def load_data(settings: AdditionSettings) -> TextData:
    """Training, validation and test examples, generated from the seed or read from a file. No pair is in two splits."""
    stream = rng(settings.seed, "pairs")
    if settings.data == "sums":
        pairs, info = draw_pairs(settings.generated_pairs, settings.digits, stream), describe_data(settings)
        examples = make_examples(pairs, settings.operator)
    else:
        examples, info = read_examples(settings.data)
        examples = examples.take(stream.permutation(len(examples))[: settings.pairs or None])
    order = stream.permutation(len(examples))
    test, validation, train = split_examples(examples.questions, order, settings.held_out, settings.batch_size)
    return TextData(info, examples.take(train), examples.take(validation), examples.take(test))


def training_pairs(data: TextData, settings: AdditionSettings, epoch: int) -> Examples:
    """The examples of an epoch, in no special order: the training split, or as many new ones.

    A pair that is held out is left out in both orders: where 3+5 is in the test split, 5+3 is never trained on.
    """
    if not settings.fresh or not data.info.generated:
        return data.train
    stream, count = rng(settings.seed, "new pairs", epoch), len(data.train)
    held_out = pair_ids(data.held_out_pairs())
    digits = max_digits(epoch, settings.digits, settings.curriculum * settings.epochs)
    if digits < settings.digits:
        return make_examples(draw_growing_pairs(count, settings.digits, digits, held_out, stream), settings.operator)
    pairs = draw_pairs(count + len(held_out), settings.digits, stream)
    return make_examples(pairs[~np.isin(pair_ids(pairs), held_out)][:count], settings.operator)


def epoch_examples(data: TextData, settings: AdditionSettings, epoch: int) -> Examples:
    """The examples of an epoch in training order: shuffled, a share of them balanced by length, operands swapped."""
    pairs = training_pairs(data, settings, epoch)
    order, stream = permutation(settings.seed, epoch, len(pairs)), rng(settings.seed, "length balance", epoch)
    # Of the 5,050 pairs of up to 2 digits only 55 have two single digits: too few to learn from once an epoch.
    balanced = stream.random(len(pairs)) < settings.balance
    order[balanced] = stream.choice(len(pairs), balanced.sum(), p=length_weights(pairs))
    shuffled = pairs.take(order)
    if shuffled.operands is None or not settings.swap:
        return shuffled
    return make_examples(swap_at_random(shuffled.operands, rng(settings.seed, "swap", epoch)), settings.operator)


# --- network ----------------------------------------------------------------------------------------------------------


def make_networks(settings: AdditionSettings, info: TextInfo) -> Networks:
    """Encoder and decoder: characters of the question → probabilities of the characters of the answer."""
    layers, units, depth = keras.layers, settings.units, len(info.alphabet)
    lstm = lstm_for(info.question_length)  # an ordinary LSTM, unrolled for speed
    # Made first: initial weights are drawn in the order in which layers are made.
    decoder = [lstm(units, return_sequences=True, dropout=settings.dropout) for _ in range(settings.decoder_layers)]
    # fmt: off
    network = keras.Sequential([                                   # output shapes, for sums of up to 3 digits:
        keras.Input((info.question_length, depth)),                # (7, 12)   the question
        lstm(units),                                               # (128,)    encoder: its last state
        layers.RepeatVector(info.answer_length),                   # (4, 128)  once for every character of the answer
        *decoder,                                                  # (4, 128)  without teacher forcing
        layers.TimeDistributed(layers.Dense(depth)),               # (4, 12)
        layers.Activation("softmax", dtype="float32"),             # (4, 12)   a probability for each character
    ])
    # fmt: on
    return {"adder": network}


# --- training ---------------------------------------------------------------------------------------------------------


def make_optimizer(settings: AdditionSettings, steps: int) -> Any:
    """The optimiser for a run of so many steps."""
    rate: Any = settings.learning_rate
    if settings.schedule != "constant":
        rate = warmup_then_decay(rate, steps, warmup_share=settings.warmup_share, decay=settings.schedule)
    if settings.optimizer == "muon":
        return muon(rate, weight_decay=0.0, adam_for="time_distributed")
    return keras.optimizers.Adam(rate, beta_2=settings.beta_2, clipnorm=settings.clipnorm or None)


def exact_match(truth: Any, prediction: Any) -> Any:
    """1 for every answer that is right in all characters, else 0: the metric that counts."""
    correct = keras.ops.equal(keras.ops.argmax(truth, axis=-1), keras.ops.argmax(prediction, axis=-1))  # (n, 4)
    return keras.ops.cast(keras.ops.all(correct, axis=-1), "float32")


def train(networks: Networks, data: TextData, settings: AdditionSettings, session: Session) -> None:
    """Categorical cross-entropy on every character; after each epoch, ten held-out questions with their predictions."""
    network, info = networks["adder"], data.info
    optimizer = make_optimizer(settings, settings.epochs * math.ceil(len(data.train) / settings.batch_size))
    compile_network(network, optimizer=optimizer, loss="categorical_crossentropy", metrics=[exact_match, "accuracy"])

    def arrays(examples: Examples) -> tuple[Array, Array]:
        inputs = encode_questions(examples.questions, info, settings)
        return inputs, encode_batch(examples.answers, info.answer_length, info.alphabet)

    def show_ten(epoch: int) -> dict[str, float]:
        stream = rng(settings.seed, "shown questions", epoch)
        shown = data.validation.take(stream.permutation(len(data.validation))[:10])
        predictions = decode_batch(network.predict_on_batch(arrays(shown)[0]), info.alphabet)
        session.message(answers_table(shown, predictions))
        return {}

    session.fit(
        network,
        lambda epoch: arrays(epoch_examples(data, settings, epoch)),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        validation=arrays(data.validation),
        after_epoch=show_ten,
    )
