"""The grid, the logs and the rare words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.experiment import desk, exams, grid, logs, pool, rare, settings
from benchmarks.experiment.__main__ import main
from benchmarks.experiment.cells import Cell
from benchmarks.experiment.homes import Place
from plum_edge.errors import UsageError
from plum_edge.records import Pair

needs_data = pytest.mark.skipif(
    not Path(os.environ.get("PLUM_EDGE_DATA", "nowhere"), "realmem").is_dir(), reason="needs $PLUM_EDGE_DATA: realmem/"
)


def test_names_are_unique_and_cells_survive_json() -> None:
    cells = grid.grid()
    assert len({cell.name for cell in cells}) == len(cells)
    assert all(Cell.parse(cell.dump()) == cell for cell in cells)
    assert [cell.group for cell in cells[:3]] == ["quick", "quick", "main"]
    assert cells[-1].conversations == 1000


def test_the_main_grid_is_three_seeds_of_four_logs_by_two_recipes() -> None:
    main_cells = desk.chosen(grid.grid(), ["main/*"])
    assert len(main_cells) == 3 * 4 * 2
    assert {cell.conversations for cell in main_cells} == {100}


def test_every_recipe_but_those_of_later_versions_can_be_configured() -> None:
    unknown = set()
    for cell in grid.grid():
        try:
            config = settings.load(cell)
        except settings.NotInThisVersion as reason:
            assert "config.toml" not in str(reason)
            unknown.add(cell.recipe)
            continue
        assert config.train.seed == cell.seed
        assert config.gate.max_false_yes == 1.0
        for key, value in cell.settings.get("train", {}).items():
            assert getattr(config.train, key) == value
    assert unknown <= {"together"}


def test_the_sample_user_needs_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUM_EDGE_DATA", raising=False)
    log = logs.load("nora")
    assert len(log) >= 100
    assert [one.created_at for one in log] == sorted(one.created_at for one in log)
    with pytest.raises(UsageError, match="PLUM_EDGE_DATA"):
        logs.development_data()
    with pytest.raises(UsageError, match="no log 'nobody'"):
        logs.load("nobody")


def test_which_sets_there_are_follows_the_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLUM_EDGE_DATA", str(tmp_path))
    assert exams.sets_of("nora") == ("held_out", "unseen", "others", "rare", "gold")
    monkeypatch.delenv("PLUM_EDGE_DATA")
    assert exams.sets_of("nora") == ("held_out", "unseen", "others", "gold")


@needs_data
@pytest.mark.data
def test_no_session_of_a_test_user_opens_as_anothers() -> None:
    users = {user: logs.load(user) for user in logs.TEST_USERS}
    openings = {user: {logs._opening(one) for one in log} for user, log in users.items()}
    assert all(len(log) >= 100 for log in users.values())
    for user, mine in openings.items():
        rest = [name for name in (*logs.TEST_USERS, *logs.DEVELOPMENT_USERS) if name != user]
        others = {logs._opening(one) for name in rest for one in logs._sessions(name)}
        assert not mine & others


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(("name", "least"), [("long300", 300), ("long1000", 1000)])
def test_the_long_logs_are_several_users_in_order_of_time(name: str, least: int) -> None:
    log = logs.load(name)
    assert len(log) >= least
    assert len({one.id for one in log}) == len(log)
    assert [one.created_at for one in log] == sorted(one.created_at for one in log)
    assert len({one.id.split(":")[0] for one in log[:100]}) >= 3


@needs_data
@pytest.mark.data
def test_a_rare_word_is_asked_about_beside_a_made_up_one() -> None:
    assert "kitchen" in rare.seen() and "leith" not in rare.seen()

    def pair(question: str, topic: str) -> Pair:
        return Pair("c/0", question, "Yes.", "closed", "positive", "held_out", "verbatim", topic)

    pairs = [pair("Does Leith ring a bell?", "Leith"), pair("Does the kitchen tap ring a bell?", "kitchen tap")]
    yes, no = rare.questions(pairs, [], 0)
    assert (yes.question, yes.answer, no.answer) == ("Does Leith ring a bell?", "yes", "no")
    word = no.question.removeprefix("Does ").removesuffix(" ring a bell?")
    assert word.istitle() and word.lower() not in rare.seen()
    assert rare.questions(pairs, [], 0) == [yes, no]


def test_a_made_up_word_is_none_that_is_known() -> None:
    first = rare.made_up(frozenset(), "here")
    assert rare.made_up(frozenset(), "here") == first
    assert rare.made_up(frozenset({first}), "here") != first


def test_the_command_line_refuses_a_pattern_that_matches_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["experiment", "--only", "nothing-like-it"])
    assert main() == 2
    assert "--list" in capsys.readouterr().err


def test_the_list_shows_state_and_minutes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("PLUM_EDGE_DATA", raising=False)
    arguments = [
        "experiment",
        "--grid",
        "tiny",
        "--list",
        "--only",
        "quick",
        "--only",
        "long300",
        "--results",
        str(tmp_path),
    ]
    monkeypatch.setattr("sys.argv", arguments)
    assert main() == 0
    told = capsys.readouterr().out
    assert "quick/nora/replay/seed-0" in told and "not run" in told and "hours of one core" in told
    assert list(tmp_path.iterdir()) == []


def test_the_pool_runs_what_there_is_and_says_how_each_ended(tmp_path: Path) -> None:
    cells: Sequence[Cell] = [
        Cell("try", "nobody", name, 0, (1,), {"train": {"recipe": recipe}})
        for name, recipe in (("one", "replay"), ("two", "telepathy"))
    ]
    mine = pool.Pool([Place(tmp_path, cell) for cell in cells], 2)
    assert mine.run()
    assert {ended.how for ended in mine.ended.values()} == {"not available"}
    assert "no log 'nobody'" in mine.ended[cells[0].name].why
    assert "telepathy" in mine.ended[cells[1].name].why
