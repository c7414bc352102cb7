"""use: generate the classes of a prompt as a picture or a film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Interval

from etudes.contract import Example, ImageData, ImageInfo, Networks, Result, UseOptions
from etudes.errors import UserError
from etudes.experiments.mnist_acgan.pictures import best_generator, class_walk, latent_walk, word_sheet
from etudes.experiments.mnist_acgan.prompts import (
    Prompt,
    check_latent_walk,
    check_output,
    check_parts,
    make_prompt,
    split_output,
)
from etudes.experiments.mnist_acgan.study import AcganSettings, draw_z
from etudes.training.rng import rng


@dataclass(frozen=True)
class Options(UseOptions):
    """Generate pictures of the classes you name."""

    inputs: tuple[str, ...]
    """Digits such as 7, words of digits such as 2026, names of classes; last, if you like, the file to write."""
    count: Annotated[int, Interval(ge=1, le=400)] = 1
    """How many of each, all different."""
    walk_to: str | None = None
    """Make a film (GIF) in which the input becomes this class or word, and back."""
    latent_walk: Annotated[int, Interval(ge=0, le=20)] = 0
    """Make a film (GIF) through this many z, 2 at least, and back to the first; the classes stay the same."""
    seed: Annotated[int, Ge(0)] = 0
    """Another seed gives other pictures."""
    parts: tuple[float, ...] | None = None
    """Multiply equal parts of z by these, such as 1 0.5 -1, to see what each part does; not for films."""
    out: str | None = None
    """File of the picture, if it is not the last input; a film ends in .gif."""

    @property
    def picture_path(self) -> str | None:
        """The file of the picture."""
        return self.out

    def __post_init__(self) -> None:
        """A last input that ends like a picture file is the file to write."""
        inputs, out = split_output(self.inputs, self.out)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "out", out)


def read(info: ImageInfo, settings: AcganSettings, options: Options) -> list[Prompt]:
    """A prompt for each input, as numbers of classes."""
    if not options.inputs:
        raise UserError(f"say what to draw, such as {info.class_names[-1]}: one of {', '.join(info.class_names)}")
    film = options.walk_to is not None or options.latent_walk > 0
    check_parts(options.parts, film=film)
    check_output(options.out, film=film)
    prompts = [make_prompt(word, options.walk_to, options.count, info) for word in options.inputs]
    check_latent_walk(options.latent_walk, options.walk_to, prompts, options.count)
    return prompts


def use(
    networks: Networks, info: ImageInfo, settings: AcganSettings, options: Options, prompts: list[Prompt]
) -> Result:
    """A square of pictures for a class, a strip for a word, a film for a walk from class to class or from z to z."""
    generator, result = best_generator(networks), Result()
    for index, (word, prompt) in enumerate(zip(options.inputs, prompts, strict=True)):
        noise, stops = rng(options.seed, "drawing", index), options.latent_walk or 1
        z = draw_z(noise, stops * len(prompt.classes) * options.count)
        answer: dict[str, Any] = {"asked": word, "count": options.count}
        name = f"picture-{index + 1}" if index else "picture"
        if options.latent_walk:
            result.pictures[name] = latent_walk(generator, prompt.classes, z.reshape(stops, -1, z.shape[1]))
        elif prompt.end is not None:
            result.pictures[name] = class_walk(generator, prompt.classes, prompt.end, z)
            answer["to"] = options.walk_to
        else:
            result.pictures[name] = word_sheet(generator, prompt.classes, z, options.parts or ())
        result.answers.append(answer)
    return result


def example(data: ImageData, folder: Path) -> Example:
    """A year, four times; four pictures of the last class where the classes are no digits."""
    names = data.info.class_names
    word = "2026" if set("026") <= set(names) else names[-1]
    return Example((word,), {"count": 4, "out": str(folder / "use.png")})
