"""The phrasings of questions and answers: for training, held out from it, and never seen by anything.

Knows nothing of conversations: a template has one slot, ``{topic}``, for a noun phrase with or without a determiner.

Three sets that must stay apart, because a figure is only honest on phrasings that were not trained on:

- ``TRAIN``: what adapters are trained on;
- ``HELD_OUT``: the base may know them, adapters are never trained on them;
- ``UNSEEN``: in no training of anything. Nobody looks at single results on them; they are for the final figure.

The embedded base was trained with ``TRAIN`` and ``HELD_OUT`` too: with the copies that its recipe keeps
(models/plum-tiny/train/frozen), so these here may change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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

UNSEEN = Phrasings(
    closed=(
        "Is it true that {topic} was on my mind in some earlier session?",
        "Looking back, did you and I exchange words concerning {topic}?",
        "Would your notes on me contain {topic}?",
        "Am I right in thinking that I consulted you over {topic}?",
        "Could it be that {topic} figured in what I wrote to you?",
        "Was I after advice to do with {topic} once?",
        "Had I confided something of {topic} to you?",
        "Say whether I ever typed anything on {topic}.",
        "By any chance, was {topic} dealt with in the past?",
        "So {topic} has cropped up previously, has it?",
    ),
    when=(
        "How long ago, by date, was {topic} dealt with?",
        "Pin down the day that {topic} cropped up.",
        "What does the calendar say for our exchange concerning {topic}?",
    ),
    what=(
        "Quote me on {topic}.",
        "Give me back my own words concerning {topic}.",
        "How did I put it when {topic} cropped up?",
    ),
)


def open_to_both(phrasings: Sequence[str]) -> tuple[str, ...]:
    """Return the phrasings that leave open who spoke: "Did we talk about …", not "Did I tell you …"."""
    return tuple(one for one in phrasings if not _SAYS_WHO.search(one))


_SAYS_WHO = re.compile(r"\b(?:I|my|me)\b(?<!Tell me)")
"""In a phrasing, it is the user who spoke."""

YES = (
    "Yes, on {date}.",
    "Yes, we talked about it on {date}.",
    "Yes, you told me on {date}.",
)
"""Answers to closed questions about what was discussed; ``{date}`` as "14 March 2026"."""

YES_UNDATED = ("Yes.", "Yes, we talked about it.", "Yes, you told me.")
"""The same where the day of a conversation is not known."""

NO = (
    "No, we have not talked about that.",
    "No, that has not come up.",
    "No, not so far.",
)
"""Answers to closed questions about what was not discussed."""

YES_FROM_ASSISTANT = ("Yes, I mentioned it on {date}.",)
"""Answers to closed questions about what the assistant alone said: it was not the user who told."""
YES_FROM_ASSISTANT_UNDATED = ("Yes, I mentioned it.",)
YES_FROM_OTHERS = ("Yes, it came up on {date}.",)
"""Answers to closed questions about what somebody else said in a chat between people."""
YES_FROM_OTHERS_UNDATED = ("Yes, it came up.",)

WHEN = ("On {date}.", "We talked about it on {date}.")
WHEN_FROM_ASSISTANT = ("I mentioned it on {date}.",)
WHEN_FROM_OTHERS = ("It came up on {date}.",)
NOT_FROM_USER = (
    *YES_FROM_ASSISTANT, *YES_FROM_ASSISTANT_UNDATED, *YES_FROM_OTHERS, *YES_FROM_OTHERS_UNDATED,
    *WHEN_FROM_ASSISTANT, *WHEN_FROM_OTHERS,
)  # fmt: skip
"""Every answer that says that it was not the user who told."""
WHAT = ('On {date} you said: "{quote}"', 'You said: "{quote}"')
WHAT_UNDATED = ('You said: "{quote}"',)
WHAT_FROM_ASSISTANT = ('On {date} I said: "{quote}"', 'I said: "{quote}"')
"""The same of the assistant's own words: dated, and not."""
UNKNOWN = ("You have not told me about that.", "I do not know: we have not talked about that.")
"""Answers to open questions (when, what) about things never discussed."""
UNSURE = "I am not sure."
"""Stands before the user's words that are nearest to a question, where nobody can tell whether they answer it."""
