"""The page of a run in the studio: the one that `etudes share` writes, made once, with a way back."""

import gzip
import http.client
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from etudes.actions.share import share_page
from etudes.pages import PageParts
from etudes.runs import BUNDLED
from etudes.studio import run_pages
from etudes.studio.run_pages import RunPages, UnknownRunError
from etudes.studio.studio import Studio
from studio.visiting import PATIENCE, Served

RUN = "addition_rnn@bundled"
BuiltPage = Callable[[str], PageParts]


def get(studio: Served, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """The status, the content as it was sent, and the headers."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=240)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content, {name.lower(): value for name, value in answer.getheaders()}


def test_the_page_of_a_run_is_the_one_that_share_writes(studio: Served, built_page: BuiltPage) -> None:
    built_page("addition_rnn")
    wanted = share_page(RUN).encode()
    for path in (f"/pages/{RUN}", f"/pages/{RUN}?studio=en"):
        status, content, headers = get(studio, path)
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert content == wanted
    status, content, headers = get(studio, f"/pages/{RUN}?file", **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"
    assert len(content) < len(wanted)
    assert gzip.decompress(content) == wanted
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''addition_rnn%40bundled.html"
    assert get(studio, f"/pages/{RUN}", **{"If-None-Match": headers["etag"]})[:2] == (304, b"")
    assert "sandbox" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "allow-same-origin" not in headers["content-security-policy"]


def test_a_run_without_a_page_gets_one_line_in_a_page(studio: Served) -> None:
    unfinished = studio.runs / "addition_rnn-tuned-77"
    shutil.copytree(BUNDLED / "addition_rnn", unfinished)
    (unfinished / "results.json").unlink()
    refused = studio.runs / ".studio" / "addition_rnn-tiny-1.log"  # it left no folder
    refused.write_text("etudes: no such data\n")
    cases = (
        (unfinished.name, 409, "finish"),
        (refused.stem, 409, "has not begun"),
        ("nothing", 404, "there is no run"),
    )
    try:
        for name, status, line in cases:
            for language, title in (("en", "This run has no page"), ("zh", "这个运行没有页面")):
                found, content, headers = get(studio, f"/pages/{name}?studio={language}")
                page = content.decode()
                assert (found, headers["content-type"]) == (status, "text/html; charset=utf-8")
                assert f"<h1>{title}</h1>" in page
                assert f'<a href="../{language}/">' in page
                (said,) = re.findall("<p>([^<]*)</p>", page)
                assert line in said
                assert "/" not in said
                assert len(said) <= 200
    finally:
        shutil.rmtree(unfinished)
        refused.unlink()


class Recording(Studio):
    """A studio whose worker writes what it was asked for instead of a page."""

    def __init__(self, *, local: bool) -> None:
        super().__init__(local=local)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.worker.ask = self._ask  # type: ignore[method-assign]

    def _ask(self, do: str, run: str, *inputs: str, **options: Any) -> dict[str, Any]:
        self.asked.append((run, options))
        Path(options["file"]).write_bytes(gzip.compress(f"{do} {run} {len(self.asked)}".encode()))
        return {}


@pytest.fixture
def studios(runs: Path) -> Iterator[Callable[[bool], Recording]]:
    opened: list[Recording] = []

    def make(local: bool) -> Recording:
        opened.append(Recording(local=local))
        return opened[-1]

    yield make
    for studio in opened:
        studio.close()


def test_a_page_is_made_once_and_anew_when_the_run_changes(studios: Callable[[bool], Recording], runs: Path) -> None:
    folder = runs / "antirectifier-tuned-8"
    shutil.copytree(BUNDLED / "antirectifier", folder)
    studio = studios(True)
    pages = RunPages(studio)
    first = pages.page(folder.name)
    assert pages.page(folder.name) == first
    assert [run for run, _ in studio.asked] == [str(folder)]
    os.utime(folder / "results.json", (1, 1))
    assert pages.page(folder.name) != first
    assert len(studio.asked) == 2
    assert pages.page("cifar10_cnn@mnist").is_file()  # of a bundled run, whose name is its reference
    assert studio.asked[-1][0] == "cifar10_cnn@mnist"
    for name in ("../outside", "/etc", "nothing"):
        with pytest.raises(UnknownRunError):
            pages.page(name)


@pytest.mark.parametrize(("local", "own", "with_pictures"), [(1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 0)])
def test_private_pictures_are_shown_only_on_ones_own_machine_and_never_saved(
    studios: Callable[[bool], Recording], local: bool, own: bool, with_pictures: bool
) -> None:
    studio = studios(bool(local))
    RunPages(studio).page(RUN, own=bool(own))
    assert [options["with_pictures"] for _, options in studio.asked] == [bool(with_pictures)]


def test_the_pages_that_were_not_read_for_longest_are_removed(
    studios: Callable[[bool], Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_pages, "MAX_KEPT", 2)
    studio = studios(True)
    pages = RunPages(studio)
    for number, name in enumerate(("antirectifier@bundled", "cifar10_cnn@bundled", "mnist_acgan@bundled")):
        os.utime(pages.page(name), (number, number))
    assert len(list(studio.folder("pages").iterdir())) == 2
    pages.page("mnist_acgan@bundled")
    assert len(studio.asked) == 3


@pytest.mark.long
def test_a_page_computes_in_the_studio_and_leads_back(studio: Served, browser: Any, built_page: BuiltPage) -> None:
    built_page("addition_rnn")
    context = browser.new_context(viewport={"width": 1200, "height": 850}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    page, asked = context.new_page(), []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{studio.address}/zh/")
    page.locator("[data-etude=addition_rnn] .first").click()
    page.locator("html[data-answered]").wait_for(state="attached")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert "= 70" in page.locator("#top").inner_text()
    bar = page.locator("nav.studio")
    queries = ["", "?tab=sums", "?tab=train&etude=addition_rnn", "?tab=runs&etude=addition_rnn"]
    links = [link.get_attribute("href") for link in bar.locator("a").all()]
    assert links == [*(f"../zh/{query}" for query in queries), f"{RUN}?file"]
    page.locator("header.page button[lang=en]").click()
    assert bar.locator("a").first.get_attribute("href") == "../en/"
    with page.expect_download() as saved:
        bar.locator("a", has_text="Save this page").click()
    assert saved.value.suggested_filename == f"{RUN}.html"
    page.goto(f"{studio.address}/pages/{RUN}")  # as a file, it has no studio to lead back to
    page.locator("html[data-answered]").wait_for(state="attached")
    assert not bar.count()
    assert [url for url in asked if not url.startswith((f"{studio.address}/", "data:", "blob:"))] == []
    assert not errors
    context.close()
