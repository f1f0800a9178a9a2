"""Opening: what is set, what is refused and left alone, what several processes may do at once."""

from __future__ import annotations

import functools
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from plum_edge.errors import NoSpace, PlumError, StoreDamaged, StoreError, StoreMissing, StoreTooNew
from plum_edge.paths import Home
from plum_edge.store import Store, connect
from plum_edge.store.migrations import INDEXES, MIGRATIONS
from plum_edge.store.schema import SECURE_FTS, names, schema
from tests.raw import is_locked
from tests.store.samples import pair, recorded, talk

MARK = "kumquat marmalade"


def filled(home: Home) -> bytes:
    """Make a store with some conversations; return its file."""
    with Store.open(home, create=True) as store:
        store.log.add(talk(f"c{i}", f"{MARK} number {i}", "Noted. " * 40) for i in range(30))
    return home.log.read_bytes()


def refused(home: Home, error: type[PlumError]) -> str:
    """Check that the store is refused, with create or without, and the file left as it is; return the sentence."""
    before = home.log.read_bytes() if home.log.is_file() else None
    for create in (True, False):
        with pytest.raises(error) as caught:
            Store.open(home, create=create)
        assert str(home.log) in str(caught.value)
    assert before is None or home.log.read_bytes() == before
    return str(caught.value)


def test_missing_store_is_said_and_not_made(home: Home) -> None:
    with pytest.raises(StoreMissing, match="plum-edge import"):
        Store.open(home, create=False)
    assert not home.root.exists()


def test_new_store_is_whole_and_private(home: Home) -> None:
    previous = os.umask(0)
    try:
        with Store.open(home, create=True) as store:
            store.log.start(talk("a", "hello"))
            files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.root.iterdir() if path.is_file()}
    finally:
        os.umask(previous)
    assert files == {"log.db": 0o600, "log.db-wal": 0o600, "log.db-shm": 0o600}
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
    assert sorted(path.name for path in home.root.iterdir()) == ["adapters", "checkpoints", "log.db", "models"]


def test_open_mode_is_taken_back(home: Home) -> None:
    filled(home)
    home.log.chmod(0o644)
    with Store.open(home, create=False) as store:
        store.log.start(talk("a", "hello"))
        assert {stat.S_IMODE(path.stat().st_mode) for path in home.root.glob("log.db*")} == {0o600}


def test_every_connection_has_the_pragmas(home: Home) -> None:
    filled(home)
    expected = {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "secure_delete": 1,
        "synchronous": 2,
        "busy_timeout": 30_000,
        "journal_size_limit": 4 << 20,
        "temp_store": 2,
    }
    with Store.open(home, create=False) as store:
        assert {name: store._connection.value(f"PRAGMA {name}") for name in expected} == expected
        for index in INDEXES:
            secure = store._connection.value(f"SELECT v FROM {index}_config WHERE k = 'secure-delete'")
            assert bool(secure) == SECURE_FTS


def test_deleted_text_is_gone_from_the_file(home: Home) -> None:
    with Store.open(home, create=True) as store:
        (segment,) = recorded(store, talk("a", "hello"))
        store.pairs.replace(segment.id, [pair(segment.id, f"Was it {MARK}?")])
        store.pairs.replace(segment.id, [])
    assert MARK.encode() not in home.log.read_bytes()
    assert not list(home.root.glob("log.db-*"))


def test_a_failed_making_leaves_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("plum_edge.store.connect.fsync_dir", full)
    monkeypatch.setattr("pathlib.Path.replace", lambda self, target: full(target))
    with pytest.raises(NoSpace):
        Store.open(home, create=True)
    assert [path.name for path in home.root.iterdir() if path.is_file()] == []


# Refused and left alone --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"Dear diary,\n" * 50, "not an SQLite database"),
        (b"SQLite format 3\0", "not an SQLite database"),
        (b"SQLite format 3\0" + bytes(200), "another program"),
    ],
)
def test_foreign_bytes_are_refused(home: Home, content: bytes, said: str) -> None:
    home.create()
    home.log.write_bytes(content)
    assert said in refused(home, StoreDamaged)


def test_another_programs_database_is_refused(home: Home) -> None:
    home.create()
    with closing(sqlite3.connect(home.log)) as other:
        other.execute("CREATE TABLE conversations (id)")
    assert "another program" in refused(home, StoreDamaged)


def test_a_folder_is_refused(home: Home) -> None:
    home.log.mkdir(parents=True)
    assert "not a file" in refused(home, StoreDamaged)


