"""Train: choose an étude and a preset, change settings, put the run into the queue."""

from typing import Any

import gradio as gr

from etudes import experiments
from etudes.studio.components import EVENT, follow_address
from etudes.studio.error_handlers import Handler, show_errors
from etudes.studio.forms import Form, changes_of, settings_form
from etudes.studio.html import note
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations


def train_tab(translate: Translations, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out: a form for each étude, of which one is visible."""
    with gr.Tab(translate("train"), id="train"):
        gr.Markdown(translate("train intro"))
        names = experiments.names()
        choices = [(translate.of_etude(name), name) for name in names]
        chosen = gr.Radio(choices, value=names[0], label=translate("etude"), elem_id="etude")
        groups, forms, starts = [], [], []
        for name in names:
            with gr.Column(visible=name == names[0]) as group:
                gr.Markdown(translate.summary(name))
                forms.append(settings_form(translate, name))
                starts.append(gr.Button(translate("start"), variant="primary", elem_id=f"start-{name}"))
            groups.append(group)
        said = gr.HTML(elem_id="train-said")
        follow_address(page, chosen, "etude", names)
        chosen.change(lambda name: [gr.Column(visible=name == other) for other in names], chosen, groups, **EVENT)
        for form, start in zip(forms, starts, strict=True):
            inputs = [form.preset, form.filled, *form.fields]
            start.click(_start(translate, studio, form), inputs, said, **EVENT)


def _start(translate: Translations, studio: Studio, form: Form) -> Handler:
    """The handler that puts the run of a form into the queue."""

    @show_errors(translate)
    def start(preset: str, filled: str, *values: Any) -> str:
        changes = changes_of(form, preset, filled, values)
        studio.check_paths(changes)
        return note(translate("started", name=studio.training_runs.start(form.etude, preset, changes)))

    return start
