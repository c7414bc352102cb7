"""Ctrl-C and SIGTERM during a run: it stops as soon as nothing is lost by it."""

from __future__ import annotations

import signal
import threading
from typing import Any

from etudes.errors import Interrupted

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C; what `kill` and a cluster's scheduler send; what a closed terminal sends (not on Windows)."""


class Interruption:
    """Within it, a signal does not stop the process in the middle of a step.

    While `held`, the first signal is only noted in `asked`; the training loop then saves a checkpoint and calls
    `stop`. A second signal, or one that arrives while it is not held, stops at once. A signal that the process ignores
    stays ignored.
    """

    def __init__(self, where: str = "", *, advice: str = "") -> None:
        """`where` is the run folder that the message names; `advice` takes its place where there is none."""
        self.advice = advice or f"continue with `etudes resume {where}`"
        self.held = False
        self.asked: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for name in SIGNALS:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._answer)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _answer(self, number: int, *_: object) -> None:
        again = self.asked is not None
        self.asked = number
        if again or not self.held:
            self.stop()

    def stop(self) -> None:
        """Raise `Interrupted` for the signal that was noted."""
        assert self.asked is not None
        name = "interrupted" if self.asked == signal.SIGINT else f"stopped by {signal.Signals(self.asked).name}"
        raise Interrupted(self.asked, f"{name}; {self.advice}")
