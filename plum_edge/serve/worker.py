"""The line of those who wait, and the one thread that answers them in turn.

One model answers one at a time, so more threads would only wait for each other; and a line without an end would let the
last one wait for an hour, where it is better told to come back. The thread opens the memory, uses it and closes it:
SQLite and llama.cpp see no other. It never waits for a client: whoever listens takes in what is said (`Job.tell`).

Knows nothing of HTTP, and of what an answer is.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic

from plum_edge import Memory
from plum_edge.runtime import Tally
from plum_edge.serve.wire import Wish

_WEIGHT = 0.2
"""Of the newest answer in the pace."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of the answer: ``stop``, or ``length`` where it was cut off; and what it took."""

    finish: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer, or no more of it."""

    why: Exception


Event = Said | Ended | Failed


class Busy(Exception):
    """The line is full, or closed: ``seconds`` until it is worth trying again."""

    def __init__(self, seconds: int, *, closed: bool = False) -> None:
        super().__init__("it stops" if closed else "the line is full")
        self.seconds, self.closed = seconds, closed


@dataclass(eq=False)
class Job:
    """One request on its way."""

    wish: Wish
    tell: Callable[[Event], None]
    """Takes in what comes of it, from the worker's thread; ends with `Ended` or `Failed`, and never waits."""
    log: bool = False
    conversation: str | None = None
    """What the client calls the conversation."""
    adapter: str | None = None
    """The one that answers: known once anything was told."""
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when nobody wants the answer any more."""


class Worker:
    """Answers jobs one by one with one memory.

    ``opened`` makes that memory, ``speak`` answers a job; ``most`` jobs may wait besides the one in work.
    """

    def __init__(self, opened: Callable[[], Memory], speak: Callable[[Memory, Job], None], most: int) -> None:
        self._opened, self._speak, self._most = opened, speak, most
        self._waiting: deque[Job] = deque()
        self._current: Job | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._pace = 1.0
        """Seconds that an answer took of late."""
        self._thread = threading.Thread(target=self._run, name="plum-edge answers", daemon=True)
        self._ready: Future[None] = Future()

    def start(self) -> None:
        """Open the memory and begin; returns when it can answer.

        Raises:
            PlumError: whatever opening the memory and the model raises.
        """
        self._thread.start()
        self._ready.result()

    def submit(self, job: Job) -> None:
        """Put a job at the end of the line.

        Raises:
            Busy: there is no room in it.
        """
        with self._changed:
            if self._closed or len(self._waiting) >= self._most:
                raise Busy(max(1, math.ceil(self._pace)), closed=self._closed)
            self._waiting.append(job)
            self._changed.notify()

    def withdraw(self, job: Job) -> None:
        """Nobody waits for this job any more: it leaves the line, or is ended before its next token."""
        job.gone.set()
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)

    def close(self) -> None:
        """Take nothing more; who waits is told so, the job in work goes on."""
        with self._changed:
            self._closed = True
            left = list(self._waiting)
            self._waiting.clear()
            self._changed.notify()
        for job in left:
            job.tell(Failed(Busy(1, closed=True)))

    def hurry(self) -> None:
        """End the answer in work before its next token; what was said of it stands."""
        with self._changed:
            if self._current is not None:
                self._current.gone.set()

    def join(self, seconds: float) -> None:
        """Wait until the thread has closed the memory, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            with self._opened() as memory:
                memory.warm()
                self._ready.set_result(None)
                while (job := self._next()) is not None:
                    began = monotonic()
                    self._answer(memory, job)
                    self._pace += _WEIGHT * (monotonic() - began - self._pace)
        except Exception as error:  # whoever waits for the opening is told, whatever it was; later ones end the thread
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    def _next(self) -> Job | None:
        """Return the job whose turn it is, once there is one; None when it is time to go."""
        with self._changed:
            self._current = None
            while not self._waiting and not self._closed:
                self._changed.wait()
            self._current = self._waiting.popleft() if self._waiting else None
            return self._current

    def _answer(self, memory: Memory, job: Job) -> None:
        """Answer one; whatever goes wrong ends this answer, and not the thread that others wait for."""
        try:
            self._speak(memory, job)
        except Exception as error:  # noqa: BLE001 - told to whoever asked; app.py says which are bugs
            job.tell(Failed(error))
