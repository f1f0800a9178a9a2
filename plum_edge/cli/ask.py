"""``plum-edge ask``: one question, one answer, and what the log has on it."""

from __future__ import annotations

import sys

import click

from plum_edge.cli import terminal
from plum_edge.cli.progress import bar
from plum_edge.cli.session import Session, shared
from plum_edge.errors import UsageError
from plum_edge.records import Answer


@click.command("ask", short_help="Ask one question.")
@click.argument("question", metavar="QUESTION|-")
@click.option("--retrieve", is_flag=True, help="Let the model read what the log has on the question.")
@click.option("--no-adapter", is_flag=True, help="Ask the base model, without its memory.")
@shared
@click.pass_obj
def command(session: Session, question: str, retrieve: bool, no_adapter: bool) -> None:
    """Ask one question; ``-`` reads it from standard input. A yes/no question comes with p(yes)."""
    asked = (sys.stdin.read() if question == "-" else question).strip()
    if not asked:
        raise UsageError("The question is empty.", 'Ask like this: plum-edge ask "Did we talk about the tap?"')
    with session.memory(create=True) as memory:  # a fresh home is no error: it says that nothing has been learned
        if retrieve:
            with bar("reading the log") as progress:
                memory.prepare(progress)
        answer = memory.ask(asked, retrieve=retrieve, adapter=not no_adapter)
    if session.json:
        session.emit(_contract(answer))
    else:
        _report(answer, session.home)


def _contract(answer: Answer) -> dict[str, object]:
    return {
        "answer": answer.answer,
        "p_yes": answer.p_yes,
        "adapter": answer.adapter,
        "evidence": [
            {"conversation": found.conversation, "date": found.date, "excerpt": found.excerpt}
            for found in answer.evidence
        ],
        "seconds": answer.seconds,
    }


def _report(answer: Answer, home: str | None) -> None:
    said = terminal.clean(answer.answer).strip() or "(no answer)"
    terminal.say(said if answer.p_yes is None else f"{said}   p(yes) {answer.p_yes:.2f}")
    if answer.evidence:
        terminal.say("\nIn the log:", "dim")
        terminal.evidence(answer.evidence, home)
