"""The log bears out what the user said, word for word as far as words tell anything; and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.answer import vouched
from plum_edge.answer.own_words import OwnWords, holds
from plum_edge.augment.phrases.dates import Named
from plum_edge.augment.phrases.quotes import Quote, of_user
from plum_edge.augment.phrases.words import FUNCTION, stem, words
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store

TAP = "The cold side of the kitchen tap has dripped for two days. I don't know which washer to buy!"
ADVICE = "Buy two rubber washers, they cost pennies."


@pytest.mark.parametrize(
    ("quote", "held"),
    [
        ("The cold side of the kitchen tap has dripped for two days", True),
        ("kitchen tap has dripped", True),
        ("the kitchen taps dripped", True),  # a small word less, and a plural
        ("two days. I do not know which washer", True),
        ("The cold side of the bathroom tap has dripped for two days", False),  # one word off
        ("the kitchen has dripped", False),  # one word less
        ("the cold kitchen side of the tap", False),  # two words changed places
        ("I know which washer to buy", False),  # turned round
        ("know which washer to buy", True),  # word for word
        ("dripped for two days, cold side", False),
        ("of the", True),
        ("", False),
        ("?!", False),
    ],
)
def test_the_words_that_tell_something_stand_there_in_one_run(quote: str, held: bool) -> None:
    assert holds(TAP, Quote(quote)) is held


@pytest.mark.parametrize(
    ("quote", "held"),
    [("The cold side of the kit", True), ("The cold side of the kitty", False), ("The cold side of the kit, ", False)],
)
def test_of_a_quote_that_is_cut_the_last_word_need_only_have_begun(quote: str, held: bool) -> None:
    assert holds(TAP, Quote(quote, cut=True)) is held
    assert not holds(TAP, Quote(quote))


def test_what_is_turned_round_at_its_end_is_not_what_was_said() -> None:
    assert not holds("I heard nothing after that.", Quote("I heard after that"))
    assert holds("No. I heard nothing after that.", Quote("I heard nothing after that"))


def test_a_script_without_blanks_is_read_by_its_characters() -> None:
    assert holds("水龙头坏了，我很难过。", Quote("我很难过"))
    assert not holds("水龙头坏了，我很难过。", Quote("我不难过"))


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, 19, tzinfo=dt.UTC)


def conversation(name: str, when: dt.datetime, *turns: str, dated: bool = True) -> Conversation:
    messages = tuple(Message("assistant" if n % 2 else "user", text, None) for n, text in enumerate(turns))
    return Conversation(name, name, when, messages, "test", 0, dated=dated)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(Home(tmp_path / "home"), create=True) as opened:
        yield opened


def learn(store: Store, *conversations: Conversation) -> None:
    store.log.add(conversations)
    for segment in store.log.plan():
        store.log.record(segment)


def test_who_said_so_and_when(store: Store) -> None:
    learn(
        store,
        conversation("tap", day(12), TAP, ADVICE),
        conversation("again", day(14), TAP, ADVICE, "All is mended now."),
    )
    said = OwnWords(store).days
    assert said(Quote("the kitchen tap has dripped")) == {day(12).date(), day(14).date()}
    assert said(Quote("All is mended.")) == {day(14).date()}
    assert said(Quote("two rubber washers")) is None, "the assistant said so"
    assert said(Quote("kitchen tap is mended")) is None, "of two messages"
    assert said(Quote("")) is None


def test_a_day_that_is_not_known_is_none(store: Store) -> None:
    learn(store, conversation("tap", day(12), TAP, dated=False))
    assert OwnWords(store).days(Quote("kitchen tap")) == frozenset()


def test_what_is_not_learned_was_perhaps_read(store: Store) -> None:
    store.log.add([conversation("tap", day(12), TAP)])
    assert OwnWords(store).days(Quote("kitchen tap")) is None
    assert OwnWords(store, waiting=True).days(Quote("kitchen tap")) == {day(12).date()}


def test_what_goes_on_in_a_conversation_is_learned_later(store: Store) -> None:
    learn(store, conversation("tap", day(12), TAP, ADVICE))
    store.log.append("tap", Message("user", "It is mended.", day(20)))
    assert OwnWords(store).days(Quote("It is mended")) is None
    learn(store)
    assert OwnWords(store).days(Quote("It is mended")) == {day(12).date(), day(20).date()}


def test_what_the_memory_was_asked_bears_nothing_out(store: Store) -> None:
    learn(store, conversation("asked", day(12), "It is late. Did I tell you about the purple dragon?"))
    assert OwnWords(store).days(Quote("purple dragon")) is None
    assert OwnWords(store).days(Quote("It is late")) is not None


def test_the_chat_bears_out_what_was_said_in_it(store: Store) -> None:
    chat = [Message("user", TAP), Message("assistant", ADVICE), Message("user", "Did I mention a dragon?")]
    said = OwnWords(store, chat, today=dt.date(2026, 6, 1)).days
    assert said(Quote("kitchen tap")) == {dt.date(2026, 6, 1)}
    assert said(Quote("rubber washers")) is None
    assert said(Quote("a dragon")) is None


def test_what_was_forgotten_is_not_quoted(store: Store) -> None:
    learn(store, conversation("tap", day(12), TAP))
    assert OwnWords(store).days(Quote("kitchen tap")) is not None
    store.forgetting.delete(store.forgetting.begin(["tap"], None, {}, keep_log=False))
    assert OwnWords(store).days(Quote("kitchen tap")) is None


LOG = (
    "The kitchen tap drips at night.",
    "My sister knits a red blanket. She does not like the wool.",
    "I never liked the red tap.",
    "Tap and blanket, all red!",
)
_QUOTES = st.one_of(
    st.sampled_from(LOG),
    st.lists(
        st.sampled_from(sorted({word for said in LOG for word in words(said)} | {"ghost", "not"})), max_size=5
    ).map(" ".join),
    st.text(max_size=12).filter(lambda text: normalize("NFKC", text) == text),  # "ª" is found as "a"
)
_BEFORE = st.sampled_from(
    ("You said: ", "On 12 March 2026 you said: ", "Yes. ", "Yes, you told me ", "", "We ate. And you asked: ")
)
_SENTENCES = st.tuples(_BEFORE, _QUOTES, st.sampled_from(('"', '."', '" and so on.', '", you said.', "", '"\n')))


def naive(quote: Quote) -> bool:
    """Whether some message has these words in a row, small ones counted or not: said anew, over every message."""

    def told(text: str, every: bool) -> str:
        kept = [one for one in words(text) if every or one not in FUNCTION or one in ("not", "never")]
        return f" {' '.join(map(stem, kept))} "

    def stands(every: bool) -> bool:
        wanted = told(quote.text, every)
        wanted = wanted.rstrip() if quote.cut else wanted
        return bool(wanted.strip()) and any(wanted in told(said, every) for said in LOG)

    return stands(True) or stands(False)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(Home(tmp_path_factory.mktemp("home") / "home"), create=True) as opened:
        learn(opened, *(conversation(str(n), day(12 + n), said, "A ghost said so.") for n, said in enumerate(LOG)))
        yield opened


@given(st.lists(_SENTENCES, min_size=1, max_size=3), st.lists(st.integers(1, 30), min_size=1), st.booleans())
def test_no_quote_from_outside_the_log_ever_passes(
    learned: Store, sentences: list[tuple[str, str, str]], cuts: list[int], reads: bool
) -> None:
    answer = " ".join(f'{before}"{quote}{after}' for before, quote, after in sentences)
    pieces, at = [], 0
    while at < len(answer):
        pieces.append(answer[at : at + cuts[len(pieces) % len(cuts)]])
        at += len(pieces[-1])

    def vouches(one: Named, of_speech: bool) -> bool:
        return True

    said = OwnWords(learned, waiting=reads).days
    shown = "".join(vouched(pieces, vouches, said, of_talk=True))
    whole = "".join(vouched([answer], vouches, said, of_talk=True))
    assert shown.split() == whole.split(), "however it is cut"
    assert all(map(naive, of_user(shown)))
