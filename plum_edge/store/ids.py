"""From what a user or a stage calls a thing to its row. Knows nothing of what the rows hold."""

from __future__ import annotations

from typing import Any

from plum_edge.errors import UnknownId
from plum_edge.store.connect import Connection


def resolve(connection: Connection, kind: str, ident: str, select: str, listing: str) -> Any:
    """Return the second column of ``select`` for this id, or for the only id that begins with it.

    Raises:
        UnknownId: there is none, or more than one.
    """
    rows = connection.rows(
        f"{select} WHERE substr(id, 1, ?) = ? ORDER BY id != ?, id LIMIT 4", len(ident), ident, ident
    )
    if rows and ident and (rows[0][0] == ident or len(rows) == 1):
        return rows[0][1]
    several = ident and f"More than one begins with it: {', '.join(row[0] for row in rows[:3])}…"
    raise UnknownId(kind, ident, several if rows and several else f"See: {listing}")


def segment_seq(connection: Connection, segment_id: str) -> int:
    """Return the place of a recorded segment in the order of learning.

    Raises:
        UnknownId: there is none with this id.
    """
    seq = connection.value("SELECT seq FROM segments WHERE id = ?", segment_id)
    if seq is None:
        raise UnknownId("segment", segment_id)
    return int(seq)
