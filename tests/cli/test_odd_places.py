"""`etudes` where things are not as usual: odd paths, no home, old locales, narrow terminals, readers that leave."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

import pytest
from rich.cells import cell_len

from etudes import experiments
from etudes.data import embedded_photo
from etudes.schema import describe
from etudes.views.curves import learning_curves

ETUDES = [sys.executable, "-m", "etudes"]
OF_THE_PLACE = ("HOME", "LANG", "LANGUAGE", "DISPLAY", "COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR")
OF_THE_PLACE_TOO = ("LC_", "XDG_", "ETUDES_", "MPL", "PYTHON")
CHEAP = [["list"], ["doctor"], ["data", "list"], ["card", "deep_dream"], ["--help"], ["train", "cifar10_cnn", "--help"]]


def place(folder: Path, **given: str) -> dict[str, str]:
    """An environment that says nothing about home, language or terminal but what is given."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "PYTHONPATH" or (name not in OF_THE_PLACE and not name.startswith(OF_THE_PLACE_TOO))
    }
    return {**kept, "ETUDES_DATA": str(folder / "no-data"), **given}


def run(words: list[str], environment: dict[str, str], **options) -> subprocess.CompletedProcess[str]:
    """What a command in a pipe prints; nothing of it may be a traceback."""
    if "stdout" not in options:
        options |= {"stdout": subprocess.PIPE}
    done = subprocess.run(
        [*ETUDES, *words], env=environment, stderr=subprocess.PIPE, text=True, errors="surrogateescape", **options
    )
    assert "Traceback" not in (done.stdout or "") + done.stderr
    return done


# Several commands in one process, which starts as `etudes` does: what is tried is where it runs, not that it starts.
SEVERAL = """
import json, sys
from etudes.__main__ import _make_streams_usable
from etudes.cli import run
_make_streams_usable()
for words in json.loads(sys.argv[1]):
    try:
        code = run(words)
    except SystemExit as leave:
        code = leave.code or 0
    print(f"=== {code} ===", flush=True)
    print("===", file=sys.stderr, flush=True)
"""


def run_all(
    commands: list[list[str]], environment: dict[str, str], before: str = "", **options
) -> list[tuple[int, str, str]]:
    """Exit code, output and error of each command, all in one process."""
    # As for the command `etudes`, the current folder is not searched for modules: 3.13.0 breaks if that is deleted.
    words = [sys.executable, "-P", "-c", before + SEVERAL, json.dumps(commands)]
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, errors="surrogateescape", check=True, **options
    )
    assert "Traceback" not in done.stdout + done.stderr
    output, errors = re.split(r"=== (\d+) ===\n", done.stdout), done.stderr.split("===\n")
    assert len(output) == 2 * len(commands) + 1
    return list(zip(map(int, output[1::2]), output[::2], errors, strict=False))


