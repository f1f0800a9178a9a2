"""Figures as `Memory.evaluate` returns them, from answers drawn by hash: the real summing up, no model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from plum_edge.evaluate.calibration import reliability
from plum_edge.evaluate.questions import STYLES
from plum_edge.evaluate.scoring import Scored, consistency, mcnemar, over_time, over_time_ci95, summarise
from plum_edge.records import Question, draw
from plum_edge.store.runs import Cell

ABILITIES = ("reading", "reading_yes", "reading_no", "honest_no", "chat_same", "chat_sound")
LOSSES = ("text_loss", "dialogue_loss", "chat_loss")


def answered(conversations: int, seed: int, skill: float) -> list[Scored]:
    """Return four closed questions and an open one on each conversation; ``skill`` of them are answered right."""
    scored = []
    for about in range(conversations):
        for style in STYLES:
            gold = "no" if style in ("near", "far") else "yes"
            at = draw(seed, about, style) / 2**64
            right = at < skill
            p_yes = 0.5 + 0.49 * (at / skill if right else at - 1) * (1 if gold == "yes" else -1)
            question = Question(f"{style} {about}?", gold, style, f"c{about}")
            scored.append(Scored(question, p_yes, None, (p_yes >= 0.5) == (gold == "yes")))
        open_one = Question(f"open {about}?", "a cat", "verbatim", f"c{about}")
        scored.append(Scored(open_one, None, "a cat", about % 2 == 0, float(about % 2 == 0)))
    return scored


def cells(conversations: int, seed: int, skill: float) -> Iterator[Cell]:
    """Yield what was answered after every second conversation."""
    for step in range(2, conversations + 1, 2):
        for s in answered(step, seed + step, skill):
            if s.p_yes is not None:
                yield Cell(step, s.question.id, s.question.conversation, s.correct, s.p_yes)


def figures(conversations: int = 30, seed: int = 0, skill: float = 0.8) -> dict[str, Any]:
    """Return the figures of an adapter, with baselines, costs and what the base can still do."""
    own = answered(conversations, seed, skill)
    seen = list(cells(conversations, seed, skill))
    closed = [s for s in own if s.question.closed]
    baselines = {}
    for name, share in (("base", 0.5), ("bm25", 0.85), ("adapter_bm25", 0.9), ("bm25_threshold", 0.95)):
        theirs = answered(conversations, seed + 1, share)
        flips = mcnemar(closed, [s for s in theirs if s.question.closed])
        cost = {"prompt_tokens": 20.0, "milliseconds": 12.25, "text_bytes": 61_000}
        baselines[name] = summarise(theirs, seed=seed) | {"mcnemar": asdict(flips), "cost": cost}
    columns = [f"c{number}" for number in range(conversations)]
    return {
        "adapter": "0007",
        "recipe": "replay",
        "conversations": conversations,
        **summarise(own, seed=seed),
        **reliability(own),
        "cost": {"prompt_tokens": 14.0, "milliseconds": 4.5, "text_bytes": 0},
        "over_time": over_time(seen),
        "over_time_ci95": over_time_ci95(seen, seed=seed),
        "consistency": consistency(seen, columns),
        "consistency_dates": [f"2026-03-{1 + number % 28:02d}" for number in range(conversations)],
        "general": {
            "base": dict.fromkeys(ABILITIES, 0.98) | dict.fromkeys(LOSSES, 2.5),
            "adapter": dict.fromkeys(ABILITIES, 0.955) | dict.fromkeys(LOSSES, 2.55),
        },
        "baselines": baselines,
    }


def bare() -> dict[str, Any]:
    """Return the figures of a base that was asked two questions and nothing else."""
    own = answered(1, 0, 1.0)[:1] + answered(1, 0, 1.0)[-2:-1]
    empty: dict[str, Any] = {"over_time": [], "over_time_ci95": [], "consistency": [], "consistency_dates": []}
    return {
        "adapter": None, "recipe": "replay", "conversations": 0, **summarise(own, seed=0), **reliability(own),
        **empty, "general": {"base": {}, "adapter": None}, "baselines": {},
    }  # fmt: skip
