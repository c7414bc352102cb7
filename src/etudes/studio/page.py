"""The page: a heading with the links to the other languages, and the tabs."""

from pathlib import Path

import gradio as gr

from etudes.studio.api import add_api
from etudes.studio.components import follow_address
from etudes.studio.studio import Studio
from etudes.studio.tabs.digits import digits_tab
from etudes.studio.tabs.dream import dream_tab
from etudes.studio.tabs.few_shot import few_shot_tab
from etudes.studio.tabs.gan import gan_tab
from etudes.studio.tabs.photos import photos_tab
from etudes.studio.tabs.runs import runs_tab
from etudes.studio.tabs.sums import sums_tab
from etudes.studio.tabs.train import train_tab
from etudes.studio.translations import LANGUAGES, PATHS, Translations

TABS = (sums_tab, digits_tab, gan_tab, photos_tab, few_shot_tab, dream_tab, train_tab, runs_tab)

IDS = ("sums", "digits", "gan", "photos", "few-shot", "dream", "train", "runs")
"""Their names in addresses, such as `/en/?tab=runs`."""

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


def theme() -> gr.themes.Base:
    """Colours and fonts: only fonts that the machine has."""
    soft = gr.themes.Soft(
        primary_hue="blue", secondary_hue="blue", neutral_hue="slate",
        font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"],
    )  # fmt: skip
    return soft.set(  # darker than Gradio's own, whose contrast is too low to read
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_cancel_background_fill="#b00020",
        button_cancel_text_color="#ffffff",
        block_title_text_color="*primary_800",
        input_border_width="1px",
        input_border_color="*neutral_500",
        checkbox_border_color="*neutral_500",
        block_label_text_color="*primary_800",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        input_placeholder_color="*neutral_600",
        block_title_text_color_dark="*primary_200",
        block_label_text_color_dark="*primary_200",
        checkbox_label_background_fill_selected="*primary_700",
        color_accent="*primary_700",
    )


def build_page(studio: Studio, language: str) -> gr.Blocks:
    """The page in one language, and the HTTP API."""
    translate = Translations(language)
    links = " · ".join(
        f'<span lang="{code}">{name}</span>'
        if code == language
        else f'<a href="..{PATHS[code]}/?tab={IDS[0]}" lang="{code}">{name}</a>'
        for code, name in LANGUAGES.items()
    )
    page = gr.Blocks(title=translate("title"), analytics_enabled=False, delete_cache=(600, 3600))
    with page:
        home = f'<a class="home" href="./">{translate("home")}</a>'
        heading = (
            f'<h1>{translate("title")}</h1><p>{translate("welcome")}</p><nav aria-label="language">{home} {links}</nav>'
        )
        gr.HTML(f'<header class="heading">{heading}</header>', padding=False)
        with gr.Tabs(elem_id="tabs") as tabs:
            for tab in TABS:
                tab(translate, studio, page)
        follow_address(page, tabs, "tab", IDS)
        add_api(studio, translate)  # here, because each `with page` that ends makes Gradio build its routes again
    return page
