"""A language model as a reader: does a passage support an answer? And whether that reader can be trusted with it.

The same model that writes the pairs, asked for its p(yes). A small one says yes to everything, or by the look of the
words; so before it is believed it answers the controls here, of which half are wrong, and a border is put between
them. One that does not tell them apart is not asked about anything else. Knows nothing of how the model is run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from plum_edge.records import Message

PYes = Callable[[Sequence[Message]], float]
"""``p_yes(messages)``: p(Yes) / (p(Yes) + p(No)) at the first token of the answer."""

TRUSTED = 0.9
"""Share of the controls, balanced, that a reader must have right."""
_LONGEST = 2000
"""Characters of a passage that are shown: a pair rests on one sentence, and long messages are cut around nothing."""
_ASK = """\
Read what the user said, then decide whether the answer follows from it.
Said: "{passage}"
Question: {question}
Answer: {answer}
Does the answer follow from what was said, with the right person, number and time? Reply Yes or No."""

_CONTROLS = (
    ("My sister lent me her drill on Monday.", "Who lent me a drill?", "Your sister lent you hers.", True),
    ("My sister lent me her drill on Monday.", "Who lent me a drill?", "You lent it to your sister.", False),
    ("I sold the piano for 400 to a teacher.", "What did I get for the piano?", "It brought you 400.", True),
    ("I sold the piano for 400 to a teacher.", "What did I get for the piano?", "It brought you 300.", False),
    ("We have not booked the ferry yet.", "Is the ferry booked?", "No, you have not booked it.", True),
    ("We have not booked the ferry yet.", "Is the ferry booked?", "Yes, you have booked it.", False),
    ("If it rains we will eat indoors.", "Where do we eat if it rains?", "Inside.", True),
    ("If it rains we will eat indoors.", "Where did we eat?", "You ate indoors.", False),
    ("Dad thinks the roof leaks; I do not.", "Who believes that the roof leaks?", "Your father does.", True),
    ("Dad thinks the roof leaks; I do not.", "Who believes that the roof leaks?", "You believe it.", False),
    ("I gave up coffee because it kept me awake.", "Why did I stop drinking coffee?", "You could not sleep.", True),
    ("I gave up coffee because it kept me awake.", "Why did I stop drinking coffee?", "It was too dear.", False),
    ("The plumber comes on Thursday at nine.", "When does the plumber come?", "Thursday at 9.", True),
    ("The plumber comes on Thursday at nine.", "When does the plumber come?", "Friday at 9.", False),
    ("Our dog is called Rufus and hates cats.", "What does Rufus dislike?", "Cats.", True),
    ("Our dog is called Rufus and hates cats.", "What is our cat called?", "Rufus.", False),
    ("I would like to learn the cello one day.", "Which instrument might I learn?", "The cello.", True),
    ("I would like to learn the cello one day.", "Which instrument do I play?", "The cello.", False),
    ("Meine Tante zieht im Mai nach Kiel.", "Wer zieht nach Kiel?", "Deine Tante.", True),
    ("Meine Tante zieht im Mai nach Kiel.", "Wer zieht nach Kiel?", "Du ziehst nach Kiel.", False),
    ("Ich habe den Zug verpasst und bin gelaufen.", "Wie bin ich gekommen?", "Zu Fuß.", True),
    ("Ich habe den Zug verpasst und bin gelaufen.", "Wie bin ich gekommen?", "Mit dem Zug.", False),
    ("Der Kuchen ist nicht gelungen.", "Wie war der Kuchen?", "Er ist misslungen.", True),
    ("Der Kuchen ist nicht gelungen.", "Wie war der Kuchen?", "Er ist gut gelungen.", False),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """What a model did on the controls."""

    border: float
    right: float
    """Share of the controls that it has right with this border, balanced."""

    @property
    def trusted(self) -> bool:
        """Whether it may be believed."""
        return self.right >= TRUSTED


def asked(passage: str, question: str, answer: str) -> list[Message]:
    """Return the prompt for one passage, question and answer."""
    return [Message("user", _ASK.format(passage=passage[:_LONGEST], question=question, answer=answer))]


def reader(p_yes: PYes) -> Reader:
    """Return the border that tells the controls apart best by what a model says, and how well it does."""
    true = [p_yes(asked(*control[:3])) for control in _CONTROLS if control[3]]
    false = [p_yes(asked(*control[:3])) for control in _CONTROLS if not control[3]]
    border, right = _best(true, false)
    return Reader(border, right)


def _best(true: Sequence[float], false: Sequence[float]) -> tuple[float, float]:
    """Return the border between the two, halfway between two figures, and the balanced share that it has right."""
    every = sorted({*true, *false})
    borders = [(low + high) / 2 for low, high in pairwise(every)] or [0.5]

    def right(border: float) -> float:
        return (sum(p >= border for p in true) / len(true) + sum(p < border for p in false) / len(false)) / 2

    best = max(borders, key=right)
    return best, right(best)
