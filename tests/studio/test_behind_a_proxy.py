"""The studio behind a reverse proxy with a prefix and a public name; ports, passwords and signals of services."""

import base64
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from etudes.errors import UserError
from etudes.pages import PageParts
from etudes.studio.server import PublicAddress, password_for, public_address
from studio.visiting import Served, start_studio

PREFIX = "/lab/etudes"
SECRET = "sesame"


def test_the_public_address_is_read_from_options_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert public_address(None, None) == PublicAddress()
    assert public_address("/lab/etudes/", "lab.example.org") == PublicAddress("/lab/etudes", "lab.example.org")
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/user/me/proxy/7860")
    assert public_address(None, None).root_path == "/user/me/proxy/7860"
    assert public_address("", None).root_path == ""
    for path, host, cure in (
        ("lab", None, "such as /lab/etudes"),
        ("https://x/lab", None, "such as /lab/etudes"),
        ("/a b", None, "such as /lab/etudes"),
        (None, "https://lab.example.org", "lab.example.org"),
        (None, "lab.example.org:8000", "lab.example.org"),
    ):
        with pytest.raises(UserError, match=cure):
            public_address(path, host)


def test_a_password_file_may_have_a_byte_order_mark_and_lie_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "secret").write_bytes(b"\xef\xbb\xbfsesame\r\n")
    assert password_for("127.0.0.1", "~/secret") == SECRET


def test_behind_a_proxy_a_password_is_asked_for() -> None:
    with pytest.raises(UserError, match="--password-file"):
        password_for("127.0.0.1", None, behind_proxy=True)


@pytest.mark.parametrize("path", ["/en/", "/report/x", "/"])
def test_the_path_is_the_same_whether_the_proxy_takes_the_prefix_off_or_not(path: str) -> None:
    pytest.importorskip("gradio")
    from starlette.responses import PlainTextResponse
    from starlette.testclient import TestClient
    from starlette.types import Receive, Scope, Send

    from etudes.studio.middleware import UnderRootPath

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        text = f"{scope['root_path']} {scope['path']} {scope['raw_path'].decode()}"
        await PlainTextResponse(text)(scope, receive, send)

    client = TestClient(UnderRootPath(echo, PREFIX))
    for asked in (path, PREFIX + path):
        assert client.get(asked).text == f"{PREFIX} {PREFIX}{path} {PREFIX}{path}"
    assert TestClient(UnderRootPath(echo, "")).get(path).text == f" {path} {path}"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    pytest.importorskip("gradio")
    folder = tmp_path_factory.mktemp("behind")
    secret = folder / "password"
    secret.write_text(SECRET)
    served = start_studio(
        folder / "runs", "--password-file", str(secret), "--root-path", PREFIX, "--public-host", "lab.localhost"
    )
    yield served
    served.end()


@pytest.mark.long
@pytest.mark.parametrize("strip", [True, False])
def test_a_person_asks_through_the_proxy(
    behind: Served, browser: Any, strip: bool, built_page: Callable[[str], PageParts]
) -> None:
    from studio.reverse_proxy import reverse_proxy

    built_page("addition_rnn")
    with reverse_proxy(PREFIX, behind.address, strip=strip) as port:
        public = f"http://lab.localhost:{port}{PREFIX}"
        context = browser.new_context(http_credentials={"username": "me", "password": SECRET})
        page, failed, requests = context.new_page(), [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
        page.goto(f"{public}/")
        assert page.url == f"{public}/en/"
        page.locator("[data-etude=addition_rnn][data-state=shown]").wait_for(timeout=120_000)
        page.locator("[data-etude=addition_rnn] .first").click()
        page.locator("html[data-answered]").wait_for(state="attached", timeout=120_000)
        page.locator("nav.studio a").first.click()
        page.wait_for_url(f"{public}/en/")
        page.locator("nav a[href='?tab=sums']").click()
        question = page.locator("#question input, #question textarea")
        question.fill("35+35")
        question.press("Enter")
        page.wait_for_function("() => document.body.innerText.includes('70')", timeout=120_000)
        assert any(url.startswith(f"{public}/en/") and "theme.css" in url for url in requests)
        own = (f"{public}/", "data:", "blob:")
        assert [url for url in requests if not url.startswith(own)] == []
        assert [url for url in failed if "favicon" not in url and "manifest" not in url] == []
        page.locator("nav a[lang=zh]").click()
        page.wait_for_url(f"{public}/zh/?tab=sums")
        page.locator("nav a.home").click()
        page.wait_for_url(f"{public}/zh/")
        context.close()


@pytest.mark.long
def test_only_the_public_name_and_this_machine_are_answered(behind: Served) -> None:
    right = {"Authorization": "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode()}
    assert behind.get("/en/", Host="lab.localhost", **right) == 200
    assert behind.get("/en/", **right) == 200
    assert behind.get("/en/", Host="evil.example.org", **right) == 400
    assert behind.get("/en/", Host="lab.localhost") == 401


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_any_free_port_is_printed_and_a_signal_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    pytest.importorskip("gradio")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "ETUDES_RUNS": str(tmp_path / "runs"), "TMPDIR": str(temporary)}
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "etudes", "studio", "--port", "0"], env=environment, stdout=file, stderr=file
        )
    try:
        until = time.monotonic() + 120
        while "http://" not in log.read_text() and time.monotonic() < until:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        address = log.read_text().split("studio: ", 1)[1].split()[0]
        assert not address.endswith(":0/")
        with urllib.request.urlopen(address) as answer:
            assert answer.status == 200
        assert [path.name for path in temporary.iterdir() if path.name.startswith("etudes-studio-")]
        process.send_signal(number)
        process.wait(60)
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()
    assert "closed" in log.read_text()
    assert [path for path in temporary.rglob("*") if path.is_file() or path.name.startswith("etudes-")] == []
