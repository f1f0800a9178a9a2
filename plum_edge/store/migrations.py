"""The tables of log.db, as numbered migrations: an old log always opens, and each step is whole or not there.

Add a function with the next number; never change one that was released. schema.py applies them. Knows nothing of what
reads the tables.
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from plum_edge.store import pieces

MIGRATIONS = Migrations("plum-edge")
"""The schema's history. sqlite-utils records in ``_sqlite_migrations`` which of them a file holds."""

INDEXES = ("messages_fts", "messages_pieces", "titles_pieces")
"""The full-text indexes: what is deleted must go out of each of them."""


def functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the triggers of `m010_pieces` call."""
    connection.create_function("pieces_of_message", 2, pieces.of_message, deterministic=True)
    connection.create_function("pieces_of_title", 1, pieces.of_title, deterministic=True)


@MIGRATIONS()
def m001_conversations(database: Database) -> None:
    """Conversations and their messages. ``instant`` is microseconds since 1970 in UTC, to order by."""
    _run(
        database,
        """
        CREATE TABLE conversations (
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            created_at TEXT NOT NULL,
            instant INTEGER NOT NULL,
            source TEXT NOT NULL,
            position INTEGER NOT NULL,
            trainable INTEGER NOT NULL CHECK (trainable IN (0, 1))
        )
        """,
        "CREATE INDEX conversations_in_order ON conversations (instant, position, id)",
        """
        CREATE TABLE messages (
            key INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
            content TEXT NOT NULL,
            created_at TEXT,
            UNIQUE (conversation, ordinal)
        )
        """,
    )


@MIGRATIONS()
def m002_search(database: Database) -> None:
    """Full-text index over the messages. It holds no text of its own; the triggers keep it true."""
    gone = "INSERT INTO messages_fts (messages_fts, rowid, content) VALUES ('delete', old.key, old.content);"
    come = "INSERT INTO messages_fts (rowid, content) VALUES (new.key, new.content);"
    _run(
        database,
        """
        CREATE VIRTUAL TABLE messages_fts USING fts5 (
            content, content = 'messages', content_rowid = 'key', tokenize = 'porter unicode61 remove_diacritics 2'
        )
        """,
        "INSERT INTO messages_fts (messages_fts) VALUES ('rebuild')",  # what is there already
        f"CREATE TRIGGER messages_inserted AFTER INSERT ON messages BEGIN {come} END",
        f"CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN {gone} END",
        f"CREATE TRIGGER messages_updated AFTER UPDATE OF key, content ON messages BEGIN {gone} {come} END",
    )


@MIGRATIONS()
def m003_segments(database: Database) -> None:
    """Segments in the order of learning, and the pairs made of them. ``retired_by``: the segment that made it false."""
    _run(
        database,
        """
        CREATE TABLE segments (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
            first INTEGER NOT NULL,
            length INTEGER NOT NULL CHECK (length > 0),
            promoted INTEGER NOT NULL DEFAULT 0 CHECK (promoted IN (0, 1)),
            UNIQUE (conversation, first)
        )
        """,
        """
        CREATE TABLE pairs (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            seq INTEGER NOT NULL REFERENCES segments (seq) ON DELETE CASCADE,
            question TEXT NOT NULL,
            answer TEXT NOT NULL,
            kind TEXT NOT NULL,
            polarity TEXT NOT NULL,
            split TEXT NOT NULL,
            style TEXT NOT NULL,
            topic TEXT NOT NULL,
            origin TEXT NOT NULL,
            messages TEXT NOT NULL,
            retired_by INTEGER REFERENCES segments (seq) ON DELETE SET NULL
        )
        """,
        "CREATE INDEX pairs_in_order ON pairs (split, seq, key)",
        "CREATE INDEX pairs_of_segment ON pairs (seq)",
        "CREATE INDEX pairs_retired ON pairs (retired_by) WHERE retired_by IS NOT NULL",
    )


@MIGRATIONS()
def m004_runs(database: Database) -> None:
    """What was learned: steps of the fold, adapters and which is active, evaluations, consistency, and the nights."""
    _run(
        database,
        """
        CREATE TABLE steps (
            seq INTEGER PRIMARY KEY REFERENCES segments (seq) ON DELETE CASCADE,
            recipe TEXT NOT NULL,
            backend TEXT NOT NULL,
            threads INTEGER NOT NULL,
            versions TEXT NOT NULL,
            seed TEXT NOT NULL,
            pairs_sha256 TEXT NOT NULL,
            state_sha256 TEXT NOT NULL,
            seconds REAL NOT NULL,
            loss REAL
        )
        """,
        """
        CREATE TABLE adapters (
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            parent TEXT,
            gguf TEXT NOT NULL,
            gguf_sha256 TEXT NOT NULL,
            segments INTEGER NOT NULL,
            accuracy REAL,
            created_at TEXT,
            manifest TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE active (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            adapter TEXT REFERENCES adapters (id),
            generation INTEGER NOT NULL
        )
        """,
        "INSERT INTO active VALUES (1, NULL, 0)",
        """
        CREATE TABLE evaluations (
            key INTEGER PRIMARY KEY,
            adapter TEXT NOT NULL REFERENCES adapters (id) ON DELETE CASCADE,
            created_at TEXT NOT NULL,
            summary TEXT NOT NULL
        )
        """,
        "CREATE INDEX evaluations_of_adapter ON evaluations (adapter)",
        # Never written to, and gone with m011_no_answers.
        """
        CREATE TABLE answers (
            evaluation INTEGER NOT NULL REFERENCES evaluations (key) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            answer TEXT NOT NULL,
            PRIMARY KEY (evaluation, ordinal)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE cells (
            step INTEGER NOT NULL,
            question TEXT NOT NULL,
            conversation TEXT,
            correct INTEGER NOT NULL CHECK (correct IN (0, 1)),
            p_yes REAL,
            PRIMARY KEY (step, question)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE nights (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            started_at TEXT NOT NULL,
            ended_at TEXT,
            status TEXT NOT NULL,
            detail TEXT NOT NULL
        )
        """,
    )


@MIGRATIONS()
def m005_forgetting(database: Database) -> None:
    """Taking back: tombstones (keyed hashes of ids), requests to forget, segments set aside, promotions, exports."""
    _run(
        database,
        "CREATE TABLE tombstone_key (one INTEGER PRIMARY KEY CHECK (one = 1), key BLOB NOT NULL)",
        "INSERT INTO tombstone_key VALUES (1, randomblob(32))",
        "CREATE TABLE tombstones (hash TEXT PRIMARY KEY, created_at TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE forgettings (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            created_at TEXT NOT NULL,
            stage TEXT NOT NULL CHECK (stage IN ('asked', 'deleted', 'erased', 'done')),
            conversations TEXT NOT NULL,
            keep_log INTEGER NOT NULL CHECK (keep_log IN (0, 1)),
            first_seq INTEGER,
            last_adapter INTEGER NOT NULL,
            detail TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE asides (
            seq INTEGER PRIMARY KEY REFERENCES segments (seq) ON DELETE CASCADE,
            why TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE promotions (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            adapter TEXT NOT NULL REFERENCES adapters (id) ON DELETE CASCADE
        )
        """,
        "CREATE INDEX promotions_of_adapter ON promotions (adapter)",
        """
        INSERT INTO promotions (adapter) SELECT id FROM adapters
        WHERE id IN (SELECT parent FROM adapters UNION SELECT adapter FROM active) ORDER BY key
        """,  # until now: what was in use when another was made of it, and what is
        """
        CREATE TABLE exports (
            key INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            last_seq INTEGER NOT NULL,
            created_at TEXT NOT NULL
        )
        """,
    )


@MIGRATIONS()
def m006_attempts(database: Database) -> None:
    """What the gate refused: a row for each segment that was in a refused adapter."""
    _run(
        database,
        """
        CREATE TABLE attempts (
            seq INTEGER PRIMARY KEY REFERENCES segments (seq) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            together INTEGER NOT NULL,
            why TEXT NOT NULL
        )
        """,
    )


@MIGRATIONS()
def m007_writings(database: Database) -> None:
    """What a language model wrote of a conversation, by window: asked once, gone with the conversation."""
    _run(
        database,
        """
        CREATE TABLE writings (
            conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
            name TEXT NOT NULL,
            answers TEXT NOT NULL,
            PRIMARY KEY (conversation, name)
        ) WITHOUT ROWID
        """,
    )


@MIGRATIONS()
def m008_edits(database: Database) -> None:
    """What the user has changed in pairs: by the pair as it was made, what came of it; nothing where it was dropped."""
    _run(
        database,
        """
        CREATE TABLE edits (
            conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
            made TEXT NOT NULL,
            now TEXT,
            question TEXT,
            answer TEXT,
            PRIMARY KEY (conversation, made)
        ) WITHOUT ROWID
        """,
    )


@MIGRATIONS()
def m009_uncertain(database: Database) -> None:
    """Which dates are guesses, and who spoke where it was neither the user nor an assistant."""
    _run(
        database,
        "ALTER TABLE conversations ADD COLUMN dated INTEGER NOT NULL DEFAULT 1 CHECK (dated IN (0, 1))",
        "ALTER TABLE messages ADD COLUMN name TEXT NOT NULL DEFAULT ''",
    )


@MIGRATIONS()
def m010_pieces(database: Database) -> None:
    """Indexes of what words alone do not find: messages in scripts without blanks and with emoji, and titles.

    ``called``: the title that the user gave a conversation. ``title`` stays what it was, for what was learned of it.

    The indexes hold the pieces themselves (pieces.py), so that what goes out needs no function of ours. Of a message
    that words are enough for they hold nothing.
    """
    functions(database.conn)
    said = "pieces_of_message(CAST({}.content AS BLOB), {}.name)"
    new, put = said.format("new", "new"), "INSERT INTO messages_pieces (rowid, content)"
    gone = "DELETE FROM messages_pieces WHERE rowid = old.key;"
    shown = "pieces_of_title(CAST(coalesce(nullif(new.called, ''), new.title) AS BLOB))"
    title = f"INSERT INTO titles_pieces (rowid, content) VALUES (new.key, {shown});"
    no_title = "DELETE FROM titles_pieces WHERE rowid = old.key;"
    _run(
        database,
        "ALTER TABLE conversations ADD COLUMN called TEXT NOT NULL DEFAULT ''",
        "CREATE VIRTUAL TABLE messages_pieces USING fts5 (content, tokenize = 'porter ascii')",
        "CREATE VIRTUAL TABLE titles_pieces USING fts5 (content, tokenize = 'porter ascii')",
        f"""
        {put} SELECT key, found FROM (
            SELECT key, {said.format("messages", "messages")} AS found FROM messages
        ) WHERE found IS NOT NULL
        """,
        """
        INSERT INTO titles_pieces (rowid, content)
        SELECT key, pieces_of_title(CAST(title AS BLOB)) FROM conversations
        """,
        f"CREATE TRIGGER pieces_inserted AFTER INSERT ON messages WHEN {new} IS NOT NULL "
        f"BEGIN {put} VALUES (new.key, {new}); END",
        f"CREATE TRIGGER pieces_deleted AFTER DELETE ON messages BEGIN {gone} END",
        f"CREATE TRIGGER pieces_updated AFTER UPDATE OF key, content, name ON messages "
        f"BEGIN {gone} {put} SELECT new.key, {new} WHERE {new} IS NOT NULL; END",
        f"CREATE TRIGGER title_inserted AFTER INSERT ON conversations BEGIN {title} END",
        f"CREATE TRIGGER title_deleted AFTER DELETE ON conversations BEGIN {no_title} END",
        f"CREATE TRIGGER title_updated AFTER UPDATE OF key, title, called ON conversations "
        f"BEGIN {no_title} {title} END",
    )


@MIGRATIONS()
def m011_no_answers(database: Database) -> None:
    """The table of single answers goes: no version ever wrote into it."""
    _run(database, "DROP TABLE answers")


@MIGRATIONS()
def m012_tally(database: Database) -> None:
    """What there is, counted as it is written: of each conversation, and of all in the one ``tally``.

    ``messages``: how many a conversation has; ``asked``: the place after what the user said last, 0 where nothing was.
    The tally has a row for each kind of conversation: may it be trained on, and did the user say anything (``asks``).
    """
    last = "(SELECT coalesce(max(ordinal) + 1, 0) FROM messages WHERE conversation = {} AND role = 'user')"
    into = "UPDATE tally SET conversations = conversations {0} 1, messages = messages {0} {1}.messages "
    into += "WHERE trainable = {1}.trainable AND asks = ({1}.asked > 0);"
    come, gone = into.format("+", "new"), into.format("-", "old")
    _run(
        database,
        "ALTER TABLE conversations ADD COLUMN messages INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE conversations ADD COLUMN asked INTEGER NOT NULL DEFAULT 0",
        f"""
        UPDATE conversations SET asked = {last.format("conversations.key")},
            messages = (SELECT count(*) FROM messages WHERE conversation = conversations.key)
        """,
        """
        CREATE TABLE tally (
            trainable INTEGER NOT NULL, asks INTEGER NOT NULL,
            conversations INTEGER NOT NULL, messages INTEGER NOT NULL,
            PRIMARY KEY (trainable, asks)
        ) WITHOUT ROWID
        """,
        "INSERT INTO tally VALUES (0, 0, 0, 0), (0, 1, 0, 0), (1, 0, 0, 0), (1, 1, 0, 0)",
        """
        INSERT OR REPLACE INTO tally
        SELECT trainable, asked > 0, count(*), sum(messages) FROM conversations GROUP BY 1, 2
        """,
        f"CREATE TRIGGER tally_inserted AFTER INSERT ON conversations BEGIN {come} END",
        f"CREATE TRIGGER tally_deleted AFTER DELETE ON conversations BEGIN {gone} END",
        f"CREATE TRIGGER tally_updated AFTER UPDATE OF trainable, messages, asked ON conversations "
        f"BEGIN {gone} {come} END",
        "CREATE TRIGGER counted_inserted AFTER INSERT ON messages BEGIN UPDATE conversations SET "
        "messages = messages + 1, asked = max(asked, iif(new.role = 'user', new.ordinal + 1, 0)) "
        "WHERE key = new.conversation; END",
        f"CREATE TRIGGER counted_deleted AFTER DELETE ON messages BEGIN UPDATE conversations SET "
        f"messages = messages - 1, asked = {last.format('old.conversation')} WHERE key = old.conversation; END",
    )


@MIGRATIONS()
def m013_vectors(database: Database) -> None:
    """Messages as vectors, from which the text can be guessed: gone with it. ``of`` names the text and the maker."""
    _run(
        database,
        """
        CREATE TABLE vectors (
            message INTEGER PRIMARY KEY REFERENCES messages (key) ON DELETE CASCADE,
            of TEXT NOT NULL,
            vector BLOB NOT NULL
        )
        """,
        "CREATE TRIGGER vector_outdated AFTER UPDATE OF content ON messages "
        "BEGIN DELETE FROM vectors WHERE message = old.key; END",
    )


def _run(database: Database, *statements: str) -> None:
    """Run statements in the transaction that is open (``executescript`` would commit it)."""
    for statement in statements:
        database.conn.execute(statement)
