"""Add: type a sum, see the answer and how sure the network is of each character."""

from __future__ import annotations

import gradio as gr

from etudes.studio.kindly import QUICK, kindly, network_choice
from etudes.studio.shown import sum_answer
from etudes.studio.studio import Studio
from etudes.studio.words import Words

ETUDE = "addition_rnn"
EXAMPLES = ("35+35", "99+1", "123+456", "999+999")


def sums_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(words("sums"), id="sums"):
        gr.Markdown(words("sums intro"))
        with gr.Row(elem_classes="ask"):
            question = gr.Textbox(
                EXAMPLES[0],
                label=words("question"),
                max_lines=1,
                max_length=80,
                scale=3,
                min_width=110,
                elem_id="question",
            )
            ask = gr.Button(words("ask"), variant="primary", elem_id="ask", min_width=120)
        with gr.Row(elem_classes="examples"):
            examples = [gr.Button(example, size="sm", min_width=80) for example in EXAMPLES]
        answer = gr.HTML(elem_id="sum")
        chosen = network_choice(words, studio, ETUDE, page)

        @kindly(words)
        def answered(text: str, run: str | None) -> str:
            found = studio.use(ETUDE, run, text or "")
            return sum_answer(words, found["answers"][0])

        gr.on([question.submit, ask.click], answered, [question, chosen], answer, **QUICK)
        for example, button in zip(EXAMPLES, examples, strict=True):
            button.click(lambda text=example: text, None, question, **QUICK).then(
                answered, [question, chosen], answer, **QUICK
            )
