"""``plum-edge forget``: take conversations back, out of the log, every file and the weights.

Interrupted, it carries on when it is given again, with or without a name.
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.import_ import moment
from plum_edge.cli.progress import bar, interrupts
from plum_edge.cli.session import Session, shared
from plum_edge.errors import GateRefused, UsageError

_LISTED = 10
"""Conversations that are named before they go; the rest is counted."""


@click.command("forget", short_help="Take conversations back, out of the log and the weights.")
@click.argument("conversations", metavar="[CONVERSATION]…", nargs=-1)
@click.option("--search", metavar="QUERY", help="All that `logs search QUERY` finds.")
@click.option("--since", metavar="D", callback=moment, help="Those begun on this date or later.")
@click.option("--until", metavar="D", callback=moment, help="Those begun before this date.")
@click.option("--dry-run", is_flag=True, help="Say what would go and how long it takes; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared
@click.pass_context
def command(ctx: click.Context, /, conversations: tuple[str, ...], dry_run: bool, yes: bool, **chosen: Any) -> None:
    """Take conversations back, out of the log, every file and the weights. Nothing of them is left on this device.

    What was learned after them is learned again, as if they had never been. Without a name it finishes what was
    interrupted.
    """
    session: Session = ctx.obj
    with session.memory() as memory:
        plan = memory.forget(conversations, dry_run=True, **chosen)
        ids = [one["id"] for one in plan["conversations"]]
        if dry_run:
            session.emit(plan) if session.json else say_plan(plan)
            return
        if not ids and not plan["unfinished"]:
            nothing(session, conversations, chosen)
            return
        if ids and not yes:
            confirm(session, plan, "Forget", "plum-edge forget")
        with interrupts() as stopped, bar("forget") as progress:
            receipt = memory.forget([*ids, *conversations], progress=progress, stopped=stopped)
    report(ctx, session, receipt)


def confirm(session: Session, plan: dict[str, Any], verb: str, name: str) -> None:
    """Show what will go and ask; nobody can be asked where there is no terminal.

    Raises:
        UsageError: there is no terminal.
        click.Abort: the answer was no.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()) or session.json:
        raise UsageError(f"{name} asks before it changes anything, and there is no terminal.", "Add --yes.")
    say_plan(plan)
    click.confirm(f"\n{verb} {_these(plan)} for good?", abort=True, err=True)


def say_plan(plan: dict[str, Any]) -> None:
    """Write what would go, and how long the rest takes."""
    talks = plan["conversations"]
    for one in talks[:_LISTED]:
        day = terminal.day(datetime.fromisoformat(one["created_at"]))
        terminal.hang(f"  {day:>11}  ", f"{one['title'] or '(no title)'} · {one['id']}")
    if len(talks) > _LISTED:
        terminal.say(f"  and {len(talks) - _LISTED:,} more")
    goes = [terminal.count(plan["messages"], "message"), terminal.count(plan["pairs"], "pair")]
    goes += [terminal.count(len(plan["adapters"]), "adapter")] if plan["adapters"] else []
    terminal.say(f"\n{_these(plan)}: {', '.join(goes)} will go")
    if plan["again"]:
        time = f"about {terminal.duration(60 * plan['minutes'])}" if plan["minutes"] else "a few seconds"
        terminal.say(f"{terminal.count(plan['again'], 'conversation')} will be learned again, in {time}")
    if plan["adapters"]:
        meanwhile = f"adapter {plan['meanwhile']}" if plan["meanwhile"] else "no adapter"
        terminal.say(f"meanwhile {meanwhile} is in use")
    _say_exported(plan["exported"])
    if plan["unfinished"]:
        terminal.say("A forgetting that was interrupted is finished first.")


def report(ctx: click.Context, session: Session, receipt: dict[str, Any]) -> None:
    """Write the receipt; end with the gate's exit code where it refused what was learned again."""
    if session.json:
        session.emit(receipt)
    else:
        for line in told(receipt):
            terminal.say(line)
        say_left(receipt)
    if receipt["status"] == "refused":
        ctx.exit(GateRefused.exit_code)


def say_left(receipt: dict[str, Any]) -> None:
    """Write which files hold it still."""
    _say_exported(receipt.get("exported", []))
    for path in receipt.get("left_in", []):
        terminal.hang("still in  ", f"{path} (a file that is not plum-edge's own; remove it yourself)")


def told(receipt: dict[str, Any]) -> list[str]:
    """Return what was done, the line that matters first."""
    if receipt["status"] == "nothing":
        return ["nothing to forget, and nothing to finish"]
    these = terminal.count(receipt["conversations"], "conversation")
    verb = "will never be learned" if receipt["status"] == "excluded" else "forgotten"
    what = f"{terminal.count(receipt['messages'], 'message')}, {terminal.count(receipt['pairs'], 'pair')}"
    lines = [f"{these} {verb} ({what}) in {terminal.duration(receipt['seconds'])}"]
    learned = terminal.count(receipt["again"], "conversation") if receipt["again"] else ""
    if receipt["reasons"]:
        use = f"adapter {receipt['adapter']}, which never saw it," if receipt["adapter"] else "no adapter"
        tried = f"learned {learned} again, but refused" if learned else "what is left was refused"
        lines.append(f"{tried}: {'; '.join(receipt['reasons'])}; {use} is in use")
    elif learned:
        lines.append(f"learned {learned} again: {_exact(receipt)}; adapter {receipt['adapter']} is in use")
    elif receipt["adapter"]:
        lines.append(f"adapter {receipt['adapter']}, which never saw it, is in use")
    probes = receipt.get("probes")
    if probes and probes["p_yes_after"] is not None:
        asked = terminal.count(probes["asked"], "question")
        lines.append(f"{asked} about it: p(yes) {probes['p_yes_before']:.2f} → {probes['p_yes_after']:.2f}")
    return lines


def _exact(receipt: dict[str, Any]) -> str:
    if receipt.get("exact"):
        return "byte for byte what a log without it gives"
    return f"retrained ({receipt.get('why') or 'not finished yet'})"


def _these(plan: dict[str, Any]) -> str:
    return terminal.count(len(plan["conversations"]), "conversation")


def _say_exported(names: list[str]) -> None:
    for name in names:
        terminal.hang("exported  ", f"{name} (holds it still: a copy that was given away is out of reach)")


def nothing(session: Session, conversations: tuple[str, ...], chosen: dict[str, Any]) -> None:
    """Say that there is nothing to do: what was named is gone already, or nothing fits; or that nothing was named."""
    if not conversations and not any(chosen.values()):
        raise UsageError("No conversation is named.", "Name one by its id, or use --search, --since or --until.")
    if session.json:
        session.emit({"status": "nothing"})
    else:
        terminal.say("it is forgotten already" if conversations else "no conversation fits")
