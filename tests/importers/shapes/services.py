"""What online services export, in at least three shapes each: ChatGPT, Claude.ai, Gemini, AI Studio, Grok."""

from __future__ import annotations

from typing import Any

from tests.importers.shapes.talk import ASKED, FOUR, MORE, SECONDS, THEN, TOLD, Shape, dump, iso

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


# Grok ---------------------------------------------------------------------------------------------------------------


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
