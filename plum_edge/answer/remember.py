"""An adapter, asked in the user's words and in phrasings that it was trained on, with no text before them.

What the phrasings make of a question is weighed as of several who remember: for a yes or no by the mean of their
log-odds, for words by how sure each begins. So an answer hangs less on how one happens to ask. And a yes must be surer
than a no: `claim`.

The adapter is on already. Knows nothing of what the log says (joint.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plum_edge.answer import rewrite
from plum_edge.answer.language_model import Asked, LanguageModel, is_closed, mean_odds
from plum_edge.config import Decide
from plum_edge.records import Message

OPENING = 16
"""Tokens of an answer that show how sure it is. With all of it, nothing could be shown before several were written."""
GLANCE = 4
"""Tokens that tell an answer about what was said from any other, which is then written without delay."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """What an adapter remembers when asked."""

    asked: Asked
    """What is to be answered: in the user's words, or in another phrasing."""
    opens: str
    """How the answer to it begins by itself."""
    loss: float
    """Of that beginning, in nats a token."""


_USUAL = Decide()


def claim(p: float, odds: float = _USUAL.odds) -> float:
    """Return p(yes) with its odds divided by ``odds``, so that a yes is claimed from these odds on.

    To claim what was never said is taken for worse than to miss what was. By even odds an adapter, which has heard a
    yes about all that it knows, claims too much of what is near to it (docs/LOG.md).
    """
    return p / (p + odds * (1.0 - p))


def p_yes_many(runtime: LanguageModel, prompts: Sequence[Sequence[Message]], decide: Decide = _USUAL) -> list[float]:
    """Return p(yes) of questions about what was said: the `claim` of the mean over the phrasings in log-odds."""
    phrased = [_phrased(messages, rewrite.closed, decide) for messages in prompts]
    each = iter(runtime.p_yes_many([asked for phrasings in phrased for asked in phrasings]))
    return [claim(mean_odds(*(next(each) for _ in phrasings)), decide.odds) for phrasings in phrased]


def recollect(
    runtime: LanguageModel, messages: Sequence[Message], glance: int = GLANCE, decide: Decide = _USUAL
) -> Recollection:
    """Return what the adapter remembers. A question that it does not take for one about what was said stays as asked.

    Which it is, the form of the answer's first ``glance`` tokens tells; no more are written of one that is not.
    """
    opens, loss = runtime.opening(messages, glance)
    as_asked = list(messages)
    if not rewrite.in_form(opens):
        return Recollection(Asked(as_asked, runtime.p_yes(as_asked) if is_closed(opens) else None), opens, loss)
    if is_closed(opens) and not rewrite.asks_for_words(messages[-1].content):
        return _decided(runtime, as_asked, (opens, loss, glance), decide)
    return _surest(runtime, as_asked, decide)


def _decided(
    runtime: LanguageModel, messages: list[Message], begun: tuple[str, float, int], decide: Decide
) -> Recollection:
    """Answer yes or no as all phrasings say together, in the first that says so by itself, where one does.

    ``begun``: how the answer to the messages as they are opens, its loss, and the tokens of that.
    """
    opens, loss, glance = begun
    phrased = _phrased(messages, rewrite.closed, decide)
    each = runtime.p_yes_many(phrased)
    together = claim(mean_odds(*each), decide.odds)
    yes = together >= 0.5
    agrees = next((asked for asked, p in zip(phrased, each, strict=True) if (p >= 0.5) == yes), messages)
    if agrees != messages:
        opens, loss = runtime.opening(agrees, glance)
    return Recollection(Asked(agrees, together, yes), opens, loss)


def _surest(runtime: LanguageModel, messages: list[Message], decide: Decide) -> Recollection:
    """Answer in words, in the phrasing whose answer begins most surely."""
    begun = [(asked, *runtime.opening(asked, OPENING)) for asked in _phrased(messages, rewrite.open_ended, decide)]
    asked, opens, loss = min(begun, key=lambda one: one[2])
    return Recollection(Asked(asked, runtime.p_yes(asked) if is_closed(opens) else None), opens, loss)


def _phrased(messages: Sequence[Message], phrasings: rewrite.Phrasings, decide: Decide) -> list[list[Message]]:
    """Return the messages as they are, and the question that ends them in other phrasings.

    Those stand for themselves, as in training: what was said before in a chat leads a small model astray (docs/LOG.md).
    """
    if not decide.phrasings:
        return [list(messages)]
    *before, last = messages
    kept = [message for message in before if message.role == "system"]
    return [list(messages), *([*kept, Message(last.role, question)] for question in phrasings(last.content))]
