"""Passages and the threshold, over the real full-text search of a real store."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge import retrieve
from plum_edge.augment import templates
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.retrieve import Retriever, content_words
from plum_edge.store import Store

TALKS = {
    "tap": (
        "The kitchen tap drips all night and I hardly sleep.",
        "Turn the water off and look at the washer.",
        "The washer is 3/8 inch and\n\n  quite worn.",
        "Then a new washer will do.",
    ),
    "starter": (
        "Gunnar, my sourdough starter, smells of nail varnish.",
        "Feed it rye flour twice a day.",
        "How long until the bubbles come back?",
        "Two or three days.",
    ),
    "knee": ("My knee hurts after the fall on the ice.", "Did Doctor Farrow give you exercises?"),
    "choir": ("I need an audition song for the choir.", "Something by Fauré would suit an alto."),
    "bike": ("The brakes of my green bicycle squeal in the rain.", "Clean the rims and check the pads."),
    "tax": ("The tax refund form asks for heating costs.", "Take the flat rate for working at home."),
}


def conversation(name: str, day: int) -> Conversation:
    """Return one of `TALKS`."""
    moment = dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC)
    roles = ("user", "assistant") * 2
    turns = tuple(Message(role, text, moment) for role, text in zip(roles, TALKS[name], strict=False))
    system = (Message("system", "Be brief about the kitchen tap.", moment),) if name == "tap" else ()
    return Conversation(name, name, moment, (*system, *turns))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(Home(tmp_path / "home").create(), create=True) as opened:
        opened.log.add(conversation(name, day) for day, name in enumerate(TALKS, 14))
        yield opened


@pytest.fixture
def retriever(store: Store) -> Retriever:
    return Retriever(
        lambda query, limit: store.search.search(query, limit=limit),
        store.log.get,
        lambda text: len(text.split()),
        store.log.conversations,
    )


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("Did we ever talk about the kitchen tap?", ["kitchen", "tap"]),
        ("What have I told you regarding Gunnar's starter?", ["gunnar", "starter"]),
        ("Does the bell ring a bell?", ["bell", "ring"]),
        ("Was it?", ["was", "it"]),
        ("???", []),
        ("Have we discussed Fauré's «Après un rêve»?", ["fauré", "après", "un", "rêve"]),
    ],
)
def test_content_words(question: str, left: list[str]) -> None:
    assert content_words(question) == left


@pytest.mark.parametrize("asks", ["closed", "when", "what"])
def test_nothing_of_our_own_frames_is_content(asks: str) -> None:
    for frame in getattr(templates.TRAIN, asks) + getattr(templates.HELD_OUT, asks):
        assert content_words(frame.format(topic="the kitchen tap")) == ["kitchen", "tap"], frame


@settings(deadline=None)
@given(st.text())
def test_any_text_has_content_words_that_occur_in_it(text: str) -> None:
    assert all(word in text.lower() for word in content_words(text))


def test_a_passage_is_the_message_with_its_neighbours(retriever: Retriever) -> None:
    assert retriever.context("What did I say about the washer?") == (
        "Conversation of 14 March 2026\n"
        "User: The kitchen tap drips all night and I hardly sleep.\n"
        "Assistant: Turn the water off and look at the washer.\n"
        "User: The washer is 3/8 inch and quite worn.\n"
        "Assistant: Then a new washer will do."
    )


def test_a_short_passage_keeps_the_question_with_its_reply(retriever: Retriever) -> None:
    assert retriever.context("Did I mention bubbles?", passage_tokens=21) == (
        "Conversation of 15 March 2026\nUser: How long until the bubbles come back?\nAssistant: Two or three days."
    )
    assert retriever.context("Did I mention rye flour?", passage_tokens=24) == (
        "Conversation of 15 March 2026\nUser: Gunnar, my sourdough starter, smells of nail varnish.\n"
        "Assistant: Feed it rye flour twice a day."
    )


def test_several_passages_are_parted_by_a_blank_line(retriever: Retriever) -> None:
    context = retriever.context("Did we talk about the knee and the bicycle?", top=2)
    assert context is not None
    first, second = context.split("\n\n")
    assert {first.splitlines()[0], second.splitlines()[0]} == {
        "Conversation of 16 March 2026",
        "Conversation of 18 March 2026",
    }


def test_nothing_found_is_no_context(retriever: Retriever) -> None:
    assert retriever.context("Did we talk about zeppelins?") is None
    assert retriever.context("") is None
    assert retriever.quote("Did we talk about zeppelins?") is None


def test_a_passage_never_passes_its_limit_and_keeps_the_word_found(store: Store, retriever: Retriever) -> None:
    filler = " ".join(f"word{n}" for n in range(400))
    moment = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    long = Conversation("long", "long", moment, (Message("user", f"{filler} zeppelins! {filler}", moment),))
    store.log.add([long])
    for limit in (8, 30, 192):
        context = retriever.context("Did we talk about Zeppelins?", passage_tokens=limit)
        assert context is not None
        assert "zeppelins!" in context
        assert limit - 1 <= len(context.split()) <= limit


def test_the_best_message_is_quoted_whole(retriever: Retriever) -> None:
    assert retriever.quote("What was that about the bicycle?") == TALKS["bike"][0]


@pytest.mark.parametrize("topic", ["the kitchen tap", "a green bicycle", "an audition song", "the choir"])
def test_what_stood_together_reaches_the_bar(retriever: Retriever, topic: str) -> None:
    assert retriever.score(f"Did we talk about {topic}?") >= 1


@pytest.mark.parametrize("topic", ["the kitchen choir", "a green zeppelin", "sourdough knee", "zeppelins", "", "it"])
def test_what_did_not_stays_below(retriever: Retriever, topic: str) -> None:
    assert retriever.score(f"Did we talk about {topic}?") < 1


def test_the_bar_rises_with_the_number_of_words(retriever: Retriever) -> None:
    assert 0 < retriever.bar(1) < retriever.bar(2) < retriever.bar(6)


def test_the_bar_needs_the_log(retriever: Retriever) -> None:
    empty = Retriever(retriever.search, retriever.get, retriever.count_tokens, tuple)
    assert empty.score("Did we talk about the kitchen tap?") == 0
    with pytest.raises(ValueError, match="tuned on the log"):
        Retriever(retriever.search, retriever.get, retriever.count_tokens).score("the tap")


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_made_up_topics_are_true_to_the_log(store: Store, count: int) -> None:
    said = [content_words(m.content) for c in store.log.conversations() for m in c.messages if m.role == "user"]
    present, absent = retrieve._made_up(said, count)
    together = max(min(count, 2), (count + 1) // 2)
    assert len(present) == 100
    assert all(any(set(topic[:together]) <= set(words) for words in said) for topic in present)
    assert all(len(topic) == count for topic in present)
    assert not any(topic and any(set(topic) <= set(words) for words in said) for topic in absent)
    assert retrieve._made_up(said, count) == (present, absent)


scores = st.lists(st.floats(0, 100), min_size=1, max_size=20)


@settings(deadline=None)
@given(scores, scores)
def test_the_best_cut_is_no_worse_than_any_other(present: list[float], absent: list[float]) -> None:
    def quality(cut: float) -> float:
        return sum(v >= cut for v in present) / len(present) + sum(v < cut for v in absent) / len(absent)

    cut = retrieve._best_cut(present, absent)
    assert cut > 0
    assert all(quality(other) <= quality(cut) + 1e-9 for other in {*present, *absent} - {0.0})


def test_there_is_no_cut_where_nothing_was_found() -> None:
    assert retrieve._best_cut([], [1.0]) == retrieve._best_cut([0.0], [0.0]) == math.inf
    assert retrieve._best_cut([3.0, 5.0], [1.0]) == 2.0
