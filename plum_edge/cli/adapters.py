"""``plum-edge adapters``: what was learned so far, and which of it is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, group, shared
from plum_edge.records import Adapter

_NONE = "none"
"""What `use` takes for "no adapter at all"."""


command = group("adapters", "list", "List, show and choose the adapters.")


@command.command("list")
@shared
@click.pass_obj
def list_(session: Session) -> None:
    """List the adapters, oldest first; the one in use is marked."""
    with session.memory() as memory:
        found = memory.adapters()
    if session.json:
        session.emit([_contract(adapter) for adapter in found])
        return
    if not found:
        terminal.say(f"No adapter yet. Learn one: plum-edge consolidate{terminal.home_option(session.home)}")
        return
    rows = [
        (
            "*" if adapter.active else "",
            adapter.id,
            terminal.day(adapter.created_at) if adapter.created_at else "",
            str(adapter.segments),
            terminal.percent(adapter.accuracy),
            adapter.parent or "",
        )
        for adapter in found
    ]
    terminal.table(("", "id", "made", "segments", "accuracy", "parent"), rows, right=(3, 4))


@command.command("show")
@click.argument("adapter", metavar="ADAPTER")
@shared
@click.pass_obj
def show(session: Session, adapter: str) -> None:
    """Show an adapter: what it was made of, its files, and how it was found to be."""
    with session.memory() as memory:
        found = memory.store.runs.adapter(adapter)
        manifest = memory.store.runs.manifest(found.id)
        evaluation = memory.store.runs.evaluation(found.id)
    if session.json:
        session.emit({**_contract(found), "manifest": manifest, "evaluation": evaluation})
        return
    facts: dict[str, Any] = {
        "adapter": found.id + (" (in use)" if found.active else ""),
        "parent": found.parent or "none",
    }
    facts |= {"made": terminal.day(found.created_at)} if found.created_at else {}
    facts |= {"segments": f"{found.segments:,}", "base": manifest.get("base"), "recipe": manifest.get("recipe")}
    ends = manifest.get("ends", 1)
    facts |= {"weights": f"the mean after each of the last {ends} conversations"} if ends > 1 else {}
    facts |= {"rank": manifest.get("rank"), "file": found.gguf, "sha256": found.gguf_sha256}
    facts |= _measured(evaluation or {})
    width = max(map(len, facts))
    for name, fact in facts.items():
        if fact is not None:
            terminal.hang(f"{name:<{width}}  ", str(fact))


@command.command("use")
@click.argument("adapter", metavar=f"ADAPTER|{_NONE}")
@shared
@click.pass_obj
def use(session: Session, adapter: str) -> None:
    """Put an adapter to use; ``none`` for the base model alone. A running chat follows before its next answer."""
    with session.memory() as memory:
        memory.use(None if adapter == _NONE else adapter)
        active = next((one.id for one in memory.adapters() if one.active), None)
    if session.json:
        session.emit({"adapter": active})
    else:
        terminal.say(f"adapter {active} is in use" if active else "no adapter is in use")


@command.command("add")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--use", "at_once", is_flag=True, help="Put it to use, too.")
@shared
@click.pass_obj
def add(session: Session, folder: Path, at_once: bool) -> None:
    """Install an adapter that another device exported (plum-edge export), once all of it is checked."""
    with session.memory(create=True) as memory:
        added = memory.receive(folder)
        if at_once:
            memory.use(added.id)
    if session.json:
        session.emit({**_contract(added), "active": at_once})
        return
    terminal.say(f"adapter {added.id} is installed{' and in use' if at_once else ''}")
    if not at_once:
        terminal.say(f"Put it to use: plum-edge adapters use {added.id}{terminal.home_option(session.home)}")


@command.command("rollback")
@shared
@click.pass_obj
def rollback(session: Session) -> None:
    """Go back to the adapter that was promoted before the one in use. What was learned stays learned."""
    with session.memory() as memory:
        active = memory.rollback()
    if session.json:
        session.emit({"adapter": active.id})
    else:
        learned = terminal.count(active.segments, "conversation")
        terminal.say(
            f"adapter {active.id} is in use again ({learned}); the next one comes when something new is learned"
        )


@command.command("prune")
@click.option("--keep", metavar="N", type=click.IntRange(1), help="Promoted adapters to keep: 3, if not said.")
@click.option("--dry-run", is_flag=True, help="Say what would go; remove nothing.")
@shared
@click.pass_obj
def prune(session: Session, keep: int | None, dry_run: bool) -> None:
    """Remove refused and old adapters. What learning and forgetting need stays."""
    with session.memory() as memory:
        result = memory.prune(keep=keep, dry_run=dry_run)
    if session.json:
        session.emit(result)
    elif result["removed"]:
        done = "would go" if dry_run else "removed"
        terminal.say(f"{', '.join(result['removed'])} {done}, {terminal.size(result['bytes'])}")
    else:
        terminal.say("nothing to remove")


def _contract(adapter: Adapter) -> dict[str, Any]:
    return {
        "id": adapter.id,
        "active": adapter.active,
        "parent": adapter.parent,
        "gguf": adapter.gguf,
        "gguf_sha256": adapter.gguf_sha256,
        "segments": adapter.segments,
        "accuracy": adapter.accuracy,
        "created_at": adapter.created_at,
    }


def _measured(evaluation: dict[str, Any]) -> dict[str, str]:
    """Return what an evaluation says, by name."""
    if not evaluation:
        return {"accuracy": "not measured"}
    low, high = evaluation.get("accuracy_ci95") or (None, None)
    interval = f" (95 %: {100 * low:.0f} – {100 * high:.0f})" if low is not None and high is not None else ""
    polarities = ", ".join(
        f"{terminal.percent(evaluation.get(key))} of {name}"
        for key, name in (("positives", "what was said"), ("negatives", "what never was"))
    )
    facts = {"accuracy": f"{terminal.percent(evaluation.get('accuracy'))}{interval}: {polarities}"}
    parity = evaluation.get("parity") or {}
    if "max_abs_logit" in parity:
        facts["parity"] = f"llama.cpp agrees with the trainer within {terminal.tiny(parity['max_abs_logit'])}"
    return facts
