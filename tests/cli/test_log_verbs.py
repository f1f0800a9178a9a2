"""import, logs and status: what goes into the log and comes out again."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import STARTER, TAP, Run, conversation


def test_import_says_what_it_did(home: Path, two: Path, run: Run) -> None:
    found = run("import", two, "--home", home)
    assert found.code == 0
    assert found.out.splitlines()[0] == "2 conversations imported, 4 messages."
    assert found.out.splitlines()[-1] == f"Next: plum-edge consolidate --home {home}"
    again = run("import", two, "--home", home, "--json").json
    assert (again["conversations"], again["messages"], again["ids"]) == (0, 0, [])


def test_import_json_is_the_contract(home: Path, two: Path, run: Run) -> None:
    found = run("import", two, "--home", home, "--json").json
    assert {key: found[key] for key in ("conversations", "messages", "skipped", "ids")} == {
        "conversations": 2, "messages": 4, "skipped": [], "ids": ["tap", "starter"],
    }  # fmt: skip


def test_a_dry_run_stores_nothing(home: Path, two: Path, run: Run) -> None:
    assert run("import", two, "--dry-run", "--home", home).out.startswith("2 conversations would be imported")
    assert not home.exists(), "nor makes a home"
    assert run("import", two, "--home", home).code == 0
    again = run("import", two, "--dry-run", "--home", home, "--json").json
    assert (again["conversations"], again["unchanged"], again["ids"]) == (0, 2, [])


def test_since_and_format(home: Path, two: Path, run: Run) -> None:
    found = run("import", two, "--since", "2026-03-13", "--format", "jsonl", "--home", home, "--json")
    assert found.json["ids"] == ["starter"], found
    assert run("import", two, "--format", "nonsense", "--home", home).code == 2


def test_of_several_files_none_is_imported_when_one_is_bad(home: Path, two: Path, tmp_path: Path, run: Run) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(os.urandom(200))
    found = run("import", two, bad, "--home", home)
    assert found.code == 2
    assert "bad.jsonl" in found.err
    assert not home.exists()
    other = tmp_path / "other.jsonl"
    other.write_text(conversation("other", "I sold my piano."), encoding="utf-8")
    assert run("import", two, other, "--home", home, "--json").json["ids"] == ["tap", "starter", "other"]


def test_skipped_conversations_are_named_ten_at_most_else_counted_by_reason(
    home: Path, tmp_path: Path, run: Run
) -> None:
    path = tmp_path / "holes.jsonl"
    path.write_text(TAP + "\n" + 9 * '{"id": "x", "messages": []}\n', encoding="utf-8")
    found = run("import", path, "--dry-run", "--home", home)
    assert found.out.count(": no message that can be used\n") == 9
    path.write_text(TAP + "\n" + 14 * '{"id": "x", "messages": []}\n' + '{"id": 1}\n', encoding="utf-8")
    found = run("import", path, "--home", home)
    assert found.code == 0
    assert found.out.startswith("1 conversation imported, 2 messages; 15 skipped:\n")
    assert "\n  14 × no message that can be used\n  1 × no messages\n" in found.out
    assert len(run("import", path, "--home", home, "--json").json["skipped"]) == 15


def test_of_a_long_log_the_newest_are_listed_and_it_is_said_so(home: Path, tmp_path: Path, run: Run) -> None:
    many = tmp_path / "many.jsonl"
    lines = [
        {"id": f"t{n:02}", "created_at": f"2026-03-12T10:{n:02}:00Z", "messages": [{"role": "user", "content": "x"}]}
        for n in range(51)
    ]
    many.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    run("import", many, "--home", home)
    found = run("logs", "list", "--home", home)
    assert [line.split()[0] for line in found.out.splitlines()[1:]] == [f"t{n:02}" for n in range(1, 51)]
    assert found.err == "The newest 50 of 51; all: plum-edge logs list -n 51\n"
    assert len(run("logs", "list", "-n", "51", "--home", home).out.splitlines()) == 52
    assert len(run("logs", "list", "--since", "2026-03-12", "--home", home).out.splitlines()) == 52
    assert len(run("logs", "list", "--home", home, "--json").json) == 51


def test_more_than_there_can_be_is_all(logged: Path, run: Run) -> None:
    assert len(run("logs", "list", "-n", "9" * 20, "--home", logged, "--json").json) == 2
    assert "tap" in run("logs", "search", "-n", "9" * 20, "washer", "--home", logged).out


def test_logs_list_show_search(logged: Path, run: Run) -> None:
    listed = run("logs", "list", "--home", logged, "--json").json
    assert listed[0] == {
        "id": "tap", "title": "Dripping kitchen tap", "created_at": "2026-03-12T10:00:00+01:00", "messages": 2,
        "state": "logged",
    }  # fmt: skip
    text = run("logs", "--home", logged).out.splitlines()
    assert text[0].split() == ["id", "date", "messages", "state", "title"]
    assert text[1].split()[:4] == ["tap", "12", "Mar", "2026"]

    shown = run("logs", "show", "ta", "--home", logged).out
    assert "Dripping kitchen tap" in shown
    assert "3/8-inch washer" in shown
    whole = run("logs", "show", "starter", "--home", logged, "--json").json
    assert [m["role"] for m in whole["messages"]] == ["user", "assistant"]
    assert whole["messages"][0]["content"] == json.loads(STARTER)["messages"][0]["content"]

    (found,) = run("logs", "search", "rye", "flour", "--home", logged, "--json").json
    assert (found["conversation"], found["message"]) == ("starter", 0)
    assert found["date"].startswith("2026-03-14")
    assert "flour" in found["excerpt"]
    assert "plum-edge logs show starter" in run("logs", "search", "rye", "--home", logged).out
    assert run("logs", "search", "submarine", "--home", logged).out == "Nothing in the log has these words.\n"
    assert run("logs", "search", "submarine", "--home", logged, "--json").json == []


@pytest.mark.parametrize("query", ['"', "NEAR(", "a AND", "*", "'; DROP TABLE messages", "tap -x ^y: {z}"])
def test_any_text_can_be_searched_for(logged: Path, run: Run, query: str) -> None:
    assert run("logs", "search", "--home", logged, "--", query).code == 0


def test_an_unknown_id_exits_2(logged: Path, run: Run) -> None:
    found = run("logs", "show", "nothing", "--home", logged)
    assert found.code == 2
    assert "There is no conversation 'nothing'." in found.err


def test_the_path_needs_no_log(home: Path, run: Run) -> None:
    assert run("logs", "path", "--home", home).out == f"{home / 'log.db'}\n"
    assert run("logs", "path", "--home", home, "--json").json == {"path": str(home / "log.db")}
    assert not home.exists()


def test_status_before_anything_is_learned(logged: Path, run: Run) -> None:
    text = run("status", "--home", logged).out
    assert "memory   no adapter is in use" in text
    assert "log      2 conversations, 4 messages, 12 Mar – 14 Mar 2026" in text
    assert "waiting  2 conversations" in text
    found = run("status", "--home", logged, "--json").json
    assert (found["conversations"], found["waiting"], found["adapter"], found["last"]) == (2, 2, None, None)


def test_status_of_an_empty_log(home: Path, tmp_path: Path, run: Run) -> None:
    assert run("chat", "--home", home).code == 0
    text = run("status", "--home", home).out
    assert "log      0 conversations, 0 messages\n" in text
    assert "waiting  nothing" in text


def test_the_log_itself_is_no_file_to_import(logged: Path, run: Run) -> None:
    said = run("import", logged / "log.db", "--home", logged)
    assert (said.code, "is the log itself" in said.err) == (2, True)
