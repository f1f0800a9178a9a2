"""Chat templates: only the template's own text names control tokens; conversations are shortened from the front."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.errors import NoModel
from plum_edge.prompt import ChatTemplate, Control, Text, cut_longest, later_turns
from plum_edge.records import Message
from tests.tiny import CONTROLS, TEMPLATE

NAMES = ("<s>", "</s>", *CONTROLS)
contents = st.text() | st.lists(st.sampled_from([*NAMES, " ", "a", "\n", "<|", "end|>"])).map("".join)
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
