"""``plum-edge import FILE…``: conversations into the log.

Several files are all read before any of them is imported, so that a bad one leaves the log as it was. Knows nothing of
formats.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from plum_edge.cli import terminal
from plum_edge.cli.progress import bar
from plum_edge.cli.session import Session, shared

_LISTED = 10
"""Skipped conversations that are named; the rest is counted."""


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Return a moment from ISO 8601; UTC where it names no offset, as dates in files are read."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date; write it as 2026-03-12", ctx, param) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command("import", short_help="Read conversations from files into the log.")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", metavar="F", help="The format of the files; recognised by their content otherwise.")
@click.option("--since", metavar="D", callback=moment, help="Only conversations from this date on.")
@click.option("--dry-run", is_flag=True, help="Read and report; store nothing.")
@shared
@click.pass_obj
def command(session: Session, files: Sequence[Path], form: str | None, since: datetime | None, dry_run: bool) -> None:
    """Read conversations from files into the log. What is there already is not stored twice."""
    passes = [True] if dry_run else [True, False] if len(files) > 1 else [False]
    with session.memory(create=True) as memory, bar("import") as progress:
        for trial in passes:
            found = []
            for number, path in enumerate(files):
                progress("import", number, len(files), path.name)
                found.append(memory.import_file(path, format=form, since=since, dry_run=trial))
    total = joined(found)
    if session.json:
        session.emit(total)
        return
    _report(total, dry_run, session.home)


def joined(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the results of several files as one."""
    return {
        "conversations": sum(one["conversations"] for one in found),
        "messages": sum(one["messages"] for one in found),
        "skipped": [skip for one in found for skip in one["skipped"]],
        "ids": [ident for one in found for ident in one["ids"]],
    }


def _report(total: dict[str, Any], dry_run: bool, home: str | None) -> None:
    done = "would be imported" if dry_run else "imported"
    conversations, messages = (
        terminal.count(total["conversations"], "conversation"),
        terminal.count(total["messages"], "message"),
    )
    skipped = total["skipped"]
    terminal.say(f"{conversations} {done}, {messages}" + (f"; {len(skipped):,} skipped:" if skipped else "."))
    for skip in skipped[:_LISTED]:
        terminal.say(f"  {terminal.one_line(skip['where'])}: {terminal.one_line(skip['why'])}")
    if len(skipped) > _LISTED:
        terminal.say(f"  and {len(skipped) - _LISTED:,} more (all of them with --json)")
    if total["conversations"] and not dry_run:
        terminal.say(f"\nNext: plum-edge consolidate{terminal.home_option(home)}")
