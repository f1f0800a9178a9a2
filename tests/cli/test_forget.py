"""forget, logs notrain, adapters rollback and prune, and private turns: what is asked, said and left."""

from __future__ import annotations

from pathlib import Path

import pytest

from plum_edge import Memory
from plum_edge.cli.chat.talk import Talk
from plum_edge.cli.forget import told
from tests.cli.conftest import Run
from tests.cli.test_chat import Terminal


def test_a_dry_run_says_what_would_go(learned: Path, run: Run) -> None:
    found = run("forget", "tap", "--dry-run", "--home", learned)
    assert found.code == 0
    assert "12 Mar 2026  Dripping kitchen tap · tap" in found.out
    assert "1 conversation: 2 messages, " in found.out
    assert "1 conversation will be learned again, in " in found.out
    assert "meanwhile no adapter is in use" in found.out
    plan = run("forget", "--search", "kitchen tap", "--dry-run", "--home", learned, "--json").json
    assert (plan["status"], plan["again"], plan["adapters"]) == ("planned", 1, ["0001"])
    assert [one["id"] for one in run("logs", "--home", learned, "--json").json] == ["tap", "starter"]


def test_nobody_to_ask_needs_yes(learned: Path, run: Run) -> None:
    found = run("forget", "tap", "--home", learned)
    assert found.code == 2
    assert "Add --yes." in found.err
    assert run("logs", "show", "tap", "--home", learned).code == 0


def test_forget_and_its_receipt(learned: Path, run: Run, two: Path) -> None:
    receipt = run("forget", "tap", "--yes", "--home", learned, "--json").json
    assert receipt["status"] == "forgotten"
    assert {"conversations", "messages", "pairs", "again", "state_before", "state_after", "exact", "probes"} <= set(
        receipt
    )
    assert receipt["exact"]
    assert "tap" not in str(receipt)
    assert [one["id"] for one in run("logs", "--home", learned, "--json").json] == ["starter"]
    assert run("logs", "search", "washer", "--home", learned).out == "Nothing in the log has these words.\n"
    (adapter,) = run("adapters", "--home", learned, "--json").json
    assert (adapter["active"], adapter["segments"], adapter["id"]) == (True, 1, "0002")
    again = run("import", two, "--home", learned)
    assert "tap: it was forgotten here, and stays forgotten" in again.out
    assert run("forget", "tap", "--yes", "--home", learned).out == "it is forgotten already\n"
    assert run("doctor", "--home", learned).code == 0


def test_a_second_time_no_other_goes_that_begins_like_it(home: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    said = '{"id": "%s", "messages": [{"role": "user", "content": "The tap drips."}]}\n'
    file.write_text(said % "t-1" + said % "t-12")
    run("import", file, "--home", home)
    assert run("forget", "t-1", "--yes", "--home", home).code == 0
    for again in (("forget", "t-1", "--yes"), ("logs", "notrain", "t-1")):
        assert run(*again, "--home", home).out == "it is forgotten already\n"
    assert [(one["id"], one["state"]) for one in run("logs", "--home", home, "--json").json] == [("t-12", "logged")]


def test_nothing_that_fits(learned: Path, run: Run) -> None:
    assert run("forget", "--search", "zeppelin", "--yes", "--home", learned).out == "no conversation fits\n"
    nobody = run("forget", "--home", learned)
    assert (nobody.code, "No conversation is named." in nobody.err) == (2, True)
    assert run("forget", "no-such-id", "--yes", "--home", learned).code == 2
    assert run("forget", "--since", "yesterday", "--home", learned).code == 2


def test_it_asks_on_a_terminal(learned: Path, run: Run) -> None:
    with Terminal("forget", "starter", "--home", learned) as terminal:
        assert "Sourdough starter" in terminal.wait_for(r"for good\? \[y/N\]")
        terminal.type("n\r")
        assert terminal.process.wait(60) == 130
    assert run("logs", "show", "starter", "--home", learned).code == 0
    with Terminal("forget", "starter", "--home", learned) as terminal:
        terminal.wait_for(r"for good\? \[y/N\]")
        terminal.type("y\r")
        assert "1 conversation forgotten" in terminal.wait_for(r"forgotten \(.*\n")
        assert terminal.process.wait(60) == 0
    assert run("logs", "show", "starter", "--home", learned).code == 2


EXACT = "byte for byte what a log without it gives; adapter 0007 is in use"
REFUSED = "but refused: it has not learned; adapter 0007, which never saw it, is in use"
PROBES = {"asked": 6, "p_yes_before": 0.912, "p_yes_after": 0.04}


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"exact": True, "again": 3}, f"learned 3 conversations again: {EXACT}"),
        (
            {"exact": False, "why": "…", "again": 1},
            "learned 1 conversation again: retrained (…); adapter 0007 is in use",
        ),
        ({"reasons": ["it has not learned"], "again": 2}, f"learned 2 conversations again, {REFUSED}"),
        ({}, "adapter 0007, which never saw it, is in use"),
        ({"adapter": None, "probes": PROBES}, "6 questions about it: p(yes) 0.91 → 0.04"),
    ],
)
def test_what_is_told(more: dict[str, object], line: str) -> None:
    receipt = {
        "status": "forgotten", "conversations": 1, "messages": 2, "pairs": 41, "seconds": 84.0, "again": 0,
        "reasons": [], "adapter": "0007", **more,
    }  # fmt: skip
    first, second = told(receipt)
    assert first == "1 conversation forgotten (2 messages, 41 pairs) in 1 min 24 s"
    assert second == line


