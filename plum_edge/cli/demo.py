"""``plum-edge demo``: the whole idea on a sample user, in five acts; every number is measured in the run that shows it.

Does nothing that a program could not do with `Memory`. Stopped and run again, it carries on. sample.py owns the data.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from plum_edge.cli import sample, terminal
from plum_edge.cli.evaluate import compare, history
from plum_edge.cli.progress import bar, interrupts
from plum_edge.cli.session import Session, shared
from plum_edge.errors import GateRefused
from plum_edge.records import Progress

_ACTS = ("import", "ask before", "consolidate", "convert", "ask after")
_SYSTEMS = ("base", "bm25", "adapter", "adapter_bm25")


@click.command("demo", short_help="See the whole idea work on a sample user: minutes, offline.")
@click.option("--all", "everything", is_flag=True, help="Learn all of the sample: within half an hour.")
@click.option("--fresh", is_flag=True, help="Empty the demo's folder first, instead of carrying on.")
@shared
@click.pass_obj
def command(session: Session, everything: bool, fresh: bool) -> None:
    """Import a sample user's conversations, learn them as nights, and ask. Offline; in a folder of its own."""
    from plum_edge import Memory

    home = sample.own(Path(session.home) if session.home else None, fresh=fresh)
    with Memory(home.root) as memory:
        figures = Demo(memory, None if everything else sample.FIRST, silent=session.json).run()
    if session.json:
        session.emit(figures)


class Demo:
    """One run. ``silent`` shows nothing but progress on stderr."""

    def __init__(self, memory: Any, count: int | None, *, silent: bool) -> None:
        self._memory, self._count, self._silent = memory, count, silent
        self._act, self._began = 0, time.monotonic()

    def run(self) -> dict[str, Any]:
        """Play the five acts, measure, and return the contract's JSON: the systems, on both sets of questions."""
        self._say(self._header() + "\n")
        self._import()
        self._ask("ask before", sample.TALKED, adapter=False)
        nights = self._consolidate()
        parity = self._convert(nights)
        self._ask("ask after", (*sample.TALKED, *sample.NEVER), adapter=True)
        figures = self._measure()
        figures |= {
            "parity_max_abs_logit": parity.get("max_abs_logit"),
            "refused": [night["reasons"] for night in nights if night["status"] == "refused"],
            "seconds": round(time.monotonic() - self._began, 1),
        }
        self._close(figures)
        return figures

    # The acts ---------------------------------------------------------------------------------------------------------

    def _import(self) -> None:
        began = time.monotonic()
        sample.load(self._memory, self._count)
        status = self._memory.status()
        dates = terminal.span_text(status["first_date"], status["last_date"])
        held = terminal.count(status["conversations"], "conversation")
        self._tell("import", f"{held}, {dates}, {terminal.count(status['messages'], 'message')}", began)

    def _ask(self, act: str, questions: tuple[str, ...], *, adapter: bool) -> None:
        self._act += not self._silent and 0
        for number, question in enumerate(questions):
            answer = self._memory.ask(question, adapter=adapter)
            sure = "" if answer.p_yes is None else f"   p(yes) {answer.p_yes:.2f}"
            self._tell(act if number == 0 else "", f"“{question}”")
            self._tell("", f"→ {terminal.one_line(answer.answer, 120)}{sure}")

    def _consolidate(self) -> list[dict[str, Any]]:
        """Learn what waits, night by night; a refused night is told, and tried again with the next."""
        nights: list[dict[str, Any]] = []
        self._tell("consolidate", "a night for every eight conversations, one conversation after the other")
        with interrupts() as stopped:
            while True:
                began, learned = time.monotonic(), len(self._memory.store.runs.steps())
                with bar("consolidate") as progress:
                    night = self._night(_of_all(progress, learned, self._total()), stopped)
                if night["status"] == "nothing":
                    return nights
                nights.append(night)
                self._tell("", _night_told(len(self._memory.store.runs.steps()), night), began)
                if night["status"] == "refused" and len(self._memory.store.runs.steps()) >= self._total():
                    if self._memory.store.runs.active() is None:
                        raise GateRefused(night["reasons"], None)
                    return nights
