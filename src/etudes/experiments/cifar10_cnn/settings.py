"""What can be told to the network of colour pictures, and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Interval

from etudes.settings import Settings


@dataclass(frozen=True)
class CifarSettings(Settings):
    """What can be set; the network itself cannot."""

    data: str = "cifar10"
    """A built-in set of pictures (cifar10, shapes, …), an image folder, an NPZ file or IDX files."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.02
    """Share of the training pictures held back to watch the training with."""
    limit: Annotated[int, Ge(0)] = 0
    """Keep at most so many pictures of each part: training, validation and test; 0 keeps all."""
    epochs: Annotated[int, Ge(1)] = 50
    """Passes over the training pictures."""
    batch_size: Annotated[int, Ge(1)] = 128
    """Pictures a step."""
    optimizer: Literal["rmsprop", "adamw", "muon"] = "muon"
    """RMSprop with a slow 1/t decay, or, with warm-up and linear decay to zero, AdamW or for convolutions Muon."""
    learning_rate: Annotated[float, Gt(0)] = 3e-3
    """Learning rate; for adamw and muon its peak."""
    weight_decay: Annotated[float, Ge(0)] = 0.05
    """Decoupled weight decay of adamw and muon."""
    warmup_share: Annotated[float, Interval(ge=0, lt=1)] = 0.2
    """Share of all steps in which the rate rises to its peak."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=1)] = 0.1
    """Share of each target that is spread over all classes."""
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.15
    """Dropout after each pooling."""
    dense_dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.4
    """Dropout after the dense layer."""
    augmentation: Literal["classic", "alternating", "translate", "none"] = "alternating"
    """classic: any translate up to 10 %, random flips; translations: whole ones, mirrored border; alternating: flips as well."""
    translate: Annotated[int, Interval(ge=0, le=8)] = 3
    """Greatest translate, pixels, of the augmentations translations and alternating."""
    cutout: Annotated[int, Interval(ge=0, le=32)] = 0
    """Side of a square that is made grey at a random place of each picture, pixels; 0 for none."""
    centred: bool = True
    """Whether the network scales pictures to about -2..2, the mean near 0, instead of 0..1."""
    initializer: Literal["glorot_uniform", "he_normal"] = "glorot_uniform"
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
)
QUICK = CifarSettings(epochs=10, learning_rate=4e-3, dropout=0.1, dense_dropout=0.2)
"""For 5 to 10 epochs: what is seen only so often is not soon known by heart, so less need be hidden."""
PRESETS = {
    "classic": CLASSIC,
    "tuned": CifarSettings(),
    "quick": QUICK,
    "demo": replace(QUICK, data="shapes", epochs=6, validation_share=0.1),
    "tiny": CifarSettings(data="shapes", limit=64, epochs=2, batch_size=32, validation_share=0.1),
}
