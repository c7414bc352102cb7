"""The form of an étude, made from its settings dataclass: names, helps, ranges and presets are said there only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from etudes import experiments
from etudes.errors import UserError
from etudes.settings import Setting, as_dict, describe
from etudes.studio.words import Words

_NUMBERS: dict[str, Any] = {"int": int, "float": float, "str": str}


@dataclass(frozen=True)
class Form:
    """The components of one étude's settings, in the order of its dataclass.

    `filled` is unseen and says which preset the fields hold: it comes to the page together with them.
    """

    etude: str
    preset: gr.Dropdown
    filled: gr.Textbox
    settings: list[Setting]
    fields: list[Any]


def settings_form(words: Words, etude: str) -> Form:
    """Lay out the form within whatever is open; choosing a preset fills it."""
    experiment = experiments.load(etude)
    preset = gr.Dropdown(
        list(experiment.presets), value="demo", label=words("preset"), info=words("preset help"), interactive=True,
        elem_id=f"preset-{etude}",
    )  # fmt: skip
    filled = gr.Textbox("demo", visible="hidden", elem_id=f"filled-{etude}")
    settings = describe(experiment.presets["demo"])
    with gr.Accordion(words("all settings"), open=False), gr.Row():
        fields = [_field(etude, setting) for setting in settings]
        for field in fields:  # what a value may be, the settings say, in a line of their own
            field.preprocess = lambda payload: payload

    def fill(name: str) -> list[Any]:
        values = as_dict(experiment.presets[name])
        return [name, *(_for_field(setting, values[setting.name]) for setting in settings)]

    preset.change(fill, preset, [filled, *fields], api_visibility="private", show_progress="hidden")
    return Form(etude, preset, filled, settings, fields)


def _field(etude: str, setting: Setting) -> Any:
    limits = f" ({setting.range})" if setting.range and not setting.choices else ""
    told: dict[str, Any] = {
        "label": setting.name.replace("_", " "),
        "info": setting.help + limits,
        "value": _for_field(setting, setting.default),
        "interactive": True,
        "min_width": 260,
        "elem_id": f"setting-{etude}-{setting.name}",
    }
    if setting.choices:
        return gr.Dropdown(list(setting.choices), **told)
    if setting.kind == "bool":
        return gr.Checkbox(**told)
    if setting.kind in ("int", "float"):
        bounds = dict(setting.bounds)
        least, most = bounds.get(">=", bounds.get(">")), bounds.get("<=", bounds.get("<"))
        step = {"precision": 0} if setting.kind == "int" else {"step": 0.0001}
        return gr.Number(minimum=least, maximum=most, **step, **told)
    return gr.Textbox(**told)


def _for_field(setting: Setting, value: Any) -> Any:
    return " ".join(map(str, value)) if setting.kind == "list" else value


def changes_of(form: Form, preset: str, filled: str, values: Sequence[Any]) -> dict[str, Any]:
    """The settings that a form has otherwise than its preset.

    Args:
        form: where they were written.
        preset: the one that was chosen.
        filled: the one whose values the fields held. Where it is another, the fields were not filled again yet: then
            the preset counts as it is.
        values: of the fields.

    Raises:
        UserError: no such preset, or a field that holds no such value.
    """
    presets = experiments.load(form.etude).presets
    if preset not in presets:
        raise UserError(f"there is no preset {preset!r}: choose one of {', '.join(presets)}")
    if filled != preset:
        return {}
    before = as_dict(presets[preset])
    given = {setting.name: _from_field(setting, value) for setting, value in zip(form.settings, values, strict=True)}
    return {name: value for name, value in given.items() if value != before[name]}


def _from_field(setting: Setting, value: Any) -> Any:
    name = setting.name.replace("_", " ")
    if value is None and setting.kind not in ("str", "list"):
        raise UserError(f"{name}: write a number")
    if setting.kind == "int" and int(value) != value:
        raise UserError(f"{name} {value:g}: write a whole number")
    if setting.kind == "list":
        convert = _NUMBERS[setting.items]
        try:
            return [convert(word) for word in str(value or "").split()]
        except ValueError as error:
            raise UserError(f"{name}: write numbers with spaces between them") from error
    return _NUMBERS.get(setting.kind, lambda same: same)(value if value is not None else "")
