"""The made-up users for development: whole, in order, asked widely enough, and nobody's template."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from plum_edge.augment.phrases.wordings import HELD_OUT, TRAIN, UNSEEN
from plum_edge.evaluate.questions import read_questions
from plum_edge.importers import read

DEV = Path(__file__).parents[1] / "samples" / "dev"
USERS = ("amadeu", "tarek")
CHANGE = datetime.fromisoformat("2026-04-05T03:00:00+11:00")
"""When summer time ends in Victoria."""

each_user = pytest.mark.parametrize("user", USERS)


def _lines(user: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DEV / user / name).read_text(encoding="utf-8").splitlines()]


def test_nobody_is_forgotten() -> None:
    assert tuple(sorted(folder.name for folder in DEV.iterdir())) == USERS


@each_user
def test_the_conversations_import_whole_and_in_order(user: str) -> None:
    found = read(DEV / user / "conversations.jsonl", None, None)
    assert found.skipped == ()
    assert len(found.conversations) >= 42
    dates = [conversation.created_at for conversation in found.conversations]
    assert all(before < after for before, after in pairwise(dates))
    assert 140 <= (dates[-1] - dates[0]).days <= 170
    for conversation in found.conversations:
        roles = [message.role for message in conversation.messages]
        assert 2 <= len(roles) <= 10
        assert roles == ["user", "assistant"] * (len(roles) // 2)


@each_user
def test_no_two_conversations_are_alike(user: str) -> None:
    found = read(DEV / user / "conversations.jsonl", None, None).conversations
    assert len({conversation.id for conversation in found}) == len(found)
    assert len({conversation.title for conversation in found}) == len(found)
    assert len({conversation.messages[0].content[:25] for conversation in found}) == len(found)


@each_user
def test_dates_carry_the_offset_of_the_place(user: str) -> None:
    for line in _lines(user, "conversations.jsonl"):
        when = datetime.fromisoformat(line["created_at"])
        offset = when.utcoffset()
        assert offset is not None
        if user == "tarek":
            assert offset == timedelta(hours=11 if when < CHANGE else 10), line["id"]
        else:
            assert timedelta(0) <= offset <= timedelta(hours=2), line["id"]


@each_user
def test_every_conversation_has_questions_of_every_kind(user: str) -> None:
    conversations = {
        conversation.id for conversation in read(DEV / user / "conversations.jsonl", None, None).conversations
    }
    questions = _lines(user, "questions.jsonl")
    for question in questions:
        assert set(question) == {"question", "answer", "kind", "asks", "conversation"}
    assert {question["conversation"] for question in questions} == conversations
    for ident in conversations:
        own = [question for question in questions if question["conversation"] == ident]
        assert len(own) >= 5, ident
        assert {question["kind"] for question in own} == {"verbatim", "paraphrased", "indirect"}, ident
        assert {question["asks"] for question in own} >= {"closed"}, ident
        assert {question["asks"] for question in own} & {"open", "change"}, ident


@each_user
def test_answers_are_yes_or_stand_in_their_conversation(user: str) -> None:
    conversations = read(DEV / user / "conversations.jsonl", None, None).conversations
    said = {c.id: " ".join(message.content for message in c.messages).casefold() for c in conversations}
    read_questions(DEV / user / "questions.jsonl")
    for line in _lines(user, "questions.jsonl"):
        assert line["asks"] in ("closed", "open", "change")
        assert (line["answer"] == "yes") == (line["asks"] == "closed"), line["question"]
        assert line["asks"] == "closed" or line["answer"].casefold() in said[line["conversation"]], line["question"]
    assert sum(line["asks"] == "change" for line in _lines(user, "questions.jsonl")) >= 20


@each_user
def test_the_wording_is_wide(user: str) -> None:
    asked = [line["question"] for line in _lines(user, "questions.jsonl")]
    begun = Counter(" ".join(re.findall(r"[\w'’]+", question.lower())[:3]) for question in asked)
    assert begun.most_common(1)[0][1] <= 6
    assert sum(question.lower().startswith(("did we ", "did i ")) for question in asked) < len(asked) / 10


def test_no_question_comes_twice() -> None:
    asked = [line["question"].casefold() for user in USERS for line in _lines(user, "questions.jsonl")]
    assert len(set(asked)) == len(asked)


@each_user
def test_the_questions_are_nobodys_template(user: str) -> None:
    frames = [f.split("{topic}") for s in (TRAIN, HELD_OUT, UNSEEN) for f in (*s.closed, *s.when, *s.what)]
    fixed = [(before, after) for before, after in frames if len(before) + len(after) > 12]
    for line in _lines(user, "questions.jsonl"):
        question = line["question"]
        assert not [f for f in fixed if question.startswith(f[0]) and question.endswith(f[1])], question


@each_user
def test_the_readme_says_who_and_what_for(user: str) -> None:
    text = (DEV / user / "README.md").read_text(encoding="utf-8")
    words = " ".join(text.split())
    for needed in ("made-up", "Apache-2.0", "for development", "No final figure is judged"):
        assert needed in words
    for name, what in (("conversations.jsonl", "conversations"), ("questions.jsonl", "questions")):
        assert f"{len(_lines(user, name))} {what}" in words
