"""German, for the check of written pairs."""

from __future__ import annotations

import re
from functools import lru_cache

from plum_edge.augment.llm.grammar.base import Grammar, counted, listed, pattern, stemmed
from plum_edge.augment.phrases.words import wordset

_FORMS = """geh:ging gingen gegangen|komm:kam kamen gekommen|nehm:nahm nahmen genommen nimmt nimmst |geb:gab gaben
    gegeben gibt gibst|seh:sah sahen gesehen sieht siehst|find:fand fanden gefunden |trink:trank tranken
    getrunken|ess:aß aßen gegessen isst|schreib:schrieb schrieben geschrieben |bring:brachte brachten
    gebracht|denk:dachte dachten gedacht|sprech:sprach sprachen gesprochen spricht sprichst |zieh:zog zogen
    gezogen|flieg:flog flogen geflogen|schlaf:schlief geschlafen schläft|les:las gelesen liest |fahr:fuhr
    fuhren gefahren fährt|lauf:lief liefen gelaufen läuft|helf:half halfen geholfen hilft hilfst |treff:traf
    trafen getroffen trifft|verlier:verlor verloren|bleib:blieb blieben geblieben|lieg:lag lagen gelegen
    |steh:stand standen gestanden|sitz:saß saßen gesessen|leih:lieh geliehen|biet:bot boten geboten
    |nenn:nannte nannten genannt|werd:wurde wurden geworden wird|wiss:weiß wusste gewusst |kenn:kannte
    gekannt|halt:hält hielt gehalten|lass:lässt ließ gelassen|ruf:rief riefen gerufen |schneid:schnitt
    geschnitten|gewinn:gewann gewonnen|beginn:begann begonnen|fall:fiel gefallen fällt"""
