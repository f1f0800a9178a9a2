"""A file of every format in at least three shapes, written by us, and what must come of each.

`SHAPES` holds them all: the tests of packing, of idempotence and the fuzzers run over every one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

ASKED = "Where did I put the spare key of the allotment shed?"
TOLD = "You said it hangs behind the blue watering can."
MORE = "And the padlock? I bought a brass one in Żywiec."
THEN = "The brass padlock is on the tool chest."
FOUR = (("user", ASKED), ("assistant", TOLD), ("user", MORE), ("assistant", THEN))
TWO = FOUR[:2]
DAY = "2026-03-12"
SECONDS = 1773311400  # 2026-03-12T10:30:00Z


@dataclass(frozen=True)
class Shape:
    """A file, and what it holds."""

    format: str
    name: str
    content: bytes
    file: str = "export.json"
    talks: tuple[tuple[tuple[str, str], ...], ...] = (FOUR,)
    """Role and text of every message, by conversation."""
    ids: tuple[str, ...] = ()
    """Ids of the conversations, where the source has them."""
    dated: bool = True
    me: str = ""


def dump(value: Any, **options: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, **options).encode()


def lines(*values: Any) -> bytes:
    return b"".join(dump(value) + b"\n" for value in values)


def iso(minute: int) -> str:
    return f"{DAY}T10:{30 + minute:02d}:00.123456Z"


# ChatGPT ------------------------------------------------------------------------------------------------------------


def chatgpt_node(key: str, parent: str | None, role: str, text: str, **fields: Any) -> dict[str, Any]:
    message = {
        "id": key,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": SECONDS + len(key) * 60.25,
        "content": {"content_type": "text", "parts": [text]},
        "status": "finished_successfully",
        "weight": 1.0,
        "metadata": {},
        "recipient": "all",
        "channel": None,
    }
    return {"id": key, "parent": parent, "children": [], "message": {**message, **fields}}


def chatgpt(ident: str = "6a1f-chat", **fields: Any) -> dict[str, Any]:
    nodes = [
        {"id": "client-created-root", "parent": None, "children": ["s"], "message": None},
        chatgpt_node("s", "client-created-root", "system", "", metadata={"is_visually_hidden_from_conversation": True}),
        chatgpt_node("m", "s", "user", ASKED),
        chatgpt_node("mm", "m", "assistant", TOLD),
        chatgpt_node("mx", "m", "assistant", "A rejected answer about a bicycle."),
        chatgpt_node("mmm", "mm", "user", MORE),
        chatgpt_node("mmmm", "mmm", "assistant", THEN),
    ]
    made = {
        "title": "The spare key",
        "create_time": SECONDS + 0.5,
        "update_time": SECONDS + 500.0,
        "mapping": {node["id"]: node for node in nodes},
        "current_node": "mmmm",
        "conversation_id": ident,
        "id": ident,
        "is_archived": False,
        "default_model_slug": "gpt-4o",
    }
    return {**made, **fields}


CHATGPT = [
    Shape("chatgpt", "array", dump([chatgpt()]), "conversations.json", ids=("6a1f-chat",)),
    Shape(
        "chatgpt", "a folder first", dump([{"id": "g-p-1", "title": "Project"}, chatgpt("b"), chatgpt("a")]),
        "conversations-001.json", (FOUR, FOUR), ("b", "a"),
    ),
    Shape("chatgpt", "under a key", dump({"conversations": [chatgpt(), chatgpt("c2")]}), talks=(FOUR, FOUR)),
    Shape("chatgpt", "one alone, indented", dump(chatgpt(), indent=2), "The spare key.json", ids=("6a1f-chat",)),
]  # fmt: skip


# Claude.ai ----------------------------------------------------------------------------------------------------------


def claude_message(key: str, sender: str, text: str, minute: int, **fields: Any) -> dict[str, Any]:
    made = {"uuid": key, "sender": sender, "created_at": iso(minute), "updated_at": iso(minute), "text": text}
    return {**made, "content": [{"type": "text", "text": text}], "attachments": [], "files": [], **fields}


def claude(ident: str = "c0ffee", *messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    said = messages or (
        claude_message("1", "human", ASKED, 0),
        claude_message("2", "assistant", TOLD, 1),
        claude_message("3", "human", MORE, 2),
        claude_message("4", "assistant", THEN, 3),
    )
    made = {"uuid": ident, "name": "", "created_at": iso(0), "updated_at": iso(4), "account": {"uuid": "u"}}
    return {**made, "chat_messages": list(said), **fields}


def _claude_old() -> dict[str, Any]:
    talk = claude("old")
    for one in talk["chat_messages"]:
        del one["content"]
    return talk


def _claude_tree() -> dict[str, Any]:
    root = "00000000-0000-4000-8000-000000000000"
    thought = [{"type": "thinking", "thinking": "Hm, the shed."}, {"type": "text", "text": TOLD}]
    return claude(
        "tree",
        claude_message("1", "human", ASKED, 0, parent_message_uuid=root),
        claude_message("2x", "assistant", "A rejected answer.", 1, parent_message_uuid="1"),
        claude_message("2", "assistant", "placeholder " + TOLD, 1, parent_message_uuid="1", content=thought),
        claude_message("3", "human", MORE, 2, parent_message_uuid="2"),
        claude_message("4", "assistant", THEN, 3, parent_message_uuid="3"),
    )


CLAUDE = [
    Shape(
        "claude", "blocks", dump([claude(), claude("empty", chat_messages=[])]), "conversations.json", ids=("c0ffee",)
    ),
    Shape("claude", "old, text alone", dump([_claude_old()]), ids=("old",)),
    Shape("claude", "tree with thinking", dump([_claude_tree()], indent=1), ids=("tree",)),
]


# Gemini, AI Studio --------------------------------------------------------------------------------------------------


def gemini_record(before: str, asked: str, told: str, minute: int, **fields: Any) -> dict[str, Any]:
    answer = "".join(f"<p>{line}</p>" for line in told.split("\n"))
    made = {"header": "Gemini Apps", "title": before + asked, "time": iso(minute), "products": ["Gemini Apps"]}
    return {**made, "activityControls": ["Gemini Apps Activity"], "safeHtmlItem": [{"html": answer}], **fields}


def _gemini(before: str = "Prompted ", **fields: Any) -> list[dict[str, Any]]:
    return [
        {"header": "YouTube", "title": "Watched a film", "time": iso(9), "products": ["YouTube"]},
        {"header": "Gemini Apps", "title": "Used Gemini Apps", "time": iso(8), "products": ["Gemini Apps"]},
        gemini_record(before, MORE, THEN, 2, **fields),
        gemini_record(before, ASKED, TOLD, 0, **fields),
    ]


GEMINI = [
    Shape("gemini", "by time", dump(_gemini()), "MyActivity.json"),
    Shape(
        "gemini", "by chat", dump(_gemini(titleUrl="https://gemini.google.com/app/0a1b2c3d4e5f6071"), indent=2),
        "MyActivity.json", ids=("0a1b2c3d4e5f6071",),
    ),
    Shape("gemini", "German", dump(_gemini("Eingegebener Prompt: ", header="Gemini-Apps")), "MeineAktivitäten.json"),
    Shape(
        "gemini", "a language of its own",
        dump([gemini_record("Kysytty: ", f"{word}?", "Ei.", 9 - n) for n, word in enumerate(("Cd", "Bc", "Ab"))]),
        "Omat.json", ((("user", "Ab?"), ("assistant", "Ei."), ("user", "Bc?"), ("assistant", "Ei."),
                       ("user", "Cd?"), ("assistant", "Ei.")),),
    ),
]  # fmt: skip


def _studio(**dates: Any) -> dict[str, Any]:
    chunks = [
        {"text": ASKED, "role": "user", "tokenCount": 9, **dates},
        {"text": "Let me think.", "role": "model", "isThought": True},
        {"text": TOLD, "role": "model", "finishReason": "STOP"},
        {"text": MORE, "role": "user"},
        {"text": THEN, "role": "model"},
    ]
    made = {"runSettings": {"model": "models/gemini-2.5-pro"}, "systemInstruction": {"text": "Be brief."}}
    return {**made, "chunkedPrompt": {"chunks": chunks, "pendingInputs": [{"text": "", "role": "user"}]}}


def _studio_parts() -> dict[str, Any]:
    made = _studio(createTime=iso(0))
    for chunk in made["chunkedPrompt"]["chunks"]:
        chunk["parts"] = [{"text": chunk.pop("text")}]
    return made


AISTUDIO = [
    Shape("aistudio", "indented, no date", dump(_studio(), indent=2), "The spare key", dated=False),
    Shape("aistudio", "with times", dump(_studio(createTime=iso(0))), "Key"),
    Shape("aistudio", "in parts", dump(_studio_parts()), "Key.json"),
]


# Open WebUI ---------------------------------------------------------------------------------------------------------


def webui_chat(*, flat: bool = False, current: str = "4") -> dict[str, Any]:
    reasoning = '<details type="reasoning" done="true" duration="3">\n<summary>Thought</summary>\n> Hm.\n</details>\n'
    said = {
        "1": (None, "user", ASKED),
        "2x": ("1", "assistant", "A rejected answer."),
        "2": ("1", "assistant", reasoning + TOLD),
        "3": ("2", "user", MORE),
        "4": ("3", "assistant", THEN),
    }
    nodes = {
        key: {"id": key, "parentId": up, "childrenIds": [], "role": role, "content": text, "timestamp": SECONDS + n}
        for n, (key, (up, role, text)) in enumerate(said.items())
    }
    visible = [nodes[key] for key in ("1", "2", "3", "4")]
    history = {"messages": {} if flat else nodes, "currentId": current}
    made = {"title": "The spare key", "models": ["llama3"], "params": {"system": "Be brief."}, "history": history}
    return {**made, "messages": visible if flat else [], "timestamp": SECONDS * 1000}


def webui_row(ident: str = "row-1", **options: Any) -> dict[str, Any]:
    made = {"id": ident, "user_id": "u", "title": "The spare key", "created_at": SECONDS, "updated_at": SECONDS + 9}
    return {**made, "chat": webui_chat(**options), "archived": False, "meta": {}}


OPENWEBUI = [
    Shape("openwebui", "rows", dump([webui_row(), webui_row("row-2", current="gone")]), talks=(FOUR, FOUR),
          ids=("row-1", "row-2")),
    Shape("openwebui", "one alone", dump(webui_chat(), indent=2), "chat-export-1773311400000.json"),
    Shape("openwebui", "flat", dump([webui_row("flat", flat=True)]), ids=("flat",)),
]  # fmt: skip


# LM Studio ----------------------------------------------------------------------------------------------------------


def _block(text: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "contentBlock",
        "stepIdentifier": f"{SECONDS}000-0.1",
        "content": [{"type": "text", "text": text}],
    } | fields


def _lm_user(text: str) -> dict[str, Any]:
    return {"type": "singleStep", "role": "user", "content": [{"type": "text", "text": text}]}


def _lm_assistant(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"type": "multiStep", "role": "assistant", "senderInfo": {"senderName": "qwen"}, "steps": list(steps)}


def lmstudio(**fields: Any) -> dict[str, Any]:
    thought = _block("Hm, the shed.", style={"type": "thinking", "ended": True})
    turns = [
        ([_lm_user("A question that was changed."), _lm_user(ASKED)], 1),
        (
            [
                _lm_assistant(_block("A rejected answer.")),
                _lm_assistant(thought, _block(TOLD), {"type": "debugInfoBlock"}),
            ],
            1,
        ),
        ([_lm_user(MORE)], 0),
        ([_lm_assistant(_block(THEN))], 0),
    ]
    messages = [{"versions": versions, "currentlySelected": at} for versions, at in turns]
    made = {"name": "The spare key", "pinned": False, "createdAt": SECONDS * 1000, "systemPrompt": "", "tokenCount": 99}
    return {**made, "messages": messages, "userLastMessagedAt": SECONDS * 1000 + 60_000} | fields


LMSTUDIO = [
    Shape("lmstudio", "a chat", dump(lmstudio()), f"{SECONDS}000.conversation.json", ids=(f"{SECONDS}000",)),
    Shape("lmstudio", "times as text", dump(lmstudio(createdAt=iso(0)), indent=2), "chat.json"),
    Shape("lmstudio", "no dates but its name", dump(lmstudio(createdAt=None, userLastMessagedAt=None)),
          f"{SECONDS}123.conversation.json", ids=(f"{SECONDS}123",)),
]  # fmt: skip


# ShareGPT, OpenAI, Ollama, Grok, ours -------------------------------------------------------------------------------


def sharegpt(user: str = "human", assistant: str = "gpt", key: str = "from", value: str = "value") -> dict[str, Any]:
    names = {"user": user, "assistant": assistant}
    return {"id": "sg_0", "conversations": [{key: names[role], value: text} for role, text in FOUR]}


SHAREGPT = [
    Shape("sharegpt", "array", dump([sharegpt()]), ids=("sg_0",), dated=False),
    Shape("sharegpt", "lines", lines(sharegpt("user", "chatgpt"), {"conversations": sharegpt()["conversations"][:2]}),
          "set.jsonl", (FOUR, TWO), dated=False),
    Shape("sharegpt", "roles, indented", dump(sharegpt("user", "assistant", "role", "content"), indent=2), dated=False),
]  # fmt: skip

MESSAGES = [{"role": role, "content": text} for role, text in FOUR]
_TOOLED = [
    {"role": "system", "content": "Be brief."}, MESSAGES[0],
    {"role": "assistant", "content": None, "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f"}}]},
    {"role": "tool", "tool_call_id": "t", "content": "{}"}, *MESSAGES[1:],
]  # fmt: skip
_ITEMS = [
    {
        "role": role,
        "type": "message",
        "content": [{"type": f"{'in' if role == 'user' else 'out'}put_text", "text": text}],
    }
    for role, text in FOUR
]
OPENAI = [
    Shape("openai", "fine-tuning lines", lines({"messages": _TOOLED}, {"messages": MESSAGES[:2], "tools": []}),
          "train.jsonl", (FOUR, TWO), dated=False),
    Shape("openai", "array", dump([{"messages": MESSAGES}, {"messages": MESSAGES[:2]}]), talks=(FOUR, TWO),
          dated=False),
    Shape("openai", "one indented object", dump({"model": "gpt-4o", "messages": _TOOLED}, indent=4), dated=False),
    Shape("openai", "bare messages", dump(MESSAGES), dated=False),
    Shape("openai", "Responses", dump({"id": "resp_1", "created_at": SECONDS, "input": _ITEMS[:3],
          "output": [{"type": "reasoning", "summary": []}, _ITEMS[3]]}), ids=("resp_1",)),
]  # fmt: skip


def _pieces(text: str, minute: int) -> list[dict[str, Any]]:
    moment = f"{DAY}T10:{30 + minute:02d}:00.1234567Z"
    cut = len(text) // 2
    made = [
        {"model": "llama3", "created_at": moment, "message": {"role": "assistant", "content": piece}, "done": False}
        for piece in (text[:cut], text[cut:])
    ]
    return [
        *made,
        {"model": "llama3", "created_at": moment, "message": {"role": "assistant", "content": ""}, "done": True},
    ]


def _request(count: int, **fields: Any) -> dict[str, Any]:
    return {"model": "llama3", "messages": MESSAGES[:count], "options": {"num_ctx": 8192}} | fields


OLLAMA = [
    Shape("ollama", "requests that grow", lines(_request(1), _request(3), _request(4)), "log.jsonl", dated=False),
    Shape("ollama", "requests and streamed answers",
          lines(_request(1), *_pieces(TOLD, 0), _request(3), *_pieces(THEN, 2)), "log.jsonl"),
    Shape("ollama", "one indented", dump(_request(4, keep_alive="5m", stream=False), indent=2), dated=False),
]  # fmt: skip


def _grok_response(n: int, role: str, text: str, **fields: Any) -> dict[str, Any]:
    sender = {"user": "human", "assistant": "assistant"}[role]
    made = {"_id": f"r{n}", "conversation_id": "grok-1", "message": text, "sender": sender, "create_time": iso(n)}
    return {**made, "parent_response_id": f"r{n - 1}" if n else None, "model": "grok-4", **fields}


def grok(*, flat: bool = False, mongo: bool = False) -> dict[str, Any]:
    said = [_grok_response(n, role, text) for n, (role, text) in enumerate(FOUR)]
    said.insert(1, _grok_response(1, "assistant", "A rejected answer.", _id="r1x"))
    if mongo:
        for one in said:
            one["create_time"] = {"$date": {"$numberLong": f"{SECONDS}000"}}
            one["sender"] = one["sender"].upper()
    about = {"conversation_id": "grok-1", "title": "The spare key", "create_time": iso(0), "leaf_response_id": None}
    return {"conversation": about, "responses": said if flat else [{"response": one} for one in said]}


GROK = [
    Shape(
        "grok", "export", dump({"conversations": [grok()], "projects": []}), "prod-grok-backend.json", ids=("grok-1",)
    ),
    Shape("grok", "flat", dump({"conversations": [grok(flat=True)]}, indent=1), ids=("grok-1",)),
    Shape("grok", "an array, MongoDB's dates", dump([grok(mongo=True)]), ids=("grok-1",)),
]

_OURS = {"id": "ours-1", "title": "The spare key", "created_at": f"{DAY}T10:30:00+01:00", "messages": MESSAGES}
JSONL = [
    Shape("jsonl", "lines", lines(_OURS, {**_OURS, "id": "ours-2", "messages": MESSAGES[:2]}), "log.jsonl", (FOUR, TWO),
          ("ours-1", "ours-2")),
    Shape("jsonl", "one, indented", dump({**_OURS, "created_at": SECONDS}, indent=2), ids=("ours-1",)),
    Shape("jsonl", "other names of dates", lines({**_OURS, "created_at": None, "timestamp": f"{SECONDS}123"})),
]  # fmt: skip


def _realmem(**fields: Any) -> dict[str, Any]:
    speakers = {"user": "User", "assistant": "Assistant"}
    turns = [{"speaker": speakers[role], "content": text} for role, text in FOUR]
    made = {"session_identifier": "Home_1:S1_01", "session_uuid": "3fd3", "current_time": f"{DAY} (Thursday)"}
    return {**made, "dialogue_turns": turns, "extracted_memory": [], **fields}


REALMEM = [
    Shape("realmem", "a user", dump({"_metadata": {}, "dialogues": [_realmem()]}), ids=("3fd3:Home_1:S1_01",)),
    Shape("realmem", "indented", dump({"dialogues": [_realmem(), _realmem(session_uuid="b")]}, indent=2),
          talks=(FOUR, FOUR)),
    Shape("realmem", "nameless", dump({"dialogues": [_realmem(session_uuid=None, session_identifier=None)]})),
]  # fmt: skip

JSON_SHAPES = [
    *CHATGPT, *CLAUDE, *GEMINI, *AISTUDIO, *OPENWEBUI, *LMSTUDIO, *SHAREGPT, *OPENAI, *OLLAMA, *GROK, *JSONL, *REALMEM,
]  # fmt: skip
