"""An adapter that cannot be asked keeps nobody from forgetting: it goes, whatever has become of its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from plum_edge.config import Config, Model
from plum_edge.errors import UsageError
from plum_edge.paths import Home
from plum_edge.store import Store
from tests.night.forget.talks import forget, hashes, talk
from tests.tiny import tiny_base


def _cut(gguf: Path) -> None:
    gguf.write_bytes(gguf.read_bytes()[:100])


def _garbled(gguf: Path) -> None:
    gguf.write_bytes(b"no adapter at all" * 99)


@pytest.mark.parametrize("damage", [Path.unlink, _cut, _garbled])
def test_a_file_that_is_gone_or_damaged(learned: Home, config: Config, damage: Callable[[Path], None]) -> None:
    damage(learned.adapters / "0002" / "adapter.gguf")
    receipt = forget(learned, config, "talk-4")
    assert (receipt["status"], receipt["exact"]) == ("forgotten", True)
    assert "probes" not in receipt, "there is no figure from before"
    assert gone(learned, "talk-4") and len(hashes(learned)) == 3


@pytest.mark.parametrize("more", [False, True])
def test_a_base_that_it_does_not_fit(
    learned: Home, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: bool
) -> None:
    """Also where more waits, and a step that is left would stand in for the adapter until that is learned."""
    if more:
        with Store.open(learned, create=False) as store:
            store.runs.remove("0001")
            store.log.add([talk(5)])
            store.log.record(*store.log.plan())
    monkeypatch.setattr("tests.tiny.LAYERS", 1)
    other = replace(config, model=Model(str(tiny_base(tmp_path / "shallow"))))
    with pytest.raises(UsageError, match="What was to be forgotten is erased") as caught:
        forget(learned, other, "talk-4")
    assert "Nothing was changed" not in str(caught.value)
    assert gone(learned, "talk-4")
    assert forget(learned, config)["exact"], "with the base that it was learned on it carries on"


def gone(home: Home, ident: str) -> bool:
    """Return whether neither the log nor an adapter in use has it any more."""
    with Store.open(home, create=False) as store:
        active = store.runs.active()
        return not store.log.holds(ident) and (active is None or active.segments <= 3)