"""Stems, each with its irregular forms."""
_GERMAN_PAST = {form: base for base, forms in (line.split(":") for line in _FORMS.split("|")) for form in forms.split()}
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
    loose=stemmed(
        _german,
        """sagen gesagt erzählen erzählt erwähnen erwähnt sprechen besprochen reden geredet fragen gefragt wissen heißen
        heißt nennen tun machen gemacht geben gibt haben kosten kostet brauchen gebraucht preis name uhrzeit tag monat
        jahr ort grund anzahl art glauben meinung denken finden bekommen sein passiert""",
    ),
    numbers=counted(
        """zwei drei vier fünf sechs sieben acht neun zehn
        elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn""",
        neunzehn=19,
        zwanzig=20,
        dreißig=30,
        vierzig=40,
        fünfzig=50,
        sechzig=60,
        siebzig=70,
        achtzig=80,
        neunzig=90,
        hundert=100,
        tausend=1000,
        dutzend=12,
    ),
    months=listed("januar februar märz april mai juni juli august september oktober november dezember"),
    weekdays=listed("montag dienstag mittwoch donnerstag freitag samstag sonntag"),
    days={"vorgestern": -2, "gestern": -1, "heute": 0, "übermorgen": 2, "morgen": 1},
    asks=wordset(
        """was wer wen wem wessen wann wo warum wieso weshalb wohin woher wie welche welcher welches welchen welchem
        worüber wobei womit wofür woran worauf wovon wozu wodurch bis seit in an auf mit bei für von zu um nach
        ab aus unter über vor gegen durch"""
    ),
    measure=pattern(r"\bwie (?:lange?|hoch|groß|alt|oft|weit|tief|breit|schwer|spät|früh|schnell|teuer|gut|viele?)\b"),
    relative=pattern(
        r"\b(?:gestern|heute|vorgestern|übermorgen|neulich|kürzlich|bald|derzeit|momentan"
        r"|(?:letzte|nächste|diese|kommende|vergangene)[nmrs]? (?:\w+tag|mittwoch|woche|wochenende|monat|jahr|nacht"
        r"|frühling|sommer|herbst|winter)|(?:vor|in) (?:einem|einer|zwei|drei|vier|fünf|sechs|sieben|\d+)"
        r" (?:tag|woche|monat|jahr)\w*)\b"
    ),
    negation=pattern(r"\b(?:nicht|kein\w*|nie|niemals|nichts|niemand\w*|weder|ohne|kaum)\b"),
    doubt=pattern(
        r"\b(?:würde\w*|könnte\w*|wäre\w*|hätte\w*|sollte\w*|vielleicht|möglicherweise|eventuell|möchte\w*|will|willst"
        r"|wollen|wollt|wollte\w*|hoff\w+|überleg\w*|wenn|falls)\b"
    ),
    condition=pattern(r"\b(?:wenn|falls|sofern)\b|^(?:sollte\w*|hätte\w*|wäre\w*) .*,"),
    ahead=pattern(
        r"\b(?:werde|werden|wirst|wird|sobald|morgen|übermorgen|ab (?!jetzt|heute)\w+|muss|müssen|soll|sollen)\b"
    ),
    over=pattern(r"\b(?:früher|damals|ehemals|eigentlich|anfangs|zuerst|zunächst|ursprünglich)\b"),
    past=pattern(
        r"\b(?:war|waren|hatte|hatten|wurde|wurden|habe|hast|hat|haben|habt|bin|bist|ist|sind|seid)\b.*?"
        r"\b(?:\w*ge\w{2,}(?:t|en)|(?:be|ver|er|ent|zer|unter|über|miss)\w{3,}(?:t|en)|\w+ier?t)\b|\b(?:war|waren|hatte|hatten|wurde|wurden"
        r"|ging|kam|nahm|gab|wollten?|konnten?|mussten?)\b|^(?!.*\bw(?:ird|irst|erde|erden|erdet)\b).*\b(?-i:[a-zäöü]*ge[a-zäöü]{3,}(?:t|en))\b"
        r"|\b(?!heute|bitte|möchte|könnte|sollte|erste|zweite|beste|letzte|nächste|rechte|alte)(?-i:[a-zäöü]{4,}te)\b"
    ),
    changed=pattern(
        r"\b(?:abgesagt|verschoben|verlegt|geändert|stattdessen|doch"
        r"|neue[rsnm]? (?:termin|datum|zeit|uhrzeit|preis)|jetzt|nun|nicht mehr|storniert"
        r"|entschieden|umentschieden)\b"
    ),
    off=pattern(r"\b(?:abgesagt|storniert|fällt aus|fiel aus|ausgefallen)\b"),
    often=wordset("jeden täglich zweimal einmal woche abend morgen tag nacht monat wöchentlich oft nie immer uhr"),
    clause=re.compile(r"[,;:](?=\s)|[–—()]|\s+(?=(?:aber|sondern|weil|obwohl|während|denn)\b)|\s+und\s+(?=\S+ \S+)"),
    user=pattern(r"\b(?:ich|wir)\b"),
    done_to=pattern(r"\b(?:mir|mich|uns)\b"),
    addressed=pattern(r"\b(?:du|ihr)\b"),
    third=pattern(r"\b(?:er|sie)\b"),
    meant=pattern(r"\b(?:es|ihn|sie|ihm|ihnen|das|den|davon|dazu)\b"),
    bidden=pattern(r"\b(?:mir|uns)\b.*\b(?:geraten|empfohlen|verschrieben|verordnet)\b|\b(?:mich|uns) gebeten\b"),
    told=pattern(r"\b(?:hast|hattest|würdest) du\b|\bdein (?:rat|vorschlag|tipp)\b"),
    saying=pattern(
        r"\b(?:habe|hatte) ich\b.*\b(?:gesagt|erzählt|erwähnt|gefragt)\b|\bhaben wir\b.*\b(?:gesprochen|geredet)\b"
        r"|\bdu hast\b.*\b(?:gesagt|erzählt|erwähnt)\b"
    ),
    wrong=pattern(r"\b(?:nein|nee|falsch|stimmt nicht|stimmt so nicht|nicht (?:richtig|wahr|korrekt|ganz))\b"),
    states=pattern(r"\b(?:ist|sind|war|waren|bin|bist|kostet|kosten|liegt|heißt)\b(?!.*\b\w*ge\w+(?:t|en)\b)"),
    acts=re.compile(
        r"^\s*(?:und\s+|aber\s+)?([A-ZÄÖÜ]\w+)(?:\s+aus\s+\w+\s+\w+)?"
        r"\s+(?:hat|ist|war|wird|will|möchte|würde|muss|kann|\w+t)\b"
    ),
)
