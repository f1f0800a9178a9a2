"""``plum-edge convert``: an adapter that any tool trained, into the form that another one reads."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from plum_edge.cli import terminal
from plum_edge.cli.session import Session, shared

_FORMS = {"gguf": "GGUF", "peft": "PEFT", "mlx": "mlx-lm", "neutral": "plum-edge"}


@click.command("convert", short_help="Bring an adapter into another form: GGUF, PEFT's or mlx-lm's.")
@click.argument("adapter", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--to", "to", type=click.Choice(["gguf", "peft", "mlx"]), required=True, help="The form of OUT.")
@click.option("--base", type=click.Path(path_type=Path), help="The base model's folder.")
@click.option("--dtype", type=click.Choice(["f32", "f16"]), default="f32", show_default=True, help="Of a GGUF.")
@shared
@click.pass_obj
def command(
    session: Session,
    adapter: Path,
    out: Path,
    to: Literal["gguf", "peft", "mlx"],
    base: Path | None,
    dtype: Literal["f32", "f16"],
) -> None:
    """Write ADAPTER, whoever trained it, as OUT: a GGUF file for llama.cpp, or a folder for PEFT or mlx-lm.

    ADAPTER is a folder of PEFT's or mlx-lm's, a GGUF file, or an adapter of plum-edge. Every matrix is read back from
    what was written; with the base at hand, both forms are run in their own runtimes and their logits compared.
    """
    from plum_edge.export import translate

    done = translate.convert(adapter, to, out, base, dtype=dtype)
    if session.json:
        session.emit(done)
        return
    proof = done["proof"]
    what = f"{terminal.count(done['modules'], 'matrix', 'matrices')}, rank {done['rank']}, alpha {done['alpha']:g}"
    terminal.say(f"{_FORMS[done['from']]} → {_FORMS[to]}: {out}  ({what})")
    terminal.hang("weights  ", f"read back from the file, they agree within {terminal.tiny(proof['delta_relative'])}")
    if proof["by"] == "weights":
        terminal.hang("logits   ", f"not compared: {proof['why']}")
        return
    stand_in = f" (standing in for {_FORMS[done['from']]})" if proof["stand_in"] else ""
    terminal.hang(
        "logits   ",
        f"{proof['runtime']} agrees with {proof['reference']}{stand_in} within {terminal.tiny(proof['max_abs_logit'])} "
        f"on {proof['positions']} tokens; the adapter moves them by {proof['effect']:.2g}",
    )
