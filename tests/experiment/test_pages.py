"""docs/results from kept answers: every number follows from them, and what was not run says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.experiment import answers, around, courses, grid, pages
from benchmarks.experiment.answers import Answers
from benchmarks.experiment.cells import Cell, Exam
from benchmarks.experiment.figures import Shelf
from benchmarks.experiment.homes import Place
from benchmarks.experiment.sheets import Sheets, spread
from benchmarks.experiment.tables import BM25, REPLAY, Table, ages, calibrations, kinds, main_tables, mcnemar, opened

CELLS = {cell.name: cell for cell in grid.grid()}
NORA = CELLS["main/nora/replay/seed-0"]
COMMAND = "python -m benchmarks.experiment --grid tiny"


@pytest.fixture(autouse=True)
def without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUM_EDGE_DATA", raising=False)


def rows(yes: str, no: str, opened: str = "") -> list[dict[str, object]]:
    """Return answers: a letter each, ``r`` for right; the n-th of either polarity is about conversation n // 2."""
    made: list[dict[str, object]] = []
    for gold, marks in (("yes", yes), ("no", no), ("open", opened)):
        for at, mark in enumerate(marks):
            right = mark == "r"
            p = None if gold == "open" else 0.9 if (gold == "yes") == right else 0.1
            kind = "verbatim" if gold != "no" else ("near", "far")[at % 2]
            f1 = (0.5 if right else 0.0) if gold == "open" else None
            told = {"id": f"{gold}{at}", "kind": kind, "gold": gold, "age": at // 2}
            made.append({**told, "correct": right, "p_yes": p, "f1": f1})
    return made


def keep(results: Path, cell: Cell, system: str, made: list[dict[str, object]], asked: str = "held_out") -> None:
    header = {"point": cell.conversations, "asked": asked, "system": system, "questions": len(made), "seconds": 1.0}
    answers.keep(Place(results, cell).root, Answers(header, made))


def line(table: Table, *start: str) -> list[str]:
    """Return the one line of a table that begins so, without its beginning."""
    found = [row[len(start) :] for row in table.rows if tuple(row[: len(start)]) == start]
    assert len(found) == 1
    return found[0]


def test_nothing_run_says_so_everywhere(tmp_path: Path) -> None:
    page = pages.page(tmp_path, [], Sheets())
    for table in main_tables(Shelf(tmp_path)):
        assert all(row[1] == "not run" and set(row[2:]) == {"–"} for row in table.rows)
    assert "*Not run: `python -m benchmarks.experiment --grid tiny`*" in page
    assert "81.5" in page and "That is not the paper's method" in page


def test_rates_and_intervals_follow_from_the_answers(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "adapter", rows("rrrw", "rrrr"))
    (nora, *_) = main_tables(Shelf(tmp_path))
    told = line(nora, "adapter, `replay` (default)")
    assert told[0] == "8"
    assert told[1] == "75.0 (30–95)"  # Wilson, 3 of 4
    assert told[2] == "100.0 (51–100)"
    assert told[3].startswith("87.5 (")
    assert told[4] == "0: 87.5"
    assert line(nora, "base, no memory")[0] == "not run"


def test_seeds_are_pooled_and_shown_apart(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "adapter", rows("rrrr", "rrrr"))
    keep(tmp_path, CELLS["main/nora/replay/seed-1"], "adapter", rows("wwww", "rrrr"))
    told = line(next(main_tables(Shelf(tmp_path))), "adapter, `replay` (default)")
    assert told[0] == "16" and told[3].startswith("75.0 (") and told[4] == "0: 100.0 · 1: 50.0"


def test_a_system_that_is_not_here_is_told_from_one_that_was_not_run(tmp_path: Path) -> None:
    header = {"point": 100, "asked": "held_out", "system": "bm25", "unavailable": "no such package"}
    answers.keep(Place(tmp_path, NORA).root, Answers(header, []))
    assert line(next(main_tables(Shelf(tmp_path))), BM25.label)[0] == "not available"


def test_a_cell_that_failed_shows_what_it_got_to(tmp_path: Path) -> None:
    cell = CELLS["ablation/nora/plum-closed/seed-0"]
    header = {"point": 10, "asked": "closed", "system": "adapter", "questions": 8, "seconds": 1.0}
    answers.keep(Place(tmp_path, cell).root, Answers(header, rows("rrrw", "rrrr")))
    assert line(courses.ablations(Shelf(tmp_path)), "plum, closed questions alone")[2] == "not run"
    Place(tmp_path, cell).write("failed.json", {"reason": "no disk"})
    told = line(courses.ablations(Shelf(tmp_path)), "plum, closed questions alone")
    assert told[0].startswith("87.5 (") and told[1:3] == ["failed", "failed"]


def test_mcnemar_counts_the_questions_that_turned(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "bm25", rows("rrrwwwww", "rrrrrrrr"))
    keep(tmp_path, NORA, "adapter", rows("rrwrrrrr", "rrrrrrrr"))
    told = line(mcnemar(Shelf(tmp_path)), "nora", "held-out", REPLAY.label)
    assert told == ["16", "1", "5", "0.219"]  # two-sided: 2 * (6 + 1) / 64


def test_only_the_same_seeds_questions_are_held_against_each_other(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "adapter", rows("rr", "rr"))
    keep(tmp_path, CELLS["main/nora/replay/seed-2"], "bm25", rows("ww", "ww"))
    assert line(mcnemar(Shelf(tmp_path)), "nora", "held-out", REPLAY.label) == ["0", "0", "0", "1.000"]
    keep(tmp_path, CELLS["main/nora/replay/seed-2"], "adapter", rows("rr", "ww"))
    assert line(mcnemar(Shelf(tmp_path)), "nora", "held-out", REPLAY.label)[:3] == ["4", "0", "2"]


def test_ages_are_quarters_of_the_order_of_learning(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "adapter", rows("rrwwrrrr", "rrwwrrrr"))
    told = line(ages(Shelf(tmp_path)), "nora", REPLAY.label)
    assert told == ["100.0 (4)", "0.0 (4)", "100.0 (4)", "100.0 (4)"]


def test_open_questions_and_reliability(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "adapter", rows("rrrr", "rrww", "rw"))
    shelf = Shelf(tmp_path)
    assert line(opened(shelf), "nora", REPLAY.label) == ["50.0 (9–91)", "25", "–"]
    told = line(calibrations(shelf), "nora", REPLAY.label)
    assert told[1] == "0 (2)" and told[5] == "67 (6)"
    assert told[0] == "20.0"  # (2 * |0.1 - 0| + 6 * |0.9 - 4 / 6|) / 8


def test_figure_3_has_a_row_a_point_and_a_column_a_conversation(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "adapter", rows("rrww", "rrww"))
    drawn = courses.consistency(Shelf(tmp_path))
    assert "100 █▒\n" in drawn
    assert "adapter, `plum`: not run" in drawn


def test_other_questions_for_another_recipe_are_an_error(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "adapter", rows("rrrr", "rrrr"))
    plum = CELLS["main/nora/plum/seed-0"]
    keep(tmp_path, plum, "adapter", rows("wwww", "rrrr"))
    assert pages.differing(tmp_path) == []
    keep(tmp_path, plum, "adapter", rows("wwwww", "rrrr"))
    (problem,) = pages.differing(tmp_path)
    assert "nora, seed 0, after 100" in problem and plum.name in problem and NORA.name in problem
    assert problem in pages.page(tmp_path, [problem], Sheets())


def test_an_adapter_that_was_learned_on_something_else_is_named(tmp_path: Path) -> None:
    names = [f"ablation/nora/{one}/seed-0" for one in ("raw", "plum-open", "distill")]
    for name, blas in zip(names, ("openblas", "openblas", "reference"), strict=True):
        Place(tmp_path, CELLS[name]).write("result.json", {"learned_on": {"blas": blas}})
    (problem,) = pages.mixed(tmp_path)
    assert "reference" in problem and names[2] in problem and names[0] not in problem
    Place(tmp_path, CELLS[names[2]]).write("result.json", {"learned_on": {"blas": "openblas"}})
    assert pages.mixed(tmp_path) == []


def test_the_page_is_written_whole_and_the_same_twice(tmp_path: Path) -> None:
    keep(tmp_path, NORA, "adapter", rows("rrrw", "rrrr"))
    out = tmp_path / "docs"
    assert pages.write(tmp_path, out) == []
    first = {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()}
    (out / "gone.csv").write_text("of a table that is no more")
    pages.write(tmp_path, out)
    assert {path.name: path.read_text(encoding="utf-8") for path in out.iterdir()} == first
    page = first["README.md"]
    assert f"*1 cell, 1 not finished; plum-edge unknown; base unknown. Again: `{COMMAND} --only {NORA.name}`*" in page
    assert "### Accuracy: nora\n\n[accuracy.csv](accuracy.csv)" in page and "[by-kind.csv](by-kind.csv)" in page
    head, row = first["accuracy.csv"].splitlines()
    assert head.startswith("log,system,questions,yes asked,") and '"yes asked, low"' in head
    assert row.startswith('nora,"adapter, replay (default)",8,75.0,30,95,100.0,51,100,87.5,')
    assert "\nNot run: base, no memory; BM25 top-1, same model;" in page
    assert "### Accuracy: Pak_Budi\n\n*Not run" in page


def test_the_quick_table_is_plain_text(tmp_path: Path) -> None:
    cell = CELLS["quick/nora/replay/seed-0"]
    keep(tmp_path, cell, "adapter", rows("rrrw", "rrrr"))
    told = pages.quick(tmp_path)
    assert "75.0 (30–95)" in told and "`" not in told and "not run" in told


def test_an_exam_is_one_of_the_cell(tmp_path: Path) -> None:
    found = NORA.exams(("held_out", "unseen", "gold"))
    assert len(found) == len({exam.name for exam in found})
    assert Exam(100, "unseen", "dense") not in found and Exam(100, "gold", "dense") in found
    assert Exam(100, "closed", "adapter_prompted") in found and Exam(50, "closed", "bm25") in found


def test_what_is_never_asked_is_told_from_what_was_not_run(tmp_path: Path) -> None:
    pak = CELLS["main/Pak_Budi/replay/seed-0"]
    keep(tmp_path, pak, "adapter", rows("rrrw", "rrrr"))
    (table,) = kinds(Shelf(tmp_path), logs=("Pak_Budi",))
    assert line(table, REPLAY.label)[-4:] == ["not run", "not run", "not run", "–"], "no hand-written questions"
    assert line(table, "base, no memory")[-2:] == ["–", "–"], "the base is not asked in others' phrasings"
    found = {row[0] for row in around.runtimes(Shelf(tmp_path)).rows}
    assert found == {"nora"}
    assert not any("dense" in row[1] for row in around.costs(Shelf(tmp_path)).rows if row[0] == "Pak_Budi")


def test_a_sheet_has_a_number_a_column() -> None:
    header, rows = spread(
        ("log", "balanced", "oldest"), [["`a`", "92.1 (91–93)", "53.1 (1,599)"], ["b", "–", "not run"]]
    )
    assert header == ["log", "balanced", "balanced, low", "balanced, high", "oldest", "oldest, n"]
    assert rows == [["a", "92.1", "91", "93", "53.1", "1599"], ["b", "", "", "", "not run", ""]]
    assert spread(("log", "n"), []) == (["log", "n"], [])


def test_tables_of_several_logs_share_a_sheet(tmp_path: Path) -> None:
    sheets = Sheets()
    one = Table("By kind: a", "", ("system", "near"), [["x", "1.0"]])
    assert sheets.add(one) == sheets.add(Table("By kind: b", "", ("system", "near", "far"), [["x", "2.0", "3.0"]]))
    sheets.write(tmp_path)
    text = (tmp_path / "by-kind.csv").read_text(encoding="utf-8")
    assert text == "log,system,near,far\na,x,1.0,\nb,x,2.0,3.0\n"
