"""What is particular to the sessions of coding agents: which branch was seen, and what a file beside them adds."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from plum_edge.config import Log
from plum_edge.importers import Imported, Reading, Wishes, read
from plum_edge.paths import Home
from plum_edge.records import Conversation
from plum_edge.store import Store
from tests.importers.shapes.local import code_line
from tests.importers.shapes.talk import dump, iso, lines


def brought(path: Path, content: bytes = b"") -> Imported:
    if content:
        path.write_bytes(content)
    return read(path, wishes=Wishes(log=Log("UTC")))


def said(talk: Conversation) -> list[str]:
    return [one.content for one in talk.messages]


# Claude Code --------------------------------------------------------------------------------------------------------


def answer(key: str, parent: str, text: str, minute: int) -> dict[str, Any]:
    return code_line("assistant", key, parent, [{"type": "text", "text": text}], minute)


def note(kind: str, key: str, parent: str | None, **fields: Any) -> dict[str, Any]:
    """A line that the program wrote for itself, and that the next prompt may hang on."""
    made = {"type": kind, "uuid": key, "parentUuid": parent, "sessionId": "5e55-10", "timestamp": iso(1)}
    return {**made, "isSidechain": False, **fields}


BEGUN = (code_line("user", "a", None, "Oil the hinge.", 0), answer("b", "a", "Oiled.", 1))
ABANDONED = (code_line("user", "x", "s", "Paint it red.", 2), answer("y", "x", "It is red.", 3))


@pytest.mark.parametrize("kind", ["system", "progress", "attachment", "a kind of tomorrow"])
def test_a_branch_that_was_left_is_not_read_where_a_prompt_hangs_on_no_message(tmp_path: Path, kind: str) -> None:
    (talk,) = brought(
        tmp_path / "s.jsonl",
        lines(
            *BEGUN, note(kind, "s", "b", subtype="turn_duration"), *ABANDONED,
            code_line("user", "g", "s", "Paint it green.", 4), answer("h", "g", "It is green.", 5),
            note(kind, "end", "h", subtype="turn_duration"),
        ),
    ).conversations  # fmt: skip
    assert said(talk) == ["Oil the hinge.", "Oiled.", "Paint it green.", "It is green."]


def test_a_parent_that_is_written_after_its_line_is_found(tmp_path: Path) -> None:
    red, is_red = ABANDONED
    (talk,) = brought(
        tmp_path / "s.jsonl",
        lines(
            *BEGUN, {**red, "parentUuid": "b"}, is_red, code_line("user", "g", "s", "Paint it green.", 4),
            note("system", "s", "b"), answer("h", "g", "It is green.", 5),
        ),
    ).conversations  # fmt: skip
    assert said(talk) == ["Oil the hinge.", "Oiled.", "Paint it green.", "It is green."]


def test_where_a_talk_was_summed_up_the_way_goes_on_before_it(tmp_path: Path) -> None:
    boundary = note("system", "s", None, subtype="compact_boundary", logicalParentUuid="b")
    summary = code_line("user", "t", "s", "This session is being continued.", 3, isCompactSummary=True)
    last = code_line("user", "g", "t", "Paint it green.", 4)
    for parent in ("b", "in another file"):
        content = lines(*BEGUN, {**boundary, "logicalParentUuid": parent}, summary, last)
        (talk,) = brought(tmp_path / "s.jsonl", content).conversations
        assert said(talk) == ["Oil the hinge.", "Oiled.", "Paint it green."]


def test_lines_that_are_each_others_parents_end(tmp_path: Path) -> None:
    circle = (note("system", "s", "t"), note("system", "t", "s"), code_line("user", "g", "t", "Paint it green.", 4))
    (talk,) = brought(tmp_path / "s.jsonl", lines(*BEGUN, *circle)).conversations
    assert said(talk)[-1] == "Paint it green."


def test_lines_of_the_program_alone_are_no_conversation(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_bytes(lines(note("system", "s", None), note("system", "t", "s")))
    (tmp_path / "2.jsonl").write_bytes(lines(*BEGUN))
    found = brought(tmp_path)
    assert [said(one) for one in found.conversations] == [["Oil the hinge.", "Oiled."]]
    assert found.skipped == ()


# Gemini CLI ---------------------------------------------------------------------------------------------------------


def typed(session: str, number: int, text: str) -> dict[str, Any]:
    """A row of ``logs.json``, where only the user's lines are."""
    return {"sessionId": session, "messageId": number, "type": "user", "message": text, "timestamp": iso(number)}


