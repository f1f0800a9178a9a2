"""Learns the reader of a base: an adapter that says what a passage of a log has to say to a question, or that it has
nothing to say.

One pass over the passages of logs (reading.py), a passage with all its questions a step, the rate falling in a line. An
answer's first token, that is yes or no, weighs more than the rest. Passage and question weigh nothing, and the passage
is computed once for all of them. With ``--passes 3`` come one over chats that were written to be read, and a last one
over some of both: more questions, and no better reader (docs/experiments/2026-11-30-a-second-lesson.md).

    python models/SmolLM2-135M-Instruct/train/reader.py --data DIR --out reader.gguf --threads 2

The result is a GGUF file; beside it lie the weights as learned and the state after each part: run again, it carries on.
Deterministic for one machine, thread count and set of versions.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from primer import ALPHA, CLIP, RANK, options
from reading import Maker, Read

from plum_edge import bases
from plum_edge.backends import pick
from plum_edge.backends.base import LoraSpec, State, Trainer, Weights, collate, initial_state
from plum_edge.bases import catalogue
from plum_edge.convert import families, gguf, peft
from plum_edge.convert.weights import open_weights
from plum_edge.paths import Home, data_dir
from plum_edge.retrieve.encoder import Encoder
from plum_edge.templates.tokens import ChatTokenizer

LAYERS = 20
"""Of thirty, the upper ones: those below cost a fifth of the time."""
RATES = (7e-4, 5e-5), (5e-4, 3e-5), (4e-4, 2e-5)
"""The first and the last of each pass."""
DECISION = 8.0
"""Weight of an answer's first token, of 1 for each of the others."""
PARTS = 20
"""Of a pass: after each the state is kept."""
_ABOUT = {"rank": str(RANK), "alpha": str(ALPHA)}


def learn(trainer: Trainer, tokenizer: ChatTokenizer, passes: Sequence[Sequence[Read]], out: Path) -> State:
    """Read all passages, from where an earlier run was stopped, and return the weights."""
    began, weights = time.monotonic(), Weights(0.0, 0.0, 1.0, DECISION)
    for done in range(_resumed(trainer, out), len(passes) * PARTS):
        passages, (first, last), part = passes[done // PARTS], RATES[done // PARTS], done % PARTS
        rate = first + (last - first) * part / (PARTS - 1)
        mine = passages[part * len(passages) // PARTS : (part + 1) * len(passages) // PARTS]
        losses = [
            trainer.step(collate([tokenizer.example(chat) for chat in one.chats()], weights), rate, CLIP)
            for one in mine
        ]
        _keep(trainer, out, done + 1)
        print(f"{done + 1:3} {(time.monotonic() - began) / 60:5.1f} min  {np.mean(losses):.3f}", flush=True)
    return trainer.state()


def _keep(trainer: Trainer, out: Path, parts: int) -> None:
    scratch = out.with_suffix(".work.tmp")
    with scratch.open("wb") as file:
        state = {f"w:{name}": value for name, value in trainer.state().items()}
        moments = {f"o:{name}": value for name, value in trainer.optimizer_state().items()}
        np.savez(file, parts=np.array(parts), **state, **moments)
    scratch.replace(out.with_suffix(".work.npz"))


def _resumed(trainer: Trainer, out: Path) -> int:
    """Set the trainer to what was kept, and return how many parts that has read."""
    kept = out.with_suffix(".work.npz")
    if not kept.is_file():
        return 0
    with np.load(kept) as found:
        weights, moments = ({name[2:]: found[name] for name in found if name.startswith(key)} for key in ("w:", "o:"))
        trainer.resume(weights, moments)
        return int(found["parts"])


def main() -> None:
    """Learn it."""
    parser = options(__doc__)
    parser.add_argument("--passes", type=int, default=1, choices=(1, 2, 3))
    given = parser.parse_args()
    home = Home.find()
    base, config = bases.base(given.base, home), catalogue.merged(home, given.base).config
    tokenizer = ChatTokenizer(base.folder, base.chat_template, config.template)
    maker = Maker(
        given.data, data_dir("samples"), Encoder().encode, lambda text: len(tokenizer.encode(text)), given.seed
    )
    passes = maker.passes(given.passes)
    for passages in passes:
        print(f"{len(passages)} passages, {sum(len(one.asked) for one in passages)} questions", flush=True)
    spec = LoraSpec(RANK, ALPHA, base.lora_targets, LAYERS)
    trainer = pick.make(pick.choose("torch"), open_weights(base.weights), spec, given.threads)
    trainer.load(initial_state(trainer.shapes(), given.seed))
    state = learn(trainer, tokenizer, passes, given.out)
    peft.save(given.out.with_suffix(".safetensors"), state, {**_ABOUT, "base_sha256": base.sha256})
    gguf.write_adapter(
        given.out,
        state,
        alpha=ALPHA,
        family=families.family(base.architecture),
        heads=base.heads,
        kv_heads=base.kv_heads,
        dtype="f16",
        base_sha256=base.sha256,
        on_gguf=base.alone,
    )


if __name__ == "__main__":
    main()
