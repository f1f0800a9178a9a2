"""RealMem: a user's sessions, as they come and as they should not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from plum_edge.errors import BadInput
from plum_edge.importers import Imported, read
from plum_edge.records import Message

TURNS = [{"speaker": "User", "content": "Hello"}, {"speaker": "Assistant", "content": "Hi"}]


def session(**fields: Any) -> dict[str, Any]:
    return {
        "session_identifier": "Financial_Planning_4:S1_01",
        "session_uuid": "3fd35a7e",
        "current_time": "2025-12-15 (Monday)",
        "dialogue_turns": TURNS,
        "extracted_memory": [],
    } | fields


def imported(folder: Path, *sessions: Any) -> Imported:
    path = folder / "user.json"
    path.write_text(json.dumps({"_metadata": {}, "dialogues": sessions}), encoding="utf-8")
    return read(path)


def test_a_session(tmp_path: Path) -> None:
    found = imported(tmp_path, session())
    assert (found.format, found.skipped) == ("realmem", ())
    (conversation,) = found.conversations
    assert conversation.id == "3fd35a7e:Financial_Planning_4:S1_01"
    assert conversation.title == "Financial Planning 4, S1 01"
    assert conversation.created_at.isoformat() == "2025-12-15T12:00:00+00:00"
    assert conversation.messages == (Message("user", "Hello"), Message("assistant", "Hi"))


def test_consecutive_turns_stay_apart_and_empty_ones_go(tmp_path: Path) -> None:
    turns = [*TURNS, {"speaker": "Assistant", "content": "And?"}, {"speaker": "User", "content": " "}, TURNS[0]]
    found = imported(tmp_path, session(dialogue_turns=turns))
    assert [m.role for m in found.conversations[0].messages] == ["user", "assistant", "assistant", "user"]
    (skip,) = found.skipped
    assert (skip.where, skip.why) == ("session 1 (Financial_Planning_4:S1_01), turn 4", "empty")


def test_order_and_names(tmp_path: Path) -> None:
    nameless = session(session_uuid=None, session_identifier=None)
    found = imported(tmp_path, session(session_uuid="b"), nameless, session(session_uuid="a", current_time=None))
    assert [c.position for c in found.conversations] == [0, 1, 2]
    assert found.conversations[1].title == "Session"
    assert len(found.conversations[1].id) == 16
    assert found.conversations[2].created_at == found.conversations[1].created_at  # of its neighbour
    assert [c.dated for c in found.conversations] == [True, True, False]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("x", "not an object"),
        (session(dialogue_turns=None), "no dialogue_turns"),
        (session(dialogue_turns=[]), "no turn that can be used"),
        (session(current_time="Monday"), "its current_time is not a date: 'Monday'"),
        (session(current_time="2025-13-40 (Monday)"), "its current_time is not a date: '2025-13-40 (Monday)'"),
        (session(current_time=20251215), "its current_time is not a date: 20251215"),
    ],
)
def test_sessions_that_cannot_be_used_are_said(tmp_path: Path, value: Any, why: str) -> None:
    found = imported(tmp_path, value, session())
    assert len(found.conversations) == 1
    assert found.skipped[0].where.startswith("session 1")
    assert found.skipped[0].why == why


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        ("x", "not an object"),
        ({"speaker": "Narrator", "content": "x"}, "unknown speaker 'Narrator'"),
        ({"speaker": None, "content": "x"}, "unknown speaker None"),
        ({"speaker": "User", "content": None}, "its content is not text"),
    ],
)
def test_turns_that_cannot_be_used_are_said(tmp_path: Path, turn: Any, why: str) -> None:
    found = imported(tmp_path, session(dialogue_turns=[turn, *TURNS]))
    assert len(found.conversations[0].messages) == 2
    assert [skip.why for skip in found.skipped] == [why]


def test_no_sessions_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no sessions"):
        imported(tmp_path)


def test_a_file_cut_short_names_its_place(tmp_path: Path) -> None:
    whole = json.dumps({"dialogues": [session(), session(session_uuid="b")]})
    path = tmp_path / "user.json"
    path.write_text(whole[: len(whole) - 90])
    with pytest.raises(BadInput) as caught:
        read(path)
    assert f"user.json line 1, column {len(whole) - 90 + 1}: the file ends" in str(caught.value)
    assert "Nothing was imported" in str(caught.value)
    path.write_text('{"dialogues": [\n{"session_uuid": "a", }]}')
    with pytest.raises(BadInput, match="line 2, column 23: not valid JSON"):
        read(path)


@pytest.mark.data
def test_a_real_user() -> None:
    folder = os.environ.get("PLUM_EDGE_DATA")
    if not folder:
        pytest.skip("needs $PLUM_EDGE_DATA: realmem/Sarah_Miller.json.xz")
    found = read(Path(folder) / "realmem" / "Sarah_Miller.json.xz")
    assert len(found.conversations) == 276
    assert sum(len(c.messages) for c in found.conversations) == 1807
    assert found.skipped == ()
    assert len({c.id for c in found.conversations}) == 276
    assert {c.created_at.hour for c in found.conversations} == {12}
