"""Ollama: base and adapter in one file, and a Modelfile. Newer Ollamas are said to refuse ADAPTER; not run by us."""

from __future__ import annotations

from typing import Any

from plum_edge.convert import forms, ollama
from plum_edge.convert.vocabulary import read as vocabulary
from plum_edge.export.targets import fused
from plum_edge.export.targets.base import Order

_MODEL, _MODELFILE = "model.gguf", "Modelfile"
_CONTEXT = 8192


class _Target:
    use = f"ollama create my-memory -f {{out}}/{_MODELFILE}"
    alone = False

    def write(self, order: Order) -> dict[str, Any]:
        base, bones = order.base, forms.skeleton(order.base.weights)
        if bones.packed:
            return fused.write(order, _MODEL)  # it says why not
        words = vocabulary(base.folder, bones.shapes["model.embed_tokens"][0], bones.family.vocabularies)
        bos, eos = (words.pieces[words.special[role]] if role in words.special else "" for role in ("bos", "eos"))
        said = ollama.chat_format(base.chat_template, bos=bos if words.add_bos else "", eos=eos, name=base.name)
        proof = fused.write(order, _MODEL)
        lines = ollama.modelfile(_MODEL, said, context=min(base.context, _CONTEXT))
        (order.folder / _MODELFILE).write_text(lines, encoding="utf-8")
        return proof


TARGET = _Target()