def full(session: str, *texts: str) -> bytes:
    turns = [
        {"id": f"t{n}", "timestamp": iso(n), "type": "gemini" if n % 2 else "user", "content": text}
        for n, text in enumerate(texts)
    ]
    return dump({"sessionId": session, "projectHash": "abc", "startTime": iso(0), "messages": turns}, indent=2)


LOGS = dump(
    [
        typed("one", 0, "Oil the hinge."), typed("one", 9, "/quit"), typed("two", 0, "/help"),
        typed("two", 1, "Paint it green."), typed("three", 0, "/quit"),
    ],
    indent=2,
)  # fmt: skip


@pytest.mark.parametrize("name", ["chats/session-1.json", "aaa/session-1.json"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_full_session_counts_and_not_the_users_lines_of_it(tmp_path: Path, name: str, packed: bool) -> None:
    files = {"5a4b/logs.json": LOGS, f"5a4b/{name}": full("one", "Oil the hinge.", "Oiled.")}
    if not name.startswith("chats"):  # in an archive a file may stand anywhere: here the full session comes first
        files = dict(reversed(files.items()))
    path = tmp_path / "tmp"
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            for inner, content in files.items():
                archive.writestr(inner, content)
    else:
        for inner, content in files.items():
            (path / inner).parent.mkdir(parents=True, exist_ok=True)
            (path / inner).write_bytes(content)
    talks = {one.id: said(one) for one in brought(path).conversations}
    assert talks == {"one": ["Oil the hinge.", "Oiled."], "two": ["Paint it green."]}
    assert len(brought(path).conversations) == 2


def test_the_answers_of_a_full_session_are_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "tmp" / "chats").mkdir(parents=True)
    (tmp_path / "tmp" / "logs.json").write_bytes(LOGS)
    (tmp_path / "tmp" / "chats" / "session-1.json").write_bytes(full("one", "Oil the hinge.", "Oiled."))
    with Store.open(Home(tmp_path / "home"), create=True) as store:
        outcome = store.log.add(brought(tmp_path / "tmp").conversations)
        assert sorted(outcome.added) == ["one", "two"]
        assert not outcome.conflicts
        assert said(store.log.get("one")) == ["Oil the hinge.", "Oiled."]


def test_a_log_alone_has_what_the_user_said_and_no_commands(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "logs.json", Wishes(log=Log("UTC")))
    (tmp_path / "logs.json").write_bytes(LOGS)
    found = [one for one in reading if isinstance(one, Conversation)]
    assert [(one.id, said(one)) for one in found] == [("one", ["Oil the hinge."]), ("two", ["Paint it green."])]
    assert (reading.left["hidden messages"], reading.found) == (3, 2)


def test_a_slash_in_a_full_session_is_what_was_said(tmp_path: Path) -> None:
    (talk,) = brought(tmp_path / "session-1.json", full("one", "/etc/fstab: what is it?", "A table.")).conversations
    assert said(talk) == ["/etc/fstab: what is it?", "A table."]


def test_a_full_session_that_is_older_than_wished_leaves_no_lines_of_it(tmp_path: Path) -> None:
    (tmp_path / "logs.json").write_bytes(dump([typed("one", 20, "Is it oiled?")]))
    (tmp_path / "session-1.json").write_bytes(full("one", "Oil the hinge.", "Oiled.", "Is it oiled?", "It is."))
    since = datetime.fromisoformat(iso(10))
    reading = Reading(tmp_path, Wishes(log=Log("UTC"), since=since))
    assert (list(reading), reading.older) == ([], 1)
