"""While a night learns, others write: nothing is lost, nobody meets a locked database."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.records import Conversation, Message
from tests.story import fresh_fold, make_home, states, talk, write_jsonl, wrong_in
from tests.tiny import tiny_base

_CHATS = """
import datetime as dt, sys, time
from pathlib import Path
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Store
root, name, stop = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
said = 0
with Store.open(Home(root), create=False) as store:
    when = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    store.log.start(Conversation(name, "A chat", when, (), "chat", 0))
    while said < 2 or not stop.exists():
        store.log.append(name, Message("assistant" if said % 2 else "user", f"Turn {said} of {name}."))
        store.search.search("turn")
        said += 1
        time.sleep(0.01)
print(said)
"""
"""A chat: one connection, a turn after the other, until the file is there. Prints how many turns there were."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = make_home(tmp_path / "home", tiny_base(tmp_path))
    with Memory(root) as memory:
        memory.add([talk(0), talk(1), talk(2)])
    return root


def test_chats_and_imports_while_a_night_learns(home: Path, tmp_path: Path) -> None:
    over, failed = threading.Event(), []
    file = tmp_path / "over"
    imported: list[str] = []
    turns: list[int] = []

    def guarded(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - whatever it is, the test is to say it
                failed.append(repr(error))

        return threading.Thread(target=run)

    def imports() -> None:
        """Open the log, import a file, close it: again and again."""
        while len(imported) < 2 or not over.is_set():
            name = f"imported-{len(imported)}"
            one = Conversation(name, name, talk(0).created_at, (Message("user", f"This is {name}."),), "test", 0)
            with Memory(home, create=False) as memory:
                memory.import_file(write_jsonl(tmp_path / f"{name}.jsonl", [one]))
            imported.append(name)
            over.wait(0.01)

    def chats() -> None:
        with Memory(home, create=False) as memory:
            memory.store.log.start(Conversation("thread", "A chat", talk(0).created_at, (), "chat", 0))
            while len(turns) < 2 or not over.is_set():
                role = "assistant" if len(turns) % 2 else "user"
                turns.append(memory.store.log.append("thread", Message(role, f"Turn {len(turns)}.")))
                over.wait(0.01)

    call = [sys.executable, "-c", _CHATS, str(home), "process", str(file)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        threads = [guarded(imports), guarded(chats)]
        for thread in threads:
            thread.start()
        try:
            with Memory(home) as memory:
                assert memory.consolidate()["status"] == "promoted"
        finally:
            over.set()
            file.touch()
            for thread in threads:
                thread.join()
            said, complained = process.communicate()
    assert (failed, complained, process.returncode) == ([], "", 0)
    assert wrong_in(home) == []
    with Memory(home) as memory:
        assert [m.content for m in memory.store.log.get("thread").messages] == [f"Turn {n}." for n in range(len(turns))]
        assert len(memory.store.log.get("process").messages) == int(said)
        assert {f"talk-{n}" for n in range(3)} | set(imported) | {"thread", "process"} == {
            one.id for one in memory.store.log.list()
        }
        learned = {step.segment for step in memory.store.runs.steps()}
        assert learned >= {"talk-0/0", "talk-1/0", "talk-2/0"}
    assert states(home) == fresh_fold(home, tmp_path / "fresh")


def test_two_that_forget_and_learn_do_so_one_after_the_other(home: Path) -> None:
    """A night that is begun while another runs is refused; what it would have learned is learned by the first."""
    script = "import sys; from plum_edge import cli; sys.exit(cli.main(['--home', sys.argv[1], 'consolidate']))"
    call = [sys.executable, "-c", script, str(home)]
    running = [subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[1] for process in running]
    codes = sorted(process.returncode for process in running)
    assert codes in ([0, 0], [0, 11]), said
    assert wrong_in(home) == []
    with Memory(home) as memory:
        assert len(memory.adapters()) == 1
        assert len(memory.store.runs.steps()) == 3
