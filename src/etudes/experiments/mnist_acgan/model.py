"""The two networks and their combination. Outside, pictures are 0..255; inside, they are -1..1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from etudes.contract import ImageData, ImageInfo, Images, IOSpec, TensorSpec
from etudes.errors import UserError
from etudes.training.backend import keras

if TYPE_CHECKING:
    from etudes.experiments.mnist_acgan.settings import AcganSettings

LATENT = 100
"""Length of z."""

MANY = 100_000_000
"""Parameters from which on a training needs some 2 GB or more for weights, gradients and Adam's moments alone."""


def trimmed(info: ImageInfo) -> ImageInfo:
    """The same without the last rows and columns that two doublings cannot draw: sides become multiples of 4."""
    return replace(info, height=info.height // 4 * 4 or info.height, width=info.width // 4 * 4 or info.width)


def trimmed_data(data: ImageData) -> ImageData:
    """The middle of all pictures, of the size that `trimmed` gives: photographs of 3:2 come as 64×43."""
    info = trimmed(data.info)
    if info == data.info:
        return data
    top, left = (data.info.height - info.height) // 2, (data.info.width - info.width) // 2

    def middle(images: Images) -> Images:
        cut = images.pictures[:, top : top + info.height, left : left + info.width]
        return Images(np.ascontiguousarray(cut), images.labels)

    return ImageData(info, middle(data.train), middle(data.validation), middle(data.test))


def check_size(info: ImageInfo) -> None:
    """Raise `UserError` where the pictures cannot be drawn by two doublings."""
    if info.height % 4 or info.width % 4 or min(info.height, info.width) < 8:
        raise UserError(f"pictures of {info.height}x{info.width} are too small to be drawn: 8x8 at least; resize them")


def count_parameters(info: ImageInfo, kind: str) -> tuple[int, int]:
    """How many parameters the discriminator and the generator would have, known without building them."""

    def convolution(side: int, channels: int, filters: int) -> int:
        return (side * side * channels + 1) * filters

    places, classes = (info.height // 4) * (info.width // 4), len(info.class_names)
    looks = ((3, info.channels, 32), (3, 32, 64), (3, 64, 128), (3, 128, 256))
    discriminator = sum(convolution(*shape) for shape in looks) + (256 * places + 1) * (1 + classes)
    if kind == "classic":
        dense, shapes = (
            (LATENT + 1) * 1024 + 1025 * 128 * places,
            ((5, 128, 256), (5, 256, 128), (2, 128, info.channels)),
        )
    else:
        dense, shapes = (LATENT + 1) * 128 * places, ((4, 128, 64), (4, 64, 32), (3, 32, info.channels))
    return discriminator, classes * LATENT + dense + sum(convolution(*shape) for shape in shapes)


def say_if_large(info: ImageInfo, kind: str, *, ema: bool) -> None:
    """A line on standard error where the networks, a generator's moving average with them, may not fit into memory."""
    discriminator, generator = count_parameters(info, kind)
    total = discriminator + generator * (2 if ema else 1)
    if total > MANY:
        what = f"for pictures of {info.width}x{info.height} the networks have {total:,} parameters"
        less = " or --generator light" if kind == "classic" else ""
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"{what}: they may not fit into memory; smaller pictures{less} would need less"
        )


def make_discriminator(info: ImageInfo) -> Any:
    """Pictures (n, height, width, channels) of 0..255 in, [fake (n, 1), aux (n, classes)] out.

    Four convolutions, each followed by LeakyReLU and Dropout; 525,835 parameters for MNIST. Despite its name, *fake*
    is the probability that a picture is **real**; *aux* are the probabilities of the classes.
    """
    layers = keras.layers
    pictures = keras.Input(info.shape, name="picture")
    x = layers.Rescaling(1 / 127.5, -1.0, dtype="float32")(pictures)
    for filters, strides in ((32, 2), (64, 1), (128, 2), (256, 1)):
        x = layers.Conv2D(filters, 3, strides=strides, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.3)(x)
        x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)
    fake = layers.Activation("sigmoid", dtype="float32", name="fake")(layers.Dense(1)(x))
    aux = layers.Activation("softmax", dtype="float32", name="aux")(layers.Dense(len(info.class_names))(x))
    return keras.Model(pictures, [fake, aux], name="discriminator")


