"""Answering: plum-edge's way to llama.cpp beside the binding's own class, on the same base.

    python -m benchmarks.recall_speed BASE.gguf [ADAPTER.gguf] [--contexts 0,1000,4000] [--questions 24] [--threads N]

Prints two tables: load time, time to the first token, tokens a second and resident memory at several lengths of
context; and what a swap and a yes/no question cost, one by one and side by side. Each row is measured in a process of
its own, so that memory is its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ANSWER = 32
"""Tokens that are written after each context."""
THINGS = ["tap", "letter", "bicycle", "holiday", "neighbour", "window", "choir", "dishwasher", "tax return", "piano"]
FORMS = ["Did we talk about the {}?", "Did the {} come up?", "Was there a conversation about the {}?"]

Table = tuple[str, list[str], list[list[str]]]
"""Title, names of the columns, rows."""


def tables(base: Path, adapter: Path | None, contexts: Sequence[int], questions: int, threads: int = 0) -> list[Table]:
    """Return what was measured; ``contexts`` in tokens, ``threads`` 0 as plum-edge chooses."""
    systems = ["plum-edge", "llama-cpp-python", *(["plum-edge with adapter"] if adapter else [])]
    written = []
    for context in contexts:
        for system in systems:
            found = _apart("write", base, adapter, system, context, questions, threads)
            written.append([system, f"{context:,}", *(f"{found[k]:,.2f}" for k in ("load", "first", "rate", "rss"))])
    asked = []
    for system in ["plum-edge", *systems[2:]]:
        found = _apart("ask", base, adapter, system, 0, questions, threads)
        gain = f"{found['many'] / found['single']:.2f}"
        differs = f"{found['differs']:.1e}"
        asked.append([system, f"{found['single']:.1f}", f"{found['many']:.1f}", gain, differs, f"{found['swap']:.2f}"])
    return [
        (
            f"Writing {ANSWER} tokens, {base.name}",
            ["system", "context", "load s", "first token s", "tokens/s", "RSS MB"],
            written,
        ),
        (
            f"{questions} yes/no questions, {base.name}",
            ["system", "one by one /s", "side by side /s", "gain", "largest difference of p", "swap ms"],
            asked,
        ),
    ]


def _apart(what: str, base: Path, adapter: Path | None, *rest: object) -> dict[str, float]:
    call = [
        sys.executable,
        "-m",
        "benchmarks.recall_speed",
        f"--{what}",
        json.dumps([str(base), str(adapter or ""), *rest]),
    ]
    found: dict[str, float] = json.loads(subprocess.run(call, check=True, capture_output=True, text=True).stdout)
    return found


def _write(base: str, adapter: str, system: str, context: int, _questions: int, threads: int) -> dict[str, float]:
    began = time.perf_counter()
    if system == "llama-cpp-python":
        from llama_cpp import Llama

        llama = Llama(base, n_ctx=context + ANSWER + 64, n_threads=threads or None, verbose=False)
        size = llama.n_vocab()

        def tokens(prompt: list[int]) -> Any:
            return llama.generate(prompt, temp=0.0)
    else:
        from plum_edge.runtime import Runtime

        runtime = Runtime(Path(base), threads=threads)
        runtime.use(Path(adapter) if system.endswith("adapter") else None)
        size = len(runtime._tokens)

        def tokens(prompt: list[int]) -> Any:
            ids = list(prompt)
            while True:
                ids.append(int(runtime._engine.last(ids).argmax()))
                yield ids[-1]

    load = time.perf_counter() - began
    prompt = [1000 + (7919 * n) % (size - 2000) for n in range(context + 16)]
    began = time.perf_counter()
    stream = tokens(prompt)
    next(stream)
    first = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(ANSWER):
        next(stream)
    import psutil

    rate = ANSWER / (time.perf_counter() - began)
    return {"load": load, "first": first, "rate": rate, "rss": psutil.Process().memory_info().rss / 1e6}


def _ask(base: str, adapter: str, system: str, _context: int, questions: int, threads: int) -> dict[str, float]:
    from plum_edge.records import Message
    from plum_edge.runtime import Runtime

    # A question in its phrasings, then the next one, as an adapter is asked.
    things = [f"{'old ' * (n // len(THINGS))}{THINGS[n % len(THINGS)]}" for n in range(questions)]
    texts = [form.format(thing) for thing in things for form in FORMS]
    prompts = [[Message("user", text)] for text in texts[:questions]]
    file = Path(adapter) if adapter else None
    with Runtime(Path(base), threads=threads) as runtime:
        runtime.use(file if system.endswith("adapter") else None)
        runtime.p_yes(prompts[0])
        alone, single = _timed(lambda: [runtime.p_yes(prompt) for prompt in prompts])
        together, many = _timed(lambda: runtime.p_yes_many(prompts))
        _, swap = _timed(lambda: runtime.use(file) if file else runtime.use(None))
    differs = max(abs(a - b) for a, b in zip(alone, together, strict=True))
    return {"single": questions / single, "many": questions / many, "differs": differs, "swap": 1000 * swap}


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = call()
    return found, time.perf_counter() - began


def main() -> None:
    """Measure and print; or measure one row, as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path, nargs="?")
    parser.add_argument("adapter", type=Path, nargs="?")
    parser.add_argument("--contexts", default="0,1000,4000")
    parser.add_argument("--questions", type=int, default=24)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    given = parser.parse_args()
    for one, measure in ((given.write, _write), (given.ask, _ask)):
        if one:
            print(json.dumps(measure(*json.loads(one))))
            return
    if given.base is None:
        parser.error("which base?")
    contexts = [int(part) for part in given.contexts.split(",")]
    for title, columns, rows in tables(given.base, given.adapter, contexts, given.questions, given.threads):
        print(f"\n{title}\n")
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        for row in (columns, *rows):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
