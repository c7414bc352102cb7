"""The form of an étude, made from its settings dataclass, which alone holds names, helps, ranges and presets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from etudes import experiments
from etudes.errors import UserError, unknown
from etudes.schema import Setting, as_dict, describe
from etudes.studio.components import EVENT
from etudes.studio.gradio_internals import take_as_sent
from etudes.studio.translations import Translations

_TYPES: dict[str, Any] = {"int": int, "float": float, "str": str, "bool": bool}


@dataclass(frozen=True)
class Form:
    """The components of one étude's settings, in the order of its dataclass.

    `filled` is hidden and names the preset whose values the fields hold: the page receives it together with them.
    """

    etude: str
    preset: gr.Dropdown
    filled: gr.Textbox
    settings: list[Setting]
    fields: list[Any]


def settings_form(translate: Translations, etude: str) -> Form:
    """Lay out the form in the block that is open; choosing a preset fills it."""
    experiment = experiments.load(etude)
    preset = gr.Dropdown(
        list(experiment.presets), value="demo", label=translate("preset"), info=translate("preset help"),
        interactive=True, elem_id=f"preset-{etude}",
    )  # fmt: skip
    filled = gr.Textbox("demo", visible="hidden", elem_id=f"filled-{etude}")
    settings = describe(experiment.presets["demo"])
    with gr.Accordion(translate("all settings"), open=False), gr.Row():
        fields = [_field(etude, setting) for setting in settings]
        for field in fields:
            take_as_sent(field)  # the settings check it, with an error of one line

    def fill(name: str) -> list[Any]:
        values = as_dict(experiment.presets[name])
        return [name, *(_for_field(setting, values[setting.name]) for setting in settings)]

    preset.change(fill, preset, [filled, *fields], **EVENT)
    return Form(etude, preset, filled, settings, fields)


def _field(etude: str, setting: Setting) -> Any:
    limits = f" ({setting.range})" if setting.range and not setting.choices else ""
    options: dict[str, Any] = {
        "label": setting.name.replace("_", " "),
        "info": setting.help + limits,
        "value": _for_field(setting, setting.default),
        "interactive": True,
        "min_width": 260,
        "elem_id": f"setting-{etude}-{setting.name}",
    }
    if setting.choices:
        return gr.Dropdown(list(setting.choices), **options)
    if setting.kind == "bool":
        return gr.Checkbox(**options)
    if setting.kind in ("int", "float"):
        bounds = dict(setting.bounds)
        low, high = bounds.get(">=", bounds.get(">")), bounds.get("<=", bounds.get("<"))
        step = {"precision": 0} if setting.kind == "int" else {"step": 0.0001}
        return gr.Number(minimum=low, maximum=high, **step, **options)
    return gr.Textbox(**options)


def _for_field(setting: Setting, value: Any) -> Any:
    return " ".join(map(str, value)) if setting.kind == "list" else value


def changes_of(form: Form, preset: str, filled: str, values: Sequence[Any]) -> dict[str, Any]:
    """The settings in which a form differs from its preset.

    Args:
        form: the form.
        preset: the preset that was chosen.
        filled: the preset whose values the fields held. If it is another one, the fields were not filled again yet:
            then the preset is taken without changes.
        values: of the fields.

    Raises:
        UserError: no such preset, or a field with a value of a wrong type.
    """
    presets = experiments.load(form.etude).presets
    if preset not in presets:
        raise unknown("preset", str(preset), presets)
    if filled != preset:
        return {}
    before = as_dict(presets[preset])
    given = {setting.name: _from_field(setting, value) for setting, value in zip(form.settings, values, strict=True)}
    return {name: value for name, value in given.items() if value != before[name]}


def _from_field(setting: Setting, value: Any) -> Any:
    name = setting.name.replace("_", " ")
    if setting.kind == "list":
        try:
            return [_TYPES[setting.items](word) for word in str(value or "").split()]
        except ValueError as error:
            raise UserError(f"{name}: write numbers with spaces between them") from error
    if value is None and setting.kind != "str":
        raise UserError(f"{name}: write a number")
    try:
        if setting.kind == "int" and int(value) != value:
            raise UserError(f"{name} {value:g}: write a whole number")
        return _TYPES[setting.kind]("" if value is None else value)
    except (ValueError, TypeError, OverflowError) as error:  # what the page does not send, a program may
        raise UserError(f"{name}: the value has a wrong type") from error
