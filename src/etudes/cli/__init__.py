"""The terminal: turns words into calls of `etudes.actions`, and results into text. It imports no Keras."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from etudes.cli import commands
from etudes.errors import Interrupted, UserError, printable, unknown

COMMANDS: dict[str, tuple[Callable[[Sequence[str]], int], str]] = {
    "demo": (
        commands.demo_command,
        "all six in a few minutes: four trained, two with bundled weights; one report.html",
    ),
    "list": (commands.list_command, "one line per etude: what it does, best result, available weights"),
    "card": (commands.card_command, "the card of an etude: idea, layer table, data, process, presets, results"),
    "train": (commands.train_command, "train an etude; its settings are the flags (etudes train ETUDE --help)"),
    "resume": (commands.resume_command, "resume an interrupted run"),
    "finish": (commands.finish_command, "finish a stopped run as it is: evaluated, usable, and marked"),
    "reproduce": (commands.reproduce_command, "train a run again and compare the two bit for bit"),
    "evaluate": (commands.evaluate_command, "the metrics of a run on its test set, or on other labelled data"),
    "use": (commands.use_command, "apply a trained etude to your own input (etudes use ETUDE --help)"),
    "inspect": (commands.inspect_command, "layer tables, then pictures of what a network has learned"),
    "report": (commands.report_command, "a run as one HTML page: settings, curves, results, pictures"),
    "share": (commands.share_command, "a run as one HTML file in which its network runs and explains itself"),
    "export": (
        commands.export_command,
        "networks as files for other programs: Keras, SavedModel, ONNX, LiteRT",
    ),
    "compare": (commands.compare_command, "runs side by side, all curves in one picture"),
    "studio": (commands.studio_command, "the etudes in the browser: use, train and inspect on one page"),
    "data": (commands.data_command, "data sets: list | fetch NAME | verify"),
    "doctor": (commands.doctor_command, "what this machine has, what is missing, and how to fix it"),
}

HELP = """usage: etudes COMMAND [...]

Six classic deep-learning studies to train, use and inspect.

{commands}

etudes COMMAND --help shows more. ETUDE is a name from `etudes list`, RUN a run folder or ETUDE@bundled.
"""


def help_text(width: int = 100) -> str:
    """The output of `etudes --help`, for a terminal of so many columns."""
    text = HELP.format(commands="\n".join(f"  {name:<9} {what}" for name, (_, what) in COMMANDS.items()))
    indents = ((line, " " * 12 if line.startswith("  ") else "") for line in text.split("\n"))
    return "\n".join(textwrap.fill(line, width, subsequent_indent=indent) for line, indent in indents)


def one_line(text: str, longest: int = 200) -> str:
    """The text on one line of at most so many characters; long words, which are paths, keep their end."""
    line = printable(" ".join(text.split("\n")))
    for room in (120, 90, 60, 40, 20):
        if len(line) > longest:
            line = " ".join(word if len(word) <= room else "…" + word[1 - room :] for word in line.split(" "))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _check_unicode(words: Sequence[str]) -> None:
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as error:  # TOML and JSON could not hold it
            if sys.getfilesystemencoding().lower().replace("-", "") != "utf8":
                name = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "C")
                cure = "set PYTHONUTF8=1 or LC_ALL=C.UTF-8"
                raise UserError(f"{word!r} cannot be read: the locale {name} has no Unicode; {cure}") from error
            cure = "rename it" if os.path.lexists(word) else "type it in UTF-8; if it is a file, rename it"
            raise UserError(f"{word!r} is not in Unicode: {cure}") from error  # text or a name in another encoding


def _failpoint() -> AbstractContextManager[None]:
    """The failure that a test asks for."""
    if "ETUDES_FAILPOINT" not in os.environ:
        return nullcontext()
    from etudes.runs.failpoints import injected

    return injected(os.environ["ETUDES_FAILPOINT"])


def run(words: Sequence[str]) -> int:
    """Run a command line.

    Returns:
        The exit code: 0; 2 with one line on standard error for an error that you can fix; after a signal, 128 plus
        its number: 130 for Ctrl-C, 143 for SIGTERM.
    """
    if not words or words[0] in ("-h", "--help", "help"):
        print(help_text(shutil.get_terminal_size(fallback=(100, 24)).columns))
        return 0
    if words[0] == "--version":
        from etudes import __version__

        print(f"etudes {__version__}")
        return 0
    try:
        _check_unicode(words)
        if words[0] not in COMMANDS:
            raise unknown("command", words[0], COMMANDS)
        with _failpoint():
            return COMMANDS[words[0]][0](words[1:])
    except UserError as error:
        print(one_line(f"etudes: {error}"), file=sys.stderr)
    except BrokenPipeError:
        raise  # the reader has left; see `etudes.__main__`
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        print(one_line(f"etudes: {error.filename or 'output'}: {error.strerror}"), file=sys.stderr)
    except Interrupted as stop:
        print(f"etudes: {stop}", file=sys.stderr)
        return stop.exit_code
    except KeyboardInterrupt:
        print("etudes: interrupted", file=sys.stderr)
        return 130
    return 2
