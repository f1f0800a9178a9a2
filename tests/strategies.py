"""Hypothesis strategies for the records: any text, any aware moment, any conversation."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

from plum_edge.records import Conversation, Message, Pair, Segment

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
"""Any text that a file can hold."""

said = texts.filter(str.strip)
"""Text that is not empty."""

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))

moments = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=offsets)
"""Aware moments at any offset, to the microsecond."""

messages = st.builds(
    Message, role=st.sampled_from(["system", "user", "assistant"]), content=said, created_at=st.none() | moments
)

idents = st.text("abcdef0123456789", min_size=1, max_size=4)
"""Ids from so few that they begin alike."""

conversations = st.builds(
    Conversation,
    id=idents,
    title=texts,
    created_at=moments,
    messages=st.lists(messages, min_size=1, max_size=6).map(tuple),
    source=st.sampled_from(["jsonl", "chat"]),
    position=st.integers(0, 3),
    trainable=st.booleans(),
)

logs = st.lists(conversations, max_size=8, unique_by=lambda conversation: conversation.id)
"""Conversations with different ids."""


def segment_of(conversation: Conversation) -> Segment:
    """Return the segment that a whole conversation makes."""
    return Segment(
        id=f"{conversation.id}/0",
        conversation=conversation.id,
        title=conversation.title,
        created_at=conversation.created_at,
        messages=conversation.messages,
    )


segments = conversations.map(segment_of)


@st.composite
def pairs(draw: st.DrawFn, segment: str) -> Pair:
    """Draw a pair of this segment; some draws give the same pair."""
    positive = draw(st.booleans())
    return Pair(
        segment=segment,
        question=draw(st.sampled_from(["Did we talk about tea?", "Was there a boat?"]) | said),
        answer="Yes." if positive else "No.",
        kind=draw(st.sampled_from(["open", "closed"])),
        polarity="positive" if positive else "negative",
        split=draw(st.sampled_from(["train", "held_out"])),
        style=draw(st.sampled_from(["verbatim", "near", "far"])),
        topic=draw(texts),
        messages=tuple(draw(st.lists(st.integers(0, 9), max_size=3))) if positive else (),
    )
