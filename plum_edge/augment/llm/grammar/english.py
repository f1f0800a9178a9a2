"""English, for the check of written pairs."""

from __future__ import annotations

import re
from functools import lru_cache

from plum_edge.augment.llm.grammar.base import Grammar, counted, listed, pattern, stemmed
from plum_edge.augment.phrases import words as english
from plum_edge.augment.phrases.synonyms import kin_of
from plum_edge.augment.phrases.words import wordset

PRESENT_OF = {
    past: present
    for present, past in (
        pair.split("/")
        for pair in wordset(
            """find/found go/went go/gone get/got see/saw see/seen make/made take/took take/taken come/came keep/kept
            begin/began meet/met lose/lost think/thought feel/felt leave/left run/ran eat/ate eat/eaten fall/fell
            speak/spoke know/knew spend/spent win/won choose/chose forget/forgot tell/told say/said hear/heard
            bring/brought hold/held stand/stood sit/sat become/became grow/grown throw/threw wear/wore tear/tore
            steal/stole hide/hid lead/led fight/fought sleep/slept feed/fed draw/drew
            die/died lie/lied tie/tied lay/laid hang/hung dig/dug mean/meant show/shown shake/shook swear/swore
            ring/rang
            rise/rose blow/blew understand/understood deal/dealt burn/burnt learn/learnt spoil/spoilt bend/bent
            sweep/swept bind/bound stick/stuck strike/struck shoot/shot sink/sank drive/driven draw/drawn"""
        )
    )
}
"""Past forms that the stemmer does not know: a question asks "did I find" about what was found."""


_PAST_FORMS = PRESENT_OF.keys() | wordset(
    """bought paid sold sent broke broken bitten gave given swam sang lent drank drove wrote written flew flown rode
    built taught caught woke froze frozen cut put hurt let set read"""
)


@lru_cache(maxsize=16384)
def _english(word: str) -> str:
    return english.stem(PRESENT_OF.get(word, word))


@lru_cache(maxsize=16384)
def _english_kin(word: str) -> frozenset[str]:
    mine = PRESENT_OF.get(word, word)
    return kin_of(mine) | {_english(word)}


