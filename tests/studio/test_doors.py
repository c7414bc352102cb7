"""What the studio gives away, asks for and refuses: requests, paths, sizes, passwords, contrast, keyboard."""

import ast
import base64
import http.client
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import urllib.request
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from etudes.data import embedded_photo
from etudes.studio.translations import _TEXTS
from studio.visiting import Served, Visit, cpu_seconds, open_page, start_studio

TABS = {
    "en": ("Add", "Read digits", "Draw digits", "Photographs", "Fine-tune", "Dream", "Train", "Runs"),
    "zh": ("加法", "识别数字", "生成数字", "照片", "微调", "梦境", "训练", "运行"),
}


def call(address: str, action: str, *values: Any, **headers: str) -> Any:
    """Call an action as docs/studio.md says: ask, then read its answer."""
    start = f"{address}/en/gradio_api/call/{action}"
    body = json.dumps({"data": list(values)}).encode()
    request = urllib.request.Request(start, body, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=120) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(urllib.request.Request(f"{start}/{event}", headers=headers), timeout=120) as answer:
        said = answer.read().decode()
    _, complete, data = said.partition("event: complete\ndata: ")  # while it waits, Gradio sends heartbeats
    assert complete, said
    return json.loads(data)[0]


def post(studio: Served, path: str, content: bytes) -> tuple[int, str]:
    """Upload a file as a browser does; the status, and what was said."""
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + content + b"\r\n--x--\r\n"
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=60)
    connection.request("POST", path, part, {"Content-Type": "multipart/form-data; boundary=x"})
    answer = connection.getresponse()
    said = answer.read(200).decode()
    connection.close()
    return answer.status, said


def test_the_server_has_no_backend_and_one_worker_answers(studio: Served) -> None:
    assert call(studio.address, "add", "35+35", "")["answer"] == "70"
    loaded = Path(f"/proc/{studio.process.pid}/maps").read_text()
    assert "numpy" in loaded
    assert not [name for name in ("tensorflow", "jaxlib", "libtorch") if name in loaded]
    workers = studio.workers()
    assert len(workers) == 1
    assert call(studio.address, "add", "36+36", "")["answer"] == "72"
    assert studio.workers() == workers


@pytest.mark.long
def test_the_other_language_is_one_press_away(visit: Visit) -> None:
    page = visit.page
    visit.tab("Add")
    link = page.locator(".heading a[lang=zh]")
    link.focus()
    page.keyboard.press("Enter")
    page.locator("#ask", has_text="提问").wait_for()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.locator("#question input, #question textarea").fill("12+30")
    page.keyboard.press("Enter")
    page.locator("#sum .verdict", has_text="正确").wait_for()
    page.locator(".heading a[lang=en]").click()
    page.locator("#ask", has_text="Ask").wait_for()


PROBES = (
    "/etc/passwd",
    "/../../../../etc/passwd",
    "/en/../../etc/passwd",
    "/en/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/en/gradio_api/file=/etc/passwd",
    "/en/gradio_api/file=../../../../etc/passwd",
    "/en/file=/etc/passwd",
    "/en/static/..%2f..%2f..%2fetc/passwd",
    "/en/assets/../../../routes.py",
    "/en/assets/..%2f..%2f..%2f..%2froutes.py",
    "/report/..%2f..%2fetc",
    "/report/..",
    "/report/.studio",
    "/report/nothing",
    "/en/gradio_api/proxy=http://127.0.0.1:1/",
    "/docs",
    "/openapi.json",
)


@pytest.mark.parametrize("path", PROBES)
def test_paths_that_lead_outside_are_refused(studio: Served, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=30)
    connection.putrequest("GET", path)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert 400 <= answer.status < 500
    assert b"root:" not in content


def test_files_of_this_machine_and_of_runs_cannot_be_read_through_the_file_route(studio: Served) -> None:
    for path in (Path(__file__), studio.runs / ".studio", studio.runs.parent / f"studio-{studio.port}.log"):
        assert 400 <= studio.get(f"/en/gradio_api/file={path}") < 500


def test_a_foreign_name_of_this_machine_is_refused(studio: Served) -> None:
    assert studio.get("/en/", Host="evil.example") == 400
    for name in (f"localhost:{studio.port}", f"127.0.0.1:{studio.port}", "[::1]:80", "localhost"):
        assert studio.get("/en/gradio_api/app_id", Host=name) == 200


