"""Which language a text is in: by its script, by letters that few languages have, and by its small words.

Made to keep what is not English away from what reads English only, also where a text is short, mixed, or half code.
Small words are counted: each counts as much as it is rare among the languages here. Knows nothing of conversations but
their messages, and nothing of what is done with the answer.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache

from plum_edge.records import Message, Segment

UNKNOWN = ""
"""No hint at all: too short, or all of it code, names and numbers."""
OTHER = "und"
"""No language of those here (the code is ISO 639-2's for "undetermined")."""

_SMALL = {
    "en": """the and of to in is are was were be been it that this these those with for on at from by as but not
        have has had do does did will would can could should my your his her our their i you he she we they
        me him them us an or if so what which who when where how there about into just don't i'm it's i've
        can't hello""",
    "de": """der die das und ist ich nicht ein eine einen einem einer zu den dem des mit auf für im es sie wir
        ihr mein meine dein auch aber wie was wenn ich's hat habe haben war sind wird werden noch nur schon
        mir mich dich uns von vom zum zur bei beim nach über oder kein keine dass weil hallo morgen gestern
        heute bin bist am ins doch sehr gut weiß montag dienstag mittwoch donnerstag freitag""",
    "fr": """le la les des et est un une du que qui ne pas pour dans sur avec ce cette mon ma mes ton son je tu
        il elle nous vous ils mais ou où au aux plus très j'ai c'est n'est d'un qu'il suis avons était
        bonjour été fait quel""",
    "es": """el la los las y es un una que no en de del por para con se su mi tu me lo le pero más muy como está
        este esta yo ella nosotros fue tengo hay qué cuando porque ya hola gracias he ha son al nuestro hoy
        ayer""",
    "it": """il lo la gli le e è un una di che non in per con si mio mia suo sono ho hai ha ma come più molto
        questo questa del della nel nella al alla anche io tu noi ci perché quando ciao era grazie dei delle
        oggi ieri""",
    "pt": """o a os as e é um uma de que não em para com se está meu minha seu sua mas como mais muito este esta
        do da dos das no na eu ele ela nós você foi tenho há porque quando olá obrigado ao pelo pela isso
        hoje ontem""",
    "nl": """de het een en is ik niet van dat op te in met voor zijn was heb heeft hebben maar ook naar bij om je
        jij we mijn deze dit die er aan als wat hoe waar wanneer nog geen ben hallo morgen gisteren vandaag
        uit over""",
    "sv": """och är att det en ett jag inte på för med som av den till har var om du vi han hon min mitt mina men
        så kan ska från när vad hur hej också eller i idag igår bara nu blev""",
    "da": """og er at det en et jeg ikke på for med som af den til har var om du vi han hun min mit mine men så
        kan skal fra når hvad hvordan hej også eller i dag går bare nu blev""",
    "no": """og er at det en et jeg ikke på for med som av den til har var om du vi han hun min mitt mine men så
        kan skal fra når hva hvordan hei også eller i dag går bare nå ble""",
    "pl": """i w na z do się nie to jest że a o jak ale po co tak za od czy już mam mój moja moje jestem był była
        było dla przez jego jej ich ten ta tylko bardzo mnie cześć dzisiaj wczoraj są może kiedy""",
    "cs": """a v na se je že to s z do o jsem jsme ale jak po za pro ne není byl byla bylo můj moje mám co už jen
        tak když ve ten ta který dnes včera ahoj jeho její mi má""",
    "tr": """ve bir bu da de için ile ben sen o biz çok ama ne var yok mi mı değil gibi daha kadar benim bana
        bugün dün nasıl olarak sonra oldu merhaba evet hayır şey""",
    "fi": """ja on ei se että en hän me te olen oli minun mutta kun niin myös tai jos mitä missä miten kuin vain
        nyt tämä sitä ovat ole hei tänään eilen minä sinä joka""",
    "ro": """și este nu în la cu pe de un o care ce mai din pentru sunt am ai are dar cum când sau foarte meu mea
        el ea noi azi ieri că să bună fost""",
    "hu": """a az és nem van hogy egy is de meg volt én te mi ez azt csak már mint még nagyon nekem vagy szia ma
        tegnap el ki ha kell""",
}
"""Small words, and a greeting or a day or two."""
_LETTERS = {
    "de": "ßäöü", "fr": "çœèêëàùûîô", "es": "ñ¿¡áíóú", "it": "àèìòù", "pt": "ãõçáâêôàó", "sv": "åäö", "da": "åøæ",
    "no": "åøæ", "pl": "łąęśżźćńó", "cs": "řěůšžčáíýé", "tr": "ığşçöü", "fi": "äö", "ro": "ăâîșț", "hu": "őűáéíóúöü",
}  # fmt: skip
_LETTER = 0.4
"""What one such letter counts beside a small word that only one language has; divided as those are."""
_SCRIPTS = (
    ("ja", r"[\u3040-\u30ff]"), ("ko", r"[\uac00-\ud7af]"), ("zh", r"[\u4e00-\u9fff]"), ("el", r"[\u0370-\u03ff]"),
    ("he", r"[\u0590-\u05ff]"), ("hi", r"[\u0900-\u097f]"), ("th", r"[\u0e00-\u0e7f]"), ("fa", r"[پچژگ]"),
    ("ar", r"[\u0600-\u06ff]"), ("uk", r"[іїєґІЇЄҐ]"), ("ru", r"[\u0400-\u04ff]"),
)  # fmt: skip
"""By rank: what has kana is Japanese, though most of its signs may be shared with Chinese."""
_NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "sv": "Swedish", "da": "Danish", "no": "Norwegian", "pl": "Polish", "cs": "Czech", "tr": "Turkish",
    "fi": "Finnish", "ro": "Romanian", "hu": "Hungarian", "ja": "Japanese", "ko": "Korean", "zh": "Chinese",
    "el": "Greek", "he": "Hebrew", "hi": "Hindi", "th": "Thai", "fa": "Persian", "ar": "Arabic", "uk": "Ukrainian",
    "ru": "Russian",
}  # fmt: skip
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_SIGNS = frozenset("{}[]<>=;|\\$#*_()/@")
_LONGEST = 20_000
"""Characters of a text that are read: what language they are in, the rest is in, too."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_FEW = 8
"""Words from which a text that has none of a language's small words is not in that language."""
_LEAST = 0.06
"""What must speak for a language, for each word: in one that is here, a third of all words are small ones."""
_MIXED = 0.25
"""Share of a talk's words in another language from which it is mixed talk."""
_CLEARLY = 3.0
"""How many times as much for one language as for another settles a single message, and the least that it must have."""


