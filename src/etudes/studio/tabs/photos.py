"""Photographs: drop one on the CIFAR-10 network; see the classes, and the outputs of its layers."""

import gradio as gr

from etudes.studio.components import EVENT, network_choice, photograph
from etudes.studio.error_handlers import show_errors
from etudes.studio.html import bars, figure, note, remarks
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations

ETUDE = "cifar10_cnn"


def photos_tab(translate: Translations, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(translate("photos"), id="photos"):
        gr.Markdown(translate("photos intro"))
        with gr.Row():
            with gr.Column(min_width=300, scale=1):
                photo = photograph(translate("photo"), "photo")
            with gr.Column(min_width=300, scale=2):
                answer = gr.HTML(note(translate("no answer")), elem_id="photo-classes")
                look = gr.Button(translate("inside"), elem_id="photo-look")
                inside = gr.HTML(elem_id="photo-inside")
        chosen = network_choice(translate, studio, ETUDE, page)

        @show_errors(translate)
        def classified(path: str | None, run: str | None) -> str:
            if not path:
                return ""
            found = studio.use(ETUDE, run, path, top=5)["answers"][0]
            return bars(translate("prediction"), found["probabilities"]) + remarks(found, translate)

        @show_errors(translate)
        def inspected(path: str | None, run: str | None) -> str:
            """Every picture of `inspect` that shows something of this photograph."""
            if not path:
                return ""
            found = studio.inspect(ETUDE, run, picture=path)["pictures"]
            figures = [
                figure(url, name.replace("-", " "), crisp=True) for name, url in found.items() if name != "filters"
            ]
            return "".join(figures)

        gr.on([photo.upload, chosen.input], classified, [photo, chosen], answer, **EVENT)
        look.click(inspected, [photo, chosen], inside, **EVENT)
        photo.clear(lambda: (note(translate("no answer")), ""), None, [answer, inside], **EVENT)
