"""Dream: drop a photograph, choose layers, watch the dream form, download it. A dream is a run like any other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from etudes.data import embedded_photo
from etudes.errors import UserError
from etudes.results.html import file_url
from etudes.runs import read_metrics
from etudes.studio.components import EVENT, network_choice, photograph
from etudes.studio.dreams import NETWORKS, SIZES, STEPS, find_dream, newest_picture, start_dream
from etudes.studio.error_handlers import show_errors
from etudes.studio.html import figure, log, note
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations

LAYERS = ("conv1", "conv2", "conv3", "conv4", "dense1")
"""Of the bundled network; names of another network's layers can be typed."""


def dream_tab(translate: Translations, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(translate("dream"), id="dream"):
        gr.Markdown(translate("dream intro"))
        with gr.Row():
            with gr.Column(min_width=300, scale=1):
                photo = photograph(translate("photo"), "dream-photo")
                sample = gr.Button(translate("sample"), size="sm", elem_id="dream-sample")
                layers = gr.Dropdown(
                    list(LAYERS), multiselect=True, allow_custom_value=True, label=translate("layers"), elem_id="layers"
                )
                size = gr.Slider(*SIZES, 320, step=32, label=translate("size"), elem_id="dream-size")
                steps = gr.Slider(*STEPS, 20, step=1, label=translate("steps"), elem_id="dream-steps")
                start = gr.Button(translate("dream now"), variant="primary", elem_id="dream-now")
            with gr.Column(min_width=300, scale=2):
                said = gr.HTML(note(translate("no dream")), elem_id="dream-said")
                forming = gr.HTML(elem_id="forming")
        chosen = network_choice(translate, studio, NETWORKS, page, automatic=True)
        name, seen = gr.State(""), gr.State("")
        clock = gr.Timer(1, active=False)

        @show_errors(translate, 4)
        def started(
            path: str | None, which: Sequence[str], side: float, count: float, network: str | None
        ) -> tuple[Any, ...]:
            if not path:
                raise UserError(translate("no photo"))
            run = start_dream(studio, Path(path), which or (), int(side), int(count), network or "")
            return note(translate("dreaming", name=run, state=translate("queued"))), run, "", gr.Timer(active=True)

        @show_errors(translate, 4)
        def update(run: str, before: str) -> tuple[Any, ...]:
            dream = find_dream(studio, run)
            picture, sizes = newest_picture(dream.run.folder), len(read_metrics(dream.run.folder))
            # The file may hold half of the picture now and all of it a moment later.
            now = f"{dream.state} {picture} {picture.stat().st_size if picture else 0} {sizes}"
            if now == before:
                return gr.skip(), gr.skip(), before, gr.skip()
            line = translate("dreaming", name=run, state=translate(dream.state))
            if sizes and dream.state == "running":
                line += f" · {translate('forming', done=sizes)}"
            output = log(studio.training_runs.log_of(run), translate("printed")) if dream.state == "failed" else ""
            shown: Any = gr.skip()
            if picture:
                caption = translate("the dream") if picture.stem == "dream" else picture.stem.replace("-", " ")
                link = (translate("download"), f"{run}.png") if dream.state == "finished" else None
                shown = figure(file_url("png", picture.read_bytes()), caption, link=link)
            return note(line) + output, shown, now, gr.Timer(active=dream.state in ("queued", "starting", "running"))

        sample.click(lambda: sample_photo(studio), None, photo, **EVENT)
        start.click(started, [photo, layers, size, steps, chosen], [said, name, seen, clock], **EVENT)
        clock.tick(update, [name, seen], [said, forming, seen, clock], **EVENT)


def sample_photo(studio: Studio) -> str:
    """The path of a photograph for a person who has none to try."""
    path = studio.folder("samples") / "china.png"
    if not path.exists():
        embedded_photo("china").save(path)
    return str(path)
