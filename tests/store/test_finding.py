"""Finding what was said: in every script, all of it and nothing else; and what was deleted is in no index."""

from __future__ import annotations

import random
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plum_edge.night.forget.forget import choose
from plum_edge.paths import Home
from plum_edge.records import Conversation, Message
from plum_edge.store import Limits, Store
from plum_edge.store.migrations import INDEXES
from plum_edge.store.pieces import pieces
from plum_edge.store.query import parse
from plum_edge.store.schema import names, schema
from tests.raw import everything
from tests.store.samples import empty_store, talk
from tests.strategies import logs

SAID = {
    "zh": ("我用Python写代码，很好。", "水龙头坏了！🫠"),
    "ja": ("東京タワーへ行きたい", "ガイドを読む"),
    "ko": ("학교에서 만나요", "네"),
    "th": ("ฉันชอบกินข้าวผัด", "อร่อย"),
    "hi": ("मैं हिन्दी बोलता हूँ",),
    "ar": ("قرأتُ كِتاباً",),
    "en": ("The kitchen tap drips. 👍🏽 I was running for a 3/8-inch washer.", "Replace the washers."),
    "de": ("Die Straße ist schön, crème brûlée; sayonara.",),
    "wide": ("Ｐｙｔｈｏｎ is fine",),
    "eu": ("It cost 5 €, → too much",),
    "ru": ("Кран на кухне течёт",),
}


@pytest.fixture
def said(store: Store) -> Store:
    store.log.add(talk(ident, *texts) for ident, texts in SAID.items())
    return store


def found(store: Store, query: str, **options: Any) -> list[str]:
    return sorted(one.conversation for one in store.finding.find(query, **options))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("代", "zh"), ("代码", "zh"), ("写代", "zh"), ("码写", ""), ("水龙头", "zh"), ("python", "wide zh"),
        ("Python写代码", "zh"), ("🫠", "zh"), ("👍", "en"), ("👍🏿", "en"), ("タワ", "ja"), ("ガ", "ja"), ("が", ""),
        ("학교", "ko"), ("학", "ko"), ("네", "ko"), ("ข้าว", "th"), ("ข้า", "th"), ("हिन्दी", "hi"), ("हिन", ""),
        ("قرات", "ar"), ("كتابا", "ar"), ("€", "eu"), ("→", "eu"), ("КУХНЕ течёт", "ru"),
        ("washer", "en"), ("tap drips", "en"), ("tap loaf", ""), ('"kitchen tap"', "en"), ('"tap kitchen"', ""),
        ("3/8-inch", "en"), ("8/3-inch", ""), ("creme brulee", "de"), ("STRASSE", ""), ("straße", "de"),
        ("sayon*", "de"), ("say*", "de"), ("runn*", "en"), ("kitch* tap", "en"), ("itchen*", ""), ("pyth*", "wide zh"),
        ("tap OR 학교", "en ko"), ("tap loaf OR 水龙头", "zh"), ("python 代码", "zh"), ("OR tap OR", "en"),
        ("kitchen*kitchen", ""), ("", ""), ('"', ""), ("*", ""), ("NEAR(", ""), ("OR", ""), ("\0", ""),
    ],
)  # fmt: skip
def test_what_is_found(said: Store, query: str, expected: str) -> None:
    assert found(said, query) == sorted(expected.split())


def test_the_title_and_who_spoke_are_found_too(store: Store) -> None:
    at = datetime.fromisoformat("2026-03-12T19:42:00+01:00")
    spoken = (Message("assistant", "Off to the allotment!", name="Zoë Müller"), Message("system", "You are terse."))
    store.log.start(Conversation("g", "水道 und Garten", at, spoken))
    for query in ("zoe", "zo* allot*", "Müller", "allotment", "terse", "garten", "水", "水道"):
        assert found(store, query) == ["g"], query
    (one,) = store.finding.find("zoe allotment")
    assert (one.message, one.excerpt) == (0, "Off to the [allotment]!")
    (one,) = store.finding.find("Garten")
    assert (one.message, one.excerpt) == (0, "水道 und [Garten]")
    assert found(store, "garten", limits=Limits(role="user")) == []


