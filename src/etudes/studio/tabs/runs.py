"""Runs: a table of all, one of them live; stop, resume, compare, open its report, delete after a second question."""

from __future__ import annotations

from typing import Any

import gradio as gr

from etudes.contract import Table
from etudes.errors import UserError
from etudes.studio.embedded import embedded
from etudes.studio.kindly import QUICK, kindly
from etudes.studio.live import Live, runs_table
from etudes.studio.shown import figure, note, table
from etudes.studio.studio import Studio
from etudes.studio.words import Words

TICK = 1.0
"""Seconds between two looks at the run folders."""

IN_TURN = {**QUICK, "concurrency_limit": 1, "concurrency_id": "question", "trigger_mode": "multiple"}
"""For events that are answered in the order in which they come, however fast somebody clicks."""


def runs_tab(words: Words, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    live = Live(words, studio.trainings)
    with gr.Tab(words("runs"), id="runs"):
        gr.Markdown(words("runs intro"))
        everything = gr.HTML(elem_id="runs-table")
        with gr.Row(elem_classes="ask"):
            chosen = gr.Dropdown([], label=words("run"), interactive=True, scale=3, min_width=300, elem_id="run")
            stop = gr.Button(words("stop"), elem_id="stop", min_width=90)
            resume = gr.Button(words("resume"), elem_id="resume", min_width=90)
            delete = gr.Button(words("delete"), elem_id="delete", min_width=90)
        asked = gr.State("")
        with gr.Row(visible=False) as question:
            sure = gr.Button("", variant="stop", elem_id="sure")
            keep = gr.Button(words("keep it"), elem_id="keep")
        said = gr.HTML(elem_id="runs-said")
        shown = gr.HTML(elem_id="live")
        with gr.Accordion(words("compare"), open=False):
            several = gr.Dropdown([], multiselect=True, label=words("compare these"), elem_id="several")
            compare = gr.Button(words("compare"), elem_id="compare")
            compared = gr.HTML(elem_id="compared")
    for component in (chosen, several):
        component.preprocess = lambda payload: payload  # type: ignore[method-assign]
    _watch(words, studio, live, page, (everything, chosen, several, shown))
    _act(words, studio, chosen, (stop, resume, delete, question, sure, keep), asked, said)
    compare.click(comparing(words, studio), several, compared, **{**QUICK, "show_progress": "minimal"})


def _watch(words: Words, studio: Studio, live: Live, page: gr.Blocks, parts: tuple[Any, ...]) -> None:
    """Look at the run folders again and again, and show what changed."""
    everything, chosen, several, shown = parts
    seen = gr.State(("", "", ""))
    clock = gr.Timer(TICK)

    def look(name: str | None, before: tuple[str, str, str]) -> tuple[Any, ...]:
        known = studio.trainings.runs()
        names = [run.name for run in known]
        name = name if name in names else next(iter(names), None)
        finished = [run.name for run in known if run.state == "finished"]
        rows = runs_table(words, known)
        now = (rows, live.mark(name), " ".join(names) + "|" + " ".join(finished))
        choices: Any = gr.skip()
        if now[2] != before[2]:
            choices = gr.update(choices=names, value=name)
        return (
            rows if now[0] != before[0] else gr.skip(),
            choices,
            gr.update(choices=finished) if now[2] != before[2] else gr.skip(),
            live.shown(name) if now[1] != before[1] else gr.skip(),
            now,
        )

    outputs = [everything, chosen, several, shown, seen]
    clock.tick(look, [chosen, seen], outputs, **QUICK)
    page.load(look, [chosen, seen], outputs, **QUICK)
    chosen.input(look, [chosen, seen], outputs, **QUICK)


def _act(words: Words, studio: Studio, chosen: Any, buttons: tuple[Any, ...], asked: Any, said: Any) -> None:
    """What the buttons beside the chosen run do; `asked` is the run that the second question is about."""
    stop, resume, delete, question, sure, keep = buttons

    def named(name: str | None) -> str:
        if not name:
            raise UserError(words("choose run"))
        return name

    @kindly(words)
    def stopping(name: str | None) -> str:
        studio.trainings.stop(named(name))
        return note(words("stopping", name=name))

    @kindly(words)
    def resuming(name: str | None) -> str:
        studio.trainings.resume(named(name))
        return note(words("resumed", name=name))

    @kindly(words, 4)
    def asking(name: str | None) -> tuple[Any, ...]:
        studio.trainings.find(named(name))
        return "", gr.Row(visible=True), gr.Button(words("sure delete", name=name)), name

    @kindly(words, 3)
    def deleting(name: str) -> tuple[Any, ...]:
        studio.trainings.delete(name)
        return note(words("deleted", name=name)), gr.Row(visible=False), ""

    def moved_on(name: str | None, about: str) -> tuple[Any, ...]:
        """Take the question away, unless it is about the run that was chosen: it was asked in the meantime."""
        return (gr.skip(), gr.skip()) if name == about else (gr.Row(visible=False), "")

    stop.click(stopping, chosen, said, **QUICK)
    resume.click(resuming, chosen, said, **QUICK)
    delete.click(asking, chosen, [said, question, sure, asked], **IN_TURN)
    sure.click(deleting, asked, [said, question, asked], **IN_TURN)
    keep.click(lambda: (gr.Row(visible=False), ""), None, [question, asked], **IN_TURN)
    chosen.input(moved_on, [chosen, asked], [question, asked], **IN_TURN)


def comparing(words: Words, studio: Studio) -> Any:
    """The handler that puts finished runs side by side."""

    @kindly(words)
    def compare(names: list[str] | None) -> str:
        if not names or len(names) < 2:
            raise UserError(words("two"))
        result = compare([studio.run(name) for name in names])
        parts = [table(_short(part)) for part in result.tables]
        curves = figure(embedded(result.pictures["curves"]), words("curves", name=", ".join(names)))
        return "".join([*parts, curves])

    return compare


def _short(content: Table) -> Table:
    """The table with the names of runs instead of their paths."""
    return Table(
        content.title, [str(column).replace("\\", "/").rsplit("/", 1)[-1] for column in content.columns], content.rows
    )
