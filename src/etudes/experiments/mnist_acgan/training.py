"""One step of the game, its losses on held-back pictures, and the moving average of the generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from etudes.contract import Array, ImageData, Images, Networks, Table
from etudes.experiments.mnist_acgan.model import LATENT, combine, frozen
from etudes.training.backend import keras, outputs_of
from etudes.training.rng import permutation

if TYPE_CHECKING:
    from etudes.experiments.mnist_acgan.settings import AcganSettings

LOSSES = ("d_loss", "d_fake", "d_aux", "g_loss", "g_fake", "g_aux")
"""d: the discriminator on a mix of real and generated pictures; g: how far the generator is from fooling it."""


def draw_z(random: np.random.Generator, count: int) -> Array:
    """z, float32 (count, 100), uniform on (-1, 1)."""
    return random.uniform(-1, 1, (count, LATENT)).astype(np.float32)


def draw_labels(random: np.random.Generator, count: int, classes: int) -> Array:
    """Labels, int32 (count, 1), each class as probable as the others."""
    return random.integers(0, classes, (count, 1)).astype(np.int32)


def real_batch(data: ImageData, settings: AcganSettings, number: int) -> tuple[Array, Array]:
    """The pictures and labels of a step, counted over the whole training; each picture once before any again."""
    turn, place = divmod(number, len(data.train) // settings.batch_size)
    start = place * settings.batch_size
    chosen = permutation(settings.seed, turn, len(data.train))[start : start + settings.batch_size]
    return data.train.pictures[chosen], data.train.labels[chosen]


def paint(generator: Any, z: Array, labels: Array) -> Array:
    """What the generator draws: float32 (n, height, width, channels) in 0..255."""
    return np.asarray(outputs_of(generator, [z, labels], 100), dtype=np.float32)


@dataclass(frozen=True)
class Game:
    """Discriminator and generator with their optimisers; `combined` shares their weights."""

    discriminator: Any
    generator: Any
    combined: Any
    average: Any | None
    """The moving average of the generator, or None."""
    settings: AcganSettings

    @property
    def optimizers(self) -> dict[str, Any]:
        """What a checkpoint must keep beside the networks."""
        return {"discriminator": self.discriminator.optimizer, "generator": self.combined.optimizer}

    def step(self, pictures: Array, labels: Array, random: np.random.Generator) -> dict[str, float]:
        """Steps (4) to (8) of the process: train the discriminator once, then the generator once.

        Args:
            pictures: a real batch, uint8 (n, height, width, channels).
            labels: its classes, int64 (n,).
            random: draws every z and label of this step.

        Returns:
            The six `LOSSES`, as they were before the step.
        """
        count, classes = len(labels), self.discriminator.outputs[1].shape[-1]
        z, drawn = draw_z(random, count), draw_labels(random, count, classes)
        generated = np.asarray(self.generator.predict_on_batch([z, drawn]), dtype=np.float32)
        mixed, fake, aux = mix(pictures, labels, generated, drawn)
        fake[:count] -= self.settings.label_smoothing  # one-sided: the target of generated pictures stays 0
        weights = None if self.settings.aux_on_generated else [np.ones(2 * count, np.float32), only_real(count)]
        d_losses = self.discriminator.train_on_batch(mixed, [fake, aux], sample_weight=weights)

        z, drawn = draw_z(random, 2 * count), draw_labels(random, 2 * count, classes)
        with frozen(self.discriminator):
            g_losses = self.combined.train_on_batch([z, drawn], [np.ones((2 * count, 1), np.float32), drawn])
        if self.average is not None:
            self.follow()
        return dict(zip(LOSSES, [*map(float, d_losses), *map(float, g_losses)], strict=True))

    def follow(self) -> None:
        """Move the average towards the generator; at the beginning faster, so that it does not keep noise for long."""
        assert self.average is not None
        steps = int(self.combined.optimizer.iterations)
        decay = min(self.settings.ema, (1 + steps) / (10 + steps))
        for slow, fast in zip(self.average.weights, self.generator.weights, strict=True):
            slow.assign(slow + (1 - decay) * (fast - slow))


def mix(pictures: Array, labels: Array, generated: Array, drawn: Array) -> tuple[Array, Array, Array]:
    """Real pictures, then generated ones: the pictures, the targets of *fake* (real is 1) and those of *aux*."""
    fake = np.concatenate([np.ones((len(pictures), 1), np.float32), np.zeros((len(generated), 1), np.float32)])
    aux = np.concatenate([labels.reshape(-1, 1).astype(np.int32), drawn])
    return np.concatenate([pictures.astype(np.float32), generated]), fake, aux


def only_real(count: int) -> Array:
    """Weights that leave generated pictures out of a mean over a mix of twice `count`; the real ones count double."""
    return np.repeat(np.array([2, 0], np.float32), count)


def make_game(networks: Networks, settings: AcganSettings) -> Game:
    """Compile the discriminator and the combined model, each with an Adam of its own."""
    discriminator, generator = networks["discriminator"], networks["generator"]
    combined = combine(generator, discriminator)
    for network, learning in ((discriminator, discriminator), (combined, generator)):
        optimizer = keras.optimizers.Adam(settings.learning_rate, beta_1=settings.beta_1)
        optimizer.build(learning.trainable_variables)
        network.compile(optimizer, loss=["binary_crossentropy", "sparse_categorical_crossentropy"])
    return Game(discriminator, generator, combined, networks.get("generator_ema"), settings)


def measure(discriminator: Any, real: Images, generated: Array, drawn: Array) -> dict[str, float]:
    """The six `LOSSES` of networks at rest, on real pictures mixed with generated ones.

    Targets are hard (1 and 0), and both halves count in *aux*, whatever the training does.

    Args:
        discriminator: judges the mix.
        real: real pictures.
        generated: float32 (m, height, width, channels) in 0..255.
        drawn: the labels that they were asked for, int32 (m, 1).
    """
    mixed, fake, aux = mix(real.pictures, real.labels, generated, drawn)
    probability, said = look(discriminator, mixed)
    count = len(real)
    d_fake, d_aux = binary(fake, probability), categorical(aux, said)
    g_fake, g_aux = binary(np.ones_like(fake[count:]), probability[count:]), categorical(drawn, said[count:])
    return dict(zip(LOSSES, (d_fake + d_aux, d_fake, d_aux, g_fake + g_aux, g_fake, g_aux), strict=True))


def look(discriminator: Any, pictures: Array) -> tuple[Array, Array]:
    """What the discriminator says of pictures of 0..255: *fake* (n, 1) and *aux* (n, classes), float64."""
    fake, aux = discriminator.predict(pictures.astype(np.float32), batch_size=500, verbose=0)
    return np.asarray(fake, dtype=np.float64), np.asarray(aux, dtype=np.float64)


def binary(truth: Array, probability: Array) -> float:
    """Mean binary cross-entropy of probabilities (n, 1) against 0 and 1."""
    p = np.clip(probability, 1e-7, 1 - 1e-7)
    return float(-np.mean(truth * np.log(p) + (1 - truth) * np.log(1 - p)))


def categorical(labels: Array, probabilities: Array) -> float:
    """Mean cross-entropy of probabilities (n, classes) against labels (n, 1)."""
    chosen = np.take_along_axis(probabilities, labels.astype(np.int64), axis=1)
    return float(-np.log(np.clip(chosen, 1e-7, 1)).mean())


def losses_table(title: str, training: dict[str, float], held: dict[str, float]) -> Table:
    """Both networks on both outputs: means over an epoch's steps, and on held-back pictures."""
    rows = []
    for network, letter in (("discriminator", "d"), ("generator", "g")):
        for where, metrics in (("training", training), ("held back", held)):
            parts = (round(metrics[f"{letter}_{part}"], 4) for part in ("loss", "fake", "aux"))
            rows.append((network, where, *parts))
    return Table(title, ("network", "on", "loss", "fake", "aux"), rows)


def generator_of(networks: Networks) -> Any:
    """The generator to draw with: its moving average if there is one."""
    return networks["generator_ema" if "generator_ema" in networks else "generator"]
