"""``plum-edge doctor``: this machine, the model and the memory, each finding with its remedy.

The exit code is 0 when nothing is wrong, else that of the gravest finding.
"""

from __future__ import annotations

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared

_MARKS = {"ok": "  ", "advice": "- ", "wrong": "! "}


@click.command("doctor", short_help="Check this machine, the model and the memory.")
@shared
@click.pass_context
def command(ctx: click.Context) -> None:
    """Check this machine, the model and the memory. Changes nothing."""
    from plum_edge import doctor

    session = ctx.ensure_object(Session)
    findings = []
    for finding in doctor.examine(session.folder()):
        findings.append(finding)
        if not session.json:
            _show(finding)
    code = doctor.exit_code(findings)
    if session.json:
        listed = [{"name": f.name, "state": f.state, "found": f.found, "remedy": f.remedy} for f in findings]
        session.emit({"ok": code == 0, "findings": listed})
    ctx.exit(code)


def _show(finding: object) -> None:
    from plum_edge.doctor import Finding

    assert isinstance(finding, Finding)
    terminal.hang(f"{_MARKS[finding.state]}{finding.name:<10} ", finding.found, "bold" if finding.error else "")
    if finding.remedy:
        terminal.hang(" " * 13, finding.remedy)
