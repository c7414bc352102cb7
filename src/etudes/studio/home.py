"""The first screen: the six études as living pictures, with the ways from each to its page, training and runs."""

from functools import cache
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from etudes.studio.living import ETUDES
from etudes.studio.run_pages import page_address
from etudes.studio.training_runs import included_run
from etudes.studio.translations import CODES, LANGUAGES, PATHS, TABS, Translations

_OF_TEMPLATE = (
    "title", "greeting", "ways", "use", "train", "runs", "pause", "play", "train it", "its runs", "here",
)  # fmt: skip
_OF_SCRIPT = (
    "sum right", "sum wrong", "read as", "walk", "class", "no class", "heads", "dreams", "no dream yet", "end",
    "old head", "new head",
)  # fmt: skip
"""The keys of the texts of the template, and of those that the script puts in."""


class FirstScreen:
    """Answers the path of each language with the first screen; with a query, such as `?tab=train`, it has the tabs."""

    def __init__(self, app: ASGIApp, languages: dict[str, str]) -> None:
        """Wrap an application; `languages` has the language of each path, such as "/lab/etudes/en/"."""
        self.app, self.languages = app, languages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        language = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and not scope["query_string"]:
            language = self.languages.get(scope["path"])
        answer = self.app if language is None else HTMLResponse(first_screen(language))
        await answer(scope, receive, send)


@cache
def first_screen(language: str) -> str:
    """The first screen in a language, as HTML: its cards are empty until its script has asked what they show."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("etudes", "studio"), autoescape=True, undefined=StrictUndefined)
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    translate, here = Translations(language), Path(__file__).parent
    return environment.get_template("home.html.jinja").render(
        language=language,
        languages=LANGUAGES,
        codes=CODES,
        paths=PATHS,
        cards=[_card(translate, etude) for etude in ETUDES],
        t={key: translate(key) for key in _OF_TEMPLATE},
        texts={**{key: translate(key) for key in _OF_SCRIPT}, "classes": translate.classes},
        style=(here / "home.css").read_text(encoding="utf-8"),
        script=(here / "home.js").read_text(encoding="utf-8"),
    )


def _card(translate: Translations, etude: str) -> dict[str, Any]:
    """What is said of an étude, and where its picture leads: to the page of its bundled run, or to where it is used."""
    run, title, words = included_run(etude), *translate.card(etude)
    way, text = f"?tab={TABS[etude].replace(' ', '-')}", translate("try it")
    if run is not None:
        way, text = page_address(str(run), translate.language), translate("inside")
    return {"etude": etude, "title": title, "words": words, "way": way, "way_text": text}
