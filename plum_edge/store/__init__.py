"""The store: one SQLite file with the conversations, the pairs made of them, and what was learned when.

    with Store.open(home, create=True) as store:
        store.log.add(conversations)

Joins the parts below and knows nothing of how conversations are read, augmented or learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from plum_edge.paths import Home
from plum_edge.records import Adapter
from plum_edge.store.amending import Amending
from plum_edge.store.attempts import Attempt, Attempts
from plum_edge.store.connect import Connection, open_log
from plum_edge.store.copies import Copies
from plum_edge.store.edits import Edits
from plum_edge.store.finding import Finding, Limits
from plum_edge.store.forgetting import Forgetting, Request
from plum_edge.store.listing import AddResult, Counts, State, Summary
from plum_edge.store.log import Log
from plum_edge.store.pairs import Pairs
from plum_edge.store.runs import Cell, Night, Runs
from plum_edge.store.search import Search
from plum_edge.store.vectors import Vectors
from plum_edge.store.writings import Writings

__all__ = [
    "AddResult",
    "Amending",
    "Attempt",
    "Attempts",
    "Cell",
    "Copies",
    "Counts",
    "Edits",
    "Finding",
    "Forgetting",
    "Limits",
    "Log",
    "Night",
    "Pairs",
    "Request",
    "Runs",
    "Search",
    "State",
    "Store",
    "Summary",
    "Vectors",
    "Writings",
]


class Store:
    """An open store. Its parts: ``log``, ``amending``, ``pairs``, ``runs``, ``search``, ``finding``, ``forgetting``,
    ``vectors``, ``copies``, ``attempts``, ``writings`` and ``edits``.

    Close it, or use it in ``with``.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.log = Log(connection)
        self.amending = Amending(connection)
        self.pairs = Pairs(connection)
        self.runs = Runs(connection)
        self.search = Search(connection)
        self.finding = Finding(connection)
        self.writings = Writings(connection)
        self.vectors = Vectors(connection)
        self.forgetting = Forgetting(connection)
        self.copies = Copies(connection)
        self.attempts = Attempts(connection)
        self.edits = Edits(connection)

    @classmethod
    def open(cls, home: Home, *, create: bool) -> Store:
        """Open the store of ``home``; with ``create``, make home and store where there is none.

        Raises:
            StoreMissing: there is no store, and ``create`` is false.
            StoreDamaged, StoreTooNew: the file was refused, and left as it is.
            NoSpace, StoreError: the disk is full, or refuses.
        """
        return cls(open_log(home, create=create))

    def check(self) -> None:
        """Look at every page of the file, which `open` leaves out where it is large.

        Raises:
            StoreDamaged: it is broken.
        """
        self._connection.check()

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._connection.path

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything in the block one transaction: all of it is stored, or none."""
        with self._connection.transaction():
            yield

    def version(self) -> tuple[int, int]:
        """Return another value whenever something was written, by this process or by another."""
        return self._connection.version()

    def has_learned(self) -> bool:
        """Whether any step changed the weights: where all were set aside there is nothing to convert."""
        aside = self.log.aside()
        return any(step.segment not in aside for step in self.runs.steps())

    def head_is_new(self) -> bool:
        """Whether what was learned last was never promoted. After a rollback it was: it waits for something new."""
        return self.has_learned() and not any(self._is_head(adapter) for adapter in self.runs.promoted())

    def _is_head(self, adapter: Adapter) -> bool:
        """Whether an adapter is what was learned last: by its state's hash, or where none was noted by its number."""
        steps, state = self.runs.steps(), self.runs.manifest(adapter.id).get("state_sha256")
        return state == steps[-1].state_sha256 if state else adapter.segments == len(steps)

    def close(self) -> None:
        """Close the file. Its ``-wal`` is folded into it when no other process has it open."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