def test_a_file_cut_short_is_refused(home: Home) -> None:
    whole = filled(home)
    home.log.write_bytes(whole[: len(whole) // 2])
    assert "cut short" in refused(home, StoreDamaged)


def test_wal_of_a_lost_file_is_not_played_into_a_new_one(home: Home) -> None:
    home.create()
    wal = home.log.with_name("log.db-wal")
    wal.write_bytes(b"the last conversations")
    with pytest.raises(StoreDamaged, match=r"log\.db-wal is still there"):
        Store.open(home, create=True)
    assert wal.read_bytes() == b"the last conversations"
    assert not home.log.exists()


@functools.cache
def sound() -> bytes:
    """Return a store's file."""
    with tempfile.TemporaryDirectory() as folder:
        return filled(Home(Path(folder)))


@pytest.mark.parametrize("small", [1 << 30, 0], ids=["looked at whole", "too large for that"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), noise=st.binary(min_size=1, max_size=1000))
def test_no_damage_ends_in_a_traceback(small: int, monkeypatch: pytest.MonkeyPatch, place: float, noise: bytes) -> None:
    monkeypatch.setattr(connect, "_SMALL", small)
    whole = bytearray(sound())
    start = 100 + int(place * (len(whole) - 100))  # before are the fields that the tests above damage
    whole[start : start + len(noise)] = noise[: len(whole) - start]
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.log.write_bytes(whole)
        try:
            with Store.open(home, create=False) as store:
                list(store.log.conversations())
                store.search.search(MARK)
                store.finding.find(f"{MARK} OR 水 OR kum*")
        except StoreDamaged:
            assert home.log.read_bytes() == whole


def test_of_a_large_log_a_broken_page_is_found_by_a_check_and_not_by_opening(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "_SMALL", 0)
    whole = bytearray(filled(home))
    page = int.from_bytes(whole[16:18], "big")
    with closing(sqlite3.connect(home.log)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'messages'").fetchone()
    whole[page * (root - 1) : page * (root - 1) + 200] = b"\xff" * 200
    home.log.write_bytes(whole)
    with Store.open(home, create=False) as store:
        assert store.runs.generation() == 0
        with pytest.raises(StoreDamaged):
            store.check()
    monkeypatch.undo()
    refused(home, StoreDamaged)


def test_a_newer_log_is_refused(home: Home) -> None:
    filled(home)
    with closing(sqlite3.connect(home.log)) as connection, connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'plum-edge', 'm999_later', '2030-01-01')")
    assert "m999_later" in refused(home, StoreTooNew)


@pytest.mark.parametrize("held", range(1, len(names())))
def test_an_old_log_opens_and_keeps_what_it_holds(home: Home, held: int) -> None:
    filled(home)
    names = [migration.name for migration in MIGRATIONS._migrations]
    tables = {2: ["messages_fts"], 3: ["pairs", "segments"], 4: ["steps", "adapters", "active", "evaluations"]}
    tables[4] += ["answers", "cells", "nights"]
    tables[5] = ["tombstone_key", "tombstones", "forgettings", "asides", "promotions", "exports"]
    tables |= {6: ["attempts"], 7: ["writings"], 8: ["edits"], 10: ["messages_pieces", "titles_pieces"]}
    tables[12], tables[13] = ["tally"], ["vectors"]
    triggers = {2: [f"messages_{event}" for event in ("inserted", "deleted", "updated")]}
    triggers[10] = [f"{of}_{event}" for of in ("pieces", "title") for event in ("inserted", "deleted", "updated")]
    triggers[12] = ["tally_inserted", "tally_deleted", "tally_updated", "counted_inserted", "counted_deleted"]
    triggers[13] = ["vector_outdated"]
    columns = {9: [("conversations", "dated"), ("messages", "name")], 10: [("conversations", "called")]}
    dropped = {11: dict(schema(names[:10]))["answers"]}
    columns[12] = [("conversations", "messages"), ("conversations", "asked")]
    with closing(sqlite3.connect(home.log)) as connection, connection:
        for number in range(len(names), held, -1):
            if number in dropped:
                connection.execute(dropped[number])
            for trigger in triggers.get(number, ()):
                connection.execute(f"DROP TRIGGER {trigger}")
            for table, column in columns.get(number, ()):
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
            for table in tables.get(number, ()):
                connection.execute(f"DROP TABLE {table}")
        connection.executemany("DELETE FROM _sqlite_migrations WHERE name = ?", [(name,) for name in names[held:]])
    with Store.open(home, create=False) as store:
        counts = store.log.counts()
        assert (counts.conversations, counts.messages, store.log.planned()) == (30, 60, 30)
        assert len(store.search.search("kumquat", limit=50)) == len(store.finding.find("kumquat")) == 30
        assert store.runs.generation() == 0
        assert store.pairs.count() == 0


def test_a_migration_that_is_interrupted_is_not_half_there(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def m005_five(database: Database) -> None:
        database.conn.execute("CREATE TABLE five (id)")

    def m006_six(database: Database) -> None:
        database.conn.execute("CREATE TABLE six (id)")
        if database.conn.execute("SELECT 1 FROM conversations").fetchone():
            raise KeyboardInterrupt

    filled(home)
    monkeypatch.setattr(MIGRATIONS, "_migrations", list(MIGRATIONS._migrations))
    MIGRATIONS()(m005_five)
    MIGRATIONS()(m006_six)
    with pytest.raises(KeyboardInterrupt):
        Store.open(home, create=False)
    with closing(sqlite3.connect(home.log)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "five" in tables
    assert "six" not in tables
    monkeypatch.undo()
    assert "m005_five" in refused(home, StoreTooNew)


def test_a_list_of_migrations_that_does_not_fit_is_refused(home: Home) -> None:
    filled(home)
    with closing(sqlite3.connect(home.log)) as connection, connection:
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm002_search'")
    assert "does not fit" in refused(home, StoreDamaged)
    with closing(sqlite3.connect(home.log)) as connection, connection:
        connection.execute("DELETE FROM _sqlite_migrations WHERE name != 'm001_conversations'")
    assert "not as m001_conversations left them" in refused(home, StoreDamaged)


def test_a_search_index_that_is_damaged_is_said(home: Home) -> None:
    filled(home)
    with closing(sqlite3.connect(home.log)) as connection, connection:
        connection.execute("UPDATE messages_fts_config SET v = 99 WHERE k = 'version'")
    with Store.open(home, create=False) as store:
        assert store.log.counts().conversations == 30
        with pytest.raises(StoreDamaged, match="search index"):
            store.search.search(MARK)


# The disk ------------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_said_and_nothing_is_lost(store: Store) -> None:
    store.log.start(talk("a", "hello"))
    pages = store._connection.value("PRAGMA page_count")
    store._connection.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NoSpace, match="Everything that was there is still there"):
        store.log.add([talk("b", "fits"), talk("c", "x" * 10_000_000)])
    assert [summary.id for summary in store.log.list()] == ["a"]
    store._connection.rows("PRAGMA max_page_count = 1000000")
    store.log.add([talk("b", "fits")])
    assert store.log.counts().conversations == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_said(home: Home) -> None:
    filled(home)
    home.log.chmod(0o400)
    home.root.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be"), Store.open(home, create=False) as store:
            store.log.start(talk("a", "hello"))
    finally:
        home.root.chmod(0o700)


# Several processes ---------------------------------------------------------------------------------------------------

_WRITER = """
import sys
from pathlib import Path
from plum_edge.paths import Home
from plum_edge.records import Message
from plum_edge.store import Store, connect
from tests.store.samples import talk

home, name = Home(Path(sys.argv[1])), sys.argv[2]
for i in range(12):
    with Store.open(home, create=True) as store:
        store.log.add([talk(f"{name}{i}", "hello"), talk("shared", "hello")])
        for _ in range(3):
            store.log.append("shared", Message("user", name))
"""


def test_writers_wait_for_each_other(home: Home) -> None:
    command = [sys.executable, "-W", "error", "-c", _WRITER, str(home.root)]
    writers = [subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in ("x", "y", "z")]
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert errors == ["", "", ""]
    with Store.open(home, create=False) as store:
        assert store.log.counts().conversations == 37
        assert len(store.log.get("shared").messages) == 1 + 3 * 12 * 3


def test_a_writer_that_waits_in_vain_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(home)
    monkeypatch.setattr("plum_edge.store.connect.BUSY_SECONDS", 0.05)
    with Store.open(home, create=False) as first, Store.open(home, create=False) as second:
        with first.transaction(), pytest.raises(StoreError, match="in use by another process"):
            second.log.start(talk("a", "hello"))
        second.log.start(talk("a", "hello"))


def test_a_log_that_is_open_stays_locked_when_it_is_opened_again(home: Home) -> None:
    """Looked at past SQLite and closed, the file would lose its locks, and whoever ends next would remove the -wal."""
    with Store.open(home, create=True) as store:
        assert is_locked(home.log)
        with Store.open(home, create=False) as again:
            again.log.start(talk("a", "hello"))
        by_link = home.root.with_name("link")
        by_link.symlink_to(home.root)
        with Store.open(Home(by_link), create=False) as again:
            assert again.log.holds("a")
        assert is_locked(home.log)
        subprocess.run([sys.executable, "-c", _WRITER, str(home.root), "x"], check=True)
        assert home.log.with_name("log.db-wal").exists(), "the other one was not the last"
        store.log.start(talk("b", "hello"))
    assert not is_locked(home.log)
    with Store.open(home, create=False) as store:
        assert store.log.counts().conversations == 15


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.transaction():
        store.log.start(talk("a", "hello"))
        store.log.start(talk("b", "hello"))
        raise KeyboardInterrupt
    assert store.log.list() == []
    with store.transaction():
        store.log.start(talk("a", "hello"))
    assert [summary.id for summary in store.log.list()] == ["a"]
