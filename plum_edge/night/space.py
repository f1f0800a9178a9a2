"""How much of the disk a night takes, reckoned before it begins: nothing is begun that there is no room for.

Arithmetic over the base's config.json and over what lies in the home already; no weights are opened.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from plum_edge import bases
from plum_edge.backends.base import LoraSpec
from plum_edge.backends.memory import Shape
from plum_edge.bases import Base
from plum_edge.config import Config
from plum_edge.convert.gguf import BaseType
from plum_edge.convert.vocabulary import read_json
from plum_edge.errors import NoSpace
from plum_edge.paths import Home, disk_errors
from plum_edge.train.checkpoints import checkpoints_of
from plum_edge.train.recipes import ends_averaged

_SPARE = 64 << 20
"""Bytes beyond what is reckoned: the log as it grows, headers, manifests, the vocabulary in a GGUF."""
_NUMBER = 4
"""Bytes of a trained number: adapters and checkpoints are f32."""
_BITS: dict[BaseType, float] = {"f32": 32, "f16": 16, "q8_0": 8.5, "q4_0": 4.5}
"""Of a weight in the GGUF of a base."""
_OUTER_BITS: dict[BaseType, float] = {**_BITS, "q4_0": _BITS["q8_0"]}
"""The same of embedding and output: four bits are too few for these (convert/gguf.py)."""


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes that a night writes: what stays, and what lies beside it at the worst moment."""

    base: int
    """The GGUF of the base, where there is none yet."""
    checkpoints: int
    """States after steps, and the epoch in work: weights, two moments and a mean, the new file beside the old."""
    adapters: int
    """Each as the trainer's file and as GGUF; and one in passing, for who watches."""

    @property
    def total(self) -> int:
        """Return all of it, with something to spare."""
        return self.base + self.checkpoints + self.adapters + _SPARE

    def parts(self) -> dict[str, int]:
        """Return the same, each by a name that a person understands."""
        named = {"the base as GGUF": self.base, "checkpoints": self.checkpoints, "adapters": self.adapters}
        return {name: size for name, size in {**named, "to spare": _SPARE}.items() if size}


def reckon(shape: Shape, spec: LoraSpec, *, steps: int, adapters: int, base: BaseType | None, ends: int = 1) -> Space:
    """Return what a night of so many steps and adapters writes, each the mean of so many ``ends``.

    ``base`` is the type of a GGUF that it must make.
    """
    state = _NUMBER * shape.trained(spec)
    made = (shape.in_layers * _BITS[base] + shape.embedded * _OUTER_BITS[base]) / 8 if base else 0
    return Space(round(made), (checkpoints_of(steps, ends) + 2 * 4) * state, (2 * adapters + 1) * state)


def of_night(base: Base, home: Home, config: Config, *, steps: int, adapters: int) -> Space:
    """Return what a night writes with this base, into this home.

    Raises:
        NoModel: its config.json lacks a size.
    """
    shape = Shape.of(read_json(base.folder / "config.json"), base.name)
    spec = LoraSpec(config.train.rank, config.train.alpha, base.lora_targets)
    wanted = config.generate.dtype
    to_make = None if bases.made(base, home, wanted) else bases.dtype(base, wanted)
    return reckon(shape, spec, steps=steps, adapters=adapters, base=to_make, ends=ends_averaged(config.train))


def require(space: Space, home: Home) -> None:
    """Look whether there is as much room on the disk that holds a home.

    Raises:
        NoSpace: says what is needed for what, and how much is free.
    """
    with disk_errors(home.root):
        free = shutil.disk_usage(home.root).free
    if free < space.total:
        raise NoSpace(home.root, space.parts(), free)
