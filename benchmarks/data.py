"""The data of the peers: the splits that Études trains on, as an NPZ file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from etudes import experiments
from etudes.actions.loading import preset_of
from etudes.experiments.addition_rnn.batch_encoding import encode_batch
from etudes.experiments.addition_rnn.study import encode_questions


def write_pictures(folder: Path, source: str, limit: int, validation_share: float = 0.02) -> Path:
    """Training and validation split of a set of pictures, as `load_data` of a study makes it with seed 0.

    Args:
        folder: of the file.
        source: name of a built-in set of pictures.
        limit: maximum number of pictures in each split; 0 for all.
        validation_share: share of the training pictures that is used for validation.
    """
    etude = "cifar10_cnn" if source in ("cifar10", "shapes") else "antirectifier"
    settings = preset_of(etude, "tuned", {"data": source, "limit": limit, "validation_share": validation_share})
    data = experiments.load(etude).load_data(settings)
    return _write(
        folder / f"{source}-{limit}-{validation_share}.npz",
        train=(data.train.pictures, data.train.labels),
        validation=(data.validation.pictures, data.validation.labels),
    )


def write_questions(folder: Path, pairs: int) -> Path:
    """Training and validation pairs of sums with up to three digits for `classic`; questions are reversed."""
    settings = preset_of("addition_rnn", "classic", {"pairs": pairs})
    data = experiments.load("addition_rnn").load_data(settings)
    info, parts = data.info, {}
    for name, part in (("train", data.train), ("validation", data.validation)):
        x = encode_questions(part.questions, info, settings)
        y = encode_batch(part.answers, info.answer_length, info.alphabet)
        parts[name] = (x.astype(np.float32), y.astype(np.float32))
    return _write(folder / f"additions-{pairs}.npz", **parts)


def _write(path: Path, **parts: tuple[np.ndarray, np.ndarray]) -> Path:
    if not path.exists():
        arrays = {
            f"{name}_{what}": array for name, pair in parts.items() for what, array in zip("xy", pair, strict=True)
        }
        np.savez(path, **arrays)
    return path
