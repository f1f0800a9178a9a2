"""What the check of written pairs knows of a language: its small words, and how it says no, perhaps, then and who.

English and German. A language that is not here cannot be checked, and no pair of it is believed. Knows nothing of
conversations; support.py and proofs.py read them with these tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from plum_edge.augment import words as english
from plum_edge.augment.synonyms import kin_of
from plum_edge.augment.words import wordset


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language. Patterns are searched for in text as it was written; words and stems are lower case."""

    code: str
    name: str
    stem: Callable[[str], str]
    akin: Callable[[str], frozenset[str]]
    """The stems that a word may stand for; its own among them."""
    function: frozenset[str]
    """Words that carry no content."""
    loose: frozenset[str]
    """Stems that a question or an answer may add to what was said: of talking, of asking, and verbs that say little."""
    numbers: Mapping[str, int]
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    """Monday first."""
    days: Mapping[str, int]
    """Words for a day by its distance from the day of talking."""
    asks: frozenset[str]
    """Words that begin an open question."""
    relative: re.Pattern[str]
    """Dates that mean nothing without the day of talking."""
    negation: re.Pattern[str]
    doubt: re.Pattern[str]
    """Marks what is supposed, wished or asked for: not told as a fact."""
    condition: re.Pattern[str]
    """Begins a clause that the rest of its sentence hangs on."""
    ahead: re.Pattern[str]
    """Marks what is still to come."""
    over: re.Pattern[str]
    """Marks what was so and is no more."""
    past: re.Pattern[str]
    changed: re.Pattern[str]
    """Marks that something is otherwise than it was before."""
    off: re.Pattern[str]
    """Marks that something will not be."""
    often: frozenset[str]
    """Words of how often and when: what a change of mind changes."""
    clause: re.Pattern[str]
    """Where one clause ends and the next begins."""
    user: re.Pattern[str]
    """The user as the subject, in the user's own words."""
    addressed: re.Pattern[str]
    """The user as the subject, in an answer."""
    third: re.Pattern[str]
    """Somebody else as the subject, by a pronoun."""
    bidden: re.Pattern[str]
    """Somebody has the user do something."""
    told: re.Pattern[str]
    """A question about what the assistant said."""
    saying: re.Pattern[str]
    """A question or an answer about what the user said."""
    wrong: re.Pattern[str]
    """How a user tells the assistant that it is mistaken."""
    states: re.Pattern[str]
    """A verb that says what is, not who does what to whom."""
    acts: re.Pattern[str]
    """A name at the beginning of a clause, and the verb after it."""


def _any(words: str, *, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(rf"(?:{words})", flags)


def _stems(stem: Callable[[str], str], words: str) -> frozenset[str]:
    return frozenset(map(stem, words.split()))


_PAST_OF = {
    past: present
    for present, past in (
        pair.split("/")
        for pair in wordset(
            """find/found go/went go/gone get/got see/saw see/seen make/made take/took take/taken come/came keep/kept
            begin/began meet/met lose/lost think/thought feel/felt leave/left run/ran eat/ate eat/eaten fall/fell
            speak/spoke know/knew spend/spent win/won choose/chose forget/forgot tell/told say/said hear/heard
            bring/brought hold/held stand/stood sit/sat become/became grow/grown throw/threw wear/wore tear/tore
            steal/stole hide/hid lead/led fight/fought sleep/slept feed/fed draw/drew"""
        )
    )
}
"""Past forms that the stemmer does not know: a question asks "did I find" about what was found."""


_PAST_FORMS = _PAST_OF.keys() | wordset(
    """bought paid sold sent broke broken bitten gave given swam sang lent drank drove wrote written flew flown rode built
    taught caught woke froze frozen cut put hurt let set"""
)


@lru_cache(maxsize=16384)
def _english(word: str) -> str:
    return english.stem(_PAST_OF.get(word, word))


@lru_cache(maxsize=16384)
def _english_kin(word: str) -> frozenset[str]:
    mine = _PAST_OF.get(word, word)
    return kin_of(mine) | {_english(word)}


_GERMAN_PAST = {
    form: base
    for base, forms in (
        line.split(":")
        for line in """geh:ging gingen gegangen|komm:kam kamen gekommen|nehm:nahm nahmen genommen nimmt nimmst
        |geb:gab gaben gegeben gibt gibst|seh:sah sahen gesehen sieht siehst|find:fand fanden gefunden
        |trink:trank tranken getrunken|ess:aß aßen gegessen isst|schreib:schrieb schrieben geschrieben
        |bring:brachte brachten gebracht|denk:dachte dachten gedacht|sprech:sprach sprachen gesprochen spricht sprichst
        |zieh:zog zogen gezogen|flieg:flog flogen geflogen|schlaf:schlief geschlafen schläft|les:las gelesen liest
        |fahr:fuhr fuhren gefahren fährt|lauf:lief liefen gelaufen läuft|helf:half halfen geholfen hilft hilfst
        |treff:traf trafen getroffen trifft|verlier:verlor verloren|bleib:blieb blieben geblieben|lieg:lag lagen gelegen
        |steh:stand standen gestanden|sitz:saß saßen gesessen|leih:lieh geliehen|biet:bot boten geboten
        |nenn:nannte nannten genannt|werd:wurde wurden geworden wird|wiss:weiß wusste gewusst
        |kenn:kannte gekannt|halt:hält hielt gehalten|lass:lässt ließ gelassen|ruf:rief riefen gerufen
        |schneid:schnitt geschnitten|gewinn:gewann gewonnen|beginn:begann begonnen|fall:fiel gefallen fällt""".split(
            "|"
        )
    )
    for form in forms.split()
}
_PREFIX = re.compile(r"^(ab|an|auf|aus|bei|ein|her|hin|los|mit|nach|um|vor|weg|zu|zurück|weiter)(?=ge|zu)")
_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "s"})


