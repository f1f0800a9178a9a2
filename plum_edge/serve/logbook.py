"""Which conversation of the log a request goes on with, and what of it is new.

The protocol has no conversations: each request brings all that was said so far. So that a talk of ten turns is one
conversation and not ten, a request goes on with the one that has the same turns of the user, but for the last; clients
trim answers and have them made anew, so that these are no sign of it. One that names its conversation may have dropped
the oldest turns. Nothing that was logged is lost by a mistake: at worst a beginning stands in the log twice. System
messages are the client's, and no talk.

Knows nothing of HTTP and of models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from plum_edge.records import Conversation, Message, content_hash
from plum_edge.store import Store

SOURCE = "serve"
_TITLE = 60
"""Characters of the first line that make the title."""


def find(store: Store, messages: Sequence[Message], name: str | None = None) -> str:
    """Return the id in the log of the conversation that these messages belong to, whether it is there yet or not.

    ``name`` is what the client calls it: its id in the log, also one that was forgotten and stays so, or a name of the
    client's own.
    """
    if name is not None:
        known = store.log.holds(name) or store.log.forgotten(name)
        return name if known else content_hash(SOURCE, "named", name)
    said, forgotten = _of_user(messages), ""
    for number in count():
        ident = content_hash(SOURCE, said[0], str(number))
        if store.log.holds(ident):
            if _goes_on(_of_user(store.log.get(ident).messages), said):
                return ident
        elif store.log.forgotten(ident):
            forgotten = forgotten or ident
        else:  # a new one; where it is not at its beginning, it may well be the one that was forgotten
            return forgotten if forgotten and len(said) > 1 else ident
    raise AssertionError("there is no last number")


def keep(store: Store, ident: str, messages: Sequence[Message], answer: str, now: datetime) -> None:
    """Log what is new of a conversation: what the user said ``now``, and what was answered as far as it was said.

    What was forgotten stays so. So does what was learned, where the client has changed it: what is said now follows it.

    Raises:
        StoreError: it cannot be written.
    """
    talk = [message for message in messages if message.role != "system"]
    talk[-1] = replace(talk[-1], created_at=now)
    before = list(store.log.get(ident).messages) if store.log.holds(ident) else []
    answered = [Message("assistant", answer, now)] if answer else []
    title = next(iter(talk[0].content.strip().splitlines()), "")[:_TITLE]
    made = Conversation(ident, title, now, (*_joined(before, _whole(before, talk)), *answered), source=SOURCE)
    said = _of_user(made.messages)
    if store.log.add([made]).conflicts and said != _of_user(before)[: len(said)]:
        store.log.add([replace(made, messages=(*before, talk[-1], *answered))])


def _of_user(messages: Sequence[Message]) -> list[str]:
    return [message.content.strip() for message in messages if message.role == "user"]


def _goes_on(logged: list[str], said: list[str]) -> bool:
    """Whether the log has all that was said, or all but what was said last (which then is new)."""
    return logged in (said, said[:-1])


def _whole(before: list[Message], talk: list[Message]) -> list[Message]:
    """Return what the client brings, behind the logged turns that it has dropped; it goes on where the log ends.

    Where that is nowhere, and it does not begin as the log does either, only what was said last is known to be new.
    """
    logged, said = _of_user(before), _of_user(talk)
    dropped = next((n for n in range(len(logged)) if logged[n:] == said[: len(logged) - n]), None)
    if dropped is not None:
        return before[: _turns(before)[dropped]] + talk[_turns(talk)[0] :]
    if not logged or (talk[0].role == before[0].role and said[0] == logged[0]):  # after a cut an answer may stand first
        return talk
    return [*before, talk[-1]]


def _joined(before: list[Message], talk: list[Message]) -> list[Message]:
    """Return the conversation up to the turn that is answered now: what is logged of it, and what is new.

    Where the client has changed a turn, what followed it gives way; so does the answer to a turn that is answered anew.
    """
    logged, said = _turns(before), _turns(talk)
    pairs = zip(_of_user(before), _of_user(talk), strict=False)
    alike = next((n for n, (one, two) in enumerate(pairs) if one != two), min(len(logged), len(said)))
    if alike == 0:
        return talk
    if alike == len(said):
        return before[: logged[alike - 1] + 1]
    kept = before[: logged[alike]] if alike < len(logged) else before
    new = talk[said[alike - 1] + 1 :]
    if kept[-1].role == "assistant":  # as it was said: the client may have trimmed it
        new = new[next(iter(_turns(new))) :]
    return kept + new


def _turns(messages: Sequence[Message]) -> list[int]:
    """Return where the user speaks."""
    return [n for n, message in enumerate(messages) if message.role == "user"]
