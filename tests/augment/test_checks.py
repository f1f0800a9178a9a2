"""Mentions, and the checks that every pair passes or fails for a named reason."""

from __future__ import annotations

from dataclasses import replace

from plum_edge.augment.checks import Mentions, check, contradicted
from plum_edge.records import Pair
from tests.augment.conversations import CAT, TAP, segment

YES = Pair(
    TAP.id, "Did we talk about the tap?", "Yes.", "closed", "positive", "train", "verbatim", "tap", messages=(0,)
)
NO = Pair(TAP.id, "Did we talk about the piano?", "No.", "closed", "negative", "train", "far", "piano")


def test_a_phrase_is_mentioned_when_one_message_holds_all_of_it() -> None:
    log = Mentions.of(TAP)
    assert log.mentions("washers for taps") and log.mentions("the kitchen's tap")
    assert not log.mentions("washing machine tap")  # in two messages
    assert not log.mentions("piano") and not log.mentions("")
    assert log.names("piano and kitchen tap") and not log.names("piano and violin")


def test_system_messages_are_no_mention() -> None:
    part = segment("hello")
    instructed = replace(part, messages=(replace(part.messages[0], role="system", content="piano"), *part.messages))
    assert not Mentions.of(instructed).mentions("piano")


def test_each_reason() -> None:
    empty = Mentions()
    quoted = replace(YES, question="What about the tap?", kind="open", answer='You said: "the tap sings opera"')
    cases = {
        "other segment": replace(YES, segment="elsewhere/0"),
        "no question": replace(YES, question=" "),
        "no topic": replace(YES, topic="", question="And?"),
        "not grounded": replace(YES, topic="tuba", question="The tuba?"),
        "quote not grounded": quoted,
        "already discussed": replace(NO, topic="stopcock", question="The stopcock?"),
    }
    for reason, pair in cases.items():
        assert check([pair], TAP, empty).rejected == {reason: 1}, reason
    assert check([YES, NO, replace(YES, question="did we talk about the tap")], TAP, empty).rejected == {"duplicate": 1}
    assert check([NO], TAP, Mentions.of(segment("I play the piano."))).rejected == {"already discussed": 1}


def test_what_is_cited_must_exist() -> None:
    assert check([replace(YES, messages=(99,)), replace(YES, messages=())], TAP, Mentions()).kept == []
    later = replace(TAP, first=4)
    assert check([replace(YES, messages=(4,)), NO], later, Mentions()).rejected == {}


def test_closed_pairs_are_balanced_in_each_split() -> None:
    more = [replace(YES, question=f"Did we talk about the tap {i}?") for i in range(3)]
    done = check([*more, NO], TAP, Mentions())
    assert done.kept == [more[0], NO]
    assert done.rejected == {"unbalanced": 2}
    assert check([YES, replace(NO, split="held_out")], TAP, Mentions()).kept == []


def test_a_later_segment_retires_the_negatives_that_it_makes_false() -> None:
    both = replace(NO, question="The violin and the vet?", topic="violin and vet")
    held = replace(NO, question="The carpet?", topic="carpet", split="held_out")
    assert contradicted([YES, NO, both, held], CAT) == [both.id, held.id]
    assert contradicted([NO], segment("Nothing", "Buy a piano.")) == [NO.id]
