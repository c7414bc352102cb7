"""What can be told to the transfer, and its presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval

from etudes.errors import UserError
from etudes.settings import Settings


@dataclass(frozen=True)
class TransferSettings(Settings):
    """What can be set; the network itself cannot."""

    data: str = "mnist"
    """A built-in set of pictures (mnist, fashion_mnist, digits, …), an image folder, an NPZ file or IDX files; or a
    finished run of this etude, whose first network and first classes are taken as they are."""
    to: str = ""
    """Another set to transfer to; empty for the other classes of the same data."""
    first_classes: Annotated[int, Ge(0)] = 0
    """How many classes are learned first; 0 for half of them, or with --to for all."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    """Share of the training pictures held back to watch the training with."""
    limit: Annotated[int, Ge(0)] = 0
    """Keep at most so many pictures of each part of a source: training, validation and test; 0 keeps all."""
    epochs: Annotated[int, Ge(1)] = 5
    """Passes over the pictures of the first classes."""
    transfer_epochs: Annotated[int, Ge(1)] = 5
    """Passes over the pictures of the second classes."""
    batch_size: Annotated[int, Ge(1)] = 128
    """Pictures a step."""
    optimizer: Literal["adadelta", "adamw"] = "adamw"
    """Adadelta at a constant rate, or AdamW with warm-up and linear decay to zero."""
    learning_rate: Annotated[float, Gt(0)] = 2e-3
    """Learning rate; for adamw its peak."""
    weight_decay: Annotated[float, Ge(0)] = 0.05
    """Decoupled weight decay of adamw."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=1)] = 0.05
    """Share of each target that is spread over all classes."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.25
    """Dropout at the end of the bottleneck."""
    dense_dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    """Dropout in the head."""
    translate: Annotated[int, Interval(ge=0, le=8)] = 1
    """Pictures are moved by up to so many pixels in each epoch; not those that are learned from cached features."""
    head: Literal["kept", "fresh"] = "kept"
    """Whether the head begins the second task with what it learned in the first, or with fresh weights."""
    freeze: bool = True
    """Freeze the bottleneck before the second task."""
    extra_convolutions: Annotated[int, Interval(ge=0, le=4)] = 0
    """Convolutions that are put on the frozen ones for the second task and learn with the head: for a distant task."""
    cached_features: bool = True
    """Run the frozen bottleneck once over the second task's pictures and train the head on what it gives."""

    def check(self) -> None:
        """Only what is frozen can be computed once."""
        if self.cached_features and not self.freeze:
            raise UserError("without --freeze the bottleneck changes, so add --no-cached-features")


CLASSIC = TransferSettings(
    optimizer="adadelta",
    learning_rate=1.0,
    weight_decay=0.0,
    label_smoothing=0.0,
    translate=0,
    cached_features=False,
)
PRESETS = {
    "classic": CLASSIC,
    "tuned": TransferSettings(),
    "demo": TransferSettings(data="digits", batch_size=32, validation_share=0.1),
    "tiny": TransferSettings(data="digits", limit=64, epochs=1, transfer_epochs=2, batch_size=32, validation_share=0.1),
}
