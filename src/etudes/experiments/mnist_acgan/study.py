"""Draw the digit you ask for: an auxiliary-classifier GAN (Odena, Olah and Shlens, ICML 2017).

Two networks play a game against each other:

    generator      z (n, 100) in -1..1 and labels (n, 1)  →  pictures (n, 28, 28, 1) of 0..255
    discriminator  pictures (n, 28, 28, 1) of 0..255      →  fake (n, 1) and aux (n, 10)

*fake* is, despite its name, the probability that a picture is **real**; *aux* holds a probability for each digit. For a
real 7 the discriminator is trained towards fake = 1 and aux = 7; for a picture generated with the label 3, towards
fake = 0 and aux = 3. The generator never gets a real picture: the discriminator is frozen, and the generator is trained
through it, so that its picture for the label 3 gives fake = 1 and aux = 3.

`classic` follows the description of 2017. `tuned` trains the same networks with three changes that keep the game
stable: one-sided label smoothing, *aux* on real pictures only, and a moving average (EMA) of the generator's weights,
which generates the pictures. `stable` and `demo` do the same with a light generator.

The game has nine steps: search this page for "Step 1" to "Step 9".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Interval

from etudes.contract import Array, ImageData, ImageInfo, Images, Networks
from etudes.data import describe_images, load_images
from etudes.data.splits import select
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.collapse_detector import CollapseDetector
from etudes.experiments.mnist_acgan.cropping import check_size, crop, cropped_info
from etudes.experiments.mnist_acgan.light_generator import light_generator
from etudes.experiments.mnist_acgan.losses import LOSSES, evaluate_losses, losses_table
from etudes.experiments.mnist_acgan.network_size import warn_if_large
from etudes.experiments.mnist_acgan.pictures import (
    best_generator,
    class_grid,
    generate,
    generate_classes,
    save_training_film,
)
from etudes.schema import Settings
from etudes.training.backend import keras
from etudes.training.rng import permutation, rng
from etudes.training.session import Session

LATENT = 100
"""Length of z."""


@dataclass(frozen=True)
class AcganSettings(Settings):
    """The settings; the discriminator has none."""

    data: str = "mnist"
    """A built-in set of pictures (mnist, fashion_mnist, digits, …), an image folder, an NPZ file or IDX files."""
    validation_share: Annotated[float, Interval(ge=0, lt=1)] = 0.01
    """Share of the training pictures held back to evaluate on after each epoch."""
    limit: Annotated[int, Ge(0)] = 0
    """Keep at most this many pictures of each part: training, validation and test; 0 keeps all."""
    epochs: Annotated[int, Ge(1)] = 20
    """After each, the losses on held-back pictures are computed and a grid of pictures is saved."""
    batch_size: Annotated[int, Ge(1)] = 100
    """Real pictures in a step."""
    batches_per_epoch: Annotated[int, Ge(0)] = 0
    """Steps in an epoch; 0 takes every whole batch of the training pictures once."""
    learning_rate: Annotated[float, Gt(0)] = 2e-4
    """Learning rate of both Adam optimisers."""
    beta_1: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    """Their decay of the mean gradient; with the usual 0.9 the game oscillates."""
    label_smoothing: Annotated[float, Interval(ge=0, lt=0.5)] = 0.1
    """The target of *fake* for a real picture is 1 minus this; for a generated one it stays 0."""
    aux_on_generated: bool = False
    """Whether the discriminator is trained to classify generated pictures too, even bad ones."""
    generator: Literal["classic", "light"] = "classic"
    """classic: upsampling and 5x5 convolutions; light: transposed convolutions, a fortieth of the work."""
    convolution: Literal["split", "plain"] = "split"
    """How `classic` computes its 5x5 convolutions: split takes 2.8 times fewer multiplications to the same result."""
    ema: Annotated[float, Interval(ge=0, lt=1)] = 0.999
    """Decay of a moving average of the generator's weights, which then generates the pictures; 0: no average."""


