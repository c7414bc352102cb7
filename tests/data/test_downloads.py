"""Downloads from servers that cut, stall, lie or never end: what takes a file's name is right, or nothing does."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.server
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from etudes.data import catalogue, downloads, list_sets, transfer
from etudes.data.downloads import fetch
from etudes.errors import UserError

CONTENT = bytes(range(256)) * 4096  # 1 MiB: many pieces, and more than a socket's buffers hold
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Hostile:
    """A local server whose answers a test chooses; it counts its requests and the bytes it got rid of."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.requests = 0
        self.sent = 0
        self.over = threading.Event()
        self.outlasted = False
        self.answers: list[Answer] = [whole]
        """One a request, the last for all that follow."""


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    """The server, and a set "mnist" of one file that only it publishes; times are short."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.requests += 1
            self.close_connection = True
            with contextlib.suppress(OSError):  # the client left, as it should
                state.answers[min(state.requests, len(state.answers)) - 1](self)

        def send(self, data: bytes) -> None:
            self.wfile.write(data)
            state.sent += len(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    state = Hostile(f"http://127.0.0.1:{server.server_address[1]}/")
    server.hostile = state  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    publish(state.address, monkeypatch)
    monkeypatch.setattr(transfer, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(downloads, "PAUSE_SECONDS", 0.01)
    yield state
    state.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def publish(address: str, monkeypatch: pytest.MonkeyPatch | None = None) -> None:
    file = catalogue.PublishedFile("mnist/file.gz", f"sha256:{hashlib.sha256(CONTENT).hexdigest()}", len(CONTENT))
    published = catalogue.PublishedSet("small", (file,), "mnist", (address,))
    if monkeypatch:
        monkeypatch.setitem(catalogue.SETS, "mnist", published)
    else:
        catalogue.SETS["mnist"] = published


def head(handler: http.server.BaseHTTPRequestHandler, status: int = 200, **headers: object) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def whole(handler) -> None:
    head(handler, Content_Length=len(CONTENT))
    handler.send(CONTENT)


def chunked(handler) -> None:
    head(handler, Transfer_Encoding="chunked")
    for start in range(0, len(CONTENT), 50_000):
        part = CONTENT[start : start + 50_000]
        handler.send(b"%x\r\n" % len(part) + part + b"\r\n")
    handler.send(b"0\r\n\r\n")


def gzip_by_name(handler) -> None:
    """As some servers do: the file's own compression announced as the transfer's."""
    head(handler, Content_Length=len(CONTENT), Content_Encoding="gzip")
    handler.send(CONTENT)


def cut(handler) -> None:
    head(handler, Content_Length=len(CONTENT))
    handler.send(CONTENT[: len(CONTENT) // 2])


def cut_without_length(handler) -> None:
    head(handler)
    handler.send(CONTENT[: len(CONTENT) // 2])


def cut_chunked(handler) -> None:
    head(handler, Transfer_Encoding="chunked")
    handler.send(b"%x\r\n" % len(CONTENT) + CONTENT[:300_000])


def reset(handler) -> None:
    handler.connection.close()


def wrong_bytes(handler) -> None:
    head(handler, Content_Length=len(CONTENT))
    handler.send(CONTENT[:-1] + b"?")


def one_byte_more(handler) -> None:
    head(handler, Content_Length=len(CONTENT) + 1)
    handler.send(CONTENT + b"?")


def empty(handler) -> None:
    head(handler, Content_Length=0)


def a_login_page(handler) -> None:
    page = b"<html>Welcome to our network</html>"
    head(handler, Content_Length=len(page), Content_Type="text/html")
    handler.send(page)


def missing(handler) -> None:
    head(handler, 404, Content_Length=0)


def busy(handler) -> None:
    head(handler, 503, Content_Length=0)


def endless(handler) -> None:
    head(handler)
    while True:
        handler.send(CONTENT)


def endless_error(handler) -> None:
    head(handler, 500)
    while True:
        handler.send(CONTENT)


def endless_redirect(handler) -> None:
    head(handler, 302, Location="/elsewhere")
    while True:
        handler.send(CONTENT)


def redirect_loop(handler) -> None:
    head(handler, 302, Location=handler.path + "x", Content_Length=0)


def redirect_to_a_file(handler) -> None:
    head(handler, 302, Location="file:///etc/hostname", Content_Length=0)


def say_nothing(handler) -> None:
    """Until the test is over; the client must not wait for that."""
    if not over(handler).wait(30):
        handler.server.hostile.outlasted = True


def silent(handler) -> None:
    say_nothing(handler)


def silent_in_the_middle(handler) -> None:
    head(handler, Content_Length=len(CONTENT))
    handler.send(CONTENT[:1000])
    say_nothing(handler)


def dripping_headers(handler) -> None:
    handler.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not over(handler).wait(0.05):
        handler.send(b"x")


def dripping_chunk_size(handler) -> None:
    head(handler, Transfer_Encoding="chunked")
    while not over(handler).wait(0.05):
        handler.send(b"0")


def dripping(handler) -> None:
    head(handler, Content_Length=len(CONTENT))
    for byte in CONTENT:
        if over(handler).wait(0.05):
            return
        handler.send(bytes([byte]))


def over(handler) -> threading.Event:
    return handler.server.hostile.over


def left_behind(store: Path) -> list[str]:
    """What lies in the data folder, but for the folder of the set and the empty lock."""
    found = sorted(str(path.relative_to(store)) for path in store.rglob("*"))
    return [name for name in found if name not in ("mnist", ".mnist.lock")]


@pytest.mark.parametrize("answer", [whole, chunked, gzip_by_name])
def test_what_is_published_arrives(answer: Answer, hostile: Hostile, store: Path) -> None:
    hostile.answers = [answer]
    assert fetch("mnist").read_bytes() == CONTENT
    assert left_behind(store) == ["mnist/file.gz"]
    fetch("mnist")
    assert hostile.requests == 1


@pytest.mark.parametrize(
    "answer",
    [
        cut, cut_without_length, cut_chunked, reset, wrong_bytes, one_byte_more, empty, a_login_page, missing, busy,
        endless, endless_error, endless_redirect, redirect_loop, redirect_to_a_file, silent, silent_in_the_middle,
        dripping_headers, dripping_chunk_size, dripping,
    ],
)  # fmt: skip
def test_nothing_else_takes_the_name(answer: Answer, hostile: Hostile, store: Path) -> None:
    hostile.answers = [answer]
    with pytest.raises(UserError, match=r"^mnist could not be downloaded: put file\.gz \(sha256:") as caught:
        fetch("mnist", rounds=2)
    assert not hostile.outlasted, "the server gave up first"
    assert "\n" not in str(caught.value)
    assert left_behind(store) == []
    assert {status.name: status.state for status in list_sets()}["mnist"] == "missing"
    assert hostile.requests >= 2  # it was tried again
    # An endless answer is not listened to: what went out is what the sockets' own buffers hold.
    assert hostile.sent < 16 * len(CONTENT) * hostile.requests


def test_redirects_are_followed_but_not_for_ever(hostile: Hostile, store: Path) -> None:
    def further(handler) -> None:
        head(handler, 302, Location="/somewhere", Content_Length=0)

    hostile.answers = [further] * 5 + [whole]
    assert fetch("mnist", rounds=1).read_bytes() == CONTENT
    (store / "mnist" / "file.gz").unlink()
    hostile.requests, hostile.answers = 0, [further]
    with pytest.raises(UserError, match="could not be downloaded"):
        fetch("mnist", rounds=1)
    assert hostile.requests == 1 + requests.models.DEFAULT_REDIRECT_LIMIT


def test_a_server_that_is_too_slow_is_given_up_though_it_never_stops(
    hostile: Hostile, store: Path, monkeypatch
) -> None:
    def slow(handler) -> None:
        head(handler, Content_Length=len(CONTENT))
        for start in range(0, len(CONTENT), 100_000):
            handler.send(CONTENT[start : start + 100_000])
            over(handler).wait(0.3)

    hostile.answers = [slow]
    with pytest.MonkeyPatch.context() as faster:
        faster.setattr(transfer, "SLOWEST_BYTES_PER_SECOND", 10**9)
        with pytest.raises(UserError, match="could not be downloaded"):
            fetch("mnist", rounds=1)
    assert hostile.sent < len(CONTENT)
    assert fetch("mnist", rounds=1).read_bytes() == CONTENT  # where that speed is allowed


@pytest.mark.parametrize("trouble", [cut, reset, busy, wrong_bytes, silent, dripping_headers])
def test_the_next_try_after_trouble_succeeds(trouble: Answer, hostile: Hostile, store: Path) -> None:
    hostile.answers = [trouble, whole]
    assert fetch("mnist").read_bytes() == CONTENT
    assert left_behind(store) == ["mnist/file.gz"]


def test_an_old_damaged_file_stays_until_the_right_one_is_there(hostile: Hostile, store: Path) -> None:
    target = store / "mnist" / "file.gz"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"damaged")
    hostile.answers = [cut]
    with pytest.raises(UserError, match="could not be downloaded"):
        fetch("mnist", rounds=1)
    assert target.read_bytes() == b"damaged"
    hostile.answers = [whole]
    assert fetch("mnist").read_bytes() == CONTENT


def test_without_network_the_line_has_the_whole_checksum(store: Path, monkeypatch) -> None:
    publish("http://127.0.0.1:9/", monkeypatch)
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("ETUDES_DATA", folder)
        with pytest.raises(UserError) as caught:
            fetch("mnist")
        checksum = hashlib.sha256(CONTENT).hexdigest()
        line = f"mnist could not be downloaded: put file.gz (sha256:{checksum}) into {Path(folder) / 'mnist'}"
        assert str(caught.value) == line
        assert len("etudes: " + line) <= 200


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "inception_v3", "inception_v3_2015"])
def test_the_line_names_file_checksum_and_folder_however_long_the_path(name: str, store: Path, monkeypatch) -> None:
    place = store / ("a" * 100) / ("b" * 100)
    monkeypatch.setenv("ETUDES_DATA", str(place))
    published = catalogue.SETS[name]
    wanted = published.archive or published.files[0]
    with pytest.raises(UserError) as caught:
        fetch(name)
    line = str(caught.value)
    assert len("etudes: " + line) <= 200
    assert Path(wanted.path).name in line
    assert wanted.checksum[:15] in line


# A process of its own: its times are short too, and the address of the test's server stands in its arguments.
CHILD = """
import sys
sys.path.insert(0, sys.argv[2])
from test_downloads import publish
from etudes.data.downloads import fetch
from etudes.errors import UserError
publish(sys.argv[1])
try:
    print(fetch("mnist", rounds=1))
