"""Promote the new adapter or keep the old: a pure decision on answers that were given before and after.

Five things are asked: were the new conversations learned, were older ones lost, has it become less sure of them, does
it say yes to what was never discussed, and is the base damaged? The gate decides promotion only, never what is learned.

Knows nothing of adapters, of how questions are asked, or of what is done with the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plum_edge.config import Gate
from plum_edge.evaluate.scoring import Scored, balanced, paired_loss, typical_loss, wilson
from plum_edge.records import Question, draw

CHANCE = 0.05
"""A loss less unlikely than this is taken for chance."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to promote. ``reasons`` are clauses for `errors.GateRefused`; ``figures`` all that was compared."""

    passed: bool
    reasons: tuple[str, ...]
    figures: dict[str, Any] = field(default_factory=dict)


def decide(
    new: Sequence[Scored],
    earlier_before: Sequence[Scored],
    earlier_after: Sequence[Scored],
    never: Sequence[Scored],
    moved: float | None,
    limits: Gate,
) -> Verdict:
    """Judge a new adapter.

    Args:
        new: questions about the conversations just learned, asked of the new adapter.
        earlier_before: questions about older conversations, asked of the adapter in use.
        earlier_after: the same questions in the same order, asked of the new one.
        never: questions about what was never discussed, asked of the new adapter.
        moved: KL(base ‖ new adapter) on everyday talk, in nats a token (`runtime.divergence`).
        limits: what is allowed. A part for which nothing was asked passes.
    """
    parts = (
        _learned(new, limits),
        _kept(earlier_before, earlier_after, limits),
        _sure(earlier_before, earlier_after, limits),
        _honest(never, limits),
        _general(moved, limits),
    )
    reasons = tuple(reason for reason, _ in parts if reason)
    figures = dict(zip(("new", "earlier", "sure", "never", "general"), (figure for _, figure in parts), strict=True))
    return Verdict(not reasons, reasons, figures)


_Part = tuple[str, dict[str, Any] | None]
"""Why it refuses, or nothing; and the figures, None where nothing was asked."""


def _learned(new: Sequence[Scored], limits: Gate) -> _Part:
    if not new:
        return "", None
    accuracy = balanced(new)
    if accuracy is None:  # one polarity only: the plain share is all there is
        accuracy = sum(s.correct for s in new) / len(new)
    figures = {"questions": len(new), "accuracy": accuracy, "needed": limits.min_new, "loss": typical_loss(new)}
    if accuracy >= limits.min_new:
        return "", figures
    return (
        f"it has not learned the new conversations (accuracy on {len(new)} questions {_percent(accuracy)}; "
        f"needed {_percent(limits.min_new)})"
    ), figures


def _kept(before: Sequence[Scored], after: Sequence[Scored], limits: Gate) -> _Part:
    flips = paired_loss(before, after)
    if not before:
        return "", None
    allowed = math.floor(
        limits.max_lost * len(before) + 1e-9
    )  # 0.07 * 100 is a hair above 7, 0.29 * 100 a hair below 29
    figures = {
        "questions": len(before),
        "newly_wrong": flips.lost,
        "newly_right": flips.gained,
        "allowed": allowed,
        "p": flips.p,
        "accuracy_before": balanced(before),
        "accuracy_after": balanced(after),
    }
    if flips.p >= CHANCE or flips.lost - flips.gained <= allowed:
        return "", figures
    return (
        f"it forgets too much of the old (of {len(before)} earlier questions {flips.lost} newly wrong, "
        f"{flips.gained} newly right; allowed {allowed} more wrong than right)"
    ), figures


def _sure(before: Sequence[Scored], after: Sequence[Scored], limits: Gate) -> _Part:
    """Accuracy sees an answer only when it crosses one half; how sure the answers are tells of a drift earlier."""
    was, now = typical_loss(before), typical_loss(after)
    if was is None or now is None:
        return "", None
    closed = sum(s.p_yes is not None for s in before)
    figures = {"questions": closed, "loss_before": was, "loss_after": now, "allowed": limits.max_loss_rise}
    if now - was <= limits.max_loss_rise:
        return "", figures
    return (
        f"it is less sure of the old (median loss of {closed} earlier answers {was:.2f} nats before, "
        f"{now:.2f} now; allowed {limits.max_loss_rise:.2f} more)"
    ), figures


def _honest(never: Sequence[Scored], limits: Gate) -> _Part:
    if not never:
        return "", None
    false = sum(not s.correct for s in never)
    at_least, _ = wilson(false, len(never))  # six of sixteen may be chance; the same share of two hundred is not
    figures = {
        "questions": len(never),
        "false": false,
        "rate": false / len(never),
        "rate_at_least": at_least,
        "allowed": limits.max_false_yes,
    }
    if at_least <= limits.max_false_yes:
        return "", figures
    return (
        f"it claims to know what was never discussed ({false} of {len(never)}, {_percent(false / len(never))}; "
        f"allowed {_percent(limits.max_false_yes)})"
    ), figures


def _general(moved: float | None, limits: Gate) -> _Part:
    if moved is None:
        return "", None
    figures = {"divergence": moved, "allowed": limits.max_divergence}
    if not math.isfinite(moved):
        return "its answers to everyday talk are no numbers", figures
    if moved <= limits.max_divergence:
        return "", figures
    return (
        f"it changes how the base talks about anything else (divergence {moved:.2f} nats a token; "
        f"allowed {limits.max_divergence:.2f})"
    ), figures


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def sample_earlier(questions: Sequence[Question], limit: int, seed: int) -> list[Question]:
    """Return at most ``limit`` of the questions, spread evenly over age and over yes, no and open, in their order.

    ``questions`` come oldest first. Each sort of answer gets its share of the limit; its questions are cut by age into
    as many equal stretches, and each stretch gives one, drawn by ``seed``.
    """
    if limit >= len(questions):
        return list(questions)
    sorts: dict[str, list[int]] = {}
    for at, question in enumerate(questions):
        sorts.setdefault(question.answer if question.closed else "open", []).append(at)
    chosen: list[int] = []
    seen = 0
    for _, members in sorted(sorts.items()):
        seen += len(members)
        share = seen * limit // len(questions) - len(chosen)  # cumulative, so that the shares add up to the limit
        for part in range(share):
            stretch = members[part * len(members) // share : (part + 1) * len(members) // share]
            chosen.append(stretch[draw(seed, "earlier", part, *(questions[at].id for at in stretch)) % len(stretch)])
    return [questions[at] for at in sorted(chosen)]
