"""What is left of a text is found wherever it stands in a file, and nothing else is."""

from __future__ import annotations

import os
import re
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


class Searched(str):
    """A text that counts how often something is looked for in it."""

    times = 0

    def __contains__(self, part: object) -> bool:
        self.times += 1
        return super().__contains__(part)


def test_no_more_is_searched_than_is_looked_for() -> None:
    mine = talk(" ".join(f"This is the sentence with the number {number}." for number in range(999)))
    other = Searched("Something that was said elsewhere.")
    assert len(traces.sentences([mine], [talk(other)])) == other.times == 48
    again = Searched(mine.messages[0].content)
    assert traces.sentences([mine], [talk(again)]) == []
    assert again.times == 0, "what stands there as a sentence is known without a search"


WORDS = st.lists(st.sampled_from(["A periwinkle", "submarine", "surfaces", "here. ", "Yes!\n"]), max_size=9)


@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4))
def test_they_are_the_longest_that_are_nowhere_else(gone: list[list[str]], kept: list[list[str]]) -> None:
    mine, others = (talk(*map(" ".join, said)) for said in (gone, kept))
    whole = {one.strip() for m in mine.messages for one in re.split(r"(?<=[.!?])\s+|\n+", m.content)}
    texts = [message.content for message in others.messages]
    own = [one for one in whole if len(one) >= 16 and not any(one in text for text in texts)]
    assert traces.sentences([mine], [others]) == sorted(own, key=lambda one: (-len(one), one))[:48]


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