@lru_cache(maxsize=16384)
def _german(word: str) -> str:
    """Return a German stem: irregular forms by the table, then no ``ge-``, no umlauts and no endings.

    The endings are stripped as CISTEM strips them (Weissweiler and Fraser, 2017).
    """
    before = _PREFIX.match(word)
    prefix = before[1] if before else ""
    rest = word[len(prefix) :]
    if prefix and rest.startswith("zu") and len(rest) > 5:
        rest = rest[2:]
    known = _GERMAN_PAST.get(rest)
    if known is not None:
        return prefix + known
    rest = rest.replace("ß", "ss").translate(_UMLAUTS)
    if rest.startswith("ge") and len(rest) >= 6 and rest.endswith(("t", "en")):
        rest = rest[2:]
    while len(rest) > 3 and rest.isalpha():
        if len(rest) > 5 and rest.endswith(("em", "er", "nd")):
            rest = rest[:-2]
        elif rest[-1] in "tesn":
            rest = rest[:-1]
        else:
            break
    return prefix + rest


@lru_cache(maxsize=16384)
def _german_kin(word: str) -> frozenset[str]:
    return frozenset((_german(word),))


_ONES = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen"
_EINS = "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn"

ENGLISH = Grammar(
    code="en",
    name="English",
    stem=_english,
    akin=_english_kin,
    function=english.FUNCTION | wordset("yes no because so far lot still now soon ever also"),
    loose=_stems(
        _english,
        """talk discuss mention say tell ask speak come up remember recall conversation chat know hear name kind sort
        many much colour color size price cost plan opinion think feel like want change happen person people date day
        month year place time thing reason number go get have do take use make give charge cover call be find""",
    ),
    numbers={
        **{word: n for n, word in enumerate(_ONES.split(), 2)},
        "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
        "ninety": 90, "hundred": 100, "thousand": 1000, "million": 1000000, "dozen": 12,
    },  # fmt: skip
    months=(
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ),  # fmt: skip
    weekdays=("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    days={
        "the day before yesterday": -2, "the day after tomorrow": 2, "yesterday": -1, "last night": -1, "today": 0,
        "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "tomorrow": 1,
    },  # fmt: skip
    asks=wordset("what which who whom whose when where why how at by in on for with to since from until of about"),
    relative=_any(
        r"\b(?:yesterday|today|tonight|tomorrow|nowadays|currently|recently|soon|ago"
        r"|(?:last|next|this|coming|past) (?:\w+day|week|weekend|month|year|night|morning|afternoon|evening|spring"
        r"|summer|autumn|fall|winter)|in (?:a|an|two|three|four|five|six|seven|\d+) (?:day|week|month|year)s?)\b"
    ),
    negation=_any(
        r"\b(?:not|no|never|nor|neither|none|nothing|nobody|cannot|without|dont|doesnt|didnt|cant|wont|isnt)\b|n['’]t\b"
        r"|\b(?:talked|argued) \w+ out of\b|\bhardly\b"
    ),
    doubt=_any(
        r"\b(?:would|might|could|may|maybe|perhaps|possibly|probably|consider\w*|thinking (?:of|about)|wants?|wanted"
        r"|hop(?:e|es|ed|ing)|wish\w*|wonder\w*|should|suppose|if)\b|['’]d\b"
    ),
    condition=_any(r"\b(?:if|unless|in case|provided)\b"),
    ahead=_any(
        r"\b(?:will|shall|going to|plan(?:s|ned|ning)? to|about to|once|until|as soon as|tomorrow|must|(?:have|has) to"
        r"|when|by|should)\b|['’]ll\b"
    ),
    over=_any(r"\bused to\b|\bformerly\b|\bgave (?:it|that|this) up\b"),
    past=_any(rf"\b(?:did|was|were|had|been|agreed|\w+(?<!e)ed|{'|'.join(sorted(_PAST_FORMS))})\b(?!['’])"),
    changed=_any(
        r"\b(?:mov(?:e|ed)|chang(?:e|ed)|cancel\w*|postpon\w*|instead|actually|no longer|not any ?more|cut \w+(?: \w+)?"
        r" down|cut down|update|decided|after all|turns out|new(?:er)?|now|correction|rather)\b"
    ),
    off=_any(r"\b(?:cancel\w*|called (?:it |that )?off|fell through)\b"),
    often=wordset("every daily twice once week evening morning day night month weekly often never always"),
    clause=re.compile(
        r"[,;:](?=\s)|[–—()]|\s+(?=(?:but|because|although|though|while|whereas|unless)\b)|\s+and\s+(?=\S+ \S+)"
    ),
    user=_any(r"\b(?:I|we)\b|\b(?:I|we)['’]", flags=re.RegexFlag(0)),
    addressed=_any(r"\byou\b"),
    third=_any(r"\b(?:he|she|they)\b"),
    bidden=_any(r"\b(?:told|tells|asked|asks|wants|wanted|advised|advises|reminded|invited) (?:me|us) to\b"),
    told=_any(r"\b(?:did|have|do|would|could) you\b|\byour (?:advice|suggestion|opinion|tip)\b"),
    saying=_any(
        r"\b(?:did|have|do) (?:I|we) (?:ever )?(?:say|said|tell you|told you|mention|mentioned|talk|talked|discuss"
        r"|discussed|ask you|speak|spoken|bring up)\b|\byou (?:said|told me|mentioned)\b"
    ),
    wrong=_any(
        r"\b(?:no|nope|wrong|incorrect|not (?:right|true|correct|quite)|mistaken|actually|that is not|that['’]s not)\b"
    ),
    states=_any(r"\b(?:is|are|was|were|am|costs?|turns?)\b(?!\s+(?:\w+ing|\w+ed)\b)"),
    acts=re.compile(r"^\s*(?:and\s+|but\s+)?([A-Z]\w+)\s+(?:is|was|has|had|will|would|must|can|said|paid|gave|got|\w+s|\w+ed)\b"),
)

