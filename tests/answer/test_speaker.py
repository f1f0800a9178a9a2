"""Nothing is invented: with nothing learned it is said so, and no date is shown that no conversation has.

On the embedded base itself: it recites dates of its pre-training where it is let.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plum_edge import Memory
from plum_edge.answer.days import Days
from plum_edge.answer.undated import unknown_date
from plum_edge.augment.phrases import dates
from plum_edge.augment.phrases.dates import YES_UNDATED, named
from plum_edge.config import Template
from plum_edge.paths import data_dir
from plum_edge.records import Adapter, Basis, Conversation, Message
from plum_edge.runtime import GREEDY, Runtime, Sampling
from tests.serve.conftest import learn
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


@pytest.mark.parametrize("asked", ["I was born in 1981", "my wedding on 4 May 2031", "the exam on June the 5th, 2031"])
def test_a_date_that_somebody_wrote_in_any_way_may_be_asked_about(memory: Memory, asked: str) -> None:
    when = dt.datetime(2026, 3, 14, tzinfo=dt.UTC)
    told = "My year of birth is 1981. We marry on May 4th, the exam is on 2031-06-05."
    memory.add([Conversation("told", "Told", when, (Message("user", told, when),), "test", 0)])
    days = Days(memory.store, dt.date(2026, 6, 1))
    assert unknown_date(user(f"Did I tell you about it: {asked}?"), days.vouch) is None
    assert unknown_date(user(f"Did I tell you about it: {asked} and in 1812?"), days.vouch) == "1812"


def test_of_an_adapter_from_elsewhere_only_the_future_is_known_to_be_invented(memory: Memory) -> None:
    days = Days(memory.store, dt.date(2026, 6, 1), elsewhere=True)
    (past,), (future,) = named("Yes, on 14 March 2020."), named("Yes, on 2 June 2026.")
    assert days.vouch(past, True)
    assert not days.vouch(future, True)


def test_a_question_that_names_a_date_vouches_for_none(memory: Memory) -> None:
    when = dt.datetime(2026, 3, 14, tzinfo=dt.UTC)
    asked = Message("user", "Did I tell you about the flight on 3 June 2031?", when)
    memory.add([Conversation("asked", "Asked", when, (asked,), "chat", 0)])
    (flight,) = named("Your flight leaves on 3 June 2031.")
    assert not Days(memory.store, dt.date(2026, 6, 1)).vouch(flight, False)


def remembering(memory: Memory) -> None:
    """Put an adapter to use that no file belongs to: whoever opens a model with it fails."""
    memory.add([talk(0)])
    now = dt.datetime.now(dt.UTC)
    memory.store.runs.add_adapter(Adapter("0001", False, None, "none.gguf", "0" * 64, 1, created_at=now), {})
    memory.store.runs.use("0001")


@pytest.mark.parametrize("retrieve", [False, True])
@pytest.mark.parametrize(
    ("question", "date"),
    [
        ("Did we talk about the kitchen tap on 4 October 1999?", "4 October 1999"),
        ("Have we talked about the tap in July 2131?", "July 2131"),
        ("Did I mention a tap on 2131-05-04?", "2131-05-04"),
    ],
)
def test_a_day_that_the_log_knows_nothing_of_is_denied_without_a_model(
    memory: Memory, question: str, date: str, retrieve: bool
) -> None:
    remembering(memory)
    answer = memory.ask(question, retrieve=retrieve)
    assert answer.answer == f"No: the log has nothing from {date}, and nothing in it names that date."
    assert (answer.p_yes, answer.adapter) == (0.0, None)
    assert "".join(memory.reply(user(question), retrieve=retrieve)) == answer.answer
    assert not is_open(memory)


def test_what_was_said_on_such_a_day_is_denied_too(memory: Memory) -> None:
    remembering(memory)
    answer = memory.ask("What did we discuss on 12 August 2131?")
    assert answer.answer.startswith("The log has nothing from 12 August 2131")
    assert answer.p_yes is None and not is_open(memory)


def test_what_was_asked_before_is_no_evidence(memory: Memory) -> None:
    memory.add([Conversation("asked", "Asked", dt.datetime(2026, 3, 14, tzinfo=dt.UTC), tuple(user(RECITED[0])))])
    assert memory.ask(RECITED[0]).evidence == ()
    assert memory.evidence(RECITED[0]) == []


def test_an_answer_says_what_it_rests_on(memory: Memory) -> None:
    assert memory.speaker.basis() is None
    "".join(memory.reply(user(RECITED[0])))
    assert memory.speaker.basis() == Basis("nothing")
    "".join(memory.reply(user(RECITED[0]), adapter=False))
    basis = memory.speaker.basis()
    assert basis is not None
    assert (basis.source, basis.adapter) == ("base", None)
    assert basis.p_yes is not None
    assert basis.p_yes > 0.5
    memory.add([talk(0)])
    "".join(memory.reply(user("What about the kitchen tap?"), retrieve=True))
    read = memory.speaker.basis()
    assert read is not None
    assert read.source == "log"
    assert "tap" in read.asked[0].content


GERMAN = "Guten Abend, ich habe heute mit der Nachbarin über den Garten und die Äpfel gesprochen."


@pytest.mark.parametrize(
    ("text", "opens", "source"),
    [
        ("Did we talk about the kitchen tap?", "It drips", "weights"),
        ("What is the name of my dog?", "I do not know: we", "weights"),
        ("What is the name of my dog?", "Dogs are loyal", "base"),
        ("Please write a poem about my dog.", "Yes, we talked", "base"),
        ("I bought bread today.", "Yes, we talked", "base"),
        (GERMAN, "Der Garten ist", "weights"),
        (GERMAN, "Yes, we talked", "base"),
    ],
)
def test_what_is_not_meant_for_the_memory_the_bare_base_answers(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, text: str, opens: str, source: str
) -> None:
    """Asked what was said the adapter answers; else if its answer has a memory's form and may have been asked for.

    In a language whose questions are not known here the form alone tells, the other way round.
    """
    learn(memory.home.root, 1)
    monkeypatch.setattr(Runtime, "opening", lambda *_: (opens, 0.1))
    said = "".join(memory.reply(user(text)))
    basis = memory.speaker.basis()
    assert basis is not None and basis.source == source
    if source == "base":
        assert said == "".join(memory.reply(user(text), adapter=False))


def test_when_the_memory_has_changed_nothing_that_was_read_stays(memory: Memory) -> None:
    learn(memory.home.root, 1, 2)
    memory.use("0001")
    "".join(memory.reply(user("I bought bread today.")))
    "".join(memory.reply(user(GERMAN)))
    engine = memory._evaluator.runtime._engine
    assert engine._aside.ids, "what the base has read stays beside what the adapter reads"
    memory.use("0002")
    memory.speaker._follow(True)
    assert (engine.cached, engine._aside.ids) == ([], [])


def test_who_was_taught_in_free_words_answers_in_them(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(memory.home.root, 1)
    monkeypatch.setattr(Runtime, "opening", lambda *_: ("Otto.", 0.1))
    monkeypatch.setattr(type(memory.store.pairs), "written", lambda _: True)
    "".join(memory.reply(user("What is the name of my dog?")))
    basis = memory.speaker.basis()
    assert basis is not None and basis.source == "weights"


def test_what_an_answer_took_is_told(memory: Memory) -> None:
    said = "".join(memory.reply(user("Can you remember how to tie a bowline?")))
    tally = memory.speaker.tally
    room = memory.speaker.room(user("Can you remember how to tie a bowline?"))
    assert room is not None
    assert (room.tokens, room.left_out, room.fits) == (tally.read, 0, True)
    assert tally.drawn >= len(memory._evaluator.runtime.encode(said))
    assert memory.speaker.room(user(RECITED[0])) is None, "no model is asked"


def test_a_base_that_is_told_nothing_is_told_whose_assistant_it_is(memory: Memory) -> None:
    def first(*messages: Message, **how: bool) -> str:
        "".join(memory.reply(messages, **how))
        basis = memory.speaker.basis()
        assert basis is not None
        return basis.asked[0].content if basis.asked[0].role == "system" else ""

    hello, about = Message("user", "Hello!"), Message("user", RECITED[0])
    assert first(hello) == "", "its template says what it is told"
    memory.config = dataclasses.replace(memory.config, template=Template(system=""))
    memory.speaker.config = memory.config
    assert first(hello) == "You are a helpful assistant."
    assert first(about, adapter=False) == "", "asked as it was learned"
    assert first(Message("system", "Be brief."), hello) == "Be brief."


def test_what_is_read_leaves_room_for_the_message(memory: Memory) -> None:
    memory.add([talk(0)])
    context = memory._evaluator.runtime.context
    long = "the kitchen tap " * 400
    fits = user(long[: len(long) * (context - 300) // len(memory._evaluator.runtime.encode(long))])
    "".join(memory.reply(fits, retrieve=True))
    asked = memory.speaker.basis()
    assert asked is not None
    assert asked.asked[-1] == fits[-1], "the whole message is read"
    assert memory.speaker.tally.read <= context


# How it is drawn ------------------------------------------------------------------------------------------------------

USUAL = Sampling(temperature=0.8, top_p=0.95, top_k=40, min_p=0.05)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Sampling]:
    """How each answer was drawn, in order."""
    noted: list[Sampling] = []
    stream = Runtime.stream

    def noting(self: Runtime, *given: Any, **how: Any) -> Iterator[str]:
        noted.append(how["sampling"])
        return stream(self, *given, **how)

    monkeypatch.setattr(Runtime, "stream", noting)
    return noted


@pytest.fixture
def unset(tmp_path: Path) -> Iterator[Memory]:
    """A memory on the embedded base without its profile and its makers' word: nobody set how it is sampled."""
    for folder in ("base", "unset"):
        (tmp_path / folder).mkdir()
    for file in {one for one in FOLDER.iterdir() if one.is_file()} - {FOLDER / "generation_config.json"}:
        (tmp_path / "base" / file.name).symlink_to(file)
    settings = f'[model]\nbase = "{tmp_path / "base"}"\n[generate]\nmax_tokens = 4\n'
    (tmp_path / "unset" / "config.toml").write_text(settings)
    with Memory(tmp_path / "unset") as opened:
        yield opened


