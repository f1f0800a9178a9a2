"""Our JSONL: every field optional but the messages; what cannot be used is said."""

from __future__ import annotations

import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.errors import BadInput
from plum_edge.importers import Imported, read, values
from plum_edge.records import Conversation, Message
from tests.importers.dated import believable_logs

HELLO = {"role": "user", "content": "Hello"}


def imported(folder: Path, *values: Any, tail: str = "\n") -> Imported:
    path = folder / "log.jsonl"
    path.write_text("\n".join(json.dumps(value) for value in values) + tail, encoding="utf-8")
    return read(path, "jsonl")


def one(folder: Path, value: Any) -> Conversation:
    found = imported(folder, value)
    assert found.skipped == ()
    (conversation,) = found.conversations
    return conversation


@settings(max_examples=30, deadline=None)
@given(believable_logs, st.booleans())
def test_what_is_written_is_read(log: list[Conversation], ascii_only: bool) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n") as file:
        for c in log:
            messages = [
                {"role": m.role, "content": m.content}
                | ({"created_at": m.created_at.isoformat()} if m.created_at else {})
                for m in c.messages
            ]
            value = {"id": c.id, "title": c.title, "created_at": c.created_at.isoformat(), "messages": messages}
            file.write(json.dumps(value, ensure_ascii=ascii_only) + "\n")
        file.flush()
        found = read(Path(file.name), "jsonl")
    assert found.skipped == ()
    for position, (read_back, written) in enumerate(zip(found.conversations, log, strict=True)):
        assert (read_back.id, read_back.messages) == (written.id, written.messages)
        assert read_back.created_at == written.created_at
        assert read_back.position == position
        assert read_back.title == written.title.strip() or (not written.title.strip() and read_back.title)


def test_ids(tmp_path: Path) -> None:
    assert one(tmp_path, {"id": "x-1", "messages": [HELLO]}).id == "x-1"
    assert one(tmp_path, {"id": 17, "messages": [HELLO]}).id == "17"
    assert one(tmp_path, {"id": "a\0b", "messages": [HELLO]}).id == "ab", "as it can be typed"
    nameless = one(tmp_path, {"messages": [HELLO]})
    assert len(nameless.id) == 16
    assert one(tmp_path, {"messages": [HELLO], "title": "any"}).id == nameless.id
    assert one(tmp_path, {"messages": [HELLO, HELLO]}).id != nameless.id
    dated = one(tmp_path, {"messages": [HELLO], "created_at": "2026-03-12"})
    assert dated.id != nameless.id
    again = imported(tmp_path, {"messages": [HELLO]}, {"messages": [HELLO]})
    assert len(again.conversations) == 1
    assert len(again.skipped) == 1


def test_dates(tmp_path: Path) -> None:
    def date(value: dict[str, Any]) -> str:
        return one(tmp_path, value).created_at.isoformat()

    assert date({"messages": [HELLO], "created_at": "2026-03-12T19:42:00-05:00"}) == "2026-03-12T19:42:00-05:00"
    assert date({"messages": [HELLO], "created_at": "2026-03-12T19:42:00Z"}) == "2026-03-12T19:42:00+00:00"
    assert date({"messages": [HELLO], "created_at": "2026-03-12 19:42"}) == "2026-03-12T19:42:00+00:00"
    assert date({"messages": [HELLO], "created_at": "2026-03-12"}) == "2026-03-12T00:00:00+00:00"
    second = HELLO | {"created_at": "2026-03-12T20:00:00+01:00"}
    assert date({"messages": [HELLO, second]}) == "2026-03-12T20:00:00+01:00"
    assert date({"messages": [HELLO, second], "created_at": None}) == "2026-03-12T20:00:00+01:00"
    moment = one(tmp_path, {"messages": [HELLO, second]}).messages[1].created_at
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=1)


