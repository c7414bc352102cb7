"""A report as one HTML page with its pictures inside: nothing is fetched when it is opened."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from etudes.contract import Table
from etudes.errors import UserError
from etudes.views.card import show

LARGEST_PICTURE = 50_000_000
"""Bytes that a picture's file may have to become part of a page."""


@dataclass(frozen=True)
class Part:
    """What stands below one heading of a section."""

    heading: str
    command: str = ""
    """The command that gives what follows."""
    lines: Sequence[str] = ()
    pictures: Sequence[tuple[str, Path]] = ()
    """Caption and file (PNG or GIF) of each picture."""
    fragment: str = ""
    """HTML that is a part of the page as it is; other text is escaped."""
    tables: Sequence[Table] = ()
    folded: Sequence[Table] = ()
    """Tables of which only the title is seen until it is clicked."""


@dataclass(frozen=True)
class Section:
    """A part of a report with a frame of its own."""

    name: str
    about: str
    parts: Sequence[Part]
    headline: tuple[str, Any] | None = None
    """The figure that counts most: its name and value."""


@dataclass(frozen=True)
class Page:
    """A report: of a run, or of all études."""

    title: str
    intro: str
    """A sentence or two below the title."""
    sections: Sequence[Section]
    footer: str
    """How and with what it was made."""
    glance: Table | None = None
    """A table above the sections; a first cell that is a section's name leads there."""


def anchor(name: str) -> str:
    """The name of a section as the place that a link leads to."""
    return "-".join(name.lower().split())


def _embedded(caption: str, path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_PICTURE:
            raise UserError(f"{path} is too large for a page: at most {LARGEST_PICTURE // 1_000_000} MB")
        with Image.open(path, formats=("PNG", "GIF", "JPEG")) as image:
            (width, height), kind = image.size, str(image.format).lower()
        encoded = base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise UserError(f"{path} is no picture that can be read: delete it and make it again") from error
    return {"caption": caption, "source": f"data:image/{kind};base64,{encoded}", "width": width, "height": height}


def report_page(page: Page) -> str:
    """The page as HTML.

    Raises:
        UserError: a picture cannot be read.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("etudes", "views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"show": show, "anchor": anchor}
    shown = [
        {
            **vars(section),
            "parts": [
                {**vars(part), "pictures": [_embedded(caption, path) for caption, path in part.pictures]}
                for part in section.parts
            ],
        }
        for section in page.sections
    ]
    template = environment.get_template("report.html.jinja")
    return template.render(page=page, sections=shown, names=[section.name for section in page.sections])
