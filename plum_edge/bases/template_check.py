"""Is a base asked as it is trained? Its chat template is tried out on chats as they come, before it becomes a base.

An adapter that is trained at one position and read at another remembers nothing, without a word. So what is trained on
must be the prompt, to the last token, and then the answer. Joins the trainer's tokenizer and the runtime. Knows nothing
of weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

from plum_edge.errors import NoModel
from plum_edge.records import Example, Message
from plum_edge.runtime import Runtime
from plum_edge.templates.tokens import ANSWER, QUESTION, ChatTokenizer

_SYSTEM = Message("system", "Be brief.")
_CONTEXT = Message("system", "Conversation of 14 March 2026\nUser: the kitchen tap drips\nAssistant: call a plumber")
_BEFORE = (Message("user", "Good morning."), Message("assistant", "Good morning to you."))
_QUESTION = Message("user", "Did we talk about the kitchen tap?")
_ANSWERS = (Message("assistant", "Yes, on 14 March 2026."), Message("assistant", "No."))
CHATS: dict[str, tuple[Message, ...]] = {
    "a question": (_QUESTION,),
    "a system message": (_SYSTEM, _QUESTION),
    "a text to read": (_CONTEXT, _QUESTION),
    "a longer chat": (*_BEFORE, _QUESTION),
    "a longer chat with a text to read": (_CONTEXT, *_BEFORE, _QUESTION),
}
"""What is asked, by its name; the answers come after it."""


def check_template(tokenizer: ChatTokenizer, runtime: Runtime | None = None) -> None:
    """Make sure that a base is trained on the prompts that it is asked with, and that these say what was said.

    ``runtime`` is the same base in llama.cpp, with the same settings of its template, where it is open: its prompts
    must be the same.

    Raises:
        NoModel: the template does not take these chats, leaves something out, or the two differ.
    """
    for name, asked in CHATS.items():
        prompt = tokenizer.prompt(asked)
        for answer in _ANSWERS:
            if why := next(_faults(tokenizer, asked, answer, prompt), ""):
                _refuse(tokenizer, f"{name}: {why}")
        if runtime is not None and runtime.chat_ids(asked) != prompt:
            _refuse(tokenizer, f"{name}: llama.cpp is asked in other tokens than it is trained on")


def _faults(
    tokenizer: ChatTokenizer, asked: Sequence[Message], answer: Message, prompt: Sequence[int]
) -> Iterator[str]:
    """Give what is wrong, in words."""
    read = _letters(tokenizer.decode(prompt))
    for message in asked:
        if _letters(message.content) not in read:
            yield f"its chat template leaves out or changes what the {message.role} says"
    example = tokenizer.example([*asked, answer])
    if list(example.ids[: example.prompt]) != list(prompt):
        yield "what it is trained on is not the prompt that it is asked with"
    if _letters(asked[-1].content) not in _letters(_of(tokenizer, example, QUESTION)):
        yield "the question cannot be told from the rest of the prompt"
    if _letters(answer.content) != _letters(_of(tokenizer, example, ANSWER)):
        yield "its chat template leaves out or changes what the assistant says"
    word = answer.content.split(",")[0].rstrip(".")
    first = tokenizer.decode(example.ids[example.prompt : example.prompt + 1]).strip()
    if len(tokenizer.encode(word)) == 1 and first != word:
        yield f"the answer {word} does not begin with that word after its prompt"
    if tokenizer.ending is None:
        yield "nothing in its chat template ends an answer"


def _of(tokenizer: ChatTokenizer, example: Example, role: int) -> str:
    return tokenizer.decode([i for i, found in zip(example.ids, example.roles, strict=True) if found == role])


def _letters(text: str) -> str:
    """Return what no tokenizer changes or joins to what stands beside it."""
    return "".join(c for c in text if c.isalnum())


def _refuse(tokenizer: ChatTokenizer, why: str) -> NoReturn:
    raise NoModel(
        tokenizer.folder.name,
        f"it would not be asked as it is trained ({why})",
        "Choose another: plum-edge models list",
    )
