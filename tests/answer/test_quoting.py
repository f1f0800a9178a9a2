"""The user's own words as an answer, and as what the log has on a question."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.answer.quoting import NEAR, evidence, nearest, quoted, whose, with_source
from plum_edge.augment.phrases.quotes import of_user
from plum_edge.augment.phrases.wordings import UNKNOWN, UNSURE
from plum_edge.evaluate.marking import abstains, contains
from plum_edge.records import Conversation, Evidence, Message
from plum_edge.retrieve import Said

DAY = dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC)
TAP = "Ferdinand from next door says that it is the washer."


def one(text: str, score: float = 0.6, name: str = "tap") -> Said:
    talk = Conversation(name, name, DAY, (Message("user", text, DAY),))
    return Said(talk, 0, text, begins=True, ends=True, score=score)


def test_words_come_with_their_day_and_show_where_they_were_cut() -> None:
    assert quoted(one(TAP)) == f'On 14 March 2026 you said: "{TAP}"'
    assert quoted(replace(one(TAP), begins=False)) == f'On 14 March 2026 you said: "… {TAP}"'
    assert quoted(replace(one(TAP), ends=False)) == f'On 14 March 2026 you said: "{TAP} …"'


def test_of_a_talk_whose_day_is_not_known_no_day_is_named() -> None:
    undated = replace(one(TAP).conversation, dated=False, messages=(Message("user", TAP),))
    assert quoted(replace(one(TAP), conversation=undated)) == f'You said: "{TAP}"'


def test_the_day_is_that_of_the_message() -> None:
    later = replace(one(TAP).conversation, messages=(Message("user", TAP, DAY + dt.timedelta(days=60)),))
    said = replace(one(TAP), conversation=later)
    assert quoted(said) == f'On 13 May 2026 you said: "{TAP}"'
    assert evidence([said], [])[0].date == DAY + dt.timedelta(days=60)


def test_the_assistants_words_are_its_own() -> None:
    talk = Conversation("tap", "tap", DAY, (Message("assistant", "Look at the washer.", DAY),))
    said = Said(talk, 0, "Look at the washer.", begins=True, ends=True, score=0.6)
    assert quoted(said) == 'On 14 March 2026 I said: "Look at the washer."'
    bare = replace(talk, dated=False, messages=(Message("assistant", "Look at the washer."),))
    assert quoted(replace(said, conversation=bare)) == 'I said: "Look at the washer."'


@pytest.mark.parametrize(
    ("question", "role"),
    [
        ("What did you suggest for the tap?", "assistant"),
        ("Which glue was it that you recommended?", "assistant"),
        ("What was your advice about the lease?", "assistant"),
        ("What did I tell you about the tap?", "user"),
        ("What did my sister advise?", "user"),
        ("Who did I say told you so?", "user"),
        ("Do you know what I paid?", "user"),
    ],
)
def test_whose_words_are_asked_for(question: str, role: str) -> None:
    assert whose(question) == role


@given(st.text(st.sampled_from('ab "“”.,!?'), min_size=1, max_size=60).filter(lambda text: text.strip() != ""))
def test_no_mark_within_ends_the_quote(text: str) -> None:
    assert quoted(one(text)).count('"') == 2


def test_a_fact_comes_with_the_nearest_words_that_hold_it_or_not_at_all() -> None:
    lamp, tap, again = one("My lamp flickers."), one(TAP), one("Ferdinand again, about the lamp.")
    assert with_source("Ferdinand.", [lamp, tap, again]) == f"Ferdinand. {quoted(tap)}"
    assert with_source("Ingrid.", [lamp, tap, again]) is None
    assert with_source("Ferdinand.", []) is None
    assert with_source("", [tap]) is None and with_source(" . ", [tap]) is None
    assert with_source("83 euros", [lamp, one("It was eighty-three euros.")])


def test_what_is_near_is_shown_and_claims_nothing() -> None:
    said = nearest([one("My lamp flickers.", NEAR - 0.01), one(TAP, NEAR)])
    assert said == f"{UNSURE} {quoted(one(TAP))}"
    assert abstains(said) and contains(said, "the washer")
    assert nearest([one(TAP, NEAR - 0.01)]) == nearest([]) == UNKNOWN[0]
    assert [quote.text for quote in of_user(said)] == [TAP]


def test_the_log_is_shown_by_meaning_first_a_conversation_once() -> None:
    by_words = [Evidence("tap", DAY, "by words", 3), Evidence("choir", DAY, "[audition]", 1)]
    found = evidence([one(TAP), one("Far away.", NEAR - 0.01, "lamp"), one("It drips.")], by_words)
    assert [(each.conversation, each.excerpt) for each in found] == [("tap", TAP), ("choir", "[audition]")]
    assert evidence([], by_words) == by_words


@pytest.mark.parametrize("fact", ["Ferdinand", "the washer.", "Next door"])
def test_small_words_and_stops_do_not_count_in_a_fact(fact: str) -> None:
    assert with_source(fact, [one(TAP)])
