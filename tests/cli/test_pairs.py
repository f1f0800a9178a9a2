"""``plum-edge pairs``: what was made can be seen, mended and dropped, and is then learned so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plum_edge.errors import LockHeld
from plum_edge.paths import Home
from plum_edge.store.lock import locked
from tests.cli.conftest import Run


def listed(home: Path, run: Run, *names: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run("pairs", "list", *names, "--home", home, "--json").json
    return found


def test_what_was_made_is_listed(learned: Path, run: Run) -> None:
    found = listed(learned, run)
    assert {one["conversation"] for one in found} == {"tap", "starter"}
    assert {one["split"] for one in found} == {"train", "held_out"}
    assert listed(learned, run, "tap") == [one for one in found if one["conversation"] == "tap"]
    counted = run("pairs", "--home", learned).out
    assert "tap" in counted and "edited" in counted
    shown = run("pairs", "list", "tap", "--home", learned).out
    assert found[0]["id"][:10] in shown and found[0]["question"] in shown
    nobody = run("pairs", "list", "nobody", "--home", learned)
    assert (nobody.code, "There is no conversation 'nobody'" in nobody.err) == (2, True)


def test_an_edit_is_learned_with_the_next_night_and_kept_when_all_is_made_anew(learned: Path, run: Run) -> None:
    before = next(one for one in listed(learned, run, "tap") if one["kind"] == "open" and one["split"] == "train")
    done = run(
        "pairs", "edit", before["id"][:10], "--answer", "The washer, of course.", "--home", learned, "--json"
    ).json
    assert (done["status"], done["again"]) == ("edited", 2)
    assert run("status", "--home", learned, "--json").json["waiting"] == 2
    (ident,) = done["pairs"]
    after = next(one for one in listed(learned, run) if one["id"] == ident)
    assert after == {**before, "id": ident, "answer": "The washer, of course.", "origin": "edit"}
    assert run("consolidate", "--home", learned, "--json").json["status"] == "promoted"
    assert run("consolidate", "--rebuild", "--home", learned, "--json").json["status"] == "nothing", "same bytes"
    assert after in listed(learned, run)
    assert before["id"] not in {one["id"] for one in listed(learned, run)}


def test_what_is_dropped_stays_away(learned: Path, run: Run) -> None:
    asked = [one["id"] for one in listed(learned, run, "starter") if one["split"] == "held_out"]
    done = run("pairs", "drop", *asked, "--home", learned)
    assert f"{len(asked)} pairs dropped" in done.out
    assert "learned again" not in done.out, "what is only asked was never learned"
    made = [one["id"] for one in listed(learned, run, "starter")][:2]
    said = run("pairs", "drop", *made, made[0], "--home", learned).out
    assert "2 pairs dropped" in said and "will be learned again by the next night" in said
    assert not {*asked, *made} & {one["id"] for one in listed(learned, run)}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ([], "Nothing is given that the pair is to say"),
        (["--answer", "Perhaps."], "begins with Yes or No"),
        (["--question", " "], "a pair has a question and an answer"),
    ],
)
def test_what_it_cannot_say_is_refused(learned: Path, run: Run, wish: list[str], said: str) -> None:
    before = listed(learned, run)
    closed = next(one for one in before if one["kind"] == "closed")
    done = run("pairs", "edit", closed["id"], *wish, "--home", learned)
    assert (done.code, said in done.err) == (2, True), done.err
    assert listed(learned, run) == before


def test_what_would_change_nothing_or_stand_there_twice_is_refused(learned: Path, run: Run) -> None:
    first, other = [one for one in listed(learned, run, "tap") if one["split"] == "train"][:2]
    (now,) = run("pairs", "edit", first["id"], "--question", "Hm?", "--home", learned, "--json").json["pairs"]
    again = run("pairs", "edit", now, "--question", "Hm?", "--home", learned)
    assert (again.code, "It reads so already" in again.err) == (2, True)
    answer = ["--answer", listed(learned, run, "tap")[0]["answer"]]
    twice = run("pairs", "edit", other["id"], "--question", "Hm?", *answer, "--home", learned)
    assert (twice.code, "There is such a pair already" in twice.err) == (2, True)


def test_a_night_that_runs_is_in_the_way(learned: Path, run: Run) -> None:
    (ident, *_) = [one["id"] for one in listed(learned, run)]
    with locked(Home(learned)):
        assert run("pairs", "drop", ident, "--home", learned).code == LockHeld.exit_code
    assert ident in {one["id"] for one in listed(learned, run)}
