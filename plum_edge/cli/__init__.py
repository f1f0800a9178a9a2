"""The command line: ``plum-edge VERB``. Finds the verb, and catches everything that a user can cause.

One verb a file. A verb's module is imported when it is called, so that ``--help`` loads nothing heavy; this file knows
of each verb its name and one line, and nothing of what it does.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from plum_edge import paths
from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared
from plum_edge.errors import GateRefused, Interrupted, NoSpace, PlumError, Unavailable, UsageError

VERBS = {
    "init": ("plum_edge.cli.init", "Choose a base model for this machine, and download it."),
    "demo": ("plum_edge.cli.demo", "See the whole idea work on a sample user: minutes, offline."),
    "import": ("plum_edge.cli.import_", "Read conversations from files into the log."),
    "chat": ("plum_edge.cli.chat", "Talk with the model; what is said is logged."),
    "ask": ("plum_edge.cli.ask", "Ask one question."),
    "consolidate": ("plum_edge.cli.consolidate", "Learn what waits in the log: the nightly job."),
    "evaluate": ("plum_edge.cli.evaluate", "Measure what is remembered."),
    "status": ("plum_edge.cli.status", "Say what is remembered and what waits."),
    "logs": ("plum_edge.cli.logs", "List, show and search the logged conversations."),
    "pairs": ("plum_edge.cli.pairs", "List, mend and drop what was made to learn from."),
    "forget": ("plum_edge.cli.forget", "Take conversations back, out of the log and the weights."),
    "convert": ("plum_edge.cli.convert", "Bring an adapter into another form: GGUF, PEFT's or mlx-lm's."),
    "adapters": ("plum_edge.cli.adapters", "List, show and choose the adapters."),
    "export": ("plum_edge.cli.export", "Write the adapter in use for another runtime or device."),
    "models": ("plum_edge.cli.models", "List, show, download and add base models."),
    "serve": ("plum_edge.cli.serve", "Answer programs that speak OpenAI's protocol, on this machine."),
    "schedule": ("plum_edge.cli.schedule", "Let the system run the night each night."),
    "doctor": ("plum_edge.cli.doctor", "Check this machine, the model and the memory."),
}
"""Verb → its module, which holds the click command ``command``, and its line in the help."""


_ON_LINE = ("init", "models")
"""Verbs that download."""


class Verbs(click.Group):
    """The verbs, each imported at its first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb's module and return its command, or None where there is no such verb."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(VERBS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.group(cls=Verbs, invoke_without_command=True)
@shared
@click.option("--version", is_flag=True, help="Print the version and leave.")
@click.pass_context
def plum_edge(ctx: click.Context, version: bool) -> None:
    """Lets a local language model remember its user: conversations become a LoRA adapter, on this device, overnight."""
    if version:
        import importlib.metadata

        click.echo(f"plum-edge {importlib.metadata.version('plum-edge')}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    elif ctx.invoked_subcommand not in _ON_LINE:
        _stay_off_line(ctx)


def _stay_off_line(ctx: click.Context) -> None:
    """Let no library ask a hub for anything while a verb runs: bitsandbytes would, where it finds `kernels`."""
    before = {name: value for name, value in os.environ.items() if name == "HF_HUB_OFFLINE"}
    os.environ["HF_HUB_OFFLINE"] = "1"

    def restore() -> None:
        del os.environ["HF_HUB_OFFLINE"]
        os.environ.update(before)

    ctx.call_on_close(restore)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code. Whatever a user can cause ends in a sentence."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    session = Session(json="--json" in given)
    terminal.prepare(json=session.json)
    paths.closed_to_others = terminal.closed
    try:
        code = plum_edge.main(given, prog_name="plum-edge", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except PlumError as error:
        return _fail(error, session)
    except (click.Abort, KeyboardInterrupt):
        return _fail(Interrupted("Stopped.", ""), session)
    except click.ClickException as error:
        return _fail(_usage(error), session)
    except BrokenPipeError:  # whoever read our output has seen enough
        terminal.give_up_stdout()
        return 0
    except OSError as error:
        return _fail(_of_system(error), session)
    except MemoryError:
        return _fail(Unavailable("There is not enough memory for this.", remedy="Close other programs."), session)


def _fail(error: PlumError, session: Session) -> int:
    """Say what went wrong, on stderr and for ``--json`` on stdout too; return the exit code."""
    if session.json:
        details: dict[str, object] = {"error": str(error), "code": error.exit_code}
        if isinstance(error, GateRefused):
            details |= {"status": "refused", "reasons": error.reasons}
        try:
            session.emit(details)
        except OSError:  # stderr says it all the same
            terminal.give_up_stdout()
    expected = isinstance(error, GateRefused | Interrupted)  # the program did as it should
    terminal.complain(error.what, error.remedy, "" if expected else "error: ")
    return error.exit_code


def _of_system(error: OSError) -> PlumError:
    """Return what the system has against a file as an error of ours; without a name it is what was to be shown."""
    why = error.strerror or str(error)
    if error.filename is None:
        return UsageError(f"The output cannot be written: {why}.", "Send it elsewhere.")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(Path(os.fsdecode(error.filename)))
    return UsageError(f"{error.filename}: {why}.", "Name another, or mend it.")


def _usage(error: click.ClickException) -> PlumError:
    """Return what click has against the command line as an error of ours."""
    context = getattr(error, "ctx", None)
    return UsageError(error.format_message(), f"See: {context.command_path if context else 'plum-edge'} --help")
