"""Taking back: what is deleted, what is left in the bytes of the file, and what does not come back."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plum_edge.errors import StoreError, UnknownId
from plum_edge.paths import Home
from plum_edge.records import Adapter, Message, Step
from plum_edge.store import Store
from plum_edge.store.edits import edited
from plum_edge.store.schema import names
from tests.raw import everything
from tests.store.samples import pair, recorded, talk

FIXTURES = Path(__file__).parent / "fixtures"
SECRET = "A periwinkle submarine surfaces in Zanzibar."


def step(store: Store, segment: str) -> Step:
    seq = store.log.seq(segment)
    return Step(seq, segment, "replay", "mlx", 1, {"mlx": "1"}, 0, "aa", f"state {seq}", 2.0, 0.5)


@pytest.fixture
def three(store: Store) -> Store:
    """Conversations a, b (the secret one), c: learned one a night, c's words in a negative of a and of b."""
    segments = recorded(
        store,
        talk("a", "The tap drips.", "Turn it off.", position=0),
        talk("b", SECRET, "Remarkable!", position=1),
        talk("c", "A loaf in the oven.", "Good.", position=2),
    )
    for number, segment in enumerate(segments, 1):
        negatives = [pair(segment.id, "Was there a loaf?"), pair(segment.id, "Was it in Zanzibar?", "held_out")]
        store.pairs.replace(segment.id, negatives)
        store.runs.add_step(step(store, segment.id))
        add_adapter(store, f"{number:04d}", number)
        store.runs.promote(f"{number:04d}", [segment.id])
        store.runs.add_cells(number, [(f"q{number}", segment.conversation, True, 0.9)])
        store.runs.end(
            store.runs.begin(), "promoted", {"conversations": [segment.conversation], "notes": [f"{segment.id} was …"]}
        )
    store.pairs.retire([one.id for one in store.pairs.of("a/0", "held_out")], "b/0")
    store.pairs.retire([one.id for one in store.pairs.of("a/0", "train")], "c/0")
    return store


def add_adapter(store: Store, ident: str, segments: int) -> None:
    moment = datetime(2026, 8, 4, 3, 14, tzinfo=UTC)
    store.runs.add_adapter(Adapter(ident, False, None, f"/gone/{ident}.gguf", "0" * 64, segments, 0.5, moment), {})
    store.runs.add_evaluation(ident, {"accuracy": 0.5})


def forget(store: Store, *idents: str, keep_log: bool = False, adapter: str | None = "0001") -> None:
    request = store.forgetting.begin(idents, adapter, {}, keep_log=keep_log)
    store.forgetting.delete(request)
    store.forgetting.rewrite()


def raw(home: Home) -> bytes:
    return everything(home.root)


def test_what_is_forgotten_is_not_the_beginning_of_another(store: Store) -> None:
    store.log.add([talk("t-1", "The tap drips."), talk("t-12", "A loaf in the oven.")])
    store.forgetting.delete(store.forgetting.begin(["t-1"], None, {}, keep_log=False))
    with pytest.raises(UnknownId, match="It is forgotten"):
        store.log.get("t-1")
    assert store.log.get("t-").id == store.log.get("t-12").id == "t-12"
    store.log.start(talk("t", "Hello."))
    assert store.log.get("t").id == "t"


def test_a_request_moves_the_adapter_in_use_in_the_same_transaction(three: Store) -> None:
    generation = three.runs.generation()
    request = three.forgetting.begin(["b"], "0001", {"messages": 2}, keep_log=False)
    assert (request.stage, request.conversations, request.first_seq) == ("asked", ("b",), 2)
    assert three.forgetting.pending() == [request]
    active = three.runs.active()
    assert active is not None and active.id == "0001"
    assert three.runs.generation() > generation
    assert three.log.holds("b"), "nothing is deleted yet"


