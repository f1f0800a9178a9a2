"""The clean table: its runs, its questions, its figures, and its tables from kept answers."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from benchmarks.experiment import (
    answers,
    clean,
    clean_nights,
    clean_tables,
    controls,
    logs,
    natural,
    near,
    pool,
    pooled,
    settings,
)
from benchmarks.experiment.answers import Answers
from benchmarks.experiment.cells import Cell, Exam
from benchmarks.experiment.clean_board import ADAPTER, BOTH, CONSULTED, DENSE, QUESTIONS, READ, SEARCHES, Board, System
from benchmarks.experiment.homes import Place
from plum_edge.answer.weighed import weighed
from plum_edge.augment.language import language
from plum_edge.evaluate.scoring import Scored, mark
from plum_edge.records import Question


@pytest.fixture(autouse=True)
def without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLUM_EDGE_DATA", raising=False)


def test_every_run_is_of_the_real_base_and_survives_json() -> None:
    cells = clean.cells()
    assert all(Cell.parse(cell.dump()) == cell for cell in cells)
    for cell in cells:
        assert settings.load(cell).model.base == "SmolLM2-135M-Instruct"
    plum = settings.load(clean.learned("delroy", "plum", 0, 40)).train
    assert (plum.recipe, plum.epochs, plum.averaging) == ("plum", 10, 0), "the base's profile stands under the recipe's"


def test_a_run_comes_several_times_and_always_goes_further() -> None:
    reached: dict[str, list[int]] = {}
    for cell in clean.cells():
        reached.setdefault(cell.name, []).append(cell.conversations)
    for name, points in reached.items():
        assert points == sorted(set(points)), name
    assert reached["clean/delroy/default/seed-0"] == [20, 40, 100]
    learning = [cell.log for cell in clean.cells() if cell.learns]
    assert learning[:5] == ["delroy", "gisela", "tarek", "amadeu", "nora"]
    assert clean.learned("amadeu", "default", 0, 100).points == (10, 20, 40), "as far as the log goes"


def test_everyday_topics_are_asked_late_and_realmem_is_asked_templates_alone() -> None:
    exams = clean.learned("delroy", "default", 0, 100).exams(())
    assert Exam(40, "everyday", "adapter") in exams and Exam(20, "everyday", "adapter") not in exams
    assert {exam.asked for exam in clean.learned("Pak_Budi", "default", 0, 100).exams(())} == {"templates"}


@pytest.mark.parametrize("log", ["tarek", "delroy", "gisela"])
def test_a_no_is_anothers_yes_and_a_yes_is_about_what_was_learned(log: str) -> None:
    learned = {talk.id for talk in logs.load(log)[:20]}
    own = {one.question for one in natural.own(log)}
    asked = natural.questions("crossed", log, 20)
    yes, no = ([one for one in asked if one.answer == sort] for sort in ("yes", "no"))
    assert 10 <= len(yes) <= 60 and len(no) == 60
    assert {one.conversation for one in yes} <= learned and {one.question for one in yes} <= own
    theirs = {one.question for name in natural.AGAINST[log] for one in natural.own(name)}
    assert {one.question for one in no} <= theirs - own
    if log == "gisela":
        assert {language(one.question) for one in yes} == {"en"}
    partner = natural.questions("partner", log, 20)
    assert not {one.question for one in partner} & own
    assert {one.answer for one in partner} == {"yes", "no"}


def test_nothing_that_the_primer_was_taught_is_asked_of_a_final_user() -> None:
    assert set(clean.FINAL) == {"delroy", "gisela"}
    for log in clean.FINAL:
        assert not set(natural.AGAINST[log]) & {*clean.DEVELOPMENT, *logs.DEVELOPMENT_USERS}


def test_later_open_and_everyday_questions() -> None:
    learned = {talk.id for talk in logs.load("tarek")[:10]}
    own = {one.question: one.conversation for one in natural.own("tarek")}
    for one in natural.questions("later", "tarek", 10):
        assert (own[one.question] in learned) is (one.answer == "yes")
    opened = natural.questions("open", "tarek", 10)
    known = [one for one in opened if one.conversation]
    assert 0 < len(known) <= 30 and len(opened) - len(known) == 30
    assert {one.answer for one in opened if not one.conversation} == {"I do not know."}
    everyday = natural.questions("everyday", "tarek", 40)
    assert 100 < len(everyday) <= 150 and {one.answer for one in everyday} == {"no"}
    with pytest.raises(KeyError):
        natural.questions("crossed", "Pak_Budi", 10)


def test_what_lies_near_in_meaning_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (first, *_) = natural.drawn(natural.never("tarek", closed=True), 1)

    class Encoder:
        """One direction for a message of the user's, and for one question; another for all others."""

        def encode(self, texts: Sequence[str]) -> np.ndarray:
            said = {m.content[:400] for talk in logs.load("tarek") for m in talk.messages}
            return np.array([[1.0, 0.0] if text in {*said, first.question} else [0.0, 1.0] for text in texts])

    found = list(near.near("tarek", Encoder()))
    assert len(found) == 1
    file = tmp_path / "near.jsonl"
    file.write_text(json.dumps({"user": "tarek", "question": found[0]}), encoding="utf-8")
    monkeypatch.setattr(natural, "NEAR", file)
    for cached in (natural._near, natural.never):
        cached.cache_clear()
    assert first.question not in {one.question for one in natural.never("tarek", closed=True)}
    monkeypatch.undo()
    for cached in (natural._near, natural.never):
        cached.cache_clear()


