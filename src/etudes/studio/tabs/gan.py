"""Draw digits: write digits and move the sliders of z, see what the generator draws; morph one prompt into another."""

from typing import Any

import gradio as gr

from etudes.studio.components import EVENT, network_choice
from etudes.studio.error_handlers import show_errors
from etudes.studio.html import figure
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations

ETUDE, PARTS = "mnist_acgan", 5


def gan_tab(translate: Translations, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    text: dict[str, Any] = {"max_lines": 1, "max_length": 20, "min_width": 110}
    with gr.Tab(translate("gan"), id="gan") as tab:
        gr.Markdown(translate("gan intro"))
        with gr.Row(elem_classes="ask"):
            prompt = gr.Textbox("2026", label=translate("prompt"), scale=3, elem_id="prompt", **text)
            draw = gr.Button(translate("draw"), variant="primary", elem_id="draw", min_width=110)
        answer = gr.HTML(elem_id="drawn")
        with gr.Row():
            with gr.Column(min_width=300):
                with gr.Row(elem_classes="ask"):
                    target = gr.Textbox("8888", label=translate("morph to"), elem_id="morph-to", **text)
                    morph = gr.Button(translate("morph"), elem_id="morph", min_width=110)
                count = gr.Slider(1, 10, 1, step=1, label=translate("count"), elem_id="count")
                seed = gr.Slider(0, 100, 0, step=1, label=translate("seed"), elem_id="seed")
            with gr.Column(min_width=300):
                parts = [
                    gr.Slider(-1, 1, 1, step=0.05, label=translate("part", number=number), elem_id=f"z-{number}")
                    for number in range(1, PARTS + 1)
                ]
        chosen = network_choice(translate, studio, ETUDE, page)

        def ask(caption: str, file: str, run: str | None, digits: str, **options: Any) -> str:
            url = studio.use(ETUDE, run, digits, **options)["pictures"]["picture"]
            caption = translate("drawn", prompt=caption, run=run or studio.choices(ETUDE)[-1])
            return figure(url, caption, link=(translate("download"), file))

        @show_errors(translate)
        def drawn(digits: str, many: float, number: float, run: str | None, *factors: float) -> str:
            digits, values = (digits or "").strip(), list(map(float, factors))
            return ask(digits, "drawn.png", run, digits, count=int(many), seed=int(number), parts=values)

        @show_errors(translate)
        def morphed(digits: str, end: str, many: float, number: float, run: str | None) -> str:
            digits, end = (digits or "").strip(), (end or "").strip()
            options = {"walk_to": end, "count": int(many), "seed": int(number)}
            return ask(f"{digits} → {end}", "morph.gif", run, digits, **options)

        def first(before: bool, *values: Any) -> tuple[Any, bool]:
            """Draw something when the tab is opened for the first time."""
            return (gr.skip() if before else drawn(*values)), True

        opened, inputs = gr.State(False), [prompt, count, seed, chosen, *parts]
        tab.select(first, [opened, *inputs], [answer, opened], **EVENT)
        changes = [draw.click, prompt.submit, *(slider.release for slider in (count, seed, *parts))]
        gr.on(changes, drawn, inputs, answer, trigger_mode="always_last", **EVENT)
        gr.on([morph.click, target.submit], morphed, [prompt, target, count, seed, chosen], answer, **EVENT)
