"""The terminal's door: turns words into calls of `etudes.actions`, and results into text. No Keras is imported here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from etudes.cli import commands
from etudes.errors import UserError, unknown

COMMANDS: dict[str, tuple[Callable[[Sequence[str]], int], str]] = {
    "demo": (commands.demo, "train, use and look inside all six on embedded data; ends in one report.html"),
    "list": (commands.list_etudes, "the etudes, a line each"),
    "card": (commands.card, "an etude's card: idea, layer table, data, process, presets, results"),
    "train": (commands.train, "train an etude; its settings are the flags (etudes train ETUDE --help)"),
    "resume": (commands.resume, "go on with an interrupted training"),
    "evaluate": (commands.evaluate, "the figures of a run on its test set"),
    "use": (commands.use, "apply a trained etude to your own input (etudes use ETUDE --help)"),
    "inspect": (commands.inspect, "layer tables, then pictures of what was learned"),
    "compare": (commands.compare, "runs side by side, their curves in one picture"),
    "data": (commands.data, "built-in sets: list | fetch NAME | verify"),
    "doctor": (commands.doctor, "what this machine has, what is missing, and the command that mends it"),
}

HELP = """usage: etudes COMMAND [...]

Six classic deep-learning studies to train, use and look inside.

{commands}

etudes COMMAND --help tells more. ETUDE is a name from `etudes list`, RUN a run folder.
"""


def help_text() -> str:
    """What `etudes --help` prints."""
    return HELP.format(commands="\n".join(f"  {name:<9} {text}" for name, (_, text) in COMMANDS.items()))


def run(words: Sequence[str]) -> int:
    """Run a command line.

    Returns:
        The exit code: 0, or 2 with one line on standard error for what a person can mend, or 130 after Ctrl-C.
    """
    if not words or words[0] in ("-h", "--help", "help"):
        print(help_text())
        return 0
    if words[0] == "--version":
        from etudes import __version__

        print(f"etudes {__version__}")
        return 0
    try:
        if words[0] not in COMMANDS:
            raise unknown("command", words[0], COMMANDS)
        return COMMANDS[words[0]][0](words[1:])
    except UserError as error:
        print(f"etudes: {error}", file=sys.stderr)
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        print(f"etudes: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("etudes: interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 2
