"""Parts of a notebook's output: escaped, with pictures inside, and no larger than a page can bear.

Colours and fonts are the notebook's own, so that a dark one stays dark.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

MAX_LINES = 20
MAX_ROWS = 40
MAX_PICTURES = 12
MAX_FRAMES = 48
"""Of a film."""
MAX_SIDE = 900
"""Pixels of a picture's longer side."""
MAX_FRAME_SIDE = 320
"""The same of a film."""
MAX_BYTES = 3_000_000
"""Of all pictures of an output."""
_MAX_CELL = 200
"""Characters of a cell or a line's word."""
_MAX_NOT_WRAPPED = 40
_SMALL = 64
"""Pixels below which a picture is shown larger than it is, pixel by pixel."""


def shown(value: Any) -> str:
    """A cell or a metric in words."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(part)}" for name, part in value.items())
    return "" if value is None else str(value)


def as_html(*parts: str) -> str:
    """Parts below each other."""
    return f'<div style="max-width:60em">{"".join(parts)}</div>'


def lines_html(lines: Iterable[str]) -> str:
    """Plain sentences, a line each."""
    lines = [*lines]
    return "".join(f"<div>{_text(line, 5 * _MAX_CELL)}</div>" for line in _some(lines, MAX_LINES, "lines"))


def metrics_html(metrics: Mapping[str, Any]) -> str:
    """Single numbers by name."""
    return table_html("", (), [(name.replace("_", " "), value) for name, value in metrics.items()])


def table_html(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table with its title; empty without rows."""
    if not rows:
        return ""
    style = "text-align:left;vertical-align:top"
    caption = f'<caption style="{style};caption-side:top;font-weight:bold">{_text(title)}</caption>' if title else ""
    head = "".join(f'<th style="{style}">{_text(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows[:MAX_ROWS])
    more = f"<div>… and {len(rows) - MAX_ROWS:,} more rows</div>" if len(rows) > MAX_ROWS else ""
    header = f"<tr>{head}</tr>" if head else ""
    return f'<table style="margin:0.6em 0">{caption}{header}{body}</table>{more}'


def pictures_html(pictures: Mapping[str, Image | list[Image]], captions: Mapping[str, str]) -> str:
    """Pictures with their captions; those of sets, such as the ones behind a confusion matrix, are only counted."""
    alone = [name for name in pictures if "/" not in name]
    parts, room = [], MAX_BYTES
    for name in alone[:MAX_PICTURES]:
        picture = pictures[name]
        url, style = _data_url(picture)
        if isinstance(picture, list) and len(url) > room:
            url, style = _data_url(picture[0])
        room -= len(url)
        if room < 0:
            break
        caption = _text(captions.get(name, name.replace("-", " ")))
        image = f'<img src="{url}" alt="{caption}" style="max-width:100%;{style}">'
        parts.append(f'<figure style="margin:0.6em 0">{image}<figcaption>{caption}</figcaption></figure>')
    if len(pictures) > len(parts):
        parts.append(f"<div>… and {len(pictures) - len(parts)} more in <code>result.pictures</code></div>")
    return "".join(parts)


def figure_html(drawn: Figure) -> str:
    """A figure of matplotlib."""
    memory = io.BytesIO()
    drawn.savefig(memory, format="png")
    return f'<img src="{file_url("png", memory.getvalue())}" alt="learning curves" style="max-width:100%">'


def file_url(kind: str, content: bytes) -> str:
    """The content of a picture file inside an address; `kind` is such as "png"."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _some(items: Sequence[str], most: int, what: str) -> Sequence[str]:
    return items if len(items) <= most else [*items[:most], f"… and {len(items) - most:,} more {what}"]


def _text(text: str, most: int = _MAX_CELL) -> str:
    return escape(text if len(text) <= most else text[: most - 1] + "…")


def _cell(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    side = "right" if number else "left"
    text = _text(shown(value))
    wrap = "" if len(text) > _MAX_NOT_WRAPPED else ";white-space:nowrap"
    return f'<td style="text-align:{side};vertical-align:top{wrap}">{text}</td>'


def _data_url(picture: Image | list[Image]) -> tuple[str, str]:
    """The picture as an address that holds it, and the width to show it at, in CSS; a small one is shown larger."""
    memory = io.BytesIO()
    if isinstance(picture, list):
        frames = [_shrunk(frame, MAX_FRAME_SIDE) for frame in picture[:: -(-len(picture) // MAX_FRAMES)]]
        kind, width = "gif", frames[0].width
        frames[0].save(memory, "GIF", save_all=True, append_images=frames[1:], duration=250, loop=0)
    else:
        image = _shrunk(picture, MAX_SIDE)
        kind, width = "png", image.width
        image.save(memory, "PNG")
        if memory.tell() > MAX_BYTES // 4:  # a photograph
            memory, kind = io.BytesIO(), "jpeg"
            image.convert("RGB").save(memory, "JPEG", quality=88)
    larger = f"width:{2 * _SMALL // width * width}px;image-rendering:pixelated" if width < _SMALL else ""
    return file_url(kind, memory.getvalue()), larger


def _shrunk(image: Image, most: int) -> Image:
    if max(image.size) <= most:
        return image
    image = image.copy()
    image.thumbnail((most, most))
    return image
