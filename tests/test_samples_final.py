"""The made-up users for the final table: whole, in order, asked widely enough, and nobody's template.

Whoever adds a user adds a folder. Messages name a line, never a question: nobody is to read them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plum_edge.augment.phrases.wordings import HELD_OUT, TRAIN, UNSEEN
from plum_edge.evaluate.questions import read_questions
from plum_edge.importers import read
from plum_edge.records import Conversation

SAMPLES = Path(__file__).parents[1] / "samples"
FINAL = SAMPLES / "final"
USERS = sorted(folder.name for folder in FINAL.iterdir() if folder.is_dir())

each_user = pytest.mark.parametrize("user", USERS)


def _lines(user: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FINAL / user / name).read_text(encoding="utf-8").splitlines()]


def _conversations(user: str) -> list[Conversation]:
    found = read(FINAL / user / "conversations.jsonl", None, None)
    assert found.skipped == ()
    return list(found.conversations)


def _readme(user: str) -> str:
    return " ".join((FINAL / user / "README.md").read_text(encoding="utf-8").split())


def test_somebody_is_there() -> None:
    assert USERS


@each_user
def test_the_conversations_import_whole_and_in_order(user: str) -> None:
    conversations = _conversations(user)
    assert len(conversations) == len(_lines(user, "conversations.jsonl")) >= 100
    dates = [conversation.created_at for conversation in conversations]
    assert all(before < after for before, after in pairwise(dates))
    assert 180 <= (dates[-1] - dates[0]).days <= 240
    for conversation in conversations:
        roles = [message.role for message in conversation.messages]
        assert 2 <= len(roles) <= 12
        assert roles == ["user", "assistant"] * (len(roles) // 2)


@each_user
def test_no_two_conversations_are_alike(user: str) -> None:
    conversations = _conversations(user)
    assert len({conversation.id for conversation in conversations}) == len(conversations)
    assert len({conversation.title for conversation in conversations}) == len(conversations)
    assert len({conversation.messages[0].content[:25] for conversation in conversations}) == len(conversations)


@each_user
def test_dates_carry_the_offset_of_a_place_that_the_readme_names(user: str) -> None:
    zones = [ZoneInfo(name) for name in re.findall(r"\b[A-Z][a-z]+/[A-Z]\w+", _readme(user))]
    assert zones
    for line in _lines(user, "conversations.jsonl"):
        when = datetime.fromisoformat(line["created_at"])
        assert when.utcoffset() in {when.astimezone(zone).utcoffset() for zone in zones}, line["id"]


@each_user
def test_every_conversation_has_questions_of_every_kind(user: str) -> None:
    idents = {conversation.id for conversation in _conversations(user)}
    questions = _lines(user, "questions.jsonl")
    for question in questions:
        assert set(question) == {"question", "answer", "kind", "asks", "conversation"}
    assert {question["conversation"] for question in questions} == idents
    for ident in idents:
        own = [question for question in questions if question["conversation"] == ident]
        assert len(own) >= 5, ident
        assert {question["kind"] for question in own} == {"verbatim", "paraphrased", "indirect"}, ident
        asks = {question["asks"] for question in own}
        assert "closed" in asks, ident
        assert asks & {"open", "change"}, ident


@each_user
def test_answers_are_yes_or_stand_in_their_conversation(user: str) -> None:
    said = {c.id: " ".join(message.content for message in c.messages).casefold() for c in _conversations(user)}
    questions = _lines(user, "questions.jsonl")
    assert len(read_questions(FINAL / user / "questions.jsonl")) == len(questions)
    for number, line in enumerate(questions, 1):
        assert line["asks"] in ("closed", "open", "change"), number
        assert (line["answer"] == "yes") == (line["asks"] == "closed"), number
        stands = line["asks"] == "closed" or line["answer"].casefold() in said[line["conversation"]]
        assert stands, number
    assert sum(line["asks"] == "change" for line in questions) >= 20


@each_user
def test_the_wording_is_wide(user: str) -> None:
    asked = [line["question"] for line in _lines(user, "questions.jsonl")]
    begun = Counter(" ".join(re.findall(r"[\w'’]+", question.lower())[:3]) for question in asked)
    assert max(begun.values()) <= 6
    assert sum(question.lower().startswith(("did we ", "did i ")) for question in asked) < len(asked) / 10


def test_no_question_comes_twice() -> None:
    """Nor is one of these asked of a user for development or of the sample user."""
    asked = Counter(
        json.loads(line)["question"].casefold()
        for path in SAMPLES.rglob("questions.jsonl")
        if FINAL in path.parents
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    others = {
        json.loads(line)["question"].casefold()
        for path in SAMPLES.rglob("questions.jsonl")
        if FINAL not in path.parents
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert max(asked.values()) == 1
    assert asked.keys().isdisjoint(others)


@each_user
def test_the_questions_are_nobodys_template(user: str) -> None:
    frames = [f.split("{topic}") for s in (TRAIN, HELD_OUT, UNSEEN) for f in (*s.closed, *s.when, *s.what)]
    fixed = [(before, after) for before, after in frames if len(before) + len(after) > 12]
    for number, line in enumerate(_lines(user, "questions.jsonl"), 1):
        question = line["question"]
        fits = any(question.startswith(before) and question.endswith(after) for before, after in fixed)
        assert not fits, number


@each_user
def test_the_readme_says_who_and_what_for(user: str) -> None:
    words = _readme(user)
    for needed in ("made-up", "Apache-2.0", "for this project", "for the final table only", "Nobody tunes on"):
        assert needed in words
    for name, what in (("conversations.jsonl", "conversations"), ("questions.jsonl", "questions")):
        assert f"{len(_lines(user, name))} {what}" in words
