"""Tables: answering in llama.cpp, plum-edge's way beside the binding's own class, with and without an adapter.

Load time, time to the first token, tokens a second and resident memory at several lengths of context; and what a yes/no
question costs, one by one and many side by side, and a swap of the adapter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed import homes
from benchmarks.speed.apart import NotMeasured, once
from benchmarks.speed.bench import Bench
from benchmarks.speed.table import ABSENT, Table, number, verdict
from plum_edge.config import Template
from plum_edge.runtime import Runtime

ANSWER = 32
"""Tokens that are written after each context."""
CONTEXTS = (0, 1_000, 4_000)
_MARGIN = ANSWER + 64
QUESTIONS = 48
OURS, PLAIN = "plum-edge", "llama-cpp-python"
_TODAY, _TIMES = 6.0, 5.0
"""Questions a second on SmolLM2 with one thread before they were read side by side, and the multiple that is asked."""
_THINGS = ["tap", "letter", "bicycle", "holiday", "neighbour", "window", "choir", "dishwasher", "tax return", "piano"]
_FORMS = ["Did we talk about the {}?", "Did the {} come up?", "Was there a conversation about the {}?"]


def answering(bench: Bench) -> Iterable[Table]:
    """Yield both tables."""
    bench.say("preparing the base and an adapter")
    given = once("benchmarks.speed.answering:prepare", str(bench.scratch), bench.base)
    yield _writing(bench, given)
    yield _asking(bench, given)


def prepare(scratch: str, base: str) -> dict[str, Any]:
    """Write an adapter; return where base and adapter lie, their bytes, the context, and the template's settings."""
    from dataclasses import asdict

    from plum_edge import bases

    place = Path(scratch)
    with homes.make(place / "home", base, 0) as memory:
        homes.adapter(memory, place / "adapter.gguf")
        gguf = bases.gguf(memory.base, memory.home, memory.config.generate.dtype)
        return {
            "base": str(gguf), "adapter": str(place / "adapter.gguf"), "context": memory.base.context,
            "bytes": [gguf.stat().st_size, (place / "adapter.gguf").stat().st_size],
            "template": asdict(memory.config.template),
        }  # fmt: skip


# --- writing


def _writing(bench: Bench, given: dict[str, Any]) -> Table:
    contexts = [c for c in CONTEXTS[: 2 if bench.quick else 3] if c + _MARGIN <= given["context"]]
    rates: dict[tuple[str, int], float] = {}
    rows = []
    for context in contexts:
        for system in (OURS, PLAIN, f"{OURS}, adapter", f"{PLAIN}, adapter"):
            bench.say(f"{system} at a context of {context:,}")
            try:
                found = once("benchmarks.speed.answering:write", given, system, context, bench.threads)
            except NotMeasured as why:
                rows.append([f"{context:,}", system, f"not measured: {why}", *[ABSENT] * 4])
                continue
            rates[system, context] = found["rate"]
            figures = [number(found[name], 2) for name in ("load", "first", "again")]
            rows.append([f"{context:,}", system, *figures, number(found["rate"]), number(found["rss"], 0)])
    header = ("context", "system", "load s", "first token s", "first token s, asked again", "tokens/s", "RSS MB")
    base, adapter = given["bytes"]
    notes = [
        f"{bench.base}, {Path(given['base']).name} of {base / 1e6:,.0f} MB, adapter of {adapter / 1e6:,.0f} MB; "
        f"{ANSWER} tokens are written greedily after random ones; {bench.threads} threads for both; the binding with "
        "its own settings. RSS counts the mapped file as far as it was read.",
        *(_allowed(rates, context, base / (base + adapter)) for context in contexts),
    ]
    if len(contexts) < len(CONTEXTS) and not bench.quick:
        notes.append(f"The base reads no more than {given['context']:,} tokens.")
    return Table(f"Writing {ANSWER} tokens", header, rows, notes)


def _allowed(rates: dict[tuple[str, int], float], context: int, share: float) -> str:
    bare, adapted = rates.get((OURS, context)), rates.get((f"{OURS}, adapter", context))
    found = adapted / (bare * share) if bare and adapted else None
    return (
        f"With the adapter at {context:,}, as a share of what the bytes allow ({share:.2f} of the rate without): "
        f"{verdict(found, 0.9, digits=2)}."
    )


def write(given: dict[str, Any], system: str, context: int, threads: int) -> dict[str, float]:
    """Load, read so many tokens, write some; then ask once more. Seconds, tokens a second, MB."""
    adapter = given["adapter"] if system.endswith("adapter") else None
    began = time.perf_counter()
    opened = _plain if system.startswith(PLAIN) else _own
    start, size = opened(given["base"], adapter, context + _MARGIN, threads)
    load = time.perf_counter() - began
    prompt = [1000 + (7919 * n) % (size - 2000) for n in range(context + 16)]
    first, rate = _stream(start(prompt))
    again, _ = _stream(start([*prompt[:-8], *prompt[:8]]))
    import psutil

    return {"load": load, "first": first, "again": again, "rate": rate, "rss": psutil.Process().memory_info().rss / 1e6}


