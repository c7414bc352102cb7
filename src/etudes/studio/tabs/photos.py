"""Photographs: drop one on the CIFAR-10 network; its classes, and what its layers make of it."""

from __future__ import annotations

import gradio as gr

from etudes.studio.kindly import QUICK, kindly, network_choice, photograph
from etudes.studio.shown import bars, figure, note
from etudes.studio.studio import Studio
from etudes.studio.words import Words

ETUDE = "cifar10_cnn"


def photos_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(words("photos"), id="photos"):
        gr.Markdown(words("photos intro"))
        with gr.Row():
            with gr.Column(min_width=300, scale=1):
                photo = photograph(words("photo"), "photo")
            with gr.Column(min_width=300, scale=2):
                answer = gr.HTML(note(words("no answer")), elem_id="photo-classes")
                inside = gr.HTML(elem_id="photo-inside")
        chosen = network_choice(words, studio, ETUDE, page)

        @kindly(words)
        def classified(path: str | None, run: str | None) -> str:
            if not path:
                return ""
            return bars(words("says"), studio.use(ETUDE, run, path, top=5)["answers"][0]["probabilities"])

        @kindly(words)
        def looked(path: str | None, run: str | None) -> str:
            """Every picture of the étude's inspection that shows something of this photograph."""
            if not path:
                return ""
            found = studio.worker.ask("look", studio.reference(ETUDE, run), path)["pictures"]
            own = {name: address for name, address in found.items() if name != "filters"}
            pictures = [figure(address, name.replace("-", " "), crisp=True) for name, address in own.items()]
            return f"<h3>{words('inside')}</h3>{''.join(pictures)}"

        gr.on([photo.upload, chosen.input], classified, [photo, chosen], answer, **QUICK).then(
            looked, [photo, chosen], inside, **QUICK
        )
        photo.clear(lambda: (note(words("no answer")), ""), None, [answer, inside], **QUICK)
