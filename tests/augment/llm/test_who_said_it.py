"""What only the assistant said is not "you told me": the answer says who spoke, and no question says otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.answer.rewrite import in_form
from plum_edge.augment.checks import Mentions, parts
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.keyphrases import sentences
from plum_edge.augment.phrases.pairs import augment
from plum_edge.augment.phrases.variants import reworded
from plum_edge.augment.phrases.words import stem, stems, words
from plum_edge.paths import data_dir
from plum_edge.records import Message, Pair, Segment
from tests.augment.conversations import segment

LEEKS = segment(
    "What grows well in the shade?",
    "Leeks, and the rhubarb variety Timperley Early. Put copper tape around the raised bed against slugs.",
    "Good, the raised bed gets little sun.",
    "Then Timperley Early it is, with copper tape.",
)
SAYS_TOLD = re.compile(r"\byou (?:told|said|asked|mentioned)\b")
SAYS_I = re.compile(r"\bI\b|\bmy messages\b|\bmy side\b|\bfrom me\b|\bby me\b")


def from_assistant(segment: Segment, pair: Pair) -> bool:
    """Whether a topic of a positive stands in no message of the user's."""
    by_user = [{stem(word) for word in words(m.content)} for m in segment.messages if m.role == "user"]
    topics = [set(stems(part)) for part in parts(pair.topic)] if pair.polarity == "positive" else []
    return any(not any(wanted <= said for said in by_user) for wanted in topics)


def nora() -> Iterator[Segment]:
    lines = (data_dir("samples") / "nora" / "conversations.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        one = json.loads(line)
        turns = tuple(Message(turn["role"], turn["content"]) for turn in one["messages"])
        yield Segment(f"{one['id']}/0", one["id"], one["title"], datetime.fromisoformat(one["created_at"]), turns)


def test_what_the_assistant_alone_said_it_mentioned() -> None:
    pairs = augment(LEEKS, Mentions(), seed=0, topics=6)
    theirs = [pair for pair in pairs if from_assistant(LEEKS, pair)]
    assert {pair.kind for pair in theirs} == {"closed", "open"}
    for pair in theirs:
        assert pair.answer in ("Yes, I mentioned it on 14 March 2026.", "I mentioned it on 14 March 2026.")
    told = [pair for pair in pairs if "raised bed" in pair.topic and pair.polarity == "positive"]
    assert told
    assert not [pair for pair in told if "I mentioned" in pair.answer]


def test_of_the_sample_user_nothing_of_the_assistants_is_put_into_her_mouth() -> None:
    prior, theirs, quotes = Mentions(), 0, 0
    for part in nora():
        for pair in augment(part, prior, seed=0, topics=6):
            if from_assistant(part, pair):
                theirs += 1
                assert not SAYS_TOLD.search(pair.answer), pair
                assert '"' not in pair.answer, pair
            if found := re.search(r'"(.+)"', pair.answer):
                quotes += 1
                spoken = [w for m in part.messages if m.role == "user" for s in sentences(m.content) for w in words(s)]
                assert set(words(found[1])) <= set(spoken), pair
        prior.add(part)
    assert theirs > 20
    assert quotes > 400


@given(st.integers(0, 2**63))
def test_in_other_words_too_nobody_asks_whether_the_user_told_it(choice: int) -> None:
    for pair in augment(LEEKS, Mentions(), seed=0, topics=6):
        if from_assistant(LEEKS, pair) and pair.split == "train":
            again = reworded(pair, choice)
            assert again.answer == pair.answer
            assert re.search(r"mentioned it", again.answer)


@pytest.mark.parametrize("phrasings", [wordings.TRAIN, wordings.HELD_OUT])
def test_phrasings_open_to_both_name_no_speaker(phrasings: wordings.Phrasings) -> None:
    for group in (phrasings.closed, phrasings.when):
        left = wordings.open_to_both(group)
        assert left
        assert not any(SAYS_I.search(one) for one in left)
        assert set(left) <= set(group)


def test_such_an_answer_is_known_as_one_about_what_was_said() -> None:
    for form in (*wordings.YES_FROM_ASSISTANT, *wordings.WHEN_FROM_ASSISTANT):
        assert in_form(form.format(date="14 March 2026"))
        assert in_form(form[:9])
    assert not in_form("I mentioned it to nobody.")
