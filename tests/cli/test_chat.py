"""The chat: every turn is in the log at once, and Ctrl-C stops an answer and not the program."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE

import pytest

from plum_edge import Memory
from plum_edge.answer.respondent import Respondent
from plum_edge.cli.chat.chat import Chat
from plum_edge.cli.chat.commands import obey
from plum_edge.cli.chat.reader import Keyboard
from plum_edge.cli.chat.screen import Screen
from plum_edge.cli.chat.talk import Talk
from plum_edge.cli.terminal import clean
from plum_edge.errors import Interrupted
from plum_edge.records import Progress
from tests.cli.chat.terminal import Terminal
from tests.cli.conftest import Run, configured

ASKED = "Did we talk about the kitchen tap?"
"""What is meant for the memory: the rest the base answers."""


def roles(run: Run, home: Path, ident: str) -> list[str]:
    """Return who spoke, in order, as the log has it."""
    return [message["role"] for message in run("logs", "show", ident, "--home", home, "--json").json["messages"]]


def test_piped_lines_are_answered_and_logged(learned: Path, run: Run) -> None:
    found = run("chat", "--home", learned, stdin="What about the tap?\n\n  \nAnd the starter?\n/quit\nnever said\n")
    assert found.code == 0
    assert found.out.count("\n") == 2
    *_, last = run("logs", "--home", learned, "--json").json
    assert (last["title"], last["state"]) == ("What about the tap?", "logged")
    assert roles(run, learned, last["id"]) in (["user", "assistant"] * 2, ["user", "user"])
    assert not (learned / "history").exists()


def test_chat_makes_a_home(tiny: Path, home: Path, run: Run) -> None:
    configured(home, tiny)
    assert run("chat", "--home", home, stdin="Hello.\n").code == 0
    assert [one["title"] for one in run("logs", "--home", home, "--json").json] == ["Hello."]


def test_json_is_one_value_at_the_end(learned: Path, run: Run) -> None:
    found = run("chat", "--json", "--home", learned, stdin="Hello.\n/why\n/help\nBye.\n").json
    assert [m["content"] for m in found["messages"] if m["role"] == "user"] == ["Hello.", "Bye."]
    assert run("logs", "show", found["conversation"], "--home", learned).code == 0


def test_no_log_leaves_nothing(learned: Path, run: Run) -> None:
    before = run("logs", "--home", learned).out
    found = run("chat", "--no-log", "--json", "--home", learned, stdin="A secret word: xylophonic.\n").json
    assert found["conversation"] is None
    assert run("logs", "--home", learned).out == before
    for path in learned.rglob("*"):
        assert not path.is_file() or b"xylophonic" not in path.read_bytes()


def test_a_conversation_is_carried_on(learned: Path, run: Run) -> None:
    first = run("chat", "--json", "--home", learned, stdin="Hello.\n").json
    again = run("chat", "--continue", "--json", "--home", learned, stdin="Still there?\n").json
    assert again["conversation"] == first["conversation"]
    assert again["messages"][: len(first["messages"])] == first["messages"]
    assert run("status", "--home", learned, "--json").json["waiting"] == 1, "what was added waits"
    assert run("chat", "--continue", "nothing", "--home", learned).code == 2


def test_what_is_said_on_to_an_imported_one_is_another_and_no_later_export_takes_it(
    learned: Path, tmp_path: Path, run: Run
) -> None:
    before = run("logs", "show", "tap", "--home", learned, "--json").json["messages"]
    page = tmp_path / "tap.jsonl"
    lines = f"My bike was stolen in Ghent.\n/export {page}\n"
    here = run("chat", "--json", "--home", learned, "--continue", "tap", stdin=lines).json
    assert here["messages"][1]["content"] == before[1]["content"], "it is read"
    assert here["conversation"] != "tap" != json.loads(page.read_text())["id"] != here["conversation"]
    assert roles(run, learned, here["conversation"]) == ["user", "assistant"]
    assert run("logs", "show", here["conversation"], "--home", learned, "--json").json["source"] == "chat"
    for ident in ("tap", here["conversation"]):
        assert str(page) in run("forget", ident, "--dry-run", "--home", learned, "--json").json["exported"]

    soon = (datetime.now().astimezone() + timedelta(hours=1)).isoformat()
    grown = [*before, {"role": "user", "content": "It fitted.", "created_at": soon}]
    later = tmp_path / "later.jsonl"
    later.write_text(json.dumps({"id": "tap", "created_at": "2026-03-12T10:00:00+01:00", "messages": grown}) + "\n")
    assert run("import", later, "--home", learned, "--json").json["ids"] == ["tap"]
    assert roles(run, learned, "tap") == ["user", "assistant", "user"]
    assert roles(run, learned, here["conversation"]) == ["user", "assistant"]


def test_what_was_imported_is_not_undone_in_a_chat_and_what_was_said_on_is(learned: Path, run: Run) -> None:
    before = run("logs", "--home", learned, "--json").json
    found = run("chat", "--home", learned, "--continue", "tap", stdin="Did it fit?\n/back\n/back\n")
    assert (found.code, "said elsewhere" in found.err) == (2, True)
    assert run("chat", "--home", learned, "--continue", "tap", stdin="/retry\n").code == 2
    assert run("logs", "--home", learned, "--json").json == before


def test_nothing_to_carry_on(tiny: Path, home: Path, run: Run) -> None:
    configured(home, tiny)
    assert run("chat", "--continue", "--home", home).code == 2


def test_why_shows_the_log_and_the_base(learned: Path, run: Run) -> None:
    out = run("chat", "--home", learned, stdin=f"/why\n{ASKED}\n/why\n/nonsense\n").out
    assert out.startswith("Nothing was asked yet.\n")
    assert "from weights; the log has on it:" in out
    assert "12 Mar 2026" in out
    assert f"plum-edge logs show tap --home {learned}" in out
    assert 'without memory the base says: "' in out
    assert "There is no /nonsense" in out
    bare = run("chat", "--no-adapter", "--home", learned, stdin="a submarine\n/why\n").out
    assert "from the base; the log has nothing on it" in bare


def test_the_options_reach_the_model(learned: Path, run: Run) -> None:
    def said(*options: str) -> str:
        return str(run("chat", "--no-log", *options, "--home", learned, stdin="the kitchen tap\n").out)

    assert said() == said()
    assert said("--no-adapter", "--retrieve") != said("--no-adapter")


def test_on_a_terminal(learned: Path, run: Run) -> None:
    with Terminal("chat", "--home", learned) as chat:
        assert "memory 0001 (2 conversations, since " in chat.wait_for(r"/help")
        chat.wait_for("›")
        chat.type("half a line\x03")  # Ctrl-C at the prompt: the line is gone, the chat is not
        chat.wait_for("›")
        chat.type("the kitchen tap\r")
        chat.wait_for("\n.*›")
        chat.type("\x04")
        assert chat.process.wait(120) == 0
    *_, last = run("logs", "--home", learned, "--json").json
    assert last["title"] == "the kitchen tap"
    assert stat.S_IMODE((learned / "history").stat().st_mode) == 0o600
    assert "the kitchen tap" in (learned / "history").read_text(encoding="utf-8")


def test_a_stopped_answer_is_logged_as_far_as_it_was_said(learned: Path) -> None:
    with Memory(learned) as memory:
        talk = Talk(memory, log=True, adapter=True, retrieve=False)
        whole = list(talk.answer("Tell me more."))
        assert len(whole) > 2
        stopped = Talk(memory, log=True, adapter=True, retrieve=False)
        said = []
        for piece in stopped.answer("Tell me more."):
            said.append(piece)
            os.kill(os.getpid(), signal.SIGINT)
        assert said == whole[: len(said)]
        assert len(said) < len(whole)
        assert stopped.conversation is not None
        user, assistant = memory.store.log.get(stopped.conversation).messages
        assert (user.content, assistant.content) == ("Tell me more.", "".join(said))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def long_answers(home: Path) -> None:
    settings = home / "config.toml"
    settings.write_text(settings.read_text().replace("max_tokens = 8", "max_tokens = 100000\ntemperature = 1.5"))


def test_ctrl_c_ends_a_chat_that_is_piped(learned: Path, run: Run) -> None:
    long_answers(learned)
    call = [sys.executable, "-m", "plum_edge.cli", "chat", "--home", str(learned)]
    with subprocess.Popen(call, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.write("the kitchen tap\n" * 400)
        process.stdin.close()
        assert process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read().endswith("Stopped.\n")
        assert process.wait(120) == 130
    *_, last = run("logs", "--home", learned, "--json").json
    assert "user" in roles(run, learned, last["id"])
    assert len(roles(run, learned, last["id"])) < 800


def test_ctrl_c_stops_what_the_base_alone_says(learned: Path) -> None:
    long_answers(learned)
    with Memory(learned) as memory:
        talk, opened = Talk(memory, log=False, adapter=True, retrieve=False), memory.speaker.opened
        list(talk.answer("the kitchen tap"))

        def pressed() -> Respondent:
            os.kill(os.getpid(), signal.SIGINT)
            return opened()

        memory.speaker.opened = pressed
        with pytest.raises(Interrupted):
            talk.without_memory()
        memory.speaker.opened = opened
        begun, whole = talk.without_memory().answer, memory.ask("the kitchen tap", adapter=False).answer
        assert whole.startswith(begun) and len(begun) < len(whole), "no more of it is written than is shown"


def test_ctrl_c_stops_the_reading_of_the_log_and_the_chat_goes_on(
    learned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Pressed(Memory):
        def prepare(self, progress: Progress | None = None) -> None:
            assert progress is not None
            os.kill(os.getpid(), signal.SIGINT)
            progress("vectors", 1, 2, "")
            raise AssertionError("it went on")

    with Pressed(learned) as memory:
        talk = Talk(memory, log=False, adapter=True, retrieve=False)
        chat = Chat(memory, talk, Screen(None, silent=False, spaced=False), Keyboard(None))
        assert obey(chat, "/retrieve on")
        assert (talk.retrieve, capsys.readouterr().err) == (False, "Stopped.\n")
        chat.keyboard = None
        with pytest.raises(Interrupted):
            obey(chat, "/retrieve on")


def test_ctrl_c_stops_an_answer_and_what_was_shown_is_logged(learned: Path, run: Run) -> None:
    long_answers(learned)
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for("›")
        chat.type("the kitchen tap\r")
        chat.wait_for(r"tap[^\n]*\n[^\n]*\w")
        os.kill(chat.process.pid, signal.SIGINT)
        os.kill(chat.process.pid, signal.SIGINT)
        chat.wait_for("›")
        assert chat.process.poll() is None
        chat.type("/quit\r")
        assert chat.process.wait(120) == 0
    *_, last = run("logs", "--home", learned, "--json").json
    user, assistant = run("logs", "show", last["id"], "--home", learned, "--json").json["messages"]
    assert (user["content"], assistant["role"]) == ("the kitchen tap", "assistant")
    assert clean(assistant["content"]).split()[0] in chat.seen
