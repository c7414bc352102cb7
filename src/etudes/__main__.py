"""`python -m etudes` and the command `etudes`."""

import contextlib
import gc
import io
import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    _make_streams_usable()
    gc.set_threshold(100_000, 50, 50)  # nearly all that is made while modules are loaded stays: nothing is found there
    from etudes.cli import run

    code: int | str | None = 0
    try:
        try:
            code = run(sys.argv[1:])
        except SystemExit as leave:  # after `--help` of a command
            code = leave.code
        sys.stdout.flush()
    except BrokenPipeError:
        _say_nothing_more()
        code = 1
    except OSError as error:
        _say_nothing_more()
        if not code:  # else the trouble has been named already, and this is its echo
            code = 2
            with contextlib.suppress(OSError):
                print(f"etudes: output: {error.strerror}", file=sys.stderr)
    sys.exit(code)


def _make_streams_usable() -> None:
    """Let output survive closed streams, and names that the terminal's encoding does not have."""
    # In this order each takes its own number, the lowest that is free. Else the next file that is opened, maybe one of
    # weights, would have it and be printed into.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A path that is not Unicode leaves as the bytes that it came as.
            is_unicode = stream.encoding.lower().startswith("utf")
            stream.reconfigure(errors="surrogateescape" if is_unicode else "replace")


def _say_nothing_more() -> None:
    """Whoever read the output left (`| head`), or has no room: Python would complain again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