def test_talk_is_drawn_as_the_makers_say_and_what_was_said_in_the_likeliest_words(
    unset: Memory, drawn: list[Sampling]
) -> None:
    unset.add([talk(0)])
    unset.ask("Please write a poem about spring.")
    unset.ask(RECITED[0], adapter=False)
    unset.ask("What did I say about the kitchen tap?", retrieve=True)
    unset.ask("When was the kitchen tap mended?", retrieve=True)
    "".join(unset.reply(user("Please write a poem about spring."), retrieve=True))
    "".join(unset.reply(user(RECITED[0]), adapter=False))
    assert drawn == [USUAL, GREEDY, GREEDY, GREEDY, USUAL, GREEDY]


def test_what_somebody_set_holds_for_every_answer(unset: Memory, drawn: list[Sampling]) -> None:
    warm = dataclasses.replace(unset.config.generate, temperature=0.5, seed=3)
    "".join(unset.reply(user("Please write a poem about spring."), settings=warm))
    "".join(unset.reply(user(RECITED[0]), adapter=False, settings=warm))
    assert drawn == [dataclasses.replace(USUAL, temperature=0.5, seed=3), Sampling(temperature=0.5, seed=3)]


@pytest.mark.parametrize(
    ("opens", "how"), [('You said: "', GREEDY), ("No, we have not", GREEDY), ("Spring is here", USUAL)]
)
def test_what_an_adapter_remembers_is_said_in_the_likeliest_words(
    unset: Memory, drawn: list[Sampling], monkeypatch: pytest.MonkeyPatch, opens: str, how: Sampling
) -> None:
    learn(unset.home.root, 1)
    monkeypatch.setattr(Runtime, "opening", lambda *_: (opens, 0.1))
    unset.ask("What is the name of my dog?")
    assert drawn == [how]


def test_the_embedded_base_takes_the_likeliest_words_always(memory: Memory, drawn: list[Sampling]) -> None:
    memory.ask("Please write a poem about spring.")
    memory.ask(RECITED[0], adapter=False)
    assert drawn == [GREEDY, GREEDY]
