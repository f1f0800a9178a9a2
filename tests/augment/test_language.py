"""Which language a text is in: short, mixed, and between code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plum_edge.augment.language import OTHER, UNKNOWN, language, name, only, spoken
from tests.augment.conversations import CAT, HOME, TAP, logs, segment

SAID = {
    "en": ("My kitchen tap drips and I bought a washer.", "Dentist on Tuesday!", "Thanks, that worked."),
    "de": ("Zahnarzt am Dienstag", "Mein Hund ist krank", "Kannst du mir ein Rezept für Kürbissuppe geben?"),
    "fr": ("J'ai acheté une voiture hier avec mon frère.", "Bonjour, ça va ?", "Mon chat est malade"),
    "es": ("Hola, ¿qué tal?", "Ayer compré un coche nuevo con mi hermano."),
    "it": ("Ciao, come stai?", "Il gatto è malato", "Ieri ho comprato una macchina con mio fratello."),
    "pt": ("O meu gato está doente", "Ontem comprei um carro com o meu irmão."),
    "nl": ("De kat is ziek", "Waar is mijn fiets?", "Ik heb gisteren een auto gekocht met mijn broer."),
    "sv": ("Katten är sjuk", "Jag köpte en bil igår med min bror."),
    "pl": ("Kot jest chory", "Wczoraj kupiłem samochód z moim bratem."),
    "cs": ("Včera jsem si koupil auto s bratrem.",),
    "tr": ("Dün kardeşimle bir araba aldım.",),
    "fi": ("Ostin eilen auton veljeni kanssa.",),
    "hu": ("Tegnap vettem egy autót a testvéremmel.",),
    "ru": ("Вчера я купил машину с братом.",),
    "uk": ("Вчора я купив машину, її звати Їжак.",),
    "ja": ("昨日、兄と車を買いました。",),
    "zh": ("昨天我和哥哥买了一辆车。",),
    "ko": ("어제 형과 차를 샀어요.",),
    "ar": ("اشتريت سيارة أمس مع أخي.",),
    "el": ("Χθες αγόρασα αυτοκίνητο.",),
}
CODE = "```python\nfor the in of:\n    is = not_in(the, and_)\n```"
GERMAN = "Ich habe heute den Mietvertrag unterschrieben, und die Wohnung ist schön."


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in SAID.items() for text in texts])
def test_a_short_text_is_known(code: str, text: str) -> None:
    assert language(text) == code
    assert name(code)[0].isupper()


@pytest.mark.parametrize(
    "text",
    [
        "Recipe for Spätzle, please: my grandmother from Stuttgart made them.",
        "Naïve café résumé, she said, déjà vu.",
        "My boss wrote 'wir müssen reden'. I have no idea what he means, and I am worried about it.",
        f"Why is this wrong?\n{CODE}",
    ],
)
def test_foreign_words_in_english_stay_english(text: str) -> None:
    assert language(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        f"Warum geht das nicht?\n{CODE}",
        "Der Chef schrieb 'we need to talk about it'. Ich habe keine Ahnung, was er meint, und mache mir Sorgen.",
    ],
)
def test_english_words_in_german_stay_german(text: str) -> None:
    assert language(text) == "de"


@pytest.mark.parametrize("text", ["", "12345", CODE, "def f(x): return x[0] == '{}'", "https://example.org/the/and/of"])
def test_code_and_figures_are_no_language(text: str) -> None:
    assert language(text) == UNKNOWN


def test_a_language_that_is_not_here_is_none_of_these() -> None:
    assert language("Jana nilinunua gari pamoja na kaka yangu mjini Nairobi.") == OTHER
    assert "not known" in name(OTHER)


def test_a_talk_is_in_the_language_of_its_user() -> None:
    assert spoken(segment(GERMAN, "That is a lovely flat, and I am happy for you.", "Danke, ich mich auch.")) == "de"
    assert spoken(segment("What does this mean, and who says it?", GERMAN)) == "en"
    assert [spoken(one) for one in (TAP, CAT, HOME)] == ["en"] * 3


def test_mixed_talk_is_read_without_what_is_clearly_in_another_language() -> None:
    mixed = segment("I bought a washer for the tap in my kitchen.", "Good, is that all of it?", GERMAN, "I see.")
    left = only(mixed, "en")
    assert [message.content for message in left.messages] == [
        mixed.messages[0].content,
        "Good, is that all of it?",
        "",
        "I see.",
    ]
    assert only(left, "en") == left


def test_a_quoted_line_leaves_the_talk_as_it_is() -> None:
    talk = segment(*["I bought a washer for the tap in my kitchen, and it does not fit."] * 7, GERMAN)
    assert only(talk, "en") is talk


@given(logs())
def test_english_talk_is_never_taken_for_another(log: list) -> None:
    assert {spoken(one) for one in log} <= {"en", UNKNOWN}
    assert all(only(one, "en") is one for one in log)


@given(st.text(max_size=400))
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(language(text), str)
