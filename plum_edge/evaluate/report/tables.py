"""The tables of the page and its figures in words: systems, what an answer costs, what the base can still do.

Takes the JSON of `evaluate`. Knows nothing of HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plum_edge.evaluate.report.plots import own_name, systems
from plum_edge.evaluate.report.words import Sheet, interval, name_of, percent

PAPER = "https://arxiv.org/abs/2411.13405"
_ABILITIES = {
    "reading": "reads a conversation in its context (balanced)",
    "reading_yes": "… asked about what stands there",
    "reading_no": "… asked about what does not",
    "honest_no": "says no to what it never heard of",
    "chat_same": "small talk as before",
    "chat_sound": "small talk that is sound",
}
_LOSSES = {
    "text_loss": "loss on plain sentences, nats a token",
    "dialogue_loss": "loss on talk, nats a token",
    "chat_loss": "loss on the base's own replies, nats a token",
}


def headlines(figures: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the few figures that stand first: (what, how much, how sure); what was not measured is left out."""
    found = [
        ("right answers, balanced", figures["accuracy"], _sure(figures["accuracy_ci95"])),
        ("right about what was discussed", figures["positives"], _sure(figures["positives_ci95"])),
        ("right about what was not", figures["negatives"], _sure(figures["negatives_ci95"])),
        ("open questions answered with the fact", figures.get("open_contains"), ""),
        ("answers to what was never said", figures.get("false_answers"), "lower is better"),
        ("calibration error of p(yes)", figures.get("ece"), "lower is better"),
    ]
    return [(what, percent(share), sure) for what, share, sure in found if share is not None]


def compared(figures: Mapping[str, Any]) -> Sheet:
    """Return the table of systems, with McNemar's exact test of each against the one that is examined."""
    own = own_name(figures)
    headings = ["system", "yes asked", "no asked", "balanced", "95 %"]
    tested = any("mcnemar" in one for one in figures["baselines"].values())
    if tested:
        headings += [f"right in the {own} only", "right here only", "p (McNemar)"]
    rows = []
    for name, one in systems(figures).items():
        shares = [percent(one[key], 1) for key in ("positives", "negatives", "accuracy")]
        row = [name_of(name), *shares, interval(one["accuracy_ci95"], digits=1)]
        flips = one.get("mcnemar")
        if tested:
            row += [f"{flips['lost']:,}", f"{flips['gained']:,}", _chance(flips["p"])] if flips else ["", "", ""]
        rows.append(tuple(row))
    return Sheet("Systems on the same questions", tuple(headings), tuple(rows))


def costs(figures: Mapping[str, Any]) -> Sheet | None:
    """Return what an answer of each system costs; None where it was not measured."""
    found = {name: one["cost"] for name, one in systems(figures).items() if one.get("cost")}
    if not found:
        return None
    keys = ("prompt_tokens", "milliseconds", "text_bytes")
    rows = tuple((name_of(name), *(_number(cost.get(key)) for key in keys)) for name, cost in found.items())
    return Sheet("What an answer costs", ("system", "prompt tokens", "milliseconds", "bytes of text kept"), rows)


def abilities(figures: Mapping[str, Any]) -> Sheet | None:
    """Return what the base can do without the adapter and with it; None where it was not measured."""
    general = figures.get("general") or {}
    before, after = general.get("base") or {}, general.get("adapter") or {}
    rows = [
        (told, percent(before[key], 1), percent(after.get(key), 1), _points(before[key], after.get(key)))
        for key, told in _ABILITIES.items()
        if before.get(key) is not None
    ]
    rows += [
        (told, f"{before[key]:.3f}", _loss(after.get(key)), _relative(before[key], after.get(key)))
        for key, told in _LOSSES.items()
        if before.get(key) is not None
    ]
    if not rows:
        return None
    return Sheet(
        "What the base can do besides remembering", ("ability", "base", "with the adapter", "change"), tuple(rows)
    )


def recipe(figures: Mapping[str, Any]) -> str:
    """Return how the adapter was trained, and whether that is the paper's method; empty without an adapter."""
    name = figures["recipe"]
    if not figures["adapter"]:
        return ""
    if name == "plum":
        return (
            "The recipe is plum: the method of the paper, one conversation at a time and no return to an earlier one."
        )
    why = " It mixes stored pairs of earlier conversations into each batch." if name == "replay" else ""
    return f"The recipe is {name}, which is not the method of the paper.{why} The paper's own is the recipe plum."


def _sure(bounds: Any) -> str:
    return f"95 %: {interval(bounds)}" if bounds else ""


def _chance(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _points(before: float, after: float | None) -> str:
    return "" if after is None else f"{100 * (after - before):+.1f} points".replace("-", "−")


def _relative(before: float, after: float | None) -> str:
    return "" if after is None or not before else f"{100 * (after / before - 1):+.1f} %".replace("-", "−")
