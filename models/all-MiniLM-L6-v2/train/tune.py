"""Learns to search by meaning what a person asks of a log: an adapter for all-MiniLM-L6-v2.

Places that lie near to each other come into a batch together, so that each question has rivals. Two passes, the rate
falling in a line. At the end the adapter goes a part of the way only (WiSE-FT, arXiv 2109.01903): the published model
knows more of the world than our questions do.

    python models/all-MiniLM-L6-v2/train/tune.py --data DIR --out tuning.safetensors --threads 2

Run again after it was stopped, it carries on. Deterministic for one machine, thread count and set of versions.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from loss import drawn, loss
from places import Place, places
from safetensors.numpy import save_file
from sentences import Sentences
from torch.nn import Parameter

from plum_edge.paths import data_dir
from plum_edge.records import content_hash
from plum_edge.retrieve.encoder import MODEL, Encoder

RANK, SCALE = 16, 2.0
RATE, BORDER_RATE, WARM, CLIP = 1e-3, 5e-2, 10, 1.0
PASSES, BATCH, FAMILY = 2, 24, 6
"""Places of a batch, and those of it that lie near to each other."""
_RELATIVES = 60
"""Among so many nearest ones."""
PART = 0.7
"""Of the way that was learned, that the result goes."""
_BEGINNING = 150
"""Characters of a message by which it is told which places lie near."""
_KEEP = 8
"""Steps after which the state is kept."""


class Tuning:
    """What is learned, and how far that has come."""

    def __init__(self, model: Sentences, out: Path, of: str = "") -> None:
        """``of`` names what is learned: a state of something else is not carried on with."""
        self.model, self.kept, self.of = model, out.with_suffix(".work.pt"), of
        self.scale, self.bias = Parameter(torch.tensor(20.0)), Parameter(torch.tensor(-9.0))
        border = {"params": [self.scale, self.bias], "lr": BORDER_RATE}
        adapter = {"params": list(model.learned.values()), "lr": RATE}
        self.optimizer = torch.optim.AdamW([adapter, border], weight_decay=0.0)
        self.done = 0
        if self.kept.is_file():
            state = torch.load(self.kept, weights_only=True)
            if state["of"] != self.of:
                raise SystemExit(
                    f"{self.kept} is of another seed or other questions: take it away, or give another --out"
                )
            self.done = state["done"]
            self.optimizer.load_state_dict(state["optimizer"])
            for name, value in self._parameters().items():
                value.data.copy_(state["learned"][name])

    def step(self, batch: Sequence[Place], steps: int) -> float:
        """Take one step, and return its loss."""
        texts = drawn(batch, self.done)
        lost = loss(texts, self.model.encode(texts.texts()), self.scale, self.bias)
        self.optimizer.param_groups[0]["lr"] = RATE * min(1.0, (self.done + 1) / WARM) * (1 - self.done / steps)
        self.optimizer.zero_grad()
        lost.backward()
        torch.nn.utils.clip_grad_norm_(list(self.model.learned.values()), CLIP)
        self.optimizer.step()
        self.done += 1
        return float(lost.detach())

    def keep(self) -> None:
        """Keep what is needed to carry on."""
        scratch = self.kept.with_suffix(".tmp")
        learned = {name: value.data for name, value in self._parameters().items()}
        torch.save(
            {"of": self.of, "done": self.done, "optimizer": self.optimizer.state_dict(), "learned": learned}, scratch
        )
        scratch.replace(self.kept)

    def _parameters(self) -> dict[str, Parameter]:
        return {**self.model.learned, "scale": self.scale, "bias": self.bias}


def batches(found: Sequence[Place], nearest: np.ndarray, seed: int) -> Iterator[list[Place]]:
    """Yield places once each, families of near ones together; the last few, too few for a batch, are left out.

    ``nearest`` orders all places by each.
    """
    chance, left, families = random.Random(seed), dict.fromkeys(range(len(found))), []
    for first in chance.sample(range(len(found)), len(found)):
        if first in left:
            near = [n for n in nearest[first][1:_RELATIVES] if n in left and found[n].of != found[first].of]
            families.append([first, *map(int, near[: FAMILY - 1])])
            for one in families[-1]:
                del left[one]
    chance.shuffle(families)
    batch: list[Place] = []
    for family in families:
        batch += [found[n] for n in family]
        if len(batch) >= BATCH:
            yield batch
            batch = []


def main() -> None:
    """Learn it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="where the folder realmem is")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    published = Encoder()
    found = places(given.data, data_dir("samples"), published.encode, given.seed)
    print(f"{len(found)} places, {sum(len(one.asked) + len(one.near) for one in found)} questions", flush=True)
    middle = np.array([published.encode([text[:_BEGINNING] for text in one.messages]).mean(axis=0) for one in found])
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    nearest = np.argsort(-(middle @ middle.T), axis=1, kind="stable")
    steps = [batch for turn in range(PASSES) for batch in batches(found, nearest, given.seed + turn)]
    of = content_hash(str(given.seed), *(one.asked[0][0] for one in found))
    tuning, began = Tuning(Sentences(published, RANK, SCALE, given.seed), given.out, of), time.monotonic()
    lost: list[float] = []
    while tuning.done < len(steps):
        lost.append(tuning.step(steps[tuning.done], len(steps)))
        if tuning.done % _KEEP == 0 or tuning.done == len(steps):
            tuning.keep()
            minutes = (time.monotonic() - began) / 60
            print(f"{tuning.done:3} of {len(steps)}  {minutes:5.1f} min  {np.mean(lost[-_KEEP:]):.3f}", flush=True)
    result = {
        name: (value * (PART * SCALE if name.endswith("lora_b") else 1.0)).astype(np.float16)
        for name, value in tuning.model.adapter().items()
    }
    save_file(result, given.out, {"rank": str(RANK), "of": MODEL, "license": "Apache-2.0"})


if __name__ == "__main__":
    main()
