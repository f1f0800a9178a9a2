"""What every verb shares: ``--home``, ``--json``, and the memory that they name.

Knows nothing of the verbs.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plum_edge.errors import StoreError, UsageError
from plum_edge.paths import Home, disk_errors

if TYPE_CHECKING:
    from plum_edge import Memory

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Session:
    """One call of the command line."""

    home: str | None = None
    json: bool = False

    def folder(self) -> Home:
        """Return the home that is meant, whether it exists yet or not.

        Raises:
            UsageError: there is a file in its place, or a link that leads nowhere.
            StoreError: it cannot be entered.
        """
        home = Home.find(self.home)
        with disk_errors(home.root):
            there, nowhere = home.root.exists(), home.leads_nowhere()
        if nowhere:
            raise UsageError(f"{home.root} is a link to a folder that is not there.", "Make that, or name another.")
        if there and not home.root.is_dir():
            raise UsageError(f"{home.root} is not a folder.", "Name a folder, or one that does not exist yet.")
        if there and not os.access(home.root, os.R_OK | os.X_OK):
            raise StoreError(f"{home.root} cannot be entered.", "Check its owner, or name another folder.")
        return home

    def memory(self, *, create: bool = False) -> Memory:
        """Open the memory; only verbs that put something into it, or answer without it, make a new one."""
        from plum_edge import Memory

        return Memory(self.folder().root, create=create)

    def emit(self, value: object) -> None:
        """Write the one JSON value of ``--json``. ASCII where the terminal's encoding has not every character."""
        plain = not (sys.stdout.encoding or "").lower().startswith("utf")
        sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=plain) + "\n")
        sys.stdout.flush()


def shared(command: Command) -> Command:
    """Give a command ``--home`` and ``--json``: both may stand before or after the verb."""
    for option in (
        click.option("--json", is_flag=True, expose_value=False, callback=_keep, help="One JSON value on stdout."),
        click.option(
            "--home", metavar="DIR", expose_value=False, callback=_keep, help="The folder of the memory to use."
        ),
    ):
        command = option(command)
    return command


def group(name: str, first: str, short_help: str, more: str = "") -> click.Group:
    """Return a verb that has verbs of its own; without a word it does the ``first`` of them."""

    @click.group(
        name,
        invoke_without_command=True,
        short_help=short_help,
        help=f"{short_help} Without a word: {first}. {more}".strip(),
    )
    @shared
    @click.pass_context
    def command(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            ctx.invoke(command.commands[first])

    return command


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value == "":
        raise click.BadParameter("it is empty", ctx, param)
    if value and param.name:
        setattr(ctx.ensure_object(Session), param.name, value)


def _plain(value: object) -> object:
    """Return what JSON has no word for in a form that it has."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):  # a number of numpy
        return value.item()
    raise TypeError(f"{type(value).__name__} has no JSON form")
