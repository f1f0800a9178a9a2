"""What an English message wants, by its form: to greet, to hear of the assistant itself, or to have something done.

Knows nothing of what is answered to it.
"""

from __future__ import annotations

import re
from functools import cache

from plum_edge.augment.phrases.inquiry import parted

OPENING = (
    r"^\W*(?:(?:hey|hi|hello|so|and|but|ok|okay|well|then|now|please|wait|sorry|thanks|also|um|uh|oh|quick question|"
    r"good (?:morning|evening|day))\W+)*"
)
"""What may stand before what a message wants."""
_KIND = (
    r"(?:human|real|alive|conscious|sentient|"
    r"an? (?:\w+ )?(?:human|person|robot|bot|chatbot|machine|ai|computer|model))"
)
_ABOUT_ITSELF = (
    r"(?:who|what) (?:exactly |really )?(?:are you|you are)(?: really| exactly| anyway| called)?",
    r"(?:what's|what is|whats) your name|what (?:do|should|can|may) i call you|do you have a name",
    r"(?:who|what company|which company) (?:made|built|created|trained|developed|wrote) you",
    rf"are you (?:really |actually )?{_KIND}(?: or .*)?|(?:which|what)(?: \w+)? model (?:are you|is this)",
    r"what(?: else| all| things)? (?:can|could|do) you (?:actually |really )?do(?: for me| here)?",
    r"what (?:are you|you are) (?:able to do|capable of|good at|good for|here for|for)|how do you work|how old are you",
    r"how (?:can|could|will) you help(?: me)?|what can you help(?: me)? with|what are your (?:abilities|skills|limits)",
    r"what can i (?:ask you(?: for| about)?|do with you|use you for)",
    r"(?:introduce|describe) yourself|(?:something |more |a bit )*about yourself",
)
"""The whole of a question about the assistant, after "Tell me" and the like."""
_SAYS = r"(?:(?:please |can you |could you |do )?(?:tell me|say|i wonder|may i ask) )?"
_GREETS = r"(?:hey|hi|hello|thanks|thank you|good (?:morning|evening|day)|there)?\W*$"
_WANTS_DONE = (
    # work
    r"(?:(?:can|could|would|will) you |i want you to |i need you to )?(?:please |kindly )?(?:help|write|compose|draft|"
    r"translate|explain|describe|define|suggest|recommend|propose|invent|imagine|calculate|compute|convert|rewrite|"
    r"rephrase|proofread|correct|simplify|teach|plan|generate|create|make|sing)\b",
    r"(?:(?:can|could|would|will) you )?(?:please )?(?:tell|give) (?:me|us) (?:an?|some|another|two|three|four|five|"
    r"ten|\d+)\b",
    # advice
    r"(?:what|which|where|when|who|whom|how|why)(?: \w+){0,4} (?:should|shall|can|might|must) (?:i|we|one|you)\b",
    r"(?:should|shall|may|must|can|could) (?:i|we|one)\b(?! (?:rely|trust|have)\b)",
    r"how (?:do|does|to|about|come)\b(?! (?:my|our|i|we) (?!\w+ (?:an?|the|some)\b))|what (?:about|if)\b",
    r"is it (?:ok|okay|safe|healthy|normal|bad|good|better|worth|wise|rude|legal)\b|why am i\b",
    # the assistant's own views
    r"do you (?:like|love|hate|want|think|believe|enjoy|prefer|feel|speak)\b|how are you\b|how's it going\b",
)
"""The beginning of a request for anything but what was said."""
_KNOWN = r"(?:what's|what is|what are|what would be) an? |are there\b|why (?:do|does|is|are|don't|doesn't)\b"
"""The beginning of a question for what everybody knows, where it does not speak of the user."""
_GIVEN = r"\b(?:as|like) (?:you|we|i) (?:\w+ )?(?:advised|said|told|suggested|recommended|discussed)\b"
_OF_THE_USER = r"\b(?:i|me|my|mine|myself|we|us|our|ours|i'm|i've|i'd|i'll|we've|we're)\b"

_OF_ONE_THING = re.compile(
    r"\b[Tt]he\b(?! (?:best|worst|most|least|first|last|same|difference|\w+est)\b)|(?<=[\w,] )[A-Z][a-z]+"
)


def of_one_thing(text: str) -> bool:
    """Return whether a message speaks of one thing that both are to know, as of "the flat", or by a name."""
    return _OF_ONE_THING.search(text) is not None


_OF_THE_ASSISTANT = (
    r"\b(?:did|have|had|were) you (?:\w+ )?(?:say|said|suggest\w*|recommend\w*|advis\w+|propos\w+|tell|told|writ\w+|"
    r"wrote|answer\w*|explain\w*|warn\w*|giv\w+|gave|list\w*|come up with)\b|"
    r"\byou(?:'d|'ve| had| have)? (?:\w+ )?(?:suggested|recommended|advised|proposed|explained|warned|told me|wrote)\b|"
    r"\byour (?:advice|suggestions?|recommendations?|answer|ideas?|tips?)\b"
)


def of_the_assistant(text: str) -> bool:
    """Return whether a message speaks of what the assistant said, as of "your advice"."""
    return _compiled(_OF_THE_ASSISTANT).search(text.replace("’", "'")) is not None


def of_the_user(text: str) -> bool:
    """Return whether a message speaks of the user, as of "my sister"."""
    return _compiled(_OF_THE_USER).search(text) is not None


def greets(text: str) -> bool:
    """Return whether a message greets or thanks and does nothing else."""
    said = [one for one in parted(text) if one.strip()]
    return bool(said) and all(_compiled(OPENING + _GREETS).match(one) for one in said)


def about_itself(text: str) -> bool:
    """Return whether a message asks who the assistant is or what it can do, and nothing else."""
    form = rf"{OPENING}{_SAYS}(?:{'|'.join(_ABOUT_ITSELF)})\W*$"
    asked = [one for one in parted(text) if not _compiled(OPENING + _GREETS).match(one)]
    return bool(asked) and all(_compiled(form).match(one) for one in asked)


def wants_done(text: str) -> bool:
    """Return whether a message asks for work, advice, views or common knowledge, not for what was said."""
    wants = (*_WANTS_DONE, _KNOWN) if not of_the_user(text) else _WANTS_DONE
    form = rf"{OPENING}(?:{'|'.join(wants)})"
    return _compiled(form).match(text) is not None and _compiled(_GIVEN).search(text) is None


@cache
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form, re.IGNORECASE)
