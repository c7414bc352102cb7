"""A report as one HTML page with its pictures inside: nothing is fetched when it is opened."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from etudes.contract import Table
from etudes.views.card import show


@dataclass(frozen=True)
class Section:
    """One étude in a report."""

    name: str
    learns: str
    headline: str
    """Name of the figure that counts most; one of `figures`."""
    figures: dict[str, Any]
    data: str
    seconds: float
    command: str
    """The command whose answers `lines` are."""
    lines: Sequence[str]
    tables: Sequence[Table]
    pictures: Sequence[tuple[str, Path]]
    """Caption and file (PNG or GIF) of each picture."""


def _embedded(caption: str, path: Path) -> dict[str, Any]:
    with Image.open(path) as image:
        width, height = image.size
    kind = "gif" if path.suffix == ".gif" else "png"
    encoded = base64.b64encode(path.read_bytes()).decode()
    source = f"data:image/{kind};base64,{encoded}"
    return {"caption": caption, "source": source, "width": width, "height": height}


def report_page(title: str, intro: str, sections: Sequence[Section], footer: str) -> str:
    """The page as HTML.

    Args:
        title: its heading.
        intro: a sentence or two below it.
        sections: the études, in order.
        footer: how and with what it was made.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("etudes", "views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["show"] = show
    shown = [
        {**vars(section), "pictures": [_embedded(caption, path) for caption, path in section.pictures]}
        for section in sections
    ]
    template = environment.get_template("report.html.jinja")
    return template.render(title=title, intro=intro, sections=shown, footer=footer)
