"""``plum-edge evaluate``: how much is remembered, measured in llama.cpp with the adapter as it is used."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.progress import bar
from plum_edge.cli.session import Session, shared
from plum_edge.evaluate import report


@click.command("evaluate", short_help="Measure what is remembered.")
@click.option("--adapter", metavar="ID", help="The adapter to measure; the one in use otherwise.")
@click.option(
    "--questions",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Ask exactly these: JSONL of question, answer (yes, no or text), and perhaps kind and conversation.",
)
@click.option("--baselines", is_flag=True, help="Measure the bare base and retrieval too.")
@click.option(
    "--system",
    "systems",
    metavar="NAME",
    multiple=True,
    help="Measure this system too (bm25_top3, dense, adapter_dense…; all for every one); may be given more than once.",
)
@click.option(
    "--report",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write a page of HTML and its figures (SVG, PNG) there: a new folder, or that of an older report.",
)
@shared
@click.pass_obj
def command(
    session: Session,
    adapter: str | None,
    questions: Path | None,
    baselines: bool,
    systems: tuple[str, ...],
    folder: Path | None,
) -> None:
    """Ask held-out questions about the log and count the right answers."""
    if folder is not None:
        report.check(folder)
    with session.memory() as memory, bar("evaluate") as progress:
        beside = systems if systems else baselines
        figures = memory.evaluate(
            adapter=adapter, questions=questions, baselines=beside, prompted=folder is not None, progress=progress
        )
    asked = figures["questions"] > 0
    if asked and not session.json:
        show(figures)
    written = report.write(figures, folder, date.today()) if asked and folder is not None else []
    if session.json:
        session.emit(figures | ({"report": str(written[0])} if written else {}))
    elif written:
        terminal.say(f"\nreport: {written[0]} (its figures beside it, as SVG and PNG)")
    elif not asked:
        terminal.say(f"There is nothing to ask about yet. Learn first: plum-edge consolidate"
                     f"{terminal.home_option(session.home)}")  # fmt: skip


def show(figures: dict[str, Any]) -> None:
    """Write the table of systems, what the best-known one can by kind, and how it came about."""
    name = "adapter" if figures["adapter"] else "base"
    compare({**figures["baselines"], name: figures}, name)
    others = [
        f"{told}: {terminal.percent(figures[key])}"
        for key, told in (
            ("open_contains", "open questions answered with the fact"),
            ("false_answers", "answers to what was never said"),
        )
        if figures.get(key) is not None
    ]
    if others:
        terminal.say("  " + " · ".join(others))
    general = report.general(figures["general"], encoding=terminal.out().encoding)
    if general:
        terminal.hang("  ", general)
    detail(figures)
    history(figures)


def compare(systems: dict[str, dict[str, Any]], detailed: str) -> None:
    """Write the table of systems, and one of them by kind of question."""
    console = terminal.out()
    terminal.say(report.systems(systems, encoding=console.encoding))
    kinds = report.kinds(systems[detailed], encoding=console.encoding)
    if kinds:
        terminal.hang("  ", kinds)


def detail(figures: dict[str, Any]) -> None:
    """Write how much is left of the oldest, and how far p(yes) can be believed."""
    console = terminal.out()
    ages = report.ages(figures["by_age"], encoding=console.encoding)
    if ages:
        terminal.say(ages)
    reliability = report.reliability(figures, encoding=console.encoding)
    if reliability is not None:
        terminal.say()
        terminal.say(reliability)


def history(figures: dict[str, Any]) -> None:
    """Write accuracy over time and the consistency plot, where the steps were measured."""
    if not figures["consistency"]:
        return
    console = terminal.out()
    steps = [step for step, _ in figures["over_time"]]
    terminal.say()
    terminal.say(report.consistency(steps, figures["consistency"], width=console.width, encoding=console.encoding))
    line = report.over_time(figures["over_time"], width=console.width - 2, encoding=console.encoding)
    terminal.say(f"\n  {line}")
