"""Looks at this machine, the model and one home, and says what it found and what to do about it.

Every file that has a hash is hashed again. Repairs nothing, and makes no home, no store and no file; `sweep` removes
what belongs to nothing, when it is asked to. Prints nothing; knows the rooms only by what they say of themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plum_edge.doctor.finding import Finding, exit_code, wrong
from plum_edge.doctor.home import adapters, checkpoints, clock, config, crash, model, permissions, schedule, store
from plum_edge.doctor.machine import backend, disk, llama, memory, products, python
from plum_edge.doctor.orphans import orphans, sweep
from plum_edge.errors import PlumError, StoreError
from plum_edge.paths import Home

__all__ = ["Finding", "backend", "examine", "exit_code", "orphans", "products", "sweep"]


def examine(home: Home) -> Iterator[Finding]:
    """Yield the findings one by one as they are made; none of them raises."""
    settings, finding = config(home)
    yield python()
    yield finding
    checks: dict[str, Callable[[], Finding]] = {
        "backend": lambda: backend(settings),
        "products": lambda: products(settings, home),
        "llama.cpp": llama,
        "model": lambda: model(home, settings),
        "home": lambda: permissions(home),
        "store": lambda: store(home),
        "adapters": lambda: adapters(home, settings),
        "checkpoints": lambda: checkpoints(home),
        "orphans": lambda: orphans(home)[0],
        "disk": lambda: disk(home),
        "memory": lambda: memory(settings, home),
        "clock": lambda: clock(home),
        "schedule": lambda: schedule(home),
        "crash": lambda: crash(home),
    }
    for name, check in checks.items():
        yield _looked(name, check)


def _looked(name: str, check: Callable[[], Finding]) -> Finding:
    """Return what a check finds; where it cannot read something, that is what it found."""
    try:
        return check()
    except PlumError as error:
        return wrong(name, error)
    except OSError as error:
        where = error.filename or "something that it needs"
        return Finding(name, f"{where} cannot be read ({error.strerror})", "Check its owner and the disk.", StoreError)
