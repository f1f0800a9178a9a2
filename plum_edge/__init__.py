"""plum-edge: a memory of its user for a local language model.

The public names are `Memory`, the records and the errors; everything else may change. The rooms, from the top down;
each imports those below it, and none above (tests/test_imports.py reads this list):

    cli/         the command line, one verb a file, and the chat; the only room that prints
    serve/       the memory over HTTP, as OpenAI's protocol has it
    llm_plugin.py  the memory as a model of the `llm` command
    memory/      `Memory`, the facade: what a program or a person does with a memory
    doctor/      looks at the machine, the model and a home, and says what to do
    export/      adapters on their way out and in
    night/       from the conversations that wait to an adapter in use; forgetting; the scheduler
    evaluate/    questions, scores, baselines, the gate, the report
    answer/      from a question to an answer and p(yes): by the adapter, by retrieval, by both
    train/       from pairs to an adapter: the fold, its datasets, its recipes
    augment/     from a conversation to pairs: by a language model, or by phrases
    retrieve/    what the log says about a question: BM25 and dense
    bases/       what a base model is: catalogue, sources, checks
    backends/    the trainers, MLX and torch, behind one protocol
    runtime/     llama.cpp
    convert/     adapters and weights between PEFT, MLX and GGUF
    templates/   what a base reads: chat templates and token ids
    importers/   files of conversations into records, one module a format
    store/       SQLite: the log, pairs, runs; and the lock on a home
    config.py    settings: defaults, profile of the base, the home's file
    paths.py     where things lie, and how they are written whole
    records.py   what goes from one room to another
    errors.py    what can go wrong, with exit codes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plum_edge.errors import PlumError
from plum_edge.records import Adapter, Answer, Conversation, Evidence, Message, Pair, Question, Segment

if TYPE_CHECKING:
    from plum_edge.memory import Memory

__all__ = [
    "Adapter",
    "Answer",
    "Conversation",
    "Evidence",
    "Memory",
    "Message",
    "Pair",
    "PlumError",
    "Question",
    "Segment",
    "__version__",
]
__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    """Import `Memory` at its first use: the records alone must not cost SQLite and the rest."""
    if name == "Memory":
        from plum_edge.memory import Memory

        return Memory
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