def test_requests_that_are_too_large_are_refused_before_they_are_read(studio: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=30)
    connection.putrequest("POST", "/en/gradio_api/call/classify")
    connection.putheader("Content-Length", "9000000000")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def bomb() -> bytes:
    """A PNG of 60,000 × 60,000 pixels in few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000)))
        + chunk(b"IEND", b"")
    )


BAD_PICTURES = {
    "bomb": (bomb(), "million pixels"),
    "text": (b"no picture at all", "is not a picture"),
    "cut": (b"\x89PNG\r\n\x1a\n" + bytes(20), "is not a picture"),
    "script": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "is not a picture"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_bad_pictures_are_refused_over_http(studio: Served, name: str) -> None:
    content, word = BAD_PICTURES[name]
    error = call(studio.address, "classify", base64.b64encode(content).decode(), "")["error"]
    assert word in error
    assert "/" not in error  # where the server keeps the file is nobody's business


@pytest.mark.long
def test_a_file_that_is_not_a_good_picture_gets_one_line(visit: Visit, tmp_path: Path) -> None:
    visit.tab("Photographs")
    shown = visit.page.locator("#photo-classes .error")
    for name in ("bomb", "text", "cut"):
        content, word = BAD_PICTURES[name]
        file = tmp_path / f"{name}.png"
        file.write_bytes(content)
        visit.drop("photo", file)
        visit.page.locator("#photo-classes .error", has_text=f"{name}.png").wait_for()
        assert word in shown.inner_text()
        assert "/" not in shown.inner_text()


@pytest.mark.long
def test_a_photograph_that_is_too_large_or_a_script_is_not_taken(visit: Visit, tmp_path: Path) -> None:
    svg, large = tmp_path / "script.svg", tmp_path / "large.png"
    svg.write_bytes(BAD_PICTURES["script"][0])
    large.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(27_000_000))
    visit.tab("Photographs")
    visit.drop("photo", large)
    visit.page.locator("[data-testid=toast-body]", has_text="25").first.wait_for()
    visit.drop("photo", svg)
    visit.page.wait_for_timeout(300)
    assert not visit.page.locator("#photo-classes .bars").count()


def test_an_upload_that_is_too_large_is_refused(studio: Served) -> None:
    status, said = post(studio, "/en/gradio_api/upload", b"\x89PNG\r\n\x1a\n" + bytes(27_000_000))
    assert status == 413, said


def test_the_api_gives_what_the_page_gives(studio: Served) -> None:
    answer = call(studio.address, "add", "999+1", "addition_rnn@bundled")
    assert (answer["answer"], answer["truth"]) == ("1000", "1000")
    assert len(answer["characters"]) == 4
    for run in ("../../etc", "addition_rnn@bundled/../..", "nothing"):
        assert "unknown run" in call(studio.address, "add", "1+1", run)["error"]
    picture = call(studio.address, "draw", "7", 3, [1, -1], "")["picture"]
    assert Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2]))).size == (84, 84)
    assert "from -1 to 1" in call(studio.address, "draw", "7", 3, [2], "")["error"]
    assert "unknown setting" in call(studio.address, "train", "addition_rnn", "tiny", {"epoch": 1})["error"]
    assert "there is no run" in call(studio.address, "delete", "..")["error"]


PAGE = Path(__file__).parents[2] / "docs" / "studio.md"


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the docs name."""
    folder = tmp_path_factory.mktemp("drawings")
    for number in (1, 2):
        for name in ("ring", "bar"):
            image = Image.new("RGB", (120, 120), "white")
            corners = (20 + 5 * number, 20, 100, 100) if name == "ring" else (55, 15 + 5 * number, 60, 105)
            ImageDraw.Draw(image).ellipse(corners, outline="black", width=10)
            image.save(folder / f"{name}-{number}.png")
    embedded_photo("flower").resize((96, 64)).save(folder / "photo.jpg")
    return folder


@pytest.mark.long
def test_the_python_lines_of_the_docs_run(studio: Served, drawings: Path) -> None:
    code = PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    code = code.replace("http://127.0.0.1:7860", studio.address).replace('"demo"', '"tiny"')
    code = code.replace('["conv2"]', '["conv2"], 96, 1')
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=drawings, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "70" in lines
    assert next(iter(ast.literal_eval(lines[-3]))) == "bar"
    assert lines[-2] in ("queued", "starting", "running", "finished")
    assert "cifar10_cnn-tiny-" in lines[-1]
    assert "deep_dream-demo-" in lines[-1]


