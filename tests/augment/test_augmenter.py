"""What every augmenter must do, whoever makes the pairs: one suite, and each implementation goes through it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from plum_edge.augment.augmenter import FOREIGN, Augmenter, foreign, prepare
from plum_edge.augment.checks import Mentions
from plum_edge.augment.llm import prompts
from plum_edge.augment.llm.augmenter import LlmAugmenter, Written, ask, judged
from plum_edge.augment.llm.windows import windows
from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.augmenter import PhraseAugmenter
from plum_edge.augment.phrases.words import stem, stems, words
from plum_edge.records import Message, Pair, Segment
from tests.augment.conversations import CAT, HOME, TAP, segment

GERMAN = segment(
    "Ich habe heute den Mietvertrag unterschrieben. Die Wohnung kostet 780 Euro, und Murat leiht mir seinen Wagen.",
    "Glückwunsch! Die Umzugskisten bekommst du im Baumarkt.",
    "Meine Schwester Jana hilft mir beim Streichen.",
    ident="umzug",
)
SWEDISH = segment("Jag köpte en bil igår med min bror, och den är redan trasig.", ident="bil")
WORDLESS = segment("We said so, and then it was over and they were gone.", ident="nothing")
"""The phrase finder has nothing to ask about here."""

_YES = ("Did we talk about the {0}?", "Did I mention the {0}?", "Have I told you about the {0}?")
_EXAM = ("Have we ever discussed, you and I, some {0}?", "Would you say that we discussed a {0}?")


def objects(discussed: bool, forms: Sequence[str], topics: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    return [
        {"kind": "closed", "discussed": discussed, "cites": [n] * discussed, "topic": topic, "answer": "",
         "question": forms[place % len(forms)].format(topic)}
        for place, (topic, n) in enumerate(topics)
    ]  # fmt: skip


NOT = [(f"{one} {other}", 0) for one in ("brass", "velvet", "amber") for other in ("trombone", "saddle", "lantern")]
TOPICS = {
    "tap": [("washer", 0), ("stopcock", 2), ("kitchen tap", 0)],
    "cat": [("thyroid", 0), ("carrier", 2), ("carpet", 2)],
    "home": [("oven", 0), ("bicycle", 2), ("carpet", 0)],
    "nothing": [],
}


def good(talk: Segment) -> Written:
    """Stand in for a model that writes well: of each angle something else, and an examination in other words."""

    def generate(messages: Sequence[Message], _schema: Mapping[str, object]) -> str:
        found = TOPICS[talk.conversation]
        if prompts.EXAM in messages[-1].content:
            made = [*objects(True, _EXAM, found), *objects(False, _EXAM, NOT[-3:])]
        else:
            made = [*objects(True, _YES, found), *objects(False, _YES[1:], NOT[:3])]
        return json.dumps({"pairs": made})

    return [(window, ask(window, generate)) for window in windows(talk, 4000, len)]


def german(talk: Segment) -> Written:
    """Stand in for a model that writes German of a German talk."""
    told = [
        ("Wohnung", "Was kostet die Wohnung?", "Die Wohnung kostet 780 Euro."),
        ("Wagen", "Wer leiht mir den Wagen?", "Murat leiht dir seinen Wagen."),
        ("Wagen", "Wem leihe ich den Wagen?", "Du leihst Murat deinen Wagen."),
    ]
    exam = [("Mietvertrag", "Was habe ich mit dem Mietvertrag gemacht?", "Du hast den Mietvertrag unterschrieben.")]

    def generate(messages: Sequence[Message], _schema: Mapping[str, object]) -> str:
        rows = exam if prompts.EXAM in messages[-1].content else told
        made = [
            {"kind": "open", "discussed": True, "cites": [0], "topic": topic, "question": asked, "answer": answer}
            for topic, asked, answer in rows
        ]
        return json.dumps({"pairs": made})

    return [(window, ask(window, generate)) for window in windows(talk, 4000, len)]


MAKERS: dict[str, Callable[[], Augmenter]] = {
    "phrases": lambda: PhraseAugmenter(seed=1, topics=6),
    "llm": lambda: LlmAugmenter(good, seed=1, topics=6),
}


@pytest.fixture(params=sorted(MAKERS))
def augmenter(request: pytest.FixtureRequest) -> Augmenter:
    return MAKERS[request.param]()


TALKS = pytest.mark.parametrize("talk", [TAP, CAT, HOME], ids=lambda one: one.conversation)


def made(augmenter: Augmenter, talk: Segment, *before: Segment) -> list[Pair]:
    return augmenter.pairs_of(talk, Mentions.of(*before)).kept


def shape(question: str) -> frozenset[str]:
    return frozenset(map(stem, words(question)))


def test_it_says_who_it_is(augmenter: Augmenter) -> None:
    assert augmenter.name in MAKERS and augmenter.version and "en" in augmenter.languages


@TALKS
def test_a_pair_carries_where_it_comes_from(augmenter: Augmenter, talk: Segment) -> None:
    pairs = made(augmenter, talk)
    assert pairs and {pair.segment for pair in pairs} == {talk.id}
    assert {pair.split for pair in pairs} == {"train", "held_out"}
    assert augmenter.name in {pair.origin for pair in pairs}
    assert all(pair.question.endswith("?") or pair.origin == "phrases" for pair in pairs)
    assert all(pair.answer and pair.topic for pair in pairs)


@TALKS
def test_a_positive_rests_on_messages_that_name_its_topic_and_a_negative_on_none(
    augmenter: Augmenter, talk: Segment
) -> None:
    for pair in made(augmenter, talk):
        said = {stem(word) for n in pair.messages for word in words(talk.messages[n - talk.first].content)}
        assert bool(pair.messages) == (pair.polarity == "positive")
        assert pair.polarity == "negative" or said >= set(stems(pair.topic))


@TALKS
def test_yes_and_no_balance_in_either_split(augmenter: Augmenter, talk: Segment) -> None:
    pairs = made(augmenter, talk)
    for split in ("train", "held_out"):
        counts = Counter(pair.polarity for pair in pairs if pair.kind == "closed" and pair.split == split)
        assert counts["positive"] == counts["negative"] > 0


@TALKS
def test_no_negative_names_what_the_log_has(augmenter: Augmenter, talk: Segment) -> None:
    log = Mentions.of(CAT, HOME, TAP)
    negatives = [pair for pair in made(augmenter, talk, CAT, HOME, TAP) if pair.polarity == "negative"]
    assert negatives and not [pair for pair in negatives if log.names(pair.topic)]


@TALKS
def test_what_is_held_out_is_in_words_that_training_never_saw(augmenter: Augmenter, talk: Segment) -> None:
    pairs = made(augmenter, talk)
    train = [pair for pair in pairs if pair.split == "train"]
    for held in (pair for pair in pairs if pair.split == "held_out"):
        asked = shape(held.question)
        near = [
            one.question for one in train if len(asked & shape(one.question)) >= 0.8 * len(asked | shape(one.question))
        ]
        assert not near, (held.question, near)
        if held.polarity == "negative":
            assert not [one.question for one in train if set(stems(held.topic)) <= set(stems(one.question))]


@TALKS
def test_it_makes_the_same_again(augmenter: Augmenter, talk: Segment) -> None:
    assert augmenter.pairs_of(talk, Mentions.of(HOME)) == augmenter.pairs_of(talk, Mentions.of(HOME))


def test_another_language_is_refused_and_counted(augmenter: Augmenter) -> None:
    found = augmenter.pairs_of(SWEDISH, Mentions())
    assert found.kept == [] and found.rejected == {FOREIGN: 1}
    assert foreign(SWEDISH, augmenter.languages) == "sv"


def test_nothing_said_gives_nothing(augmenter: Augmenter) -> None:
    assert made(augmenter, WORDLESS) == []


def test_phrases_make_no_english_nouns_of_german() -> None:
    assert MAKERS["phrases"]().pairs_of(GERMAN, Mentions()).rejected == {FOREIGN: 1}


def test_a_model_is_asked_where_phrases_find_nothing_and_has_held_out_questions_of_its_own() -> None:
    found = LlmAugmenter(german, seed=1, topics=6).pairs_of(GERMAN, Mentions())
    by_split = {split: {p.question for p in found.kept if p.split == split} for split in ("train", "held_out")}
    assert by_split["train"] == {"Was kostet die Wohnung?", "Wer leiht mir den Wagen?"}
    assert by_split["held_out"] == {"Was habe ich mit dem Mietvertrag gemacht?"}
    assert found.rejected["another person"] == len(prompts.ANGLES)
    assert {pair.origin for pair in found.kept} == {"llm"}


def test_what_the_examination_asks_is_refused_in_training() -> None:
    def generate(_messages: Sequence[Message], _schema: Mapping[str, object]) -> str:
        return json.dumps({"pairs": objects(True, ("Did the {0} worry me?",), [("washer", 0)])})

    written = [(window, ask(window, generate)) for window in windows(TAP, 4000, len)]
    found = LlmAugmenter(lambda _: written, seed=1, topics=6).pairs_of(TAP, Mentions())
    assert not [pair for pair in found.kept if pair.origin == "llm" and pair.split == "train"]


def test_a_reader_is_asked_once_and_what_it_said_is_kept() -> None:
    asked: list[tuple[str, str, str]] = []
    (window,) = windows(GERMAN, 4000, len)
    answers = german(GERMAN)[0][1]

    def supported(*one: str) -> bool:
        asked.append(one)  # type: ignore[arg-type]
        return "Wohnung" in one[1]

    read = [(window, [*answers, judged(GERMAN, answers, supported)])]
    count = len(asked)
    found = LlmAugmenter(lambda _: read, seed=1, topics=6).pairs_of(GERMAN, Mentions())
    assert count and len(asked) == count
    assert {pair.question for pair in found.kept} == {"Was kostet die Wohnung?"}
    assert found.rejected["not read so"] > 0


def test_answers_to_closed_questions_are_never_the_models() -> None:
    for pair in made(MAKERS["llm"](), TAP):
        if pair.origin == "llm" and pair.polarity == "negative":
            assert pair.answer in (*wordings.NO, *wordings.UNKNOWN)


def test_there_is_one_place_where_a_segment_is_prepared() -> None:
    assert prepare(TAP) == TAP