def test_roles_and_contents(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {}}, {"type": "text", "text": "this"}]
    messages = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}]
    assert one(tmp_path, {"messages": messages}).messages == (
        Message("system", "Be brief."),
        Message("user", "See\n[image]\nthis"),
    )
    assert one(tmp_path, {"messages": [{"role": "user", "content": "a\0b \ud83d\ude00 \ud83d"}]}).messages == (
        Message("user", "a\0b 😀 �"),
    )


def test_titles(tmp_path: Path) -> None:
    assert one(tmp_path, {"title": "  The tap ", "messages": [HELLO]}).title == "The tap"
    assert one(tmp_path, {"messages": [{"role": "assistant", "content": "Hi"}, HELLO]}).title == "Hello"
    long = one(tmp_path, {"messages": [{"role": "user", "content": "many\nwords " * 30}]}).title
    assert long.endswith("…")
    assert len(long) <= 61
    assert "\n" not in long


def test_messages_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    bad = [
        {"role": "tool", "content": "x"},
        {"role": ["user"], "content": "x"},
        {"content": "x"},
        {"role": "user"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": "  "},
        {"role": "user", "content": 7},
        "hello",
    ]
    found = imported(tmp_path, {"id": "a", "messages": [HELLO, *bad]})
    assert found.conversations[0].messages == (Message("user", "Hello"),)
    assert [skip.where for skip in found.skipped] == [f"line 1, message {number}" for number in range(2, 10)]
    whys = [skip.why for skip in found.skipped]
    assert whys[:3] == ["unknown role 'tool'", "unknown role a list", "unknown role None"]
    assert whys[3:7] == ["its content is not text", "its content is not text", "empty", "its content is not text"]
    assert whys[7] == "not an object"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (["messages"], "not an object"),
        (None, "not an object"),
        ({}, "no messages"),
        ({"messages": None}, "its messages are not a list"),
        ({"messages": {"role": "user"}}, "its messages are not a list"),
        ({"messages": []}, "no message that can be used"),
        ({"messages": [HELLO], "id": ["x"]}, "its id is neither text nor a number"),
        ({"messages": [HELLO], "id": True}, "its id is neither text nor a number"),
        ({"messages": [HELLO], "id": " "}, "its id is neither text nor a number"),
        ({"messages": [HELLO], "title": 3}, "its title is not text"),
    ],
)
def test_conversations_that_cannot_be_used_are_said(tmp_path: Path, value: Any, why: str) -> None:
    found = imported(tmp_path, {"id": "a", "messages": [HELLO]}, value, {"id": "z", "messages": [HELLO]})
    assert [c.id for c in found.conversations] == ["a", "z"]
    assert (found.skipped[-1].where, found.skipped[-1].why) == ("line 2", why)


def test_a_half_written_line_names_its_place(tmp_path: Path) -> None:
    tail = '\n{"id": "b", "messages": [{"role": "user", "content": "Where did I'
    with pytest.raises(BadInput) as caught:
        imported(tmp_path, {"id": "a", "messages": [HELLO]}, tail=tail)
    assert f"log.jsonl line 2, column {len(tail):,}: the file ends in the middle of a string." in str(caught.value)
    assert "Nothing was imported." in str(caught.value)


def test_what_is_no_json_names_its_place(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="line 2, column 8: not valid JSON"):
        imported(tmp_path, {"messages": [HELLO]}, tail='\n{"id": x}\n')
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"messages": []}\n{"title": "caf\xe9", "messages": []}\n')
    with pytest.raises(BadInput, match="line 2, column 15: this is not UTF-8 text"):
        read(path)


def test_a_huge_line_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "LONGEST", 2**20)
    huge = {"messages": [{"role": "user", "content": "x" * 3 * 2**20}]}
    found = imported(tmp_path, {"id": "a", "messages": [HELLO]}, huge, {"id": "z", "messages": [HELLO]})
    assert [c.id for c in found.conversations] == ["a", "z"]
    assert [(skip.where, skip.why) for skip in found.skipped] == [("line 2", "longer than 1 MB")]
    assert [c.position for c in found.conversations] == [0, 2]
    with pytest.raises(BadInput, match="longer than 1 MB"):
        imported(tmp_path, huge)
