"""Fine-tune: draw symbols of your own; the transfer network is fine-tuned on them in seconds; try it."""

from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from etudes.errors import UserError
from etudes.studio import few_shot
from etudes.studio.components import EVENT, network_choice
from etudes.studio.error_handlers import Handler, show_errors
from etudes.studio.html import bars, note
from etudes.studio.pad import pad
from etudes.studio.pictures import data_url, read_drawing
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations

Drawings = list[tuple[int, str]]
"""The number of a symbol, from 0, and a drawing of it."""


def few_shot_tab(translate: Translations, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out: draw and keep, then fine-tune, then try."""
    with gr.Tab(translate("few shot"), id="few-shot"):
        gr.Markdown(translate("few shot intro"))
        drawings, session = gr.State([]), gr.State("")
        with gr.Row():
            with gr.Column(min_width=300):
                gr.Markdown(translate("first draw"))
                drawing = pad(translate("pad"), translate("wipe"), "symbol-pad")
                keeps, names = zip(*(_symbol(translate, n) for n in range(few_shot.MAX_SYMBOLS)), strict=True)
            with gr.Column(min_width=300):
                gr.Markdown(translate("then tune"))
                kept = gr.HTML(note(translate("none kept")), elem_id="kept")
                with gr.Row():
                    tune = gr.Button(translate("tune now"), variant="primary", elem_id="tune-now", min_width=110)
                    discard = gr.Button(translate("discard"), elem_id="discard", min_width=110)
                said = gr.HTML(elem_id="tuned")
                gr.Markdown(translate("last try"))
                trial = pad(translate("try pad"), translate("wipe"), "try-pad")
                answer = gr.HTML(elem_id="tried")
        chosen = network_choice(translate, studio, few_shot.ETUDE, page)

        @show_errors(translate, 2)
        def tuned(so_far: Drawings, run: str | None, *called: str) -> tuple[str, str]:
            done = few_shot.fine_tune(translate, studio, by_name(translate, so_far, called), run)
            return note(translate("tuned", **done)), done["session"]

        @show_errors(translate)
        def tried(url: str, name: str, run: str | None) -> str:
            return bars(translate("prediction"), few_shot.recognise(translate, studio, name, url, run))

        for number, button in enumerate(keeps):
            outputs = [kept, drawings, drawing]
            button.click(_keep(translate, number), [drawing, drawings, *names], outputs, **EVENT)
        nothing: tuple[Any, ...] = (note(translate("none kept")), [], "", "", "")
        discard.click(lambda: nothing, None, [kept, drawings, said, answer, session], **EVENT)
        tune.click(tuned, [drawings, chosen, *names], [said, session], **{**EVENT, "show_progress": "minimal"})
        trial.input(tried, [trial, session, chosen], answer, trigger_mode="always_last", **EVENT)
        trial.clear(lambda: "", None, answer, **EVENT)


def _symbol(translate: Translations, number: int) -> tuple[gr.Button, gr.Textbox]:
    """The name of a symbol, and the button that keeps the drawing as one of its drawings."""
    with gr.Row(elem_classes="ask"):
        name = gr.Textbox(
            "ABCDE"[number], label=translate("symbol", number=number + 1), max_length=20, max_lines=1,
            min_width=110, elem_id=f"symbol-{number + 1}",
        )  # fmt: skip
        keep = gr.Button(translate("keep", name=number + 1), min_width=110, elem_id=f"keep-{number + 1}")
    return keep, name


def _keep(translate: Translations, number: int) -> Handler:
    """The handler that adds the drawing on the pad to those of a symbol, and empties the pad."""

    @show_errors(translate, 3)
    def keep(url: str, so_far: Drawings, *called: str) -> tuple[Any, ...]:
        if len(so_far) >= few_shot.MAX_DRAWINGS:
            raise UserError(translate("many", symbols=few_shot.MAX_SYMBOLS, drawings=few_shot.MAX_DRAWINGS))
        read_drawing(url)
        now = [*so_far, (number, url)]
        return gallery(translate, now, called), now, ""

    return keep


def by_name(translate: Translations, drawings: Drawings, names: tuple[str, ...]) -> few_shot.Symbols:
    """The drawings by the names of their symbols.

    Raises:
        UserError: two symbols have the same name.
    """
    numbers = sorted({number for number, _ in drawings})
    if len({names[number].strip() for number in numbers}) < len(numbers):
        raise UserError(translate("names differ"))
    return {names[number]: [url for symbol, url in drawings if symbol == number] for number in numbers}


def gallery(translate: Translations, drawings: Drawings, names: tuple[str, ...]) -> str:
    """The drawings of each symbol as the network gets them."""
    rows = []
    for number, name in enumerate(names):
        urls = [data_url(Image.fromarray(read_drawing(url))) for symbol, url in drawings if symbol == number]
        if urls:
            images = "".join(f'<img src="{url}" alt="{escape(name)}">' for url in urls)
            count = escape(translate("kept", name=name, count=len(urls)))
            rows.append(f"<p>{count}</p><div class='kept'>{images}</div>")
    return "".join(rows)
