"""Cells run side by side, each in a process of one thread of its own, and shown on stderr while they run.

Ctrl-C asks each to end at its next safe point; a second one ends them at once. Nothing is lost either way.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.experiment.homes import Place
from benchmarks.experiment.logs import ROOT

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Ended(NamedTuple):
    """How a cell ended: ``done``, ``stopped``, ``failed``, ``not available``, ``stale``, ``running`` or ``died``."""

    how: str
    why: str


class _News(NamedTuple):
    place: Place
    told: dict[str, Any] | None
    """A line of progress; None when the process is gone."""


class Pool:
    """At most ``jobs`` cells at a time, in the order given."""

    def __init__(self, places: Sequence[Place], jobs: int) -> None:
        self._waiting, self._jobs = list(places), jobs
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._news: queue.Queue[_News] = queue.Queue()
        self._stopping = False
        self.ended: dict[str, Ended] = {}

    def run(self) -> bool:
        """Run them all; return False when it was stopped, by Ctrl-C or SIGTERM."""
        # A shell starts background jobs with Ctrl-C ignored: they are stopped by SIGTERM, or by Ctrl-C passed on.
        before = {one: signal.signal(one, signal.default_int_handler) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            with _screen(len(self._waiting)) as screen:
                while self._waiting or self._running:
                    try:
                        while len(self._running) < self._jobs and not self._stopping and (ready := self._ready()):
                            self._start(ready)
                        self._hear(screen)
                    except KeyboardInterrupt:
                        self._stop(screen)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return not self._stopping

    def _ready(self) -> Place | None:
        """Take the next one that waits, and no part of a cell of which another part is running."""
        at = next((n for n, place in enumerate(self._waiting) if place.cell.name not in self._running), None)
        return None if at is None else self._waiting.pop(at)

    def _start(self, place: Place) -> None:
        self.ended.pop(place.cell.name, None)
        command = [sys.executable, "-m", "benchmarks.experiment.run", str(place.results), place.cell.dump()]
        # A session of its own: Ctrl-C is ours to pass on, once.
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **_ONE_THREAD}, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._running[place.cell.name] = process
        assert process.stdout is not None
        threading.Thread(target=self._listen, args=(place, process.stdout), daemon=True).start()

    def _listen(self, place: Place, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                with contextlib.suppress(json.JSONDecodeError):
                    self._news.put(_News(place, json.loads(line)))
        self._news.put(_News(place, None))

    def _hear(self, screen: _Screen) -> None:
        try:
            place, told = self._news.get(timeout=0.2)
        except queue.Empty:
            return
        name = place.cell.name
        if told is None:
            code = self._running.pop(name).wait()
            ended = self.ended.setdefault(name, Ended("died", f"its process ended with {code}; run it again"))
            screen.ended(name, ended)
        elif "ended" in told:
            self.ended[name] = Ended(told["ended"], told["why"])
        else:
            screen.told(name, told)

    def _stop(self, screen: _Screen) -> None:
        again, self._stopping = self._stopping, True
        self._waiting.clear()
        screen.say("stopped at once" if again else "stopping at the next safe point; once more stops at once")
        for process in self._running.values():
            process.kill() if again else process.terminate()


class _Screen:
    """A line for each running cell on a terminal; elsewhere a line when one ends."""

    def __init__(self, live: Progress, console: Console, total: int) -> None:
        self._live, self._console, self._total = live, console, total
        self._lines: dict[str, Any] = {}
        self._done = 0

    def told(self, name: str, told: dict[str, Any]) -> None:
        """Show how far a cell is."""
        if name not in self._lines:
            self._lines[name] = self._live.add_task(name, total=None, stage="")
        line, total = self._lines[name], told["total"] or None
        self._live.update(line, completed=told["done"], total=total, stage=f"{told['stage']} {told['done']}/{total}")

    def ended(self, name: str, ended: Ended) -> None:
        """Write how a cell ended."""
        self._done += 1
        if name in self._lines:
            self._live.remove_task(self._lines.pop(name))
        self.say(f"{self._done}/{self._total}  {name}: {ended.how}{f' ({ended.why})' if ended.why else ''}")

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def _screen(total: int) -> Iterator[_Screen]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.fields[stage]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as live:
        yield _Screen(live, console, total)
