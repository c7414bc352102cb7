"""Dream: drop a photograph, choose layers, progress the dream form, download it. A dream is a run like any other."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from etudes.data import embedded_photo
from etudes.errors import UserError
from etudes.studio.dreams import NETWORKS, SIZES, STEPS, begin_dream, look_at_dream
from etudes.studio.kindly import QUICK, kindly, network_choice, photograph
from etudes.studio.shown import figure, note, printed
from etudes.studio.studio import Studio
from etudes.studio.words import Words

LAYERS = ("conv1", "conv2", "conv3", "conv4", "dense1")
"""Of the bundled network; of another one, any name can be typed."""


def dream_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(words("dream"), id="dream"):
        gr.Markdown(words("dream intro"))
        with gr.Row():
            with gr.Column(min_width=300, scale=1):
                photo = photograph(words("photo"), "dream-photo")
                sample = gr.Button(words("sample"), size="sm", elem_id="dream-sample")
                layers = gr.Dropdown(
                    list(LAYERS), multiselect=True, allow_custom_value=True, label=words("layers"), elem_id="layers"
                )
                size = gr.Slider(*SIZES, 320, step=32, label=words("size"), elem_id="dream-size")
                steps = gr.Slider(*STEPS, 20, step=1, label=words("steps"), elem_id="dream-steps")
                start = gr.Button(words("dream now"), variant="primary", elem_id="dream-now")
            with gr.Column(min_width=300, scale=2):
                said = gr.HTML(note(words("no dream")), elem_id="dream-said")
                forming = gr.HTML(elem_id="forming")
        chosen = network_choice(words, studio, NETWORKS, page, automatic=True)
        name, seen = gr.State(""), gr.State("")
        clock = gr.Timer(1, active=False)

        @kindly(words, 4)
        def begun(
            path: str | None, what: Sequence[str], side: float, count: float, network: str | None
        ) -> tuple[Any, ...]:
            if not path:
                raise UserError(words("no photo"))
            run = begin_dream(studio, Path(path), what or (), int(side), int(count), network or "")
            return note(words("dreaming", name=run, state=words("queued"))), run, "", gr.Timer(active=True)

        @kindly(words, 4)
        def look(run: str, before: str) -> tuple[Any, ...]:
            dream = look_at_dream(studio, run)
            # Half of a picture may be there, and a moment later all of it.
            size = dream.picture.stat().st_size if dream.picture else 0
            now = f"{dream.state} {dream.picture} {size} {dream.sizes}"
            if now == before:
                return gr.skip(), gr.skip(), before, gr.skip()
            line = words("dreaming", name=run, state=words(dream.state))
            if dream.sizes and dream.state == "running":
                line += f" · {words('forming', done=dream.sizes)}"
            log = printed(studio.trainings.log_of(run), words("printed")) if dream.state == "failed" else ""
            shown = _shown(words, dream.picture, run, dream.state) if dream.picture else gr.skip()
            return note(line) + log, shown, now, gr.Timer(active=not dream.over)

        sample.click(lambda: sample_photo(studio), None, photo, **QUICK)
        start.click(begun, [photo, layers, size, steps, chosen], [said, name, seen, clock], **QUICK)
        clock.tick(look, [name, seen], [said, forming, seen, clock], **QUICK)


def sample_photo(studio: Studio) -> str:
    """A photograph for who has none at hand."""
    path = studio.folder("samples") / "china.png"
    if not path.exists():
        embedded_photo("china").save(path)
    return str(path)


def _shown(words: Words, picture: Path, run: str, state: str) -> Any:
    try:
        content = picture.read_bytes()
    except OSError:
        return gr.skip()
    address = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    caption = words("the dream") if picture.stem == "dream" else picture.stem.replace("-", " ")
    download = f"{run}.png" if state == "finished" else ""
    return figure(address, caption, download=download, words=words)
