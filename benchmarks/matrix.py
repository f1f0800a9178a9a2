"""The matrix of families, runtimes and forms of adapters: measured, printed, and written into conversions/README.md.

    make matrix

A tiny random model of every family, and the one that $PLUM_EDGE_DATA has, each with an adapter on all linear layers:
the largest difference of a logit between llama.cpp, mlx-lm and PEFT on 200 random tokens. That page is written where
every cell was measured, which takes torch, transformers and peft (`pip install 'plum-edge[cuda]'`).
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from plum_edge.convert.lora import Lora
from plum_edge.export.translate import BOUND
from tests import zoo
from tests.convert import matrix

ROOT = Path(__file__).parents[1]
HEADINGS = (
    "family", "base in llama.cpp, mlx-lm, transformers", "PEFT to GGUF", "MLX to GGUF", "MLX to PEFT, and back",
    "adapter in f16", "what the adapter does",
)  # fmt: skip
NAMES = {
    "llama-2": "Llama 2, TinyLlama", "llama-3": "Llama 3.x", "smollm2": "SmolLM2", "mistral": "Mistral",
    "qwen2": "Qwen2, Qwen2.5", "qwen3": "Qwen3", "gemma-2": "Gemma 2", "gemma-3": "Gemma 3", "phi": "Phi-3, Phi-3.5",
}  # fmt: skip
MARKERS = "<!-- matrix -->", "<!-- /matrix -->"


def models(scratch: Path) -> Iterator[tuple[str, Path, Lora | None]]:
    """Yield name, folder and adapter (None: the usual one) of every model."""
    for name in zoo.FAMILIES:
        yield NAMES[name], zoo.base(name, scratch), None
    if "PLUM_EDGE_DATA" in os.environ:
        folder = Path(os.environ["PLUM_EDGE_DATA"]) / "stories260k"
        gentle = {module: (a, b * np.float32(0.1)) for module, (a, b) in zoo.lora(folder).items()}
        yield "stories260k (trained)", folder, Lora(gentle, 8.0)


def row(name: str, found: matrix.Figures) -> tuple[str, ...]:
    """Return a line of the table; a cell that was not measured is a dash."""
    pairs = (("gguf", "peft"), ("gguf", "mlx"), ("mlx", "peft"))
    cells = [found.adapter.get(pair) for pair in pairs]
    numbers = [max(found.base.values()), *cells, found.half, found.effect]
    return (name, *("–" if n is None else f"{n:.0e}" if n < 0.1 else f"{n:.1f}" for n in numbers))


def green(found: matrix.Figures) -> bool:
    """Whether every cell is within its bound, and the adapter does something."""
    cells = [*found.base.items(), *found.adapter.items()]
    return found.effect > 0.1 and all(d < (found.bound if "gguf" in pair else BOUND) for pair, d in cells)


def write(rows: list[tuple[str, ...]]) -> None:
    """Put the table between the markers of conversions/README.md."""
    lines = [f"| {' | '.join(cells)} |" for cells in (HEADINGS, ("---",) * len(HEADINGS), *rows)]
    path, (start, end) = ROOT / "conversions" / "README.md", MARKERS
    text = path.read_text(encoding="utf-8")
    table = "\n".join([start, *lines, end])
    path.write_text(re.sub(f"{start}.*?{end}", lambda _: table, text, flags=re.DOTALL), encoding="utf-8")


def main() -> int:
    """Measure, print, write; 1 where a cell is out of its bound."""
    warnings.simplefilter("ignore")
    rows, red = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for number, (name, base, lora) in enumerate(track(list(models(Path(scratch))), "measuring", transient=True)):
            place = Path(scratch) / str(number)
            place.mkdir()
            found = matrix.measure(base, place, lora)
            rows.append(row(name, found))
            red += [] if green(found) else [name]
    table = Table(title="largest difference of a logit")
    for heading in HEADINGS:
        table.add_column(heading)
    for cells in rows:
        table.add_row(*cells)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    if red:
        print(f"out of bounds: {', '.join(red)}")
        return 1
    if len(matrix.installed()) < 3:
        print("PEFT is not installed: its columns are empty, and the page stays as it is")
        return 0
    write(rows)
    print("written into conversions/README.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
