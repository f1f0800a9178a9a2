"""Chat formats in Ollama's words: what its template language would write is what the model's own template writes."""

from __future__ import annotations

import re

import pytest

from plum_edge.convert import ollama
from plum_edge.errors import NoModel
from plum_edge.records import Message
from plum_edge.templates.prompt import ChatTemplate, Control
from tests import tiny

CHATML = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are \"helpful\".<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% for m in messages %}<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n"
    "{{ m['content'] }}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
FORMATS = {"chatml": CHATML, "llama-3": LLAMA3, "gemma": GEMMA, "tiny": tiny.TEMPLATE}
TALK = [
    Message("user", "Hello {{ .Content }}"), Message("assistant", 'Hi. """'), Message("user", "Bye"),
    Message("assistant", "Bye."), Message("user", "?"),
]  # fmt: skip


def go(template: str, messages: list[Message]) -> str:
    """Run the few words of Go's template language that we write, as Go does."""
    import json

    tokens = re.findall(r'\{\{ ((?:"(?:\\.|[^"\\])*"|(?!\}\}).)*) \}\}', template)
    assert "".join(f"{{{{ {token} }}}}" for token in tokens) == template, "nothing stands outside the braces"
    start, end = tokens.index("range .Messages"), len(tokens) - 1 - tokens[::-1].index("end")
    has_system = any(m.role == "system" for m in messages)
    head, body, tail = tokens[:start], tokens[start + 1 : end - 1], tokens[end + 1 :]
    assert tokens[end - 1] == "end"
    assert not head or (head[0], head[-1]) == ("if not .System", "end")
    out = "" if has_system else "".join(json.loads(token) for token in head[1:-1])
    for m in messages:
        live = False
        for token in body:
            if "eq .Role" in token:
                live = token.endswith(f'"{m.role}"')
            elif live:
                out += m.content if token == ".Content" else json.loads(token)
    return out + "".join(json.loads(token) for token in tail)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("system", [False, True])
def test_it_writes_what_the_models_own_template_writes(name: str, system: bool) -> None:
    bos = "<s>" if name in ("llama-3", "gemma") else ""
    found = ollama.chat_format(FORMATS[name], bos=bos, eos="</s>", name=name)
    if system and name == "gemma":
        assert found.system is None and "no system message" in ollama.modelfile("m.gguf", found, context=64)
        return
    talk = [Message("system", "Be brief."), *TALK] if system else TALK
    parts = ChatTemplate(FORMATS[name], [], bos=bos, eos="</s>").render(talk)
    wanted = "".join(p.token if isinstance(p, Control) else p.text for p in parts).removeprefix(bos)
    assert go(found.go(), talk) == wanted


def test_the_file_names_the_model_the_end_of_a_turn_and_the_context() -> None:
    lines = ollama.modelfile("model.gguf", ollama.chat_format(CHATML), context=4096)
    assert lines.startswith("FROM ./model.gguf\n") and "PARAMETER num_ctx 4096\n" in lines
    assert lines.endswith('PARAMETER stop "<|im_end|>"\n')
    assert lines.count('"""') == 2


def test_a_format_that_counts_its_turns_is_refused() -> None:
    counted = "{% for m in messages %}[{{ loop.index }}]{{ m['content'] }}{% endfor %}"
    with pytest.raises(NoModel, match="cannot be written as Ollama's"):
        ollama.chat_format(counted, name="odd")
