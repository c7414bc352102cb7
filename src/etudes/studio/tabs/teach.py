"""Teach: draw symbols of one's own; the transfer network learns them in seconds, and is tried."""

from __future__ import annotations

import secrets
import shutil
import time
from collections import Counter
from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from etudes.errors import UserError
from etudes.studio.drawings import keep_drawing, read_drawing
from etudes.studio.embedded import embedded
from etudes.studio.kindly import QUICK, kindly, network_choice
from etudes.studio.pad import pad
from etudes.studio.shown import bars, note
from etudes.studio.studio import Studio
from etudes.studio.words import Words

ETUDE, SYMBOLS, LEAST = "mnist_transfer_cnn", 5, 2
MOST_DRAWINGS = 200
Drawings = list[tuple[int, str]]
"""The number of a symbol, from 0, and a drawing of it."""


def teach_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(words("teach"), id="teach"):
        gr.Markdown(words("teach intro"))
        drawings, lesson = gr.State([]), gr.State("")
        with gr.Row():
            with gr.Column(min_width=300):
                drawing = pad(words("pad"), words("wipe"), "teach-pad")
                keeps, names = [], []
                for number in range(SYMBOLS):
                    with gr.Row(equal_height=True, elem_classes="symbol"):
                        name = gr.Textbox(
                            "ABCDE"[number], label=words("symbol", number=number + 1), max_length=20, max_lines=1,
                            min_width=110, elem_id=f"symbol-{number + 1}",
                        )  # fmt: skip
                        names.append(name)
                        label = words("keep", name=number + 1)
                        keeps.append(gr.Button(label, min_width=110, elem_id=f"keep-{number + 1}"))
            with gr.Column(min_width=300):
                kept = gr.HTML(elem_id="kept")
                with gr.Row():
                    teach = gr.Button(words("teach now"), variant="primary", elem_id="teach-now")
                    forget = gr.Button(words("forget"), elem_id="forget")
                said = gr.HTML(elem_id="taught")
                trial = pad(words("try pad"), words("wipe"), "try-pad")
                answer = gr.HTML(elem_id="tried")
        chosen = network_choice(words, studio, ETUDE, page)

        def keep_as(number: int) -> Any:
            @kindly(words, 3)
            def keep(address: str, so_far: Drawings, *called: str) -> tuple[Any, ...]:
                if len(so_far) >= MOST_DRAWINGS:
                    raise UserError(words("forget"))
                read_drawing(address)
                now = [*so_far, (number, address)]
                return gallery(words, now, called), now, ""

            return keep

        for number, button in enumerate(keeps):
            button.click(keep_as(number), [drawing, drawings, *names], [kept, drawings, drawing], **QUICK)
        forget.click(lambda: ("", [], "", "", ""), None, [kept, drawings, said, answer, lesson], **QUICK)

        @kindly(words, 2)
        def taught(so_far: Drawings, run: str | None, *called: str) -> tuple[str, str]:
            folder, began = write_lesson(words, studio, so_far, called), time.monotonic()
            example = str(next(folder.rglob("*.png")))
            studio.use(ETUDE, run, example, teach=str(folder))
            seconds = f"{time.monotonic() - began:.1f}"
            symbols = len({number for number, _ in so_far})
            return note(words("taught", symbols=symbols, drawings=len(so_far), seconds=seconds)), folder.name

        @kindly(words)
        def tried(address: str, taught_now: str, run: str | None) -> str:
            folder = studio.place / "lessons" / taught_now
            if not taught_now or not folder.is_dir():
                raise UserError(words("not taught"))
            file = keep_drawing(address, studio.folder("drawings"))
            try:
                found = studio.use(ETUDE, run, str(file), teach=str(folder), top=SYMBOLS)
            finally:
                file.unlink(missing_ok=True)
            return bars(words("says"), found["answers"][0]["probabilities"])

        slow = {**QUICK, "show_progress": "minimal"}
        teach.click(taught, [drawings, chosen, *names], [said, lesson], **slow)
        trial.input(tried, [trial, lesson, chosen], answer, trigger_mode="always_last", **QUICK)
        trial.clear(lambda: "", None, answer, **QUICK)


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


def write_lesson(words: Words, studio: Studio, drawings: Drawings, names: tuple[str, ...]) -> Any:
    """The drawings as an image folder, a subfolder for each symbol, named as the person names it.

    Raises:
        UserError: too few drawings, or names that cannot be told apart.
    """
    counts = Counter(number for number, _ in drawings)
    if len(counts) < 2 or min(counts.values()) < LEAST:
        raise UserError(words("few"))
    called = {number: folder_name(names[number]) for number in counts}
    if len(set(called.values())) < len(called) or not all(called.values()):
        raise UserError(words("names differ"))
    folder = studio.folder("lessons") / secrets.token_hex(8)
    for number, address in drawings:
        (folder / called[number]).mkdir(parents=True, exist_ok=True)
        keep_drawing(address, folder / called[number])
    older = sorted((studio.place / "lessons").iterdir(), key=lambda path: path.stat().st_mtime)
    for path in older[:-100]:
        shutil.rmtree(path, ignore_errors=True)
    return folder


def folder_name(name: str) -> str:
    """A name as that of a folder: no separators, not hidden, not too long."""
    letters = "".join("_" if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in name)
    return letters.strip(" .")[:40]
