"""What was looked at, and what to do about it. Values and words only."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass

from plum_edge.errors import IntegrityError, PlumError, StoreError, Unavailable

_SEVERITY = (StoreError, IntegrityError, Unavailable, PlumError)
"""What decides the exit code when several things are wrong: first what endangers the conversations."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``error`` is the class of what is wrong, or None; a remedy alone is advice."""

    name: str
    found: str
    remedy: str = ""
    error: type[PlumError] | None = None

    @property
    def state(self) -> str:
        """``ok``, ``advice`` or ``wrong``."""
        return "wrong" if self.error else "advice" if self.remedy else "ok"


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 0 when nothing is wrong, else the exit code of the gravest error."""
    wrong = [finding.error for finding in findings if finding.error]
    for grave in _SEVERITY:
        for error in wrong:
            if issubclass(error, grave):
                return error.exit_code
    return 0


def wrong(name: str, error: PlumError) -> Finding:
    """Return a finding that says what an error says."""
    return Finding(name, error.what, error.remedy, type(error))


def installed(package: str) -> str:
    """Return the version of a package, or nothing."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def size(number: int) -> str:
    """Return a number of bytes in MB or GB."""
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.0f} MB"
