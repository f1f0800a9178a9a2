"""Content words, and passages over the real full-text search of a real store."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.augment.phrases import wordings
from plum_edge.records import Conversation, Message
from plum_edge.retrieve import Retriever, content_words
from plum_edge.store import Store
from tests.retrieve.talks import TALKS


@pytest.fixture
def retriever(store: Store) -> Retriever:
    return Retriever(
        lambda query, limit: store.search.search(query, limit=limit),
        store.log.get,
        lambda text: len(text.split()),
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
    for frame in getattr(wordings.TRAIN, asks) + getattr(wordings.HELD_OUT, asks):
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
    assert retriever.context("Did I mention bubbles?", room=21) == (
        "Conversation of 15 March 2026\nUser: How long until the bubbles come back?\nAssistant: Two or three days."
    )
    assert retriever.context("Did I mention rye flour?", room=24) == (
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
        context = retriever.context("Did we talk about Zeppelins?", room=limit)
        assert context is not None
        assert "zeppelins!" in context
        assert limit - 1 <= len(context.split()) <= limit


def test_the_best_message_is_quoted_whole(retriever: Retriever) -> None:
    assert retriever.quote("What was that about the bicycle?") == TALKS["bike"][0]


def test_passages_share_the_room_and_the_next_gets_what_one_leaves(retriever: Retriever) -> None:
    whole = retriever.context("Did we talk about the knee and the washer?", top=2, room=400)
    assert whole is not None
    lengths = sorted(len(part.split()) for part in whole.split("\n\n"))
    for room in range(40, 90, 10):
        context = retriever.context("Did we talk about the knee and the washer?", top=2, room=room)
        assert context is not None
        assert len(context.split()) <= room
    fitting = retriever.context("Did we talk about the knee and the washer?", top=2, room=sum(lengths))
    assert fitting is not None
    assert len(fitting.split()) > 2 * lengths[0]  # more than two even shares of the smaller


def test_the_best_score_is_that_of_the_best_message(store: Store, retriever: Retriever) -> None:
    assert retriever.best("washer") == store.search.search("washer", limit=1)[0].score > 0
    assert retriever.best("zeppelins") == 0.0
