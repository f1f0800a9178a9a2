"""What Ctrl-C does while a chat is at work: it ends the work, and never the program in the middle of a token.

Knows nothing of what is stopped.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from plum_edge.errors import Interrupted


@contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
    """Give ``stopped()``: true after Ctrl-C, however often."""
    pressed = False

    def press(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """As `ctrl_c`, for what is of no use by halves.

    Raises:
        Interrupted: at the end, where Ctrl-C was pressed.
    """
    with ctrl_c() as stopped:
        yield stopped
    if stopped():
        raise Interrupted("Stopped.", "")