def test_the_questions_alone_say_little() -> None:
    """A classifier that learned from what others are asked cannot tell yes from no: the crossing is sound."""
    asked = natural.questions("crossed", "tarek", 40)
    system = controls.questions_only("tarek", 40)
    found = pooled.auc([[[mark(one, system.p_yes(one.question)) for one in asked]]])
    assert found is not None and 0.2 < found[0] < 0.8


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.05, 1.0), st.floats(0.05, 3.0))
def test_adapter_and_searches_follow_from_what_each_said(p: float, meaning: float, words: float) -> None:
    alone = weighed(0.5, meaning, words)
    assert controls.beside(p, alone) == pytest.approx(weighed(p, meaning, words), abs=1e-9)


def scored(yes: Sequence[float], no: Sequence[float]) -> list[Scored]:
    return [
        *(mark(Question(f"yes {n}", "yes", "verbatim", f"log#{n}"), p) for n, p in enumerate(yes)),
        *(mark(Question(f"no {n}", "no", "far"), p) for n, p in enumerate(no)),
    ]


def test_auc_knows_no_border_and_users_count_alike() -> None:
    best, worst = scored([0.3, 0.4], [0.1, 0.2]), scored([0.6], [0.7, 0.8, 0.9])
    assert pooled.auc([[best]]) == (1.0, (1.0, 1.0))
    assert pooled.auc([[best], [worst]]) is not None and pooled.auc([[best], [worst]])[0] == 0.5  # type: ignore[index]
    assert pooled.balanced([[best]])[0] == 0.5  # type: ignore[index]
    assert pooled.auc([[scored([0.5], [])]]) is None and pooled.auc([]) is None


@configured(max_examples=20)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_auc_is_the_share_of_pairs_in_order(yes: list[float], no: list[float]) -> None:
    found = pooled.auc([[scored(yes, no)]])
    assert found is not None
    wins = sum((a > b) + (a == b) / 2 for a in yes for b in no) / (len(yes) * len(no))
    assert found[0] == pytest.approx(wins)
    assert found[1][0] <= found[0] <= found[1][1]


def test_a_test_of_two_systems_is_on_the_questions_of_both() -> None:
    one, other = scored([0.9, 0.9], [0.9]), scored([0.9, 0.1], [0.1, 0.1])
    flips = pooled.against([[one, one]], [[other]])
    assert (flips.lost, flips.gained) == (2, 2), "one seed stands beside both"


def keep(
    results: Path, log: str, system: System, yes: Sequence[float], no: Sequence[float], asked: str, **more: object
) -> None:
    cell = clean.learned(log, system.recipe, 0, 10)
    kept = [answers.row(one, 0 if one.question.conversation else None) for one in scored(yes, no)]
    header = {"point": 10, "asked": asked, "system": system.system, "questions": len(kept), "seconds": 1.0} | more
    answers.keep(Place(results, cell).root, Answers(header, kept))


