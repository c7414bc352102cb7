"""Answers of classifiers for a person's pictures, files or folders: read, prepared as networks expect, classified."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray
from PIL import Image

from etudes.analysis.classification import predict
from etudes.analysis.typicality import FALSE_ALARMS, distances
from etudes.contract import Array, Example, ImageInfo, Images, PictureOptions, Result
from etudes.data import fit_picture, is_picture_name, open_picture
from etudes.data.drawings import find_drawing, ink_in, like_mnist
from etudes.data.errors import listed
from etudes.data.inputs import GivenPicture
from etudes.data.notes import note
from etudes.errors import UserError, format_path
from etudes.views.grids import picture_grid, to_image

LIGHT_ON_DARK = ("mnist", "digits", "fashion_mnist")
"""Sets whose pictures are light on dark; Fashion-MNIST's were inverted photographs on white."""

MOST_SEEN = 200
"""Pictures that `--seen` shows."""


@dataclass(frozen=True)
class ClassifierOptions(PictureOptions):
    """Classify pictures."""

    pictures: ClassVar[bool] = True

    inputs: tuple[str, ...]
    """Picture files, and folders in which every picture is answered, those of their subfolders too."""
    top: Annotated[int, Ge(1)] = 3
    """How many classes to name for each picture."""
    invert: bool | None = None
    """Exchange dark and light; by default where a drawing is dark on light and the training's were not, or reversed."""
    crop: bool | None = None
    """Cut a drawing out, scale and centre it as MNIST's digits; by default for networks that were trained on those."""
    seen: str | None = None
    """Also save, as one picture, what the network is given: cropped, scaled and inverted."""

    @property
    def picture_path(self) -> str | None:
        """Where the picture of `seen` goes."""
        return self.seen


@dataclass(frozen=True)
class ReadPictures:
    """Pictures of a person as a network gets them."""

    files: tuple[str, ...]
    """Their files, without those that could not be read."""
    pixels: NDArray[np.uint8]
    """(n, height, width, channels)."""


def read_pictures(options: ClassifierOptions, info: ImageInfo) -> ReadPictures:
    """Read picture files and all pictures of folders; note which cannot be read, and how others were prepared.

    Raises:
        UserError: none is given, or none can be read.
    """
    if not options.inputs:
        raise UserError("no picture is given: name one picture file or more, such as photo.jpg, or a folder of them")
    files, done = pictures_in(options.inputs), Counter[str]()
    read: list[str] = []
    pixels: list[NDArray[np.uint8]] = []
    wrong: list[str] = []
    first = ""  # what is wrong with the first of them
    for file in files:
        try:
            fitted, words = fit_drawing(open_picture(file), info, options.invert, options.crop)
        except UserError as error:
            wrong.append(str(file))
            first = first or str(error)
            continue
        read.append(str(file))
        pixels.append(fitted)
        done.update(words)
    if not read:
        raise UserError(first if len(wrong) == 1 else f"none of {len(wrong)} pictures can be read: {first}"[:200])
    if wrong:
        names = listed(Path(file).name for file in wrong)
        share = f"{len(wrong)} of {len(files)} pictures"
        note(f"{share} cannot be read and have no answer: {names}; of the first: {_reason(first)}")
    for what, count in done.items():
        which = format_path(read[0]) if len(files) == 1 else f"{count} of {len(files)} pictures"
        note(f"{which}: {what}")
    return ReadPictures(tuple(read), np.stack(pixels))


def _reason(error: str) -> str:
    """What an error says after the name of the file."""
    return error.partition(": ")[2] or error


def read_picture(file: str, info: ImageInfo) -> NDArray[np.uint8]:
    """One picture as `read_pictures` prepares it, (height, width, channels).

    Raises:
        UserError: it is not a picture.
    """
    return fit_drawing(open_picture(file), info, None, None)[0]


def pictures_in(inputs: Sequence[str]) -> list[str]:
    """The files among some paths, and the pictures in the folders among them and in their subfolders, by name.

    Raises:
        UserError: a folder has no picture.
    """
    files = []
    for path in inputs:
        if isinstance(path, GivenPicture) or not os.path.isdir(path):
            files.append(path)
            continue
        inside = sorted(
            str(file) for file in Path(path).rglob("*") if is_picture_name(file.name) and _is_shown(file, Path(path))
        )
        if not inside:
            raise UserError(f"{format_path(path)}: there is no picture in this folder: name another, or picture files")
        files += inside
    return files


def _is_shown(file: Path, folder: Path) -> bool:
    """Whether neither a file nor a folder above it, within `folder`, is hidden or a leaving of an operating system."""
    return file.is_file() and not any(part.startswith((".", "__", "@")) for part in file.relative_to(folder).parts)


