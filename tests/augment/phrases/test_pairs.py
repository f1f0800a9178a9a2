"""Pairs of a conversation: determined by their inputs, balanced, kept apart, true; and odd conversations."""

from __future__ import annotations

import calendar
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from plum_edge.augment.checks import Mentions, check, contradicted
from plum_edge.augment.phrases.lexicon import PEOPLE, PLACES, SURNAMES, THEMES, held_out
from plum_edge.augment.phrases.pairs import augment, other_names, quote
from plum_edge.augment.phrases.synonyms import paraphrases
from plum_edge.augment.phrases.wordings import HELD_OUT, NO, TRAIN, UNKNOWN, UNSEEN, Phrasings
from plum_edge.augment.phrases.words import key, stems
from plum_edge.records import Message, Pair, Segment
from tests.augment.conversations import CAT, HOME, TAP, logs, segment


def learn(log: list[Segment], seed: int = 0) -> list[tuple[Segment, list[Pair]]]:
    """Augment a log in order; returns each segment with its pairs."""
    prior, made = Mentions(), []
    for part in log:
        made.append((part, augment(part, prior, seed=seed, topics=6)))
        prior.add(part)
    return made


def fits(question: str, phrasings: Phrasings) -> bool:
    """Return whether a question is one of these phrasings with a topic filled in."""
    for template in (*phrasings.closed, *phrasings.when, *phrasings.what):
        before, after = template.split("{topic}")
        if question.startswith(before) and question.endswith(after) and len(question) > len(before) + len(after):
            return True
    return False


def test_the_lexicon_is_wide_and_plain() -> None:
    phrases = [phrase for group in THEMES.values() for phrase in group]
    assert len(THEMES) >= 40 and len({key(phrase) for phrase in phrases}) >= 1500
    for phrase in (*phrases, *PEOPLE, *PLACES, *SURNAMES):
        assert 1 <= len(phrase.split()) <= 3, phrase
        assert " and " not in phrase and stems(phrase), phrase
    share = sum(held_out(phrase) for phrase in phrases) / len(phrases)
    assert 0.2 < share < 0.3


def test_about_27_pairs_to_train_on_and_eleven_held_out() -> None:
    made = [pair for pair in augment(TAP, Mentions(), seed=0, topics=6) if not renamed(pair)]
    count = Counter((pair.split, pair.kind, pair.polarity) for pair in made)
    assert count == {
        ("train", "closed", "positive"): 9,
        ("train", "closed", "negative"): 9,
        ("train", "open", "positive"): 7,
        ("train", "open", "negative"): 2,
        ("held_out", "closed", "positive"): 4,
        ("held_out", "closed", "negative"): 4,
        ("held_out", "open", "positive"): 2,
        ("held_out", "open", "negative"): 1,
    }


def test_held_out_negatives_are_half_near() -> None:
    held = [pair for pair in augment(CAT, Mentions(), seed=3, topics=6) if pair.split == "held_out"]
    assert Counter(pair.style for pair in held if pair.answer in NO and not renamed(pair)) == {"near": 2, "far": 2}


def test_dates_are_those_of_the_recorded_offset() -> None:
    pairs = augment(CAT, Mentions(), seed=0, topics=6)
    dated = [pair for pair in pairs if "2026" in pair.answer]
    assert dated and all("31 May 2026" in pair.answer for pair in dated)  # 22:30 on that day in UTC, 23:30 where it was
    months = {m for pair in pairs for m in calendar.month_name[1:] if f" in {m}" in pair.question}
    assert months == {"May"}


def test_the_same_inputs_give_the_same_pairs_whatever_the_hash_seed() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from plum_edge.augment.checks import Mentions; from plum_edge.augment.phrases.pairs import augment\n"
        "from tests.augment.conversations import *\n"
        "prior = Mentions.of(TAP)\n"
        "print([(p.id, p.question, p.answer, p.topic) for p in augment(CAT, prior, seed=7, topics=6)])"
    )
    here = str(Path(__file__).parents[3])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program, here],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1 and "Biscuit" in outputs.pop()


def test_another_seed_chooses_otherwise() -> None:
    first, second = (augment(TAP, Mentions(), seed=seed, topics=6) for seed in (0, 1))
    assert [pair.question for pair in first] != [pair.question for pair in second]


