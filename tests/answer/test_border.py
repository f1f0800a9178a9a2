"""The odds from which on an adapter claims a yes, in its manifest and as they are read from there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plum_edge.answer.border import decided, keep
from plum_edge.config import Decide


def test_what_was_kept_is_read(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter.gguf"
    keep(adapter, {"id": "0001", "odds": 0.25})
    assert json.loads((tmp_path / "manifest.json").read_text()) == {"id": "0001", "odds": 0.25}
    assert decided(Decide(phrasings=False), adapter) == Decide(odds=0.25, phrasings=False)


def test_a_setting_of_the_user_has_the_last_word(tmp_path: Path) -> None:
    adapter = tmp_path / "adapter.gguf"
    keep(adapter, {"odds": 0.25})
    assert decided(Decide(odds=3.0), adapter).odds == 3.0


@pytest.mark.parametrize(
    "written", ["", "[]", "{}", '{"odds": null}', '{"odds": "1"}', '{"odds": -1}', '{"odds": 1e9}']
)
def test_a_manifest_without_usable_odds_leaves_it_open(tmp_path: Path, written: str) -> None:
    (tmp_path / "manifest.json").write_text(written)
    assert decided(Decide(), tmp_path / "adapter.gguf").odds == 0.0
    assert decided(Decide(), None).odds == 0.0
