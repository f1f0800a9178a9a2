"""Which schema a file has, which it should have, and how it gets there: the migrations, applied.

Knows nothing of what a migration does (migrations.py).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sqlite_utils import Database

from plum_edge.store.migrations import INDEXES, MIGRATIONS

SECURE_FTS = sqlite3.sqlite_version_info >= (3, 42)
"""Whether FTS5 can overwrite the words of deleted text itself."""


def migrate(database: Database) -> None:
    """Bring the file to the newest schema: each pending migration in a transaction of its own, with its record.

    Safe when several processes open an old file at once: what is pending is asked again under the lock.
    """
    while MIGRATIONS.pending(database):
        with database.conn:
            database.conn.execute("BEGIN IMMEDIATE")
            later = {migration.name for migration in MIGRATIONS.pending(database)[1:]}
            MIGRATIONS.apply(database, stop_before=later)
    for index in INDEXES if SECURE_FTS else ():
        if not _one(database, f"SELECT 1 FROM {index}_config WHERE k = 'secure-delete'"):
            database.conn.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('secure-delete', 1)")


def names() -> list[str]:
    """Return the names of all migrations that this version knows, in order."""
    with closing(Database(memory=True)) as empty:
        return [migration.name for migration in MIGRATIONS.pending(empty)]


def applied(database: Database) -> list[str]:
    """Return the names of the migrations that a file holds, in order; none where it has no list of them. Reads only."""
    if not _one(database, "SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"):
        return []
    select = "SELECT name, applied_at FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id"
    return [str(name) for name, _ in database.conn.execute(select, [MIGRATIONS.name])]


def schema(held: list[str]) -> set[tuple[str, str]]:
    """Return what `schema_of` gives for a sound file that holds these migrations."""
    with closing(Database(memory=True)) as sound:
        MIGRATIONS.apply(sound, stop_before=set(names()) - set(held))
        return schema_of(sound)


def schema_of(database: Database) -> set[tuple[str, str]]:
    """Return (name, SQL) of our own tables, indexes and triggers in a file. Reads only.

    What FTS5 and sqlite-utils make for themselves differs between their versions and is left out.
    """
    rows = database.conn.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    theirs = (*(f"{index}_" for index in INDEXES), "_sqlite", "sqlite_", "idx__")
    return {(name, sql) for name, sql in rows if not str(name).startswith(theirs)}


def _one(database: Database, sql: str) -> object:
    return database.conn.execute(sql).fetchone()
