"""Answers, errors and runs as HTML. Text from a person, a file or a run is escaped."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import zip_longest
from typing import Any

from etudes.contract import Table
from etudes.studio.studio import FOLDER_PREFIX
from etudes.studio.translations import Translations
from etudes.views.card import show

# A long path has already lost its beginning.
_UPLOADS = re.compile(rf"(?:[^\s'\"]*{FOLDER_PREFIX}|…)[^/\s]*/(?:[^/\s]+/)*")


def without_folders(text: str) -> str:
    """A line in which uploaded files have their own names, without the server's folders."""
    return _UPLOADS.sub("", text)


def error_line(translate: Translations, text: str) -> str:
    """What is wrong, and what to do."""
    return f'<p class="error" role="alert">{escape(translate("error") + without_folders(text))}</p>'


def note(text: str) -> str:
    """A line in a quiet colour."""
    return f'<p class="note" role="status">{escape(text)}</p>'


def sum_answer(translate: Translations, answer: Mapping[str, Any]) -> str:
    """A question and its answer, one character after the other, with the confidence of each below it."""
    cells, text = [], str(answer["answer"])
    for index, (character, share) in enumerate(answer["characters"][: len(text) + 1]):
        symbol, kind = (translate("end"), "end") if character == " " else (character, "digit")
        cells.append(
            f'<span class="character {kind}" style="animation-delay:{0.35 * index:.2f}s"><b>{escape(symbol)}</b>'
            f'<i class="track"><i style="width:{100 * share:.1f}%"></i></i><small>{share:.1%}</small></span>'
        )
    verdict = ""
    if (truth := answer.get("truth")) is not None:
        right = truth == text
        line = translate("right") if right else translate("wrong", truth=truth)
        verdict = f'<p class="verdict {"right" if right else "wrong"}">{escape(line)}</p>'
    question = escape(str(answer["question"]))
    confidence = escape(translate("confidence", share=f"{answer['confidence']:.1%}"))
    return (
        f'<div class="sum" role="status"><span class="spoken">{question} = {escape(text)}</span>'
        f'<span class="question" aria-hidden="true">{question} =</span>'
        f'<span class="characters" aria-hidden="true">{"".join(cells)}</span></div>'
        f'{verdict}<p class="note">{confidence}</p>'
    )


def bars(title: str, probabilities: Mapping[str, float]) -> str:
    """Classes with their probabilities as bars, the most probable first."""
    rows = "".join(
        f'<li><span class="name">{escape(name)}</span><i class="track"><i style="width:{100 * share:.1f}%"></i></i>'
        f'<span class="share">{share:.1%}</span></li>'
        for name, share in probabilities.items()
    )
    return f'<section class="bars" role="status"><h3>{escape(title)}</h3><ol>{rows}</ol></section>'


def remarks(answer: Mapping[str, Any], translate: Translations, seen: str = "") -> str:
    """What to know of an answer for a picture: the picture as the network saw it, and whether it is unlike all."""
    shown = figure(seen, translate("as seen"), crisp=True) if seen else ""
    if not answer.get("unlike"):
        return shown
    text = escape(translate("unlike", distance=answer["distance"]))
    return f'{shown}<p class="verdict wrong" role="status">{text}</p>'


def side_by_side(parts: Sequence[str]) -> str:
    """Sections beside each other where there is room."""
    return f'<div class="beside">{"".join(parts)}</div>'


def figure(url: str, caption: str, *, link: tuple[str, str] | None = None, crisp: bool = False) -> str:
    """A picture with its caption; `link` is the text of a link that saves the picture, and the name of its file."""
    save = ""
    if link is not None:
        save = f' <a class="save" download="{escape(link[1])}" href="{url}">{escape(link[0])}</a>'
    kind = ' class="crisp"' if crisp else ""
    caption = escape(caption)
    return f'<figure><img{kind} src="{url}" alt="{caption}"><figcaption>{caption}{save}</figcaption></figure>'


def table(content: Table, links: Sequence[str] = ()) -> str:
    """A table that scrolls by itself where it is wider than the page.

    Args:
        content: the table.
        links: where the first cell of each row leads; empty for nowhere.
    """
    title = escape(content.title)
    head = "".join(f'<th scope="col">{escape(str(column))}</th>' for column in content.columns)
    rows = ""
    for row, link in zip_longest(content.rows, links, fillvalue=""):
        cells = [escape(show(cell)) for cell in row]
        if link:
            cells[0] = f'<a href="{escape(link)}">{cells[0]}</a>'
        rows += f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}"><table>'
        f"<caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def log(text: str, label: str) -> str:
    """What a training run printed; empty if nothing."""
    return f'<pre class="log" tabindex="0" aria-label="{escape(label)}">{escape(text)}</pre>' if text else ""
