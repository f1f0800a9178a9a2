"""An answer, token by token: what is drawn is shown but for thoughts, and a loop ends it.

Knows nothing of chats: a prompt is ids.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from plum_edge.runtime.engine import Engine
from plum_edge.runtime.loops import Loops
from plum_edge.runtime.sampling import Sampling
from plum_edge.runtime.thinking import MARKS, Visible, begun

_LONGEST_THOUGHT = 2048
"""Tokens; a thought does not count as part of the answer, but it must end."""
_TAIL = 16
"""Tokens of the prompt that tell whether it ends within a thought."""


@dataclass
class Tally:
    """What an answer takes, in tokens; filled in while it is made."""

    read: int = 0
    """Of the prompt, after what is too long was cut; 0 where no model was asked."""
    drawn: int = 0
    """Of the answer; thoughts, and the token that ends it, are among them."""
    full: bool = False
    """Whether it ended because no more tokens were allowed, or none would fit."""
    looped: bool = False
    """Whether it ended because it went round in a loop."""
    stopped: bool = False
    """Whether it ended because it was told to."""
    first: float = 0.0
    """When its first token was drawn, by `time.perf_counter`; what is shown may come later."""
    last: float = 0.0


def spoken(
    engine: Engine,
    prompt: Sequence[int],
    marks: Mapping[int, str],
    *,
    max_tokens: int,
    sampling: Sampling,
    first: Sequence[int] = (),
    drawn: Sequence[int] = (),
    stopped: Callable[[], bool] | None = None,
    tally: Tally | None = None,
) -> Iterator[str]:
    """Yield what follows a prompt that fits, whole characters only.

    ``marks`` are the tokens that open or close a thought by themselves, with their text; ``first`` are those that the
    answer may begin with, if any; ``drawn`` are its first tokens, where they were drawn before; ``max_tokens`` are of
    what is shown; ``stopped`` is asked before each token; ``tally`` is told what it takes.
    """
    ids = list(prompt)
    start, thought = len(ids), 0
    tally = tally or Tally()
    tally.read = start
    characters = codecs.getincrementaldecoder("utf-8")("replace")
    shown = Visible(thinking=begun(_tail(engine, prompt, marks)))
    loops = Loops()

    def full() -> bool:
        return len(ids) - start - thought >= max_tokens or thought >= _LONGEST_THOUGHT or len(ids) >= engine.context

    with engine.sampler(sampling) as sampler:

        def next_token() -> int:
            row = engine.last(ids)
            return max(first, key=row.__getitem__) if first and len(ids) == start else sampler.choose(row)

        while not full() and not (stopped and stopped()):
            token = drawn[len(ids) - start] if len(ids) - start < len(drawn) else next_token()
            tally.drawn += 1
            tally.last = time.perf_counter()
            tally.first = tally.first or tally.last
            inside = shown.thinking
            if token in marks:
                _turn(shown, marks[token])
            elif engine.vocabulary.ends(token):
                break
            elif text := shown.feed(characters.decode(engine.vocabulary.piece(token, first=len(ids) == start))):
                yield text
            thought += inside or shown.thinking
            sampler.accept(token)
            ids.append(token)
            if loops.add(token):
                tally.looped = True
                break
        else:
            tally.full = full()
            tally.stopped = not tally.full
    if rest := shown.feed(characters.decode(b"", final=True)) + shown.end():
        yield rest


def _turn(shown: Visible, mark: str) -> None:
    if mark in MARKS:
        shown.open()
    else:
        shown.close()


def _tail(engine: Engine, prompt: Sequence[int], marks: Mapping[int, str]) -> str:
    last = prompt[-_TAIL:]
    pieces = (
        marks[token].encode() if token in marks else engine.vocabulary.piece(token, first=False) for token in last
    )
    return b"".join(pieces).decode("utf-8", "replace")
