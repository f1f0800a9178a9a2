"""A forgetting that was killed or stopped: the same command given again ends as if nothing had come between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from plum_edge import Memory, bases, cli
from plum_edge.config import Config
from plum_edge.config import load as load_config
from plum_edge.errors import Interrupted, UnknownId
from plum_edge.night import erase
from plum_edge.night.forget import Forget
from plum_edge.paths import Home
from plum_edge.store import Store
from tests.night.forget.talks import hashes, talk

_SHELL = "import sys; from plum_edge import Memory; m = Memory(sys.argv[1]); print(m.forget(sys.argv[2:])['status'])"


@pytest.mark.parametrize("stage", ["asked", "deleted", "half erased", "erased"])
def test_interrupted_at_any_stage_it_carries_on(
    learned: Home, config: Config, _learned: tuple[Path, list[str]], stage: str
) -> None:
    with Store.open(learned, create=False) as store:
        forgetting = Forget(learned, store, config, lambda: bases.base(config.model.base))
        request = forgetting._request([store.log.get("talk-1")], keep_log=False)
        if stage != "asked":
            store.forgetting.delete(request)
        if stage == "half erased":
            next(learned.checkpoints.iterdir()).unlink()
        if stage == "erased":
            erase.carry_on(learned, store)
    with Memory(learned.root) as memory:
        active = memory.store.runs.active()
        assert active is None, "from the first moment on nothing in use knows it"
        if stage == "erased":
            assert memory.consolidate()["status"] == "promoted", "the next night carries on too"
        else:
            assert memory.forget()["exact"]
        assert memory.store.forgetting.pending() == []
    assert hashes(learned) == _learned[1]


@pytest.mark.parametrize("stage", ["asked", "deleted", "erased"])
@pytest.mark.parametrize(
    "again", [["talk-1"], ["--search", "sourdough"], ["--until", "2026-03-14", "--since", "2026-03-13"]]
)
def test_killed_the_same_command_is_given_again(
    learned: Home, _learned: tuple[Path, list[str]], stage: str, again: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """By whatever it was called: what is gone by then is passed over, and what came after is learned again."""
    killed_at(learned, stage, "talk-1")
    assert cli.main(["--home", str(learned.root), "--json", "forget", *again, "--yes"]) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert (receipt["status"], receipt["conversations"], receipt["exact"]) == ("forgotten", 1, True)
    assert receipt["left_in"] == []
    assert "named" not in receipt
    assert hashes(learned) == _learned[1]


def test_killed_it_knows_again_the_beginning_of_an_id(learned: Home, config: Config) -> None:
    """What is gone has no id any more that a beginning could be held against."""
    with Memory(learned.root) as memory:
        memory.forget(["talk-2"])  # another one begins with "talk-": the name must be whole up to here
        memory.add([replace(talk(5), id="zebra-5")])
        memory.consolidate()
    killed_at(learned, "deleted", "zebra-5", called="zeb")
    with Memory(learned.root) as memory:
        with pytest.raises(UnknownId):
            memory.forget(["zebu"])
        assert memory.forget(["zeb"])["conversations"] == 1
        assert memory.forget(["zebra-5"])["status"] == "nothing"
        with pytest.raises(UnknownId):
            memory.forget(["zeb"])


def killed_at(home: Home, stage: str, ident: str, called: str = "", *, keep_log: bool = False) -> None:
    """Leave a home as a kill leaves it at this stage of forgetting one conversation."""
    with Store.open(home, create=False) as store:
        forgetting = Forget(home, store, load_config(home.config), lambda: pytest.fail("no model is needed"))
        request = forgetting._request([store.log.get(ident)], keep_log=keep_log, named=[called or ident])
        if stage == "deleted":
            store.forgetting.delete(request)
        if stage == "erased":
            erase.carry_on(home, store)


@pytest.mark.parametrize("stage", ["asked", "erased"])
def test_killed_while_it_was_to_stay_in_the_log(learned: Home, _learned: tuple[Path, list[str]], stage: str) -> None:
    killed_at(learned, stage, "talk-1", keep_log=True)
    with Memory(learned.root) as memory:
        receipt = memory.forget(["talk-1"], keep_log=True)
        assert (receipt["status"], receipt["conversations"], receipt["again"]) == ("excluded", 1, 3)
        assert memory.store.log.holds("talk-1")
        assert hashes(learned) == _learned[1]
        receipt = memory.forget(["talk-1"])
        assert (receipt["status"], receipt["log_after"]) == ("forgotten", 3)


@pytest.mark.parametrize("steps", [0, 2, 4])
def test_stopped_while_it_learns_it_carries_on(
    learned: Home, config: Config, _learned: tuple[Path, list[str]], steps: int
) -> None:
    calls = iter(range(1000))
    with Memory(learned.root) as memory:
        with pytest.raises(Interrupted):
            memory.forget(["talk-1"], stopped=lambda: next(calls) >= steps)
        assert memory.forget(["talk-1"])["exact"], "the same command again"
        assert memory.forget(["talk-1"])["status"] == "nothing"
    assert hashes(learned) == _learned[1]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.8, 1.5, 2.5])
def test_killed_it_carries_on(learned: Home, _learned: tuple[Path, list[str]], seconds: float) -> None:
    call = [sys.executable, "-c", _SHELL, str(learned.root), "talk-1"]
    with subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    done = subprocess.run(call, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.strip() in ("forgotten", "nothing")
    assert hashes(learned) == _learned[1]
    with Memory(learned.root) as memory:
        assert sum(adapter.active for adapter in memory.adapters()) == 1
        assert [one.id for one in memory.store.log.list()] == ["talk-0", "talk-2", "talk-4"]
