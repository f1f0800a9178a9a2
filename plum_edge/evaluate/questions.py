"""Held-out questions: made of held-out pairs, or read from a file.

Knows nothing of who is asked, or of how answers are marked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

from plum_edge.augment.phrases import wordings
from plum_edge.errors import BadInput
from plum_edge.evaluate.marking import abstains, words
from plum_edge.records import Pair, Question, Style, draw

STYLES: tuple[Style, ...] = get_args(Style)


def questions_from(
    pairs: Iterable[Pair],
    *,
    phrasing: Literal["held_out", "unseen"],
    seed: int = 0,
    unseen: wordings.Phrasings = wordings.UNSEEN,
) -> list[Question]:
    """Return the held-out pairs as questions, in their order. Training pairs are left out; no question comes twice.

    With ``unseen`` the same topics and answers are asked in phrasings that nothing was trained on, drawn by ``seed``.
    Every question keeps the conversation of its segment, far negatives too: they were true as far as that one.
    """
    found: dict[str, Question] = {}
    for pair in pairs:
        if pair.split != "held_out":
            continue
        answer = pair.answer if pair.kind == "open" else "yes" if pair.polarity == "positive" else "no"
        conversation = pair.segment.rsplit("/", 1)[0]
        asked = [pair.question] if phrasing == "held_out" else _unseen(pair, seed, unseen)
        for wording in asked:
            question = Question(wording, answer, pair.style, conversation, pair.origin, phrasing)
            if question.id not in found:
                found[question.id] = question
                break
    return list(found.values())


def _unseen(pair: Pair, seed: int, phrasings: wordings.Phrasings) -> Iterator[str]:
    """Give every unseen phrasing of the pair's question, beginning with the drawn one."""
    asks, topic = _parse(pair)
    frames: tuple[str, ...] = getattr(phrasings, asks)
    first = draw(seed, "unseen", pair.id)
    return (frames[(first + k) % len(frames)].format(topic=topic) for k in range(len(frames)))


def _parse(pair: Pair) -> tuple[Literal["closed", "when", "what"], str]:
    """Return what a question asks, and its topic as worded there ("the tap"); `Pair.topic` where no frame fits."""
    kinds: tuple[Literal["closed", "when", "what"], ...] = ("closed",) if pair.kind == "closed" else ("when", "what")
    for asks in kinds:
        for frames in (wordings.HELD_OUT, wordings.TRAIN):
            for frame in getattr(frames, asks):
                before, after = frame.split("{topic}")
                if found := re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", pair.question):
                    return asks, found[1]
    if pair.kind == "closed":
        return "closed", pair.topic
    return ("when" if re.search(r"\b(when|date|which day|what day)\b", pair.question, re.I) else "what"), pair.topic


def read_questions(path: Path) -> list[Question]:
    """Read JSON Lines of {"question", "answer": "yes"|"no"|text, "kind"?, "conversation"?}.

    Without ``kind`` a question counts as verbatim; answered no, as near with a conversation and as far without.

    Raises:
        BadInput: no such file, not UTF-8, not JSON Lines, a missing or wrong field, no question at all; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})", _NOTHING) from error
    except UnicodeDecodeError as error:
        raise BadInput(str(path), f"is not UTF-8 text (byte {error.start:,})", _NOTHING) from error
    questions = [_question(f"{path} line {n:,}", line) for n, line in enumerate(lines, 1) if line.strip()]
    if not questions:
        raise BadInput(str(path), "holds no questions", _NOTHING)
    return questions


_NOTHING = "Nothing was asked."


def _question(where: str, line: str) -> Question:
    try:
        raw = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        column = f", column {error.colno:,}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInput(where + column, "is not valid JSON", _NOTHING) from error
    if not isinstance(raw, dict):
        raise BadInput(where, "must be an object with question and answer", _NOTHING)
    for key in ("question", "answer"):
        if not isinstance(raw.get(key), str) or not words(raw[key]):
            raise BadInput(where, f"{key!r} must be a text with at least one word", _NOTHING)
    conversation, style = raw.get("conversation"), raw.get("kind")
    if conversation is not None and not isinstance(conversation, str):
        raise BadInput(where, "'conversation' must be the id of one", _NOTHING)
    answer = raw["answer"].strip()
    if answer.lower().rstrip(".") in ("yes", "no"):
        answer = answer.lower().rstrip(".")
    if style is None:
        denies = answer == "no" or abstains(answer)
        style = "verbatim" if not denies else "near" if conversation else "far"
    if style not in STYLES:
        raise BadInput(where, f"'kind' is {style!r}; it can be {', '.join(STYLES)}", _NOTHING)
    return Question(raw["question"].strip(), answer, style, conversation)
