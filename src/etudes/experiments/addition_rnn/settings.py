"""What can be told to the addition, and its presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval

from etudes.errors import UserError
from etudes.experiments.addition_rnn.questions import check_sizes, distinct_pairs
from etudes.settings import Settings


@dataclass(frozen=True)
class AdditionSettings(Settings):
    """What can be set. Digits, operator, fresh, swap and curriculum are for generated questions alone."""

    data: str = "sums"
    """sums: questions are generated; or the path of a CSV file with two columns, question and answer."""
    digits: Annotated[int, Interval(ge=1, le=9)] = 3
    """Digits that a number may have; each number has 1 to so many, all equally likely."""
    operator: Literal["+", "-", "*"] = "+"
    """What is done with the two numbers."""
    pairs: Annotated[int, Interval(ge=0, le=2_000_000)] = 0
    """Different pairs to learn from and to test on, at most those of a file; 0: all, or 50,000 generated ones."""
    held_out: Annotated[float, Interval(gt=0, lt=1)] = 0.1
    """Share of the pairs that nothing is learned from: half to watch the training with, half for the test."""
    reverse: bool = True
    """Read questions backwards, so that the last digits come nearest to the answer."""
    fresh: bool = True
    """Draw other pairs in every epoch, as many and in the same way, of all that are not held out."""
    swap: bool = True
    """Exchange the two numbers at random in every epoch."""
    balance: Annotated[float, Interval(ge=0, le=1)] = 0.02
    """Share of each epoch that takes all lengths equally often; the rest takes all pairs equally often."""
    curriculum: Annotated[float, Interval(ge=0, lt=1)] = 0.0
    """Share of the epochs in which numbers grow, from 2 digits to all of theirs; 0: all lengths from the beginning."""
    units: Annotated[int, Interval(ge=1, le=4096)] = 128
    """Numbers that an LSTM keeps in mind."""
    decoder_layers: Annotated[int, Interval(ge=1, le=8)] = 1
    """LSTMs, one upon the other, that write the answer."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0
    """Share of what a writing LSTM is given that is hidden from it while it learns."""
    epochs: Annotated[int, Ge(1)] = 30
    """Passes over the training pairs."""
    batch_size: Annotated[int, Ge(1)] = 32
    """Questions a step."""
    optimizer: Literal["adam", "muon"] = "muon"
    """Adam, or Muon for the LSTMs with Adam for the rest."""
    learning_rate: Annotated[float, Gt(0)] = 4e-3
    """Learning rate; its peak if the schedule is not constant."""
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    """constant, or a straight rise to the peak and then a fall to zero, in a line or in half a cosine wave."""
    warmup_share: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """Share of all steps that the rise takes."""
    beta_2: Annotated[float, Interval(gt=0, lt=1)] = 0.99
    """How slowly Adam forgets the size of past gradients; Muon has its own."""
    clipnorm: Annotated[float, Ge(0)] = 1.0
    """Longest gradient of one weight array; longer ones are shortened to it; 0 leaves them."""
    exhaustive: bool = True
    """At the end, ask every question there is; of numbers with more than 3 digits, 100,000 never trained on."""

    def pairs_drawn(self) -> int:
        """How many pairs are generated."""
        return self.pairs or min(distinct_pairs(self.digits), 50_000)

    def digits_in(self, epoch: int) -> int:
        """Digits that most numbers of an epoch have at most, as the curriculum has it; epochs count from 0."""
        growing = self.curriculum * self.epochs
        if epoch >= growing or self.digits < 3:
            return self.digits
        return 2 + int((self.digits - 2) * epoch / growing)

    def check(self) -> None:
        """Refuse more pairs than there are, and splits with nothing in them."""
        if self.data != "sums":
            return
        if self.curriculum and not self.fresh:
            raise UserError("--curriculum draws other pairs in every epoch: it goes with --fresh")
        there_are = distinct_pairs(self.digits)
        if self.pairs > there_are:
            raise UserError(
                f"--pairs {self.pairs}: only {there_are:,} different pairs of numbers of up to {self.digits} digits "
                "exist; ask for fewer, or for 0 to take all"
            )
        check_sizes(self.pairs_drawn(), self.held_out, self.batch_size)


CLASSIC = AdditionSettings(
    pairs=50_000,
    fresh=False,
    swap=False,
    balance=0.0,
    epochs=100,
    batch_size=128,
    optimizer="adam",
    learning_rate=1e-3,
    schedule="constant",
    beta_2=0.999,
    clipnorm=0.0,
)
PRESETS = {
    "classic": CLASSIC,
    "tuned": AdditionSettings(),
    "demo": AdditionSettings(
        digits=2,
        fresh=False,
        reverse=False,
        epochs=100,
        batch_size=64,
        optimizer="adam",
        learning_rate=8e-3,
        balance=0.1,
        dropout=0.2,
    ),
    "tiny": AdditionSettings(digits=2, pairs=1_600, epochs=2, batch_size=64, exhaustive=False),
}
