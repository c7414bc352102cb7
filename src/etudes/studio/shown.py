"""Answers, refusals and runs as HTML. Whatever comes from a person, a file or a run is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from etudes.contract import Table
from etudes.studio.studio import PLACE
from etudes.studio.words import Words
from etudes.views.card import show

# A long path has lost its beginning when it comes here.
_PLACE = re.compile(rf"(?:[^\s'\"]*{PLACE}|…)[^/\s]*/(?:[^/\s]+/)*")


def without_places(text: str) -> str:
    """A line in which files that people brought have their own names, not those of the folders they were put into."""
    return _PLACE.sub("", text)


def refusal(words: Words, text: str) -> str:
    """What cannot be done, and what to do about it."""
    return f'<p class="refusal" role="alert">{escape(words("refused") + without_places(text))}</p>'


def note(text: str) -> str:
    """A quiet line."""
    return f'<p class="note" role="status">{escape(text)}</p>'


def sum_answer(words: Words, answer: Mapping[str, Any]) -> str:
    """A question and its answer, one character after the other, below each how sure the network is of it."""
    cells, said = [], str(answer["answer"])
    for place, (character, share) in enumerate(answer["characters"][: len(said) + 1]):
        symbol = words("end") if character == " " else character
        kind = "end" if character == " " else "digit"
        cells.append(
            f'<span class="character {kind}" style="animation-delay:{0.35 * place:.2f}s"><b>{escape(symbol)}</b>'
            f'<i class="track"><i style="width:{100 * share:.1f}%"></i></i><small>{share:.1%}</small></span>'
        )
    verdict = ""
    if (truth := answer.get("truth")) is not None:
        right = truth == said
        text = words("right") if right else words("wrong", truth=truth)
        verdict = f'<p class="verdict {"right" if right else "wrong"}">{escape(text)}</p>'
    question, sure = escape(str(answer["question"])), words("sure", share=f"{answer['confidence']:.1%}")
    return (
        f'<div class="sum" role="status"><span class="spoken">{question} = {escape(said)}</span>'
        f'<span class="question" aria-hidden="true">{question} =</span>'
        f'<span class="characters" aria-hidden="true">{"".join(cells)}</span></div>'
        f'{verdict}<p class="note">{escape(sure)}</p>'
    )


def bars(title: str, probabilities: Mapping[str, float]) -> str:
    """Classes with their probabilities as bars, the most probable first."""
    rows = "".join(
        f'<li><span class="name">{escape(name)}</span><i class="track"><i style="width:{100 * share:.1f}%"></i></i>'
        f'<span class="share">{share:.1%}</span></li>'
        for name, share in probabilities.items()
    )
    return f'<section class="bars" role="status"><h3>{escape(title)}</h3><ol>{rows}</ol></section>'


def side_by_side(parts: Sequence[str]) -> str:
    """Sections beside each other where there is room."""
    return f'<div class="beside">{"".join(parts)}</div>'


def figure(address: str, caption: str, *, download: str = "", words: Words | None = None, crisp: bool = False) -> str:
    """A picture with its caption and, if `download` names a file, a link that saves it."""
    link = ""
    if download and words is not None:
        link = f' <a class="save" download="{escape(download)}" href="{address}">{escape(words("download"))}</a>'
    kind = ' class="crisp"' if crisp else ""
    return (
        f'<figure><img{kind} src="{address}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}{link}</figcaption></figure>"
    )


def table(content: Table) -> str:
    """A table."""
    head = "".join(f'<th scope="col">{escape(str(column))}</th>' for column in content.columns)
    cells = [[f"<td>{escape(str(show(cell)))}</td>" for cell in row] for row in content.rows]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(content.title)}">'
        f"<table><caption>{escape(content.title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def printed(text: str, label: str) -> str:
    """What a training printed."""
    return f'<pre class="log" tabindex="0" aria-label="{escape(label)}">{escape(text)}</pre>' if text else ""