def _stream(tokens: Iterator[int]) -> tuple[float, float]:
    """Return the seconds to the first token, and the tokens a second after it."""
    _, first = _timed(lambda: next(tokens))
    _, taken = _timed(lambda: [next(tokens) for _ in range(ANSWER)])
    return first, ANSWER / taken


def _plain(
    base: str, adapter: str | None, context: int, threads: int
) -> tuple[Callable[[list[int]], Iterator[int]], int]:
    from llama_cpp import Llama

    llama = Llama(base, n_ctx=context, n_threads=threads, n_threads_batch=threads, lora_path=adapter, verbose=False)
    return lambda prompt: iter(llama.generate(prompt, temp=0.0)), int(llama.n_vocab())


def _own(
    base: str, adapter: str | None, context: int, threads: int
) -> tuple[Callable[[list[int]], Iterator[int]], int]:

    runtime = Runtime(Path(base), context=context, threads=threads)
    runtime.use(Path(adapter) if adapter else None)

    def tokens(prompt: list[int]) -> Iterator[int]:
        ids = list(prompt)
        while True:
            ids.append(int(runtime.tail(ids, 1)[0].argmax()))
            yield ids[-1]

    return tokens, int(runtime.tail([runtime.eos], 1).shape[1])


# --- questions


def _asking(bench: Bench, given: dict[str, Any]) -> Table:
    rows, found = [], {}
    for system in (OURS, f"{OURS}, adapter"):
        bench.say(f"{QUESTIONS} questions: {system}")
        try:
            found[system] = once("benchmarks.speed.answering:ask", given, system, bench.threads)
        except NotMeasured as why:
            rows.append([system, f"not measured: {why}", *[ABSENT] * 7])
            continue
        one = found[system]
        figures = [number(one["single"]), number(one["many"]), number(one["many"] / one["single"], 2)]
        swaps = (number(one["read"], 1), number(one["swap"], 2), number(one["first"], 1))
        rows.append([system, *figures, f"{one['differs']:.0e}", *swaps])
    header = (
        "system", "questions/s, one by one", "side by side", "gain", "largest difference of p(yes)",
        "first use of an adapter, ms", "swap to one in memory, ms", "first token after a swap, ms",
    )  # fmt: skip
    notes = [f"p(yes) of {QUESTIONS} questions in three phrasings, {bench.base}, {bench.threads} threads."]
    if adapted := found.get(f"{OURS}, adapter"):
        notes.append(
            f"Side by side, with the adapter: {verdict(adapted['many'], _TIMES * _TODAY)} a second; difference of p: "
            f"{verdict(adapted['differs'], 1e-3, at_most=True, digits=4)}; swap: "
            f"{verdict(adapted['swap'], 1.0, at_most=True)} ms."
        )
    return Table(f"{QUESTIONS} yes/no questions", header, rows, notes)


def ask(given: dict[str, Any], system: str, threads: int) -> dict[str, float]:
    """Ask one by one, and side by side; swap the adapter. Questions a second, and milliseconds."""
    from plum_edge.records import Message

    prompts = [[Message("user", text)] for text in _questions()]
    file = Path(given["adapter"]) if system.endswith("adapter") else None
    with Runtime(Path(given["base"]), threads=threads, template=Template(**given["template"])) as runtime:
        _, read = _timed(lambda: runtime.use(file))
        runtime.p_yes(prompts[0])
        alone, single = _timed(lambda: [runtime.p_yes(prompt) for prompt in prompts])
        together, many = _timed(lambda: runtime.p_yes_many(prompts))
        swaps = sorted(_swap(runtime, file) for _ in range(5))
        _, first = _timed(lambda: runtime.p_yes(prompts[0]))
    differs = max(abs(a - b) for a, b in zip(alone, together, strict=True))
    count, swap = len(prompts), 1000 * swaps[len(swaps) // 2]
    times = {"read": 1000 * read, "swap": swap, "first": 1000 * first}
    return {"single": count / single, "many": count / many, "differs": differs, **times}


def _swap(runtime: Runtime, file: Path | None) -> float:
    """Return the seconds from the bare base back to an adapter."""
    runtime.use(None)
    return _timed(lambda: runtime.use(file))[1]


def _questions() -> Sequence[str]:
    """Return the questions: one thing in its phrasings, then the next, as an adapter is asked."""
    things = [f"{'old ' * (n // len(_THINGS))}{_THINGS[n % len(_THINGS)]}" for n in range(QUESTIONS)]
    return [form.format(thing) for thing in things for form in _FORMS][:QUESTIONS]


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = call()
    return found, time.perf_counter() - began
