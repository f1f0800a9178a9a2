"""Chat templates: only the template's own text names control tokens; conversations are shortened from the front."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.config import Template
from plum_edge.errors import NoModel
from plum_edge.records import Message
from plum_edge.templates.prompt import ChatTemplate, Control, Text, cut_longest, later_turns
from tests.tiny import CONTROLS, TEMPLATE

NAMES = ("<s>", "</s>", *CONTROLS)
contents = st.text() | st.lists(st.sampled_from([*NAMES, " ", "a", "\n", "<|", "end|>"])).map("".join)
private = st.lists(st.sampled_from([*map(chr, range(0xF0000, 0xF0006)), "a", "<|end|>"])).map("".join)
messages = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), contents), max_size=4)


def template(source: str = TEMPLATE) -> ChatTemplate:
    return ChatTemplate(source, NAMES, bos="<s>", eos="<|end|>", model="m")


@given(messages)
def test_control_tokens_are_the_templates_own_and_contents_stay_whole(chat: list[Message]) -> None:
    parts = template().render(chat)
    expected: list[Control | Text] = [Control("<s>")]
    for n, m in enumerate(chat):
        core = m.content.strip()
        place = (m.content.index(core), m.content.index(core) + len(core), n)
        text = [Text(m.content, (place,) if core else ())] if m.content else []
        expected += [Control(f"<|{m.role}|>"), *text, Control("<|end|>")]
    assert parts == [*expected, Control("<|assistant|>")]


def test_text_of_the_template_and_content_are_one_piece() -> None:
    source = "{% for m in messages %}<|user|>[{{ m.role }}]\n{{ m.content | trim }} !<|end|>{% endfor %}"
    parts = template(source).render([Message("user", "  hi <s> \n")])
    assert parts == [Control("<|user|>"), Text("[user]\nhi <s> !", ((7, 13, 0),)), Control("<|end|>")]


@given(st.lists(private, min_size=1, max_size=4))
def test_characters_that_nobody_uses_may_be_used(texts: list[str]) -> None:
    chat = [Message("user", f"a{text}") for text in texts]
    parts = template().render(chat, generation=False)
    assert [part.text for part in parts if isinstance(part, Text)] == [message.content for message in chat]


def test_without_generation_the_assistant_does_not_begin() -> None:
    assert template().render([], generation=False) == [Control("<s>")]


@pytest.mark.parametrize(
    "source",
    [
        "{{ raise_exception('no system message') }}",
        "{{ messages[7].content }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 1 / 0 }}",
        "{{ 'a' + 1 }}",
        "{% for i in range(10000000000) %}{% endfor %}",
    ],
)
def test_a_template_that_fails_or_breaks_out_is_a_sentence(source: str) -> None:
    with pytest.raises(NoModel, match="chat template"):
        template(source).render([Message("user", "a")])


def test_a_template_that_is_no_jinja_is_refused() -> None:
    with pytest.raises(NoModel, match="damaged"):
        template("{% for %}")


CHAT = [
    Message("system", "be kind"),
    Message("user", "one"),
    Message("assistant", "1"),
    Message("user", "two"),
    Message("assistant", "2"),
    Message("user", "three"),
]


def test_oldest_turns_go_first_and_the_system_message_stays() -> None:
    tails = later_turns(CHAT)
    assert [[m.content for m in tail] for tail in tails] == [
        ["be kind", "one", "1", "two", "2", "three"],
        ["be kind", "two", "2", "three"],
        ["be kind", "three"],
    ]
    assert later_turns([]) == [[]]


@given(messages.filter(bool), st.floats(0.01, 1))
def test_cutting_ends(chat: list[Message], share: float) -> None:
    for _ in range(10_000):
        shorter = cut_longest(chat, share)
        assert [m.role for m in shorter] == [m.role for m in chat]
        if shorter == chat:
            break
        chat = shorter
    assert all(m.content == "" for m in chat)


def test_a_system_message_keeps_its_beginning_and_a_question_its_end() -> None:
    assert cut_longest([Message("system", "abcdefghij")], 0.5)[0].content == "abcd"
    assert cut_longest([Message("user", "abcdefghij")], 0.5)[0].content == "ghij"


# -- settings ----------------------------------------------------------------------------------------------------------

STRICT = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{% for m in messages %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('take turns') }}{% endif %}"
    "<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
IGNORES = (
    "{% for m in messages if m.role != 'system' %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def written(source: str, chat: list[Message], settings: Template | None = None) -> str:
    parts = ChatTemplate(source, NAMES, bos="<s>", eos="<|end|>", model="m", settings=settings).render(chat)
    return "".join(part.token if isinstance(part, Control) else part.text for part in parts)


@pytest.mark.parametrize("source", [STRICT, IGNORES])
def test_a_system_message_goes_into_the_users_turn_where_the_template_has_no_place_for_it(source: str) -> None:
    assert written(source, [Message("system", "READ"), *CHAT[1:4]]) == (
        "<|user|>READ\n\none<|end|><|assistant|>1<|end|><|user|>two<|end|><|assistant|>"
    )
    assert written(source, [Message("user", "a"), Message("system", "READ")]) == (
        written(source, [Message("user", "a\n\nREAD")])
        if source is STRICT
        else "<|user|>a<|end|><|user|>READ<|end|><|assistant|>"
    )
    assert written(source, [Message("system", " "), Message("user", "a")]) == "<|user|>a<|end|><|assistant|>"


def test_each_text_of_a_turn_keeps_its_place() -> None:
    (_, text, *_) = ChatTemplate(STRICT, NAMES).render([Message("system", "READ"), Message("user", " one")])
    assert text == Text("READ\n\n one", ((0, 4, 0), (7, 10, 1)))


def test_settings_say_where_system_messages_go() -> None:
    chat = [Message("system", "READ"), Message("user", "one")]
    assert written(TEMPLATE, chat) == "<s><|system|>READ<|end|><|user|>one<|end|><|assistant|>"
    assert written(TEMPLATE, chat, Template(context="user")) == ("<s><|user|>READ\n\none<|end|><|assistant|>")
    assert written(IGNORES, chat, Template(context="system")) == "<|user|>one<|end|><|assistant|>"


def test_a_template_that_insists_on_turns_is_given_turns() -> None:
    chat = [Message("user", "a"), Message("user", "b"), Message("assistant", "c"), Message("user", "d")]
    assert written(STRICT, chat) == ("<|user|>a\n\nb<|end|><|assistant|>c<|end|><|user|>d<|end|><|assistant|>")
    assert written(TEMPLATE, chat[:2]) == "<s><|user|>a<|end|><|user|>b<|end|><|assistant|>"
    with pytest.raises(NoModel, match="take turns"):
        written(STRICT, [Message("assistant", "c")])


def test_a_template_may_want_contents_as_lists_of_parts() -> None:
    source = (
        "{% for m in messages %}<|{{ m.role }}|>{% for part in m.content %}{% if part.type == 'text' %}"
        "{{ part.text }}{% endif %}{% endfor %}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    assert written(source, [Message("user", "a<|end|>")]) == "<|user|>a<|end|><|end|><|assistant|>"
    assert ChatTemplate(source, NAMES).around.control == Control("<|end|>")


def test_variables_reach_the_template_and_cannot_replace_the_messages() -> None:
    kwargs = {"day": "today", "messages": [], "bos_token": "x"}
    source = "{{ bos_token }}{{ day }}{{ tools is none }}{{ builtin_tools is defined }}{{ messages[0].content }}"
    assert written(source, [Message("user", "a")], Template(kwargs=kwargs)) == "<s>todayTrueFalsea"


@pytest.mark.parametrize(
    ("source", "space", "text", "control"),
    [
        (TEMPLATE, "", "", "<|end|>"),
        ("{% for m in messages %}[{{ m.role }}] {{ m.content }} </s>{% endfor %}"
         "{% if add_generation_prompt %}[assistant]{% endif %}", " ", " ", "</s>"),
        ("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
         "{% if add_generation_prompt %}assistant: {% endif %}", "", "", "<|end|>"),
    ],
)  # fmt: skip
def test_what_stands_around_an_answer(source: str, space: str, text: str, control: str) -> None:
    around = template(source).around
    assert (around.space, around.text, around.control) == (space, text, Control(control))


def test_a_template_that_writes_no_answers_is_refused() -> None:
    with pytest.raises(NoModel, match="what the assistant says"):
        _ = template("{% for m in messages %}{{ m.content if m.role == 'user' }}{% endfor %}").around
