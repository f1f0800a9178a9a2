"""A file of every format in at least three shapes, written by us, and what must come of each.

`SHAPES` holds them all: the tests of packing, of idempotence and the fuzzers run over every one.
"""

from __future__ import annotations

from tests.importers.shapes.local import CLAUDE_CODE, CODEX, GEMINI_CLI, LLM, WHATSAPP
from tests.importers.shapes.programs import LMSTUDIO, OLLAMA, OPENWEBUI
from tests.importers.shapes.records import JSONL, OPENAI, REALMEM, SHAREGPT
from tests.importers.shapes.services import AISTUDIO, CHATGPT, CLAUDE, GEMINI, GROK

SHAPES = [
    *CHATGPT, *CLAUDE, *GEMINI, *AISTUDIO, *OPENWEBUI, *LMSTUDIO, *SHAREGPT, *OPENAI, *OLLAMA, *GROK, *JSONL, *REALMEM,
    *CLAUDE_CODE, *CODEX, *GEMINI_CLI, *WHATSAPP, *LLM,
]  # fmt: skip
