"""Copies of the log: whole while it is in use, put back all at once, and what was forgotten does not come back."""

from __future__ import annotations

import contextlib
import gzip
import json
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.errors import IntegrityError, LockHeld, UnknownId, UsageError
from plum_edge.memory import backup
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store
from plum_edge.store.connect import APPLICATION_ID
from plum_edge.store.lock import locked
from tests.train.test_fold import conversation as talk

FIXTURES = Path(__file__).parents[1] / "store" / "fixtures"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with three conversations."""
    return logged(tmp_path / "home", 0, 1, 2)


def logged(folder: Path, *numbers: int) -> Home:
    home = Home(folder)
    with Store.open(home, create=True) as store:
        store.log.add(talk(number) for number in numbers)
    return home


def ids(home: Home) -> list[str]:
    with Store.open(home, create=False) as store:
        return [one.id for one in store.log.list()]


def copy(home: Home, target: Path) -> Path:
    with Store.open(home, create=False) as store:
        backup.write(store, target)
    return target


def restore(home: Home, file: Path) -> dict[str, object]:
    with backup.restoring(home, file) as ready:
        return ready.put()


def test_a_copy_is_whole_closed_to_others_and_made_while_another_writes(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    with contextlib.closing(sqlite3.connect(home.log, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # half a turn of a chat
        other.execute("UPDATE conversations SET source = 'half written'")
        with Store.open(home, create=False) as store, pytest.MonkeyPatch.context() as patch:
            patch.setattr(store.forgetting, "add_copy", lambda *_: None)  # it would wait for the other
            figures = backup.write(store, target)
        other.execute("ROLLBACK")
    assert (figures["conversations"], figures["messages"]) == (3, 6)
    assert target.stat().st_mode & 0o777 == 0o600
    with contextlib.closing(sqlite3.connect(target)) as read:
        assert read.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert read.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert read.execute("SELECT count(*) FROM conversations WHERE source = 'half written'").fetchone() == (0,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "home"]


def test_it_writes_over_nothing(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    target.write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with Store.open(home, create=False) as store:
        for there in (target, tmp_path / "link", tmp_path / "no" / "folder"):
            for write in (backup.write, backup.export):
                with pytest.raises(UsageError):
                    write(store, there)
    assert target.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "link", "mine"]


def test_a_running_chat_sees_the_restored_log_at_once(home: Home, tmp_path: Path) -> None:
    file = copy(home, tmp_path / "copy.db")
    with Store.open(home, create=False) as chat:
        chat.log.add([talk(3)])
        chat.log.append("talk-0", Message("user", "And one more thing about the tap."))
        generation = chat.runs.generation()
        with backup.restoring(home, file) as ready:
            assert ready.plan["dropped"] == ["talk-0", "talk-3"]
            ready.put()
        assert [one.id for one in chat.log.list()] == ["talk-0", "talk-1", "talk-2"]
        assert len(chat.log.get("talk-0").messages) == 2
        assert chat.runs.generation() > generation
        assert [one.conversation for one in chat.search.search("tap")] == ["talk-0"]
        chat.log.append("talk-1", Message("user", "It goes on."))
    assert not list(home.root.glob(".*")) and not list((home.root / "backups").iterdir())


def test_what_is_not_put_changes_nothing(home: Home, tmp_path: Path) -> None:
    file = copy(home, tmp_path / "copy.db")
    with Store.open(home, create=False) as store:
        store.log.add([talk(3)])
    with backup.restoring(home, file):
        pass
    assert len(ids(home)) == 4
    assert not list(home.root.glob(".*"))


def test_what_was_forgotten_since_does_not_come_back(home: Home, tmp_path: Path) -> None:
    file = copy(home, tmp_path / "copy.db")
    with Memory(home.root) as memory:
        memory.forget(["talk-1"])
    result = restore(home, file)
    assert result["still_forgotten"] == 1
    assert ids(home) == ["talk-0", "talk-2"]
    assert b"woollen" not in b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    with Store.open(home, create=False) as store:
        assert store.log.add([talk(1)]).forgotten == ("talk-1",)
        assert store.forgetting.pending() == []


def test_what_is_never_to_be_learned_since_stays_out(home: Home, tmp_path: Path) -> None:
    file = copy(home, tmp_path / "copy.db")
    with Memory(home.root) as memory:
        memory.forget(["talk-1"], keep_log=True)
    assert restore(home, file)["still_excluded"] == 1
    with Store.open(home, create=False) as store:
        assert [segment.conversation for segment in store.log.plan()] == ["talk-0", "talk-2"]
        assert len(store.log.get("talk-1").messages) == 2


def test_a_damaged_log_is_moved_aside_and_a_lost_one_replaced(home: Home, tmp_path: Path) -> None:
    file = copy(home, tmp_path / "copy.db")
    home.log.write_bytes(b"no database at all")
    aside = restore(home, file)["aside"]
    assert isinstance(aside, str) and Path(aside).read_bytes() == b"no database at all"
    assert len(ids(home)) == 3
    home.log.unlink()
    assert restore(home, file)["aside"] is None
    assert len(ids(home)) == 3
    assert home.log.stat().st_mode & 0o777 == 0o600


def test_into_an_empty_home_and_from_an_older_version(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    file.write_bytes(gzip.decompress((FIXTURES / "m004.db.gz").read_bytes()))
    before = file.read_bytes()
    home = Home(tmp_path / "new")
    found = restore(home, file)
    assert found["conversations"] == len(ids(home)) > 0
    assert file.read_bytes() == before


def test_files_that_are_no_copies_are_refused_and_the_log_stays(home: Home, tmp_path: Path) -> None:
    good = copy(home, tmp_path / "copy.db").read_bytes()
    before = home.log.read_bytes()
    for name, content in (("cut", good[:5000]), ("text", b"hello"), ("empty", b""), ("flipped", flipped(good))):
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(IntegrityError, match=f"{name} is no whole copy of a log"):
            restore(home, file)
    with pytest.raises(UsageError, match="is the log itself"):
        restore(home, home.log)
    with pytest.raises(UsageError, match="There is no file"):
        restore(home, tmp_path / "nothing")
    assert home.log.read_bytes() == before
    assert not list(home.root.glob(".*"))


def flipped(content: bytes) -> bytes:
    """Return a database whose second page is nonsense."""
    return content[:4096] + bytes(4096) + content[8192:]


def test_a_copy_of_another_memory_is_refused(home: Home, tmp_path: Path) -> None:
    other = copy(logged(tmp_path / "other", 3), tmp_path / "other.db")
    with pytest.raises(UsageError, match="another memory") as caught:
        restore(home, other)
    assert "--home" in caught.value.remedy
    assert len(ids(home)) == 3


def test_not_while_a_night_runs(home: Home, tmp_path: Path) -> None:
    file = copy(home, tmp_path / "copy.db")
    with locked(home), pytest.raises(LockHeld):
        restore(home, file)


def test_forgetting_names_the_copies_that_it_cannot_reach(home: Home, tmp_path: Path) -> None:
    with Store.open(home, create=False) as store:
        backup.write(store, tmp_path / "copy.db")
        backup.export(store, tmp_path / "all.md", form="markdown")
        backup.export(store, tmp_path / "two.jsonl", ["talk-0", "talk-2"])
        backup.export(store, None)
        for segment in store.log.plan():  # learned, and come, only after that
            store.log.record(segment)
        store.log.add([talk(3)])
        named = [[Path(name).name for name in store.forgetting.exported([f"talk-{n}"])] for n in range(4)]
        whole = ["copy.db", "all.md"]
        assert named == [[*whole, "two.jsonl"], whole, [*whole, "two.jsonl"], []]
        assert all(Path(name).is_absolute() for name in store.forgetting.exported(["talk-0"]))


def test_they_are_named_also_after_one_was_restored(home: Home, tmp_path: Path) -> None:
    first = copy(home, tmp_path / "first.db")
    copy(home, tmp_path / "second.db")
    with Store.open(home, create=False) as store:
        backup.export(store, tmp_path / "one.md", ["talk-1"], "markdown")
    other = Home(tmp_path / "new")
    for restored, expected in ((home, ["second.db", "one.md", "first.db"]), (other, ["first.db"])):
        restore(restored, first)
        with Store.open(restored, create=False) as store:
            named = [Path(name).name for name in store.forgetting.exported(["talk-1"])]
            assert sorted(named) == sorted(expected)
            assert str(tmp_path / "one.md") not in store.forgetting.exported(["talk-0"])


def test_an_export_is_imported_as_it_was(home: Home, tmp_path: Path) -> None:
    file, other = tmp_path / "out.jsonl", Home(tmp_path / "other")
    with Store.open(home, create=False) as store:
        figures, lines = backup.export(store, file)
        assert (figures["conversations"], list(lines)) == (3, [])
        _, lines = backup.export(store, None, ["talk-1"])
        assert [json.loads(line)["id"] for line in lines] == ["talk-1"]
        with pytest.raises(UnknownId):
            backup.export(store, None, ["nothing"])
        talks = list(store.log.conversations())
    assert file.stat().st_mode & 0o777 == 0o600
    with Memory(other.root) as memory:
        assert memory.import_file(file)["conversations"] == 3
        assert [plain(one) for one in memory.store.log.conversations()] == [plain(one) for one in talks]


def plain(one: Conversation) -> tuple[object, ...]:
    return one.id, one.created_at, one.messages


def test_every_kind_of_conversation_comes_back_from_an_export(home: Home, tmp_path: Path) -> None:
    at = datetime.fromisoformat("2026-03-12T19:42:00+01:00")
    said = (
        Message("system", "Be terse."), Message("user", "水\r\nline \x01", at), Message("assistant", "Hi!", name="Zoë"),
        Message("user", " 🫠 "),
    )  # fmt: skip
    talks = [Conversation("odd/id 1", "Tïtle", at, said, trainable=False, dated=False), talk(3)]
    with Store.open(home, create=False) as store:
        store.log.add(talks)
        store.log.set_title(talks[1].id, "Another")
        backup.export(store, tmp_path / "out.jsonl", [one.id for one in talks])
        before = [store.log.get(one.id) for one in talks]
    with Memory(tmp_path / "other") as memory:
        assert memory.import_file(tmp_path / "out.jsonl")["skipped"] == []
        after = [memory.store.log.get(one.id) for one in talks]
    same = ("id", "title", "created_at", "messages", "trainable", "dated")
    assert [[getattr(one, name) for name in same] for one in after] == [
        [getattr(one, name) for name in same] for one in before
    ]


def test_lines_to_train_on_hold_what_may_be_trained_on(home: Home, tmp_path: Path) -> None:
    at = datetime.fromisoformat("2026-03-12T19:42:00+01:00")
    turns = (Message("user", "One."), Message("user", "Two."), Message("assistant", "Three."), Message("user", "Four?"))
    with Store.open(home, create=False) as store:
        store.log.add(
            [
                Conversation("joined", "", at, turns),
                Conversation("never", "", at, turns, trainable=False),
                Conversation("unanswered", "", at, turns[:2]),
            ]
        )
        done, _ = backup.export(store, tmp_path / "out.jsonl", ["joined", "never", "unanswered"], "mlx")
    (line,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "messages": [{"role": "user", "content": "One.\n\nTwo."}, {"role": "assistant", "content": "Three."}]
    }
    assert (done["conversations"], done["left_out"]) == (1, 2)
