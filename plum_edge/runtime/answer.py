"""An answer, token by token: what is drawn is shown but for thoughts, and a loop ends it.

Knows nothing of chats: a prompt is ids.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence

from plum_edge.runtime.engine import Engine
from plum_edge.runtime.loops import Loops
from plum_edge.runtime.sampling import Sampling
from plum_edge.runtime.thinking import MARKS, Visible, begun

_LONGEST_THOUGHT = 2048
"""Tokens; a thought does not count as part of the answer, but it must end."""
_TAIL = 16
"""Tokens of the prompt that tell whether it ends within a thought."""


def spoken(
    engine: Engine,
    prompt: Sequence[int],
    marks: Mapping[int, str],
    *,
    max_tokens: int,
    sampling: Sampling,
    first: Sequence[int] = (),
    stopped: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Yield what follows a prompt that fits, whole characters only.

    ``marks`` are the tokens that open or close a thought by themselves, with their text; ``first`` are those that the
    answer may begin with, if any; ``max_tokens`` are of what is shown; ``stopped`` is asked before each token.
    """
    ids = list(prompt)
    start, thought = len(ids), 0
    characters = codecs.getincrementaldecoder("utf-8")("replace")
    shown = Visible(thinking=begun(_tail(engine, prompt, marks)))
    loops = Loops()
    with engine.sampler(sampling) as sampler:
        while (
            len(ids) - start - thought < max_tokens
            and thought < _LONGEST_THOUGHT
            and len(ids) < engine.context
            and not (stopped and stopped())
        ):
            row = engine.last(ids)
            bidden = first if len(ids) == start else ()
            token = max(bidden, key=row.__getitem__) if bidden else sampler.choose(row)
            inside = shown.thinking
            if token in marks:
                _turn(shown, marks[token])
            elif engine.ends(token):
                break
            elif text := shown.feed(characters.decode(engine.piece(token, first=len(ids) == start))):
                yield text
            thought += inside or shown.thinking
            sampler.accept(token)
            ids.append(token)
            if loops.add(token):
                break
    if rest := shown.feed(characters.decode(b"", final=True)) + shown.end():
        yield rest


def _turn(shown: Visible, mark: str) -> None:
    if mark in MARKS:
        shown.open()
    else:
        shown.close()


def _tail(engine: Engine, prompt: Sequence[int], marks: Mapping[int, str]) -> str:
    last = prompt[-_TAIL:]
    pieces = (marks[token].encode() if token in marks else engine.piece(token, first=False) for token in last)
    return b"".join(pieces).decode("utf-8", "replace")
