"""Held-out questions: made of pairs, in phrasings that nothing has seen, or read from a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from plum_edge.augment.phrases import wordings
from plum_edge.errors import BadInput
from plum_edge.evaluate.questions import questions_from, read_questions
from plum_edge.records import Pair


def pair(question: str, **changes: object) -> Pair:
    made = Pair("c1/0", question, "Yes, on 14 March 2026.", "closed", "positive", "held_out", "verbatim", "kitchen tap")
    return replace(made, **changes)


def test_held_out_pairs_are_asked_as_they_are() -> None:
    pairs = [
        pair("Does the kitchen tap ring a bell?"),
        pair("Does the oven ring a bell?", answer="No, not so far.", polarity="negative", style="near", topic="oven"),
        pair("Which day did I bring up the kitchen tap?", answer="On 14 March 2026.", kind="open"),
        pair("Did we talk about the kitchen tap?", split="train"),
        pair("Does the kitchen tap ring a bell?", answer="Yes, we talked about it on 14 March 2026."),
    ]
    found = questions_from(pairs, phrasing="held_out", seed=0)
    assert [(q.question, q.answer, q.style) for q in found] == [
        ("Does the kitchen tap ring a bell?", "yes", "verbatim"),
        ("Does the oven ring a bell?", "no", "near"),
        ("Which day did I bring up the kitchen tap?", "On 14 March 2026.", "verbatim"),
    ]
    assert {(q.conversation, q.phrasing, q.origin) for q in found} == {("c1", "held_out", "phrases")}


def test_a_conversation_id_may_hold_slashes() -> None:
    found = questions_from([pair("Does it ring?", segment="a/b/12")], phrasing="held_out")
    assert found[0].conversation == "a/b"


@pytest.mark.parametrize("asks", ["closed", "when", "what"])
def test_unseen_phrasings_ask_the_same_of_the_topic_as_it_was_worded(asks: str) -> None:
    kind = "closed" if asks == "closed" else "open"
    for frame in getattr(wordings.HELD_OUT, asks) + getattr(wordings.TRAIN, asks):
        asked = pair(frame.format(topic="my kitchen tap"), kind=kind, answer="On 14 March 2026.")
        (found,) = questions_from([asked], phrasing="unseen", seed=3)
        assert found.question in [unseen.format(topic="my kitchen tap") for unseen in getattr(wordings.UNSEEN, asks)]
        assert found.phrasing == "unseen"


def test_an_unseen_phrasing_of_a_free_question_takes_the_topic_of_the_pair() -> None:
    asked = [
        pair("Was my sink ever dripping?"),
        pair("Tell me when it dripped.", kind="open", answer="On 1 May 2026."),
        pair("How large was it?", kind="open", answer="3/8 inch"),
    ]
    found = questions_from(asked, phrasing="unseen")
    for question, asks in zip(found, ("closed", "when", "what"), strict=True):
        assert question.question in [frame.format(topic="kitchen tap") for frame in getattr(wordings.UNSEEN, asks)]


def test_unseen_phrasings_follow_the_seed_and_do_not_repeat() -> None:
    pairs = [pair(frame.format(topic="the tap")) for frame in wordings.HELD_OUT.closed]
    once = questions_from(pairs, phrasing="unseen", seed=1)
    assert once == questions_from(pairs, phrasing="unseen", seed=1)
    assert once != questions_from(pairs, phrasing="unseen", seed=2)
    assert len({q.question for q in once}) == len(once) == len(wordings.HELD_OUT.closed)
    twelve = [pair(frame.format(topic="the tap")) for frame in wordings.TRAIN.closed[:12]]
    assert len(questions_from(twelve, phrasing="unseen")) == len(wordings.UNSEEN.closed)


def test_questions_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    lines = [
        {"question": "Did I mention Gunnar?", "answer": "Yes", "kind": "indirect", "conversation": "n1"},
        {"question": "Did I mention orchids?", "answer": "no", "conversation": "n1"},
        {"question": "Tattoos?", "answer": "no", "conversation": None},
        {"question": "How wide was the pot?", "answer": "27 cm", "note": "extra keys are nobody's business"},
    ]
    path.write_text("\ufeff" + "\r\n".join(map(json.dumps, lines)) + "\r\n\n", encoding="utf-8")
    found = read_questions(path)
    assert [(q.answer, q.style, q.conversation, q.closed) for q in found] == [
        ("yes", "indirect", "n1", True),
        ("no", "near", "n1", True),
        ("no", "far", None, True),
        ("27 cm", "verbatim", None, False),
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "holds no questions"),
        (b"\n \n", "holds no questions"),
        (b'{"question": "Is it?", "answer": "yes"}\n{"question": "Is', "line 2, column 14: is not valid JSON"),
        (b"[" * 100_000, "line 1"),
        (b"[1]", "must be an object"),
        (b'{"question": "Is it?"}', "'answer' must be a text"),
        (b'{"question": " ?", "answer": "yes"}', "'question' must be a text"),
        (b'{"question": "Is it?", "answer": true}', "'answer' must be a text"),
        (b'{"question": "Is it?", "answer": "no", "conversation": 4}', "'conversation' must be"),
        (b'{"question": "Is it?", "answer": "no", "kind": "nearby"}', "'kind' is 'nearby'; it can be verbatim"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
    ],
)
def test_a_bad_file_of_questions_is_refused_with_its_line(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_questions(path)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith("Nothing was asked.")


def test_a_missing_file_or_a_folder_of_questions_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.jsonl"):
        with pytest.raises(BadInput, match="cannot be read"):
            read_questions(path)