except UserError as error:
    sys.exit(f"refused: {error}")
"""


def child(hostile: Hostile, before: str = "", **options) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", before + CHILD, hostile.address, str(Path(__file__).parent)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_of_two_processes_one_downloads_and_the_other_waits(hostile: Hostile, store: Path) -> None:
    halfway = threading.Event()

    def slow(handler) -> None:
        head(handler, Content_Length=len(CONTENT))
        handler.send(CONTENT[:500_000])
        halfway.set()
        over(handler).wait(2)
        handler.send(CONTENT[500_000:])

    hostile.answers = [slow]
    first = child(hostile)
    assert halfway.wait(20)
    second = child(hostile)
    for process in (first, second):
        said, trouble = process.communicate(timeout=30)
        assert (process.returncode, trouble) == (0, "")
        assert Path(said.strip()).read_bytes() == CONTENT
    assert hostile.requests == 1
    assert left_behind(store) == ["mnist/file.gz"]


def test_after_kills_in_the_middle_the_next_download_is_right_and_nothing_piles_up(
    hostile: Hostile, store: Path
) -> None:
    def half(handler) -> None:
        head(handler, Content_Length=len(CONTENT))
        handler.send(CONTENT[:500_000])
        halfway.set()
        over(handler).wait(20)

    hostile.answers = [half]
    for _ in range(2):
        halfway = threading.Event()
        process = child(hostile)
        assert halfway.wait(20)
        deadline = time.monotonic() + 10
        while len(left_behind(store)) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        folder, part = left_behind(store)  # of this one, and not of the one before as well
        assert part.startswith(folder + "/")
        assert {status.name: status.state for status in list_sets()}["mnist"] == "missing"
    hostile.answers = [whole]
    assert fetch("mnist").read_bytes() == CONTENT
    assert left_behind(store) == ["mnist/file.gz"]


LIMIT = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
LIMIT += "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"


def test_a_file_that_may_not_grow_is_one_line_and_leaves_nothing(hostile: Hostile, store: Path) -> None:
    process = child(hostile, LIMIT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.startswith("refused: cannot write ")
    assert "File too large" in said
    assert left_behind(store) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(hostile: Hostile, store: Path, monkeypatch) -> None:
    class Full(io.FileIO):
        def write(self, data: bytes) -> int:
            if self.tell() > 300_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    monkeypatch.setattr("pooch.downloaders.open", lambda path, mode: Full(path, "w+"), raising=False)
    with pytest.raises(UserError, match=r"cannot write .*: No space left on device: make room or set ETUDES_DATA"):
        fetch("mnist")
    assert left_behind(store) == []
    assert hostile.requests == 1  # another mirror would not help


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder that may be read and not written, for root too: the test goes on as somebody else."""
    folder = Path(tempfile.mkdtemp())
    monkeypatch.setenv("ETUDES_DATA", str(folder))
    (folder / "mnist").mkdir()
    yield folder
    if os.geteuid() != os.getuid():
        os.seteuid(os.getuid())
    folder.chmod(0o755)
    shutil.rmtree(folder)


def close_to_writers(folder: Path) -> None:
    folder.chmod(0o555)
    (folder / "mnist").chmod(0o555)
    if os.getuid() == 0:
        # Everything that is imported late must be in memory before the rights to read it are gone.
        import pooch  # noqa: F401
        import requests  # noqa: F401

        os.seteuid(65534)


def test_a_read_only_data_folder_is_one_line(hostile: Hostile, read_only: Path) -> None:
    close_to_writers(read_only)
    with pytest.raises(UserError, match=r"cannot write .*: Permission denied: make room or set ETUDES_DATA"):
        fetch("mnist")


def test_a_read_only_data_folder_that_holds_the_set_is_enough(hostile: Hostile, read_only: Path) -> None:
    (read_only / "mnist" / "file.gz").write_bytes(CONTENT)
    close_to_writers(read_only)
    assert fetch("mnist").read_bytes() == CONTENT
    assert hostile.requests == 0


def test_a_data_folder_that_may_not_be_looked_into_does_not_stop_the_list(hostile: Hostile, read_only: Path) -> None:
    close_to_writers(read_only)
    os.seteuid(os.getuid())
    read_only.chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    assert {status.name: status.state for status in list_sets()}["mnist"] == "missing"
