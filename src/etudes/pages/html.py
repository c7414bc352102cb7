"""A page as one HTML file: its data as JSON, its networks and their runtime as text, one style, one script."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from typing import Any

from etudes.errors import printable
from etudes.pages.parts import PageParts
from etudes.views.exif import SOFTWARE

LANGUAGES = {"": "en", "en": "en", "zh": "zh-CN"}

NO_SCRIPT = (
    ("en", "This page computes in your browser and needs JavaScript; it sends nothing to anybody."),
    ("zh-CN", "本页在你的浏览器中进行计算，需要启用 JavaScript；它不会向任何人发送数据。"),
)

POLICY = "; ".join(
    (
        "default-src 'none'",  # no request to anybody
        "script-src '{script}' blob: 'wasm-unsafe-eval'",  # this script, the runtime that it unpacks, and WebAssembly
        "style-src 'unsafe-inline'",  # the widths of bars and the colours of cells stand in attributes
        "img-src data: blob:",
        "media-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""What the page may load; a browser refuses everything else, whatever a class is called."""

PAGE = """\
<!DOCTYPE html>
<!--
{notice}
-->
<html lang="{language}"{chosen} data-etude="{etude}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="{software}">
<meta name="referrer" content="no-referrer">
<meta name="description" content="{description}">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<noscript>{no_script}</noscript>
<main id="page"></main>
<script type="application/json" id="page-data">{data}</script>
{blobs}
<script>{script}</script>
</body>
</html>
"""


def page_html(
    *,
    etude: str,
    title: str,
    description: str,
    data: Mapping[str, Any],
    blobs: Mapping[str, bytes],
    parts: PageParts,
    language: str = "",
) -> str:
    """The page; the same arguments give the same text.

    Args:
        etude: the study's name.
        title: of the page, as plain text.
        description: of the page for search machines, as plain text.
        data: what the script calls `PageData`, ready for JSON.
        blobs: bytes that the script unpacks, by name; where a "graph-…" is among them, the page gets the runtime too.
        parts: what the pages of the study are made of.
        language: that in which the page opens, "en" or "zh"; by default that of the reader's browser.

    Raises:
        ValueError: the data holds a number that JSON has not, such as NaN.
    """
    packed = {name: pack(content) for name, content in blobs.items()}
    if any(name.startswith("graph-") for name in blobs):
        packed["runtime-module"] = _pack_once(parts.runtime_module)
        packed["runtime-wasm"] = _pack_once(parts.runtime_wasm)
    script = _harmless_script(parts.script)
    return PAGE.format(
        notice=re.sub("-(?=-)", "- ", "\n".join(text for _, text in parts.licences)),
        language=LANGUAGES[language],
        chosen=f' data-language="{language}"' if language else "",
        etude=escape(etude),
        software=SOFTWARE,
        policy=POLICY.format(script=_sum(script)),
        description=escape(printable(description)),
        title=escape(printable(title)),
        style=parts.style.replace("</", "<\\/"),
        no_script="".join(f'<p lang="{code}">{escape(text)}</p>' for code, text in NO_SCRIPT),
        data=_harmless_json(data),
        blobs="\n".join(
            f'<script type="text/plain" id="blob-{escape(name)}">{text}</script>' for name, text in packed.items()
        ),
        script=script,
    )


def pack(content: bytes) -> str:
    """Bytes as text: gzip, without the time, in base64."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode("ascii")


@lru_cache(maxsize=2)
def _pack_once(content: bytes) -> str:
    """The runtime is the same in all pages, and takes a second."""
    return pack(content)


def _harmless_json(data: Mapping[str, Any]) -> str:
    """JSON that ends no script and opens no comment, whatever names and texts of people hold."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return re.sub(r"[<\u2028\u2029\ud800-\udfff]", lambda sign: f"\\u{ord(sign[0]):04x}", text)


def _harmless_script(script: str) -> str:
    """A script that does not end early: in its texts "<" is written in another way where HTML would read it."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script.replace("\r\n", "\n"), flags=re.IGNORECASE)


def _sum(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}"