def run_in_terminal(
    commands: list[list[str]], environment: dict[str, str], columns: int, **options
) -> list[tuple[int, str]]:
    """Exit code of each command in a terminal of so many columns, and all that it wrote, without control sequences."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    words = [sys.executable, "-c", SEVERAL.replace(", file=sys.stderr", ""), json.dumps(commands)]
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, **options)
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], 300)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # on Linux, how a terminal ends
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode(errors="surrogateescape")).replace("\r\n", "\n")
    assert "Traceback" not in text
    parts = re.split(r"=== (\d+) ===\n===\n", text)
    return list(zip(map(int, parts[1::2]), parts[::2], strict=False))


LONG = "a folder of many words, " * 8
ODD = Path("été 中文 🎹") / LONG.strip()


@pytest.mark.long
def test_a_training_and_its_use_at_the_end_of_an_odd_path(tmp_path: Path) -> None:
    folder = tmp_path / ODD
    folder.mkdir(parents=True)
    environment = place(
        tmp_path,
        HOME=os.devnull,
        LC_ALL="C",
        PYTHONIOENCODING="ascii",
        TERM="dumb",
        COLUMNS="40",
        ETUDES_RUNS=str(folder / "not there yet" / "läufe"),
    )
    done = run(["train", "cifar10_cnn", "--preset", "tiny"], environment, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    (found,) = folder.rglob("results.json")
    finished = found.parent
    assert done.stdout.strip().split("\n")[-1] == str(finished).encode("ascii", "replace").decode()
    assert (finished / "pictures" / "learning-curves.png").exists()
    assert json.loads(run(["list", "--json"], environment).stdout)[2]["trained weights"].split("; ")[0] == str(finished)
    photo = folder / "façade 🏠.png"
    embedded_photo("flower").resize((40, 40)).save(photo)
    used = run(["use", str(finished), str(photo), "--json"], environment, cwd=folder)
    assert (used.returncode, used.stderr) == (0, "")
    assert str(photo) in json.loads(used.stdout)["answers"][0].values()


@pytest.mark.long
def test_a_training_in_a_narrow_terminal_without_home(tmp_path: Path) -> None:
    words = ["train", "cifar10_cnn", "--preset", "tiny", "--out", "ici"]
    environment = place(tmp_path, TERM="xterm", LANG="C.UTF-8")
    ((code, text),) = run_in_terminal([words], environment, 40, cwd=tmp_path)
    assert code == 0, text
    assert text.strip().split("\n")[-1] == "ici"
    assert "…" not in text  # rich's mark for what it cut
    assert re.search(r"^\r?.*train 2/2  accuracy [\d.]+  loss [\d.]+ ", text, flags=re.MULTILINE)


def test_a_name_that_is_not_unicode_is_refused_in_one_line(tmp_path: Path) -> None:
    words = ["train", "cifar10_cnn", "--preset", "tiny", "--out", os.fsdecode(b"caf\xe9")]
    done = run(words, place(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    refused_in_one_line(done.stderr)
    assert "is not in Unicode: type it in UTF-8; if it is a file, rename it" in done.stderr


def test_runs_in_a_folder_whose_name_is_not_unicode_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    finished = folder / "one"
    finished.mkdir(parents=True)
    (finished / "results.json").write_text("{}")
    (finished / "settings.toml").write_text('etude = "cifar10_cnn"\npreset = "tiny"\n[settings]\n[data]\n')
    environment = place(tmp_path, ETUDES_RUNS=str(folder), COLUMNS="400")
    for code, output, errors in run_all([["list"], ["list", "--json"]], environment, cwd=tmp_path):
        assert (code, errors) == (0, "")
        assert str(finished) in output.replace("\\udce9", "\udce9")


ODDITIES = {
    "home is a file": {"HOME": os.devnull},
    "home cannot be made": {"HOME": "/dev/null/home"},
    "no home": {},
    "C, ascii": {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1", "TERM": "dumb"},
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_what_needs_no_training_prints_anywhere(oddity: str, tmp_path: Path) -> None:
    commands = [["list"], ["doctor"], ["card", "deep_dream"], ["data", "list"]]
    for code, output, errors in run_all(commands, place(tmp_path, **ODDITIES[oddity]), cwd=tmp_path):
        assert (code, errors) == (0, "")
        assert "deep" in output or "inception" in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("home", ["/dev/null", None])
def test_a_figure_says_nothing_where_matplotlib_has_no_home(home: str | None, tmp_path: Path) -> None:
    code = (
        "from etudes.views.curves import learning_curves as c; print(c({'a': [dict(phase='p', epoch=1, x=1.0)]}).size)"
    )
    environment = place(tmp_path, **({"HOME": home} if home else {}))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_names_in_letters_that_the_font_does_not_have_are_drawn_without_a_word() -> None:
    history = [{"phase": "p", "epoch": 1, "x": 1.0}]
    assert learning_curves({"中文": history, "🎹": history}).size  # a warning would be an error


def test_downloads_without_a_home_say_what_to_set(tmp_path: Path) -> None:
    environment = place(tmp_path, HOME="/dev/null/home")
    del environment["ETUDES_DATA"]
    done = run(["data", "fetch", "mnist"], environment, cwd=tmp_path)
    assert done.returncode == 2
    assert "set ETUDES_DATA to another folder" in done.stderr
    assert len(done.stderr.strip()) <= 200


@pytest.mark.parametrize("terminal", [True, False])
def test_forty_columns_are_enough(terminal: bool, tmp_path: Path) -> None:
    environment = place(tmp_path, TERM="xterm", LANG="C.UTF-8", COLUMNS="40")
    if terminal:
        found = run_in_terminal(CHEAP, environment, 40, cwd=tmp_path)
    else:
        found = [(code, output) for code, output, _ in run_all(CHEAP, environment, cwd=tmp_path)]
    assert len(found) == len(CHEAP)
    for words, (code, text) in zip(CHEAP, found, strict=True):
        assert code == 0
        if words[0] != "train":  # whose first line tyro leaves to the terminal to wrap
            assert max(cell_len(line) for line in text.split("\n")) <= 40
        for name in whole_words(words):
            assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text), f"{name} is cut"


def whole_words(words: list[str]) -> list[str]:
    """What must not be broken in the output of a command."""
    if words == ["list"]:
        return experiments.names()
    if words == ["doctor"]:
        return [*experiments.names(), "'keras-etudes[torch]'", "fashion_mnist", "inception_v3_2015"][:6]
    if words == ["data", "list"]:
        return ["fashion_mnist", "inception_v3_2015", "embedded", "missing"]
    if words[0] == "card":
        return [setting.name for setting in describe(experiments.load(words[1]).settings)]
    if words[0] == "train":
        return ["--learning-rate", "--validation-share", "--label-smoothing", "--precision"]
    return ["evaluate", "doctor", "bundled", "report.html"]


def test_in_a_wide_terminal_tables_are_tables(tmp_path: Path) -> None:
    ((_, text),) = run_in_terminal([["list"]], place(tmp_path, TERM="xterm", LANG="C.UTF-8"), 160, cwd=tmp_path)
    lines = [line for line in text.split("\n") if "│" in line]
    assert len(lines) >= len(experiments.names())


# One for each way to print: rich, plain text, JSON. Here the start and the end of the process count.
WAYS_TO_PRINT = [["data", "list"], ["--help"], ["data", "list", "--json"]]


@pytest.mark.parametrize("words", WAYS_TO_PRINT, ids=" ".join)
def test_a_reader_that_leaves_is_no_trouble(words: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # as `| head` does, only sooner
    done = run(words, place(tmp_path), stdout=writing, cwd=tmp_path)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("words", WAYS_TO_PRINT, ids=" ".join)
def test_a_full_disk_behind_the_output_is_one_line(words: list[str], tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        done = run(words, place(tmp_path), stdout=full, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "etudes: output: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_trouble(closed: str, tmp_path: Path) -> None:
    for words, code in (("--help" if closed == "<&-" else "data list", 0), ("nothing", 2)):
        shell = ["sh", "-c", f'exec "$0" -m etudes {words} {closed}', sys.executable]
        done = subprocess.run(shell, env=place(tmp_path), capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == code
        assert "rror" not in done.stderr


def test_with_closed_streams_no_file_takes_their_numbers(tmp_path: Path) -> None:
    code = "import sys; from etudes.__main__ import main; import os; sys.argv = ['etudes', '--version']\n"
    code += "try: main()\nfinally: n = os.open('weights', os.O_CREAT | os.O_WRONLY); os.write(1, b'x'); os._exit(n)"
    shell = ["sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, code]
    done = subprocess.run(shell, env=place(tmp_path), cwd=tmp_path)
    assert done.returncode > 2
    assert (tmp_path / "weights").read_bytes() == b""


def test_a_folder_that_was_deleted_is_no_trouble_for_reading_and_refuses_work_in_one_line(tmp_path: Path) -> None:
    reading = [["list"], ["doctor"], ["data", "list"], ["card", "deep_dream"]]
    working = [["train", "addition_rnn", "--preset", "tiny"], ["compare", "here", "there"], ["demo", "--quiet"]]
    before = "import os; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
    found = run_all(reading + working, place(tmp_path), before, cwd=tmp_path)
    assert [(code, errors) for code, _, errors in found[: len(reading)]] == [(0, "")] * len(reading)
    for code, _, errors in found[len(reading) :]:
        assert code == 2
        refused_in_one_line(errors)


@pytest.mark.parametrize("where", ["a file/runs", "read-only"])
def test_a_place_that_cannot_be_written_is_one_line(where: str, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    if where == "read-only" and os.geteuid() == 0:
        if not Path("/proc/self").exists():
            pytest.skip("root may write everywhere here")
        where = "/proc/self/runs"
    elif where == "read-only":
        (tmp_path / where).mkdir(mode=0o555)
    words = ["train", "addition_rnn", "--preset", "tiny"]
    done = run(words, place(tmp_path, ETUDES_RUNS=where), cwd=tmp_path)
    assert done.returncode == 2
    refused_in_one_line(done.stderr)
    assert Path(where).name in done.stderr


def test_odd_names_are_refused_in_one_line(tmp_path: Path) -> None:
    names = ["w" * 255, "x" * 4096, "line\nbreak", "tab\tand \x1b[31mred", "d/" * 200]
    commands = [words for name in names for words in (["evaluate", name], ["use", name, "photo.png"], [name])]
    for code, _, errors in run_all(commands, place(tmp_path), cwd=tmp_path):
        assert code == 2
        refused_in_one_line(errors)


def refused_in_one_line(errors: str) -> None:
    (line,) = errors.rstrip("\n").split("\n")
    assert line.startswith("etudes: ")
    assert len(line) <= 200
    assert line.isprintable()


NOBODY = """
import pwd
def unknown(*_):
    raise KeyError("uid not found")
