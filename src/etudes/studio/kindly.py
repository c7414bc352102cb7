"""Turning what a person can mend into a line on the page, and choosing who answers."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import gradio as gr

from etudes.errors import UserError
from etudes.studio.shown import refusal
from etudes.studio.studio import Studio
from etudes.studio.words import Words


def kindly(words: Words, outputs: int = 1) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A handler whose `UserError` becomes a kind line in its first output; what else it has stays as it is."""

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handler)
        def handled(*values: Any) -> Any:
            try:
                return handler(*values)
            except UserError as error:
                line = refusal(words, str(error))
                return line if outputs == 1 else (line, *[gr.skip() for _ in range(outputs - 1)])

        return handled

    return decorate


QUICK: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
"""For events that a network answers at once."""


def network_choice(
    words: Words, studio: Studio, etude: str, page: gr.Blocks, *, automatic: bool = False
) -> gr.Dropdown:
    """Which finished run answers; the list is read anew whenever the page is opened.

    Args:
        words: of the page's language.
        studio: whose runs.
        etude: of which étude.
        page: the page that is being laid out.
        automatic: whether the empty name may be chosen, which stands for the best network that is at hand.
    """

    def choices() -> list[tuple[str, str]]:
        names = [(words("bundled") if name.endswith("@bundled") else name, name)
                 for name in studio.choices(etude)]  # fmt: skip
        return [(words("automatic"), ""), *names] if automatic else names

    now = choices()
    chosen = gr.Dropdown(
        now, value="" if automatic else now[-1][1] if now else None, label=f"{words('network')}: {etude}",
        interactive=True, min_width=280, elem_id=f"network-{etude}{'-automatic' if automatic else ''}",
    )  # fmt: skip
    # The list of this moment counts, not that of when the page was built; `Studio.reference` checks the name.
    chosen.preprocess = lambda payload: payload  # type: ignore[method-assign]
    page.load(lambda: gr.update(choices=choices()), None, chosen, **QUICK)
    return chosen


def photograph(label: str, name: str) -> gr.Image:
    """Where a photograph is dropped; it arrives as the path of the file, which is opened by nobody but the worker."""
    dropped = gr.Image(
        label=label, type="filepath", image_mode=None, sources=["upload", "clipboard"], elem_id=name,
        elem_classes="photograph",
    )  # fmt: skip
    # Gradio would open the file here, in the server, to find out what it is.
    dropped.preprocess = lambda payload: payload.path if payload else None  # type: ignore[method-assign]
    return dropped