def test_log_but_never_learn(logged: Path, run: Run) -> None:
    found = run("logs", "notrain", "tap", "--home", logged)
    assert found.out.startswith("1 conversation will never be learned")
    states = {one["id"]: one["state"] for one in run("logs", "--home", logged, "--json").json}
    assert states == {"tap": "excluded", "starter": "logged"}
    assert run("status", "--home", logged, "--json").json["waiting"] == 1
    assert run("logs", "train", "tap", "--home", logged).out.startswith("1 conversation will be learned")
    assert run("status", "--home", logged, "--json").json["waiting"] == 2


def test_never_learn_what_is_learned_asks_first(learned: Path, run: Run) -> None:
    assert run("logs", "notrain", "tap", "--home", learned).code == 2
    receipt = run("logs", "notrain", "tap", "--yes", "--home", learned, "--json").json
    assert (receipt["status"], receipt["again"]) == ("excluded", 1)
    assert run("logs", "show", "tap", "--home", learned).code == 0


def test_rollback_and_prune(learned: Path, run: Run) -> None:
    nothing = run("adapters", "rollback", "--home", learned)
    assert (nothing.code, "There is no adapter before 0001" in nothing.err) == (2, True)
    run("adapters", "use", "none", "--home", learned)
    assert run("adapters", "rollback", "--home", learned).out.startswith("adapter 0001 is in use again")
    assert run("adapters", "prune", "--home", learned).out == "nothing to remove\n"
    assert run("adapters", "prune", "--dry-run", "--home", learned, "--json").json["kept"] == ["0001"]


def test_private_turns_are_not_logged(learned: Path, run: Run) -> None:
    run("chat", "--home", learned, stdin="A plain word: marmalade.\n/private\nA secret word: xylophonic.\n/help\n")
    *_, last = run("logs", "--home", learned, "--json").json
    said = run("logs", "show", last["id"], "--home", learned).out
    assert "marmalade" in said
    for path in learned.rglob("*"):
        assert not path.is_file() or b"xylophonic" not in path.read_bytes()


def test_private_turns_stay_out_of_the_input_history(learned: Path, run: Run) -> None:
    with Terminal("chat", "--home", learned) as chat:
        chat.wait_for("›")
        chat.type("marmalade\r")
        chat.wait_for("\n.*›")
        chat.type("/private\r")
        assert "Nothing of what follows is logged" in chat.wait_for("private ›")
        chat.type("xylophonic\r")
        chat.wait_for("\n.*private ›")
        chat.type("\x04")
        assert chat.process.wait(60) == 0
    history = (learned / "history").read_text(encoding="utf-8")
    assert "marmalade" in history
    assert "xylophonic" not in history


def test_a_chat_whose_conversation_was_forgotten_begins_anew(learned: Path) -> None:
    with Memory(learned) as memory, Memory(learned) as other:
        talk = Talk(memory, log=True, adapter=True, retrieve=False)
        list(talk.answer("A word: marmalade."))
        gone = talk.conversation
        assert gone is not None
        assert not talk.was_forgotten()
        other.forget([gone])
        assert talk.was_forgotten()
        list(talk.answer("Another word."))
        assert talk.conversation not in (None, gone)
        assert memory.store.log.get(str(talk.conversation)).messages[0].content == "Another word."
        assert "marmalade" not in str(talk.messages)
