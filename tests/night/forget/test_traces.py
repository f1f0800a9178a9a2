"""What is left of a text is found wherever it stands in a file, and nothing else is."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.night.forget import traces
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store
from tests.raw import is_locked

SECRET = "A periwinkle submarine surfaces."


def talk(*said: str, title: str = "") -> Conversation:
    return Conversation("x", title, datetime(2026, 3, 12, tzinfo=UTC), tuple(Message("user", one) for one in said))


def test_sentences_are_those_that_no_other_conversation_holds() -> None:
    mine = talk(f"Hello! {SECRET}\nThe washer of the tap is worn.", "Yes.", title="A title of some length")
    others = [talk("I said: The washer of the tap is worn. Remember?")]
    assert traces.sentences([mine], others) == [SECRET, "A title of some length"]
    assert traces.sentences([mine], [mine]) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
def test_it_is_found_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    found = tmp_path / "deep" / "file.bin"
    found.parent.mkdir()
    found.write_bytes(b"\0\xff" * 77 + SECRET.encode(encoding) + b"\0")
    (tmp_path / "other.bin").write_bytes(b"A periwinkle submarine")
    (tmp_path / "link").symlink_to(found)
    assert traces.search(tmp_path, [SECRET]) == [found]
    assert traces.search(tmp_path, [SECRET], skip=[tmp_path / "deep"]) == []
    assert traces.search(tmp_path, []) == []


def test_what_is_not_ours_to_read_is_passed_over(tmp_path: Path) -> None:
    found = tmp_path / "file"
    found.write_text(SECRET)
    (tmp_path / "closed").write_text(SECRET)
    (tmp_path / "closed").chmod(0)
    may_read = os.access(tmp_path / "closed", os.R_OK)  # root may
    assert traces.search(tmp_path, [SECRET]) == [tmp_path / "closed", found][not may_read :]


def test_the_log_is_still_locked_afterwards(tmp_path: Path) -> None:
    """Its pages and its -wal are searched as they are on the disk, and the connection that is open loses nothing."""
    home = Home(tmp_path / "home")
    with Store.open(home, create=True) as store:
        store.log.add([talk(SECRET)])
        assert traces.search(home.root, [SECRET]) == [home.log.with_name("log.db-wal")]
        assert is_locked(home.log)
        with home.log.open("rb"):
            pass
        assert not is_locked(home.log), "what is asked here can fail: this is how a process loses its locks"
    assert traces.search(home.root, [SECRET]) == [home.log]


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(1, 40))
def test_it_is_found_across_the_pieces_that_are_read(before: int, chunk: int) -> None:
    content = b"." * before + SECRET.encode() + b"." * 9
    assert traces.within(_pieces(content, chunk), [b"nowhere", SECRET.encode()])
    assert not traces.within(_pieces(content, chunk), [b"nowhere", SECRET.encode() + b"!"])


def _pieces(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]
