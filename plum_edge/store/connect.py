"""Opening log.db: the one place that sets pragmas, refuses what is not ours, and turns SQLite's errors into our own.

A new store is made whole under another name and then renamed, so a log.db that exists is always a store. A file that
is refused is refused before anything is written to it. Knows nothing of the tables (migrations.py) and their meaning.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from plum_edge.errors import NoSpace, StoreDamaged, StoreError, StoreMissing, StoreTooNew
from plum_edge.paths import Home, disk_errors, fsync_dir, rename
from plum_edge.store.migrations import functions
from plum_edge.store.schema import applied, migrate, names, schema, schema_of

APPLICATION_ID = 0x506C756D
"""Marks the file as ours ("Plum"), so that another program's database is not taken for a log."""

BUSY_SECONDS = 30.0
"""How long a writer waits for another process to finish its transaction."""

_PRAGMAS = (
    "foreign_keys = ON",
    "secure_delete = ON",  # what is deleted is overwritten, not just unlinked
    "synchronous = FULL",  # a committed conversation outlives a power cut
    "journal_size_limit = 4194304",  # a large import leaves no large -wal behind
    "temp_store = MEMORY",  # conversations never go to temporary files
    "cell_size_check = ON",
)

_SMALL = 8 << 20
"""Bytes of a log that is checked whole each time it is opened: 25 ms."""

_opening = threading.Lock()
_opened: Counter[Path] = Counter()
"""Connections of this process to a log. A file that it has open must not be opened past SQLite: closing it again would
take away SQLite's locks (POSIX), and another process that ends would remove the -wal that is still written to."""


class Connection:
    """An open log.db: rows out, transactions in. All errors that leave it are our own, or bugs."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self._database = database
        self._closed = False
        self._derived = 0
        """Rows of our own that `version` does not count."""

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Give the database for writing; commit at the end of the block, roll back on any error. Joins an outer one.

        The lock for writing is taken at once: a transaction that reads first and writes later could not wait for
        another writer, and would fail with "database is locked".
        """
        with sqlite_errors(self.path):
            if self._database.conn.in_transaction:
                yield self._database
                return
            with self._database.conn:  # commits at the end, rolls back on any error
                self._database.conn.execute("BEGIN IMMEDIATE")
                yield self._database

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read the log as it is now, whatever others write meanwhile, to the end of the block. Nothing is written."""
        with sqlite_errors(self.path):
            if self._database.conn.in_transaction:
                yield
                return
            self._database.conn.execute("BEGIN")
            try:
                yield
            finally:
                self._database.conn.rollback()

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        """Return the rows of a query, readable by position and by column name."""
        return list(self.each(sql, *parameters))

    def each(self, sql: str, *parameters: object) -> Generator[Any, None, None]:
        """Yield the rows of a query as they are found. Read to the end or drop it before the next write."""
        with sqlite_errors(self.path):
            cursor = self._database.conn.cursor()
            cursor.row_factory = sqlite3.Row
            for row in cursor.execute(sql, parameters):  # noqa: UP028 - it would close the cursor, too late
                yield row

    def value(self, sql: str, *parameters: object) -> Any:
        """Return the first column of the first row, or None where there is no row."""
        row = next(iter(self.rows(sql, *parameters)), None)
        return None if row is None else row[0]

    def version(self) -> tuple[int, int]:
        """Return another value whenever something was written: others' transactions, and rows of our own.

        What is written `derived` from the log changes nothing of it.
        """
        return int(self.value("PRAGMA data_version")), int(self._database.conn.total_changes) - self._derived

    @contextmanager
    def derived(self) -> Iterator[Database]:
        """Do as `transaction`, for what follows from the log and can be made again."""
        before = self._database.conn.total_changes
        try:
            with self.transaction() as database:
                yield database
        finally:
            self._derived += self._database.conn.total_changes - before

    def moment(self, text: str) -> datetime:
        """Return the moment in a column, at its own offset."""
        try:
            return datetime.fromisoformat(text)
        except (ValueError, TypeError) as error:
            raise StoreDamaged(self.path, f"it holds a date that reads {text!r}") from error

    def load(self, text: str) -> Any:
        """Return the JSON value in a column."""
        try:
            return json.loads(text)
        except (ValueError, TypeError) as error:
            raise StoreDamaged(self.path, f"it holds JSON that does not read: {error}") from error

    def check(self) -> None:
        """Hold the whole file against SQLite's integrity and foreign key checks: some 3 ms a megabyte. Reads only.

        Raises:
            StoreDamaged: it is broken.
        """
        with sqlite_errors(self.path):
            _check_all(self.path, self._database)

    def rewrite(self) -> None:
        """Write the whole file anew, so that nothing of what was deleted is left in it, nor in its ``-wal``.

        Raises:
            StoreError: another process went on reading, so that the old pages cannot be written over yet.
        """
        with sqlite_errors(self.path):
            self._database.conn.execute("VACUUM")
            deadline = time.monotonic() + BUSY_SECONDS
            while self._database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"{self.path} is being read by another process; what was deleted is not written over yet.",
                        "Close the other program and run the command again: it carries on.",
                    )
                time.sleep(0.05)

    def copy_into(self, path: Path) -> None:
        """Write the database as it is at this moment into an empty file, without freed pages. Others may go on."""
        with sqlite_errors(path):
            self._database.conn.execute("VACUUM INTO ?", (str(path),))

    def become(self, other: Connection) -> None:
        """Replace everything by what another database holds, in one transaction; other processes see it at once."""
        with sqlite_errors(self.path):
            other._database.conn.backup(self._database.conn)

    def close(self) -> None:
        """Close the file."""
        with _opening, sqlite_errors(self.path):
            if not self._closed:
                self._closed = True
                self._database.close()
                _opened[self.path.resolve()] -= 1


def open_log(home: Home, *, create: bool) -> Connection:
    """Open the log of ``home``, brought up to the newest migration; `Store.open` documents the errors."""
    path = home.log
    with disk_errors(path):
        if not path.exists():
            if not create:
                raise StoreMissing(home.root)
            home.create()
            with _folder_lock(home.root):
                if not path.exists():
                    _make(path)
    with _opening:
        with disk_errors(path):
            if not _opened[path.resolve()]:
                _check_file(path)
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)  # before SQLite opens it: -wal and -shm get the mode of the file
        with sqlite_errors(path):
            database = _connect(path)
            try:
                _check_content(path, database)
                with _folder_lock(home.root):
                    _tune(database)
                migrate(database)
            except BaseException:
                database.close()
                raise
        _opened[path.resolve()] += 1
    return Connection(path, database)


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says of file and disk into our own errors; anything else is a bug and passes."""
    try:
        yield
    except UnicodeDecodeError as error:  # of the name of a column, which no text_factory sees
        raise StoreDamaged(path, str(error)) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _disk_full(path)):
            raise NoSpace(path) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreDamaged(path, str(error)) from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreError(
                f"{path} was in use by another process for more than {BUSY_SECONDS:.0f} seconds.",
                "Nothing was changed; try again.",
            ) from error
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
            raise StoreError(f"{path} cannot be read or written ({error}).", "Check its owner and the disk.") from error
        raise


