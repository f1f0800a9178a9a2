"""Whether a sentence asks about what was said between user and assistant: by its form, without a model.

English has few such forms. A *telling* says who spoke, a verb, and whom to ("I told you", "we talked", "you said"); it
is asked for where it is turned round ("Did I tell you …?"), where it hangs on a question ("Remind me what I told
you"), or where a tag follows ("I told you about it, didn't I?"). Else one asks what the other remembers, whether
something came up, or what the notes say. What only sounds like it lacks a part: "Can you remember how to tie a
bowline?", "Did we win the war?", "As I told you, it drips: what now?". Knows nothing of who answers.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from plum_edge.augment.keyphrases import END

_LINES = re.compile(r"\n+")
_LONGEST_MESSAGE = 2_000
"""Characters of a message; more are something to work on."""
_LONGEST = 400
"""Characters of a sentence; more are no question."""
_GAP = (
    r"(?:(?:ever|already|also|once|previously|actually|really|even|possibly|perhaps|maybe|by any chance|in fact|"
    r"both|not|"
    r"happen to|recently|last \w+|yesterday|first|exactly|at (?:some|any) (?:point|time)|before|just|have|had|been|"
    r"be|"
    r"of all things|never|that day|earlier|indeed|definitely|certainly)[, ]+)*"
)
"""What may stand between who spoke and the verb."""
_TO_YOU = r"[^.?!]{0,80}\b(?:to|with|by|past|at) you\b"
_I_TOLD = (
    r"(?:(?:tell|told|telling|ask|asked|asking|show|showed|shown|inform|informed|consult|consulted|warn|warned|text|"
    r"texted|messaged|give|gave|given|send|sent|read) you\b|"
    r"(?:mention|mentioned|mentioning|bring up|brought up|say anything|said anything|say about|said about|say on|"
    r"said on|"
    r"confide|confided|let slip)\b|(?:bring|brought) (?:\w+ ){1,6}up\b|"
    r"(?:talk|talked|talking|speak|spoke|spoken|chat|chatted|write|wrote|written|complain|complained|complaining|"
    r"say|said|"
    rf"describe|described|explain|explained|report|reported|bring|brought|come|came|moan|moaned|rant|ranted|raise|"
    rf"raised|"
    rf"put|open up|share|shared|confess|confessed|go|went|turn|turned){_TO_YOU}|"
    r"(?:talk|talked|speak|spoke|spoken|complain|complained) (?:about|of)\b|type (?:\w+ )?(?:about|on)\b|typed\b|"
    r"ask(?:ed)? (?:you )?for (?:your |some )?(?:help|advice)\b|after (?:your )?advice\b|seek advice\b|"
    r"bore[d]? you with\b|share[d]? that\b|(?:want|wanted|seek|sought) (?:to know|advice|help|your (?:advice|help|"
    r"opinion))\b|"
    r"(?:inquired?|enquired?|worried) about\b|busy with\b[^?]*\bas far as you know\b)"
)
_WE_TALKED = (
    r"(?:(?:talk|talked|talking|speak|spoke|spoken|speaking|chat|chatted|chatting|discuss|discussed|discussing|"
    r"converse|"
    r"conversed|mention|mentioned|say|said|saying)\b|(?:touch|touched) (?:on|upon)\b|(?:get|got|gotten) into\b|"
    r"(?:bring|brought) (?:\w+ ){0,5}up\b|(?:go|went|gone|been) (?:over|through)\b|(?:exchange|exchanged) (?:words|"
    r"thoughts|views|ideas|"
    r"messages)|"
    r"(?:have|had) (?:a |any |this |that |our |some )?(?:\w+ )?(?:chat|talk|word|words|conversation|discussion|"
    r"exchange)s?\b|"
    r"(?:cover|covered|had)\b[^?]*\b(?:last time|before|already|yesterday|as a (?:theme|topic|subject))\b|"
    r"(?:leave|left) off\b|(?:decide|decided|agree|agreed) (?:on|about|to|that)\b[^?]*\blast (?:time|week|month)\b)"
)
_YOU_SAID = (
    r"(?:(?:tell|told|advise|advised|warn|warned|remind|reminded|help|helped|give|gave|given|show|showed|shown|"
    r"promise|promised) (?:me|us)\b(?! (?:what|who|how|where|why|when|which|a joke))|"
    r"(?:suggest|suggested|recommend|recommended|propose|proposed)\b|(?:say|said) (?:to me|about|on|I)\b|"
    r"(?:hear|heard|know|known|learn|learned|learnt)\b[^?]*\bfrom me\b|"
    r"(?:been )?(?:told|asked|informed) (?:of|about|by me)\b)"
)
_NOT_TALK = re.compile(
    r"\b(?:we|i) (?:\w+ )?(?:go|went|gone) (?:over|through) (?:budget|the (?:limit|edge|bridge|hill|top|speed|"
    r"border|line))"
    r"|\b(?:get|got) into (?:debt|trouble|the (?:\w+ )?(?:car|house|bath|pool|water|university|second)|university|"
    r"space)"
    r"|\b(?:as|like|since|because) (?:i|we) (?:have |already )*(?:said|told|mentioned|discussed|talked)\b"
    r"|\bhow (?:do|should|can|could|would|to) (?:i|we|you) (?!remember|recall|know)"
    r"|\b(?:if|when|once|before|after|until|unless) (?:i|we|you) (?:tell|ask|give|show|send|talk|mention|say|bring|"
    r"put|share|go)\b"
    r"|\bare we (?:\w+ )?talking about\b|\b(?:ones?|everything|all) (?:that )?(?:you|we)(?:'ve)? (?:gave|give|"
    r"suggested|told|talked|discussed)\b"
    r"|\b(?:given|based on|considering|using|following|with) (?:what|everything|all)(?: that)? (?:we|i|you)\b"
    r"|(?<!did )(?<!didn't )(?<!have )\byou (?:suggest|recommend|propose|tell|help|give)\b"
    r"|\bif i (?:gave|showed) you (?:one|it|some|them)\b"
    r"|\bhow come\b|\b(?:get|got) into (?:this|that|the|a) (?:recession|war|mess|crisis|situation)\b|\bto (?:my|"
    r"your|her|his|their) (?:boss|mother|wife|husband|doctor)\b",
    re.IGNORECASE,
)
"""Takes what was talked about for a place, or tells it in passing."""
_TOLD = rf"(?:i {_GAP}{_I_TOLD}|(?:we|you and i|i and you|the two of us) {_GAP}{_WE_TALKED}|you {_GAP}{_YOU_SAID})"
_INVERTED = (
    rf"\b(?:was|did|have|had) i ever\b|"
    rf"\b(?:did|didn't|have|haven't|had|hadn't|was|wasn't|were|weren't|am|are) (?:it be |"
    rf"it )?(?:with you )?(?:that )?{_TOLD}"
)
_HAVE = r"(?:'ve|'d| have| had| did| might have| may have| was| were)?"
_STRAIGHT = (
    rf"(?:i{_HAVE} {_GAP}{_I_TOLD}|i{_HAVE} {_GAP}(?:said|mentioned|asked you|decided to tell)\b|"
    rf"(?:we|you and i){_HAVE} {_GAP}{_WE_TALKED}|you{_HAVE} {_GAP}{_YOU_SAID})"
)
_HANGS = (
    r"\b(?:what|when|where|which|who|how|why|whether|if|that|times?|date|day|month|things?|anything|something|"
    rf"everything|all|words|advice|with you|thinking|could it be) (?:it was )?(?:that |when |where )?{_STRAIGHT}"
)
_TAG = re.compile(
    rf"\b{_STRAIGHT}[^?]*(?:[,;:–-] ?)(?:did|didn't|have|haven't|had|hadn't|right|correct|no|yes|true|am i|is that|"
    rf"is it|"
    r"wasn't|weren't|or (?:not|was|did|am|have|is|has)|(?:do you |can you )?(?:remember|recall))\b[^?]*\?",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"\b(?:what|when|where|how|which)\b(?: \w+){0,5}? (?:did|do|have|had|was it(?: that)?|was it when) (?:i|we|"
    r"you and i) "
    rf"{_GAP}(?:say|said|mention|mentioned|put (?:it|that)|call (?:it|that)|decided?\b|settled? on|agreed? (?:on|"
    rf"about)|"
    rf"{_WE_TALKED}|{_I_TOLD})(?! yes\b)"
    r"|\bwhat (?:did|have|had) you (?:\w+ )?(?:say|said|answer|reply|advise|told|tell)\b|\bwhere (?:did|"
    r"had) we (?:stop|get to)\b",
    re.IGNORECASE,
)
_REMEMBERS = re.compile(
    r"\b(?:do|don't|can|can't|could|would|will|are) (?:you|u) (?:still |even |perhaps |at all |happen to |at least |"
    r"able to )*"
    r"(?:remember|recall|recollect)\b(?P<what>[^?]*)|^\W*(?:hey |so |and |you )*(?:remember|recall) (?P<bare>(?:my|"
    r"our|me|us|when i|"
    r"when we|that time|the time (?:i|we))\b[^?]*)\?|\b(?:what|anything|something|everything|all) (?:(?:do|"
    r"can) you |(?:that )?you )"
    r"(?:still )?(?:remember|recall)\b(?P<any>[^?]*)",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r" (?:how|to|who|whom|whose|why|if|whether|which|what|when|where)\b(?! (?:i|we|my|our|me|you and i|did (?:i|"
    r"we))\b)|"
    r" (?:the|any|some|every|all)(?: \w+){0,2} (?:names?|words?|title|capital|formula|year|date|rules?|order|lyrics|"
    r"spelling|"
    r"plot|ending|author|quotes?|lines?|digits|laws?|planets|kings|presidents)\b(?!.*\b(?:i|we|my|our)\b)|"
    r" (?:more|many|several|two|ten|things?|faces|names|people|numbers|being|having|learning|living|life|watching)\b|"
    r" (?:a|an|one) [^?]*\bif\b",
    re.IGNORECASE,
)
"""What everybody might remember."""
_SHARED = re.compile(
    r"\b(?:in|from|through|among|during|of|do|does|did|have|has|would|could|might|which|any|are) (?:(?:any|one|some|"
    r"all|most|"
    r"of|last|our|my|your|these|those|earlier|previous|past|former|the|old) )*\b(?:our|my|your|earlier|previous|"
    r"past) "
    r"(?:\w+ ){0,2}(?:conversations?|chats|chat|talks?|discussions?|sessions?|messages?|exchanges?|history|notes|"
    r"memory|logs?)\b"
    r"|\b(?:among|of) the things (?:that )?(?:we|i)\b|\bbetween (?:us|you and me)\b|\bfrom my side\b|\b(?:ever|"
    r"already|that|it|this) on the table ?\?"
    r"|\brings? (?:a|any) bells?\b|\b(?:by|from) me (?:before|already|yet)\b|\bmentioned by me\b|\b(?:hear|heard|"
    r"know|known|learnt?|learned|told|quoted?|remember) [^?]*\bfrom me ?\?"
    r"|\bwhat you (?:know|have) (?:about|on) me\b|\byour (?:notes|records) on me\b|\byou (?:ever )?heard of ?\?"
    r"|\b(?:a topic|a subject|a theme|on my mind) (?:with us|here|of ours)\b|\bwas that (?:with )?you ?\?|"
    r"\brequest of mine\b"
    r"|\bare you aware of (?:my|me|our)\b|\bthink back to (?:my|our|me|when (?:i|we))\b|\bchance you remember (?:my|"
    r"our|me)\b",
    re.IGNORECASE,
)
_CAME_UP = re.compile(
    r"\b(?:did|didn't|has|hasn't|have|had) (?!(?:the |my |your )?(?:\w+ )??(?:sun|moon|seeds?|bulbs|seedlings?|"
    r"daffodils|crocuses|"
    r"tulips|stars|tide|price|prices|anchor|divers?)\b)[^?]*[^? ] (?:ever |already |really |actually |"
    r"also )*(?:come|came|"
    r"cropped|crop) up\b|\bhas cropped up\b|\bcome up (?:already|between|in our|in any of our)\b"
    r"|\b(?:was|were|is|are|has|have|had)\b[^?]*\b(?:mentioned|discussed|talked about|spoken about|brought up|"
    r"raised|touched on|"
    r"dealt with)(?: (?:at all|ever|here|already|before|yet|in the past|with you|in passing|"
    r"previously))*(?:, [^?]*)?\?",
    re.IGNORECASE,
)
_SOMETHING = re.compile(
    r"\b(?:something|a thing|anything|a topic|a subject|the topic|one of the things|it with you) (?:that |"
    r"which )?(?:we|i|you and i) "
    r"(?:\w+ )?(?:talked|spoke|discussed|told|have (?:told|brought|raised|asked|mentioned|said)|mentioned|asked|"
    r"brought|raised|chatted|"
    r"covered)\b"
    r"|\b(?:is|was|are|were|isn't|wasn't) there (?:\w+ ){0,3}?(?:conversation|chat|discussion|exchange|note|talk|"
    r"entry|"
    r"mention)s? (?:of|on|about|between us|with you|where|concerning|regarding)\b"
    r"|\brecord of (?:my|our|me|us)\b|\bmy words (?:on|about)\b|\bon file about (?:my|our|me)\b|"
    r"\banything from me on\b"
    r"|\b(?:any|no|some) (?:memory|memories|recollection|recall|mention) (?:of|about)\b(?!.*\b(?:in|of) the "
    r"(?:bible|book|film|war|news|constitution)\b)"
    r"|\bwhat was (?:that|the thing) about\b|\bwhat was it about (?:my|our|the)\b|\bsince when do you know\b|"
    r"\b(?:date|day) of our "
    r"(?:\w+ )?(?:talk|chat|conversation|discussion)\b|\bbusy with\b[^?]*\bas far as you know\b",
    re.IGNORECASE,
)
_OF_ME = re.compile(
    r"\bwhat (?:all )?(?:do|have) you (?:know|learned|learnt|got|heard|stored|noted|saved)(?: down)? (?:about|of|on|"
    r"from) "
    r"(?:me|my|our|us)\b|\bdo you (?:already |still )?know (?:anything |something |everything )?(?:about |"
    r"of )?(?:who i am|me\b|"
    r"where i (?:live|work)|what i do|when (?:my|our) |how old i|my (?:name|age|birthday|job|\w+'s name)|about my|"
    r"of my)"
    r"|\bdo you know [^?]* from me\b|\bwhat(?:'s| is| was) (?:my|our) (?:\w+(?:'s)? ){0,2}(?:name|birthday|"
    r"nickname) ?\?"
    r"|\bwhat(?:'s| is| are| was) (?:my|our) \w+(?: \w+)? called ?\?|\bwho am i ?\?|\bwhere do i (?:live|work) ?\?"
    r"|\bwhen(?:'s| is) (?:my|our) (?:\w+'s )?(?:birthday|anniversary) ?\?|\bhow old am i ?\?",
    re.IGNORECASE,
)
_BIDS = re.compile(
    r"^\W*(?:please |can you |could you |would you |hey,? |so,? )*(?:remind|tell|show|give|read|repeat|quote|recall|"
    r"list|find|look up|"
    r"check|cite|say|fill|summari[sz]e|pin)\b",
    re.IGNORECASE,
)
"""Asks without a question mark."""
_QUOTES = re.compile(
    r"\b(?:repeat|quote|recall|give me back|summari[sz]e|list|look up|find|check|cite|"
    r"read)\b(?: \w+){0,4} (?:my (?:own )?words|me (?:back )?"
    r"on|our (?:\w+ )?(?:talks?|chats?|conversations?|discussions?)|the (?:day|date|time) (?:that|when))\b",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """Return whether a message asks what was said and nothing else; statements may stand beside the question."""
    if len(text) > _LONGEST_MESSAGE:
        return False
    every = [one for one in parted(text) if one.strip()]
    asked = [one for one in every if "?" in one] or every
    return bool(asked) and all(asks_of_talk(one) for one in asked)


def parted(text: str) -> list[str]:
    """Return the sentences and lines of a text, each with the white space after it: joined they are the text."""
    ends = [
        0,
        *sorted({found.end() for mark in (END, _LINES) for found in mark.finditer(text)} - {len(text)}),
        len(text),
    ]
    return [text[start:end] for start, end in pairwise(ends) if end > start]


def asks_of_talk(sentence: str) -> bool:
    """Return whether one sentence asks what was said between the user and the assistant, or whether it was."""
    said = " ".join(sentence.replace("’", "'").split())
    if len(said) > _LONGEST:
        return False
    bids = _BIDS.search(said) is not None
    if not bids and "?" not in said and (" – " in said or not _unmarked().match(said)):
        return False  # what goes on after a dash is a statement
    if _NOT_TALK.search(said):
        return False
    asked = said if "?" in said else f"{said.rstrip('.! ')}?"
    forms = (_turned(), _hangs(), _TAG, _WORDS, _SHARED, _CAME_UP, _SOMETHING, _OF_ME)
    return (
        any(form.search(asked) for form in forms) or _remembers(asked) or (bids and _QUOTES.search(asked) is not None)
    )


def _remembers(asked: str) -> bool:
    """Return whether it asks what the assistant remembers, and not what everybody might."""
    found = _REMEMBERS.search(asked)
    if found is None:
        return False
    return _GENERAL.match(" " + " ".join((found["what"] or found["bare"] or found["any"] or "").split())) is None


@cache
def _turned() -> re.Pattern[str]:
    return re.compile(_INVERTED, re.IGNORECASE)


@cache
def _hangs() -> re.Pattern[str]:
    return re.compile(_HANGS, re.IGNORECASE)


@cache
def _unmarked() -> re.Pattern[str]:
    """Return what begins a question that is written without its mark."""
    return re.compile(
        r"\W*(?:(?:hey|so|and|but|ok|okay|hi|well|tell me|say)[, ]+)*(?:did|didn't|have|haven't|do (?:you|"
        r"u) (?:remember|"
        r"recall)|"
        r"can you (?:remember|recall)|what did (?:i|we|you)|when did (?:i|we|you)|i wonder|any (?:memory|"
        r"recollection)|was i|"
        r"were we|had i)\b",
        re.IGNORECASE,
    )
