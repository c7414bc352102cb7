"""Dream: drop a photograph, choose layers, watch the dream form, download it. A dream is a run like any other."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from etudes.data import look_at_picture
from etudes.errors import UserError
from etudes.runs import read_metrics
from etudes.studio.kindly import QUICK, kindly, photograph
from etudes.studio.shown import figure, note, printed
from etudes.studio.studio import Studio
from etudes.studio.words import Words

ETUDE, PRESET = "deep_dream", "demo"
LAYERS = ("conv1", "conv2", "conv3", "conv4", "dense1")
"""Of the bundled network; of another one, any name can be typed."""


def dream_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:  # noqa: ARG001
    """Lay it out."""
    with gr.Tab(words("dream"), id="dream"):
        gr.Markdown(words("dream intro"))
        with gr.Row():
            with gr.Column(min_width=300, scale=1):
                photo = photograph(words("photo"), "dream-photo")
                layers = gr.Dropdown(
                    list(LAYERS), multiselect=True, allow_custom_value=True, label=words("layers"), elem_id="layers"
                )
                size = gr.Slider(96, 1024, 320, step=32, label=words("size"), elem_id="dream-size")
                steps = gr.Slider(1, 60, 20, step=1, label=words("steps"), elem_id="dream-steps")
                start = gr.Button(words("dream now"), variant="primary", elem_id="dream-now")
            with gr.Column(min_width=300, scale=2):
                said, forming = gr.HTML(elem_id="dream-said"), gr.HTML(elem_id="forming")
        name, seen = gr.State(""), gr.State("")
        clock = gr.Timer(1, active=False)

        @kindly(words, 4)
        def begun(path: str | None, chosen: Sequence[str], side: float, count: float) -> tuple[Any, ...]:
            if not path:
                raise UserError(words("no photo"))
            photograph_kept = keep_photo(studio, Path(path))
            changes = {"data": str(photograph_kept), "layers": list(chosen or ()), "max_size": int(side)}
            run = studio.trainings.start(ETUDE, PRESET, {**changes, "iterations": int(count)})
            return note(words("dreaming", name=run, state=words("queued"))), run, "", gr.Timer(active=True)

        @kindly(words, 4)
        def look(run: str, before: str) -> tuple[Any, ...]:
            known = studio.trainings.find(run)
            picture = newest_picture(known.run.folder)
            epochs = sum(1 for _ in read_metrics(known.run.folder))
            # Half of a picture may be there, and a moment later all of it.
            size = picture.stat().st_size if picture else 0
            now = f"{known.state} {picture} {size} {epochs}"
            if now == before:
                return gr.skip(), gr.skip(), before, gr.skip()
            line = words("dreaming", name=run, state=words(known.state))
            if epochs and known.state == "running":
                line += f" · {words('forming', done=epochs)}"
            over = known.state in ("finished", "failed", "stopped")
            log = printed(studio.trainings.log_of(run), words("printed")) if known.state == "failed" else ""
            shown = _shown(words, picture, run, known.state) if picture else gr.skip()
            return note(line) + log, shown, now, gr.Timer(active=not over)

        start.click(begun, [photo, layers, size, steps], [said, name, seen, clock], **QUICK)
        clock.tick(look, [name, seen], [said, forming, seen, clock], **QUICK)


def keep_photo(studio: Studio, path: Path) -> Path:
    """A copy of the photograph beside the runs, named by its content, so that its dream can be reproduced.

    Raises:
        UserError: it is no picture, or too large.
    """
    look_at_picture(path)
    place = studio.trainings.place / "photographs"
    place.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    kept = place / f"{digest}.png"
    if not kept.exists():
        shutil.copyfile(path, kept)
    return kept


def newest_picture(folder: Path) -> Path | None:
    """The dream, or, while it forms, the largest size that is done."""
    dream = folder / "pictures" / "dream.png"
    if dream.exists():
        return dream
    octaves = sorted((folder / "pictures").glob("octave-*.png"))
    return octaves[-1] if octaves else None


def _shown(words: Words, picture: Path, run: str, state: str) -> Any:
    try:
        content = picture.read_bytes()
    except OSError:
        return gr.skip()
    address = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    caption = words("the dream") if picture.stem == "dream" else picture.stem.replace("-", " ")
    download = f"{run}.png" if state == "finished" else ""
    return figure(address, caption, download=download, words=words)
