"""Commands about who answers, from what, and what is kept of it.

Each is a function of the chat and what was typed after its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from plum_edge.cli import terminal
from plum_edge.cli.chat.chat import Chat
from plum_edge.cli.chat.stopping import stoppable
from plum_edge.cli.progress import bar
from plum_edge.errors import Interrupted, UsageError
from plum_edge.records import Progress

if TYPE_CHECKING:
    from plum_edge.config import Generate

_SHOWN = 200
"""Characters of what the base alone says."""
_SOURCES = {
    "nothing": "nothing that was learned, and no model was asked",
    "base": "the base",
    "weights": "weights",
    "log": "what the base read in the log",
}


def why(chat: Chat, _given: str) -> None:
    """Say what the last answer rests on, and what would be said without memory."""
    talk = chat.talk
    if talk.question is None:
        chat.screen.say("Nothing was asked yet.")
        return
    if chat.screen.silent:
        return
    basis, found = talk.basis(), talk.evidence()
    source = _SOURCES[basis.source] if basis else "an earlier sitting"
    sure = f", p(yes) {basis.p_yes:.2f}" if basis and basis.p_yes is not None else ""
    chat.screen.say(f"from {source}{sure}; {'the log has on it:' if found else 'the log has nothing on it'}")
    chat.screen.evidence(found)
    bare = talk.without_memory()
    sure = f"   p(yes) {bare.p_yes:.2f}" if bare.p_yes is not None else ""
    chat.screen.say(f'without memory the base says: "{terminal.one_line(bare.answer, _SHOWN)}"{sure}')


def retrieve(chat: Chat, given: str) -> None:
    """Let answers read the log, or not."""
    wanted = _switched(chat.talk.retrieve, given, "/retrieve")
    if wanted:
        with stoppable() as stopped, bar("reading the log") as progress:
            chat.memory.prepare(_until(stopped, progress))
    chat.talk.retrieve = wanted
    chat.screen.say("Answers read the log, too." if chat.talk.retrieve else "Answers do not read the log.")


def _until(stopped: Callable[[], bool], progress: Progress) -> Progress:
    """Return a `Progress` at which work ends once it is ``stopped``; what is made is kept."""

    def report(stage: str, done: int, total: int, note: str) -> None:
        if stopped():
            raise Interrupted("Stopped.", "")
        progress(stage, done, total, note)

    return report


def adapter(chat: Chat, given: str) -> None:
    """Show the adapters; talk with the one in use, without it, or put another one to use."""
    talk = chat.talk
    if given in ("on", "off"):
        talk.adapter = given == "on"
    elif given:
        chat.memory.use(chat.memory.store.runs.adapter(given).id)
        talk.adapter = True
    else:
        for one in chat.memory.adapters():
            since = f", {terminal.day(one.created_at)}" if one.created_at else ""
            held = f"{terminal.count(one.segments, 'conversation')}, accuracy {terminal.percent(one.accuracy)}{since}"
            chat.screen.hang(f"{'›' if one.active else ' '} {one.id}  ", held)
    chat.screen.say(chat.memory_line())


def adapters(chat: Chat) -> Iterator[str]:
    """Yield what /adapter can be given."""
    yield from ("on", "off", *(one.id for one in chat.memory.adapters()))


def private(chat: Chat, given: str) -> None:
    """Log nothing from here on, or log again, in a new conversation."""
    if given and _switched(False, given, "/private") is False:
        if not chat.talk.log:
            chat.talk.new()
            chat.talk.log = True
        chat.screen.say("What follows is logged, as a new conversation.")
        return
    chat.talk.log = False
    chat.screen.say("Nothing of what follows is logged, nor learned. /private off ends it.")


def system(chat: Chat, given: str) -> None:
    """Say what stands before the conversation, or put something there."""
    if given:
        chat.talk.system = "" if given == "off" else given
    chat.screen.say(chat.talk.system or "Nothing stands before the conversation.")


def model(chat: Chat, _given: str) -> None:
    """Say which base answers, and how."""
    base, own = chat.memory.base, chat.memory.config.generate
    settings = own.over(base.sampling)
    reads = min(settings.context or base.context, base.context)
    chat.screen.hang("base     ", base.name + (f": {base.description}" if base.description else ""))
    chat.screen.hang("file     ", str(base.given or base.weights))
    chat.screen.hang("reads    ", f"{reads:,} tokens at once, the answer among them (at most {settings.max_tokens:,})")
    chat.screen.hang(
        "answers  ", _drawn(settings) + "; of what was said the likeliest words" * (own.temperature is None)
    )
    chat.screen.hang("memory   ", chat.memory_line().removeprefix("memory "))
    chat.screen.say("\nAnother one: plum-edge init --model NAME", "dim")


def _drawn(settings: Generate) -> str:
    """Return how an answer is drawn, in words."""
    if not settings.temperature:
        return "the likeliest words"
    return (
        f"temperature {settings.temperature:g}, top-p {settings.top_p:g}, top-k {settings.top_k}, "
        f"min-p {settings.min_p:g}, penalty {settings.repetition_penalty:g}"
    )


def _switched(now: bool, given: str, name: str) -> bool:
    """Return a setting after ``on``, ``off``, or nothing, which turns it."""
    if given not in ("", "on", "off"):
        raise UsageError(f"{given!r} is neither on nor off.", f"Like this: {name} off")
    return given == "on" if given else not now