GERMAN = Grammar(
    code="de",
    name="German",
    stem=_german,
    akin=_german_kin,
    function=wordset(
        """der die das den dem des ein eine einen einem einer eines ich du er sie es wir ihr mich mir dich dir ihn ihm
        ihnen uns euch sich mein meine meinen meinem meiner meines dein deine deinen deinem deiner deines sein seine
        seinen seinem seiner ihre ihren ihrem ihrer unser unsere unseren unserem unserer euer eure euren eurem eurer und
        oder aber denn sondern doch weil dass ob wenn falls als wie was wer wen wem wann wo warum wieso weshalb wohin
        woher worüber wobei womit wofür woran welche welcher welches welchen welchem bis seit von vom zu zum zur in im
        ins an am auf aus bei beim mit nach vor über unter um für durch gegen ohne zwischen hat habe haben hatte hatten
        hast habt bin bist ist sind seid war waren gewesen wird werden wurde wurden worden werde wirst kann kannst
        können könnt konnte muss musst müssen soll sollen sollte will willst wollen wollte wollten darf dürfen mag
        möchte möchten möchtest würde würden würdest könnte könnten hätte hätten wäre wären nicht kein keine keinen
        keinem keiner nie niemals nichts auch noch schon nur mehr sehr so da dann hier dort jetzt nun ja nein eigentlich
        leider trotzdem eher sogar weiter viel viele vielen wenig etwas man dies diese dieser dieses diesen jede jeder
        jedes jeden ab her hin dabei damit dazu davon daran ganz endlich einfach unbedingt vielleicht gern gerne mal
        lang lange namens herr frau neuer"""
    ),
    loose=_stems(
        _german,
        """sagen gesagt erzählen erzählt erwähnen erwähnt sprechen besprochen reden geredet fragen gefragt wissen heißen
        heißt nennen tun machen gemacht geben gibt haben kosten kostet brauchen gebraucht preis name uhrzeit tag monat
        jahr ort grund zahl art glauben meinung denken finden bekommen sein passiert""",
    ),
    numbers={
        **{word: n for n, word in enumerate(_EINS.split(), 2)},
        "neunzehn": 19, "zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70,
        "achtzig": 80, "neunzig": 90, "hundert": 100, "tausend": 1000, "dutzend": 12,
    },  # fmt: skip
    months=(
        "januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november",
        "dezember",
    ),  # fmt: skip
    weekdays=("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    days={"vorgestern": -2, "gestern": -1, "heute": 0, "übermorgen": 2, "morgen": 1},
    asks=wordset(
        """was wer wen wem wessen wann wo warum wieso weshalb wohin woher wie welche welcher welches welchen welchem
        worüber wobei womit wofür woran worauf wovon wozu wodurch bis seit in an auf mit bei für von zu um nach"""
    ),
    relative=_any(
        r"\b(?:gestern|heute|vorgestern|übermorgen|neulich|kürzlich|bald|derzeit|momentan"
        r"|(?:letzte|nächste|diese|kommende|vergangene)[nmrs]? (?:\w+tag|mittwoch|woche|wochenende|monat|jahr|nacht"
        r"|frühling|sommer|herbst|winter)|(?:vor|in) (?:einem|einer|zwei|drei|vier|fünf|sechs|sieben|\d+)"
        r" (?:tag|woche|monat|jahr)\w*)\b"
    ),
    negation=_any(r"\b(?:nicht|kein\w*|nie|niemals|nichts|niemand\w*|weder|ohne|kaum)\b"),
    doubt=_any(
        r"\b(?:würde\w*|könnte\w*|wäre\w*|hätte\w*|sollte\w*|vielleicht|möglicherweise|eventuell|möchte\w*|will|willst"
        r"|wollen|wollt|wollte\w*|hoff\w+|überleg\w*|wenn|falls)\b"
    ),
    condition=_any(r"\b(?:wenn|falls|sofern)\b"),
    ahead=_any(r"\b(?:werde|werden|wirst|wird|sobald|morgen|übermorgen|ab (?!jetzt|heute)\w+|muss|müssen|soll|sollen)\b"),
    over=_any(r"\b(?:früher|damals|ehemals|eigentlich)\b"),
    past=_any(
        r"\b(?:war|waren|hatte|hatten|wurde|wurden|habe|hast|hat|haben|habt|bin|bist|ist|sind|seid)\b.*?"
        r"\b(?:\w*ge\w{2,}(?:t|en)|(?:be|ver|er|ent|zer)\w{3,}(?:t|en)|\w+ier?t)\b|\b(?:war|waren|hatte|hatten|wurde|wurden"
        r"|ging|kam|nahm|gab|wollten?|konnten?|mussten?)\b|\b(?-i:[a-zäöü]*ge[a-zäöü]{3,}(?:t|en))\b"
        r"|\b(?!heute|bitte|möchte|könnte|sollte|erste|zweite|beste|letzte|nächste|rechte|alte)(?-i:[a-zäöü]{4,}te)\b"
    ),
    changed=_any(
        r"\b(?:abgesagt|verschoben|verlegt|geändert|stattdessen|doch|neue[rsnm]?|jetzt|nun|nicht mehr|storniert"
        r"|entschieden|umentschieden)\b"
    ),
    off=_any(r"\b(?:abgesagt|storniert|fällt aus|fiel aus|ausgefallen)\b"),
    often=wordset("jeden täglich zweimal einmal woche abend morgen tag nacht monat wöchentlich oft nie immer uhr"),
    clause=re.compile(
        r"[,;:](?=\s)|[–—()]|\s+(?=(?:aber|sondern|weil|obwohl|während|denn)\b)|\s+und\s+(?=\S+ \S+)"
    ),
    user=_any(r"\b(?:ich|wir)\b"),
    addressed=_any(r"\b(?:du|ihr)\b"),
    third=_any(r"\b(?:er|sie)\b"),
    bidden=_any(r"\b(?:mir|uns)\b.*\b(?:geraten|empfohlen|verschrieben|verordnet)\b|\b(?:mich|uns) gebeten\b"),
    told=_any(r"\b(?:hast|hattest|würdest) du\b|\bdein (?:rat|vorschlag|tipp)\b"),
    saying=_any(
        r"\b(?:habe|hatte) ich\b.*\b(?:gesagt|erzählt|erwähnt|gefragt)\b|\bhaben wir\b.*\b(?:gesprochen|geredet)\b"
        r"|\bdu hast\b.*\b(?:gesagt|erzählt|erwähnt)\b"
    ),
    wrong=_any(r"\b(?:nein|nee|falsch|stimmt nicht|stimmt so nicht|nicht (?:richtig|wahr|korrekt|ganz))\b"),
    states=_any(r"\b(?:ist|sind|war|waren|bin|bist|kostet|kosten|liegt|heißt)\b(?!.*\b\w*ge\w+(?:t|en)\b)"),
    acts=re.compile(
        r"^\s*(?:und\s+|aber\s+)?([A-ZÄÖÜ]\w+)(?:\s+aus\s+\w+\s+\w+)?\s+(?:hat|ist|war|wird|will|möchte|würde|muss|kann|\w+t)\b"
    ),
)

KNOWN: Mapping[str, Grammar] = {one.code: one for one in (ENGLISH, GERMAN)}
"""By ISO 639-1 code."""
