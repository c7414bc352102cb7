"""The one error that is a person's to mend: shown as one line, exit code 2."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """What a person asked for cannot be done; the message is one line that says what is wrong and what to do."""


def unknown(kind: str, given: str, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist, with the nearest one that does.

    Args:
        kind: what was named, in the singular, such as "etude".
        given: the name that was given.
        known: every name that exists.
    """
    names = list(known)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of: {', '.join(names)}"
    return UserError(f"unknown {kind} {given!r}: {hint}")
