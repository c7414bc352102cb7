"""A report as one HTML page with its pictures inside: nothing is fetched when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from etudes.contract import Table
from etudes.errors import UserError
from etudes.results.html import file_url
from etudes.views.card import show
from etudes.views.exif import SOFTWARE

MAX_PICTURE_BYTES = 50_000_000
"""Bytes of a picture's file that a page takes."""


@dataclass(frozen=True)
class Part:
    """The content below one heading of a section."""

    heading: str
    command: str = ""
    """The command that makes this part."""
    lines: Sequence[str] = ()
    pictures: Sequence[tuple[str, Path]] = ()
    """Caption and file (PNG or GIF) of each picture."""
    fragment: str = ""
    """HTML, inserted as it is; other text is escaped."""
    tables: Sequence[Table] = ()
    folded: Sequence[Table] = ()
    """Tables that are folded until their title is clicked."""


@dataclass(frozen=True)
class Section:
    """A framed section of a report."""

    name: str
    about: str
    parts: Sequence[Part]
    headline: tuple[str, Any] | None = None
    """The most important metric: its name and value."""
    page: str = ""
    """Where the page is in which the run's network can be tried, relative to the report."""


@dataclass(frozen=True)
class Page:
    """A report of a run, or of all studies."""

    title: str
    intro: str
    """A sentence or two below the title."""
    sections: Sequence[Section]
    footer: str
    """How it was made."""
    glance: Table | None = None
    """A table above the sections; a first cell that names a section links to it."""


def anchor(name: str) -> str:
    """The name of a section as the target of a link."""
    return "-".join(name.lower().split())


def _embedded(caption: str, path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_PICTURE_BYTES:
            raise UserError(f"{path} is larger than {MAX_PICTURE_BYTES // 1_000_000} MB: delete it, then report again")
        with Image.open(path, formats=("PNG", "GIF", "JPEG")) as image:
            (width, height), kind = image.size, str(image.format).lower()
        source = file_url(kind, path.read_bytes())
    except OSError as error:
        raise UserError(f"{path} is not a readable picture: delete it, then report again") from error
    return {"caption": caption, "source": source, "width": width, "height": height}


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
    names = [section.name for section in page.sections]
    text = template.render(software=SOFTWARE, page=page, sections=shown, names=names)
    return text.encode("utf-8", "backslashreplace").decode()  # the names of files need not be Unicode
