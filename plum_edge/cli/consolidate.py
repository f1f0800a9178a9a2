"""``plum-edge consolidate``: what waits in the log is learned, and used if it is better. The nightly job.

Ctrl-C and SIGTERM stop it at the next safe point; run again, it carries on.
"""

from __future__ import annotations

from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.progress import bar, interrupts
from plum_edge.cli.session import Session, shared
from plum_edge.night.nightlog import NightLog, watching


@click.command("consolidate", short_help="Learn what waits in the log: the nightly job.")
@click.option("--recipe", type=click.Choice(["plum", "replay", "distill"]), help="How it is learned; see the README.")
@click.option("--backend", type=click.Choice(["auto", "mlx", "torch"]), help="What trains.")
@click.option("--augmenter", type=click.Choice(["auto", "llm", "phrases"]), help="What makes questions of the log.")
@click.option("--limit", metavar="N", type=click.IntRange(1), help="Learn at most N conversations.")
@click.option("--max-minutes", metavar="M", type=click.FloatRange(0), help="Begin no conversation after M minutes.")
@click.option("--on-battery", type=click.Choice(["allow", "refuse"]), default="allow", help="Without mains power?")
@click.option("--unattended", is_flag=True, help="Nobody watches: how it went is written to logs/night.jsonl.")
@click.option("--rebuild", is_flag=True, help="Learn everything again from the beginning.")
@click.option("--dry-run", is_flag=True, help="Say what would be learned; store nothing.")
@shared
@click.pass_obj
def command(session: Session, /, unattended: bool, **options: Any) -> None:
    """Learn what waits in the log. The new adapter is used only if it passes; the old one stays otherwise."""
    with watching(session.folder()) if unattended else bar("consolidate") as progress, interrupts() as stopped:
        with session.memory() as memory:
            result = memory.consolidate(**options, progress=progress, stopped=stopped)
        if isinstance(progress, NightLog):
            progress.ended(result)
    if session.json:
        session.emit(result)
        return
    for line in told(result):
        terminal.say(line)


def told(result: dict[str, Any]) -> list[str]:
    """Return what came of a consolidation, the line that matters first."""
    learned = terminal.count(len(result["conversations"]), "conversation")
    pairs = terminal.count(result["pairs"], "pair")
    if result.get("dry_run"):
        return [f"{_planned(result, learned, pairs)}; nothing was stored", *result.get("notes", ())]
    if result["status"] == "nothing":
        return ["nothing to learn: no conversation waits", *result.get("notes", ())]
    if result["status"] == "postponed":
        left = terminal.count(result["waiting"], "conversation")
        return [f"postponed: {result['why']}; {left} still to learn", *result.get("notes", ())]
    first = f"learned {learned} ({pairs}) in {terminal.duration(result['seconds'])}; {_accuracy(result)}"
    lines = [f"{first}; adapter {result['adapter']} is in use"]
    if result.get("waiting"):
        left = terminal.count(result["waiting"], "conversation")
        lines.append(f"{left} still to learn: {result['why'] if result.get('why') else 'run it again'}")
    return [*lines, *result.get("notes", ())]


def _planned(result: dict[str, Any], learned: str, pairs: str) -> str:
    """Return what a dry run found: what would be learned, and of how much nothing would be."""
    empty = len(result["without_pairs"])
    if result["conversations"]:
        return f"would learn {learned} ({pairs})" + f", and nothing of {empty:,} more" * bool(empty)
    if not empty:
        return "would learn nothing: no conversation waits"
    waits, of = ("waits", "it") if empty == 1 else ("wait", "them")
    return f"would learn nothing: {terminal.count(empty, 'conversation')} {waits}, and no pair comes of {of}"


def _accuracy(result: dict[str, Any]) -> str:
    now = (result["accuracy"] or {}).get("accuracy")
    before = (result["previous"] or {}).get("accuracy")
    change = f"{terminal.percent(before)} → " if before is not None else ""
    return f"accuracy {change}{terminal.percent(now)}"
