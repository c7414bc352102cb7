"""Add: type a sum, see the answer and the confidence of each character."""

import gradio as gr

from etudes.studio.components import EVENT, network_choice
from etudes.studio.error_handlers import show_errors
from etudes.studio.html import sum_answer
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations

ETUDE = "addition_rnn"
EXAMPLES = ("35+35", "99+1", "123+456", "999+999")


def sums_tab(translate: Translations, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(translate("sums"), id="sums"):
        gr.Markdown(translate("sums intro"))
        with gr.Row(elem_classes="ask"):
            question = gr.Textbox(
                EXAMPLES[0], label=translate("question"), max_lines=1, max_length=80, scale=3, min_width=110,
                elem_id="question",
            )  # fmt: skip
            ask = gr.Button(translate("ask"), variant="primary", elem_id="ask", min_width=120)
        with gr.Row(elem_classes="examples"):
            examples = [gr.Button(example, size="sm", min_width=80) for example in EXAMPLES]
        answer = gr.HTML(elem_id="sum")
        chosen = network_choice(translate, studio, ETUDE, page)

        @show_errors(translate)
        def answered(text: str, run: str | None) -> str:
            return sum_answer(translate, studio.use(ETUDE, run, text or "")["answers"][0])

        gr.on([question.submit, ask.click], answered, [question, chosen], answer, **EVENT)
        for example, button in zip(EXAMPLES, examples, strict=True):
            typed = button.click(lambda text=example: text, None, question, **EVENT)
            typed.then(answered, [question, chosen], answer, **EVENT)
