"""Runs: a table of all, one of them live; stop, resume, compare, open its report, delete after a second question."""

from typing import Any

import gradio as gr

from etudes import experiments
from etudes.actions.compare import compare
from etudes.contract import Table
from etudes.errors import UserError
from etudes.studio.components import EVENT, follow_address
from etudes.studio.error_handlers import Handler, show_errors
from etudes.studio.gradio_internals import take_as_sent
from etudes.studio.html import figure, note, table
from etudes.studio.live import Live, runs_table
from etudes.studio.pictures import data_url
from etudes.studio.studio import Studio
from etudes.studio.training_runs import included_runs
from etudes.studio.translations import Translations

TICK = 1.0
"""Seconds between two looks at the run folders."""

ALL = ""
"""Stands for the runs of every étude."""

IN_TURN = {**EVENT, "concurrency_limit": 1, "concurrency_id": "question", "trigger_mode": "multiple"}
"""For events that are answered in the order in which they come, however fast a person clicks."""


ONE_LOOK_AT_A_TIME = {**EVENT, "concurrency_limit": 1, "concurrency_id": "look"}
"""A look that began before the étude was chosen must not be shown after the one that followed, and stay."""


def runs_tab(translate: Translations, studio: Studio, page: gr.Blocks) -> None:
    """Lay it out."""
    with gr.Tab(translate("runs"), id="runs"):
        gr.Markdown(translate("runs intro"))
        names = experiments.names()
        which = gr.Radio(
            [(translate("all etudes"), ALL), *names], value=ALL, label=translate("etude"), elem_id="runs-etude"
        )  # fmt: skip
        follow_address(page, which, "etude", names)
        everything = gr.HTML(elem_id="runs-table")
        with gr.Row(elem_classes="ask"):
            chosen = gr.Dropdown([], label=translate("run"), interactive=True, scale=3, min_width=300, elem_id="run")
            buttons = [gr.Button(translate(key), elem_id=key, min_width=90) for key in ("stop", "resume", "delete")]
        with gr.Row(visible=False) as question:
            confirm = gr.Button("", variant="stop", elem_id="confirm")
            keep = gr.Button(translate("keep it"), elem_id="keep")
        said = gr.HTML(elem_id="runs-said")
        shown = gr.HTML(elem_id="live")
        with gr.Accordion(translate("compare"), open=False):
            several = gr.Dropdown([], multiselect=True, label=translate("compare these"), elem_id="several")
            start = gr.Button(translate("compare"), elem_id="compare")
            compared = gr.HTML(elem_id="compared")
    for component in (chosen, several):
        take_as_sent(component)  # the list may be older than the newest run
    _watch(translate, studio, page, (which, everything, chosen, several, shown))
    _act(translate, studio, chosen, (*buttons, question, confirm, keep), said)
    start.click(comparing(translate, studio), several, compared, **{**EVENT, "show_progress": "minimal"})


def _watch(translate: Translations, studio: Studio, page: gr.Blocks, parts: tuple[Any, ...]) -> None:
    """Look at the run folders again and again, and show what changed."""
    which, everything, chosen, several, shown = parts
    live, seen, clock = Live(translate, studio.training_runs), gr.State(("", "", "")), gr.Timer(TICK)

    def look(etude: str, name: str | None, before: tuple[str, str, str]) -> tuple[Any, ...]:
        runs = [run for run in studio.training_runs.runs() if etude in (ALL, run.etude)]
        names, finished = [run.name for run in runs], [run.name for run in runs if run.state == "finished"]
        name = name if name in names else next(iter(names), None)
        rows = runs_table(translate, [*runs, *(run for run in included_runs() if etude in (ALL, run.etude))])
        now = (rows, live.version(name), " ".join(names) + "|" + " ".join(finished))
        return (
            rows if now[0] != before[0] else gr.skip(),
            gr.update(choices=names, value=name) if now[2] != before[2] else gr.skip(),
            gr.update(choices=finished) if now[2] != before[2] else gr.skip(),
            live.page(name) if now[1] != before[1] else gr.skip(),
            now,
        )

    outputs = [everything, chosen, several, shown, seen]
    for event in (clock.tick, page.load, which.change, chosen.input):
        event(look, [which, chosen, seen], outputs, **ONE_LOOK_AT_A_TIME)


def _act(translate: Translations, studio: Studio, chosen: Any, buttons: tuple[Any, ...], said: Any) -> None:
    """What the buttons beside the chosen run do; `asked` is the run that the second question is about."""
    stop, resume, delete, question, confirm, keep = buttons
    runs, asked = studio.training_runs, gr.State("")

    def named(name: str | None) -> str:
        if not name:
            raise UserError(translate("choose run"))
        return name

    @show_errors(translate)
    def stopping(name: str | None) -> str:
        runs.stop(named(name))
        return note(translate("stopping", name=name))

    @show_errors(translate)
    def resuming(name: str | None) -> str:
        runs.resume(named(name))
        return note(translate("resumed", name=name))

    @show_errors(translate, 4)
    def asking(name: str | None) -> tuple[Any, ...]:
        runs.find(named(name))
        return "", gr.Row(visible=True), gr.Button(translate("confirm delete", name=name)), name

    @show_errors(translate, 3)
    def deleting(name: str) -> tuple[Any, ...]:
        runs.delete(name)
        return note(translate("deleted", name=name)), gr.Row(visible=False), ""

    def moved_on(name: str | None, about: str) -> tuple[Any, ...]:
        """Take the question away, unless it is about the run that was chosen: it was asked in the meantime."""
        return (gr.skip(), gr.skip()) if name == about else (gr.Row(visible=False), "")

    stop.click(stopping, chosen, said, **EVENT)
    resume.click(resuming, chosen, said, **EVENT)
    delete.click(asking, chosen, [said, question, confirm, asked], **IN_TURN)
    confirm.click(deleting, asked, [said, question, asked], **IN_TURN)
    keep.click(lambda: (gr.Row(visible=False), ""), None, [question, asked], **IN_TURN)
    chosen.input(moved_on, [chosen, asked], [question, asked], **IN_TURN)


def comparing(translate: Translations, studio: Studio) -> Handler:
    """The handler that puts finished runs side by side."""

    @show_errors(translate)
    def compared(names: list[str] | None) -> str:
        if not names or len(names) < 2:
            raise UserError(translate("two"))
        result = compare([studio.run(name) for name in names])
        curves = figure(data_url(result.pictures["curves"]), translate("curves", name=", ".join(names)))
        return "".join([*(table(_short(part)) for part in result.tables), curves])

    return compared


def _short(content: Table) -> Table:
    """The table with the names of runs instead of their paths."""
    columns = [str(column).replace("\\", "/").rsplit("/", 1)[-1] for column in content.columns]
    return Table(content.title, columns, content.rows)