def make_generator(info: ImageInfo, kind: str, convolution: str = "split", name: str = "generator") -> Any:
    """Latent z (n, 100) in -1..1 and labels (n, 1) in, pictures (n, height, width, channels) of 0..255 out.

    The label chooses a vector that z is multiplied with, element by element: each class has a space of its own.

    Args:
        info: size and channels of the pictures, and the classes.
        kind: "classic" has 8,172,521 parameters for MNIST; "light" does 1/40 of its work.
        convolution: how "classic" computes its 5×5 convolutions, "plain" or "split"; the function is the same.
        name: of the network.
    """
    layers = keras.layers
    z = keras.Input((LATENT,), name="z")
    label = keras.Input((1,), dtype="int32", name="label")
    chosen = layers.Embedding(len(info.class_names), LATENT, embeddings_initializer="glorot_normal")(label)
    x = layers.Multiply()([z, layers.Flatten()(chosen)])
    x = _draw_classic(x, info, convolution) if kind == "classic" else _draw_light(x, info)
    x = layers.Activation("tanh", dtype="float32")(x)
    pictures = layers.Rescaling(127.5, 127.5, dtype="float32")(x)
    return keras.Model([z, label], pictures, name=name)


def _draw_classic(x: Any, info: ImageInfo, convolution: str) -> Any:
    """Two dense layers, then twice: double the size, 5×5 convolution. The initialisers are those of 2017."""
    from etudes.experiments.mnist_acgan.layer import UpsampledConv2D

    layers, rows, columns = keras.layers, info.height // 4, info.width // 4
    x = layers.Dense(1024, activation="relu")(x)
    x = layers.Dense(128 * rows * columns, activation="relu")(x)
    x = layers.Reshape((rows, columns, 128))(x)
    for filters in (256, 128):
        if convolution == "split":
            x = UpsampledConv2D(filters, 5, activation="relu", kernel_initializer="glorot_normal")(x)
        else:
            x = layers.UpSampling2D(2, interpolation="nearest")(x)
            x = layers.Conv2D(filters, 5, padding="same", activation="relu", kernel_initializer="glorot_normal")(x)
    return layers.Conv2D(info.channels, 2, padding="same", kernel_initializer="glorot_normal")(x)


def _draw_light(x: Any, info: ImageInfo) -> Any:
    """One dense layer, then twice a transposed convolution, which doubles the size."""
    layers, rows, columns = keras.layers, info.height // 4, info.width // 4
    x = layers.Dense(128 * rows * columns, activation="relu")(x)
    x = layers.Reshape((rows, columns, 128))(x)
    for filters in (64, 32):
        x = layers.Conv2DTranspose(filters, 4, strides=2, padding="same", activation="relu")(x)
    return layers.Conv2D(info.channels, 3, padding="same")(x)


def combine(generator: Any, discriminator: Any) -> Any:
    """Generator → discriminator: [z, labels] in, [fake, aux] of the drawn pictures out."""
    z, label = (keras.Input(given.shape[1:], dtype=given.dtype) for given in generator.inputs)
    fake, aux = discriminator(generator([z, label]))
    # Keras names losses after the layer that an output comes from; without these two, both would bear one name.
    outputs = [keras.layers.Identity(name="fake")(fake), keras.layers.Identity(name="aux")(aux)]
    return keras.Model([z, label], outputs, name="combined")


@contextmanager
def frozen(network: Any) -> Iterator[None]:
    """Within it, no weight of the network is trained.

    Keras looks at `trainable` when it traces a step (TensorFlow) or takes one (JAX, torch), not in `compile`. So it is
    set around each step of the combined model.
    """
    network.trainable = False
    try:
        yield
    finally:
        network.trainable = True


def io_spec(info: ImageInfo, settings: AcganSettings) -> dict[str, IOSpec]:
    """Inputs and outputs of each network; a moving average of the generator replaces it outside of training."""
    picture = TensorSpec("a picture (height, width, channels) of values 0 to 255", 0, 255)
    z = TensorSpec(f"z, {LATENT} numbers between -1 and 1, all equally probable", -1, 1)
    label = TensorSpec("the number of a class", 0, len(info.class_names) - 1)
    real = TensorSpec("the probability that it is real", 0, 1)
    classes = TensorSpec("a probability for each class", 0, 1)
    drawing = IOSpec((z, label), (picture,), training_only=bool(settings.ema))
    specs = {"discriminator": IOSpec((picture,), (real, classes)), "generator": drawing}
    return specs | ({"generator_ema": replace(drawing, training_only=False)} if settings.ema else {})
