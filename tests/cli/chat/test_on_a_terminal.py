"""A chat as a person has it: keys, pastes, an editor, narrow and dumb terminals, no colour."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from tests.cli.chat.terminal import ALT_ENTER, CTRL_C, CTRL_D, TAB, Terminal, pasted
from tests.cli.conftest import Run

PROMPT = "›"


def last(run: Run, home: Path) -> list[str]:
    """Return what the user said in the newest conversation."""
    *_, newest = run("logs", "--home", home, "--json").json
    messages = run("logs", "show", newest["id"], "--home", home, "--json").json["messages"]
    return [m["content"] for m in messages if m["role"] == "user"]


def test_several_lines_are_one_message(learned: Path, run: Run) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        chat.type(f"the kitchen{ALT_ENTER}tap")
        chat.ask("")
        chat.type(pasted("a pasted\r\n\r\n  page"))
        chat.ask("")
        chat.type(CTRL_D)
        assert chat.process.wait(120) == 0
    assert last(run, learned) == ["the kitchen\ntap", "a pasted\n\n  page"]


def test_the_line_above_says_which_memory_and_since_when(learned: Path) -> None:
    with Terminal("chat", "--home", learned) as chat:
        line = chat.wait_for("/help")
    assert "memory 0001 (2 conversations, since today " in " ".join(line.split())


def test_tab_completes_commands_and_what_may_follow(learned: Path) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        chat.type(f"/retr{TAB}")
        chat.wait_for("/retri?e?")
        chat.type(f"ie{TAB} of{TAB}\r")
        assert "Answers do not read the log." in chat.wait_for(r"read the log\.\n+›")
        chat.type(f"/open sta{TAB}\r")
        assert "Sourdough starter, 2 messages" in chat.wait_for("messages")


def test_the_history_holds_what_was_said_and_no_command(learned: Path, run: Run) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        chat.ask("the kitchen tap")
        chat.ask("/search washer")
        chat.ask("A slip: marmalade.")
        chat.ask("/back")
        chat.ask("\x1b[A" * 4)  # up, to the first line, and again
        chat.type("/quit\r")
        assert chat.process.wait(120) == 0
    assert last(run, learned) == ["the kitchen tap", "the kitchen tap"]
    kept = (learned / "history").read_text(encoding="utf-8")
    assert "the kitchen tap" in kept
    assert "washer" not in kept
    assert "marmalade" not in kept, "what was undone is in no file"


def editor(folder: Path, script: str) -> str:
    """Return an $EDITOR that does this to its file."""
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_message_is_written_in_the_editor(learned: Path, tmp_path: Path, run: Run) -> None:
    write = editor(tmp_path, 'stat -c %a "$1" > "$0.mode"; printf "%s and\\nthe washer\\n" "$(cat "$1")" > "$1"')
    with Terminal("chat", "--home", learned, VISUAL=write) as chat:
        chat.wait_for(PROMPT)
        chat.ask("/edit the tap", r"the washer")
        chat.ask("")
        chat.type(CTRL_D)
        chat.wait_for("Carry on: plum-edge chat --continue")
        assert chat.process.wait(120) == 0
    assert last(run, learned) == ["the tap and\nthe washer"]
    assert Path(f"{write}.mode").read_text().strip() == "600"
    assert not list(learned.glob(".message*")), "nothing of it is left in a file"


@pytest.mark.parametrize(
    ("command", "why"),
    [("false", "ended with 1"), ("no-such-editor", "There is no editor"), ("vi '", "cannot be understood")],
)
def test_an_editor_that_fails_ends_in_a_sentence(learned: Path, command: str, why: str) -> None:
    with Terminal("chat", "--home", learned, VISUAL="", EDITOR=command) as chat:
        chat.wait_for(PROMPT)
        assert why in chat.ask("/edit")
        assert chat.process.poll() is None


def test_what_cannot_be_done_is_said_and_the_chat_goes_on(learned: Path, run: Run) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        assert "error: There is no conversation 'nonsense'." in chat.ask("/open nonsense")
        assert "the model reads 248 at once" in " ".join(chat.ask("the kitchen tap " * 200, r"at\s+once[^›]*›").split())
        assert "tap the kitchen tap" not in (learned / "history").read_text(encoding="utf-8"), "nothing could forget it"
        chat.ask("the kitchen tap")
        chat.type(CTRL_D)
        assert chat.process.wait(120) == 0
    assert last(run, learned) == ["the kitchen tap"]


def test_forget_asks_and_takes_the_conversation_back(learned: Path, run: Run) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        chat.ask("Something that I should not have said.")
        chat.ask("/forget", r"\[y/N\]")
        assert "Nothing was forgotten." in chat.ask("n")
        chat.ask("/forget", r"\[y/N\]")
        said = chat.ask("y")
        assert "1 conversation forgotten" in said
        assert "A new conversation begins." in said
        chat.ask("the kitchen tap")
        chat.type(CTRL_D)
        assert chat.process.wait(120) == 0
    assert last(run, learned) == ["the kitchen tap"]
    assert "should not" not in (learned / "history").read_text(encoding="utf-8")


def test_forget_names_the_files_that_hold_it_still(learned: Path, tmp_path: Path) -> None:
    said, page = "Something that I should not have said of Torvalund.", tmp_path / "page.md"
    (learned / "mine.txt").write_text(said)
    with Terminal("chat", "--home", learned, columns=300) as chat:
        chat.wait_for(PROMPT)
        chat.ask(said)
        chat.ask(f"/export {page}")
        chat.ask("/forget", r"\[y/N\]")
        told = chat.ask("y")
    assert f"exported  {page} (holds it still" in told
    assert f"still in  {learned / 'mine.txt'} (a file that is not plum-edge's own" in told


def test_forget_takes_what_was_learned_out_of_the_weights_and_says_so(learned: Path, run: Run) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        chat.ask("/open tap")
        plan = " ".join(chat.ask("/forget", r"\[y/N\]").split())
        assert "1 adapter will go 1 conversation will be learned again" in plan
        said = " ".join(chat.ask("y", r"new conversation begins\.\s+›").split())
        assert "1 conversation forgotten (2 messages" in said
        assert "learned 1 conversation again" in said
        assert "0002 is in use" in said
        listed = chat.ask("/list")
        assert "starter" in listed
        assert "tap" not in listed
        assert "(memory 0002 (1 conversation" in " ".join(chat.ask("the sourdough starter", r"\)[^›]*›").split())
        chat.type(CTRL_D)
        assert chat.process.wait(120) == 0
    assert [one["segments"] for one in run("adapters", "--home", learned, "--json").json] == [1]


def test_a_private_line_is_marked(learned: Path) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        assert "private ›" in chat.ask("/private")


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"TERM": "dumb", "NO_COLOR": ""}])
def test_a_dumb_terminal_gets_no_escapes(learned: Path, run: Run, variables: dict[str, str]) -> None:
    with Terminal("chat", "--home", learned, **variables) as chat:
        chat.wait_for(PROMPT)
        chat.type("the kitchen tap\r")
        chat.wait_for(r"tap[^›]*\n[^›]*›")
        chat.ask("/help")
        chat.type("/quit\r")
        assert chat.process.wait(120) == 0
    assert "\x1b" not in chat.seen
    assert last(run, learned) == ["the kitchen tap"]


def test_forty_columns_are_enough(learned: Path) -> None:
    with Terminal("chat", "--home", learned, columns=40) as chat:
        chat.wait_for(PROMPT)
        chat.ask("the kitchen tap")
        shown = [chat.ask(line) for line in ("/help", "/why", "/list", "/stats", "/model")]
    for line in "\n".join(shown).split("\n"):
        assert len(line.rstrip()) <= 40 or "--home" in line or "/" in line, line


def test_without_colour_nothing_is_coloured(learned: Path) -> None:
    with Terminal("chat", "--home", learned, NO_COLOR="1") as chat:
        chat.wait_for(PROMPT)
        chat.ask("the kitchen tap")
        chat.ask("/help")
        chat.ask("/open nonsense")
    assert "\x1b[3" not in chat.seen
    assert "\x1b[9" not in chat.seen


def test_ctrl_c_at_the_prompt_clears_the_line(learned: Path, run: Run) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        chat.type(f"half a line{ALT_ENTER}and more{CTRL_C}")
        chat.wait_for(PROMPT)
        chat.ask("the kitchen tap")
        chat.type(CTRL_D)
        assert chat.process.wait(120) == 0
    assert last(run, learned) == ["the kitchen tap"]


def test_what_is_typed_while_an_answer_comes_waits_for_the_prompt(learned: Path, run: Run) -> None:
    settings = learned / "config.toml"
    settings.write_text(settings.read_text().replace("max_tokens = 8", "max_tokens = 100000\ntemperature = 1.5"))
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for(PROMPT)
        chat.type("the kitchen tap\r")
        chat.wait_for(r"tap\n[^\n]*\w")
        chat.type("typed ahead\r")
        os.kill(chat.process.pid, signal.SIGINT)  # the key would take what was typed ahead with it
        said = chat.wait_for(r"typed ahead\n[^\n]*\w")
        assert said.index(PROMPT) < said.index("typed ahead")
        os.kill(chat.process.pid, signal.SIGINT)
        chat.wait_for(PROMPT)
        chat.type(CTRL_D)
        assert chat.process.wait(120) == 0
    assert last(run, learned) == ["the kitchen tap", "typed ahead"]