PRESETS = {
    "classic": AcganSettings(epochs=50, label_smoothing=0.0, aux_on_generated=True, ema=0.0),
    "tuned": AcganSettings(),
    "stable": AcganSettings(generator="light", epochs=15),
    "demo": AcganSettings(
        data="digits", generator="light", epochs=14, batch_size=32, learning_rate=1e-3, ema=0.98, validation_share=0.1
    ),
    "tiny": AcganSettings(
        data="digits", generator="light", limit=40, epochs=2, batch_size=8, batches_per_epoch=2, validation_share=0.1
    ),
}


# --- data -------------------------------------------------------------------------------------------------------------


def describe_data(settings: AcganSettings) -> ImageInfo:
    """Size, channels and class names of the pictures; height and width are multiples of 4."""
    return cropped_info(describe_images(settings.data))


def load_data(settings: AcganSettings) -> ImageData:
    """Training, validation and test pictures: uint8 (n, height, width, channels), labels int64 (n,)."""
    check_size(describe_data(settings))
    share, limit = settings.validation_share, settings.limit
    data = crop(load_images(settings.data, seed=settings.seed, validation_share=share, limit=limit))
    if len(data.train) < settings.batch_size:
        raise UserError(
            f"--batch-size {settings.batch_size}: there are only {len(data.train)} training pictures; use a smaller one"
        )
    return data


