"""What can be told to the antirectifier and its baselines, and the presets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval

from etudes.errors import UserError, unknown
from etudes.settings import Settings

BASELINES = {"relu-256": ("relu", 256), "relu-512": ("relu", 512), "crelu-256": ("crelu", 256)}
"""The networks that may be trained beside the antirectifier: name → activation and units of each dense layer."""


@dataclass(frozen=True)
class AntirectifierSettings(Settings):
    """What can be set; the networks themselves cannot."""

    data: str = "mnist"
    """A built-in set of pictures (mnist, fashion_mnist, digits, …), an image folder, an NPZ file or IDX files."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    """Share of the training pictures held back to watch the training with."""
    limit: Annotated[int, Ge(0)] = 0
    """Keep at most so many pictures of each part: training, validation and test; 0 keeps all."""
    baselines: tuple[str, ...] = ("relu-256",)
    """Networks trained beside the antirectifier on the same batches: relu-256, relu-512, crelu-256."""
    epochs: Annotated[int, Ge(1)] = 40
    """Passes over the training pictures, for each network."""
    batch_size: Annotated[int, Ge(1)] = 128
    """Pictures a step."""
    optimizer: Literal["rmsprop", "adamw"] = "adamw"
    """RMSprop at a constant rate, or AdamW with warm-up and linear decay to zero."""
    learning_rate: Annotated[float, Gt(0)] = 1e-2
    """Learning rate; for adamw its peak."""
    weight_decay: Annotated[float, Ge(0)] = 0.05
    """Decoupled weight decay of adamw."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=1)] = 0.05
    """Share of each target that is spread over all classes."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """Dropout after each activation."""
    translate: Annotated[int, Interval(ge=0, le=8)] = 2
    """Pictures are moved by up to so many pixels in each direction, anew in each epoch."""
    shear: Annotated[float, Interval(ge=0, le=0.5)] = 0.15
    """Pictures are sheared by up to so many pixels a pixel along rows and columns, anew in each epoch."""

    def check(self) -> None:
        """Every baseline is known, and none is named twice."""
        for baseline in self.baselines:
            if baseline not in BASELINES:
                raise unknown("value of --baselines", baseline, BASELINES)
        if len(set(self.baselines)) < len(self.baselines):
            raise UserError(f"--baselines {' '.join(self.baselines)}: name each network once")


CLASSIC = AntirectifierSettings(
    optimizer="rmsprop", learning_rate=1e-3, weight_decay=0.0, label_smoothing=0.0, dropout=0.1, translate=0, shear=0.0
)
PRESETS = {
    "classic": CLASSIC,
    "tuned": AntirectifierSettings(),
    "demo": AntirectifierSettings(
        data="digits",
        epochs=8,
        batch_size=32,
        validation_share=0.1,
        learning_rate=4e-3,
        dropout=0.2,
        shear=0.0,
    ),
    "tiny": AntirectifierSettings(data="digits", limit=96, epochs=2, batch_size=32, validation_share=0.1),
}
