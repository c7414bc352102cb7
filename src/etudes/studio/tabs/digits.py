"""Read digits: draw one, and both twins of the antirectifier and the transferred network answer."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from etudes.studio.drawings import keep_drawing
from etudes.studio.kindly import QUICK, kindly, network_choice, photograph
from etudes.studio.pad import pad
from etudes.studio.shown import bars, note, side_by_side
from etudes.studio.studio import Studio
from etudes.studio.words import Words

TWINS, TRANSFER = "antirectifier", "mnist_transfer_cnn"


def digits_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(words("digits"), id="digits"):
        gr.Markdown(words("digits intro"))
        with gr.Row():
            with gr.Column(min_width=300, scale=1):
                drawing = pad(words("pad"), words("wipe"), "digit-pad")
                with gr.Accordion(words("or picture"), open=False):
                    picture = photograph(words("or picture"), "digit-picture")
            with gr.Column(min_width=300, scale=2):
                answer = gr.HTML(note(words("draw here")), elem_id="digit")
        with gr.Row():
            twins = network_choice(words, studio, TWINS, page)
            transfer = network_choice(words, studio, TRANSFER, page)

        def read(file: str, twin_run: str | None, transfer_run: str | None) -> str:
            parts = []
            for said in studio.use(TWINS, twin_run, file)["answers"]:
                name = said["network"]
                title = words("antirectifier") if name == TWINS else words("twin", name=name)
                parts.append(bars(title, said["probabilities"]))
            for first, title in ((False, "transferred"), (True, "before transfer")):
                said = studio.use(TRANSFER, transfer_run, file, first=first, top=10)["answers"][0]["probabilities"]
                best = dict(list(said.items())[:3])
                parts.append(bars(words(title, names=" ".join(sorted(said))), best))
            return side_by_side(parts)

        @kindly(words)
        def drawn(address: str, twin_run: str | None, transfer_run: str | None) -> str:
            file = keep_drawing(address, studio.folder("drawings"))
            try:
                return read(str(file), twin_run, transfer_run)
            finally:
                file.unlink(missing_ok=True)

        @kindly(words)
        def dropped(path: str | None, twin_run: str | None, transfer_run: str | None) -> str:
            return read(str(Path(path)), twin_run, transfer_run) if path else ""

        gr.on([drawing.input], drawn, [drawing, twins, transfer], answer, trigger_mode="always_last", **QUICK)
        drawing.clear(lambda: note(words("draw here")), None, answer, **QUICK)
        picture.upload(dropped, [picture, twins, transfer], answer, **QUICK)