def language(text: str) -> str:
    """Return the ISO 639-1 code of the language that most of a text's prose is in, `UNKNOWN` or `OTHER`."""
    prose = _prose(text)
    script = _script(prose)
    if script:
        return script
    scores = _scores(prose)
    count = len(_WORD.findall(prose))
    best = max(scores, key=lambda code: (scores[code], code == "en"), default=UNKNOWN)
    if scores[best] < _LEAST * max(count, _FEW):
        return OTHER if count >= _FEW else UNKNOWN
    return best


def spoken(segment: Segment) -> str:
    """Return the language that most of the user's prose in a segment is in; the assistant's where that says nothing."""
    said = {role: "\n".join(m.content for m in segment.messages if m.role == role) for role in ("user", "assistant")}
    return language(said["user"]) or language(said["assistant"])


def only(segment: Segment, code: str) -> Segment:
    """Return a segment without the words of messages that are clearly in another language; ordinals stay.

    A few words in another language, such as a quoted line, leave the talk as it is.
    """
    kept = tuple(_only(message, code) for message in segment.messages)
    said, left = (sum(len(one.content.split()) for one in messages) for messages in (segment.messages, kept))
    return replace(segment, messages=kept) if left < said * (1 - _MIXED) else segment


def name(code: str) -> str:
    """Return a language's English name."""
    return _NAMES.get(code, "a language that is not known here")


def clearly_other(text: str, code: str) -> bool:
    """Return whether a single message is clearly in another language; the best guess at a short one may be wrong."""
    prose = _prose(text)
    script, scores = _script(prose), _scores(prose)
    other = max((score for one, score in scores.items() if one != code), default=0.0)
    return script != code if script else other >= _CLEARLY and other >= _CLEARLY * scores[code]


def _only(message: Message, code: str) -> Message:
    return replace(message, content="") if clearly_other(message.content, code) else message


def _prose(text: str) -> str:
    """Return a text without code, addresses, and lines of which a tenth are signs."""
    lines = _CODE.sub(" ", text[:_LONGEST]).splitlines()
    prose = (line for line in lines if sum(sign in _SIGNS for sign in line) * 10 <= max(len(line), 10))
    return "\n".join(" ".join(word for word in line.split() if not _SIGNS & set(word)) for line in prose)


def _script(prose: str) -> str:
    """Return the language of a script that is not Latin, if half of the letters are of one."""
    letters = sum(sign.isalpha() for sign in prose)
    latin = sum(sign.isalpha() and sign < "\u0250" for sign in prose)
    if not letters or latin * 3 > letters * 2:  # a sign of Chinese says as much as a word: a third is half
        return ""
    return next((code for code, pattern in _SCRIPTS if re.search(pattern, prose)), OTHER)


def _scores(prose: str) -> Counter[str]:
    """Return what speaks for each language of Latin script."""
    found: Counter[str] = Counter()
    counts = Counter(word.replace("’", "'") for word in _WORD.findall(prose.casefold()))
    for word, count in counts.items():
        owners = _owners().get(word, ())
        for code in owners:
            found[code] += count / len(owners)  # type: ignore[assignment]
    for sign, count in Counter(prose.casefold()).items():
        having = [code for code, signs in _LETTERS.items() if sign in signs]
        for code in having:
            found[code] += _LETTER * count / len(having)  # type: ignore[assignment]
    return found


@cache
def _owners() -> dict[str, tuple[str, ...]]:
    owners: dict[str, list[str]] = {}
    for code, small in _SMALL.items():
        for word in small.split():
            owners.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in owners.items()}
