"""``plum-edge init``: a base model for this machine, downloaded, tried with one question, and written down."""

from __future__ import annotations

import sys

import click

from plum_edge.cli import terminal
from plum_edge.cli.models import gigabytes, parameters
from plum_edge.cli.session import Session, shared
from plum_edge.errors import UsageError


@click.command("init", short_help="Choose a base model for this machine, and download it.")
@click.option("--model", metavar="NAME", help="This one: a name of plum-edge models, a folder, or a GGUF file.")
@click.option("--yes", is_flag=True, help="Take what is proposed, without asking.")
@shared
@click.pass_obj
def command(session: Session, model: str | None, yes: bool) -> None:
    """Look at memory and accelerator, propose a base, download it, ask it one question, and write config.toml.

    What stands in config.toml already stays, but for the base and what the base wants. Run it again at any time.
    """
    from plum_edge.bases import manage

    home = session.folder()
    here = manage.machine()
    if model is None:
        found = manage.propose(home)
        model = found.entry.name
        if not session.json:
            terminal.say(f"this machine: {here.device}, {terminal.size(here.total)} of memory; {here.backend} trains")
            size = f"{parameters(found.parameters)} parameters, {found.entry.licence}"
            takes = f"{gigabytes(found.training)} to train, {gigabytes(found.runtime)} to answer"
            terminal.say(f"proposed:     {model} ({size}): {takes}")
        if not yes and found.here != "yes":
            _agree(session, model)
    base = manage.pull(home, model, quiet=session.json)
    answer, seconds = manage.try_out(home, base)
    manage.configure(home, base)
    if session.json:
        session.emit(
            {
                "base": base.name, "folder": str(base.weights), "sha256": base.sha256, "device": here.device,
                "memory": here.total, "question": manage.QUESTION, "answer": answer, "seconds": round(seconds, 2),
            }
        )  # fmt: skip
        return
    said = terminal.one_line(terminal.clean(answer)) or "(no answer)"
    terminal.hang(f"asked:        {manage.QUESTION}  ", f"{said}   ({seconds:.1f} s)")
    terminal.say(f"\n{base.name} is the base now. Try:  plum-edge chat{terminal.home_option(session.home)}")


def _agree(session: Session, model: str) -> None:
    """Ask before anything is downloaded, where there is somebody to answer.

    Raises:
        UsageError: nobody is there, or they said no.
    """
    another = "Choose another: plum-edge models list, then plum-edge init --model NAME"
    if session.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{model} would be downloaded, and nobody is here to agree.", "Add --yes, or --model NAME.")
    if not click.confirm(f"Download {model}?", default=True, err=True):
        raise UsageError("Nothing was downloaded.", another)
