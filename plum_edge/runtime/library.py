"""The binding to llama.cpp, ready for use and silent, and what it complained of. Knows nothing of models."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

_ERROR_LEVEL = 4
_complaints: list[str] = []
"""What llama.cpp logged as errors of the call in hand; the first line is the reason in our own sentence."""


@functools.cache
def library() -> Any:
    """Return the binding: what llama.cpp logs would tear progress bars and `--json`, so that it is kept."""
    import llama_cpp

    def note(level: int, text: bytes, _data: Any) -> None:
        if level == _ERROR_LEVEL:
            _complaints.append(text.decode("utf-8", "replace").strip())

    keep = llama_cpp.llama_log_callback(note)
    llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    llama_cpp.plum_edge_log = keep  # lives as long as the library that calls it
    return llama_cpp


def listen() -> None:
    """Forget what was complained of before the call that comes next."""
    _complaints.clear()


def reason() -> str:
    """Return what llama.cpp complained of since `listen`."""
    return _complaints[0] if _complaints else "without a reason"


class Closed:
    """Stands in for llama.cpp once its memory is freed: an exception instead of a crash."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError("this Runtime is closed")
