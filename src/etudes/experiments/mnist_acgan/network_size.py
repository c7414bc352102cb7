"""The size of the networks, known before they are built: large pictures may need more memory than there is."""

from __future__ import annotations

from rich.console import Console

from etudes.contract import ImageInfo

MANY = 100_000_000
"""Parameters whose weights, gradients and Adam moments take some 2 GB."""


def count_parameters(info: ImageInfo, kind: str, latent: int) -> tuple[int, int]:
    """How many parameters the discriminator and a generator of this kind will have, for z of length `latent`."""
    area, channels, classes = (info.height // 4) * (info.width // 4), info.channels, len(info.class_names)

    def convolutions(*kernels: tuple[int, int, int]) -> int:
        return sum((size * size * inputs + 1) * filters for size, inputs, filters in kernels)

    discriminator = convolutions((3, channels, 32), (3, 32, 64), (3, 64, 128), (3, 128, 256))
    discriminator += (256 * area + 1) * (1 + classes)
    if kind == "classic":
        generator = (latent + 1) * 1024 + 1025 * 128 * area
        generator += convolutions((5, 128, 256), (5, 256, 128), (2, 128, channels))
    else:
        generator = (latent + 1) * 128 * area + convolutions((4, 128, 64), (4, 64, 32), (3, 32, channels))
    return discriminator, classes * latent + generator


def warn_if_large(info: ImageInfo, kind: str, latent: int, *, ema: bool) -> None:
    """Print a line to standard error where the networks, with the moving average, may not fit into memory."""
    discriminator, generator = count_parameters(info, kind, latent)
    total = discriminator + generator * (2 if ema else 1)
    if total > MANY:
        less = " or --generator light" if kind == "classic" else ""
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"for pictures of {info.width}x{info.height} the networks have {total:,} parameters: they may not fit into "
            f"memory; smaller pictures{less} would need less"
        )
