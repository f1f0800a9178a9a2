"""What of a conversation may teach: not what the user asked the memory, nor what was answered, nor what was pasted.

"Did I tell you about my divorce?" says nothing of a divorce, and its answer is the memory's own: learned, a rightful
"no" would become a "yes" of the next day. But "Did I tell you about my divorce? It was final in May." tells of one.
Ordinals stay: a message of which nothing is left is empty. Knows nothing of pairs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from plum_edge.augment.phrases import wordings
from plum_edge.augment.phrases.inquiry import asks_of_talk, parted
from plum_edge.augment.phrases.pastes import prose
from plum_edge.records import Message, Segment

_READ = 30_000
"""Characters of a message that are read: what is longer was not written by hand."""
_DENIALS = {*wordings.NO, *wordings.UNKNOWN}
"""What a memory answers to what was not said. Whatever was asked then, in whatever form, was asked of it."""
_QUOTES = re.compile(r'(?:[^"\n]{0,200}[.!?] )?(?:On \d{1,2} \w+ \d{4} (?:you|I)|You|I) said: "[^"]*"')
"""A fact or that one is not sure, and words from the log; not a story that ends with something said."""
_GOES_ON = re.compile(
    r"^\W*(?:(?:and|but|so|well|anyway|because|now|yes|no|in fact|actually)\W+)*(?:it|he|she|they|that|this|those|"
    r"these|its|his|"
    r"her|their|him|them|it's|he's|she's|they're|that's)\b(?!'?s? (?:ok|okay|fine|all|right|so)\b)",
    re.IGNORECASE,
)
"""Begins a statement about what the question before it named."""
_TAGGED = re.compile(
    r"^(?P<told>.{12,}?),? (?:did|didn't|have|haven't) i (?:ever |already |not )*(?:tell you|told you|"
    r"mention|mentioned|say|said)(?: that| this)?(?: already| before| yet)? ?\?\s*$",
    re.IGNORECASE,
)
"""A statement with the question behind it: "She was born in May, did I tell you?"."""


def teachable(segment: Segment) -> Segment:
    """Return the segment with what may teach: no question to the memory, no answer to one, nothing pasted."""
    said = told(segment)
    messages = tuple(replace(message, content=prose(message.content[:_READ])) for message in said.messages)
    return replace(said, messages=messages)


def told(segment: Segment) -> Segment:
    """Return the segment without the user's questions to the memory and without the replies to them."""
    return replace(segment, messages=spoken(segment.messages))


def spoken(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return as many messages, without questions to the memory and without the replies to them.

    What a person answered, in a chat between people, was asked of no memory.
    """
    kept: list[Message] = []
    to_memory = False
    for message, reply in zip_longest(messages, messages[1:]):
        if message.role == "user":
            left = message.content if reply and reply.name else _left(message, reply)
            to_memory = left != message.content
            message = replace(message, content=left) if to_memory else message
        elif message.role == "assistant" and to_memory and not message.name:
            message = replace(message, content="")
        kept.append(message)
    return tuple(kept)


def _left(message: Message, reply: Message | None) -> str:
    return without_questions(message.content, of_memory=reply is not None and _of_memory(reply.content.strip()))


def _of_memory(reply: str) -> bool:
    """Return whether it was the memory that answered, in a form that is its own."""
    return reply in _DENIALS or _QUOTES.fullmatch(reply) is not None


def without_questions(text: str, *, of_memory: bool = False) -> str:
    """Return a message of the user without the sentences that ask what was said; ``of_memory``: without any question,
    as it was the memory that answered, in words of its own.

    One stays, as the beginning of the statement that goes on from it: "Did I tell you about my divorce – It was final
    in May."
    """
    if len(text) > _READ:
        return text
    parts = parted(text)
    asking = [asks_of_talk(part) or (of_memory and "?" in part) for part in parts]
    if not any(asking):
        return text
    kept = []
    for index, part in enumerate(parts):
        following = parts[index + 1] if index + 1 < len(parts) else ""
        tagged = _TAGGED.match(part.replace("’", "'"))
        begun = f"{part.rstrip().rstrip('?')} – "
        if not asking[index]:
            kept.append(part)
        elif tagged and not asks_of_talk(f"{tagged['told']}?"):
            kept.append(f"{tagged['told']}. ")
        elif following and not asking[index + 1] and "?" not in following and _GOES_ON.match(following):
            kept += [] if asks_of_talk(begun + following) else [begun]
    return "".join(kept)
