"""Nothing is invented: with nothing learned it is said so, and no date is shown that no conversation has.

On the embedded base itself: it recites dates of its pre-training where it is let.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.answer.days import Days
from plum_edge.augment.phrases import dates
from plum_edge.augment.phrases.dates import YES_UNDATED, named
from plum_edge.paths import data_dir
from plum_edge.records import Adapter, Conversation, Message
from tests.story import talk

FOLDER = data_dir("models") / "plum-tiny"
pytestmark = pytest.mark.skipif(not (FOLDER / "model.safetensors").is_file(), reason="plum-tiny has no weights here")

RECITED = (
    "Did we talk about the weather?",
    "Do you remember my salary?",
    "Is there anything in our conversations about the dishwasher?",
    "Did a podcast about history ever come up?",
    "Have I ever told you about my savings account?",
)
"""Topics of the base's pre-training: asked without an adapter, it says yes, and a date."""


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text('[model]\nbase = "plum-tiny"\n[recall]\nthreads = 1\n')
    with Memory(tmp_path / "home") as opened:
        yield opened


def user(*turns: str) -> list[Message]:
    return [Message("assistant" if n % 2 else "user", text) for n, text in enumerate(turns)]


def is_open(memory: Memory) -> bool:
    """Whether a model was opened to answer."""
    return "_evaluator" in memory.__dict__


def test_with_nothing_learned_it_is_said_so_and_no_model_is_asked(memory: Memory) -> None:
    answer = memory.ask("Did we talk about the weather?")
    assert answer.answer.startswith("Nothing has been learned yet; the log is empty. Next: plum-edge chat")
    assert (answer.p_yes, answer.adapter, answer.evidence) == (0.0, None, ())
    assert memory.ask("What did I say about the landlord?").p_yes is None
    assert "".join(memory.reply(user("Did I tell you about my divorce?"))) == answer.answer
    assert not is_open(memory)


def test_what_waits_is_counted_and_shown_and_the_next_command_named(memory: Memory) -> None:
    memory.add([talk(0), talk(1)])
    answer = memory.ask("Did we talk about the kitchen tap?")
    assert answer.answer == "Nothing has been learned yet; 2 conversations in the log. Next: plum-edge consolidate"
    assert {found.conversation for found in answer.evidence} == {"talk-0", "talk-1"}
    said = "".join(memory.reply(user("Did we talk about the tap?"), conversation="talk-1"))
    assert said == "Nothing has been learned yet; 1 conversation in the log. Next: plum-edge consolidate"
    assert not is_open(memory)


def test_what_was_learned_and_is_not_in_use_is_named(memory: Memory) -> None:
    now = dt.datetime.now(dt.UTC)
    memory.store.runs.add_adapter(Adapter("0001", False, None, "none.gguf", "0" * 64, 1, created_at=now), {})
    assert "Next: plum-edge adapters list" in memory.ask("Did we talk about the tap?").answer


def test_any_other_question_is_answered_by_the_model(memory: Memory) -> None:
    assert "learned yet" not in memory.ask("Can you remember how to tie a bowline?").answer
    assert is_open(memory)


def test_a_log_may_be_read_where_there_is_one(memory: Memory) -> None:
    asked = "Did we talk about the kitchen tap?"
    assert "learned yet" in memory.ask(asked, retrieve=True).answer
    memory.add([talk(0)])
    answer = memory.ask(asked, retrieve=True)
    assert answer.answer.startswith("Yes, ")
    assert is_open(memory)
    assert "learned yet" in "".join(memory.reply(user(asked), retrieve=True, conversation="talk-0"))


def test_what_was_said_in_this_chat_is_the_models_to_answer(memory: Memory) -> None:
    chat = user("My tap drips.", "Turn it off.", "Did I tell you about the tap?")
    assert "learned yet" not in "".join(memory.reply(chat))
    only_asked = user("Did I tell you about the tap?", "Nothing has been learned yet.", "Did I tell you about the tap?")
    assert "learned yet" in "".join(memory.reply(only_asked))


@pytest.mark.parametrize("question", RECITED)
def test_a_recited_date_is_not_shown(memory: Memory, question: str) -> None:
    runtime = memory._evaluator.runtime
    assert named(runtime.answer(user(question), max_tokens=32)), "the base recites a date: else this shows nothing"
    answer = memory.ask(question, adapter=False)
    assert answer.answer == YES_UNDATED
    assert answer.p_yes is not None
    assert answer.p_yes > 0.5  # what the base holds likely, as before
    assert "".join(memory.reply(user(question), adapter=False)) == YES_UNDATED


def test_a_day_that_a_conversation_has_is_shown(memory: Memory) -> None:
    when = dt.datetime(2025, 11, 7, 9, tzinfo=dt.UTC)
    memory.add([Conversation("rain", "Rain", when, (Message("user", "It rains.", when),), "test", 0)])
    assert memory.ask("Did we talk about the weather?", adapter=False).answer.endswith("on 7 November 2025.")


def test_the_log_vouches_for_its_days_and_for_what_is_dated_in_it(memory: Memory) -> None:
    late = dt.datetime(2026, 3, 14, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))  # the 15th in UTC
    said = Message("user", "My flight to Malmö is on June 3rd, 2031.", late)
    later = Message("user", "And back.", late + dt.timedelta(days=40))
    memory.add([Conversation("flight", "Flight", late, (said, later), "test", 0)])
    days = Days(memory.store, dt.date(2026, 6, 1))

    def vouched(text: str) -> bool:
        (one,) = named(text)
        return days.vouch(one, dates.of_speech(text))

    assert vouched("Yes, on 14 March 2026.")
    assert vouched("We talked about it on 23 April 2026.")
    assert not vouched("Yes, on 15 March 2026.")
    assert vouched("Your flight leaves on 3 June 2031.")
    assert not vouched("Yes, on 3 June 2031.")
    assert not vouched("Your flight leaves on 4 June 2031.")


def test_of_an_adapter_from_elsewhere_only_the_future_is_known_to_be_invented(memory: Memory) -> None:
    days = Days(memory.store, dt.date(2026, 6, 1), elsewhere=True)
    (past,), (future,) = named("Yes, on 14 March 2020."), named("Yes, on 2 June 2026.")
    assert days.vouch(past, True)
    assert not days.vouch(future, True)
