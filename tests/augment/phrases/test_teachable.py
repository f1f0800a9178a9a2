"""What the user asked the memory teaches nothing; what the user told in the same breath does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plum_edge.augment.checks import Mentions, check, contradicted
from plum_edge.augment.phrases.pairs import augment
from plum_edge.augment.phrases.teachable import teachable, told, without_questions
from plum_edge.augment.phrases.words import stems
from plum_edge.records import Pair
from tests.augment.asked import OF_TALK, ORDINARY
from tests.augment.conversations import CAT, TAP, segment

NOTHING = [
    ("Did I tell you about my divorce?", "No, we have not talked about that.", "divorce"),
    ("Have I ever mentioned a violin to you?", "No, not so far.", "violin"),
    ("do you remember my sister's wedding", "Yes, on 14 March 2026.", "wedding"),
    ("When did we talk about the mortgage?", "You have not told me about that.", "mortgage"),
    ("What did I say about the landlord?", "You have not told me about that.", "landlord"),
    ("Hi! Did we discuss the marathon? Thanks!", "No, that has not come up.", "marathon"),
    ("I told you about the burglary, didn't I?", "No, not so far.", "burglary"),
    ("Remind me what I told you about the insurance.", "I do not know.", "insurance"),
    ("Did the greenhouse ever come up?", "No, the greenhouse has not come up.", "greenhouse"),
    ("Was the pension something we talked about?", "Yes, you told me about your pension.", "pension"),
    ("Do we have anything on beekeeping in our conversations?", "No beekeeping so far.", "beekeeping"),
    ("Does the name Brannagh ring a bell?", "Brannagh does not.", "Brannagh"),
    ("Is there a note of my allergy anywhere?", "No allergy.", "allergy"),
    ("Could it be that I asked you about a lawyer?", "About a lawyer, no.", "lawyer"),
    ("Have you heard about my tattoo from me? I can't recall.", "No, of no tattoo.", "tattoo"),
    ("So you know about my sailing boat, right?", "No, not so far.", "sailing boat"),
    ("Is my kayak known to anybody here?", "No, we have not talked about that.", "kayak"),
    ("And my knee surgery, where do we stand?", "You have not told me about that.", "surgery"),
    ("Just checking: did I ask you for help with the choir?", "With the choir? No.", "choir"),
]
"""A question to the memory, its answer, and what must not be learned of it."""

SOMETHING = [
    ("Did I tell you about my divorce? It was final in May.", "divorce"),
    ("Have I mentioned my violin? I sold it to a dealer in Leith.", "dealer"),
    ("Did I tell you about Elsa's baby? She was born on Sunday.", "baby"),
    ("The burglars came in by the cellar window. Did I tell you about that?", "cellar window"),
    ("Do you remember my cat? The vet found a lump on her thyroid.", "thyroid"),
    ("Did we talk about the marathon? My knee hurts since the last training run.", "knee"),
    ("I bought a tent for Norway.\nHave I told you about the trip?", "tent"),
    ("Have we discussed my loan? That bank wants nine percent now.", "bank"),
    ("I think the boiler is dying. Did the boiler come up before?", "boiler"),
    ("Remember when I told you about the piano? It has a cracked soundboard.", "piano"),
    ("My mother moved into a nursing home, did I tell you?", "nursing home"),
    ("As I told you, the gutter leaks. What sealant do I need?", "gutter"),
    ("Our kitchen ceiling has a brown stain. Can you remember how to test for mould?", "brown stain"),
    ("I told my boss about the burnout today.", "burnout"),
    ("We talked to the landlord about the damp wall.", "damp wall"),
    ("Please remember my appointment with the dentist on Friday.", "dentist"),
]
"""What a user tells, with or without a question beside it, and what is to be learned of it."""


def topics(pairs: list[Pair]) -> set[str]:
    return {stem for pair in pairs if pair.polarity == "positive" for stem in stems(pair.topic)}


@pytest.mark.parametrize(("asked", "answered", "topic"), NOTHING)
def test_a_question_to_the_memory_and_its_answer_teach_nothing(asked: str, answered: str, topic: str) -> None:
    talk = segment(asked, answered, "The leeks need frost before they taste of anything.", "So they say.")
    pairs = check(augment(talk, Mentions(), seed=0, topics=6), talk, Mentions()).kept
    assert set(stems("leeks")) <= topics(pairs)
    assert not set(stems(topic)) & topics(pairs)
    assert not Mentions.of(talk).mentions(topic)
    assert augment(segment(asked, answered), Mentions(), seed=0, topics=6) == []


@pytest.mark.parametrize(("said", "topic"), SOMETHING)
def test_what_is_told_beside_it_does(said: str, topic: str) -> None:
    talk = segment(said, "I see.")
    assert set(stems(topic)) <= topics(augment(talk, Mentions(), seed=0, topics=6))
    assert Mentions.of(talk).mentions(topic)


def test_what_is_told_beside_a_question_that_was_denied_stays() -> None:
    left = without_questions("My kayak leaks at the stern. Known here?", of_memory=True)
    assert left == "My kayak leaks at the stern. "
    assert without_questions("Is my kayak known to anybody here?") == "Is my kayak known to anybody here?"


@pytest.mark.parametrize(
    "reply",
    [
        'I am not sure. On 5 March 2026 you said: "My teeth hurt."',
        'Dr Farrow. On 5 March 2026 you said: "I go to Dr Farrow."',
        'Dr Farrow. You said: "I go to Dr Farrow."',
        'The washer. On 5 March 2026 I said: "Look at the washer."',
    ],
)
def test_a_question_that_was_answered_with_the_users_own_words_teaches_nothing(reply: str) -> None:
    asked = segment("What is the name of my dentist? My knee hurts.", reply)
    assert [message.content for message in told(asked).messages] == ["My knee hurts.", ""]
    story = f'{"The lamp went out and nobody moved for a while. " * 5}I said: "Go home."'
    for other in ("Call them. You said so yourself.", "I am not sure. Call them.", story):
        assert told(segment("What is the name of my dentist?", other)).messages[0].content


def test_a_no_stays_true_when_it_is_asked_for_and_falls_when_it_is_told() -> None:
    no = Pair("a/0", "Did we talk about a divorce?", "No, not so far.", "closed", "negative", "train", "far", "divorce")
    assert contradicted([no], segment("Did I tell you about my divorce?", "No, not so far.")) == []
    assert contradicted([no], segment("Did I tell you about my divorce? It was final in May.", "Oh.")) == [no.id]


def test_the_statement_goes_on_from_the_question_that_names_its_topic() -> None:
    text = "Did I tell you about my divorce? It was final in May. Did we talk about the tap?"
    assert without_questions(text) == "Did I tell you about my divorce – It was final in May. "


def test_ordinals_and_roles_stay() -> None:
    talk = segment("Did we talk about tents?", "No, not so far.", "I bought a tent.", "Good.", first=4)
    left = told(talk)
    assert [message.role for message in left.messages] == [message.role for message in talk.messages]
    assert [message.content for message in left.messages] == ["", "", "I bought a tent.", "Good."]
    assert (left.first, left.id, left.created_at) == (talk.first, talk.id, talk.created_at)
    (pair, *_) = augment(talk, Mentions(), seed=0, topics=2)
    assert pair.messages == (6,)


@pytest.mark.parametrize("talk", [TAP, CAT])
def test_a_conversation_without_such_questions_is_left_as_it_is(talk) -> None:  # type: ignore[no-untyped-def]
    assert teachable(talk) == talk


@example(["Tell me, did we discuss the holiday?", "He asked me whether I wanted tea. How do I put that in Portuguese?"])
@given(st.lists(st.sampled_from((*OF_TALK, *ORDINARY, "It was in May.", "I have a cat.")), max_size=6))
def test_what_is_left_asks_the_memory_nothing(parts: list[str]) -> None:
    talk = segment(" ".join(parts), "Yes, on 14 March 2026.")
    left = told(talk)
    assert told(left).messages[0] == left.messages[0]
    if left.messages[0] == talk.messages[0]:
        assert left == talk
    else:
        assert left == replace(talk, messages=(left.messages[0], replace(talk.messages[1], content="")))
