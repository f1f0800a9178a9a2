"""The questions written for single passages, for learning to read: of every sort, no form twice, true of a passage."""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from plum_edge.evaluate.marking import contains
from plum_edge.importers import read
from plum_edge.records import heading, spoken_day

SAMPLES = Path(__file__).parents[1] / "samples"
FOLDERS = {path.parent.name: path.parent for path in sorted(SAMPLES.glob("*/*/reading.jsonl"))}
SORTS = {"yes-verbatim": 2, "yes-paraphrased": 1, "yes-indirect": 1, "no-near": 2, "open": 1, "open-untold": 1}
OF_CHATS = {"yes-paraphrased": 1, "yes-indirect": 1, "no-near": 2, "open": 6, "open-untold": 2}
each_user = pytest.mark.parametrize("user", FOLDERS)
with_conversations = pytest.mark.skipif(
    not Path(os.environ.get("PLUM_EDGE_DATA", "nowhere"), "realmem").is_dir(), reason="needs $PLUM_EDGE_DATA: realmem/"
)


def _lines(user: str) -> list[dict[str, Any]]:
    text = (FOLDERS[user] / "reading.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_nobody_of_the_tests_is_among_them() -> None:
    """Neither the sample user nor the final users: what is asked of them was never learned from."""
    assert set(FOLDERS) == {"Adeleke_Okonjo", "Ethan_Hunt", "Kenta_Tanaka", "Liam_O_Connor", "amadeu", "chats"}


@each_user
def test_every_passage_is_asked_every_sort(user: str) -> None:
    passages: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for line in _lines(user):
        assert set(line) == {"question", "answer", "sort", "conversation", "message"}
        passages[line["conversation"], line["message"]][line["sort"]] += 1
        kind = line["sort"].split("-")[0]
        assert kind == "open" or line["answer"] == kind, line["question"]
        assert (line["sort"] == "open-untold") == (line["answer"] == "unknown"), line["question"]
    assert len(passages) >= 90
    if user == "chats":
        assert len(passages) == 640 and all(found == OF_CHATS for found in passages.values())
        return
    for found in passages.values():
        assert set(found) == set(SORTS) and all(found[sort] % count == 0 for sort, count in SORTS.items())


@each_user
def test_a_question_comes_once_and_forms_vary(user: str) -> None:
    asked = [line["question"] for line in _lines(user)]
    assert len(asked) == len(set(asked))
    for kind in ("yes", "no"):
        begun = [
            re.findall(r"[\w'’]+", line["question"].lower())[:3] for line in _lines(user) if line["answer"] == kind
        ]
        assert Counter(map(tuple, begun)).most_common(1)[0][1] <= len(begun) / 10


@with_conversations
@pytest.mark.data
@pytest.mark.parametrize("user", [user for user in FOLDERS if user not in ("amadeu", "chats")])
def test_what_is_asked_for_stands_in_the_conversation(user: str) -> None:
    told(user, Path(os.environ["PLUM_EDGE_DATA"], "realmem", f"{user}.json.xz"))


@pytest.mark.parametrize("user", ["amadeu", "chats"])
def test_what_is_asked_for_stands_in_conversations_of_ours(user: str) -> None:
    told(user, FOLDERS[user] / "conversations.jsonl")


def told(user: str, log: Path) -> None:
    """Assert that each passage is cut around what the user said, and that each fact stands in its conversation."""
    talks = {talk.id: talk for talk in read(log).conversations}
    for line in _lines(user):
        talk = talks[line["conversation"]]
        assert talk.messages[line["message"]].role == "user"
        if line["sort"] == "open":
            said = " ".join(m.content for m in talk.messages)
            whole = " ".join(f"{heading(spoken_day(talk.day))} {said}".split())
            assert line["answer"].casefold() in whole.casefold() or contains(whole, line["answer"]), line["question"]
