"""``plum-edge import``: what people have, in one command; what it says; and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plum_edge import Memory
from tests.cli.conftest import Run
from tests.importers.shapes import SHAPES
from tests.importers.shapes.local import WHATSAPP
from tests.importers.shapes.records import sharegpt
from tests.importers.shapes.services import chatgpt, chatgpt_node, claude
from tests.importers.shapes.talk import FOUR, dump, lines


def file(folder: Path, content: bytes, name: str = "conversations.json") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def grown(ident: str = "6a1f-chat") -> dict[str, Any]:
    """The conversation as a later export has it: two turns longer."""
    talk = chatgpt(ident)
    talk["mapping"]["n"] = {**chatgpt_node("n" * 9, "mmmm", "user", "I lost the padlock again."), "id": "n"}
    talk["mapping"]["o"] = {**chatgpt_node("o" * 9, "n", "assistant", "Buy a red one."), "id": "o"}
    return {**talk, "current_node": "o"}


def test_several_files_of_several_formats_at_once(home: Path, tmp_path: Path, run: Run) -> None:
    for number, shape in enumerate(SHAPES):
        (tmp_path / "all" / str(number)).mkdir(parents=True)
        file(tmp_path / "all" / str(number), shape.content, shape.file)
    shards = [file(tmp_path, dump([chatgpt(f"s{n}")]), f"conversations-00{n}.json") for n in range(3)]
    found = run("import", *shards, tmp_path / "all", "--me", "Jan", "--home", home, "--json").json
    assert set(found) >= {"conversations", "messages", "skipped", "ids", "left_out", "dates", "formats"}
    assert found["formats"]["chatgpt"] == 7
    assert found["conversations"] == len(found["ids"]) == len(set(found["ids"]))
    again = run("import", *shards, tmp_path / "all", "--me", "Jan", "--home", home, "--json").json
    assert (again["conversations"], again["messages"], again["ids"]) == (0, 0, [])


def test_the_summary_counts_by_reason(home: Path, tmp_path: Path, run: Run) -> None:
    path = file(tmp_path, dump([chatgpt(), {"id": "folder"}, chatgpt("d", create_time=None, mapping={})]))
    said = run("import", path, "--home", home).out
    assert said.startswith("1 conversation imported, 4 messages; 2 skipped:\n")
    assert "conversation 2: no messages: a folder or a project" in said
    assert "Left out, being no talk: system prompts (1)." in said
    said = run("import", path, "--home", home).out
    assert "1 conversation was there already." in said
    undated = file(tmp_path, lines(*(json.loads(dump(sharegpt()))["conversations"] and
                                     [{**sharegpt(), "id": str(n)} for n in range(5)])), "set.jsonl")  # fmt: skip
    said = run("import", undated, "--home", home).out
    assert "5 without a date: put beside its neighbours, and no date is taught of it." in said
    assert "talks of strangers" in said
    assert run("logs", "--home", home).out.count("?  ") == 5
    listed = run("logs", "--home", home, "--json").json
    assert [one.get("dated", True) for one in listed].count(False) == 5


def test_a_later_export_adds_what_is_new(home: Path, tmp_path: Path, run: Run) -> None:
    first = file(tmp_path, dump([chatgpt(), chatgpt("other")]))
    assert run("import", first, "--home", home).code == 0
    later = file(tmp_path, dump([grown(), chatgpt("other"), chatgpt("third")]), "later.json")
    would = run("import", later, "--dry-run", "--home", home, "--json").json
    done = run("import", later, "--home", home, "--json").json
    assert would == done
    assert (done["ids"], done["messages"], done["unchanged"]) == (["6a1f-chat", "third"], 6, 1)
    assert run("import", first, "--home", home, "--json").json["unchanged"] == 2, "an older export changes nothing"
    assert len(run("logs", "show", "6a1f", "--home", home, "--json").json["messages"]) == 6


def test_what_is_new_of_a_conversation_that_was_learned_is_a_segment(home: Path, tmp_path: Path) -> None:
    with Memory(home) as memory:
        memory.import_file(file(tmp_path, dump([chatgpt()])))
        (whole,) = memory.store.log.plan()
        memory.store.log.record(whole)
        memory.import_file(file(tmp_path, dump([grown()])))
        (new,) = memory.store.log.plan()
        assert (new.id, new.first, len(new.messages), new.dated) == ("6a1f-chat/4", 4, 2, True)


def test_another_answer_to_the_last_question_counts_while_nothing_was_learned_of_it(home: Path, tmp_path: Path) -> None:
    redone = chatgpt()
    redone["mapping"]["z" * 12] = chatgpt_node("z" * 12, "mmm", "assistant", "It is in the shed after all.")
    redone["current_node"] = "z" * 12
    with Memory(home) as memory:
        memory.import_file(file(tmp_path, dump([chatgpt()])))
        assert memory.import_file(file(tmp_path, dump([redone]), "later.json"))["ids"] == ["6a1f-chat"]
        assert memory.store.log.get("6a1f").messages[-1].content == "It is in the shed after all."
        assert memory.store.search.search("tool chest") == []
        found = memory.import_file(file(tmp_path, dump([chatgpt()])))
        assert (found["ids"], len(found["skipped"])) == ([], 1), "the older one does not come back"
        memory.store.log.record(memory.store.log.plan()[0])
        redone["mapping"]["z" * 12]["message"]["content"]["parts"] = ["And once more."]
        redone["mapping"]["z" * 12]["message"]["create_time"] += 999
        found = memory.import_file(file(tmp_path, dump([redone]), "later.json"))
        assert (found["ids"], len(found["skipped"])) == ([], 1), "what was learned never changes"


def test_what_was_forgotten_stays_so(logged: Path, two: Path, run: Run) -> None:
    assert run("forget", "tap", "--yes", "--home", logged).code == 0
    found = run("import", two, "--home", logged, "--json").json
    assert (found["ids"], found["unchanged"]) == ([], 1)
    assert found["skipped"] == [{"where": "tap", "why": "it was forgotten here, and stays forgotten"}]


def test_do_not_remember_is_logged_and_never_learned(home: Path, tmp_path: Path, run: Run) -> None:
    path = file(tmp_path, dump([chatgpt(is_do_not_remember=True)]))
    assert run("import", path, "--home", home).code == 0
    assert run("logs", "--home", home, "--json").json[0]["state"] == "excluded"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"[1]", dump([claude(chat_messages=[])]), b"[{}", b"PK\x03\x04"]
)
def test_a_file_of_which_nothing_can_be_used_exits_2_and_makes_nothing(
    home: Path, tmp_path: Path, run: Run, content: bytes
) -> None:
    path = file(tmp_path, content)
    for options in ((), ("--json",), ("--dry-run",)):
        found = run("import", path, "--home", home, *options)
        assert found.code == 2
        assert str(path) in found.out + found.err
        assert not home.exists()


def test_of_a_file_that_is_cut_short_the_whole_ones_can_be_taken(home: Path, tmp_path: Path, run: Run) -> None:
    path = file(tmp_path, dump([chatgpt("a"), chatgpt("b"), chatgpt("c")])[:-500])
    found = run("import", path, "--home", home)
    assert found.code == 2
    assert "--salvage to take the 2 whole conversations" in " ".join(found.err.split())
    assert not home.exists()
    assert run("import", path, "--salvage", "--home", home, "--json").json["ids"] == ["a", "b"]


def test_a_chat_between_people(home: Path, tmp_path: Path, run: Run) -> None:
    path = file(tmp_path, WHATSAPP[0].content, "chat.txt")
    found = run("import", path, "--home", home)
    assert (found.code, home.exists()) == (2, False)
    assert "--me NAME, of: 'Jan', 'Ola'" in found.err
    assert "Nobody" in run("import", path, "--me", "Zoe", "--home", home).err
    assert run("import", path, "--me", "Jan", "--home", home).code == 0
    (listed,) = run("logs", "--home", home, "--json").json
    assert listed["title"] == "Ola"
    shown = run("logs", "show", listed["id"], "--home", home)
    assert "\nOla\nYou said it hangs" in shown.out
    exported = run("logs", "export", "-", "--home", home).out
    back = file(tmp_path, exported.encode(), "back.jsonl")
    assert run("import", back, "--home", tmp_path / "other").code == 0
    with Memory(tmp_path / "other") as memory:
        said = memory.store.log.get(listed["id"]).messages
        assert [(m.role, m.content) for m in said] == list(FOUR)
        assert [m.name for m in said] == ["", "Ola", "", "Ola"]


_WISH = "01/01/2026, 00:00 - Jan: Happy new year!\n"
_ANNA = f"{_WISH}01/01/2026, 00:01 - Anna: Thanks! Lena was born at 23:50.\n13/01/2026, 10:00 - Anna: Hi\n"
_BEN = f"{_WISH}01/01/2026, 00:03 - Ben: And to you. I broke my leg skiing.\n13/01/2026, 10:00 - Ben: Ho\n"


def test_chats_with_two_people_that_begin_with_the_same_wish_are_two(home: Path, tmp_path: Path, run: Run) -> None:
    def brought(text: str, *options: str) -> dict[str, Any]:
        found: dict[str, Any] = run(
            "import", file(tmp_path, text.encode(), "chat.txt"), "--me", "Jan", "--home", home, "--json", *options
        ).json
        return found

    (first, _), tried, (wish, _) = brought(_ANNA)["ids"], brought(_BEN, "--dry-run"), brought(_BEN)["ids"]
    assert (tried["conversations"], tried["messages"], tried["skipped"]) == (2, 3, [])
    assert wish != first and tried.get("ids", [wish])[0] == wish
    for text in (_ANNA, _BEN):
        again = brought(text)
        assert (again["ids"], again["unchanged"], again["skipped"]) == ([], 2, [])
    assert brought(_BEN.replace("13/01", "01/01/2026, 00:05 - Jan: Oh no!\n13/01"))["ids"] == [wish]
    assert brought(_ANNA.replace("- Anna: Th", "- Anna M.: Th"))["unchanged"] == 2, "she is called otherwise now"
    with Memory(home) as memory:
        said = {one.id: [message.content for message in one.messages] for one in memory.store.log.conversations()}
    assert said[first] == ["Happy new year!", "Thanks! Lena was born at 23:50."]
    assert said[wish] == ["Happy new year!", "And to you. I broke my leg skiing.", "Oh no!"]


def test_an_unanswered_wish_is_of_the_chat_that_goes_on_with_it_and_no_end_is_replaced(
    home: Path, tmp_path: Path, run: Run
) -> None:
    def brought(text: str) -> dict[str, Any]:
        path = file(tmp_path, text.encode(), "chat.txt")
        found: dict[str, Any] = run("import", path, "--me", "Jan", "--home", home, "--json").json
        return found

    more = "01/01/2026, 00:00 - Jan: And good health.\n"
    (first,) = brought(_WISH + more)["ids"]
    assert first not in brought(_BEN)["ids"]
    assert brought(_WISH + more + _ANNA.removeprefix(_WISH))["ids"][0] == first
    deleted = brought(_ANNA)
    assert [one["where"] for one in deleted["skipped"]] == [first], "one of its messages was deleted since: it is said"
    with Memory(home) as memory:
        said = {tuple(message.content for message in one.messages) for one in memory.store.log.conversations()}
    assert ("Happy new year!", "And good health.", "Thanks! Lena was born at 23:50.") in said
    assert ("Happy new year!", "And to you. I broke my leg skiing.") in said


def test_dates_that_can_be_read_two_ways_are_asked_for(home: Path, tmp_path: Path, run: Run) -> None:
    path = file(tmp_path, b"3/4/26, 1:30 PM - Jan: Hello\n3/4/26, 1:31 PM - Ola: Hi\n", "chat.txt")
    found = run("import", path, "--me", "Jan", "--home", home)
    assert (found.code, "--date-order dmy or mdy" in found.err) == (2, True)
    assert run("import", path, "--me", "Jan", "--date-order", "mdy", "--home", home).code == 0
    assert run("logs", "--home", home, "--json").json[0]["created_at"].startswith("2026-03-04T13:30")


def test_the_zone_of_the_settings(home: Path, tmp_path: Path, run: Run) -> None:
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text('[log]\nzone = "Asia/Tokyo"\n')
    path = file(
        tmp_path, lines({"created_at": "2026-03-12T16:00:00Z", "messages": [{"role": "user", "content": "Hi."}]})
    )
    assert run("import", path, "--since", "2026-03-14", "--home", home, "--json").json["ids"] == []
    assert run("import", path, "--since", "2026-03-13", "--home", home).code == 0
    assert run("logs", "--home", home, "--json").json[0]["created_at"] == "2026-03-13T01:00:00+09:00"
    assert "13 Mar 2026" in run("logs", "--home", home).out
    (home / "config.toml").write_text('[log]\nzone = "Mars/Olympus"\n')
    assert run("logs", "--home", home).code == 2


# Streams -----------------------------------------------------------------------------------------------------------


def process(*arguments: object, shell: str = "") -> subprocess.CompletedProcess[str]:
    call = " ".join(f"'{one}'" for one in (sys.executable, "-m", "plum_edge.cli", *arguments))
    return subprocess.run(f"{call} {shell}", shell=True, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_closed_standard_streams_are_no_reason_to_fail(
    home: Path, two: Path, closed: str, options: tuple[str, ...]
) -> None:
    done = process("import", two, "--home", home, *options, shell=closed)
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 0
    with Memory(home) as memory:
        assert memory.store.log.counts().conversations == 2
    failed = process("import", two.with_name("missing"), "--home", home, *options, shell=closed)
    assert "Traceback" not in failed.stdout + failed.stderr
    assert failed.returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_output_is_a_sentence(home: Path, two: Path, options: tuple[str, ...]) -> None:
    done = process("import", two, "--home", home, *options, shell=">/dev/full")
    assert "Traceback" not in done.stderr
    assert "No space left" in done.stderr
    failed = process("import", two.with_name("missing"), "--home", home, *options, shell=">/dev/full")
    assert "Traceback" not in failed.stderr
    assert "missing" in failed.stderr
    assert failed.returncode == 2