pwd.getpwuid = pwd.getpwnam = unknown
"""


def test_a_user_whom_the_system_does_not_know_has_data_and_a_doctor(tmp_path: Path) -> None:
    """As in a container that runs with a number for a user: no HOME, and no entry to look it up in."""
    environment = {name: value for name, value in place(tmp_path).items() if name != "ETUDES_DATA"}
    commands = [["doctor"], ["data", "list"], ["use", "cifar10_cnn", "~/photo.png"]]
    *listed, (code, _, error) = run_all(commands, environment, NOBODY, cwd=tmp_path)
    assert [code for code, _, _ in listed] == [0, 0]
    assert code == 2
    assert "photo.png" in error
    assert list(tmp_path.iterdir()) == []  # least of all a folder whose name is ~


@pytest.mark.parametrize("name", ["LC_ALL", "LANG"])
def test_a_locale_without_unicode_is_named_as_the_cause(tmp_path: Path, name: str) -> None:
    environment = place(tmp_path, **{name: "C"}, PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    for words in (["use", "cifar10_cnn", "été.png"], ["train", "cifar10_cnn", "--data", "中文"]):
        done = run(words, environment, cwd=tmp_path)
        assert done.returncode == 2
        assert "locale C has no Unicode; set PYTHONUTF8=1" in done.stderr


def test_the_home_folder_may_be_named_by_its_sign_wherever_a_path_is(tmp_path: Path) -> None:
    """A shell expands ~ only at the beginning of a word: not in --out=~/x, nor in Python."""
    home, environment = tmp_path / "home", place(tmp_path, HOME=str(tmp_path / "home"))
    home.mkdir()
    (home / "text.jpg").write_bytes(b"no picture")
    (home / "pairs.csv").write_text("1,2,3\n1,2\n")
    commands = [
        ["use", "cifar10_cnn@bundled", "~/text.jpg"],
        ["train", "cifar10_cnn", "--data=~/text.jpg"],
        ["train", "addition_rnn", "--data=~/pairs.csv"],
        ["train", "cifar10_cnn", "--data=~/missing", "--out=~/run"],
        ["use", "deep_dream", "~/text.jpg", "--mask=~/text.jpg"],
        ["use", "~/no run", "photo.png"],
        ["report", "~/no run", "--out=~/page.html"],
    ]
    for words, (code, _, error) in zip(commands, run_all(commands, environment, cwd=tmp_path), strict=True):
        assert code == 2, words
        assert str(home) in error, (words, error)
    assert sorted(path.name for path in home.iterdir()) == ["pairs.csv", "text.jpg"]


CLOSED = """
import sys
sys.stdout.close()
sys.stderr.close()
import etudes
answers = etudes.use("addition_rnn", "35+35").answers
open("answer", "w").write(answers[0]["answer"])
"""


@pytest.mark.long
def test_the_api_works_with_closed_streams(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", CLOSED], cwd=tmp_path, env=place(tmp_path), check=False)
    assert (tmp_path / "answer").read_text() == "70"
