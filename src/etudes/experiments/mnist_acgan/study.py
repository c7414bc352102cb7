"""Two networks play against each other until one can draw the digit that is asked for: an auxiliary-classifier GAN.

The generator turns random numbers z and a label into a picture. The discriminator says of a picture whether it is
real (*fake*, which despite its name is 1 for a real one) and which digit it shows (*aux*). The discriminator learns
from real and generated pictures mixed; the generator learns, through the frozen discriminator, to draw what is taken
for real and for the digit asked for (Odena, Olah and Shlens, 2017). `classic` plays as the description of 2017 does;
`tuned` plays with the same networks, steadied by one-sided label smoothing, *aux* on real pictures only and a moving
average of the generator; `stable` and `demo` do the same with a generator that does a fortieth of the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Interval

from etudes.contract import Example, ImageData, ImageInfo, Networks, Result, Table, UseOptions
from etudes.data import describe_images, load_images
from etudes.data.splits import select
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.collapse import examine
from etudes.experiments.mnist_acgan.inspection import Inspect, measure_pictures
from etudes.experiments.mnist_acgan.judge import Judge, accuracy_on, judged_by, train_judge
from etudes.experiments.mnist_acgan.model import (
    check_size,
    make_discriminator,
    make_generator,
    say_if_large,
    trimmed,
    trimmed_data,
)
from etudes.experiments.mnist_acgan.pictures import (
    between,
    class_grid,
    every_class,
    fixed_z,
    to_pixels,
    walk,
    wander,
    written,
)
from etudes.experiments.mnist_acgan.settings import AcganSettings
from etudes.experiments.mnist_acgan.training import (
    draw_labels,
    draw_z,
    generator_of,
    look,
    losses_table,
    make_game,
    measure,
    paint,
    real_batch,
)
from etudes.experiments.mnist_acgan.wishes import (
    Wish,
    check_out,
    check_parts,
    check_wander,
    place_among,
    wish_for,
)
from etudes.training.backend import keras
from etudes.training.rng import rng
from etudes.training.session import Session
from etudes.views.features import filter_grid
from etudes.views.pictures import save_pictures
from etudes.views.terminal import drawn_table

# --- data -------------------------------------------------------------------------------------------------------------


def describe_data(settings: AcganSettings) -> ImageInfo:
    """Size, channels and class names of the pictures; both networks follow them."""
    return trimmed(describe_images(settings.data))


def load_data(settings: AcganSettings) -> ImageData:
    """Training, validation and test pictures, uint8."""
    check_size(describe_data(settings))
    data = trimmed_data(
        load_images(settings.data, seed=settings.seed, validation_share=settings.validation_share, limit=settings.limit)
    )
    if len(data.train) < settings.batch_size:
        raise UserError(f"--batch-size {settings.batch_size}: there are only {len(data.train)} training pictures")
    return data


# --- model ------------------------------------------------------------------------------------------------------------


def make_networks(settings: AcganSettings, info: ImageInfo) -> Networks:
    """Discriminator and generator, and, if one is kept, the moving average of the generator, at first equal to it."""
    check_size(info)
    kind = settings.generator, settings.convolution
    say_if_large(info, settings.generator, ema=bool(settings.ema))  # before they take the memory
    networks = {"discriminator": make_discriminator(info), "generator": make_generator(info, *kind)}
    if settings.ema:
        networks["generator_ema"] = make_generator(info, *kind, name="generator_ema")
        networks["generator_ema"].set_weights(networks["generator"].get_weights())
    return networks


def only_for_training(settings: AcganSettings) -> tuple[str, ...]:
    """The generator itself, where its moving average draws."""
    return ("generator",) if settings.ema else ()


# --- training ---------------------------------------------------------------------------------------------------------


def train(networks: Networks, data: ImageData, settings: AcganSettings, session: Session) -> None:
    """Play: one step of each network for every real batch; after each epoch look at losses and pictures."""
    game = make_game(networks, settings)
    steps = settings.batches_per_epoch or len(data.train) // settings.batch_size
    samples = steps * settings.batch_size
    judge = train_judge(data.train)
    for epoch in session.epochs("train", settings.epochs, game.optimizers):
        for step in session.steps(steps, samples):
            pictures, labels = real_batch(data, settings, epoch * steps + step)
            session.log(game.step(pictures, labels, rng(settings.seed, "game", epoch, step)), len(labels))
        metrics = after_epoch(networks, data, settings, session, judge, epoch)
        session.end_epoch(metrics, samples)
    save_pictures({"training": session.saved_pictures("epoch-*")}, session.run.pictures / "training.gif")


def after_epoch(
    networks: Networks, data: ImageData, settings: AcganSettings, session: Session, judge: Judge, epoch: int
) -> dict[str, float]:
    """Losses on held-back pictures in a table, the grid of pictures, and what the collapse detector sees."""
    classes, title = data.info.class_names, f"after epoch {epoch + 1}"
    drawn = every_class(generator_of(networks), fixed_z(settings), len(classes))
    session.save_picture(f"epoch-{epoch + 1:03d}", class_grid(drawn, classes, title))
    health, metrics = examine(drawn, classes, data.train, judge), session.means()
    if len(data.validation):
        random = rng(settings.seed, "validation noise", epoch)
        z, labels = draw_z(random, len(data.validation)), draw_labels(random, len(data.validation), len(classes))
        generated = paint(generator_of(networks), z, labels)
        held = measure(networks["discriminator"], data.validation, generated, labels)
        session.message(drawn_table(losses_table(f"losses {title}", metrics, held)))
        metrics |= {f"validation_{name}": value for name, value in held.items()}
    for line in health.lines:
        session.message(line)
    return {**health.metrics, **metrics}


# --- evaluate, read, use, inspect -------------------------------------------------------------------------------------

MEASURED = 1000
"""About so many pictures are generated for the metrics, as many of each class; as many real ones are mixed in."""


def evaluate(networks: Networks, data: ImageData, settings: AcganSettings) -> Result:
    """Does it draw what is asked for, in how many ways, and what do the two networks say of each other?

    The judge is a support vector machine on pixels that learned from real pictures only. What it says is worth no
    more than its accuracy on real test pictures, which stands beside it.
    """
    discriminator, names, test = networks["discriminator"], data.info.class_names, data.test
    random = rng(settings.seed, "evaluation noise")
    each = max(2, MEASURED // len(names))
    labels = np.repeat(np.arange(len(names), dtype=np.int32), each)[:, None]
    generated = paint(generator_of(networks), draw_z(random, len(labels)), labels)
    judge = train_judge(data.train)
    health = examine(to_pixels(generated), names, test, judge)
    real = select(test, np.sort(random.permutation(len(test))[: len(labels)]))
    losses, sure = measure(discriminator, real, generated, labels), accuracy_on(judge, test)
    (real_fake, real_aux), (fake, aux) = look(discriminator, test.pictures), look(discriminator, generated)
    metrics: dict[str, Any] = {
        "conditional_accuracy": health.agreement,
        "judge_accuracy": sure,
        "diversity": health.diversity,
        "aux_accuracy_real": float((real_aux.argmax(1) == test.labels).mean()),
        "aux_accuracy_generated": float((aux.argmax(1) == labels[:, 0]).mean()),
        "real_taken_for_real": float((real_fake > 0.5).mean()),
        "generated_taken_for_real": float((fake > 0.5).mean()),
        **losses,
        "collapses_seen": len(health.seen),
        "generated": len(labels),
    }
    rows = [(name, *both) for name, both in zip(names, health.by_class, strict=True)]
    drawn = every_class(generator_of(networks), fixed_z(settings), len(names))
    return Result(
        metrics=metrics,
        tables=[Table("generated pictures by class", ("class", "shows what was asked for", "diversity"), rows)],
        pictures={"generated": class_grid(drawn, names, "the same z in each column")},
        lines=[judged_by(judge, sure, test), *health.lines],
    )


@dataclass(frozen=True)
class Use(UseOptions):
    """Draw what is asked for."""

    inputs: tuple[str, ...]
    """Digits such as 7, words of digits such as 2026, names of learned classes; last, if wanted, the file to write."""
    count: Annotated[int, Interval(ge=1, le=400)] = 1
    """How many of each, all different."""
    walk_to: str | None = None
    """Make a film (GIF) in which the first becomes this one, and back."""
    wander: Annotated[int, Interval(ge=0, le=20)] = 0
    """Make a film (GIF) that leads through so many z and back to the first, what is drawn held still; 2 at least."""
    seed: Annotated[int, Ge(0)] = 0
    """Another seed draws others."""
    parts: tuple[float, ...] | None = None
    """Multiply equal parts of z by these, such as 1 0.5 -1: what each part does to a picture; no film."""
    out: str | None = None
    """File of the picture, if it is not the last input; a film ends in .gif."""

    @property
    def picture_path(self) -> str | None:
        """Where the picture goes."""
        return self.out

    def __post_init__(self) -> None:
        """A last input that ends as a picture does is the place."""
        inputs, out = place_among(self.inputs, self.out)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "out", out)


def read(info: ImageInfo, settings: AcganSettings, options: Use) -> list[Wish]:
    """What to draw, as classes that were learned."""
    if not options.inputs:
        raise UserError(f"say what to draw, such as {info.class_names[-1]}: one of {', '.join(info.class_names)}")
    film = options.walk_to is not None or options.wander > 0
    check_parts(options.parts, film=film)
    check_out(options.out, film=film)
    wishes = [wish_for(word, options.walk_to, options.count, info) for word in options.inputs]
    check_wander(options.wander, options.walk_to, wishes, options.count)
    return wishes


def use(networks: Networks, info: ImageInfo, settings: AcganSettings, options: Use, wishes: list[Wish]) -> Result:
    """A square of pictures for a class, a strip for a word, a film for a walk from class to class or from z to z."""
    drawer, result = generator_of(networks), Result()
    for place, (word, wish) in enumerate(zip(options.inputs, wishes, strict=True)):
        random = rng(options.seed, "drawing", place)
        answer: dict[str, Any] = {"asked": word, "count": options.count}
        name = f"picture-{place + 1}" if place else "picture"
        if options.wander:
            result.pictures[name] = wander(drawer, wish.classes, options.count, options.wander, random)
        elif wish.end is None:
            result.pictures[name] = written(drawer, wish.classes, options.count, random, options.parts or ())
        else:
            result.pictures[name] = walk(drawer, wish.classes, wish.end, options.count, random)
            answer["to"] = options.walk_to
        result.answers.append(answer)
    return result


def inspect(
    networks: Networks, data: ImageData, settings: AcganSettings, chosen: Inspect, borrowed: Any | None = None
) -> Result:
    """Every class from the same z, walks in z, the discriminator's first filters, and measures by a judge.

    `borrowed` is the run of the judge; without it, a support vector machine judges.
    """
    drawer, names, z = generator_of(networks), data.info.class_names, fixed_z(settings)
    first = next(layer for layer in networks["discriminator"].layers if isinstance(layer, keras.layers.Conv2D))
    result = measure_pictures(networks, data, settings, chosen, borrowed)
    result.pictures |= {
        "classes": class_grid(every_class(drawer, z, len(names)), names, "the same z in each column"),
        "z-walk": class_grid(between(drawer, z, len(names)), names, "from one z to another"),
        "filters": filter_grid(keras.ops.convert_to_numpy(first.kernel)),
    }
    result.captions |= {
        "classes": "Every class, drawn from the same z in each column",
        "z-walk": "From one z to another, the class held still: changes should be smooth",
        "filters": "The discriminator's first filters",
    }
    return result


def example(data: ImageData, folder: Path) -> Example:
    """A year, four times; four pictures of the last class where the classes are no digits."""
    names = data.info.class_names
    word = "2026" if set("026") <= set(names) else names[-1]
    return Example((word,), {"count": 4, "out": str(folder / "use.png")})