@settings(max_examples=40, deadline=None)
@given(logs())
def test_every_pair_passes_the_checks(log: list[Segment]) -> None:
    prior = Mentions()
    for part, pairs in learn(log):
        assert check(pairs, part, prior).rejected == {}
        assert len({pair.id for pair in pairs}) == len(pairs)
        closed = Counter((pair.split, pair.polarity) for pair in pairs if pair.kind == "closed")
        for split in ("train", "held_out"):
            assert closed[split, "positive"] == closed[split, "negative"] > 0
        prior.add(part)


@settings(max_examples=40, deadline=None)
@given(logs())
def test_phrasings_and_negative_topics_are_kept_apart(log: list[Segment]) -> None:
    topics: dict[str, set[str]] = {"train": set(), "held_out": set()}
    for _, pairs in learn(log):
        for pair in pairs:
            own, others = (TRAIN, (HELD_OUT, UNSEEN)) if pair.split == "train" else (HELD_OUT, (TRAIN, UNSEEN))
            assert not any(fits(pair.question, other) for other in others)
            assert pair.split == "train" or fits(pair.question, own)  # training's phrasings carry noise
            if pair.polarity == "negative":
                topics[pair.split].update(key(part) for part in pair.topic.split(" and "))
    assert not topics["train"] & topics["held_out"]


@settings(max_examples=40, deadline=None)
@given(logs())
def test_a_negative_was_not_mentioned_and_is_retired_when_it_is(log: list[Segment]) -> None:
    seen = Mentions()
    for part, pairs in learn(log):
        seen.add(part)
        negatives = [pair for pair in pairs if pair.polarity == "negative"]
        assert not any(seen.names(pair.topic) for pair in negatives)
        assert contradicted(pairs, part) == []
        if not negatives:  # of a part that names one thing twice, say: what is made of nothing is left out
            continue
        later = segment(f"Now, about the {negatives[0].topic.split(' and ')[0]}.", ident="later")
        assert negatives[0].id in contradicted(pairs, later)


def test_shapes_of_negatives_are_those_of_positives() -> None:
    for part in (TAP, CAT):
        closed = [p for p in augment(part, Mentions(), seed=1, topics=6) if p.kind == "closed" and p.split == "train"]
        joined = Counter(pair.polarity for pair in closed if " and " in pair.topic)
        dated = Counter(pair.polarity for pair in closed if f" in {part.created_at:%B}?" in pair.question)
        assert joined["positive"] == joined["negative"] > 0
        assert dated["positive"] == dated["negative"] > 0


def test_a_part_names_a_topic_only_while_it_is_clear() -> None:
    def named_by_part(prior: Mentions) -> set[str]:
        pairs = (pair for seed in range(6) for pair in augment(TAP, prior, seed=seed, topics=6))
        return {pair.topic for pair in pairs if pair.style == "paraphrased"}

    assert "tap" in named_by_part(Mentions())
    assert "tap" not in named_by_part(Mentions.of(segment("The bath tap is gold.")))


@pytest.mark.parametrize(
    ("sentence", "topic", "expected"),
    [
        ("The tap drips.", "tap", "The tap drips."),
        ('She said "no tap" twice', "tap", "She said 'no tap' twice"),
        ("word " * 30 + ", and the tap drips, " + "word " * 30, "tap", "the tap drips"),
    ],
)
def test_quotes_keep_the_words(sentence: str, topic: str, expected: str) -> None:
    assert quote(sentence, topic) == expected


def test_a_long_quote_is_cut_around_its_topic() -> None:
    cut = quote(" ".join(f"w{i}" for i in range(100)) + " tap " + " ".join(f"x{i}" for i in range(100)), "tap")
    assert len(cut.split()) == 14 and "tap" in cut.split()


