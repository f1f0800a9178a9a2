"""Files of programs on one's own machine, in at least three shapes each: agents' sessions, WhatsApp, llm's database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from tests.importers.shapes.talk import ASKED, FOUR, MORE, THEN, TOLD, Shape, dump, iso, lines

# Claude Code --------------------------------------------------------------------------------------------------------


def code_line(kind: str, key: str, parent: str | None, content: Any, minute: int, **fields: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": kind, "content": content}
    if kind == "assistant":
        message |= {"id": f"msg_{minute}", "model": "claude-sonnet-4", "type": "message"}
    made = {"type": kind, "uuid": key, "parentUuid": parent, "sessionId": "5e55-10", "timestamp": iso(minute)}
    return {**made, "isSidechain": False, "cwd": "/home/me/shed", "version": "2.0", "message": message, **fields}


def _text(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}]


_TOOL_USE = [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}]
_TOOL_RESULT = [{"type": "tool_result", "tool_use_id": "t1", "content": "shed.txt"}]
CODE_LINES = [
    {"type": "file-history-snapshot", "messageId": "x", "snapshot": {}},
    code_line("user", "a", None, "<command-name>/clear</command-name>", 0),
    code_line("user", "b", "a", ASKED, 0),
    code_line("assistant", "c", "b", [{"type": "thinking", "thinking": "Hm."}], 1),
    code_line("assistant", "d", "c", _TOOL_USE, 1),
    code_line("user", "e", "d", _TOOL_RESULT, 1, toolUseResult={"stdout": "shed.txt"}),
    code_line("assistant", "f", "e", _text(TOLD), 2),
    code_line("assistant", "side", "f", _text("A subagent's word."), 2, isSidechain=True),
    code_line("user", "g", "f", MORE + "\n<system-reminder>Be good.</system-reminder>", 3),
    code_line("assistant", "h", "g", _text(THEN), 4),
]
CLAUDE_CODE = [
    Shape("claude-code", "a session", lines(*CODE_LINES), "5e55-10.jsonl", ids=("5e55-10",)),
    Shape(
        "claude-code", "repeated lines, bare messages",
        lines(
            code_line("user", "b", None, "", 0, message=ASKED), code_line("assistant", "f", "b", _text(TOLD), 2),
            code_line("assistant", "f", "b", _text(TOLD), 2), code_line("user", "g", "gone", _text(MORE), 3),
            code_line("assistant", "h", "g", _text(THEN), 4),
        ),
        "s.jsonl",
    ),
    Shape(
        "claude-code", "a turn taken back, a half-written end",
        lines(
            {"type": "summary", "summary": "The spare key", "leafUuid": "h"},
            code_line("user", "b", None, ASKED, 0), code_line("assistant", "f", "b", _text(TOLD), 2),
            code_line("user", "x", "f", "A question that was taken back.", 2),
            code_line("user", "g", "f", MORE, 3), code_line("assistant", "h", "g", _text(THEN), 4),
        ) + b'{"type": "user", "uuid": "i", "parentUu',
        "s.jsonl",
    ),
]  # fmt: skip


# Codex --------------------------------------------------------------------------------------------------------------


def _item(role: str, text: str) -> dict[str, Any]:
    kind = "input_text" if role == "user" else "output_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


_CONTEXT = _item("user", "<environment_context>\n<cwd>/home/me</cwd>\n</environment_context>")
_CODEX_ID = "0199c0de-1111-7222-8333-944455556666"


def _rollout() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {"timestamp": iso(0), "type": "session_meta", "payload": {"id": _CODEX_ID, "timestamp": iso(0), "cwd": "/"}},
        {"timestamp": iso(0), "type": "turn_context", "payload": {"model": "gpt-5-codex"}},
        {"timestamp": iso(0), "type": "response_item", "payload": _CONTEXT},
        {"timestamp": iso(0), "type": "response_item", "payload": _item("developer", "Be brief.")},
        {"timestamp": iso(1), "type": "response_item", "payload": {"type": "reasoning", "summary": []}},
        {"timestamp": iso(1), "type": "response_item", "payload": {"type": "function_call", "name": "shell"}},
    ]
    for n, (role, text) in enumerate(FOUR):
        made.append({"timestamp": iso(n), "type": "response_item", "payload": _item(role, text)})
        kind = "user_message" if role == "user" else "agent_message"
        made.append({"timestamp": iso(n), "type": "event_msg", "payload": {"type": kind, "message": text}})
    return made


CODEX = [
    Shape("codex", "rollout", lines(*_rollout()), f"rollout-2026-03-12T10-30-00-{_CODEX_ID}.jsonl", ids=(_CODEX_ID,)),
    Shape(
        "codex", "the generation before",
        lines({"id": _CODEX_ID, "timestamp": iso(0), "instructions": None, "git": {}}, {"record_type": "state"},
              _CONTEXT, *(_item(role, text) for role, text in FOUR), {"record_type": "state"}),
        "rollout.jsonl", ids=(_CODEX_ID,),
    ),
    Shape(
        "codex", "the first", dump({"session": {"id": _CODEX_ID, "timestamp": iso(0), "instructions": ""},
                                    "items": [_item(role, text) for role, text in FOUR]}, indent=2),
        "rollout.json", ids=(_CODEX_ID,),
    ),
    Shape(
        "codex", "events alone",
        lines(*(row for row in _rollout() if row["type"] != "response_item")), f"rollout-{_CODEX_ID}.jsonl",
    ),
]  # fmt: skip


# Gemini CLI ---------------------------------------------------------------------------------------------------------


def _cli_turn(n: int, role: str, content: Any) -> dict[str, Any]:
    made = {"id": f"t{n}", "timestamp": iso(n), "type": "user" if role == "user" else "gemini", "content": content}
    return made | ({"thoughts": [{"subject": "Hm"}], "tokens": {}} if role == "assistant" else {})


_ABOUT = {"sessionId": "cli-1", "projectHash": "abc", "startTime": iso(0), "lastUpdated": iso(9)}
_CLI = [_cli_turn(n, role, text) for n, (role, text) in enumerate(FOUR)]
GEMINI_CLI = [
    Shape("gemini-cli", "a session", dump({**_ABOUT, "messages": _CLI}, indent=2), "session-1.json", ids=("cli-1",)),
    Shape(
        "gemini-cli", "content in parts",
        dump({**_ABOUT, "messages": [
            {"id": "i", "timestamp": iso(0), "type": "info", "content": "Update available."},
            *(_cli_turn(n, role, [{"text": text}]) for n, (role, text) in enumerate(FOUR)),
        ]}),
        "session-1.json", ids=("cli-1",),
    ),
    Shape("gemini-cli", "lines", lines(_ABOUT, *_CLI[:2], _CLI[1], *_CLI[2:]), "session-1.jsonl", ids=("cli-1",)),
]  # fmt: skip


# WhatsApp -----------------------------------------------------------------------------------------------------------

_SAID = [("Jan", ASKED), ("Ola", TOLD), ("Jan", MORE), ("Ola", THEN)]
_ANDROID = (
    "12.03.2026, 10:29 - Messages and calls are end-to-end encrypted. Nobody outside of this chat can read them.\n"
    + "".join(f"12.03.2026, 10:{30 + n} - {who}: {text}\n" for n, (who, text) in enumerate(_SAID))
)
_IOS = "\ufeff" + "".join(
    f"[2026-03-12 10:{30 + n}:05] {who}: {text}\r\n"
    for n, (who, text) in enumerate([("Shed", "\u200eMessages and calls are end-to-end encrypted."), *_SAID])
)
_AMERICAN = "".join(f"3/13/26, 1:{30 + n}\u202fPM - {who}: {text}\n" for n, (who, text) in enumerate(_SAID))
WHATSAPP = [
    Shape("whatsapp", "Android", _ANDROID.encode(), "WhatsApp Chat with Ola.txt", me="Jan"),
    Shape("whatsapp", "iOS", _IOS.encode(), "_chat.txt", me="jan"),
    Shape("whatsapp", "American", _AMERICAN.encode(), "chat.txt", me="Jan"),
]


# llm ----------------------------------------------------------------------------------------------------------------

_FIRST = """
CREATE TABLE logs (id INTEGER PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, response TEXT, reply_to_id INTEGER,
    datetime_utc TEXT);
