"""``plum-edge export``: the adapter in use as a folder for another runtime or another device."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared

_NEXT = {
    "gguf": "llama-cli --model BASE.gguf --lora {out}/adapter.gguf",
    "peft": "PeftModel.from_pretrained(model, {out!r})",
    "mlx": "mlx_lm.generate --model BASE --adapter-path {out}",
    "ollama": "ollama create my-memory -f {out}/Modelfile",
}


@click.command("export", short_help="Write the adapter in use for another runtime or device.")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Choice(["gguf", "peft", "mlx", "ollama"]), default="gguf", show_default=True,
    help="Whose layout: llama.cpp's, PEFT's, mlx-lm's; ollama: base and adapter in one, with a Modelfile.",
)  # fmt: skip
@shared
@click.pass_obj
def command(session: Session, out: Path, to: Literal["gguf", "peft", "mlx", "ollama"]) -> None:
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
    terminal.say(f"\nUse it: {_NEXT[to].format(out=str(out))}")
    if to != "ollama":
        terminal.say(f"On another device: plum-edge adapters add {out}")


def _proof(proof: dict[str, float | str]) -> str:
    if proof["by"] == "logits":
        return (
            f"{proof['runtime']} agrees with {proof['reference']} within {terminal.tiny(float(proof['max_abs_logit']))}"
        )
    return f"read back from the file, the weights agree within {terminal.tiny(float(proof['delta_relative']))}"
