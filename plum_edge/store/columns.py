"""How values become columns: moments, text and JSON. `Connection` reads them back. Knows nothing of tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """Return ISO 8601 text that keeps the moment's own offset.

    Raises:
        ValueError: the moment has no offset.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no offset: every stored moment needs one")
    return moment.isoformat()


def instant(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC: moments compare by it, whatever their offsets."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def clean(text: str) -> str:
    """Return the text with lone surrogates (from a broken terminal or file) replaced: SQLite takes none."""
    return text.encode("utf-8", "replace").decode()


def dump(value: object) -> str:
    """Return JSON, the same for equal values."""
    return clean(json.dumps(value, ensure_ascii=False, sort_keys=True))
