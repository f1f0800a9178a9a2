"""Messages and pairs as token ids with roles: once, so that every backend sees the same numbers.

Tokenises exactly as the runtime does: control tokens where the template names them, plain text in between, and nothing
that a person wrote can become a control token. Knows nothing of weights, batches or training.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plum_edge.config import Template
from plum_edge.errors import NoModel
from plum_edge.records import Example, Message, Pair
from plum_edge.templates.prompt import ChatTemplate, Control, Text

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TEMPLATE, QUESTION, ANSWER = 0, 1, 2
"""Roles of tokens in `Example.roles`."""


class ChatTokenizer:
    """The tokenizer and chat template of a base in HF layout (``tokenizer.json``, ``tokenizer_config.json``).

    ``settings`` say how the template is used: the same as for the `runtime.Runtime` that answers.
    """

    def __init__(self, folder: Path, template: str, settings: Template | None = None) -> None:
        self.folder, self._source, self._settings = folder, template, settings
        self.cut = 0
        """How many examples were longer than their limit, since somebody last looked."""

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        path = self.folder / "tokenizer.json"
        if not path.is_file():
            raise NoModel(self.folder.name, f"{path} is missing")
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.encode_special_tokens = True  # the name of a control token in a text is text
        return tokenizer

    @cached_property
    def _template(self) -> ChatTemplate:
        config: dict[str, Any] = json.loads((self.folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        added = self._tokenizer.get_added_tokens_decoder().values()
        controls = [token.content for token in added if token.special]
        bos, eos = (_text(config.get(name)) for name in ("bos_token", "eos_token"))
        return ChatTemplate(self._source, controls, bos=bos, eos=eos, model=self.folder.name, settings=self._settings)

    def encode(self, text: str) -> list[int]:
        """Return the ids of plain text."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, control tokens left out."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the ids that stand before the assistant's next word."""
        return self._prompt(messages)[0]

    @cached_property
    def ending(self) -> int | None:
        """The control token that ends an assistant's turn; None where the template has none."""
        control = self._template.around.control
        return self._control(control) if control else None

    def example(self, messages: Sequence[Message], *, limit: int = 0) -> Example:
        """Return a chat that ends with the assistant's answer as an `Example`.

        It is the prompt of what stands before the answer, as `prompt` gives it, and the answer as it would be said
        then: without white space around it, ended by the token that ends a turn, or it would never stop. The last user
        message is the question, everything else before the answer template: contexts and system prompts are not
        learned. ``limit`` (tokens): of a longer chat the middle of what stands before the question goes first, then the
        end.
        """
        *before, answer = messages
        ids, roles, last = self._prompt(before)
        said = self._said(answer.content.strip(), last)
        ids, roles = ids + said, roles + [ANSWER] * len(said)
        if limit and len(ids) > limit:
            self.cut += 1
            before_question = roles.index(QUESTION) if QUESTION in roles else 0
            cut = min(len(ids) - limit, max(0, before_question - 2))
            ids, roles = (ids[:1] + ids[1 + cut :])[:limit], (roles[:1] + roles[1 + cut :])[:limit]
        prompt = roles.index(ANSWER) if ANSWER in roles else len(roles)
        return Example(tuple(ids), bytes(roles), prompt)

    def pair(self, pair: Pair, *, limit: int = 0) -> Example:
        """Return a question–answer pair as an `Example`: two messages, no system prompt."""
        return self.example([Message("user", pair.question), Message("assistant", pair.answer)], limit=limit)

    def _control(self, part: Control) -> int:
        found = self._tokenizer.token_to_id(part.token)
        if found is None:
            raise NoModel(self.folder.name, f"its tokenizer does not know {part.token}")
        return int(found)

    def _prompt(self, messages: Sequence[Message]) -> tuple[list[int], list[int], str]:
        """Return a prompt's ids, their roles, and the plain text that it ends with, if it ends with text."""
        question = max((i for i, m in enumerate(messages) if m.role == "user"), default=None)
        ids: list[int] = []
        roles: list[int] = []
        last = ""
        for part in self._template.render(messages):
            last = part.text if isinstance(part, Text) else ""
            if isinstance(part, Control):
                ids.append(self._control(part))
                roles.append(TEMPLATE)
                continue
            asked = [(start, end) for start, end, place in part.contents if place == question]
            encoding = self._tokenizer.encode(part.text, add_special_tokens=False)
            ids += encoding.ids
            roles += [QUESTION if _within(offsets, asked) else TEMPLATE for offsets in encoding.offsets]
        return ids, roles, last

    def _said(self, answer: str, last: str) -> list[int]:
        """Return the ids of an answer and its end, after a prompt that ends with this text.

        Both are tokenised as one, as by whoever trained the base, unless the prompt's own tokens would be others then.
        """
        around = self._template.around
        said, known = answer + around.text, self.encode(last)
        ids = self.encode(said)
        if last:
            whole = self.encode(f"{last}{around.space}{said}")
            ids = whole[len(known) :] if whole[: len(known)] == known else ids
        return ids if self.ending is None else [*ids, self.ending]


def _within(offsets: tuple[int, int], places: Sequence[tuple[int, int]]) -> bool:
    """Return whether a token's last character stands in one of these places."""
    last = max(offsets[0], offsets[1] - 1)
    return any(start <= last < end for start, end in places)


def _text(token: object) -> str:
    return str(token.get("content", "")) if isinstance(token, dict) else str(token or "")
