"""use: generate the classes of a prompt as a picture or a film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Interval

from etudes.contract import Example, ImageData, ImageInfo, Networks, PictureOptions, Result
from etudes.errors import UserError, format_path
from etudes.experiments.mnist_acgan.drawings import (
    FileNames,
    check_folder,
    draw_single,
    total,
    write_folder,
    write_npz,
)
from etudes.experiments.mnist_acgan.pictures import best_generator, class_walk, latent_walk, word_sheet
from etudes.experiments.mnist_acgan.prompts import (
    MAX_COUNT,
    Prompt,
    check_count,
    check_latent_walk,
    check_output,
    check_parts,
    check_single,
    is_npz,
    make_prompt,
    split_output,
)
from etudes.experiments.mnist_acgan.study import AcganSettings, draw_z
from etudes.training.rng import rng


@dataclass(frozen=True)
class Options(PictureOptions):
    """Generate pictures of the classes you name."""

    inputs: tuple[str, ...]
    """Digits such as 7, words such as 2026, names of classes; 7:500 is 500 sevens; last, if you like, the file."""
    count: Annotated[int, Interval(ge=1, le=MAX_COUNT)] = 1
    """How many of each, all different."""
    each: bool = False
    """Write every picture by itself at its own size into the folder --out; with --out x.npz all go into that file."""
    walk_to: str | None = None
    """Make a film in which the input becomes this class or word, and back."""
    latent_walk: Annotated[int | None, Interval(ge=2, le=20)] = None
    """Make a film through this many z and back to the first; the classes stay the same."""
    seed: Annotated[int, Ge(0)] = 0
    """Another seed gives other pictures."""
    parts: tuple[float, ...] | None = None
    """Multiply equal parts of z by these, such as 1 0.5 -1, to see what each part does; not for films."""
    out: str | None = None
    """Where it goes, if it is not the last input; a film ends in .gif or .mp4."""

    @property
    def film(self) -> bool:
        """Whether it is a film."""
        return self.walk_to is not None or self.latent_walk is not None

    @property
    def single(self) -> bool:
        """Whether every picture is written by itself, and none on a sheet."""
        return self.each or is_npz(self.out)

    @property
    def picture_path(self) -> str | None:
        """The file of the picture."""
        return None if self.single else self.out or f"mnist_acgan.{'gif' if self.film else 'png'}"

    def __post_init__(self) -> None:
        """A last input that ends like a picture file is the file to write."""
        inputs, out = split_output(self.inputs, self.out)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "out", out)


def read(info: ImageInfo, settings: AcganSettings, options: Options) -> list[Prompt]:
    """A prompt for each input, as numbers of classes."""
    if not options.inputs:
        raise UserError(f"say what to draw, such as {info.class_names[-1]}: one of {', '.join(info.class_names)}")
    check_parts(options.parts, film=options.film)
    check = check_single if options.single else check_output
    check(options.out, film=options.film, overwrite=options.overwrite)
    prompts = [make_prompt(word, options.walk_to, options.count, info) for word in options.inputs]
    if not options.single:
        check_count(prompts)
    elif not is_npz(options.out):
        check_folder(Path(str(options.out)), prompts, info.class_names, overwrite=options.overwrite)
    check_latent_walk(options.latent_walk, options.walk_to, prompts)
    return prompts


def use(
    networks: Networks, info: ImageInfo, settings: AcganSettings, options: Options, prompts: list[Prompt]
) -> Result:
    """A square of pictures for a class, a strip for a word, a film for a walk from class to class or from z to z.

    With `each`, or an NPZ to write, every picture by itself.
    """
    generator, result = best_generator(networks), Result()
    if options.single:
        return write_single(generator, info, options, prompts)
    for index, (word, prompt) in enumerate(zip(options.inputs, prompts, strict=True)):
        noise, stops = rng(options.seed, "drawing", index), options.latent_walk or 1
        z = draw_z(noise, stops * prompt.pictures)
        answer: dict[str, Any] = {"asked": word, "count": prompt.count}
        name = f"picture-{index + 1}" if index else "picture"
        if options.latent_walk:
            result.pictures[name] = latent_walk(generator, prompt.classes, z.reshape(stops, -1, z.shape[1]))
        elif prompt.end is not None:
            result.pictures[name] = class_walk(networks, prompt.classes, prompt.end, z)
            answer["to"] = options.walk_to
        else:
            result.pictures[name] = word_sheet(generator, prompt.classes, z, options.parts or ())
        result.answers.append(answer)
    return result


def write_single(generator: Any, info: ImageInfo, options: Options, prompts: list[Prompt]) -> Result:
    """Draw and write every picture of the prompts at its own size, into a folder or an NPZ."""
    place, count = Path(str(options.out)), total(prompts)
    drawings = draw_single(generator, prompts, options.seed, options.parts or ())
    try:
        if is_npz(options.out):
            write_npz(drawings, place, info, count)
        else:
            write_folder(drawings, place, FileNames(info.class_names, count))
    except OSError as error:
        raise UserError(f"cannot write {format_path(place)}: {error.strerror or error}") from error
    asked = [
        {"asked": word, "count": prompt.count, "pictures": prompt.pictures, "out": str(place)}
        for word, prompt in zip(options.inputs, prompts, strict=True)
    ]
    line = f"{place}: {count:,} pictures of {info.width}x{info.height}"
    return Result(lines=[line], answers=asked)


def example(data: ImageData, folder: Path) -> Example:
    """A year, four times; four pictures of the last class where the classes are no digits."""
    names = data.info.class_names
    word = "2026" if set("026") <= set(names) else names[-1]
    return Example((word,), {"count": 4, "out": str(folder / "use.png")})
