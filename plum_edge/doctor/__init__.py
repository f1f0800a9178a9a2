"""Looks at this machine, the model and one home, and says what it found and what to do about it.

Every file that has a hash is hashed again. Repairs nothing, and makes no home, no store and no file; `sweep` removes
what belongs to nothing, when it is asked to. Prints nothing; knows the rooms only by what they say of themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plum_edge.doctor.finding import Finding, exit_code
from plum_edge.doctor.home import adapters, checkpoints, clock, config, crash, model, permissions, schedule, store
from plum_edge.doctor.machine import backend, disk, llama, memory, products, python
from plum_edge.doctor.orphans import orphans, sweep
from plum_edge.paths import Home

__all__ = ["Finding", "backend", "examine", "exit_code", "orphans", "products", "sweep"]


def examine(home: Home) -> Iterator[Finding]:
    """Yield the findings one by one as they are made; none of them raises."""
    settings, finding = config(home)
    yield python()
    yield finding
    checks: tuple[Callable[[], Finding], ...] = (
        lambda: backend(settings),
        lambda: products(settings, home),
        llama,
        lambda: model(home, settings),
        lambda: permissions(home),
        lambda: store(home),
        lambda: adapters(home, settings),
        lambda: checkpoints(home),
        lambda: orphans(home)[0],
        lambda: disk(home),
        lambda: memory(settings, home),
        lambda: clock(home),
        lambda: schedule(home),
        lambda: crash(home),
    )
    for check in checks:
        yield check()
