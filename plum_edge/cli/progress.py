"""How far long work is, on stderr where a person looks at it, and how it is asked to stop.

Knows the shape of `records.Progress`, and of notes that are JSON: the date of a conversation, the loss, the step.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Any

from plum_edge.cli import terminal
from plum_edge.records import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Live

_TOGETHER = {"augment": "learn"}
"""Stages that take turns for each conversation: one bar for both."""


@contextmanager
def bar(label: str) -> Iterator[Progress]:
    """Give a `Progress` that draws one line on a terminal, gone at the end; elsewhere nothing is drawn."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total, _note: None
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Live

    console = terminal.notes()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=max(8, min(24, console.width // 4)), complete_style="default", finished_style="default"),
        TextColumn("{task.fields[note]}", style="dim"),
    )
    with Live(*columns, console=console, transient=True) as live:
        yield _Line(live, label)


class _Line:
    """One stage after the other on the same line, with the time that the stage will still take."""

    def __init__(self, live: Live, label: str) -> None:
        self._live, self._task, self._stage = live, live.add_task(label, total=None, note=""), ""
        self._began, self._from = 0.0, 0.0

    def __call__(self, stage: str, done: int, total: int, note: str) -> None:
        stage = _TOGETHER.get(stage, stage)
        known = _note(note)
        at = done + (known["step"] / known["steps"] if known.get("steps") else 0)
        if stage != self._stage:
            self._live.reset(self._task, total=total, description=stage)
            self._stage, self._began, self._from = stage, time.monotonic(), at
        words = [f"{done}/{total} {known.get('unit', '')}".strip(), *_words(known), self._left(at, total)]
        self._live.update(self._task, completed=at, total=total, note="  ".join(filter(None, words)))

    def _left(self, at: float, total: int) -> str:
        """Return the time left as ``1:12 left``, once there is something to judge by."""
        spent, done = time.monotonic() - self._began, at - self._from
        if spent < 2 or done <= 0 or at >= total:
            return ""
        minutes, seconds = divmod(round(spent / done * (total - at)), 60)
        return f"{minutes}:{seconds:02d} left"


def _note(note: str) -> dict[str, Any]:
    """Return a note's fields; one that is plain text has none that we draw."""
    try:
        found = json.loads(note) if note.startswith("{") else {}
    except ValueError:  # a file's name can begin with a brace
        found = {}
    return dict(found)


def _words(known: dict[str, Any]) -> list[str]:
    words = []
    if "date" in known:
        words.append(terminal.day(datetime.fromisoformat(known["date"]), year=False))
    if "loss" in known:
        words.append(f"loss {known['loss']:.2f}")
    return words


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Give ``stopped()``: true after Ctrl-C or SIGTERM, for an end at a safe point. The second one ends it at once."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        if sys.stderr.isatty():  # written past Python's buffers: a signal may come while they are in use
            os.write(sys.stderr.fileno(), b"\r\nStopping at the next safe point; once more stops at once.\r\n")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
