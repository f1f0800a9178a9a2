"""What is particular to a format: what is hidden in it, what is noted, and who speaks."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plum_edge.config import Log
from plum_edge.errors import BadInput
from plum_edge.importers import Reading, Wishes
from plum_edge.records import Conversation
from tests.importers.shapes.local import LLM, code_line
from tests.importers.shapes.programs import webui_row
from tests.importers.shapes.services import chatgpt, chatgpt_node, claude, claude_message, gemini_record
from tests.importers.shapes.talk import dump, lines


def brought(folder: Path, content: bytes, **wishes: Any) -> tuple[list[Conversation], dict[str, int]]:
    path = folder / "export.json"
    path.write_bytes(content)
    reading = Reading(path, Wishes(log=Log("UTC"), **wishes))
    found = [one for one in reading if isinstance(one, Conversation)]
    return found, {why: count for why, count in reading.left.items() if count}


def said(talk: Conversation) -> list[tuple[str, str]]:
    return [(one.role, one.content) for one in talk.messages]


# ChatGPT ------------------------------------------------------------------------------------------------------------


def chain(*nodes: dict[str, Any]) -> bytes:
    """An export of one conversation whose messages follow each other."""
    for above, node in zip((None, *nodes), nodes, strict=False):
        node["parent"] = above["id"] if above else None
    return dump([chatgpt(mapping={node["id"]: node for node in nodes}, current_node=nodes[-1]["id"])])


def of_kind(key: str, kind: str, role: str = "assistant", **fields: Any) -> dict[str, Any]:
    return chatgpt_node(key, None, role, "", content={"content_type": kind, **fields})


def test_what_chatgpt_hides_is_no_talk(tmp_path: Path) -> None:
    profile = {"user_profile": "I am a joiner.", "user_instructions": "Be brief."}
    (talk,), left = brought(
        tmp_path,
        chain(
            of_kind("ctx", "user_editable_context", "user", **profile),
            chatgpt_node("sys", None, "user", "My instructions.", metadata={"is_user_system_message": True}),
            chatgpt_node("q", None, "user", "What is a dovetail?", metadata=None),
            of_kind("th", "thoughts", thoughts=[{"content": "Hm."}]),
            chatgpt_node("call", None, "assistant", '{"query": "dovetail"}', recipient="browser.search"),
            of_kind("res", "tether_quote", "tool", text="A joint."),
            of_kind("code", "code", text="print(1)"),
            chatgpt_node("an", None, "assistant", "Analysis.", channel="analysis"),
            chatgpt_node("w0", None, "assistant", "Unseen.", weight=0.0),
            chatgpt_node("a", None, "assistant", "A joint of two boards."),
        ),
    )
    assert said(talk) == [("user", "What is a dovetail?"), ("assistant", "A joint of two boards.")]
    assert left == {"thinking": 2, "calls and results of tools": 3, "hidden messages": 3}


def test_images_files_and_speech_stand_where_they_were(tmp_path: Path) -> None:
    image = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"}
    pdf = {"attachments": [{"name": "plan of the shed.pdf", "mime_type": "application/pdf"}]}
    png = {"attachments": [{"name": "shed.png", "mime_type": "image/png"}]}
    speech = {"content_type": "audio_transcription", "text": "Is the door too low?"}
    sound = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file_2"}
    (talk,), _ = brought(
        tmp_path,
        chain(
            {**of_kind("i", "multimodal_text", "user", parts=[image, ""])},
            of_kind("m", "multimodal_text", "user", parts=[image, "The shed."]),
            chatgpt_node("f", None, "user", "See the plan.", metadata=pdf),
            chatgpt_node("p", None, "user", "And this.", metadata=png),
            of_kind("s", "multimodal_text", "user", parts=[speech, sound]),
            of_kind("o", "multimodal_text", "user", parts=[sound]),
        ),
    )
    assert [content for _, content in said(talk)] == [
        "[image]", "[image]\nThe shed.", "See the plan.\n[file: plan of the shed.pdf]", "And this.\n[image: shed.png]",
        "Is the door too low?", "[audio]",
    ]  # fmt: skip


def test_without_a_current_node_the_newest_leaf_counts(tmp_path: Path) -> None:
    talk = chatgpt(current_node=None)
    (one,), _ = brought(tmp_path, dump([talk]))
    assert one.messages[-1].content.startswith("The brass padlock")


# Others -------------------------------------------------------------------------------------------------------------


def test_claudes_pasted_texts_are_words_and_files_are_notes(tmp_path: Path) -> None:
    attached = [
        {"file_name": "paste.txt", "extracted_content": "A letter of my landlord.", "file_type": "txt"},
        {"file_name": "book.pdf", "extracted_content": "Three hundred pages.", "file_type": "pdf"},
        {"file_name": "", "extracted_content": "x" * 30_000},
    ]
    blocks = [
        {"type": "text", "text": "One."},
        {"type": "tool_use", "name": "a", "input": {}},
        {"type": "text", "text": "Two."},
    ]
    (talk,), left = brought(
        tmp_path,
        dump(
            [
                claude(
                    "c",
                    claude_message("1", "human", "", 0, attachments=attached, files=[{"file_name": "door.jpg"}]),
                    claude_message("2", "assistant", "One.\n```\nnot supported\n```\nTwo.", 1, content=blocks),
                )
            ]
        ),
    )
    assert said(talk) == [
        ("user", "A letter of my landlord.\n[file: book.pdf]\n[file]\n[image: door.jpg]"),
        ("assistant", "One.\n\nTwo."),
    ]  # fmt: skip
    assert left == {"calls and results of tools": 1}


@pytest.mark.parametrize(("before", "asked"), [
    ("Ingediende prompt: ", ["wat is een kat?", "wat is een hond?", "wat is een paard?"]),
    ("Ingediende prompt : ", ["wat is: een kat?", "wat is: een hond?", "wat is: een paard?"]),
    ("프롬프트：", ["고양이는 뭐야?", "고양이는 왜 자?", "고양이는 어디?"]), ("Gevraagd ", ["a", "b", "c"]),
])  # fmt: skip
def test_what_geminis_file_writes_before_a_question_ends_at_its_colon(
    tmp_path: Path, before: str, asked: list[str]
) -> None:
    records = [gemini_record(before, one, "Yes.", number) for number, one in enumerate(asked)]
    ((talk,), _) = brought(tmp_path, dump(records[::-1]))
    assert [text for role, text in said(talk) if role == "user"] == asked


def test_geminis_answers_are_text(tmp_path: Path) -> None:
    html = "<p>Feed it <b>twice</b> &amp; wait:</p><ul><li>flour</li><li>water</li></ul><pre><code>a  b</code></pre>"
    record = gemini_record("Prompted ", "My starter?", "", 0, safeHtmlItem=[{"html": html}], attachedFiles=["rye.txt"])
    far = gemini_record("Prompted ", "Next day?", "Yes.", 0, time="2026-03-13T10:00:00Z")
    talks, _ = brought(tmp_path, dump([far, record]))
    assert [said(talk)[0] for talk in talks] == [("user", "My starter?\n[file: rye.txt]"), ("user", "Next day?")]
    assert said(talks[0])[1] == ("assistant", "Feed it twice & wait:\n\n- flour\n\n- water\n\na  b")


def test_open_webuis_details_are_not_what_was_said(tmp_path: Path) -> None:
    row = webui_row()
    nodes = row["chat"]["history"]["messages"]
    nodes["1"]["files"] = [{"type": "image", "url": "data:"}, {"type": "file", "name": "plan.pdf"}]
    nodes["3"]["content"] = 'I wrote <details type="reasoning">myself</details>.'
    (talk,), left = brought(tmp_path, dump([row]))
    assert talk.messages[0].content.endswith("\n[image]\n[file: plan.pdf]")
    assert talk.messages[2].content == 'I wrote <details type="reasoning">myself</details>.'
    assert left == {"thinking": 1}


@pytest.mark.parametrize(
    "noise",
    [
        "<local-command-stdout>ok</local-command-stdout>", "Caveat: The messages below were generated by the user",
        "[Request interrupted by user for tool use]", "<task-notification>done</task-notification>",
        "This session is being continued from a previous conversation.", "<bash-input>ls</bash-input>",
    ],
)  # fmt: skip
def test_what_a_program_writes_in_the_users_name_is_not_the_users(tmp_path: Path, noise: str) -> None:
    (talk,), left = brought(
        tmp_path,
        lines(
            code_line("user", "a", None, "Oil the hinge, please.", 0),
            code_line("user", "b", "a", noise, 1),
            code_line("user", "m", "b", "Meta.", 1, isMeta=True),
            code_line("assistant", "c", "m", [{"type": "text", "text": "Oiled."}], 2),
        ),
    )
    assert said(talk) == [("user", "Oil the hinge, please."), ("assistant", "Oiled.")]
    assert left["hidden messages"] == 2


def test_the_lines_of_one_answer_are_one_message(tmp_path: Path) -> None:
    parts = [
        code_line("assistant", key, up, [{"type": "text", "text": key}], 1) for key, up in (("b", "a"), ("c", "b"))
    ]
    (talk,), _ = brought(tmp_path, lines(code_line("user", "a", None, "Go on.", 0), *parts))
    assert said(talk) == [("user", "Go on."), ("assistant", "b\nc")]


GROUP = """\
14/03/2026, 09:00 - Ola created group "Allotment: north"
14/03/2026, 09:01 - Ola: Who has the key?
14/03/2026, 09:02 - Jan: I have.
It hangs in the shed.
14/03/2026, 09:03 - Ewa: <Media omitted>
14/03/2026, 09:04 - Ewa: This message was deleted
14/03/2026, 09:05 - Ewa: IMG-2026.jpg (file attached)
15/03/2026, 21:00 - Jan: Good night. <This message was edited>
15/03/2026, 21:01 - \u200eJan changed the subject
"""


def test_others_in_a_group_are_not_the_user(tmp_path: Path) -> None:
    (first, second), left = brought(tmp_path, GROUP.encode(), me="Jan")
    assert [(m.role, m.name, m.content) for m in first.messages] == [
        ("assistant", "Ola", "Who has the key?"), ("user", "", "I have.\nIt hangs in the shed."),
        ("assistant", "Ewa", "[media]"), ("assistant", "Ewa", "[image: IMG-2026.jpg]"),
    ]  # fmt: skip
    assert (first.title, first.created_at.isoformat()) == ("Ola, Ewa", "2026-03-14T09:01:00+00:00")
    assert said(second) == [("user", "Good night.")]
    assert left == {"notices of the chat": 2, "deleted messages": 1}


@pytest.mark.parametrize("text", [
    "<Media omitted>", "<Medien ausgeschlossen>", "<Médias omis>", "<Multimedia omitido>", "<Archivo omitido>",
    "<Mídia oculta>", "<Media omessi>", "<Без медиафайлов>", "<メディアは含まれていません>", "\u200eimage absente",
    "\u200eBild weggelassen", "image omitted", "GIF omitted", "Vídeo omitido",
    "Report.pdf • \u200e3 pages document omitted",
])  # fmt: skip
def test_what_stands_for_media_is_noted(tmp_path: Path, text: str) -> None:
    ((talk,), _) = brought(tmp_path, f"14/03/2026, 09:00 - Jan: {text}\n".encode(), me="Jan")
    assert said(talk) == [("user", "[media]")]


@pytest.mark.parametrize("text", [
    "Je suis absent", "Marie est absente", "the salt was omitted", "Ich habe das Salz weggelassen", "<https://x.org/abc>",
    "<https://media.org/omitted>", "<3 <3 you>", "<grins>", "absent", "<b>",
])  # fmt: skip
def test_sentences_with_such_words_are_what_was_said(tmp_path: Path, text: str) -> None:
    ((talk,), _) = brought(tmp_path, f"14/03/2026, 09:00 - Jan: {text}\n".encode(), me="Jan")
    assert said(talk) == [("user", text)]


def test_llms_database_is_only_read(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    path.write_bytes(LLM[1].content)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    assert len([one for one in Reading(path, Wishes()) if isinstance(one, Conversation)]) == 1
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute(
            "INSERT INTO responses VALUES ('r3', 'm', 'In the -wal?', '', 'Yes.', '01key', '2026-03-13', '')"
        )
        (talk,) = (one for one in Reading(path, Wishes()) if isinstance(one, Conversation))
        assert said(talk)[-2:] == [("user", "In the -wal?"), ("assistant", "Yes.")]


def test_a_database_of_another_program_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE cookies (name TEXT)")
    with pytest.raises(BadInput, match="another program"):
        list(Reading(path, Wishes()))
    path.write_bytes(path.read_bytes()[:1024] + json.dumps({"x": 1}).encode() * 400)
    with pytest.raises(BadInput, match=r"cannot be read|another program"):
        list(Reading(path, Wishes()))


@pytest.mark.parametrize("place", [b"responses", b"prompt TEXT", b"datetime_utc TEXT", b"CREATE TABLE conversations"])
def test_a_database_whose_names_are_no_text_is_a_sentence(tmp_path: Path, place: bytes) -> None:
    path = tmp_path / "logs.db"
    path.write_bytes(LLM[1].content.replace(place, b"\xac" * len(place), 1))
    with pytest.raises(BadInput, match=r"cannot be read|another program"):
        list(Reading(path, Wishes()))
