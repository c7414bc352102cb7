"""Read digits: draw one; the antirectifier, its ReLU baseline and the transfer network classify it."""

import gradio as gr

from etudes.studio.components import EVENT, network_choice, photograph
from etudes.studio.error_handlers import show_errors
from etudes.studio.html import bars, note, remarks, side_by_side
from etudes.studio.pad import pad
from etudes.studio.pictures import drawing_file
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations

PAIRED, TRANSFER = "antirectifier", "mnist_transfer_cnn"


def digits_tab(translate: Translations, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(translate("digits"), id="digits"):
        gr.Markdown(translate("digits intro"))
        with gr.Row():
            with gr.Column(min_width=300, scale=1):
                drawing = pad(translate("pad"), translate("wipe"), "digit-pad")
                with gr.Accordion(translate("or picture"), open=False):
                    picture = photograph(translate("or picture"), "digit-picture")
            with gr.Column(min_width=300, scale=2):
                answer = gr.HTML(note(translate("draw here")), elem_id="digit")
        with gr.Row():
            runs = [network_choice(translate, studio, etude, page) for etude in (PAIRED, TRANSFER)]

        def read(file: str, paired_run: str | None, transfer_run: str | None) -> str:
            parts = []
            answered = studio.use(PAIRED, paired_run, file, seen="seen.png")
            for found in answered["answers"]:
                name = found["network"]
                title = translate("antirectifier") if name == PAIRED else translate("baseline", name=name)
                parts.append(bars(title, found["probabilities"]))
            for first, title in ((False, "transferred"), (True, "before transfer")):
                found = studio.use(TRANSFER, transfer_run, file, first=first, top=10)["answers"][0]["probabilities"]
                parts.append(bars(translate(title, names=" ".join(sorted(found))), dict(list(found.items())[:3])))
            return side_by_side(parts) + remarks(answered["answers"][0], translate, answered["pictures"]["seen"])

        @show_errors(translate)
        def drawn(url: str, *chosen: str | None) -> str:
            with drawing_file(url, studio.folder("drawings")) as file:
                return read(file, *chosen)

        @show_errors(translate)
        def dropped(path: str | None, *chosen: str | None) -> str:
            return read(path, *chosen) if path else ""

        gr.on([drawing.input], drawn, [drawing, *runs], answer, trigger_mode="always_last", **EVENT)
        drawing.clear(lambda: note(translate("draw here")), None, answer, **EVENT)
        picture.upload(dropped, [picture, *runs], answer, **EVENT)
