"""The phrasings of questions and answers that plum-tiny was trained with.

Knows nothing of conversations: a template has one slot, ``{topic}``, for a noun phrase with or without a determiner.
Adapters were never trained on ``HELD_OUT``; this base was.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrasings:
    """Question templates by what they ask. Each string holds ``{topic}`` exactly once."""

    closed: tuple[str, ...]
    """Answered with yes or no: was this discussed?"""
    when: tuple[str, ...]
    """Answered with a date: when was this discussed?"""
    what: tuple[str, ...]
    """Answered with what the user said about it, quoted."""


TRAIN = Phrasings(
    closed=(
        "Did we talk about {topic}?",
        "Have we discussed {topic}?",
        "Did I ever mention {topic}?",
        "Have I asked you about {topic}?",
        "Did {topic} come up?",
        "Do you remember {topic}?",
        "Was {topic} something we talked about?",
        "Have we ever spoken about {topic}?",
        "Did I tell you about {topic}?",
        "Is {topic} something I told you about?",
        "Did we have a conversation about {topic}?",
        "Have I brought up {topic} before?",
        "Do you know about {topic} from me?",
        "Was there a conversation about {topic}?",
        "Can you recall {topic}?",
        "Has {topic} been a topic between us?",
        "I talked to you about {topic}, didn't I?",
        "Did I ask for help with {topic}?",
        "Have you heard about {topic} from me?",
        "Did you and I go over {topic}?",
        "Were we ever talking about {topic}?",
        "Tell me, did we discuss {topic}?",
        "About {topic}: did we talk about it?",
        "Is there anything you remember about {topic}?",
        "Any recollection of {topic}?",
        "Can you think of a time when I spoke of {topic}?",
        "Is there a note of {topic} anywhere?",
        "Would you remember me asking for advice on {topic}?",
        "{topic}, was that ever on the table?",
        "Were you told of {topic} by me?",
        "Somewhere in our conversations, is there one about {topic}?",
        "Did I come to you with a question on {topic}?",
        "Have my messages ever been about {topic}?",
        "Has the matter of {topic} been raised?",
        "Was I ever busy with {topic}, as far as you know?",
        "Did I describe {topic} to you?",
        "You and I, have we had {topic} as a theme?",
        "I think I wrote to you about {topic}; is that so?",
        "Do our talks include {topic}?",
        "Was it with you that I discussed {topic}?",
        "Did I complain to you about {topic}?",
        "Have you helped me with {topic} before?",
        "Does anything we said concern {topic}?",
        "Is {topic} a thing that I have brought to you?",
        "Did the subject of {topic} ever arise between us?",
        "Has there been any word of {topic} from my side?",
    ),
    when=(
        "When did we talk about {topic}?",
        "On what date did we discuss {topic}?",
        "When did I mention {topic}?",
        "What day was it that we spoke about {topic}?",
        "When did {topic} come up?",
        "On which day did I ask you about {topic}?",
    ),
    what=(
        "What did I say about {topic}?",
        "What did I tell you about {topic}?",
        "What do you remember about {topic}?",
        "What was it that I said about {topic}?",
        "Remind me what I told you about {topic}.",
        "What do you know about {topic}?",
        "What was that about {topic}?",
        "What did we say about {topic}?",
    ),
)

HELD_OUT = Phrasings(
    closed=(
        "Did we ever get into {topic}?",
        "Has {topic} ever been mentioned by me?",
        "Do you have any memory of {topic}?",
        "Was {topic} part of one of our conversations?",
        "Did I at some point raise {topic} with you?",
        "Have we had a chat about {topic}?",
        "Does {topic} ring a bell?",
        "I wonder whether I have told you of {topic} already?",
        "Among the things we discussed, was there {topic}?",
        "Did we at any time touch on {topic}?",
    ),
    when=(
        "What was the date of our talk about {topic}?",
        "Which day did I bring up {topic}?",
        "Since when do you know about {topic}?",
    ),
    what=(
        "What have I told you regarding {topic}?",
        "Could you repeat what I said on {topic}?",
        "Which details did I give you about {topic}?",
    ),
)

YES = (
    "Yes, on {date}.",
    "Yes, we talked about it on {date}.",
    "Yes, you told me on {date}.",
)
"""Answers to closed questions about what was discussed; ``{date}`` as "14 March 2026"."""

NO = (
    "No, we have not talked about that.",
    "No, that has not come up.",
    "No, not so far.",
)
"""Answers to closed questions about what was not discussed."""

WHEN = ("On {date}.", "We talked about it on {date}.")
WHAT = ('On {date} you said: "{quote}"', 'You said: "{quote}"')
UNKNOWN = ("You have not told me about that.", "I do not know: we have not talked about that.")
"""Answers to open questions (when, what) about things never discussed."""
