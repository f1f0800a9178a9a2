"""Every command of a chat, on a memory that has learned two conversations."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plum_edge import Memory
from plum_edge.cli.chat.commands import COMMANDS
from plum_edge.cli.chat.screen import Screen
from plum_edge.records import Message
from tests.cli.conftest import Run, configured

ALL = {
    "help", "new", "list", "open", "title", "search", "why", "retrieve", "adapter", "private", "forget", "retry",
    "back", "edit", "export", "system", "model", "stats", "quit",
}  # fmt: skip


def logged(run: Run, home: Path) -> dict[str, list[str]]:
    """Return the contents of each logged conversation by its title."""
    found = {}
    for one in run("logs", "--home", home, "--json").json:
        messages = run("logs", "show", one["id"], "--home", home, "--json").json["messages"]
        found[one["title"]] = [m["content"] for m in messages if m["role"] == "user"]
    return found


def chat(run: Run, home: Path, *lines: str, options: tuple[str, ...] = ()) -> str:
    """Return what a chat with these lines shows."""
    found = run("chat", *options, "--home", home, stdin="".join(f"{line}\n" for line in lines))
    assert found.code == 0, found.err
    return found.out


def test_help_names_every_command(learned: Path, run: Run) -> None:
    out = chat(run, learned, "/help")
    assert {one.name for one in COMMANDS} == ALL
    assert all(f"/{name}" in out for name in ALL)


def test_an_unknown_one_suggests_the_nearest(learned: Path, run: Run) -> None:
    assert "did you mean /retry?" in chat(run, learned, "/retyr")
    assert "did you mean /search?" in chat(run, learned, "/serach tap")
    assert "/help lists what there is" in chat(run, learned, "/xyzzy")


@pytest.mark.parametrize("word", ["exit", "quit", "/exit", "/quit", "/QUIT", "Exit"])
def test_it_is_left_by_several_words(learned: Path, run: Run, word: str) -> None:
    chat(run, learned, word, "never said")
    assert "never said" not in logged(run, learned)


def test_a_slash_can_be_said(learned: Path, run: Run) -> None:
    chat(run, learned, " /quit is a word", "/usr/bin is a folder", "exit through the gift shop")
    assert logged(run, learned)["/quit is a word"] == [
        "/quit is a word", "/usr/bin is a folder", "exit through the gift shop",
    ]  # fmt: skip


def test_new_and_open_move_between_conversations(learned: Path, run: Run) -> None:
    out = chat(run, learned, "One.", "/new", "Two.", "/open tap", "Did it fit?", "/title", "/list 3")
    assert "Dripping kitchen tap, 2 messages" in out
    found = logged(run, learned)
    assert (found["One."], found["Two."]) == (["One."], ["Two."])
    assert found["Dripping kitchen tap"] == ["Did it fit?"], "what is said on to an imported one is another"
    last_lines = out.rstrip().splitlines()[-3:]
    assert "One." in last_lines[0]
    assert "Two." in last_lines[1]


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000])
def test_more_than_there_can_be_lists_all(learned: Path, run: Run, number: str) -> None:
    assert len(chat(run, learned, f"/list {number}").strip().splitlines()) == 2
    assert run("chat", "--home", learned, stdin="/list 0\n").code == 2


def test_a_title_is_given_before_or_after_the_first_line(learned: Path, run: Run) -> None:
    chat(run, learned, "/title Before", "Hello.", "/new", "Bye.", "/title  After \t all")
    assert {"Before", "After all"} <= logged(run, learned).keys()


def test_search_finds_what_the_log_has(learned: Path, run: Run) -> None:
    out = chat(run, learned, "/search washer", "/search zebra")
    assert f"plum-edge logs show tap --home {learned}" in out
    assert "Nothing in the log has these words." in out


def test_a_question_is_no_evidence_for_itself_in_this_chat_nor_in_the_next(learned: Path, run: Run) -> None:
    asked = "Did we ever talk about a sailing trip?"
    for _ in range(2):
        out = chat(run, learned, asked, "/new", asked, "/why")
        assert "the log has nothing on it" in out
    assert asked in logged(run, learned), "it is logged all the same"


def test_retry_takes_the_answer_back_and_gives_another(learned: Path, run: Run) -> None:
    found = run("chat", "--json", "--home", learned, stdin="the kitchen tap\n/retry\n/retry\n").json
    shown = found["messages"]
    assert [m["role"] for m in shown] == ["user", "assistant"]
    stored = run("logs", "show", found["conversation"], "--home", learned, "--json").json["messages"]
    assert [(m["role"], m["content"]) for m in stored] == [(m["role"], m["content"]) for m in shown]
    first = run("chat", "--json", "--home", learned, stdin="the kitchen tap\n").json["messages"][1]["content"]
    assert shown[1]["content"] != first


def test_back_undoes_the_last_turn_in_the_log_too(learned: Path, run: Run) -> None:
    out = chat(run, learned, "One.", "the kitchen tap", "/back", "Three.")
    assert 'undone, in the log too: "the kitchen tap"' in out
    assert logged(run, learned)["One."] == ["One.", "Three."]
    chat(run, learned, "An only line.", "/back", "/why")
    assert "An only line." not in logged(run, learned)
    assert run("chat", "--home", learned, stdin="/back\n").code == 2


def test_what_was_learned_is_not_undone(learned: Path, run: Run) -> None:
    found = run("chat", "--continue", "tap", "--home", learned, stdin="/back\n")
    assert found.code == 2
    assert "plum-edge forget tap" in found.err
    assert len(run("logs", "show", "tap", "--home", learned, "--json").json["messages"]) == 2


def test_private_and_back_to_the_log(learned: Path, run: Run) -> None:
    out = chat(run, learned, "Before.", "/private", "A secret: xylophonic.", "/private off", "After.")
    assert "Nothing of what follows is logged" in out
    found = logged(run, learned)
    assert (found["Before."], found["After."]) == (["Before."], ["After."])
    assert all(b"xylophonic" not in path.read_bytes() for path in learned.rglob("*") if path.is_file())


def test_adapter_and_retrieve_change_who_answers(learned: Path, run: Run) -> None:
    before, after = ("the kitchen tap", "/why"), ("Did we talk about it?", "/why")
    out = chat(run, learned, "/adapter", "/adapter off", *before, "/adapter 0001", *after)
    assert "› 0001  2 conversations" in out
    assert "no memory in use" in out
    assert "from the base; the log has on it:" in out
    assert "from weights; the log has on it:" in out
    read = chat(run, learned, "/adapter off", "/retrieve", "the kitchen tap", "/why", "/retrieve off")
    assert "from what the base read in the log; the log has on it:" in read
    assert "Answers do not read the log." in read
    assert run("chat", "--home", learned, stdin="/adapter 9999\n").code == 2
    assert run("chat", "--home", learned, stdin="/retrieve perhaps\n").code == 2


@pytest.mark.parametrize("away", [("/open tap",), ("And the boiler.", "/back")])
def test_why_speaks_of_the_answer_that_is_shown(learned: Path, run: Run, away: tuple[str, ...]) -> None:
    out = chat(run, learned, "the kitchen tap", *away, "/why")
    assert "from an earlier sitting" in out
    assert "from weights" not in out and "from the base" not in out


def test_a_chat_is_on_the_users_own_day(learned: Path, run: Run) -> None:
    """Wherever the machine stands: fourteen hours ahead of Greenwich."""
    settings = learned / "config.toml"
    settings.write_text(f'{settings.read_text()}\n[log]\nzone = "Pacific/Kiritimati"\n')
    chat(run, learned, "the kitchen tap")
    with Memory(learned) as memory:
        newest = memory.store.log.get(memory.store.log.list(1)[-1].id)
    moments = (newest.created_at, *(one.created_at for one in newest.messages))
    assert {moment and moment.utcoffset() for moment in moments} == {timedelta(hours=14)}


def test_a_base_that_answers_is_not_replaced_by_a_memory_that_changes_meanwhile(learned: Path) -> None:
    with Memory(learned) as memory:
        pieces = memory.reply([Message("user", "Hello! Who are you?")])
        next(pieces)
        assert not memory.speaker.respondent.remembers
        memory.store.runs.use("0001")
        list(pieces)
        assert not memory.speaker.respondent.remembers
        assert memory.ask("Did we talk about the kitchen tap?").adapter == "0001"


def test_asked_about_itself_it_does_not_look_into_its_memory(learned: Path, run: Run) -> None:
    out = chat(run, learned, "Hello! Who are you?", "/why", "/retrieve on", "What can you do?", "/why")
    assert out.count("from the base") == 2
    assert "from weights" not in out


def test_without_anything_learned_why_says_so(tiny: Path, home: Path, run: Run) -> None:
    configured(home, tiny)
    out = chat(run, home, "Did we talk about the tap?", "/why", "/stats")
    assert "Nothing has been learned yet" in out
    assert "from nothing that was learned, and no model was asked" in out


def test_stats_and_model_say_what_was_measured(learned: Path, run: Run) -> None:
    out = chat(run, learned, "/stats", "the kitchen tap", "Hello.", "/stats", "/model")
    assert out.startswith("Nothing was answered yet.\n")
    assert "sitting  2 answers" in out
    assert "tokens before it; at most 256 with the answer" in out
    assert "base     tiny" in out
    assert "reads    256 tokens at once" in out
    assert "answers  temperature 0.8, top-p 0.95, top-k 40, min-p 0.05, penalty 1" in out
    assert "of what was said the likeliest words" in " ".join(out.split())


def test_a_system_message_stands_before_the_conversation(learned: Path, run: Run) -> None:
    out = chat(run, learned, "/system", "/system Speak of bread.", "/system off", options=("--no-log",))
    assert out == "Nothing stands before the conversation.\nSpeak of bread.\nNothing stands before the conversation.\n"
    plain = run("chat", "--no-log", "--json", "--home", learned, stdin="the tap\n").json["messages"]
    prompted = run("chat", "--no-log", "--json", "--home", learned, stdin="/system bread train\nthe tap\n").json
    assert prompted["messages"][0] == plain[0]
    assert prompted["messages"][1:] != plain[1:]


def test_an_export_is_for_the_user_alone_and_forget_names_it(learned: Path, tmp_path: Path, run: Run) -> None:
    page, lines = tmp_path / "tap.md", tmp_path / "tap.jsonl"
    chat(run, learned, "/open tap", f"/export {page}", f"/export {lines}")
    assert page.read_text().startswith(
        "# Dripping kitchen tap\n\nConversation of 12 March 2026 · tap\n\n**user**\n\nThe"
    )
    assert stat.S_IMODE(page.stat().st_mode) == stat.S_IMODE(lines.stat().st_mode) == 0o600
    assert json.loads(lines.read_text())["id"] == "tap"
    planned = run("forget", "tap", "--dry-run", "--home", learned, "--json").json
    assert {str(page), str(lines)} <= set(planned["exported"])
    logged_since = "A talk that was never learned."
    chat(run, learned, logged_since, f"/export {tmp_path / 'since.md'}")
    planned = run("forget", "--search", f'"{logged_since}"', "--dry-run", "--home", learned, "--json").json
    assert (len(planned["conversations"]), planned["exported"]) == (1, [str(tmp_path / "since.md")])
    for target in (
        page,
        tmp_path / "nowhere" / "tap.md",
        tmp_path,
        "~nobody-of-this-name/tap.md",
        "x" * 300,
        page / "x",
    ):
        assert run("chat", "--home", learned, stdin=f"/open tap\n/export {target}\n").code == 2
    assert run("chat", "--home", learned, stdin=f"/export {tmp_path / 'new.md'}\n").code == 2
    private = tmp_path / "private.jsonl"
    chat(run, learned, "A secret.", f"/export {private}", options=("--no-log",))
    assert run("import", private, "--dry-run", "--home", learned, "--json").json["conversations"] == 1


def test_a_message_that_is_too_long_is_refused_with_the_number(learned: Path, run: Run) -> None:
    long = "the kitchen tap " * 200
    found = run("chat", "--home", learned, stdin=f"Hello.\n{long}\n")
    assert found.code == 2
    assert "tokens long, and the model reads 248 at once." in found.err
    assert logged(run, learned)["Hello."] == ["Hello."], "it was not logged"


def test_the_oldest_turns_go_first_and_a_line_says_so(learned: Path, run: Run) -> None:
    lines = "".join(f"{f'the kitchen tap number {n} ' * 4}\n" for n in range(8))
    found = run("chat", "--home", learned, stdin=lines)
    assert "(the oldest 1 turn no longer fit what the model reads at once)" in found.err
    assert found.out.count("\n") == 8, "what is said about answers stands beside them"
    assert len(next(iter(v for v in logged(run, learned).values() if len(v) == 8))) == 8


def test_forget_asks_and_a_pipe_cannot_answer(learned: Path, run: Run) -> None:
    found = run("chat", "--home", learned, stdin="/forget tap\n")
    assert found.code == 2
    assert "plum-edge forget tap --yes" in found.err
    assert run("chat", "--home", learned, stdin="/forget\n").code == 2
    assert run("logs", "show", "tap", "--home", learned).code == 0


@pytest.mark.parametrize(("how", "said"), [("loop", "went round in a loop"), ("length", "cut at 8"), ("itself", "")])
def test_how_an_answer_ended_is_said(capsys: pytest.CaptureFixture[str], how: str, said: str) -> None:
    Screen(None, silent=False, spaced=False).ended(how, 8)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert bool(said) == bool(printed.err)


LINES = st.one_of(
    st.text(max_size=20),
    st.builds(
        "/{} {}".format,
        st.sampled_from(sorted(ALL - {"quit"})),
        st.text(max_size=10) | st.sampled_from(["on", "off", "tap", "0001", "-1", "~x/y", "a\0b", "../../x"]),
    ),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=6))
def test_no_line_ends_in_a_traceback(
    learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, lines: list[str]
) -> None:
    (tmp_path / "here").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "here")
    found = run("chat", "--home", learned, stdin="".join(f"{line}\n" for line in lines))
    assert found.code in (0, 2, 10), found.err
