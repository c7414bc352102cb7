"""Teach: draw symbols of one's own; the transfer network learns them in seconds, and is tried."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from etudes.errors import UserError
from etudes.studio import lessons
from etudes.studio.drawings import read_drawing
from etudes.studio.embedded import embedded
from etudes.studio.kindly import QUICK, kindly, network_choice
from etudes.studio.pad import pad
from etudes.studio.shown import bars, note
from etudes.studio.studio import Studio
from etudes.studio.words import Words

Drawings = list[tuple[int, str]]
"""The number of a symbol, from 0, and a drawing of it."""


def teach_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out: drawing and keeping, then teaching, then trying."""
    with gr.Tab(words("teach"), id="teach"):
        gr.Markdown(words("teach intro"))
        drawings, lesson = gr.State([]), gr.State("")
        with gr.Row():
            with gr.Column(min_width=300):
                gr.Markdown(words("first draw"))
                drawing = pad(words("pad"), words("wipe"), "teach-pad")
                keeps, names = zip(*(_symbol(words, number) for number in range(lessons.SYMBOLS)), strict=True)
            with gr.Column(min_width=300):
                gr.Markdown(words("then teach"))
                kept = gr.HTML(note(words("none kept")), elem_id="kept")
                with gr.Row():
                    teach = gr.Button(words("teach now"), variant="primary", elem_id="teach-now", min_width=110)
                    forget = gr.Button(words("forget"), elem_id="forget", min_width=110)
                said = gr.HTML(elem_id="taught")
                gr.Markdown(words("last try"))
                trial = pad(words("try pad"), words("wipe"), "try-pad")
                answer = gr.HTML(elem_id="tried")
        chosen = network_choice(words, studio, lessons.ETUDE, page)

        def keep_as(number: int) -> Any:
            @kindly(words, 3)
            def keep(address: str, so_far: Drawings, *called: str) -> tuple[Any, ...]:
                if len(so_far) >= lessons.MOST_DRAWINGS:
                    raise UserError(words("many", symbols=lessons.SYMBOLS, drawings=lessons.MOST_DRAWINGS))
                read_drawing(address)
                now = [*so_far, (number, address)]
                return gallery(words, now, called), now, ""

            return keep

        for number, button in enumerate(keeps):
            button.click(keep_as(number), [drawing, drawings, *names], [kept, drawings, drawing], **QUICK)
        nothing: tuple[Any, ...] = (note(words("none kept")), [], "", "", "")
        forget.click(lambda: nothing, None, [kept, drawings, said, answer, lesson], **QUICK)

        @kindly(words, 2)
        def taught(so_far: Drawings, run: str | None, *called: str) -> tuple[str, str]:
            done = lessons.teach(words, studio, named(words, so_far, called), run)
            line = words("taught", symbols=done.symbols, drawings=done.drawings, seconds=done.seconds)
            return note(line), done.name

        @kindly(words)
        def tried(address: str, taught_now: str, run: str | None) -> str:
            return bars(words("says"), lessons.recognise(words, studio, taught_now, address, run))

        slow = {**QUICK, "show_progress": "minimal"}
        teach.click(taught, [drawings, chosen, *names], [said, lesson], **slow)
        trial.input(tried, [trial, lesson, chosen], answer, trigger_mode="always_last", **QUICK)
        trial.clear(lambda: "", None, answer, **QUICK)


def _symbol(words: Words, number: int) -> tuple[gr.Button, gr.Textbox]:
    """The name of a symbol, and the button that keeps what is drawn as one of its drawings."""
    with gr.Row(elem_classes="ask"):
        name = gr.Textbox(
            "ABCDE"[number], label=words("symbol", number=number + 1), max_length=20, max_lines=1,
            min_width=110, elem_id=f"symbol-{number + 1}",
        )  # fmt: skip
        keep = gr.Button(words("keep", name=number + 1), min_width=110, elem_id=f"keep-{number + 1}")
    return keep, name


def named(words: Words, drawings: Drawings, names: tuple[str, ...]) -> lessons.Symbols:
    """The drawings by the names of their symbols.

    Raises:
        UserError: two symbols have the same name.
    """
    numbers = sorted({number for number, _ in drawings})
    if len({names[number].strip() for number in numbers}) < len(numbers):
        raise UserError(words("names differ"))
    return {names[number]: [address for symbol, address in drawings if symbol == number] for number in numbers}


def gallery(words: Words, drawings: Drawings, names: tuple[str, ...]) -> str:
    """The drawings of each symbol as the network will see them."""
    rows = []
    for number, name in enumerate(names):
        own = [address for symbol, address in drawings if symbol == number]
        if own:
            seen = "".join(
                f'<img src="{embedded(Image.fromarray(read_drawing(a)))}" alt="{escape(name)}">' for a in own
            )
            rows.append(f"<p>{escape(words('kept', name=name, count=len(own)))}</p><div class='kept'>{seen}</div>")
    return "".join(rows)
