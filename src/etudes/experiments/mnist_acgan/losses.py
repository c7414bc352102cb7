"""The losses of both networks on held-back pictures mixed with generated ones, and the table that shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.console import Console, ConsoleOptions, RenderResult

from etudes.contract import Array, Table
from etudes.views.terminal import FittingTable, drawn_table

LOSSES = ("d_loss", "d_fake", "d_aux", "g_loss", "g_fake", "g_aux")
"""d: the discriminator on a mix of real and generated pictures; g: the generator through the discriminator."""


def evaluate_losses(discriminator: Any, pictures: Array, fake: Array, aux: Array) -> dict[str, float]:
    """The six `LOSSES`, without Dropout. Targets are hard, and *aux* counts for both halves, whatever the settings.

    Args:
        discriminator: the network.
        pictures: a mix, float32 (n, height, width, channels) of 0..255.
        fake: float32 (n, 1), 1 for each real picture and 0 for each generated one.
        aux: int (n, 1), the labels.
    """
    probability, probabilities = predict(discriminator, pictures)
    generated = fake[:, 0] == 0
    d_fake, d_aux = binary_crossentropy(fake, probability), categorical_crossentropy(aux, probabilities)
    g_fake = binary_crossentropy(np.ones_like(fake[generated]), probability[generated])
    g_aux = categorical_crossentropy(aux[generated], probabilities[generated])
    return dict(zip(LOSSES, (d_fake + d_aux, d_fake, d_aux, g_fake + g_aux, g_fake, g_aux), strict=True))


def predict(discriminator: Any, pictures: Array) -> tuple[Array, Array]:
    """*fake* (n, 1) and *aux* (n, classes), float64, for pictures of 0..255."""
    fake, aux = discriminator.predict(pictures.astype(np.float32), batch_size=500, verbose=0)
    return np.asarray(fake, dtype=np.float64), np.asarray(aux, dtype=np.float64)


def binary_crossentropy(truth: Array, probability: Array) -> float:
    """Mean over probabilities (n, 1) against 0 and 1."""
    p = np.clip(probability, 1e-7, 1 - 1e-7)
    return float(-np.mean(truth * np.log(p) + (1 - truth) * np.log(1 - p)))


def categorical_crossentropy(labels: Array, probabilities: Array) -> float:
    """Mean over probabilities (n, classes) against labels (n, 1)."""
    chosen = np.take_along_axis(probabilities, labels.astype(np.int64), axis=1)
    return float(-np.log(np.clip(chosen, 1e-7, 1)).mean())


class TerminalTable(FittingTable):
    """A table that is left out of logs and pipes, where the line of the epoch holds the same numbers."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The interface of rich for what it prints."""
        if console.is_terminal:
            yield from super().__rich_console__(console, options)


def losses_table(title: str, training: dict[str, float], held_back: dict[str, float]) -> TerminalTable:
    """Both networks on both outputs: means over an epoch's steps, and on held-back pictures."""
    rows = []
    for network, letter in (("discriminator", "d"), ("generator", "g")):
        for where, metrics in (("training", training), ("held back", held_back)):
            parts = (round(metrics[f"{letter}_{part}"], 4) for part in ("loss", "fake", "aux"))
            rows.append((network, where, *parts))
    table = drawn_table(Table(title, ("network", "on", "loss", "fake", "aux"), rows))
    return TerminalTable(table.drawn, table.columns, table.rows)
