"""The errors that a user can meet.

Each class owns its sentence (what, where, what to do) and its exit code; `cli.main` is the one place that catches them.

    PlumError                    2
    ├── UsageError               2   the command or its input is not understood
    │   ├── BadConfig            2
    │   ├── BadInput             2   a file that cannot be imported or read
    │   │   └── CutShort         2   a file that ends before it is whole
    │   └── UnknownId            2
    ├── StoreError              10   the store is missing or damaged, or cannot be written
    │   ├── StoreMissing        10
    │   ├── StoreDamaged        10
    │   ├── StoreTooNew         10
    │   └── NoSpace             10
    ├── LockHeld                11   another run holds the lock
    ├── Unavailable             20   no model or no backend
    │   ├── NoModel             20
    │   ├── NoBackend           20
    │   └── NoMemory            20
    ├── GateRefused             21   the new adapter was not good enough; the old one stays
    ├── IntegrityError          22   bytes are not what they should be
    │   ├── ForeignAdapter      22
    │   └── ConversionMismatch  22
    └── Interrupted            130   stopped by the user at a safe point

Knows nothing of what raises them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

STILL_THERE = "Everything that was there is still there."
"""What a failing disk must leave true; where something was being forgotten, `erase.half_done` says what is."""


class PlumError(Exception):
    """Base of everything that a user can cause or meet. ``str()`` is the whole sentence.

    No error has the exit code 1: it is what Python ends with where something of ours is broken.
    """

    exit_code = 2

    def __init__(self, what: str, remedy: str = "") -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what} {remedy}".strip())


class UsageError(PlumError):
    """The command or what it was given cannot be understood."""

    exit_code = 2


class BadConfig(UsageError):
    """A configuration file with an unknown key, a wrong type or a value out of range."""

    def __init__(self, path: Path, what: str, remedy: str = "Mend the file or remove that line.") -> None:
        super().__init__(f"{path}: {what}.", remedy)


class BadInput(UsageError):
    """A file given by the user that cannot be read as what it should be."""

    def __init__(self, where: str, what: str, remedy: str = "Nothing was imported.") -> None:
        super().__init__(f"{where}: {what}.", remedy)


class CutShort(BadInput):
    """A file that ends in the middle of something. ``whole`` conversations stand before that place."""

    def __init__(self, where: str, what: str, whole: int = 0) -> None:
        self.where, self.how, self.whole = where, what, whole
        again = "It was probably cut short; get the file again"
        salvage = f", or use --salvage to take the {whole:,} whole conversation{'s' if whole > 1 else ''}"
        super().__init__(where, what, f"Nothing was imported. {again}{salvage if whole else ''}.")


class UnknownId(UsageError):
    """An id that names nothing."""

    def __init__(self, kind: str, ident: str, remedy: str = "") -> None:
        super().__init__(f"There is no {kind} {ident!r}.", remedy)


class StoreError(PlumError):
    """The log or the files beside it are not usable."""

    exit_code = 10


class StoreMissing(StoreError):
    """No store where one is needed."""

    def __init__(self, home: Path) -> None:
        super().__init__(
            f"No conversations are stored in {home}.", "Begin with: plum-edge import FILE, or plum-edge chat."
        )


class StoreDamaged(StoreError):
    """The database file is not a database or does not pass SQLite's own check."""

    def __init__(self, path: Path, detail: str) -> None:
        self.detail = detail
        super().__init__(
            f"{path} is damaged ({detail}). It was not touched.",
            "Put a backup in its place, or move it away to begin anew.",
        )


class StoreTooNew(StoreError):
    """A log written by a later version of plum-edge."""

    def __init__(self, path: Path, migration: str) -> None:
        self.migration = migration
        super().__init__(
            f"{path} was written by a newer plum-edge (it holds migration {migration}). It was not touched.",
            "Update plum-edge to open it.",
        )


class NoSpace(StoreError):
    """The disk is full, a quota is reached, or less is ``free`` than is ``needed`` (bytes, by what they are for)."""

    def __init__(self, path: Path, needed: Mapping[str, int] | None = None, free: int = 0) -> None:
        sizes = ""
        if needed:
            parts = ", ".join(f"{size / 1e6:,.0f} MB {name}" for name, size in needed.items())
            sizes = f": {sum(needed.values()) / 1e6:,.0f} MB are needed ({parts}), {free / 1e6:,.0f} MB are free"
        super().__init__(
            f"No space left on the disk that holds {path}{sizes}.",
            f"{STILL_THERE} Free some space and run the command again.",
        )


class LockHeld(PlumError):
    """Another consolidation is running."""

    exit_code = 11

    def __init__(self, holder: str) -> None:
        super().__init__(f"Another consolidation is running ({holder}).", "This one changed nothing.")


class Unavailable(PlumError):
    """Something that the work needs is not on this machine. ``reasons`` says why for each candidate."""

    exit_code = 20

    def __init__(self, what: str, reasons: Mapping[str, str] | None = None, remedy: str = "") -> None:
        self.reasons = dict(reasons or {})
        detail = "; ".join(f"{name}: {reason}" for name, reason in self.reasons.items())
        super().__init__(f"{what} {detail}.".replace("..", ".") if detail else what, remedy)


class NoModel(Unavailable):
    """No usable base model."""

    def __init__(self, name: str, reason: str, remedy: str = "See: plum-edge models list") -> None:
        super().__init__(f"The base model {name} cannot be used: {reason}.".replace("..", "."), remedy=remedy)
        self.reasons = {name: reason}
        self.why = reason


class NoBackend(Unavailable):
    """No training backend works here."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("No training backend works here.", reasons, "See: plum-edge doctor")


class NoMemory(Unavailable):
    """Training would take more memory than is free. ``needed`` and ``free`` are bytes, ``fits`` says what would do."""

    def __init__(self, name: str, how: str, needed: int, free: int, fits: str = "") -> None:
        self.needed, self.free = needed, free
        super().__init__(
            f"The base {name} needs about {needed / 1e9:.1f} GB to train ({how}) and {free / 1e9:.1f} GB are free.",
            remedy=f"Close other programs, or choose a smaller base{f'; {fits}' if fits else ''}.",
        )


class GateRefused(PlumError):
    """The new adapter did not pass; the old one stays active."""

    exit_code = 21

    def __init__(self, reasons: list[str], kept: str | None, then: str = "") -> None:
        self.reasons = reasons
        stays = f"Adapter {kept} stays in use." if kept else "No adapter is in use."
        super().__init__(f"The new adapter was refused: {'; '.join(reasons)}. {stays}", then)


class IntegrityError(PlumError):
    """A file or a conversion whose content is not what was recorded or expected."""

    exit_code = 22


class ForeignAdapter(IntegrityError):
    """An adapter that does not belong to this base, or a file that is no adapter."""

    def __init__(self, path: Path, why: str, remedy: str = "Nothing was loaded.") -> None:
        super().__init__(f"{path} cannot be used as an adapter here: {why}.", remedy)


class ConversionMismatch(IntegrityError):
    """A converted file that does not compute what the trainer computes."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The converted adapter does not agree with the trained one: {what}.", "It was not put to use."
        )


class Interrupted(PlumError):
    """Stopped at a safe point by Ctrl-C or a signal."""

    exit_code = 130

    def __init__(self, what: str = "Stopped.", remedy: str = "Run the command again to carry on.") -> None:
        super().__init__(what, remedy)
