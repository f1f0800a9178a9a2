"""Search: finds what was said, from any text, and only what it may look at."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.records import Conversation, Message
from plum_edge.store import Store
from plum_edge.store.search import content_pieces, content_words
from tests.store.samples import empty_store, recorded, talk
from tests.strategies import logs

TAP = talk("tap", "The kitchen tap drips again.", "Replace the washer: most taps take a 3/8-inch one.", "Thanks!")
TEA = talk("tea", "Which tea goes with ginger biscuits?", "Assam. Its malt stands up to ginger.")
TAPE = talk("tape", "Where did I put the tape measure?", at="2026-04-01T00:00:00+00:00")


def found(store: Store, query: str, **options: int) -> list[str]:
    return [evidence.conversation for evidence in store.search.search(query, **options)]


def test_the_best_message_of_a_conversation(store: Store) -> None:
    store.log.add([TAP, TEA, TAPE])
    (evidence,) = store.search.search("what was the trick for the kitchen tap?")
    assert (evidence.conversation, evidence.message, evidence.date) == ("tap", 0, TAP.created_at)
    assert evidence.excerpt == "The [kitchen] [tap] drips again."
    assert evidence.score > 0
    (evidence,) = store.search.search("washers")  # by its stem
    assert (evidence.message, "[washer]" in evidence.excerpt) == (1, True)


def test_a_day_that_the_source_did_not_give_is_a_guess(store: Store) -> None:
    moment = TAP.created_at
    known = replace(TEA, dated=False, messages=tuple(replace(one, created_at=moment) for one in TEA.messages))
    store.log.add([replace(TAP, dated=False), known, TAPE])
    for query, dated in (("kitchen tap", False), ("ginger biscuits", True), ("tape measure", True)):
        assert store.search.search(query)[0].dated is dated
        assert store.finding.find(query)[0].dated is dated
    assert store.finding.find("about tap")[0].dated is False  # by its title


def test_order_and_limit(store: Store) -> None:
    store.log.add([talk(f"c{i}", "ginger " * i + "and other spices " * 3) for i in range(1, 6)])
    scores = [evidence.score for evidence in store.search.search("ginger")]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 5
    assert len(found(store, "ginger", limit=2)) == 2
    assert found(store, "ginger", limit=0) == []


def test_words_are_alternatives_and_common_ones_do_not_count(store: Store) -> None:
    store.log.add([TAP, TEA, TAPE])
    assert sorted(found(store, "Did we ever talk about the washer or the biscuits?")) == ["tap", "tea"]
    assert found(store, "Did we ever talk about submarines?") == []
    assert found(store, "did") == ["tape"]  # nothing else to go by


def test_only_what_is_learned_before(store: Store) -> None:
    recorded(store, TAP, TAPE)
    store.log.append("tap", Message("user", "The tap is fixed, the tape too."))
    assert found(store, "tap tape", before_seq=1) == []
    assert found(store, "tap tape", before_seq=2) == ["tap"]
    assert [e.message for e in store.search.search("fixed")] == [3]
    assert found(store, "fixed", before_seq=99) == []
    (more,) = store.log.plan()
    store.log.record(more)
    assert found(store, "fixed", before_seq=99) == ["tap"]


def test_what_is_added_is_found_and_system_prompts_are_not(store: Store) -> None:
    store.log.start(Conversation("a", "", TAP.created_at, (Message("system", "You speak of marmalade."),)))
    assert found(store, "marmalade") == []
    store.log.append("a", Message("user", "Marmelade, crème brûlée"))
    assert found(store, "creme") == ["a"]


def test_the_index_follows_the_messages(store: Store) -> None:
    store.log.add([TAP, TEA])
    with store._connection.transaction() as database:
        database.conn.execute("UPDATE messages SET content = 'about boats' WHERE content LIKE 'Assam%'")
        database.conn.execute("DELETE FROM conversations WHERE id = 'tap'")
    assert found(store, "malt") == found(store, "washer") == []
    assert found(store, "boats") == ["tea"]
    with store._connection.transaction() as database:
        database.conn.execute("INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)")


@settings(max_examples=30, deadline=None)
@given(
    logs, st.text(max_size=80) | st.sampled_from(['"', "NEAR(a b)", "a* OR -b", "content : x", "^a", "(", "\0", "' --"])
)
def test_any_text_is_a_query(log: list[Conversation], query: str) -> None:
    with empty_store() as store:
        store.log.add(log)
        evidence = store.search.search(query)
        assert len({found.conversation for found in evidence}) == len(evidence) <= 10
        for one in log:
            for message in one.messages[:1]:
                store.search.search(message.content)


def test_content_words() -> None:
    assert content_words("Did we talk about the Kitchen tap — the KITCHEN-tap?") == ["kitchen", "tap"]
    assert content_words("did we") == ["did", "we"]
    assert content_words("…") == []
    assert len(content_words(" ".join(f"word{i}" for i in range(1000)))) == 64


def test_what_bears_on_a_question_is_found_in_scripts_without_blanks(store: Store) -> None:
    store.log.add([talk("zh", "厨房的水龙头一直在漏水。", "换一个垫圈。"), talk("en", "I write Python."), TAP])
    (evidence,) = store.search.search("我们谈过水龙头吗？")
    assert (evidence.conversation, evidence.message) == ("zh", 0)
    assert "[水龙头]" in evidence.excerpt
    assert found(store, "我们谈过潜水艇吗？") == []
    assert sorted(found(store, "用Python换垫圈 washer")) == ["tap", "zh"], (
        "the word is glued there and stands alone here"
    )
    assert content_pieces("水龙头 the tap") == ["水 龙", "龙 头", "tap"]
    assert content_pieces("水") == ["水"]
