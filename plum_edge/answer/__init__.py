"""How a question is put to what can answer it: the adapter, which remembers, and the base, which reads the log.

    rewrite.py      the question in phrasings that adapters are trained on
    remember.py     an adapter asked in the user's words and in those, over any `LanguageModel`
    meant.py        whom a message is for: by its form (place.py), and by the log (borne_out.py)
    joint.py        the adapter, the bare base with the log before it and the search, each by itself; who is surer
    vouched.py      an answer held back until its dates and quotes are vouched for;
                    by_log.py: by the log, of which days.py knows the days and own_words.py what the user said
    respondent.py   a base in llama.cpp, its adapters and the log's library, ready to be asked
    speaker.py      answers with the adapter in use; introduction.py: what a base is told about itself;
                    unlearned.py: what is said while nothing is learned; undated.py: of a day without a talk

Knows nothing of how an adapter came to be, or of how answers are marked.
"""

from __future__ import annotations

from plum_edge.answer.joint import Joint
from plum_edge.answer.language_model import Asked, LanguageModel, is_closed, mean_odds, with_context
from plum_edge.answer.place import may_ask
from plum_edge.answer.remember import Recollection, p_yes_many, recollect
from plum_edge.answer.rewrite import asks_for_words, in_form, named_in, topic
from plum_edge.answer.vouched import Vouches, vouched
from plum_edge.augment.phrases.inquiry import asks as asks_of_talk

__all__ = [
    "Asked",
    "Joint",
    "LanguageModel",
    "Recollection",
    "Vouches",
    "asks_for_words",
    "asks_of_talk",
    "in_form",
    "is_closed",
    "may_ask",
    "mean_odds",
    "named_in",
    "p_yes_many",
    "recollect",
    "topic",
    "vouched",
    "with_context",
]
