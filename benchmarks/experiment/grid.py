"""The runs on plum-tiny, the most telling first, so that a grid that was stopped early tells the most.

Knows nothing of how a cell is run. What this version of plum-edge cannot do is reported
as such, not left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.experiment.cells import Cell, Settings

SEEDS = (0, 1, 2)
USERS = ("Lin_Wanyu", "Pak_Budi", "Sarah_Miller")
LOGS = ("nora", *USERS)
QUICK = 24
"""Conversations of the quick table: what two cores learn twice in a quarter of an hour."""
POINTS = (10, 25, 50, 75, 100)
EARLY = (10, 25, 50)

CORE = (
    "base", "bm25", "bm25_passages", "bm25_threshold", "bm25_threshold_topic",
    "adapter", "adapter_as_asked", "adapter_search", "adapter_bm25",
)  # fmt: skip
RETRIEVAL = (
    "bm25_top3", "bm25_pairs", "dense", "dense_passages", "dense_threshold", "adapter_dense", "adapter_reads_bm25",
)  # fmt: skip

PLUM = {"recipe": "plum", "epochs": 10, "decay": 0.0, "question_weight": 1.0, "answer_weight": 1.0}
"""The paper's method as far as it is printed: ten epochs, nothing replayed, questions and answers weighted alike, the
template not at all. Its rate, its rank and its exact weights are not printed; those are plum-edge's own."""


def _plum(**more: object) -> Settings:
    return {"train": {**PLUM, **more}}


def _replay(**more: object) -> Settings:
    return {"train": {"recipe": "replay", **more}}


ABLATIONS: dict[str, tuple[str, Settings]] = {
    "raw": ("raw conversations, no pairs", {"train": {**PLUM, "recipe": "raw"}}),
    "plum-no-negatives": ("plum without negatives", {**_plum(), "augment": {"negatives": False}}),
    "plum-no-weights": ("plum without weights", _plum(template_weight=1.0)),
    "plum-question-0": ("plum, questions weigh nothing", _plum(question_weight=0.0)),
    "plum-question-0.1": ("plum, questions weigh a tenth", _plum(question_weight=0.1)),
    "plum-open": ("plum, open questions alone", {**_plum(), "augment": {"kinds": ["open"]}}),
    "plum-closed": ("plum, closed questions alone", {**_plum(), "augment": {"kinds": ["closed"]}}),
    "plum-1": ("plum, 1 epoch", _plum(epochs=1)),
    "plum-3": ("plum, 3 epochs", _plum(epochs=3)),
    "plum-30": ("plum, 30 epochs", _plum(epochs=30)),
    "replay-0.5": ("replay, half a stored pair for each new one", _replay(replay=0.5)),
    "replay-1": ("replay, 1 for each", _replay(replay=1.0)),
    "replay-2": ("replay, 2 for each", _replay(replay=2.0)),
    "replay-8": ("replay, 8 for each", _replay(replay=8.0)),
    "replay-no-rehearsal": ("replay without an averaging pass", _replay(averaging=0)),
    "replay-question-0.1": ("replay, questions weigh a tenth", _replay(question_weight=0.1)),
    "replay-no-general": ("replay without general samples", _replay(general=0.0)),
    "replay-no-honest": ("replay without sampled negatives", _replay(sampled_negatives=0.0)),
    "replay-no-negatives": ("replay without negatives", {**_replay(), "augment": {"negatives": False}}),
    "replay-no-reword": ("replay, questions always in the same words", _replay(reword=False)),
    "replay-no-tether": ("replay, general samples learned as they stand", _replay(kl=0.0)),
    "distill": ("distill", {"train": {"recipe": "distill"}}),
}
"""Name → (what the tables call it, settings), on the sample user, one seed, 50 conversations."""
TOGETHER = ("all pairs at once, in random order (no sequence)", {"train": {"recipe": "together", "epochs": 42}})
"""Forty-two epochs: as often as ``replay`` reads a pair, 7 epochs with 5 stored pairs for each new one."""


def quick() -> list[Cell]:
    """Return the two runs of ``make experiment-quick``."""
    return _on_tiny([
        Cell("quick", "nora", "replay", 0, (QUICK,), _replay(), systems=("base", "bm25", "adapter", "adapter_bm25")),
        Cell("quick", "nora", "plum", 0, (QUICK,), _plum()),
    ])  # fmt: skip


def grid() -> list[Cell]:
    """Return every cell of the experiment, in the order in which they are run."""
    return [*quick(), *_on_tiny([*_main(0), *_ablations(), *_long(300), *_main(1), *_main(2), *_long(1000)])]


def _on_tiny(cells: Sequence[Cell]) -> list[Cell]:
    return [replace(cell, settings={"model": {"base": "plum-tiny"}, **cell.settings}) for cell in cells]


def _main(seed: int) -> Iterator[Cell]:
    for log in LOGS:
        replay = Cell("main", log, "replay", seed, POINTS, _replay(), systems=CORE, extras=("general",))
        if seed == 0:  # one seed is enough for figure 2's two lines
            replay = replace(replay, along=("base", "bm25", "adapter", "adapter_prompted"))
            if log == LOGS[0]:  # and one log for the rest of retrieval and for runtimes, which take long
                replay = replace(replay, wide=RETRIEVAL, extras=("general", "runtimes"))
        yield replay
        yield replace(
            replay,
            recipe="plum",
            settings=_plum(),
            along=("adapter",),
            systems=("adapter", "adapter_as_asked", "adapter_search", "adapter_bm25"),
            wide=(),
            extras=("general",),
        )


def _ablations() -> Iterator[Cell]:
    for name, (_, settings) in ABLATIONS.items():
        yield Cell("ablation", "nora", name, 0, EARLY, settings, extras=("general",))
    # One point alone: what sequence costs is seen where there is none.
    yield Cell("ablation", "nora", "together", 0, (EARLY[-1],), TOGETHER[1], extras=("general",))


def _long(conversations: int) -> Iterator[Cell]:
    points = tuple(point for point in (50, 100, 200, 300, 500, 700, 1000) if point <= conversations)
    asked = ("base", "bm25", "bm25_passages", "adapter", "adapter_as_asked", "adapter_search", "adapter_bm25")
    yield Cell("long", f"long{conversations}", "replay", 0, points, _replay(), ("adapter",), asked, (), ("general",))
