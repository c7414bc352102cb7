"""What can be set, and the presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval

from etudes.settings import Settings


@dataclass(frozen=True)
class AcganSettings(Settings):
    """What can be set; the discriminator cannot."""

    data: str = "mnist"
    """A built-in set of pictures (mnist, fashion_mnist, digits, …), an image folder, an NPZ file or IDX files."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.01
    """Share of the training pictures held back to watch the training with."""
    limit: Annotated[int, Ge(0)] = 0
    """Keep at most so many pictures of each part: training, validation and test; 0 keeps all."""
    epochs: Annotated[int, Ge(1)] = 20
    """After each, losses on held-back pictures are measured and a grid is drawn."""
    batch_size: Annotated[int, Ge(1)] = 100
    """Real pictures a step."""
    batches_per_epoch: Annotated[int, Ge(0)] = 0
    """Steps in an epoch; 0 takes every whole batch of the training pictures once."""
    learning_rate: Annotated[float, Gt(0)] = 2e-4
    """Learning rate of both Adam optimisers."""
    beta_1: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    """Their decay of the mean gradient; the usual 0.9 makes the game swing."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=0.5)] = 0.1
    """The discriminator's target for a real picture is 1 minus this; for a generated one it stays 0."""
    aux_on_generated: bool = False
    """Whether the discriminator also learns the class from generated pictures, even from bad ones."""
    generator: Literal["classic", "light"] = "classic"
    """classic: upsampling and 5x5 convolutions; light: transposed convolutions, a fortieth of the work."""
    convolution: Literal["split", "plain"] = "split"
    """How `classic` computes its 5x5 convolutions: split takes 2.8 times fewer multiplications to the same result."""
    ema: Annotated[float, Interval(ge=0, lt=1)] = 0.999
    """Decay of a moving average of the generator's weights, which then draws; 0 keeps none."""


CLASSIC = AcganSettings(epochs=50, label_smoothing=0.0, aux_on_generated=True, ema=0.0)
PRESETS = {
    "classic": CLASSIC,
    "tuned": AcganSettings(),
    "stable": AcganSettings(generator="light", epochs=15),
    "demo": AcganSettings(
        data="digits", generator="light", epochs=14, batch_size=32, learning_rate=1e-3, ema=0.98, validation_share=0.1
    ),
    "tiny": AcganSettings(
        data="digits", generator="light", limit=40, epochs=2, batch_size=8, batches_per_epoch=2, validation_share=0.1
    ),
}
