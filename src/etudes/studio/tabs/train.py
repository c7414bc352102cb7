"""Train: choose an étude and a preset, change settings, put the training into the queue."""

from __future__ import annotations

from typing import Any

import gradio as gr

from etudes import experiments
from etudes.studio.forms import Form, changes_of, settings_form
from etudes.studio.kindly import QUICK, kindly
from etudes.studio.shown import note
from etudes.studio.studio import Studio
from etudes.studio.words import Words


def train_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:  # noqa: ARG001
    """Lay it out: a form for each étude there is, one of them seen at a time."""
    with gr.Tab(words("train"), id="train"):
        gr.Markdown(words("train intro"))
        names = experiments.names()
        chosen = gr.Radio(
            [(words.of_etude(name), name) for name in names], value=names[0], label=words("etude"), elem_id="etude"
        )  # fmt: skip
        groups, forms, starts = [], [], []
        for name in names:
            with gr.Column(visible=name == names[0]) as group:
                gr.Markdown(words.learns(name))
                forms.append(settings_form(words, name))
                starts.append(gr.Button(words("start"), variant="primary", elem_id=f"start-{name}"))
            groups.append(group)
        said = gr.HTML(elem_id="train-said")
        chosen.change(
            lambda name: [gr.Column(visible=name == other) for other in names], chosen, groups, **QUICK
        )  # fmt: skip
        for form, start in zip(forms, starts, strict=True):
            start.click(starting(words, studio, form), [form.preset, form.filled, *form.fields], said, **QUICK)


def starting(words: Words, studio: Studio, form: Form) -> Any:
    """The handler that puts a form's training into the queue."""

    @kindly(words)
    def start(preset: str, filled: str, *values: Any) -> str:
        changes = changes_of(form, preset, filled, values)
        studio.check_strings(changes)
        return note(words("started", name=studio.trainings.start(form.etude, preset, changes)))

    return start
