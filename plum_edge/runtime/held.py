"""Adapters that llama.cpp holds for one model: those used last stay in memory, so that going back to one costs nothing.

A chat goes back and forth between its adapter and the bare base. Knows a file by its path, size and time of change, and
nothing of contexts: who uses an adapter must have taken it off before it is freed here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plum_edge.convert.gguf_header import Header
from plum_edge.errors import ForeignAdapter
from plum_edge.runtime.adapter_check import check_adapter
from plum_edge.runtime.library import listen, reason

_HELD = 2
"""The one in use and the one before: ten megabytes each on a base of 0.1 billion parameters, a hundred on one of 8."""
_Key = tuple[str, int, int]


class Held:
    """The adapters of a model, the one used last at the end."""

    def __init__(self, llama: Any, model: Any, header: Header) -> None:
        self._llama, self._model, self._header = llama, model, header
        self._adapters: dict[_Key, Any] = {}

    def get(self, path: Path) -> Any:
        """Return llama.cpp's adapter of a file, read now where it is not held.

        Raises:
            ForeignAdapter: no such file, no adapter, or one for another base.
        """
        key = _key(path)
        if key not in self._adapters:
            check_adapter(path, self._header)
            listen()
            fresh = self._llama.llama_adapter_lora_init(self._model, str(path).encode())
            if not fresh:
                raise ForeignAdapter(path, f"llama.cpp refuses it ({reason()})")
            self._adapters[key] = fresh
        found = self._adapters[key] = self._adapters.pop(key)
        return found

    def trim(self) -> None:
        """Free those that were not used lately; the one used last must be the one that is on, if one is."""
        while len(self._adapters) > _HELD:
            self._llama.llama_adapter_lora_free(self._adapters.pop(next(iter(self._adapters))))

    def free(self) -> None:
        """Free all of them: none may be on."""
        for adapter in self._adapters.values():
            self._llama.llama_adapter_lora_free(adapter)
        self._adapters.clear()


def _key(path: Path) -> _Key:
    try:
        now = path.stat()
    except OSError:
        return str(path), -1, -1  # `check_adapter` says what is wrong with it
    return str(path), now.st_size, now.st_mtime_ns
