"""What is particular to the sessions of coding agents: which branch was seen, and what a file beside them adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plum_edge.config import Log
from plum_edge.importers import Imported, Wishes, read
from plum_edge.records import Conversation
from tests.importers.shapes.local import code_line
from tests.importers.shapes.talk import iso, lines


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