def fit_drawing(
    image: Image.Image, info: ImageInfo, invert: bool | None, crop: bool | None
) -> tuple[NDArray[np.uint8], list[str]]:
    """A picture as a network expects it, uint8 (height, width, channels), and what was done to it, in words.

    Args:
        image: as `open_picture` gives it.
        info: what the network was trained on.
        invert: whether to exchange dark and light; None to do so where it is drawn otherwise than the training's.
        crop: whether to prepare a drawing as MNIST's digits were; None to do so for networks trained on those,
            where the picture has not their size or proportions already.
    """
    source = info.source.split(" to ")[-1]
    expected = info.ink or ("light" if source in LIGHT_ON_DARK else "")
    asked = crop is None and source in ("mnist", "digits") and image.size != (info.width, info.height)
    drawing = find_drawing(image) if crop or asked else None
    if drawing is not None and crop is None and drawing.like_mnist:
        ink, drawing = drawing.ink, None
    else:
        ink = drawing.ink if drawing is not None else ink_in(image) if expected and invert is None else ""
    inverted = bool(expected and ink and ink != expected) if invert is None else invert
    words = []
    if drawing is None:
        pixels = fit_picture(image, info)
    else:
        page = like_mnist(drawing, info.height, info.width)
        pixels = np.repeat((page if drawing.ink == "light" else 255 - page)[..., None], info.channels, axis=-1)
        words.append("a drawing, cut out, scaled and centred as MNIST's digits were (--no-crop leaves it)")
    if inverted:
        pixels = 255 - pixels
        if invert is None:
            learned = f"the network was trained on {_on(expected)}"
            words.append(f"drawn {_on(ink)}, inverted because {learned} (--no-invert leaves it)")
    return pixels, words


def _on(ink: str) -> str:
    return "light on dark" if ink == "light" else "dark on light"


def answer_pictures(
    network: Any,
    class_names: Sequence[str],
    read: ReadPictures,
    options: ClassifierOptions,
    typical: Mapping[str, Array] | None = None,
    features: Any = None,
    *,
    flips: bool = False,
) -> Result:
    """Classify pictures that were read, and remark which are unlike those that the network was trained on.

    Args:
        network: pictures in, probabilities out.
        class_names: one for each output.
        read: the pictures.
        options: how many classes to name, and whether to show the pictures.
        typical: what `measure_typicality` returned for this network; nothing for no remark.
        features: `features_network` of it, where there is `typical`.
        flips: as for `predict`.
    """
    probabilities = predict(network, read.pixels, flips=flips).probabilities
    far = distances(features, typical, read.pixels) if typical else np.zeros(len(read.files), np.float32)
    result = Result()
    for file, row, distance in zip(read.files, probabilities, far, strict=True):
        best = np.argsort(-row, kind="stable")[: options.top]
        named = [(class_names[k], round(float(row[k]), 4)) for k in best]
        answer: dict[str, Any] = {"picture": file, "answer": named[0][0], "probabilities": dict(named)}
        if typical:
            answer |= {"distance": round(float(distance), 2), "unlike": bool(distance > 1)}
        result.answers.append(answer)
        remark = f"; unlike what it was trained on (distance {distance:.1f})" if distance > 1 else ""
        result.lines.append(f"{file}: " + ", ".join(f"{name} {share:.1%}" for name, share in named) + remark)
    if (far > 1).any():
        result.lines.append(UNLIKE)
    if options.seen is not None:
        result.pictures["seen"] = seen_sheet(read)
    return result


UNLIKE = (
    "unlike: farther from all training pictures than 95 of 100 genuine ones (distance 1), so do not rely on the "
    f"answer; 1 in {round(1 / FALSE_ALARMS)} genuine pictures gets this remark, and more of other scanners and writers."
)
"""What the remark on a picture means."""


def seen_sheet(read: ReadPictures) -> Image.Image:
    """What a network is given of the first `MOST_SEEN` pictures, at three times its size or more; one by itself."""
    scale = max(1, round(84 / read.pixels.shape[2]))
    shown = read.pixels[:MOST_SEEN]
    if len(shown) == 1:
        return to_image(np.repeat(np.repeat(shown[0], scale, axis=0), scale, axis=1))
    names = [Path(file).name[-14:] for file in read.files[:MOST_SEEN]]
    return picture_grid(shown, min(10, len(shown)), captions=names, scale=scale)


def example_pictures(test: Images, folder: Path, count: int = 3) -> Example:
    """The first test pictures as files `input-0.png`, …, to try `use` with.

    Args:
        test: the pictures.
        folder: where to save them.
        count: number of files.
    """
    paths = [folder / f"input-{number}.png" for number in range(min(count, len(test)))]
    for path, pixels in zip(paths, test.pictures, strict=False):
        to_image(pixels).save(path)
    return Example(tuple(map(str, paths)))