ENGLISH = Grammar(
    code="en",
    name="English",
    stem=_english,
    akin=_english_kin,
    function=english.FUNCTION | wordset("yes no because so far lot still now soon ever also"),
    loose=stemmed(
        _english,
        """talk discuss mention say tell ask speak come up remember recall conversation chat know hear name kind sort
        many much colour color size price cost plan opinion think feel like want change happen person people date day
        month year place time thing reason number go get have do take use make give charge cover call be find""",
    ),
    numbers=counted(
        """two three four five six seven eight nine ten
        eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen""",
        nineteen=19,
        twenty=20,
        thirty=30,
        forty=40,
        fifty=50,
        sixty=60,
        seventy=70,
        eighty=80,
        ninety=90,
        hundred=100,
        thousand=1000,
        million=1000000,
        dozen=12,
    ),
    months=listed("january february march april may june july august september october november december"),
    weekdays=listed("monday tuesday wednesday thursday friday saturday sunday"),
    days={
        "the day before yesterday": -2,
        "the day after tomorrow": 2,
        "yesterday": -1,
        "last night": -1,
        "today": 0,
        "tonight": 0,
        "this morning": 0,
        "this afternoon": 0,
        "this evening": 0,
        "tomorrow": 1,
    },
    asks=wordset("what which who whom whose when where why how at by in on for with to since from until of about"),
    measure=pattern(
        r"\bhow (?:long|high|big|large|old|far|deep|tall|wide|heavy|often|late|early|fast|expensive|well|hot|cold"
        r"|soon)\b"
    ),
    relative=pattern(
        r"\b(?:yesterday|today|tonight|tomorrow|nowadays|currently|recently|soon|ago"
        r"|(?:last|next|this|coming|past) (?:\w+day|week|weekend|month|year|night|morning|afternoon|evening|spring"
        r"|summer|autumn|fall|winter)|in (?:a|an|two|three|four|five|six|seven|\d+) (?:day|week|month|year)s?)\b"
    ),
    negation=pattern(
        r"\b(?:not|no|never|nor|neither|none|nothing|nobody|cannot|without|dont|doesnt|didnt|cant|wont|isnt)\b|n['’]t\b"
        r"|\b(?:talked|argued) \w+ out of\b|\bhardly\b"
    ),
    doubt=pattern(
        r"\b(?:would|might|could|may|maybe|perhaps|possibly|probably|consider\w*|thinking (?:of|about)|wants?|wanted"
        r"|hop(?:e|es|ed|ing)|wish\w*|wonder\w*|should|suppose|if)\b|['’]d\b"
        r"|\b(?:was|were|is|are|am) (?:supposed|meant) to\b|\b(?:was|were) (?:going|about) to\b"
    ),
    condition=pattern(r"\b(?:if|unless|in case|provided)\b|^(?:should|were|had) \w+ .*,"),
    ahead=pattern(
        r"\b(?:will|shall|going to|plan(?:s|ned|ning)? to|about to|once|until|as soon as|tomorrow|must|(?:have|has) to"
        r"|when|by|should)\b|['’]ll\b"
    ),
    over=pattern(
        r"\b(?:used to|formerly|at first|initially|originally|to begin with|back then|(?:planned|intended|meant) to)\b"
        r"|\bgave (?:it|that|this) up\b"
    ),
    past=pattern(rf"\b(?:did|was|were|had|been|agreed|\w+(?<!e)ed|{'|'.join(sorted(_PAST_FORMS))})\b(?!['’])"),
    changed=pattern(
        r"\b(?:mov(?:e|ed)|chang(?:e|ed)|cancel\w*|postpon\w*|instead|actually|no longer|not any ?more|cut \w+(?: \w+)?"
        r" down|cut down|update|decided|after all|turns out|now|correction|rather)\b"
    ),
    off=pattern(r"\b(?:cancel\w*|called (?:it |that )?off|fell through)\b"),
    often=wordset("every daily twice once week evening morning day night month weekly often never always"),
    clause=re.compile(
        r"[,;:](?=\s)|[–—()]|\s+(?=(?:but|because|although|though|while|whereas|unless)\b)|\s+and\s+(?=\S+ \S+)"
    ),
    user=pattern(r"\b(?:I|we)\b|\b(?:I|we)['’]", flags=re.RegexFlag(0)),
    done_to=pattern(r"\b(?:me|us)\b"),
    addressed=pattern(r"\byou\b"),
    third=pattern(r"\b(?:he|she|they)\b"),
    meant=pattern(r"\b(?:it|them|one|him|her)\b"),
    bidden=pattern(r"\b(?:told|tells|asked|asks|wants|wanted|advised|advises|reminded|invited) (?:me|us) to\b"),
    told=pattern(r"\b(?:did|have|do|would|could) you\b|\byour (?:advice|suggestion|opinion|tip)\b"),
    saying=pattern(
        r"\b(?:did|have|do) (?:I|we) (?:ever )?(?:say|said|tell you|told you|mention|mentioned|talk|talked|discuss"
        r"|discussed|ask you|speak|spoken|bring up)\b|\byou (?:said|told me|mentioned)\b"
    ),
    wrong=pattern(
        r"\b(?:no|nope|wrong|incorrect|not (?:right|true|correct|quite)|mistaken|actually|that is not|that['’]s not)\b"
    ),
    states=pattern(r"\b(?:is|are|was|were|am|costs?|turns?)\b(?!\s+(?:\w+ing|\w+ed)\b)"),
    acts=re.compile(
        r"^\s*(?:(?:and|but|because|since|so|although|though|while|whereas|if|when|that)\s+)?([A-Z]\w+)\s+(?:is|was|has|had|will|would|must|can|said|paid|gave|got|\w+s|\w+ed)\b"
    ),
)
