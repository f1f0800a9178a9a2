"""What was learned and how well: the steps of the fold, adapters and the one in use, evaluations, and the nights.

Knows nothing of the files of an adapter, nor of how a figure was measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from plum_edge.errors import UnknownId
from plum_edge.records import Adapter, Step
from plum_edge.store.columns import clean, dump, stamp
from plum_edge.store.connect import Connection
from plum_edge.store.ids import resolve, segment_seq


class Cell(NamedTuple):
    """One cell of the consistency plot: after ``step``, was the question about a conversation answered right?"""

    step: int
    question: str
    conversation: str | None
    correct: bool
    p_yes: float | None


@dataclass(frozen=True, slots=True)
class Night:
    """A run of the consolidation. ``ended_at`` is None while it runs, and after it was killed."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    status: str
    detail: dict[str, Any]


class Runs:
    """Steps, adapters, evaluations, cells and nights."""

    def __init__(self, connection: Connection) -> None:
        self._c = connection

    # The fold -----------------------------------------------------------------------------------------------------

    def add_step(self, step: Step) -> None:
        """Store a step of the fold. It replaces the one at its place, and with it all that stood on that one.

        Raises:
            UnknownId: its segment is not recorded.
            ValueError: its segment has another place.
        """
        with self._c.transaction() as database:
            seq = segment_seq(self._c, step.segment)
            if seq != step.seq:
                raise ValueError(f"segment {step.segment} is number {seq}, not {step.seq}")
            self.truncate(step.seq)
            row = asdict(step) | {"seed": dump(step.seed), "versions": dump(step.versions)}
            del row["segment"]
            database.table("steps").insert(row)

    def steps(self) -> list[Step]:
        """Return the steps of the fold in order."""
        return [
            Step(
                seq=row["seq"],
                segment=row["segment"],
                recipe=row["recipe"],
                backend=row["backend"],
                threads=row["threads"],
                versions=self._c.load(row["versions"]),
                seed=self._c.load(row["seed"]),
                pairs_sha256=row["pairs_sha256"],
                state_sha256=row["state_sha256"],
                seconds=row["seconds"],
                loss=math.nan if row["loss"] is None else row["loss"],
            )
            for row in self._c.rows(
                "SELECT steps.*, segments.id AS segment FROM steps JOIN segments USING (seq) ORDER BY seq"
            )
        ]

    def done(self) -> int:
        """Return how many steps of the fold there are."""
        return int(self._c.value("SELECT count(*) FROM steps"))

    def truncate(self, from_seq: int) -> None:
        """Forget the steps from this place on, and their cells, so that they can be done again."""
        with self._c.transaction() as database:
            database.conn.execute("DELETE FROM steps WHERE seq >= ?", (from_seq,))
            database.conn.execute("DELETE FROM cells WHERE step >= ?", (from_seq,))

    # Adapters -----------------------------------------------------------------------------------------------------

    def add_adapter(self, adapter: Adapter, manifest: Mapping[str, object]) -> None:
        """Store an adapter, or what is known of it now. Does not make it active, whatever ``adapter.active`` says.

        A file in the home is stored relative to it, so that a home can be moved.
        """
        file, folder = Path(adapter.gguf), self._c.path.parent
        row = asdict(adapter) | {
            "gguf": str(file.relative_to(folder) if file.is_relative_to(folder) else file),
            "created_at": stamp(adapter.created_at) if adapter.created_at else None,
            "manifest": dump(manifest),
        }
        del row["active"]
        with self._c.transaction() as database:
            database.conn.execute(
                """
                INSERT INTO adapters (id, parent, gguf, gguf_sha256, segments, accuracy, created_at, manifest)
                VALUES (:id, :parent, :gguf, :gguf_sha256, :segments, :accuracy, :created_at, :manifest)
                ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, gguf = excluded.gguf,
                    gguf_sha256 = excluded.gguf_sha256, segments = excluded.segments, accuracy = excluded.accuracy,
                    created_at = excluded.created_at, manifest = excluded.manifest
                """,
                row,
            )

    def adapters(self) -> list[Adapter]:
        """Return all adapters, oldest first."""
        return [self._adapter(row) for row in self._c.rows("SELECT * FROM adapters ORDER BY key")]

    def adapter(self, adapter_id: str) -> Adapter:
        """Return the adapter with this id, or the only one whose id begins with it.

        Raises:
            UnknownId: there is none, or more than one.
        """
        return self._adapter(self._c.rows("SELECT * FROM adapters WHERE key = ?", self._key(adapter_id))[0])

    def manifest(self, adapter_id: str) -> dict[str, Any]:
        """Return what was stored with the adapter."""
        manifest = self._c.value("SELECT manifest FROM adapters WHERE key = ?", self._key(adapter_id))
        return dict(self._c.load(manifest))

    def made_for(self, adapter_id: str, base_sha256: str | None) -> bool:
        """Whether an adapter was made for this base; an old one does not say, and where none is named any will do."""
        return base_sha256 is None or self.manifest(adapter_id).get("base_sha256") in (None, base_sha256)

    def active(self) -> Adapter | None:
        """Return the adapter in use."""
        rows = self._c.rows("SELECT adapters.* FROM adapters JOIN active ON active.adapter = adapters.id")
        return self._adapter(rows[0]) if rows else None

    def next_id(self) -> str:
        """Return the id of the next adapter: the next number, also after the newest one was taken back."""
        numbers = [int(adapter.id) for adapter in self.adapters() if adapter.id.isdigit()]
        numbers.append(self._c.value("SELECT coalesce(max(last_adapter), 0) FROM forgettings"))
        return f"{max(numbers) + 1:04d}"

    def promote(self, adapter_id: str, segment_ids: Iterable[str]) -> None:
        """Put an adapter to use and mark the segments that came with it, in one transaction."""
        with self._c.transaction() as database:
            ident = self.adapter(adapter_id).id
            database.table("promotions").insert({"adapter": ident})
            for segment_id in segment_ids:
                seq = segment_seq(self._c, segment_id)
                database.conn.execute("UPDATE segments SET promoted = 1 WHERE seq = ?", (seq,))
            self.use(adapter_id)

    def promoted(self) -> list[Adapter]:
        """Return the adapters that have passed and been put to use, in that order, each where it was last promoted."""
        rows = self._c.rows(
            """
            SELECT adapters.* FROM adapters JOIN promotions p ON p.adapter = adapters.id
            GROUP BY adapters.id ORDER BY max(p.key)
            """
        )
        return [self._adapter(row) for row in rows]

    def remove(self, adapter_id: str) -> None:
        """Delete what is known of an adapter that is not in use."""
        with self._c.transaction() as database:
            database.conn.execute("DELETE FROM adapters WHERE key = ?", (self._key(adapter_id),))

    def use(self, adapter_id: str | None) -> None:
        """Put an adapter to use, or none. Says nothing about the segments: rollback does not change the fold."""
        with self._c.transaction() as database:
            ident = self.adapter(adapter_id).id if adapter_id is not None else None
            database.conn.execute("UPDATE active SET adapter = ?, generation = generation + 1", (ident,))

    def generation(self) -> int:
        """Return a number that grows whenever the adapter in use changes: cheap to ask before each answer."""
        return int(self._c.value("SELECT generation FROM active"))

    # Evaluations --------------------------------------------------------------------------------------------------

    def add_evaluation(self, adapter_id: str, summary: Mapping[str, object]) -> None:
        """Store an evaluation. Its ``accuracy`` becomes the adapter's."""
        with self._c.transaction() as database:
            ident = self.adapter(adapter_id).id
            row = {"adapter": ident, "created_at": stamp(datetime.now(UTC)), "summary": dump(summary)}
            database.table("evaluations").insert(row)
            database.conn.execute("UPDATE adapters SET accuracy = ? WHERE id = ?", (summary.get("accuracy"), ident))

    def evaluation(self, adapter_id: str) -> dict[str, Any] | None:
        """Return the newest evaluation of an adapter, or None."""
        summary = self._c.value(
            "SELECT summary FROM evaluations WHERE adapter = ? ORDER BY key DESC", self.adapter(adapter_id).id
        )
        return None if summary is None else dict(self._c.load(summary))

    def add_cells(self, step: int, cells: Iterable[tuple[str, str | None, bool, float | None]]) -> None:
        """Store answers for the consistency plot: (question id, conversation id, correct, p(yes)) after ``step``."""
        with self._c.transaction() as database:
            database.conn.executemany(
                "INSERT OR REPLACE INTO cells (step, question, conversation, correct, p_yes) VALUES (?, ?, ?, ?, ?)",
                [(step, question, conversation, int(correct), p) for question, conversation, correct, p in cells],
            )

    def cells(self) -> list[Cell]:
        """Return the consistency plot, by step and then question."""
        rows = self._c.rows("SELECT step, question, conversation, correct, p_yes FROM cells ORDER BY step, question")
        return [Cell(step, question, about, bool(correct), p) for step, question, about, correct, p in rows]

    # Nights -------------------------------------------------------------------------------------------------------

    def begin(self, detail: Mapping[str, object] | None = None) -> int:
        """Note that a consolidation starts, and return its number."""
        row = {"started_at": stamp(datetime.now().astimezone()), "status": "running", "detail": dump(detail or {})}
        with self._c.transaction() as database:
            return int(database.table("nights").insert(row).last_rowid or 0)

    def end(self, run_id: int, status: str, detail: Mapping[str, object]) -> None:
        """Note how a consolidation ended."""
        with self._c.transaction() as database:
            changed = database.conn.execute(
                "UPDATE nights SET ended_at = ?, status = ?, detail = ? WHERE key = ?",
                (stamp(datetime.now().astimezone()), clean(status), dump(detail), run_id),
            )
            if not changed.rowcount:
                raise UnknownId("run", str(run_id))

    def last(self) -> Night | None:
        """Return the newest consolidation, or None."""
        return next(iter(self.nights(1)), None)

    def nights(self, limit: int) -> list[Night]:
        """Return at most so many consolidations, the newest first."""
        return [
            Night(
                row["key"],
                self._c.moment(row["started_at"]),
                row["ended_at"] and self._c.moment(row["ended_at"]),
                row["status"],
                self._c.load(row["detail"]),
            )
            for row in self._c.rows("SELECT * FROM nights ORDER BY key DESC LIMIT ?", limit)
        ]

    # Rows ---------------------------------------------------------------------------------------------------------

    def _key(self, adapter_id: str) -> int:
        select = "SELECT id, key FROM adapters"
        return int(resolve(self._c, "adapter", clean(adapter_id), select, "plum-edge adapters list"))

    def _adapter(self, row: Any) -> Adapter:
        return Adapter(
            id=row["id"],
            active=row["id"] == self._c.value("SELECT adapter FROM active"),
            parent=row["parent"],
            gguf=str(self._c.path.parent / row["gguf"]),
            gguf_sha256=row["gguf_sha256"],
            segments=row["segments"],
            accuracy=row["accuracy"],
            created_at=row["created_at"] and self._c.moment(row["created_at"]),
        )
