"""Draw digits: pick digits, move the sliders of z, see the generator draw; morph from one word to another."""

from __future__ import annotations

from typing import Any

import gradio as gr

from etudes.studio.kindly import QUICK, kindly, network_choice
from etudes.studio.shown import figure
from etudes.studio.studio import Studio
from etudes.studio.words import Words

ETUDE, PARTS = "mnist_acgan", 5


def gan_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(words("gan"), id="gan") as tab:
        gr.Markdown(words("gan intro"))
        with gr.Row(elem_classes="ask"):
            wish = gr.Textbox(
                "2026", label=words("wish"), max_lines=1, max_length=20, min_width=110, scale=3, elem_id="wish"
            )
            draw = gr.Button(words("draw"), variant="primary", elem_id="draw", min_width=110)
        answer = gr.HTML(elem_id="drawn")
        with gr.Row():
            with gr.Column(min_width=300):
                with gr.Row(elem_classes="ask"):
                    becomes = gr.Textbox(
                        "8888", label=words("becomes"), max_lines=1, max_length=20, min_width=110, elem_id="becomes"
                    )
                    morph = gr.Button(words("morph"), elem_id="morph", min_width=110)
                count = gr.Slider(1, 10, 1, step=1, label=words("count"), elem_id="count")
                seed = gr.Slider(0, 100, 0, step=1, label=words("seed"), elem_id="seed")
            with gr.Column(min_width=300):
                parts = [
                    gr.Slider(-1, 1, 1, step=0.05, label=words("part", number=number), elem_id=f"z-{number}")
                    for number in range(1, PARTS + 1)
                ]
        chosen = network_choice(words, studio, ETUDE, page)

        def shown(found: dict[str, Any], caption: str, run: str | None, file: str) -> str:
            name = run or studio.choices(ETUDE)[-1]
            caption = words("drawn", wish=caption, run=name)
            return figure(found["pictures"]["picture"], caption, download=file, words=words)

        @kindly(words)
        def draws(text: str, many: float, number: float, run: str | None, *factors: float) -> str:
            text = (text or "").strip()
            found = studio.use(ETUDE, run, text, count=int(many), seed=int(number), parts=list(map(float, factors)))
            return shown(found, text, run, "drawn.png")

        @kindly(words)
        def morphs(text: str, end: str, many: float, number: float, run: str | None) -> str:
            text, end = (text or "").strip(), (end or "").strip()
            found = studio.use(ETUDE, run, text, walk_to=end, count=int(many), seed=int(number))
            return shown(found, f"{text} → {end}", run, "morph.gif")

        begun = gr.State(False)
        given = [wish, count, seed, chosen, *parts]

        def first(before: bool, *values: Any) -> tuple[Any, bool]:
            """Whoever comes for the first time finds something drawn."""
            return (gr.skip(), True) if before else (draws(*values), True)

        tab.select(first, [begun, *given], [answer, begun], **QUICK)
        changes = [draw.click, wish.submit, *(slider.release for slider in (count, seed, *parts))]
        gr.on(changes, draws, given, answer, trigger_mode="always_last", **QUICK)
        gr.on([morph.click, becomes.submit], morphs, [wish, becomes, count, seed, chosen], answer, **QUICK)
