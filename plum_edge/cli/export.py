"""``plum-edge export``: the adapter in use as a folder for another runtime or another device."""

from __future__ import annotations

from pathlib import Path

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared
from plum_edge.export.targets import TARGETS, target


@click.command("export", short_help="Write the adapter in use for another runtime or device.")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Choice(list(TARGETS)), default="gguf", show_default=True,
    help="; ".join(f"{name}: {gives}" for name, gives in TARGETS.items()) + ".",
)  # fmt: skip
@shared
@click.pass_obj
def command(session: Session, out: Path, to: str) -> None:
    """Write the adapter in use into the new folder OUT, with what it is and the hash of every file.

    OUT holds no conversation, but whoever has it can ask the adapter what it remembers. `forget` names every copy that
    was given away. Another device takes it with: plum-edge adapters add OUT
    """
    with session.memory() as memory:
        done = memory.export(out, to)
    if session.json:
        session.emit(done)
        return
    terminal.say(f"adapter {done['adapter']} → {out}  ({', '.join(done['files'])})")
    terminal.hang("proof    ", _proof(done["proof"]))
    terminal.hang("holds    ", "no conversation; what its weights remember of them can be asked of it")
    chosen = target(to)
    terminal.say(f"\nUse it: {chosen.use.format(out=str(out))}")
    if chosen.alone:
        terminal.say(f"On another device: plum-edge adapters add {out}")


def _proof(proof: dict[str, float | str]) -> str:
    if proof["by"] == "logits":
        return (
            f"{proof['runtime']} agrees with {proof['reference']} within {terminal.tiny(float(proof['max_abs_logit']))}"
        )
    return f"read back from the file, the weights agree within {terminal.tiny(float(proof['delta_relative']))}"
