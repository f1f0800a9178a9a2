"""What a night may take: minutes, memory, mains power. Knows nothing of what it does with them."""

from __future__ import annotations

import contextlib
import platform
import resource
import time
from dataclasses import dataclass, replace

import psutil

from plum_edge.night.scheduler.plan import OnBattery


@dataclass(frozen=True, slots=True)
class Budget:
    """Until when, by `time.monotonic()`, new segments are begun; and whether that may be on battery."""

    deadline: float | None = None
    on_battery: OnBattery = "allow"

    @classmethod
    def of(cls, max_minutes: float | None = None, on_battery: OnBattery = "allow") -> Budget:
        """Return the budget of a night that begins now."""
        deadline = None if max_minutes is None else time.monotonic() + 60 * max_minutes
        return cls(deadline, on_battery)

    def half(self) -> Budget:
        """Return a budget of half of the time that is left."""
        now = time.monotonic()
        return self if self.deadline is None else replace(self, deadline=now + (self.deadline - now) / 2)

    def spent(self) -> str:
        """Return why no other segment is begun, as a clause, or nothing."""
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "the time that it was given is over"
        left = battery() if self.on_battery == "refuse" else None
        return f"the machine runs on its battery ({left} % left)" if left is not None else ""


def battery() -> int | None:
    """Return the percentage that is left if the machine runs on its battery; None on mains, or where none can tell."""
    sensors = getattr(psutil, "sensors_battery", None)  # not on every system
    with contextlib.suppress(OSError):
        found = sensors() if sensors else None
        if found is not None and found.power_plugged is False:
            return int(found.percent)
    return None


def peak_memory() -> int:
    """Return the most bytes of memory that this process has held at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most) if platform.system() == "Darwin" else 1024 * int(most)
