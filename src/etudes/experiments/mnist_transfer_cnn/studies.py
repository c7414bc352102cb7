"""Studies that train: how much to freeze and what is forgotten by it, and how few pictures are enough.

Each trains networks of its own from copies of the run's weights. Nothing is chosen by their metrics, every test picture
is asked once of each trained network, and nothing of the run is written or changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from etudes.analysis.classification import one_hot, predict
from etudes.analysis.intervals import Interval, mean_ci
from etudes.contract import ImageData, Images, Result, Table
from etudes.errors import UserError
from etudes.experiments.mnist_transfer_cnn.freezing import (
    EXTRA,
    features_of,
    hand_over,
    old_head_on_new_bottleneck,
    old_output_on_new_network,
    on_cached_features,
    table_of,
)
from etudes.experiments.mnist_transfer_cnn.model import make_network
from etudes.experiments.mnist_transfer_cnn.pictures import depth_picture, shots_picture
from etudes.experiments.mnist_transfer_cnn.settings import TransferSettings
from etudes.training.backend import drawn_from, keras, layers_in
from etudes.training.data_loading import batches
from etudes.training.rng import rng

FEWEST_STEPS = 300
"""Steps that a training takes at least: of few pictures, a handful of passes would be next to no training."""

PROBED = 4000
"""Pictures of the first task that a linear classifier is fitted to, to see what the network still knows of it."""

MOST_CACHED = 2_000_000_000
"""Bytes of features that are kept; where there would be more, the frozen part runs in every epoch."""


@dataclass(frozen=True)
class Way:
    """One way of learning the second task."""

    name: str
    frozen: int = 0
    """Layers with weights that stay as they were, counted from the input: 2 are the convolutions."""
    handed_over: bool = True
    """Whether it begins with what the first task taught."""
    head: str = "kept"
    extra: int = 0
    """Convolutions put upon the frozen ones."""


SCRATCH = Way("from scratch", handed_over=False)
DEPTHS = (
    SCRATCH,
    Way("0 frozen", 0),
    Way("1 frozen", 1),
    Way("2 frozen", 2),
    Way("3 frozen", 3),
    Way("2 frozen, fresh head", 2, head="fresh"),
    Way("2 frozen, 1 more", 2, extra=1),
)


@dataclass(frozen=True)
class Study:
    """What both studies work with."""

    settings: TransferSettings
    first: Any
    """The network that learned the first task; it is only read."""
    old: ImageData
    """The first task."""
    new: ImageData
    """The second task."""
    epochs: int
    """Passes over the pictures of the second task."""
    prepare: Callable[[Any, int], None]
    """(network, steps) → nothing; it is compiled as the run's recipe says for a training of so many steps."""
    say: Callable[[str], None]
    """Who is told what each training gave."""

    def network(self, way: Way, seed: int) -> Any:
        """A network that is ready to learn the second task in some way."""
        classes = len(self.new.info.class_names)
        with layers_in(self.settings.precision), drawn_from(seed):
            network = make_network(self.settings, self.new.info.shape, classes, way.extra)
        if way.handed_over:
            hand_over(self.first, network, way.head)
        for layer in _with_weights(network)[: way.frozen]:
            layer.trainable = False
        return network

    def train(self, network: Any, task: Images, seed: int, table: Any = None) -> float:
        """Train a network as the run was, but without translations, so that all ways see the same; gives seconds an epoch.

        Args:
            network: what `network` gave.
            task: its pictures.
            seed: of their order.
            table: what `table_of` gave for their features, where the convolutions are frozen.
        """
        batch = min(self.settings.batch_size, len(task))
        steps = -(-len(task) // batch)
        epochs = max(self.epochs, -(-FEWEST_STEPS // steps))
        learner = network if table is None else on_cached_features(network, table)
        inputs = task.pictures if table is None else np.arange(len(task), dtype=np.int32)
        targets = one_hot(task.labels, network.output_shape[-1])
        self.prepare(learner, epochs * steps)
        seconds = []
        for epoch in range(epochs):
            places = rng(seed, "study order", epoch).permutation(len(task))
            began = time.monotonic()
            learner.fit(**batches(inputs[places], targets[places], batch), shuffle=False, verbose=0)
            seconds.append(time.monotonic() - began)
        return float(np.median(seconds[1:] or seconds))  # the first one compiles

    def table(self, task: Images) -> Any:
        """The features of pictures by the run's convolutions, computed once; None where they would be too many."""
        shape = features_of(self.first, task.pictures[:1]).shape[1:]
        if len(task) * int(np.prod(shape)) * 4 > MOST_CACHED:
            return None
        return table_of(features_of(self.first, task.pictures))


def _with_weights(network: Any) -> list[Any]:
    """The layers that have weights, from the input on, but for extra ones."""
    return [layer for layer in network.layers if layer.weights and not layer.name.startswith(EXTRA)]


def accuracy(network: Any, test: Images) -> float:
    """Share of pictures that a network is right about."""
    return float((predict(network, test.pictures).classes == test.labels).mean())


# --- how much to freeze -----------------------------------------------------------------------------------------------

LOOKS = ("old head", "old output", "linear")


def depth_study(study: Study, seeds: int) -> Result:
    """Freeze nothing, one layer, two, three; keep the head or not; add a convolution: what is learned and forgotten.

    Args:
        study: networks and data.
        seeds: trainings of each way.
    """
    began = time.monotonic()
    table, found = study.table(study.new.train), {}
    for way in DEPTHS:
        trials = []
        for seed in range(seeds):
            network = study.network(way, seed)
            seconds = study.train(network, study.new.train, seed, table if way.frozen >= 2 else None)
            trials.append({"accuracy": accuracy(network, study.new.test), "seconds": seconds, **_left(study, network)})
            study.say(f"{way.name}, seed {seed}: {trials[-1]['accuracy']:.2%}, {seconds:.2f} s an epoch")
        found[way] = {name: mean_ci(np.array([trial[name] for trial in trials])) for name in trials[0]}
    rows = []
    for way, metrics in found.items():
        target = metrics["accuracy"]
        frozen = sum(layer.count_params() for layer in _with_weights(study.first)[: way.frozen])
        old = [metrics[look].estimate if way.handed_over or look == "linear" else "" for look in LOOKS]
        rows.append((way.name, frozen, *_bounds(target), metrics["seconds"].estimate, *old))
    columns = ("way", "frozen", "accuracy", "95 % from", "to", "seconds an epoch", *LOOKS)
    minutes = (time.monotonic() - began) / 60
    line = (
        f"how much to freeze: {len(DEPTHS)} ways, {seeds} seeds each, {minutes:.1f} minutes. The first task is asked "
        "of the first head upon what looks at pictures now (old head), of the first output layer upon all else that "
        "was trained (old output), and of a linear classifier fitted to the 128 values before the output (linear)."
    )
    return Result(
        tables=[Table("how much to freeze, and what is left of the first task", columns, rows)],
        pictures={"depths": depth_picture({way.name: metrics for way, metrics in found.items()}, LOOKS)},
        lines=[line],
    )


def _left(study: Study, network: Any) -> dict[str, float]:
    """What is left of the first task, by three measures; see `depth_study`."""
    test = study.old.test
    old_head, old_output = (
        accuracy(make(study.first, network), test) for make in (old_head_on_new_bottleneck, old_output_on_new_network)
    )
    return dict(zip(LOOKS, (old_head, old_output, linear_accuracy(network, study.old)), strict=True))


def linear_accuracy(network: Any, task: ImageData) -> float:
    """How well a linear classifier tells a task's classes apart by the values before a network's output layer.

    It is fitted to training pictures with ridge regression and asked about the test pictures.
    """
    from sklearn.linear_model import RidgeClassifier

    output = [number for number, layer in enumerate(network.layers) if isinstance(layer, keras.layers.Dense)][-1]
    before = keras.Sequential([keras.Input(network.input_shape[1:]), *network.layers[:output]])
    shown, asked = (
        np.asarray(before.predict(pictures, batch_size=500, verbose=0), dtype=np.float32)
        for pictures in (task.train.pictures[:PROBED], task.test.pictures)
    )
    return float(RidgeClassifier().fit(shown, task.train.labels[:PROBED]).score(asked, task.test.labels))


# --- how few pictures -------------------------------------------------------------------------------------------------


def shots_study(study: Study, shots: Sequence[int], seeds: int) -> Result:
    """Learn the second task from few pictures of each class: upon frozen convolutions, and from scratch.

    Both see the same pictures in the same order for the same number of steps, so they are compared in pairs.

    Args:
        study: networks and data.
        shots: pictures of each class.
        seeds: trainings for each; each draws other pictures.

    Raises:
        UserError: a class has fewer pictures.
    """
    check_shots(study.new, shots)
    began = time.monotonic()
    rows, drawn = [], {}
    for count in sorted(set(shots)):
        upon, scratch = np.zeros(seeds), np.zeros(seeds)
        for seed in range(seeds):
            some = draw_shots(study.new.train, count, seed)
            for way, scores in ((Way("frozen", 2, head=study.settings.head), upon), (SCRATCH, scratch)):
                network = study.network(way, seed)
                study.train(network, some, seed, study.table(some) if way.frozen else None)
                scores[seed] = accuracy(network, study.new.test)
            study.say(f"{count} a class, seed {seed}: transferred {upon[seed]:.2%}, from scratch {scratch[seed]:.2%}")
        drawn[count] = {"upon frozen convolutions": mean_ci(upon), "from scratch": mean_ci(scratch)}
        gain = mean_ci(upon - scratch)
        ends = [end if np.isfinite(end) else "" for end in (gain.low, gain.high)]
        rows.append((count, *_bounds(mean_ci(upon)), *_bounds(mean_ci(scratch)), gain.estimate, *ends))
    columns = ("a class", "transferred", "from", "to", "from scratch", "from", "to", "difference", "from", "to")
    minutes = (time.monotonic() - began) / 60
    line = (
        f"few pictures: {seeds} seeds each, {FEWEST_STEPS} steps at least, {minutes:.1f} minutes; from and to are the "
        "bounds of 95 % intervals over seeds, those of the difference within pairs of one seed and the same pictures."
    )
    return Result(
        tables=[Table("from few pictures of each class, on the test pictures", columns, rows)],
        pictures={"shots": shots_picture(drawn)},
        lines=[line],
    )


def check_shots(task: ImageData, shots: Sequence[int]) -> None:
    """Whether every class has so many pictures to learn from.

    Raises:
        UserError: not so.
    """
    counts = np.bincount(task.train.labels, minlength=len(task.info.class_names))
    if max(shots) > counts.min():
        name = task.info.class_names[int(counts.argmin())][:40]
        raise UserError(f"--shots {max(shots)}: {name} has only {counts.min()} pictures to learn from; ask for fewer")


def draw_shots(train: Images, count: int, seed: int) -> Images:
    """So many pictures of each class, drawn by a seed; the smaller draws of a seed are part of its larger ones."""
    order = rng(seed, "few-shot choice").permutation(len(train))
    labels = train.labels[order]
    chosen = np.concatenate([order[np.flatnonzero(labels == label)[:count]] for label in np.unique(labels)])
    return Images(train.pictures[chosen], train.labels[chosen])


def _bounds(found: Interval) -> tuple[Any, ...]:
    """Mean and bounds of an accuracy, which lies within 0..1; a single training has no bounds."""
    low, high = (float(np.clip(end, 0, 1)) if np.isfinite(end) else "" for end in (found.low, found.high))
    return (found.estimate, low, high)
