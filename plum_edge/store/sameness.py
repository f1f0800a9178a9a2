"""Whether what comes into the log is what it has already: one conversation as two exports tell it.

Knows nothing of how either is kept.
"""

from __future__ import annotations

from plum_edge.records import Message
from plum_edge.store.columns import clean

_Messages = tuple[Message, ...]


def alike(old: _Messages, new: _Messages) -> int:
    """Return how many messages at the beginning are the same, by role and content."""
    pairs = zip(old, new, strict=False)
    return next(
        (n for n, (one, two) in enumerate(pairs) if (one.role, one.content) != (two.role, clean(two.content))),
        min(len(old), len(new)),
    )


def later(new: _Messages, old: _Messages) -> bool:
    """Whether the last dated message of one is later than that of the other."""
    latest = [max((m.created_at for m in one if m.created_at), default=None) for one in (new, old)]
    return latest[0] is not None and latest[1] is not None and latest[0] > latest[1]


def another(old: _Messages, new: _Messages) -> bool:
    """Whether two chats between people only begin alike: neither goes on with the other, and the others in one say
    nothing that they say in the other.

    By the clock on the wall, and not by names: a contact may be called otherwise in the next export.
    """
    one, two = list(map(_heard, old)), list(map(_heard, new))
    shorter = min(len(one), len(two))
    return one[:shorter] != two[:shorter] and not any(role == "assistant" for role, _, _ in {*one} & {*two})


def _heard(message: Message) -> tuple[str, str, str]:
    at = message.created_at.replace(tzinfo=None).isoformat() if message.created_at else ""
    return message.role, clean(message.content), at
