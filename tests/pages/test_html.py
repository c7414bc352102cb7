"""How a page is put together: names and texts of people stay texts, and the same run gives the same bytes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from etudes.pages import PageParts, page_html
from etudes.pages.licences import licences

EVIL = "</script><script>alert(1)</script><!-- ]]> \u2028\u2029 <b>&\"' \ud800 猫"
SCRIPT = "const closing = '</script>', comment = `<!-- ${1}`, pattern = /<\\/script/; console.log(closing, comment);"
PARTS = PageParts(SCRIPT, "p::after { content: '<\\/style>' }", b"module", b"\0asm", licences("1.30.0"))


def made(**changed: Any) -> str:
    given: dict[str, Any] = {
        "etude": "cifar10_cnn",
        "title": "cifar10_cnn · ten kinds",
        "description": "what it learned",
        "data": {"run": "mine", "classes": ["cat", EVIL]},
        "blobs": {"graph-classifier": b"graph", "weights": b"weights"},
        "parts": PARTS,
    }
    return page_html(**given | changed)


class Reader(HTMLParser):
    """The elements of a page with their attributes, and what each holds."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.comments: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = tag, attributes, text + data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def of(self, tag: str, **wanted: str) -> tuple[dict[str, str | None], str]:
        (one,) = [(a, text) for name, a, text in self.found if name == tag and wanted.items() <= a.items()]
        return one


def test_a_page_holds_data_blobs_style_script_and_licences() -> None:
    page = Reader(made())
    assert json.loads(page.of("script", id="page-data")[1])["classes"] == ["cat", EVIL]
    packed = page.of("script", id="blob-weights")[1]
    assert gzip.decompress(base64.b64decode(packed)) == b"weights"
    assert gzip.decompress(base64.b64decode(page.of("script", id="blob-runtime-wasm")[1])) == b"\0asm"
    assert page.of("main", id="page")
    assert page.of("meta", name="color-scheme")[0]["content"] == "light dark"
    assert "Copyright (c) Microsoft Corporation" in page.comments[0]
    assert "blob/v1.30.0/ThirdPartyNotices.txt" in page.comments[0]
    assert "JavaScript" in made().split("<noscript>")[1].split("</noscript>")[0]
    assert page.of("html")[0] == {"lang": "en", "data-etude": "cifar10_cnn"}  # the script takes the browser's language
    chosen = {"lang": "zh-CN", "data-language": "zh", "data-etude": "cifar10_cnn"}
    assert Reader(made(language="zh")).of("html")[0] == chosen


def test_a_page_without_networks_holds_no_runtime() -> None:
    assert "blob-runtime" not in made(blobs={})
    assert "blob-runtime" not in made(blobs={"weights": b""})


def test_names_and_texts_of_people_stay_texts() -> None:
    page = made(title=f"mine: {EVIL}", description=EVIL)
    read = Reader(page)
    assert [tag for tag, _, _ in read.found] == [tag for tag, _, _ in Reader(made()).found]
    assert read.of("title")[1].startswith("mine: </script><script>alert(1)</script>")
    assert read.of("meta", name="description")[0]["content"] == EVIL.translate(
        dict.fromkeys((0x2028, 0x2029, 0xD800), "?")
    )
    assert not re.search("[\u2028\u2029\ud800]", page)
    page.encode()  # half of a pair of UTF-16, as a file's name may hold, cannot be written


def test_a_script_ends_where_the_page_says() -> None:
    page = made()
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    assert script == SCRIPT.replace("'</script>'", "'\\x3c/script>'").replace("<!--", "\\x3c!--")
    (policy,) = re.findall('Content-Security-Policy" content="(.*?)"', page)
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


def test_the_same_run_gives_the_same_bytes() -> None:
    assert made() == made()


def test_a_number_that_json_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        made(data={"loss": float("nan")})