def real_batch(train: Images, settings: AcganSettings, step: int) -> Images:
    """The real pictures of a step, counted over the whole run; each is taken once before any is taken again."""
    n = settings.batch_size
    turn, batch = divmod(step, len(train) // n)
    return select(train, permutation(settings.seed, turn, len(train))[batch * n : (batch + 1) * n])


def draw_z(rng: np.random.Generator, count: int) -> Array:
    """z, float32 (count, 100), uniform on (-1, 1)."""
    return rng.uniform(-1, 1, (count, LATENT)).astype(np.float32)


def draw_labels(rng: np.random.Generator, count: int, classes: int) -> Array:
    """Labels, int32 (count, 1), all classes equally probable."""
    return rng.integers(0, classes, (count, 1)).astype(np.int32)


def fixed_z(settings: AcganSettings) -> Array:
    """The z of every grid of a run, float32 (10, 100), so that the grids of its epochs can be compared."""
    return draw_z(rng(settings.seed, "shown noise"), 10)


# --- network ----------------------------------------------------------------------------------------------------------


def make_discriminator(info: ImageInfo) -> Any:
    """Pictures of 0..255 → [fake (n, 1), aux (n, classes)]; 525,835 parameters for MNIST."""
    layers = keras.layers
    picture = keras.Input(info.shape, name="picture")  # (28, 28, 1)
    x = layers.Rescaling(1 / 127.5, -1.0, dtype="float32")(picture)
    for filters, strides in ((32, 2), (64, 1), (128, 2), (256, 1)):  # (14, 14, 32) (14, 14, 64) (7, 7, 128) (7, 7, 256)
        x = layers.Conv2D(filters, 3, strides=strides, padding="same")(x)
        x = layers.LeakyReLU(negative_slope=0.3)(x)
        x = layers.Dropout(0.3)(x)
    x = layers.Flatten()(x)  # (12544,)
    fake = layers.Activation("sigmoid", dtype="float32", name="fake")(layers.Dense(1)(x))  # (1,): 1 is real
    aux = layers.Activation("softmax", dtype="float32", name="aux")(layers.Dense(len(info.class_names))(x))  # (10,)
    return keras.Model(picture, [fake, aux], name="discriminator")


def make_generator(info: ImageInfo, kind: str, convolution: str = "split", name: str = "generator") -> Any:
    """Latent z (n, 100) and labels (n, 1) → pictures of 0..255; "classic" has 8,172,521 parameters for MNIST.

    Each label has a vector of its own, which is multiplied with z element by element.
    """
    layers, classes = keras.layers, len(info.class_names)
    z = keras.Input((LATENT,), name="z")  # (100,)
    label = keras.Input((1,), dtype="int32", name="label")  # (1,)
    vector = layers.Embedding(classes, LATENT, embeddings_initializer="glorot_normal")(label)  # (1, 100)
    x = layers.Multiply()([z, layers.Flatten()(vector)])  # (100,)
    x = classic_generator(x, info, convolution) if kind == "classic" else light_generator(x, info)  # (28, 28, 1)
    x = layers.Activation("tanh", dtype="float32")(x)
    pictures = layers.Rescaling(127.5, 127.5, dtype="float32")(x)
    return keras.Model([z, label], pictures, name=name)


def classic_generator(x: Any, info: ImageInfo, convolution: str) -> Any:
    """Two dense layers, then twice: double the size and convolve. The initialisers are those of 2017."""
    from etudes.experiments.mnist_acgan.phase_split_convolution import UpsampledConv2D

    layers, rows, columns = keras.layers, info.height // 4, info.width // 4
    x = layers.Dense(1024, activation="relu")(x)  # (1024,)
    x = layers.Dense(128 * rows * columns, activation="relu")(x)  # (6272,)
    x = layers.Reshape((rows, columns, 128))(x)  # (7, 7, 128)
    for filters in (256, 128):  # (14, 14, 256), then (28, 28, 128)
        options = {"activation": "relu", "kernel_initializer": "glorot_normal"}
        if convolution == "plain":
            x = layers.UpSampling2D(2, interpolation="nearest")(x)
            x = layers.Conv2D(filters, 5, padding="same", **options)(x)
        else:  # the same function of the same weights
            x = UpsampledConv2D(filters, 5, **options)(x)
    return layers.Conv2D(info.channels, 2, padding="same", kernel_initializer="glorot_normal")(x)  # (28, 28, 1)


def make_networks(settings: AcganSettings, info: ImageInfo) -> Networks:
    """Discriminator, generator and, where `ema` is not 0, a copy of the generator for the moving average."""
    check_size(info)
    warn_if_large(info, settings.generator, LATENT, ema=bool(settings.ema))
    kind = settings.generator, settings.convolution
    networks = {"discriminator": make_discriminator(info), "generator": make_generator(info, *kind)}
    if settings.ema:
        networks["generator_ema"] = make_generator(info, *kind, name="generator_ema")
        networks["generator_ema"].set_weights(networks["generator"].get_weights())
    return networks


# --- training ---------------------------------------------------------------------------------------------------------


def compile_game(networks: Networks, settings: AcganSettings) -> Any:
    """Compile the discriminator and the combined model, each with its own Adam; returns the combined model."""
    discriminator, generator = networks["discriminator"], networks["generator"]
    # Step 1: the losses of *fake* and *aux*, which are added.
    losses = ["binary_crossentropy", "sparse_categorical_crossentropy"]
    # Step 2: the generator takes z and a label.
    z, label = (keras.Input(given.shape[1:], dtype=given.dtype) for given in generator.inputs)
    # Step 3: the combined model, generator → discriminator, returns both outputs. Only the generator is trained in it.
    fake, aux = discriminator(generator([z, label]))
    # Keras names a loss after the layer of its output; without these two layers both would have the same name.
    outputs = [keras.layers.Identity(name="fake")(fake), keras.layers.Identity(name="aux")(aux)]
    combined = keras.Model([z, label], outputs, name="combined")
    # `build` gives each optimiser only the variables that it may change.
    for network, trained in ((discriminator, discriminator), (combined, generator)):
        optimizer = keras.optimizers.Adam(settings.learning_rate, beta_1=settings.beta_1)
        optimizer.build(trained.trainable_variables)
        network.compile(optimizer, loss=losses)
    return combined


def mix(real: Images, generated: Array, labels: Array) -> tuple[Array, Array, Array]:
    """Real pictures, then generated ones: float32 pictures, and the targets of *fake* (n, 1) and *aux* (n, 1)."""
    pictures = np.concatenate([real.pictures.astype(np.float32), generated])
    # Step 5: *fake* is 1 for a real picture and 0 for a generated one.
    fake = np.concatenate([np.ones((len(real), 1), np.float32), np.zeros((len(generated), 1), np.float32)])
    # Step 6: *aux* is the label of a real picture, and for a generated one the label that was drawn.
    aux = np.concatenate([real.labels.reshape(-1, 1).astype(np.int32), labels])
    return pictures, fake, aux


def train(networks: Networks, data: ImageData, settings: AcganSettings, session: Session) -> None:
    """Play the game: for each real batch train the discriminator once, then the generator once."""
    combined = compile_game(networks, settings)  # steps 1 to 3
    discriminator, generator = networks["discriminator"], networks["generator"]
    optimizers = {"discriminator": discriminator.optimizer, "generator": combined.optimizer}
    n, classes = settings.batch_size, len(data.info.class_names)
    steps = settings.batches_per_epoch or len(data.train) // n
    detector = CollapseDetector(data, settings)  # for step 9; the GAN never uses it
    for epoch in session.epochs("train", settings.epochs, optimizers):
        for step in session.steps(steps, steps * n):
            noise = rng(settings.seed, "game", epoch, step)
            # Step 4: for each real batch draw z and labels, generate pictures, and mix them with the real ones.
            real = real_batch(data.train, settings, epoch * steps + step)
            z, labels = draw_z(noise, n), draw_labels(noise, n, classes)
            generated = np.asarray(generator.predict_on_batch([z, labels]), dtype=np.float32)
            pictures, fake, aux = mix(real, generated, labels)  # with the targets of steps 5 and 6
            fake[:n] -= settings.label_smoothing  # one-sided: the target of generated pictures stays 0
            # Step 7: train the discriminator on both outputs.
            real_only = np.repeat(np.array([2, 0], np.float32), n)  # real ones count double: the mean is over 2n
            weights = None if settings.aux_on_generated else [np.ones(2 * n, np.float32), real_only]
            d_losses = discriminator.train_on_batch(pictures, [fake, aux], sample_weight=weights)
            # Step 8: draw twice as many z and labels, and train the combined model towards "real" and those labels,
            # with the discriminator frozen: only the generator changes.
            z, labels = draw_z(noise, 2 * n), draw_labels(noise, 2 * n, classes)
            discriminator.trainable = False  # no gradients for it; Keras reads this in the step, not in `compile`
            g_losses = combined.train_on_batch([z, labels], [np.ones((2 * n, 1), np.float32), labels])
            discriminator.trainable = True
            if settings.ema:
                update_average(networks["generator_ema"], generator, settings.ema, int(combined.optimizer.iterations))
            session.log(dict(zip(LOSSES, map(float, [*d_losses, *g_losses]), strict=True)), n)
        # Step 9: after each epoch evaluate both networks, print the losses in a table, save the grid of pictures.
        session.end_epoch(after_epoch(networks, data, settings, session, detector, epoch), steps * n)
    save_training_film(session)


def update_average(average: Any, generator: Any, ema: float, steps: int) -> None:
    """EMA: average ← decay · average + (1 - decay) · generator; the decay is lower in the first steps."""
    decay = min(ema, (1 + steps) / (10 + steps))
    for slow, fast in zip(average.weights, generator.weights, strict=True):
        slow.assign(slow + (1 - decay) * (fast - slow))


def after_epoch(
    networks: Networks, data: ImageData, settings: AcganSettings, session: Session, detector: Any, epoch: int
) -> dict[str, float]:
    """Step 9: evaluate both networks on held-back pictures mixed with generated ones, and save the grid of pictures."""
    generator, names, title = best_generator(networks), data.info.class_names, f"after epoch {epoch + 1}"
    grid, metrics = generate_classes(generator, fixed_z(settings), len(names)), session.means()
    session.save_picture(f"epoch-{epoch + 1:03d}", lambda: class_grid(grid, names, title))
    if n := len(data.validation):
        noise = rng(settings.seed, "validation noise", epoch)
        z, labels = draw_z(noise, n), draw_labels(noise, n, len(names))
        mixed = mix(data.validation, generate(generator, z, labels), labels)
        losses = evaluate_losses(networks["discriminator"], *mixed)
        session.message(losses_table(f"losses {title}", metrics, losses))
        metrics |= {f"validation_{name}": value for name, value in losses.items()}
    health = detector.examine(grid)
    for line in detector.news(health):
        session.message(line)
    return {**health.metrics, **metrics}
