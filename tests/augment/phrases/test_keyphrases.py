"""What a conversation is about: noun phrases, ranked, diverse; and a bound on odd input."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings

from plum_edge.augment.checks import Mentions
from plum_edge.augment.phrases.chunks import noun_phrases
from plum_edge.augment.phrases.keyphrases import key_phrases, sentences
from plum_edge.augment.phrases.words import FUNCTION, stem, stems, words
from tests.augment.conversations import CAT, TAP, logs, segment


@pytest.mark.parametrize(
    "forms",
    [
        "washer washers washer's washers'",
        "bake bakes baking baked",
        "add adds adding added",
        "fly flies flying",
        "knit knits knitting knitted",
        "knife knives",
        "box boxes boxing boxed",
        "use used using",
        "study studies studying studied",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["bed bee", "string sting", "bus bush", "gas gasp", "thing the", "seed see", "news new"]
)
def test_other_words_keep_their_own_stem(pair: str) -> None:
    first, second = pair.split()
    assert stem(first) != stem(second)


@pytest.mark.parametrize(
    ("sentence", "named", "unnamed"),
    [
        ("The kitchen tap leaks at night.", {"kitchen tap", "tap"}, {"kitchen tap leaks", "leaks"}),
        ("I fixed two leaks with my drill.", {"leaks", "drill"}, {"fixed"}),
        ("Elsa's fine and Elsa's baby sleeps.", {"Elsa", "Elsa's baby"}, {"Elsa's fine"}),
        ("Dr Farrow says that the wall sit hurts.", {"Dr Farrow"}, {"Farrow", "Dr Farrow says"}),
        ("I need a 3/8 inch washer.", {"3/8 inch washer"}, {"inch washer"}),
        ("We took tram 28 to the castle.", {"tram 28", "castle"}, {"28"}),
        ("It is really gorgeous, quickly please.", set(), {"gorgeous", "quickly"}),
    ],
)
def test_noun_phrases(sentence: str, named: set[str], unnamed: set[str]) -> None:
    found = {phrase.text for phrase in noun_phrases(sentence)}
    assert named <= found
    assert not unnamed & found


def test_the_user_comes_first_and_the_title_leads() -> None:
    found = [phrase.text for phrase in key_phrases(TAP, 6)]
    assert found[0] == "kitchen tap"
    assert any("washer" in phrase for phrase in found)
    assert sum(not phrase.by_user for phrase in key_phrases(TAP, 6)) <= 2


def test_what_the_user_refuses_is_no_topic() -> None:
    said = segment("How do I clean silver?", "Use the purple toothpaste.", "No, that ruins it.", "Then a cloth.")
    assert "purple toothpaste" not in {phrase.text for phrase in key_phrases(said, 10)}


def test_names_are_written_as_names() -> None:
    found = {phrase.text for phrase in key_phrases(CAT, 8)}
    assert "Biscuit" in found
    later = segment("biscuit scratched the sofa again")
    log = Mentions.of(*[segment("I took Biscuit out, and Biscuit sneezed.", ident=str(i)) for i in range(3)])
    assert "biscuit" in {phrase.text.casefold() for phrase in key_phrases(later, 6, is_name=log.is_name)}


def test_rarity_prefers_what_is_new() -> None:
    log = Mentions.of(*[segment("My kitchen needs paint.", ident=str(i)) for i in range(20)])
    assert log.rarity(stem("kitchen")) < log.rarity(stem("harmonium"))


def test_code_and_markup_name_nothing() -> None:
    said = segment("## Help\n**Why** does this fail?\n```python\nspam = eggs(ham)\n```\nThe login page is blank.")
    found = {phrase.text for phrase in key_phrases(said, 10)}
    assert "login page" in found
    assert not found & {"spam", "eggs", "ham"}
    assert all("```" not in sentence and "**" not in sentence for sentence in sentences(said.messages[0].content))


@settings(max_examples=60, deadline=None)
@given(logs())
def test_every_topic_is_one_to_three_words_of_the_conversation(log: list) -> None:
    for part in log:
        spoken = {stem(word) for message in part.messages for word in words(message.content)}
        found = key_phrases(part, 6)
        assert len({tuple(stems(phrase.text)) for phrase in found}) == len(found)
        for phrase in found:
            assert 1 <= len(phrase.text.split()) <= 3
            assert spoken.issuperset(stems(phrase.text))
            assert phrase.text.casefold() not in FUNCTION
            assert 0 <= phrase.message < len(part.messages)


def test_a_pasted_log_is_quick() -> None:
    pasted = segment(
        "Why does this fail?\n" + "\n".join(f"2026-03-14 ERROR worker {i} lost host{i}" for i in range(40_000))
    )
    begun = time.process_time()
    key_phrases(pasted, 6)
    assert time.process_time() - begun < 2