@pytest.mark.long
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_the_curl_lines_of_the_docs_run(studio: Served, drawings: Path, tmp_path: Path) -> None:
    code = PAGE.read_text(encoding="utf-8").partition("```sh\nask()")[2].partition("```")[0]
    for file in drawings.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes() if file.suffix == ".png" else b"no picture")
    code = "ask()" + code.replace("http://127.0.0.1:7860", studio.address).replace("deep_dream-demo-1", "nothing")
    done = subprocess.run(
        ["bash", "-euc", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    said = [json.loads(line[6:])[0] for line in done.stdout.splitlines() if line.startswith("data: ")]
    assert said[0]["answer"] == "70"
    assert next(iter(said[1])) == "ring"
    assert "is not a picture" in said[2]["error"]
    assert "there is no run" in said[3]["error"]


def test_values_of_a_wrong_kind_are_refused_in_one_line(studio: Served, drawings: Path) -> None:
    drawing = base64.b64encode((drawings / "ring-1.png").read_bytes()).decode()
    for action, values, word in (
        ("add", [5, ""], "question: Input should be a valid string"),
        ("fine_tune", [["ring"], ""], "valid dictionary"),
        ("fine_tune", [{"ring": [drawing]}, ""], "two different symbols"),
        ("fine_tune", [{str(n): [drawing] * 2 for n in range(6)}, ""], "at most 5 symbols"),
        ("fine_tune", [{"a/b": [drawing] * 2, "a:b": [drawing] * 2}, ""], "different name"),
        ("fine_tune", [{"a": [drawing] * 2, "b": ["QUJD"] * 2}, ""], "not a PNG"),
        ("recognise", ["../..", drawing, ""], "fine-tune it on some symbols first"),
        ("dream", [drawing, ["conv2"], "320", 20, ""], "size: Input should be a valid integer"),
        ("dream", [drawing, ["conv2"], 320, 20, "../../etc"], "unknown run"),
        ("dream", [drawing, ["conv2"], 0, 20, ""], "size 0: must be from 96 to 1,024"),
        ("dream", [drawing, ["conv2"], 320, 10_000, ""], "steps 10000: must be from 1 to 60"),
        ("dream_progress", ["../../etc"], "there is no run"),
    ):
        error = call(studio.address, action, *values)["error"]
        assert word in error
        assert "\n" not in error


@pytest.mark.parametrize("path", ["/", "/en/", "/report/x", "/zh/gradio_api/info", "/en/gradio_api/cancel"])
def test_without_the_password_nothing_answers(path: str) -> None:
    """The guard stands before everything, whatever is behind it."""
    pytest.importorskip("gradio")
    from starlette.responses import PlainTextResponse
    from starlette.testclient import TestClient

    from etudes.studio.middleware import Guard

    client = TestClient(Guard(PlainTextResponse("inside"), password="sésame"))
    assert client.get(path).status_code == 401
    for user, word, status in (("me", "guess", 401), ("sésame", "", 401), ("me", "sésame", 200), ("", "sésame", 200)):
        header = "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()
        assert client.get(path, headers={"Authorization": header}).status_code == status
    for nonsense in ("", "Basic", "Basic ?", "Bearer sésame".encode(), "Basic " + "A" * 9):
        assert client.get(path, headers={"Authorization": nonsense}).status_code == 401


def test_a_request_that_does_not_say_its_length_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gradio")
    from starlette.requests import ClientDisconnect, Request
    from starlette.testclient import TestClient
    from starlette.types import Receive, Scope, Send

    from etudes.studio import middleware

    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        raise AssertionError("it read all of it")

    monkeypatch.setattr(middleware, "MAX_REQUEST_BYTES", 100)
    with pytest.raises(ClientDisconnect):
        TestClient(middleware.Guard(reads)).post("/", content=(b"x" * 60 for _ in range(2)))


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_password_is_asked_for_where_there_is_one(tmp_path: Path) -> None:
    pytest.importorskip("gradio")
    secret = tmp_path / "password"
    secret.write_text("sesame\n")
    served = start_studio(tmp_path / "runs", "--host", "0.0.0.0", "--password-file", str(secret))
    try:
        assert served.get("/en/") == 401
        assert served.get("/report/x") == 401
        # Of these, Gradio's own `auth` guards only the first.
        for route in ("info", "app_id", "startup-events", "theme.css", "heartbeat/x"):
            assert served.get(f"/zh/gradio_api/{route}") == 401
        wrong, right = (base64.b64encode(f"me:{word}".encode()).decode() for word in ("guess", "sesame"))
        assert served.get("/en/", Authorization=f"Basic {wrong}") == 401
        assert served.get("/en/", Authorization=f"Basic {right}") == 200
        headers = {"Authorization": f"Basic {right}"}
        error = call(served.address, "train", "cifar10_cnn", "tiny", {"data": "/etc"}, **headers)["error"]
        assert "only on the machine" in error
        assert "sesame" not in Path(f"/proc/{served.process.pid}/cmdline").read_text()
    finally:
        served.end()


STILL = """() => document.getAnimations().every(
    (one) => one.playState !== "running" || one.effect.getTiming().iterations === Infinity)"""


@pytest.mark.long
@pytest.mark.parametrize("visit", ["desktop", "phone"], indirect=True)
def test_every_tab_can_be_read_and_asks_nothing_of_another_host(visit: Visit) -> None:
    """axe-core finds nothing serious against WCAG 2 A and AA; no words are cut off."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    visit.tab("Add")
    visit.page.locator("#ask").click()
    visit.page.locator("#sum .character").last.wait_for()
    found: dict[str, str] = {}
    for name in TABS["en"]:
        visit.tab(name)
        visit.page.wait_for_timeout(200)
        visit.page.wait_for_function(STILL)  # what still fades in has no contrast yet
        assert visit.cut_off() == [], name
        if visit.window == "phone":
            visit.shot(f"{name.lower().replace(' ', '-')}-phone")
        options = {"runOnly": ["wcag2a", "wcag2aa"], "resultTypes": ["violations"]}
        for violation in axe.run(visit.page, options=options).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:160] for node in violation["nodes"][:3]]
                found[f"{name}: {violation['id']}"] = f"{violation['help']} {nodes}"
    assert not found, json.dumps(found, indent=1)
    assert len(visit.requests) > 50
    assert visit.page.evaluate("gradio_config.analytics_enabled") is False
    assert visit.outside() == []


ENGLISH = re.compile(r"[A-Za-z][a-z]+(?:[ ,.:’'-]+[A-Za-z]?[a-z]+)+")
"""Two words of it or more."""

OWN_WORDS = """() => {
    const of_runs = [...document.querySelectorAll("#runs-table tbody, #live")];
    of_runs.forEach(part => part.style.display = "none");
    const text = document.body.innerText;
    of_runs.forEach(part => part.style.display = "");
    return text;
}"""
"""What a person reads on the page but in the list of runs and in what one of them shows."""


@pytest.mark.long
def test_the_chinese_page_has_no_english_left_and_no_words_cut_off(studio: Served, browser: Any) -> None:
    """On a phone, where there is the least room. What runs are called and print stays as it is."""
    visit = open_page(browser, studio.address, "phone", "zh")
    english = {english for english, _ in _TEXTS.values()} - {"Études studio"}
    for name in TABS["zh"]:
        visit.tab(name)
        visit.page.wait_for_timeout(200)
        lines = visit.page.evaluate(OWN_WORDS).splitlines()
        assert [line for line in lines if line.strip() in english or ENGLISH.search(line)] == [], name
        assert visit.cut_off() == [], name
        visit.shot(f"{TABS['en'][TABS['zh'].index(name)].lower().replace(' ', '-')}-phone-zh")
    assert visit.outside() == []
    assert not visit.errors
    visit.page.context.close()


@pytest.mark.long
def test_the_keyboard_alone_is_enough_to_ask(visit: Visit) -> None:
    visit.tab("Add")
    page = visit.page
    page.locator(".heading a").last.focus()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.closest('[id]')?.id || document.activeElement.tagName"))
        if reached[-1] == "question" or page.evaluate("!!document.activeElement.closest('#question')"):
            break
    assert page.evaluate("!!document.activeElement.closest('#question')"), reached
    page.keyboard.press("Control+A")
    page.keyboard.type("8+9")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#sum .spoken", has_text="8+9 = 17").wait_for(state="attached")


def test_cpu_time_is_counted_rightly() -> None:
    """Between two of Python's own readings for this process, but for the kernel's clock ticks."""
    tick = 2 / os.sysconf("SC_CLK_TCK")
    before = time.process_time()
    counted = cpu_seconds(os.getpid())
    assert before - tick <= counted <= time.process_time() + tick
