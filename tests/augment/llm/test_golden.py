"""The check of written pairs on pairs that were judged by hand: it keeps what is true, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plum_edge.augment import language
from plum_edge.augment.checks import Mentions
from plum_edge.augment.llm.grammar import KNOWN
from plum_edge.augment.llm.grounding import objection
from tests.augment.llm.golden import Golden, golden

GOLDEN = list(golden())


def believed(one: Golden) -> bool:
    """Whether the whole check, form included, lets a pair pass."""
    shown = frozenset(range(len(one.talk.messages)))
    here = Mentions.of(one.talk)
    return not objection(one.candidate, shown, one.talk, Mentions(), here, grammar=KNOWN[one.language])


def share(wanted: Callable[[Golden], bool]) -> float:
    chosen = [one for one in GOLDEN if wanted(one)]
    return sum(map(believed, chosen)) / len(chosen)


def test_there_are_fifty_of_each_and_both_languages() -> None:
    for truth in (True, False):
        for code, least in (("en", 50), ("de", 30)):
            assert sum(one.true is truth and one.language == code for one in GOLDEN) >= least
    assert len({one.talk.id for one in GOLDEN}) >= 20
    assert all(one.candidate.cites and max(one.candidate.cites) < len(one.talk.messages) for one in GOLDEN)


@pytest.mark.parametrize("code", ["en", "de"])
def test_four_of_five_true_pairs_are_kept(code: str) -> None:
    assert share(lambda one: one.true and one.language == code) >= 0.8


@pytest.mark.parametrize("code", ["en", "de"])
def test_no_more_than_one_of_twenty_false_pairs_is(code: str) -> None:
    assert share(lambda one: not one.true and one.language == code) <= 0.05


@pytest.mark.parametrize("part", ["tune", "report", "fresh", "second", "third"])
def test_each_part_by_itself(part: str) -> None:
    assert share(lambda one: one.true and one.part == part) >= 0.8
    assert share(lambda one: not one.true and one.part == part) <= 0.05


def test_what_nothing_was_changed_for_is_kept_less_often_and_hardly_ever_wrongly() -> None:
    """Honest figures are those of pairs that nobody has looked at yet.

    These: 8 of 14 true pairs and 1 of 17 false ones at first, 10 and 1 now. The second set at first sight: 25 of 39
    and 4 of 38; the third, when the check had been mended for the second: 17 of 23 and 2 of 23.
    """
    assert share(lambda one: one.true and one.part == "last") >= 0.5
    assert share(lambda one: not one.true and one.part == "last") <= 0.06


@pytest.mark.parametrize("talk", {one.talk.id: one for one in GOLDEN}.values(), ids=lambda one: one.talk.id)
def test_the_language_of_each_conversation_is_known(talk: Golden) -> None:
    assert language.spoken(talk.talk) == talk.language


def test_a_reader_has_the_last_word_on_what_words_leave_open_and_none_on_numbers() -> None:
    """What reads everything as supported lets other words pass, and no wrong number, day or name."""

    def passes(one: Golden, supported: float) -> bool:
        shown, here = frozenset(range(len(one.talk.messages))), Mentions.of(one.talk)
        grammar = KNOWN[one.language]
        return not objection(
            one.candidate, shown, one.talk, Mentions(), here, grammar=grammar, entails=lambda *_: supported
        )

    assert not any(passes(one, 0.0) for one in GOLDEN)
    assert sum(passes(one, 1.0) for one in GOLDEN if one.true) >= sum(believed(one) for one in GOLDEN if one.true)
    hard = [one for one in GOLDEN if one.sort == "wrong day" or (one.sort, one.language) == ("wrong name", "en")]
    assert hard and not any(passes(one, 1.0) for one in hard if not one.true)  # German writes all nouns as names
