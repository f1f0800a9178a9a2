"""What a base is told about itself where its own system message is left out: a small one takes itself for anybody else.

Knows nothing of when it is told so.
"""

from __future__ import annotations

from plum_edge.answer.language_model import PROMPT

_ALONE = "You are a helpful assistant."
"""Where nothing that was learned is in use."""
_ITSELF = (
    "You are a helpful assistant: {base}, a language model that runs on the user's own device. You can talk, answer "
    "questions, explain and help to write. {memory}"
)
_REMEMBERS = "You remember earlier conversations with the user."
_REMEMBERS_NOTHING = "You have not learned anything about the user yet."


def introduction(remembers: bool) -> str:
    """Return who the assistant is, in a sentence."""
    return PROMPT if remembers else _ALONE


def whole_introduction(base: str, remembers: bool) -> str:
    """Return who the assistant is and what it can do, for whoever asks that."""
    return _ITSELF.format(base=base, memory=_REMEMBERS if remembers else _REMEMBERS_NOTHING)
