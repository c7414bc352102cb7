"""A run as one page: what it is made of, and how it is put together."""

from etudes.pages.html import page_html
from etudes.pages.parts import PageParts, page_parts

__all__ = ["PageParts", "page_html", "page_parts"]
