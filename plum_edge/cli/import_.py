"""``plum-edge import FILE…``: conversations into the log.

Everything is read before any of it is imported, so that a bad file leaves the log as it was. Knows nothing of formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import click

from plum_edge.cli import terminal
from plum_edge.cli.progress import bar
from plum_edge.cli.session import Session, shared

_LISTED = 10
"""Reasons, or things that were skipped, that are named; the rest is counted."""
_STRANGERS = "ShareGPT files are often talks of strangers. Where they are not yours: plum-edge logs notrain ID"


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Return a moment from ISO 8601; without an offset where it names none: the user's own time."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date; write it as 2026-03-12", ctx, param) from None


@click.command("import", short_help="Read conversations from files into the log.")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", metavar="F", help="The format of the files; recognised by their content otherwise.")
@click.option("--since", metavar="D", callback=moment, help="Only conversations from this date on.")
@click.option("--me", metavar="NAME", default="", help="Who you are in a chat between people (WhatsApp).")
@click.option("--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="How a chat writes its dates.")
@click.option("--salvage", is_flag=True, help="Take the whole conversations of a file that was cut short.")
@click.option("--dry-run", is_flag=True, help="Read and report; store nothing.")
@shared
@click.pass_obj
def command(
    session: Session,
    /,
    files: Sequence[Path],
    form: str | None,
    since: datetime | None,
    me: str,
    date_order: Literal["dmy", "mdy", "ymd"] | None,
    salvage: bool,
    dry_run: bool,
) -> None:
    """Read conversations from files, archives and folders into the log. What is there already is not stored twice."""
    from plum_edge import config
    from plum_edge.memory.bringing import brought, wishes

    home = session.folder()
    wanted = wishes(config.load(home.config), form, since, me, date_order, salvage)
    with bar("read") as progress:
        total = brought(home, files, wanted, dry_run=dry_run, progress=progress)
    if session.json:
        session.emit(total)
    else:
        _report(total, dry_run, session.home)


def _report(total: dict[str, Any], dry_run: bool, home: str | None) -> None:
    done = "would be imported" if dry_run else "imported"
    conversations, messages = (
        terminal.count(total["conversations"], "conversation"),
        terminal.count(total["messages"], "message"),
    )
    skipped = total["skipped"]
    terminal.say(f"{conversations} {done}, {messages}" + (f"; {len(skipped):,} skipped:" if skipped else "."))
    _skipped(skipped)
    if total["unchanged"]:
        there = "was there already" if total["unchanged"] == 1 else "were there already"
        terminal.say(f"{terminal.count(total['unchanged'], 'conversation')} {there}.")
    for why, count in total["dates"].items():
        terminal.say(f"{count:,} {why}: put beside its neighbours, and no date is taught of it.")
    if total["left_out"]:
        parts = ", ".join(f"{why} ({count:,})" for why, count in sorted(total["left_out"].items(), key=_most))
        terminal.say(f"Left out, being no talk: {parts}.")
    if total["other_files"]:
        terminal.say(f"{terminal.count(total['other_files'], 'file')} of other kinds passed over.")
    if "sharegpt" in total["formats"]:
        terminal.say(_STRANGERS)
    if total["conversations"] and not dry_run:
        terminal.say(f"\nNext: plum-edge consolidate{terminal.home_option(home)}")


def _most(one: tuple[str, int]) -> tuple[int, str]:
    return -one[1], one[0]


def _skipped(skipped: Sequence[dict[str, str]]) -> None:
    """Write what was skipped: each thing where they are few, else the reasons with their counts."""
    if len(skipped) <= _LISTED:
        for skip in skipped:
            terminal.say(f"  {terminal.one_line(skip['where'])}: {terminal.one_line(skip['why'])}")
        return
    whys = Counter(skip["why"] for skip in skipped)
    for why, count in whys.most_common(_LISTED):
        terminal.say(f"  {count:,} × {terminal.one_line(why)}")
    if len(whys) > _LISTED:
        terminal.say(f"  and {sum(whys.values()) - sum(c for _, c in whys.most_common(_LISTED)):,} more")
    terminal.say("  (each of them with --json)")