def test_where_to_look(store: Store) -> None:
    store.log.add(
        [talk("march", "The tap.", "A tap?"), talk("april", "Which tape?", "The tap.", at="2026-04-01T00:30:00+02:00")]
    )
    border = datetime.fromisoformat("2026-03-31T22:30:00+00:00")
    assert found(store, "tap") == ["april", "march"]
    assert found(store, "tap", limits=Limits(since=border)) == ["april"]
    assert found(store, "tap", limits=Limits(until=border)) == ["march"]
    assert found(store, "tap", limits=Limits(role="user")) == ["march"]
    assert len(found(store, "tap", most=1)) == 1


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("The kitchen tap drips again.", "tap kitchen", "The [kitchen] [tap] drips again."),
        ("The washer.\n\n Again!", "washers", "The [washer]. Again!"),
        ("我们昨天谈过水龙头的事情", "水龙", "我们昨天谈过[水龙]头的事情"),
        ("ﬁne ﬁsh", "fish", "ﬁne [ﬁsh]"),
        ("word " * 30 + "needle " + "word " * 60, "needle", "…" + "word " * 9 + "[needle] " + "word " * 21 + "word…"),
    ],
)
def test_the_excerpt_shows_it(store: Store, text: str, query: str, shown: str) -> None:
    store.log.add([talk("a", text)])
    (one,) = store.finding.find(query)
    assert one.excerpt == shown


SCRAPS = st.sampled_from(["tap", "Tap", "代", "码", "写", "tape", "🫠", "é", "é", "ข้", "ก", " ", "-", "水龙头", "ﾊﾟ"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(SCRAPS, min_size=1, max_size=6).map("".join), min_size=1, max_size=8), st.randoms())
def test_any_part_of_a_text_in_a_script_without_blanks_finds_it(texts: list[str], chance: random.Random) -> None:
    with empty_store() as store:
        store.log.add(talk(f"c{n}", text) for n, text in enumerate(texts))
        for number, text in enumerate(texts):
            for run in re.findall(r"[代码写水龙头🫠]+", text):
                a = chance.randrange(len(run))
                part = run[a : chance.randint(a + 1, len(run))]
                hits = found(store, part)
                assert f"c{number}" in hits
                assert hits == sorted(f"c{n}" for n, other in enumerate(texts) if part in other)


@settings(max_examples=40, deadline=None)
@given(logs, st.text(max_size=40) | st.sampled_from(['"', "NEAR(a b)", "a* OR -b", "content : x", "^a", "(", "\0 *"]))
def test_any_text_is_a_query_and_a_message_finds_itself(log: list[Conversation], query: str) -> None:
    with empty_store() as store:
        store.log.add(log)
        store.finding.find(query)
        for one in log:
            for message in one.messages[:2]:
                phrase = " ".join(pieces(message.content).split()[:5])
                # SQLite's tables take a character that is none yet for a letter.
                assigned = all(unicodedata.category(character) != "Cn" for character in message.content)
                if phrase and phrase in message.content and assigned:
                    assert one.id in found(store, f'"{phrase}"')


@settings(max_examples=40, deadline=None)
@given(logs, st.data())
def test_forgetting_by_search_takes_exactly_what_search_shows(log: list[Conversation], data: st.DataObject) -> None:
    texts = [message.content for one in log for message in one.messages] + ["tap"]
    query = " ".join(data.draw(st.sampled_from(texts)).split()[:2])
    with empty_store() as store:
        store.log.add(log)
        assert sorted(choose(store, [], search=query)) == found(store, query)


def test_the_indexes_follow_the_log(said: Store) -> None:
    with said._connection.transaction() as database:
        database.conn.execute("UPDATE messages SET content = '関係ない' WHERE content LIKE '%代码%'")
        database.conn.execute("UPDATE messages SET content = 'only words' WHERE content LIKE '%학교%'")
        database.conn.execute("UPDATE conversations SET title = 'Brot' WHERE id = 'de'")
        database.conn.execute("DELETE FROM conversations WHERE id = 'th'")
    for query, expected in {"代码": [], "関係": ["zh"], "학교": [], "only": ["ko"], "brot": ["de"], "ข้าว": []}.items():
        assert found(said, query) == expected
    with said._connection.transaction() as database:
        for index in INDEXES:
            database.conn.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")


def test_what_was_forgotten_is_in_no_byte_of_any_index(store: Store, home: Home) -> None:
    secret = "秘密の潜水艦がザンジバルに浮上した🫠 periwinkle"
    store.log.add([talk("a", "無害な話", "Fine."), Conversation("s", f"title {secret}", talk("x").created_at,
                   (Message("user", secret),), position=1)])  # fmt: skip
    assert found(store, "潜水艦") == ["s"]
    store.forgetting.delete(store.forgetting.begin(["s"], None, {}, keep_log=False))
    store.forgetting.rewrite()
    left = everything(home.root)
    for part in (secret, "潜水", "艦", "ザ", "🫠", "periwinkl"):
        assert part.encode() not in left, part
    assert found(store, "潜水艦") == [] and found(store, "無害") == ["a"]


