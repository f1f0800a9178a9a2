"""Google AI Studio's prompts as they lie in Drive: one JSON object a file, without an extension.

It has no id and, in older files, no date. Knows nothing of what was not sent (``pendingInputs``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from plum_edge.importers import parts
from plum_edge.importers.base import Draft, Skip, Source, mapping, message, sequence, string
from plum_edge.importers.dates import parse
from plum_edge.importers.head import Head
from plum_edge.importers.values import values
from plum_edge.records import Message, Role, content_hash

NAME = "aistudio"
TITLE = "Google AI Studio, a prompt out of Drive"

_ROLES: dict[str, Role] = {"user": "user", "model": "assistant"}
_MEDIA = {
    "driveImage": parts.image, "inlineImage": parts.image, "driveDocument": parts.file, "inlineFile": parts.file,
    "inlineData": parts.file, "driveAudio": parts.audio, "driveVideo": parts.video, "youtubeVideo": parts.video,
}  # fmt: skip


def sniff(head: Head) -> bool:
    """Whether there is a prompt in chunks."""
    return head.has("chunkedPrompt")


def read(source: Source) -> Iterator[Draft | Skip]:
    """Yield the prompt of the file; `base.Format` has the contract."""
    for found in values(source.stream):
        prompt = mapping(mapping(found.value).get("chunkedPrompt"))
        said = [_message(mapping(chunk), source.left) for chunk in sequence(prompt.get("chunks"))]
        messages = tuple(one for one in said if one)
        title = source.file.removesuffix(".json")
        first = next((one.content for one in messages if one.role == "user"), "")
        yield Draft(
            where=f"prompt {found.number}",
            id=content_hash(NAME, source.file, first) if messages else "",
            title=title,
            created_at=parse(mapping(found.value).get("createTime")),
            messages=messages,
        )


def _message(chunk: dict[str, Any], left: Counter[str]) -> Message | None:
    role = _ROLES.get(string(chunk.get("role")))
    if chunk.get("isThought"):
        left[parts.THINKING] += 1
        return None
    if role is None:
        left[parts.UNKNOWN] += bool(chunk)
        return None
    pieces = [string(chunk.get("text"))]
    if not pieces[0]:
        inner = [mapping(one) for one in sequence(chunk.get("parts"))]
        pieces = [string(one.get("text")) for one in inner if not one.get("thought")]
    media = [note(mapping(chunk[key]).get("name")) for key, note in _MEDIA.items() if key in chunk]
    return message(role, parts.joined([*pieces, *media]), parse(chunk.get("createTime")))