def _disk_full(path: Path) -> bool:
    """Whether a bare I/O error means a full disk: SQLite says so when it cannot grow the -shm file."""
    return shutil.disk_usage(path.parent).free < 1 << 16


@contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    """Let one process at a time make the store or change its journal mode: SQLite does not wait for either."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _make(path: Path) -> None:
    """Make an empty store at ``path``: whole or not at all."""
    leftover = path.with_name(path.name + "-wal")
    if leftover.exists():
        # SQLite would replay it into the new file; it may hold the last conversations of the old one.
        raise StoreDamaged(path, f"the file is gone, but {leftover.name} is still there")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with sqlite_errors(path):
            database = _connect(temporary)
            try:
                database.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                _tune(database)
                migrate(database)
            finally:
                database.close()
        rename(temporary, path)
        fsync_dir(path.parent)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def _connect(path: Path) -> Database:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode(errors="replace")  # one bad byte does not close a conversation
    functions(connection)
    try:
        return Database(connection, execute_plugins=False)  # no foreign code at the user's conversations
    except BaseException:
        connection.close()
        raise


def _tune(database: Database) -> None:
    """Set every pragma that a connection needs. Call under the folder lock: WAL is entered by one process at a time."""
    if database.conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        database.conn.execute("PRAGMA journal_mode = WAL")
    for pragma in _PRAGMAS:
        database.conn.execute(f"PRAGMA {pragma}")


def _check_file(path: Path) -> None:
    """Refuse, without SQLite and so without any trace, a file that is plainly not a whole log.

    The offsets are those of SQLite's file format: page size at 16, pages at 28, application id at 68.
    """
    if not path.is_file():
        raise StoreDamaged(path, "not a file")
    with path.open("rb") as file:
        header = file.read(100)
    if not header:
        raise StoreDamaged(path, "it is empty")
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise StoreDamaged(path, "not an SQLite database")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StoreDamaged(path, "a database of another program")
    page = int.from_bytes(header[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
    wal = path.with_name(path.name + "-wal")
    if path.stat().st_size < expected and not (wal.exists() and wal.stat().st_size):
        raise StoreDamaged(path, f"cut short: {path.stat().st_size:,} of {expected:,} bytes")


def _check_all(path: Path, database: Database) -> None:
    """Refuse a database with a broken page, or with a row that belongs to nothing."""
    try:
        found = database.conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise StoreDamaged(path, found.replace("*** in database main ***\n", ""))
        astray = database.conn.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise StoreDamaged(path, str(error)) from error
    if astray:
        raise StoreDamaged(path, f"a row of {astray[0]} belongs to nothing")


def _check_content(path: Path, database: Database) -> None:
    """Refuse a database that a later version has written, or whose tables are not ours. Reads only.

    Every page is looked at where that takes no time, and before the tables are changed; of a large log that is in use,
    at night and by doctor (`Connection.check`).
    """
    try:
        held, known = applied(database), names()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        raise StoreDamaged(path, str(error)) from error
    if path.stat().st_size <= _SMALL or held != known:
        _check_all(path, database)
    if held[: len(known)] == known and len(held) > len(known):
        raise StoreTooNew(path, held[-1])
    if not held or held != known[: len(held)]:
        raise StoreDamaged(path, f"its list of migrations does not fit: {', '.join(held) or 'none'}")
    sound = schema(held)
    own = {name for name, _ in schema(known) | sound}
    wrong = {(name, sql) for name, sql in schema_of(database) if name in own} ^ sound
    if wrong:
        raise StoreDamaged(path, f"its tables are not as {held[-1]} left them: {min(wrong)[0]}")