def test_tables_follow_from_kept_answers(tmp_path: Path) -> None:
    for log in clean.FINAL:
        keep(tmp_path, log, ADAPTER, [0.9, 0.6], [0.7, 0.2], "crossed")
        keep(tmp_path, log, SEARCHES, [0.9, 0.8], [0.3, 0.2], "crossed")
        keep(tmp_path, log, READ, [0.9, 0.8], [0.6, 0.2], "crossed")
        keep(tmp_path, log, DENSE, [0.9, 0.4], [0.3, 0.2], "crossed")
        keep(tmp_path, log, QUESTIONS, [0.5, 0.5], [0.5, 0.5], "crossed")
    board = Board(tmp_path)
    lines = {row[0]: row[1:] for row in clean_tables.main_table(board).rows}
    assert lines["users"][0] == "delroy, gisela"
    assert lines["crossed, AUC: adapter"][0].startswith("75.0 (") and lines["crossed, AUC: adapter"][1] == "not run"
    assert lines[f"crossed, AUC: {QUESTIONS.label}"][0] == "50.0 (50–50)"
    assert lines[f"crossed, AUC: {BOTH.label}"][0].startswith("100.0 (")
    assert lines[f"crossed, balanced: {DENSE.label}"][0].startswith("75.0 (")
    assert lines[f"crossed, balanced: {READ.label}"][0].startswith("75.0 (")
    assert lines[f"crossed, AUC: {CONSULTED.label}"][0].startswith("100.0 (")
    assert clean_tables.best_rival(board, clean.FINAL, 10) == SEARCHES
    (small, *_) = [row for row in clean_tables.small_table(board).rows if row[0].startswith("in a person's words")]
    assert small[2].endswith(", both searches, weighed")
    page, front = tmp_path / "page.md", tmp_path / "front.md"
    page.write_text("a\n<!-- figures: clean -->\nold\n<!-- /figures: clean -->\nb\n", encoding="utf-8")
    front.write_text("no marks\n", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    (out / "accuracy.csv").write_text("of the other grid")
    (out / "clean-gone.csv").write_text("of a table that is no more")
    clean_tables.write(tmp_path, out, page, front)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("a\n<!-- figures: clean -->\n|") and text.endswith("|\n<!-- /figures: clean -->\nb\n")
    assert "\nold\n" not in text and front.read_text(encoding="utf-8") == "no marks\n"
    names = {path.name for path in out.iterdir()}
    assert {"accuracy.csv", "clean-crossed.csv", "clean-controls.csv", "clean-against-the-best.csv"} <= names
    assert "clean-gone.csv" not in names
    told = (out / "clean-crossed.csv").read_text(encoding="utf-8")
    assert told.startswith("user,system,after,seeds,") and "\ndelroy,adapter,10,1,2,2,75.0," in told


def nights(results: Path, log: str, seed: int, told: dict[str, object], measured: dict[str, object] | None) -> None:
    place = Place(results, clean.learned(log, "default", seed, 10))
    for name, value in (("points/0010.json", told), ("points/0010-chats.json", measured)):
        if value is not None:
            place.write(name, value)


def test_a_user_of_whom_nothing_was_learned_is_seen_and_counts(tmp_path: Path) -> None:
    """Delroy's adapter is right on all, Gisela has none; what is weighed is then both searches alone."""
    keep(tmp_path, "delroy", ADAPTER, [0.9, 0.9], [0.1, 0.2], "crossed")
    keep(tmp_path, "delroy", ADAPTER, [0.9], [0.1], "templates")
    keep(tmp_path, "delroy", ADAPTER, [0.8, 0.7], [0.9, 0.2], "partner")
    keep(tmp_path, "gisela", ADAPTER, [0.0, 0.0], [0.0, 0.0], "crossed", learned=False)
    keep(tmp_path, "gisela", ADAPTER, [], [], "templates", learned=False)
    keep(tmp_path, "gisela", ADAPTER, [0.0, 0.0], [0.0, 0.0], "partner", learned=False)
    for log in clean.FINAL:
        keep(tmp_path, log, SEARCHES, [0.9, 0.8], [0.3, 0.2], "crossed")
    nights(tmp_path, "delroy", 0, {"divergence": 0.3, "odds": 2.0, "seconds": [30.0, 0.0, 40.0, 0.0]}, None)
    nights(tmp_path, "gisela", 0, {"learned": False, "divergence": None, "odds": None, "seconds": [0.0]}, None)
    board = Board(tmp_path)
    lines = {row[0]: row[1] for row in clean_tables.main_table(board).rows}
    assert lines["users"] == "delroy, gisela (nothing learned)"
    assert lines["crossed, AUC: adapter"].startswith("75.0 (") and lines["crossed, balanced: adapter"].startswith(
        "75.0 ("
    )
    assert lines["templates, held out, balanced: adapter"] == "100.0 (100–100), delroy alone"
    assert lines["crossed, AUC: control: the adapter of another user"].endswith(", gisela alone")
    assert [scored.p_yes for scored in board.answered("gisela", BOTH, "crossed", 10)[0]] == pytest.approx(
        [scored.p_yes for scored in board.answered("gisela", SEARCHES, "crossed", 10)[0]]
    )
    assert lines["seconds a conversation"] == "35.00"
    assert lines["loss on held-out chat, nats a token: base → with the adapter"] == "not measured"
    small = clean_tables.small_table(board)
    assert "gisela (nothing learned)" in small.header[0] and small.rows[1][1].startswith("75.0 (")
    rows = {row[0]: row for row in clean_nights.nights(board).rows}
    assert rows["gisela"][-1] == "nothing learned" and set(rows["gisela"][3:5]) == {"–"}
    assert rows["delroy"][-6:] == ["not measured", "–", "–", "–", "–", ""]
    (crossed, *_) = clean_tables.asked(board)
    notes = {(row[0], row[1]): row[-1] for row in crossed.rows}
    assert notes["gisela", ADAPTER.label] == notes["gisela", BOTH.label] == "nothing learned"
    assert notes["delroy", ADAPTER.label] == notes["gisela", SEARCHES.label] == ""


def test_the_loss_on_held_out_chat_is_over_all_adapters_that_were_measured(tmp_path: Path) -> None:
    keep(tmp_path, "delroy", ADAPTER, [0.9], [0.1], "crossed")
    told: dict[str, object] = {"learned": True, "divergence": 0.3, "odds": 2.0, "seconds": [30.0]}
    for seed, adapted in ((0, [20.4, 10.2]), (1, [20.8, 10.4]), (2, None)):
        measured = adapted and {"base": [20.0, 10.0], "adapter": adapted, "tokens": [10, 5], "meant": [False, True]}
        nights(tmp_path, "delroy", seed, told, measured)
    board = Board(tmp_path)
    lines = {row[0]: row[1] for row in clean_tables.main_table(board).rows}
    name = "loss on held-out chat, nats a token: base → with the adapter"
    assert lines[name] == "2.000 → 2.060 (+3.0 %, +3.0 to +3.0)"
    spoken = lines["the same as the chat answers: the adapter only where it may be asked"]
    assert spoken.startswith("2.000 → 2.020 (+1.0 %, "), "the first turn is the base's"
    page, out = tmp_path / "page.md", tmp_path / "out"
    page.write_text("no marks\n", encoding="utf-8")
    clean_tables.write(tmp_path, out, page, page)
    (header, row) = csv.reader((out / "clean-nights.csv").read_text(encoding="utf-8").splitlines())
    kept = dict(zip(header, row, strict=True))
    assert kept["loss on held-out chat, before"] == "2.000" and kept["loss on held-out chat, after"] == "2.060"
    assert kept["change, %"] == kept["change, low"] == kept["change, high"] == "3.00" and kept["note"] == ""
    assert kept["change as the chat answers, %"] == "1.00"


def test_nothing_run_says_so(tmp_path: Path) -> None:
    assert clean_tables.main_table(Board(tmp_path)).rows == clean_tables.small_table(Board(tmp_path)).rows == []
    page = tmp_path / "page.md"
    page.write_text("<!-- figures: clean -->\nold\n<!-- /figures: clean -->\n", encoding="utf-8")
    clean_tables.write(tmp_path, tmp_path / "out", page, page)
    assert page.read_text(encoding="utf-8") == "<!-- figures: clean -->\n*Not run.*\n<!-- /figures: clean -->\n"
    assert list((tmp_path / "out").iterdir()) == []


def test_two_parts_of_a_run_wait_for_each_other(tmp_path: Path) -> None:
    parts = [Cell("try", "nobody", "one", 0, points, {}) for points in ((1,), (1, 2))]
    mine = pool.Pool([Place(tmp_path, part) for part in parts], 2)
    first = mine._ready()
    assert first is not None and first.cell == parts[0]
    mine._running[first.cell.name] = None  # type: ignore[assignment]
    assert mine._ready() is None
    del mine._running[first.cell.name]
    assert mine._ready() == Place(tmp_path, parts[1])
