"""A conversation as a text to read: whole, or as much around one message as there is room for.

The format is the one that the embedded base learned to read: a line with the date, then the turns. Knows nothing of how
the message was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from plum_edge.records import Conversation, Evidence, Message, heading, spoken_day


def passage(conversation: Conversation, found: Evidence, room: int, count_tokens: Callable[[str], int]) -> str:
    """Return the message found with as many neighbours as fit into ``room`` tokens, under a line with the date.

    Of a message that does not fit by itself the longest stretch around the first word found is left, at least that
    word. System messages and empty ones are left out.
    """
    header = heading(spoken_day(conversation.day))

    def fits(lines: Sequence[str]) -> bool:
        return count_tokens("\n".join((header, *lines))) <= room

    turns = [m for m in conversation.messages if m.role != "system" and m.content.strip()]
    if not turns:  # another process has changed it since it was found
        return header
    hit = conversation.messages[found.message]
    at = next((n for n, m in enumerate(turns) if m is hit), 0)
    if not fits([_line(turns[at])]):
        return f"{header}\n{_cut(turns[at], found.excerpt, fits)}"
    first, last = at, at + 1
    # To a question belongs the reply, to a reply the question.
    sides = [1, -1] if turns[at].role == "user" else [-1, 1]
    while sides:
        side = sides.pop(0)
        start, end = (first, last + 1) if side > 0 else (first - 1, last)
        if start >= 0 and end <= len(turns) and fits([_line(turn) for turn in turns[start:end]]):
            first, last = start, end
            sides.append(side)
    return "\n".join((header, *(_line(turn) for turn in turns[first:last])))


def newest(conversations: Iterable[Conversation], room: int, count_tokens: Callable[[str], int]) -> str | None:
    """Return as much of the log as fits into ``room`` tokens, its end, in order of time; None where there is nothing.

    Of the oldest conversation that has room the end is left.
    """
    parts: list[str] = []
    for talk in sorted(conversations, key=lambda one: one.created_at, reverse=True):
        said = [n for n, m in enumerate(talk.messages) if m.role != "system" and m.content.strip()]
        if not said:
            continue
        text = passage(talk, Evidence(talk.id, talk.created_at, "", said[-1]), room, count_tokens)
        room -= count_tokens(f"{text}\n\n")
        if room < 0:
            break
        parts.append(text)
        if text.count("\n") < len(said):  # not all of it had room
            break
    return "\n\n".join(reversed(parts)) or None


def _line(message: Message) -> str:
    return f"{_speaker(message)}: {' '.join(message.content.split())}"


def _speaker(message: Message) -> str:
    return " ".join(message.name.split()) or message.role.capitalize()


def _cut(message: Message, excerpt: str, fits: Callable[[Sequence[str]], bool]) -> str:
    """Return the longest stretch of a message around the first word found that fits, at least that word."""
    words = message.content.split()
    marked = {mark.lower() for mark in re.findall(r"\[([^\[\]]+)\]", excerpt)}
    hit = next((n for n, word in enumerate(words) if marked & set(re.findall(r"[^\W_]+", word.lower()))), 0)
    speaker = f"{_speaker(message)}: "

    def stretch(length: int) -> str:
        first = max(0, min(hit - length // 2, len(words) - length))
        return speaker + " ".join(words[first : first + length])

    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits([stretch(middle)]) else (low, middle - 1)
    return stretch(low)