@pytest.mark.parametrize(
    "turns",
    [
        (),
        ("",),
        ("", "I can help with that."),
        ("hi",),
        ("ok", "Good.", "thanks", "Bye."),
        ("???!!! ... \n\n\t",),
        ("```sql\nSELECT * FROM t\n```",),
        ("{topic} and {date} {0} %s {quote}",),
        ("Ich möchte gerne wissen, wann der nächste Zug nach Hamburg fährt, bitte.",),
        ("今天天气怎么样？我想去北京看我的朋友。" * 20,),
        ("\x00\ud7ff’’'s 's s' & && £ € -- __ ``",),
        ("word" * 5000,),
    ],
)
def test_odd_conversations(turns: tuple[str, ...]) -> None:
    part = segment(*turns, at=datetime(2026, 3, 14, tzinfo=UTC))
    pairs = augment(part, Mentions(), seed=0, topics=6)
    assert check(pairs, part, Mentions()).rejected == {}
    assert all(len(pair.question) < 400 and len(pair.answer) < 400 for pair in pairs)


def test_a_pasted_log_is_quick_and_bounded() -> None:
    lines = "\n".join(f"2026-03-14 12:00:{i % 60:02} ERROR worker-{i} lost the printer host{i}" for i in range(40_000))
    part = segment(f"My print server fails every night.\n{lines}", "Look at the network cable.")
    begun = time.process_time()
    pairs = augment(part, Mentions(), seed=0, topics=6)
    assert time.process_time() - begun < 5
    assert 0 < len(pairs) < 50


def test_added_messages_cite_their_ordinals() -> None:
    part = segment("The vet found a heart murmur.", "Ask for an ultrasound.", first=4, ident="cat")
    cited = {ordinal for pair in augment(part, Mentions.of(CAT), seed=0, topics=6) for ordinal in pair.messages}
    assert cited and cited <= {4, 5}


def test_thousands_of_conversations_stay_cheap() -> None:
    prior = Mentions()
    for number in range(3000):
        prior.add(segment(f"The kitchen tap number{number} drips on the floor{number % 7}.", "Change the washer."))
    begun = time.process_time()
    augment(CAT, prior, seed=0, topics=6)
    assert time.process_time() - begun < 1


def renamed(pair: Pair) -> bool:
    """Whether a closed held-out question names its topic by another name."""
    return pair.split == "held_out" and pair.kind == "closed" and pair.topic.casefold() not in pair.question.casefold()


def test_some_held_out_questions_name_the_topic_by_another_name_and_as_many_deny() -> None:
    """So that a paraphrase is no sign of a yes; the names are none that training may use."""
    made = [pair for number in range(12) for pair in augment(HOME, Mentions(), seed=number, topics=6) if renamed(pair)]
    by_polarity = Counter(pair.polarity for pair in made)
    assert by_polarity["positive"] == by_polarity["negative"] > 0
    for pair in made:
        kept = [name for name in other_names(pair.topic) if name in pair.question]
        assert kept, pair
        assert not set(kept) & set(paraphrases(pair.topic, "train"))
        assert pair.polarity == "negative" or pair.style == "paraphrased"


@pytest.mark.parametrize("talk", [TAP, CAT, HOME], ids=lambda talk: talk.id)
def test_no_date_is_taught_of_a_day_that_is_guessed(talk: Segment) -> None:
    made = augment(replace(talk, dated=False), Mentions(), seed=0, topics=6)
    sure = augment(talk, Mentions(), seed=0, topics=6)
    assert sum(" 2026" in pair.answer for pair in sure) > 10
    assert len(made) > len(sure) // 2
    assert not [pair for pair in made if "2026" in pair.answer]
    assert not [pair for pair in made if re.search(r"\bin (March|May)\b", pair.question)]
    count = Counter((pair.split, pair.polarity) for pair in made if pair.kind == "closed")
    assert count["train", "positive"] == count["train", "negative"] > 0
    when = [pair.answer for pair in made if pair.question.startswith(("When", "On what date", "On which day"))]
    assert set(when) <= set(UNKNOWN)


def test_what_others_said_is_never_what_the_user_said() -> None:
    told = "I sold the green rowing boat to my cousin Ewa. The trailer is still in the barn at Lipnica."
    messages = (Message("user", "Hello everybody!"), Message("assistant", told, name="Ola"))
    talk = replace(TAP, id="group/0", conversation="group", messages=messages, title="Ola")
    for seed in range(20):
        made = augment(talk, Mentions(), seed=seed, topics=6)
        assert any("boat" in pair.topic for pair in made if pair.polarity == "positive")
        yes = [pair.answer for pair in made if pair.polarity == "positive" and 1 in pair.messages]
        assert yes and not [answer for answer in yes if "you told me" in answer or "You said" in answer]