INSERT INTO logs VALUES (7, 'm', :asked, 'Be brief.', :told, NULL, '2026-03-12 10:30:00.123456'),
    (8, 'm', :more, NULL, :then, 7, '2026-03-12 10:31:00.123456');
"""
_SECOND = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);
CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, response TEXT, conversation_id TEXT,
    datetime_utc TEXT, reasoning TEXT);
CREATE TABLE fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT);
CREATE TABLE prompt_fragments (response_id TEXT, fragment_id INTEGER, "order" INTEGER);
INSERT INTO conversations VALUES ('01key', 'The spare key', 'm');
INSERT INTO responses VALUES ('r1', 'm', :asked, 'Be brief.', :told, '01key', '2026-03-12T10:30:00.123456', 'Hm.'),
    ('r2', 'm', NULL, NULL, :then, '01key', '2026-03-12T10:31:00.123456', NULL);
INSERT INTO fragments VALUES (1, 'h', :more);
INSERT INTO prompt_fragments VALUES ('r2', 1, 0);
"""
_THIRD = """
CREATE TABLE threads (id TEXT PRIMARY KEY, name TEXT, tip_message_hash TEXT, forked_from TEXT, datetime_utc TEXT);
CREATE TABLE messages (hash TEXT PRIMARY KEY, parent_hash TEXT, role TEXT);
CREATE TABLE parts (message_hash TEXT, position INTEGER, type TEXT, text TEXT, payload TEXT);
CREATE TABLE turns (id TEXT, thread_id TEXT, parent_message_hash TEXT, tip_message_hash TEXT, datetime_utc TEXT);
CREATE TABLE IF NOT EXISTS fragments (id INTEGER PRIMARY KEY, hash TEXT, content TEXT);
INSERT INTO threads VALUES ('01key', 'The spare key', 'm4', NULL, '2026-03-12T10:30:00');
INSERT INTO messages VALUES ('m0', NULL, 'system'), ('m1', 'm0', 'user'), ('m2', 'm1', 'assistant'),
    ('m2x', 'm1', 'assistant'), ('m3', 'm2', 'user'), ('m4', 'm3', 'assistant');
INSERT INTO fragments VALUES (11, 'g', 'And the padlock? ');
INSERT INTO parts VALUES ('m0', 0, 'text', 'Be brief.', NULL), ('m1', 0, 'text', :asked, NULL),
    ('m2', 0, 'reasoning', 'Hm.', NULL), ('m2', 1, 'text', :told, NULL), ('m2x', 0, 'text', 'Rejected.', NULL),
    ('m3', 0, 'text', NULL, '{"text_ref": [{"fragment": 11}, {"literal": "I bought a brass one in Żywiec."}]}'),
    ('m4', 0, 'text', :then, NULL);
INSERT INTO turns VALUES ('t1', '01key', NULL, 'm2', '2026-03-12T10:30:00'),
    ('t2', '01key', 'm2', 'm4', '2026-03-12T10:31:00');
"""


def database(*scripts: str) -> bytes:
    """Return the bytes of an SQLite file that these scripts make."""
    values = {"asked": ASKED, "told": TOLD, "more": MORE, "then": THEN}
    with closing(sqlite3.connect(":memory:")) as made:
        for script in scripts:
            for name, value in values.items():
                script = script.replace(f":{name}", "'" + value.replace("'", "''") + "'")
            made.executescript(script)
        return bytes(made.serialize())


LLM = [
    Shape("llm", "the first tables", database(_FIRST), "logs.db", ids=("llm-7",)),
    Shape("llm", "conversations", database(_SECOND), "logs.db", ids=("01key",)),
    Shape("llm", "threads", database(_THIRD), "logs.db", ids=("01key",)),
    Shape("llm", "two generations at once", database(_SECOND, _THIRD), "logs.db", ids=("01key",)),
]