def test_what_came_of_it_and_after_it_goes_and_the_rest_stays(three: Store) -> None:
    forget(three, "b")
    assert [one.id for one in three.log.list()] == ["a", "c"]
    assert [(one.id, three.log.seq(one.id)) for one in three.log.segments()] == [("a/0", 1), ("c/0", 3)]
    assert [one.segment for one in three.runs.steps()] == ["a/0"]
    assert [one.id for one in three.runs.adapters()] == ["0001"]
    assert three.runs.next_id() == "0004", "an id is never given twice"
    assert three.pairs.of("c/0") == [], "it is augmented anew"
    assert [one.question for one in three.pairs.live("train")] == ["Was there a loaf?"], "c is to retire it again"
    assert [one.question for one in three.pairs.live("held_out")] == ["Was it in Zanzibar?"], "b made it false"
    assert [cell.conversation for cell in three.runs.cells()] == ["a"]
    last = three.runs.last()
    assert last is not None and last.detail["conversations"] == ["c"]
    (request,) = three.forgetting.pending()
    assert (request.stage, request.conversations) == ("deleted", ())


def test_no_byte_of_it_is_left(three: Store, home: Home) -> None:
    made = three.pairs.of("b/0")[0]
    three.edits.put(made, edited(made, made.question, f"No. {SECRET}"))
    assert SECRET.encode() in raw(home)
    forget(three, "b")
    for word in (SECRET, "periwinkle", "Remarkable"):
        assert word.encode() not in raw(home)
        assert word.encode("utf-16-le") not in raw(home)
    with closing(sqlite3.connect(home.log)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab (main, messages_fts, row)")
        words = {word for (word,) in connection.execute("SELECT term FROM words")}
    assert {"drip", "loaf"} <= words
    assert not {"periwinkl", "submarin", "zanzibar"} & words
    assert three.search.search("periwinkle") == []


def test_large_texts_and_their_overflow_pages_go_too(store: Store, home: Home) -> None:
    """Many pages: cells that SQLite moved between pages leave copies behind, which only a rewrite removes."""
    store.log.add(talk(f"t{i}", f"{SECRET} {i} " * 200, "All right. " * (i % 7)) for i in range(40))
    for i in range(0, 40, 2):
        store.log.append(f"t{i}", Message("user", f"{SECRET} again {i} " * 30))
    forget(store, *(f"t{i}" for i in range(39)), adapter=None)
    left = raw(home)
    assert not [i for i in range(39) if f"Zanzibar. {i} ".encode() in left or f"again {i} ".encode() in left]
    assert b"Zanzibar. 39 " in left


def test_what_is_forgotten_does_not_come_back(three: Store, home: Home) -> None:
    forget(three, "b")
    again = three.log.add([talk("b", SECRET), talk("d", "New.")])
    assert (again.added, again.forgotten, again.messages) == (("d",), ("b",), 1)
    assert three.log.forgotten("b") is not None
    assert three.log.forgotten("a") is None
    with pytest.raises(StoreError, match="has forgotten"):
        three.log.start(talk("b", "other words"))
    with closing(sqlite3.connect(home.log)) as connection:
        ((mark,),) = connection.execute("SELECT hash FROM tombstones")
    assert len(mark) == 64


def test_the_same_id_has_another_tombstone_elsewhere(three: Store, tmp_path: Path) -> None:
    with Store.open(Home(tmp_path / "other"), create=True) as other:
        other.log.add([talk("b", SECRET)])
        forget(other, "b", adapter=None)
        hashes = {one._connection.value("SELECT max(hash) FROM tombstones") for one in (other,)}
    forget(three, "b")
    assert three._connection.value("SELECT hash FROM tombstones") not in hashes


def test_logged_and_never_learned(three: Store) -> None:
    forget(three, "b", keep_log=True)
    assert [(one.id, one.state) for one in three.log.list()] == [
        ("a", "promoted"),
        ("b", "excluded"),
        ("c", "logged"),
    ]
    assert three.log.get("b").messages[0].content == SECRET
    assert three.log.plan() == []
    assert three.log.forgotten("b") is None
    three.log.set_trainable("b", True)
    assert [segment.id for segment in three.log.plan()] == ["b/0"]


def test_an_adapter_put_to_use_after_the_request_is_no_obstacle(three: Store) -> None:
    request = three.forgetting.begin(["b"], None, {}, keep_log=False)
    three.runs.use("0003")
    three.forgetting.delete(request)
    assert three.runs.active() is None


def test_what_was_never_learned_takes_nothing_along(three: Store) -> None:
    three.log.add([talk("d", "Something new.", at="2026-05-01T10:00:00+00:00")])
    forget(three, "d", adapter="0003")
    assert len(three.runs.steps()) == 3
    assert [one.id for one in three.runs.adapters()] == ["0001", "0002", "0003"]


def test_figures_of_a_request_are_kept_and_its_ids_are_not(three: Store, home: Home) -> None:
    three.log.add([talk("a-telling-name", "Hm.")])
    request = three.forgetting.begin(["a-telling-name"], None, {"messages": 1}, keep_log=False)
    request = three.forgetting.delete(request)
    request = three.forgetting.mark(request, "done", exact=True)
    three.forgetting.rewrite()
    assert three.forgetting.pending() == []
    assert three.forgetting.last() == request == replace(request, detail={"messages": 1, "exact": True})
    assert b"a-telling-name" not in raw(home)


@pytest.mark.parametrize(("ident", "others"), [
    ("b", ["talk-b", "Was it about b-flat?", "subtle"]),
    ("talk-1", ["talk-12/0 was set aside", "stalk-1", "talk-1-more"]),
    ("chat: 2 (of 3)", ["chat: 2 (of 4)"]),
    ("", ["It was tried once. It is set aside."]),
])  # fmt: skip
def test_no_sentence_of_a_night_names_it_any_more(store: Store, ident: str, others: list[str]) -> None:
    recorded(store, talk(ident, "Something that harms."))
    given_up = f"It was tried 2 times and is set aside: {ident}."
    notes = [f"{ident}/0 was set aside: it is poisoned", given_up, *others]
    store.runs.end(store.runs.begin(), "refused", {"then": given_up, "notes": notes, "by": {f"{ident}/0": 1, "x": 2}})
    forget(store, ident, adapter=None)
    last = store.runs.last()
    assert last is not None
    if ident:
        assert last.detail == {"then": None, "notes": others, "by": {"x": 2}}
    else:
        assert last.detail["notes"] == notes, "no name at all is in nothing"


def test_exports_are_known_by_what_they_hold(three: Store) -> None:
    three.forgetting.add_export("old.bundle", 1)
    three.forgetting.add_export("phone.bundle", 3)
    assert three.forgetting.exported(["b"]) == ["phone.bundle"]
    assert three.forgetting.exported(["b", "a"]) == ["old.bundle", "phone.bundle"]
    forget(three, "b")
    assert three.forgetting.exported(["c"]) == ["phone.bundle"], "though places have moved up"
    three.log.add([talk("d", "Never learned.")])
    assert three.forgetting.exported(["d"]) == []


def test_copies_of_text_are_known_whether_it_was_learned_or_not(three: Store) -> None:
    three.log.add([talk("d", "Not learned yet.", at="2020-01-01T10:00:00+00:00")])
    three.forgetting.add_copy("all.db")
    three.forgetting.add_copy("two.md", ["a", "d", "gone meanwhile"])
    three.log.add([talk("e", "It came later, and is older.", at="2019-01-01T10:00:00+00:00")])
    named = {ident: three.forgetting.exported([ident]) for ident in "abcde"}
    assert named == {"a": ["all.db", "two.md"], "b": ["all.db"], "c": ["all.db"], "d": ["all.db", "two.md"], "e": []}
    assert three.forgetting.exported(["a", "d"]) == ["all.db", "two.md"], "each once"
    forget(three, "b")
    assert {ident: three.forgetting.exported([ident]) for ident in "acde"} == {
        ident: names for ident, names in named.items() if ident != "b"
    }, "those of the others stay as they were"


def test_a_copy_is_not_taken_for_one_of_a_conversation_that_comes_later(store: Store, home: Home) -> None:
    store.log.add([talk("a", "The tap drips."), talk("a-telling-name", "It goes."), talk("c", "It goes, too.")])
    store.forgetting.add_copy("all.db")
    store.forgetting.add_copy("one.md", ["c"])
    store.forgetting.add_copy("both.md", ["a", "a-telling-name"])
    forget(store, "c", "a-telling-name", adapter=None)
    store.log.add([talk("d", "It gets the key of one that went."), talk("e", "And so does this.")])
    assert store.forgetting.exported(["d", "e"]) == []
    assert store.forgetting.exported(["a"]) == ["all.db", "both.md"]
    assert b"a-telling-name" not in raw(home)


def test_what_stays_in_the_log_is_in_its_copies_still(three: Store) -> None:
    three.forgetting.add_copy("all.db")
    three.forgetting.add_copy("b.md", ["b"])
    forget(three, "b", keep_log=True)
    assert three.forgetting.exported(["b"]) == ["all.db", "b.md"]


def test_a_segment_set_aside(three: Store) -> None:
    three.log.set_aside("b/0", "its loss is not a number")
    assert three.log.aside() == {"b/0": "its loss is not a number"}
    assert [one.state for one in three.log.list()] == ["promoted", "aside", "promoted"]
    assert three.log.counts().states["aside"] == 1
    three.forgetting.unlearn(2)
    assert three.log.aside() == {}


def test_promotions_are_remembered_in_order(three: Store) -> None:
    three.runs.promote("0002", [])
    assert [one.id for one in three.runs.promoted()] == ["0001", "0003", "0002"]
    three.runs.remove("0001")
    assert [one.id for one in three.runs.promoted()] == ["0003", "0002"]


def test_a_reader_that_never_ends_is_said(three: Store, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plum_edge.store.connect.BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(home.log)) as reader, Store.open(home, create=False) as store:
        reading = reader.execute("SELECT key FROM messages")
        reading.fetchone()
        request = store.forgetting.begin(["b"], None, {}, keep_log=False)
        store.forgetting.delete(request)
        with pytest.raises(StoreError, match="being read by another process"):
            store.forgetting.rewrite()
        reading.close()
    three.forgetting.rewrite()
    assert SECRET.encode() not in raw(home)


def inflate(name: str, home: Home) -> None:
    home.create()
    home.log.write_bytes(gzip.decompress((FIXTURES / name).read_bytes()))


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.glob("*.gz")))
def test_a_log_of_every_schema_opens(name: str, home: Home) -> None:
    inflate(name, home)
    with Store.open(home, create=False) as store:
        assert [one.id for one in store.log.list()] == ["tap", "loaf"]
        assert [one.id for one in store.runs.promoted()] == ["0001", "0003"], "0002 was refused"
        assert len(store.runs.steps()) == 2
        assert store.pairs.count() == 3
        state: Any = store.runs.last()
        assert state.detail == {"conversations": ["tap", "loaf"]}
        kept: dict[int, object] = {
            5: store.log.forgotten("gone"),
            6: store.attempts.of("tap/0"),
            7: store.writings.get("tap", "window"),
            8: store.edits.count(),
            9: [one.name for one in store.log.get("tap").messages if one.name],
            10: store.finding.find("蛇口"),
        }
        assert {number: bool(found) for number, found in kept.items()} == {n: n <= int(name[1:4]) for n in kept}
        assert {one.conversation for one in store.finding.find("about OR 蛇口")} == {"tap", "loaf"}, (
            "titles are found, too"
        )
        held = [len(talk.messages) for talk in store.log.conversations()]
        assert (store.log.counts().conversations, store.log.counts().messages) == (len(held), sum(held)), "m012"
        assert store.forgetting.exported(["tap"]) == (["phone.bundle"] if kept[5] else [])
        forget(store, "loaf")
        assert [one.id for one in store.runs.adapters()] == ["0001"]


def test_no_schema_is_without_its_log() -> None:
    """A new one wants a file: python -m tests.store.fixtures.make tests/store/fixtures/m013.db.gz."""
    made = {path.name[:4] for path in FIXTURES.glob("*.gz")}
    assert made == {name[:4] for name in names()} - {"m001", "m002", "m003"}, "before m004 none was ever in use"