def test_an_english_log_pays_nothing_for_it(store: Store) -> None:
    store.log.add(talk(f"c{n}", "The kitchen tap drips.", "Replace the washer — “now”…") for n in range(20))
    assert store._connection.value("SELECT count(*) FROM messages_pieces") == 0


@pytest.mark.parametrize(
    ("query", "typed"),
    [
        ("a b", ["a", "b"]), ('"a b" c', ['"a b"', "c"]), ('x"y', ['x"y']), ("tap*", ["tap*"]), ("水*", ["水"]),
        ('"tap', ["tap"]), ("a OR b", ["a", "b"]), ('"OR" a', ['"OR"', "a"]), ("or", ["or"]),
    ],
)  # fmt: skip
def test_a_term_reads_back_as_it_was_typed(query: str, typed: list[str]) -> None:
    assert [term.typed for one in parse(query) for term in one.terms] == typed


def test_a_log_of_before_finds_its_old_messages(tmp_path: Path) -> None:
    """The migration fills the new indexes."""
    home = Home(tmp_path / "home")
    with Store.open(home, create=True) as store:
        store.log.add(talk(ident, *texts) for ident, texts in SAID.items())
        with store.transaction():
            database = store._connection._database.conn
            for name in ("pieces_inserted", "pieces_deleted", "pieces_updated", "title_inserted", "title_deleted",
                         "title_updated", "tally_inserted", "tally_deleted", "tally_updated", "counted_inserted",
                         "counted_deleted", "vector_outdated"):  # fmt: skip
                database.execute(f"DROP TRIGGER {name}")
            for column in ("called", "messages", "asked"):
                database.execute(f"ALTER TABLE conversations DROP COLUMN {column}")
            for table in (*INDEXES[1:], "tally", "vectors"):
                database.execute(f"DROP TABLE {table}")
            database.execute(dict(schema(names()[:10]))["answers"])
            database.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm010'")
    with Store.open(home, create=False) as store:
        assert found(store, "水龙头") == ["zh"]
        assert found(store, "about ko") == ["ko"]


BEGUN = """
    running taking happiness sayonara activity electricity negatives relational carefully organizations trying dying
    ponies hopping hoping generalization being stations skies usefulness washers possibly gas
"""


def test_a_word_is_found_by_every_beginning(store: Store) -> None:
    words = BEGUN.split()
    store.log.add(talk(f"c{n}", word) for n, word in enumerate(words))
    for number, word in enumerate(words):
        for length in range(1, len(word) + 1):
            begun = word[:length]
            hits = found(store, f"{begun}*", limits=Limits(role="user"))
            assert hits == sorted(f"c{n}" for n, one in enumerate(words) if one.startswith(begun)), begun
            assert f"c{number}" in hits


def test_of_very_many_messages_the_last_come_first_and_none_is_lost(store: Store) -> None:
    short, long = ("A tap.",), ("A tap, and much else beside it. " * 3,)
    store.log.add(talk(f"t{n:04}", *(short if n < 10 else long)) for n in range(250))
    assert {one.conversation for one in store.finding.find("tap", 10)} == {f"t{n:04}" for n in range(10)}, "ranked"
    store.log.add([talk("last", *long)])
    assert [one.conversation for one in store.finding.find("tap", 3)] == ["last", "t0249", "t0248"]
    assert "[tap]" in store.finding.find("tap", 1)[0].excerpt
    assert len(store.finding.find("tap")) == len(store.finding.find("tap", 251)) == 251


def test_every_message_is_found_with_what_was_said(store: Store) -> None:
    when = datetime(2026, 3, 14, tzinfo=UTC)
    turns = ("The tap drips.", "Mend the tap!", "The tap is mended. 水龙头", "Nothing.")
    messages = tuple(Message("assistant" if n % 2 else "user", text, when) for n, text in enumerate(turns))
    store.log.add([Conversation("tap", "tap", when, messages)])
    asked = Limits(role="user")
    assert set(store.finding.messages("tap", 9, asked)) == {("tap", 0, turns[0]), ("tap", 2, turns[2])}
    assert store.finding.messages("tap mended", 9, asked) == [("tap", 2, turns[2])]
    assert store.finding.messages("水龙", 9) == [("tap", 2, turns[2])]
    assert len(store.finding.messages("tap", 2)) == 2
    assert store.finding.messages("", 9) == []
