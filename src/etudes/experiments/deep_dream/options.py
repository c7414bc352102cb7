"""The options of use: what to dream on, where its dream goes, and the settings of the dream."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, make_dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, cast, get_type_hints

from annotated_types import Ge, Interval

from etudes.contract import PictureOptions
from etudes.data import PHOTOS
from etudes.data.inputs import GivenPicture
from etudes.errors import UserError
from etudes.experiments.deep_dream.sources import Job, jobs_of, split_result
from etudes.experiments.deep_dream.study import DreamSettings
from etudes.schema import describe


def with_settings(options: type[Any], name: str, settings: tuple[str, ...]) -> Any:
    """A subclass of options with some settings of the dream as options that may be left out.

    Types and help are those of the settings, which are named in `DreamSettings` alone.
    """
    helps, hints = {setting.name: setting.help for setting in describe(DreamSettings)}, get_type_hints(DreamSettings)
    cls = make_dataclass(
        name, [(s, hints[s] | None, field(default=None)) for s in settings], bases=(options,), frozen=True
    )
    lines = [f"    {setting}: {helps[setting]}" for setting in settings]
    cls.__doc__ = "\n".join([f"{options.__doc__}\n\nArgs:", *lines])
    return cls


def given_settings(options: Any) -> dict[str, Any]:
    """The settings that the options of use or inspect give a value, and the picture that they name.

    Where several are named, a photograph stands for them: each is opened when it is its turn.
    """
    names = {setting.name for setting in fields(DreamSettings)}
    given = {name: value for name, value in vars(options).items() if name in names and value is not None}
    if isinstance(options, DreamOptions):
        given["data"] = options.jobs[0].source if options.is_single else PHOTOS[0]
    return given


@dataclass(frozen=True)
class _Output(PictureOptions):
    """What to dream on, and where the dreams go."""

    pictures: ClassVar[bool] = True

    inputs: tuple[str, ...]
    """Pictures, folders of pictures, films; a last name that does not exist, or that Études wrote, is the result."""
    out: str | None = None
    """Where the dream goes: a picture, a film, or a folder for several (default: the folder dreams)."""


_SETTINGS = (
    "weights application layers coefficients guide mask max_size octaves octave_scale iterations step max_loss detail "
    "clip seed jitter bands total_variation blur tile"
)
_Output_and_settings: Any = with_settings(_Output, "OutputAndSettings", tuple(_SETTINGS.split()))


@dataclass(frozen=True)
class DreamOptions(_Output_and_settings):  # type: ignore[misc]
    """Dream on pictures or films: `etudes use deep_dream photo.jpg dream.png`, or `*.jpg --out dreams`."""

    preset: Literal["classic", "tuned", "demo"] | None = None
    """Dream as this preset does; other options replace its settings."""
    preview: str | None = None
    """A picture that is replaced as the dream grows: open it in a viewer that looks again."""
    preview_every: Annotated[int, Ge(1)] = 10
    """Steps from one preview to the next."""
    film: str | None = None
    """Also a film of flying into the dream: an .mp4 (needs keras-etudes[film]) or a .gif."""
    frames: Annotated[int, Interval(ge=2, le=10_000)] = 48
    """Frames of the film, 12.5 a second."""
    zoom: Annotated[float, Interval(ge=1, le=2)] = 1.03
    """Each frame shows the one before it this many times larger; 1 dreams on without a zoom."""
    frame_steps: Annotated[int, Ge(1)] = 4
    """Steps in each frame."""

    @property
    def picture_path(self) -> str | None:
        """Where the dream goes, if there is one picture; the others are saved as they are made."""
        return cast("str | None", self.out) if self.is_single else None

    @property
    def source(self) -> str | None:
        """The photograph."""
        source = self.jobs[0].source
        return source if self.is_single and not isinstance(source, GivenPicture) else None

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """What to dream on, and where each dream goes.

        Raises:
            UserError: there is nothing to dream on, or the result's name does not fit.
        """
        return jobs_of(self.inputs, self.out)

    @property
    def is_single(self) -> bool:
        """Whether one picture was named: its dream is the result's picture, and an interrupted one is resumed."""
        return len(self.jobs) == 1 and self.jobs[0].place is None

    def __post_init__(self) -> None:
        """The last input may be the result's path; some options need another one."""
        inputs, out = split_result(self.inputs, self.out)
        if not inputs:
            raise UserError("name a picture, a folder or a film, and where its dream goes: photo.jpg dream.png")
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "out", out)
        needs = {"frames": "film", "zoom": "film", "frame_steps": "film", "preview_every": "preview"}
        defaults: dict[str, Any] = {option.name: option.default for option in fields(self)}
        for name, other in needs.items():
            if vars(self)[name] != defaults[name] and not vars(self)[other]:
                raise UserError(f"--{name.replace('_', '-')} changes a {other}: add --{other} FILE")
        if self.film and not self.is_single:
            raise UserError("--film flies into the dream of one picture: name one; for the dream of a film: film.mp4")
