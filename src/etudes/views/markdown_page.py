"""A card in the terminal. Apart from `terminal`, as what reads Markdown takes long to load."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.table import Table as RichTable

from etudes.views.terminal import FittingTable


class Card(Markdown):
    """A page in Markdown whose tables fit, with captions in place of pictures."""

    def __init__(self, text: str) -> None:
        super().__init__(re.sub(r"!\[([^\]]*)\]\([^)]*\)", r"*\1*", text))

    class _Table(TableElement):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            drawn = next(iter(super().__rich_console__(console, options)))
            assert isinstance(drawn, RichTable)
            header = self.header.row.cells if self.header and self.header.row else []
            rows = self.body.rows if self.body else []
            cells = [[str(cell.content) for cell in row.cells] for row in rows]
            yield FittingTable(drawn, [str(cell.content) for cell in header], cells)

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": _Table}
