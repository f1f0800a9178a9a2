"""Homes that a table measures in: a configuration, a log, and where it is asked for an adapter in use.

Thrown away with the folder that they lie in. Knows nothing of time.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from benchmarks.speed import talks
from plum_edge import Memory
from plum_edge.backends.base import State
from plum_edge.night import proof
from plum_edge.paths import sha256_file
from plum_edge.records import Adapter
from plum_edge.train.primer import primer


def make(home: Path, base: str, conversations: int, **settings: dict[str, Any]) -> Memory:
    """Return an open memory with so many conversations; ``settings`` are tables of its config.toml."""
    home.mkdir(mode=0o700)
    tables = {"model": {"base": base}, **settings}
    lines = [
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(v)}\n" for key, v in table.items())
        for name, table in tables.items()
    ]
    (home / "config.toml").write_text("\n".join(lines), encoding="utf-8")
    memory = Memory(home)
    memory.home.create()
    if conversations:
        source = home / "talks.jsonl"
        talks.write(source, conversations)
        memory.import_file(source)
        source.unlink()
    return memory


def adapter(memory: Memory, out: Path) -> None:
    """Write an adapter for the memory's base as GGUF: its primer, or where none ships one of small random numbers."""
    begun = primer(memory.base, memory.config.train)
    proof.write(out, begun.state if begun else _random(memory), memory.base, memory.config)


def remember(memory: Memory) -> None:
    """Put an adapter to use, as if it had been learned."""
    folder = memory.home.adapters / "bench"
    folder.mkdir()
    adapter(memory, folder / "adapter.gguf")
    file = folder / "adapter.gguf"
    now = dt.datetime.now(dt.UTC)
    made = Adapter("bench", False, None, str(file), sha256_file(file), 0, created_at=now)
    memory.store.runs.add_adapter(made, {"base_sha256": memory.base.sha256})
    memory.store.runs.use("bench")


def _random(memory: Memory) -> State:
    import numpy as np

    from plum_edge.backends.base import initial_state
    from plum_edge.train.fold import Fold

    fold = Fold(memory.home, memory.store, memory.config, memory.base)
    random = np.random.default_rng(0)
    state = initial_state(fold.trainer.shapes(), 0)
    return {name: random.normal(0, 1e-3, value.shape).astype(np.float32) for name, value in state.items()}
