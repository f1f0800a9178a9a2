"""What programs that run models at home write, in at least three shapes each: Open WebUI, LM Studio, Ollama."""

from __future__ import annotations

from typing import Any

from tests.importers.shapes.talk import ASKED, DAY, FOUR, MESSAGES, MORE, SECONDS, THEN, TOLD, Shape, dump, iso, lines

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


# Ollama -------------------------------------------------------------------------------------------------------------


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
