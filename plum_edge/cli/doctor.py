"""``plum-edge doctor``: this machine, the model and the memory, each finding with its remedy.

The exit code is 0 when nothing is wrong, else that of the gravest finding.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared

if TYPE_CHECKING:
    from plum_edge.doctor import Finding

_MARKS = {"ok": "  ", "advice": "- ", "wrong": "! "}


@click.command("doctor", short_help="Check this machine, the model and the memory.")
@click.option("--yes", is_flag=True, help="Remove files that belong to nothing, without asking.")
@shared
@click.pass_context
def command(ctx: click.Context, yes: bool) -> None:
    """Check this machine, the model and the memory. Changes nothing; removes what belongs to nothing, if you agree."""
    from plum_edge import doctor

    session = ctx.ensure_object(Session)
    home = session.folder()
    findings = []
    for finding in doctor.examine(home):
        findings.append(finding)
        if not session.json:
            _show(finding)
    code = doctor.exit_code(findings)
    _, left = doctor.orphans(home)
    gone = doctor.sweep(home, left) if left and (yes or _agreed(session, len(left))) else []
    if session.json:
        listed = [{"name": f.name, "state": f.state, "found": f.found, "remedy": f.remedy} for f in findings]
        session.emit({"ok": code == 0, "findings": listed, "removed": gone})
    elif gone:
        terminal.say(f"\nremoved {terminal.count(len(gone), 'orphan')}")
    ctx.exit(code)


def _agreed(session: Session, number: int) -> bool:
    """Ask, where there is somebody to answer."""
    if session.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return click.confirm(f"\nRemove {terminal.count(number, 'orphan')}?", err=True)


def _show(finding: Finding) -> None:
    terminal.hang(f"{_MARKS[finding.state]}{finding.name:<11} ", finding.found, "bold" if finding.error else "")
    if finding.remedy:
        terminal.hang(" " * 14, finding.remedy)
