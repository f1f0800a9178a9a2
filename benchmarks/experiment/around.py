"""Tables beside accuracy: other retrieval, what is left of the base, other runtimes, what answers cost."""

from __future__ import annotations

from typing import Any

from benchmarks.experiment import grid
from benchmarks.experiment.figures import NOT_RUN, Shelf, share
from benchmarks.experiment.tables import CELLS, Table, further

_LOGS = grid.LOGS
_RATES = ("reading", "reading_yes", "reading_no", "honest_no", "chat_sound", "chat_same")
_LOSSES = ("text_loss", "dialogue_loss", "chat_loss")


def retrieval(shelf: Shelf) -> Table:
    """Return every way of finding text and of joining it with the adapter: `replay`, seed 0."""
    lines = []
    for log in _LOGS:
        cell = CELLS[f"main/{log}/replay/seed-0"]
        for system in cell.asked("held_out"):
            found = shelf.answered([cell], "held_out", system)
            if isinstance(found, str):
                lines.append([log, f"`{system}`", found, *["–"] * 6])
            else:
                kinds = (found.kind(style) for style in ("verbatim", "paraphrased", "near", "far"))
                gold = further(shelf, [cell], system, "gold")
                lines.append([log, f"`{system}`", found.balanced(), *kinds, found.opened()[0], gold])
    header = (
        "log", "system", "balanced", "verbatim", "paraphrased", "near", "far", "open, with the fact", "hand-written",
    )  # fmt: skip
    notes = "All of it on the first log; on the others what the main tables hold."
    return Table("Retrieval with the same model, and both together", notes, header, lines)


def general(shelf: Shelf) -> Table:
    """Return what is left of the base after the last conversation."""
    lines = []
    for log in _LOGS:
        for recipe in ("plum", "replay"):
            for seed in grid.SEEDS:
                found = shelf.extra(CELLS[f"main/{log}/{recipe}/seed-{seed}"], "general")
                told = [_before_after(found, name) for name in (*_RATES, *_LOSSES)] if found else [NOT_RUN, *["–"] * 8]
                lines.append([log, f"`{recipe}`", str(seed), *told])
    header = (
        "log", "recipe", "seed", "reading", "reading, yes", "reading, no", "honest no", "replies sound",
        "replies unchanged", "loss: text", "loss: talk", "loss: its own replies",
    )  # fmt: skip
    notes = "Before → after. Shares in percent, losses in nats a token. Reading is balanced."
    return Table("What is left of the base", notes, header, lines)


def _before_after(found: dict[str, Any], name: str) -> str:
    before, after = ((found.get(who) or {}).get(name) for who in ("base", "adapter"))
    if before is None or after is None:
        return "–"
    return f"{before:.2f} → {after:.2f}" if name in _LOSSES else f"{100 * before:.1f} → {100 * after:.1f}"


def runtimes(shelf: Shelf) -> Table:
    """Return the same questions in other formats and in the training framework."""
    lines = []
    for log in _LOGS:
        cell = CELLS[f"main/{log}/replay/seed-0"]
        if "runtimes" not in cell.extras:
            continue
        found = shelf.extra(cell, "runtimes")
        if not found:
            lines.append([log, NOT_RUN, *["–"] * 7])
        for name, one in (found or {}).items():
            size, flips = one["base_bytes"] + one["adapter_bytes"], one["mcnemar"]
            lines.append(
                [
                    log, name, share(one["accuracy"], one["accuracy_ci95"]), f"{100 * one['agreement']:.1f}",
                    *(_number(flips, key) for key in ("lost", "gained", "p")),
                    f"{size / 1e6:.1f}", _number(one, "milliseconds"),
                ]
            )  # fmt: skip
    header = (
        "log", "runtime", "balanced", "agrees with f32", "only f32 right", "only here", "p", "MB", "ms a question",
    )  # fmt: skip
    notes = (
        "The held-out questions of yes and no, asked once as they stand; MB of base and adapter; p is McNemar's, "
        "against GGUF f32."
    )
    return Table("Runtimes and formats", notes, header, lines)


def _number(one: dict[str, Any], key: str) -> str:
    value = one.get(key)
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def costs(shelf: Shelf) -> Table:
    """Return what an answer costs: `replay`, seed 0."""
    lines = []
    for log in _LOGS:
        cell = CELLS[f"main/{log}/replay/seed-0"]
        for system in cell.asked("held_out"):
            header = shelf.header(cell, "held_out", system)
            cost = header.get("cost")
            told = [_number(cost, key) for key in ("prompt_tokens", "milliseconds", "text_bytes")] if cost else None
            missing = "not available" if "unavailable" in header else NOT_RUN
            lines.append([log, f"`{system}`", *(told or [missing, "–", "–"])])
    header_ = ("log", "system", "prompt tokens", "ms", "bytes of text kept on the device")
    notes = "Per held-out question; milliseconds as measured on the machine below, which other work may have shared."
    return Table("What an answer costs", notes, header_, lines)
