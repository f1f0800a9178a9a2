"""Files of messages that belong to no program, in at least three shapes each: ShareGPT, OpenAI, ours, RealMem."""

from __future__ import annotations

from typing import Any

from tests.importers.shapes.talk import DAY, FOUR, MESSAGES, SECONDS, TWO, Shape, dump, lines

# ShareGPT -----------------------------------------------------------------------------------------------------------


def sharegpt(user: str = "human", assistant: str = "gpt", key: str = "from", value: str = "value") -> dict[str, Any]:
    names = {"user": user, "assistant": assistant}
    return {"id": "sg_0", "conversations": [{key: names[role], value: text} for role, text in FOUR]}


SHAREGPT = [
    Shape("sharegpt", "array", dump([sharegpt()]), ids=("sg_0",), dated=False),
    Shape("sharegpt", "lines", lines(sharegpt("user", "chatgpt"), {"conversations": sharegpt()["conversations"][:2]}),
          "set.jsonl", (FOUR, TWO), dated=False),
    Shape("sharegpt", "roles, indented", dump(sharegpt("user", "assistant", "role", "content"), indent=2), dated=False),
]  # fmt: skip


# OpenAI -------------------------------------------------------------------------------------------------------------

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


# Ours, RealMem ------------------------------------------------------------------------------------------------------

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
