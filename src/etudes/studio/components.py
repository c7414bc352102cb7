"""What several tabs are built from: the choice of a network, a field for a photograph, options of events."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from etudes.studio.gradio_internals import take_as_sent
from etudes.studio.studio import Studio
from etudes.studio.translations import Translations

EVENT: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
"""Options of an event that a network answers at once."""


def network_choice(
    translate: Translations, studio: Studio, etude: str, page: gr.Blocks, *, automatic: bool = False
) -> gr.Dropdown:
    """Choose which finished run answers; the list is read again whenever the page is opened.

    Args:
        translate: the texts in the page's language.
        studio: its runs are offered.
        etude: only runs of this étude.
        page: the page that is being laid out.
        automatic: whether the empty name can be chosen, which stands for the best network that was found.
    """

    def choices() -> list[tuple[str, str]]:
        names = [(translate("bundled") if name.endswith("@bundled") else name, name) for name in studio.choices(etude)]
        return [(translate("automatic"), ""), *names] if automatic else names

    now = choices()
    chosen = gr.Dropdown(
        now, value="" if automatic else now[-1][1] if now else None, label=f"{translate('network')}: {etude}",
        interactive=True, min_width=280, elem_id=f"network-{etude}{'-automatic' if automatic else ''}",
    )  # fmt: skip
    take_as_sent(chosen)  # the list may be older than the newest run; `Studio.reference` checks the name
    page.load(lambda: gr.update(choices=choices()), None, chosen, **EVENT)
    return chosen


def follow_address(page: gr.Blocks, component: Any, key: str, known: Sequence[str]) -> None:
    """Give a component the value that the address has for a key, such as `?etude=antirectifier`, if it is known.

    Args:
        page: the page that is being laid out.
        component: gr.Tabs, whose tab is selected, or a component with a value.
        key: in the address.
        known: the values that it may have.
    """
    chosen = "{selected: asked, __type__: 'update'}" if isinstance(component, gr.Tabs) else "asked"
    script = f"""() => {{
      const asked = new URLSearchParams(location.search).get({json.dumps(key)});
      return {json.dumps(list(known))}.includes(asked) ? {chosen} : {{__type__: 'update'}};
    }}"""
    page.load(None, None, component, js=script, **EVENT)


def photograph(label: str, name: str) -> gr.Image:
    """A field to drop a photograph into; its value is the path of the file, which only the worker opens."""
    dropped = gr.Image(
        label=label, type="filepath", image_mode=None, sources=["upload", "clipboard"], elem_id=name,
        elem_classes="photograph",
    )  # fmt: skip
    take_as_sent(dropped, path=True)
    return dropped
