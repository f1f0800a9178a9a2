"""The sample user: whole, in order, and apart from everything that trains."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

from plum_edge.augment.phrases.wordings import HELD_OUT, TRAIN, UNSEEN
from plum_edge.evaluate.questions import read_questions
from plum_edge.importers import read
from plum_edge.paths import data_dir

NORA = data_dir("samples") / "nora"


def test_it_imports_whole() -> None:
    found = read(NORA / "conversations.jsonl", None, None)
    assert found.skipped == ()
    assert len(found.conversations) >= 120
    dates = [conversation.created_at for conversation in found.conversations]
    assert dates == sorted(dates)
    assert (dates[-1] - dates[0]).days > 100
    for conversation in found.conversations:
        assert 4 <= len(conversation.messages) <= 14
        roles = [message.role for message in conversation.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        times = [message.created_at for message in conversation.messages if message.created_at]
        assert times == sorted(times) and times[0] == conversation.created_at


def test_no_two_are_alike() -> None:
    found = read(NORA / "conversations.jsonl", None, None).conversations
    assert len({c.title for c in found}) == len(found)
    assert len({c.messages[0].content[:25] for c in found}) == len(found)


def test_the_gold_questions_are_many_balanced_and_answerable() -> None:
    questions = read_questions(NORA / "questions.jsonl")
    conversations = {c.id: c for c in read(NORA / "conversations.jsonl", None, None).conversations}
    assert len(questions) >= 600
    assert len({q.question for q in questions}) == len(questions)
    answers = Counter(q.answer if q.closed else "open" for q in questions)
    assert abs(answers["yes"] - answers["no"]) <= 0.05 * (answers["yes"] + answers["no"])
    assert {q.style for q in questions} == {"verbatim", "paraphrased", "indirect", "near", "far"}
    for question in questions:
        assert question.answer != "yes" or question.conversation in conversations
        assert question.style != "far" or question.conversation is None
        if not question.closed:
            said = " ".join(m.content for m in conversations[str(question.conversation)].messages if m.role == "user")
            assert question.answer.casefold() in said.casefold(), question.question


def test_the_gold_questions_are_nobodys_template() -> None:
    frames = [f.split("{topic}") for s in (TRAIN, HELD_OUT, UNSEEN) for f in (*s.closed, *s.when, *s.what)]
    fixed = [(a, b) for a, b in frames if len(a) > 14 and len(b) > 4]
    for line in (NORA / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        question = json.loads(line)["question"]
        assert not [pair for pair in fixed if question.startswith(pair[0]) and question.endswith(pair[1])]


def test_dates_carry_london_time() -> None:
    for line in (NORA / "conversations.jsonl").read_text(encoding="utf-8").splitlines():
        when = datetime.fromisoformat(json.loads(line)["created_at"])
        offset = when.utcoffset()
        assert offset is not None
        assert offset.total_seconds() == (0 if (when.month, when.day) < (3, 29) else 3600)
