"""Whether a sentence asks about what was said between user and assistant: by its form, without a model.

English has few such forms. A *telling* says who spoke, a verb, and whom to ("I told you", "we talked", "you said"); it
is asked for where it is turned round ("Did I tell you …?"), where it hangs on a question ("Remind me what I told you"),
or where a tag follows ("I told you about it, didn't I?"). Else one asks what the other remembers, whether something
came up, or what the notes say. What only sounds like it lacks a part: "Can you remember how to tie a bowline?", "Did we
win the war?", "As I told you, it drips: what now?". Knows nothing of who answers.

The tables hold a form a line or two: regular expressions over single spaces, case ignored.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from plum_edge.augment.phrases.keyphrases import END

_LINES = re.compile(r"\n+")
_LONGEST_MESSAGE = 2_000
"""Characters of a message; more are something to work on."""
_LONGEST = 400
"""Characters of a sentence; more are no question."""


def _any(*forms: str) -> str:
    """Return an expression for any of the forms."""
    return f"(?:{'|'.join(forms)})"


# What a telling is made of ---------------------------------------------------------------------------------------

_GAP = (
    r"(?:(?:ever|already|also|once|previously|actually|really|even|possibly|perhaps|maybe|by any chance|"
    r"in fact|both|not|"
    r"never|happen to|recently|last \w+|yesterday|that day|earlier|first|exactly|at (?:some|any) (?:point|time)|before|"
    r"just|have|had|been|be|of all things|indeed|definitely|certainly)[, ]+)*"
)
"""What may stand between who spoke and the verb."""
_I_TOLD = _any(
    r"(?:tell|told|telling|ask|asked|asking|show|showed|shown|inform|informed|consult|consulted|warn|warned) you\b",
    r"(?:text|texted|messaged|give|gave|given|send|sent|read|bored?) you\b",
    r"(?:mention|mentioned|mentioning|bring up|brought up|confide|confided|let slip|typed)\b",
    r"(?:say|said) (?:about|on|something|anything|nothing|more|much|a word)\b",
    r"(?:bring|brought) (?:\w+ ){1,6}up\b",
    r"(?:talk|talked|talking|speak|spoke|spoken|chat|chatted|write|wrote|written)\b[^.?!]{0,80}\b(?:to|with) you\b",
    r"(?:complain|complained|moan|moaned|rant|ranted|vent|vented|confess|confessed)\b[^.?!]{0,80}\b(?:to|at) you\b",
    r"(?:say|said|describe|described|explain|explained|report|reported)\b[^.?!]{0,80}\bto you\b",
    r"(?:bring|brought|come|came|go|went|turn|turned|open up|put|raise|raised)\b[^.?!]{0,80}\b(?:to|with|past) you\b",
    r"(?:share|shared)\b[^.?!]{0,80}\bwith you\b",
    r"share[d]? that\b",
    r"(?:talk|talked|speak|spoke|spoken|complain|complained) (?:about|of)\b",
    r"type (?:\w+ )?(?:about|on)\b",
    r"ask(?:ed)? (?:you )?for (?:your |some )?(?:help|advice)\b",
    r"(?:want|wanted|seek|sought|after) (?:to know|advice|help|your (?:advice|help|opinion))\b",
    r"(?:inquired?|enquired?|worried) about\b",
    r"discuss(?:ed)?\b",
    r"busy with\b[^?]*\bas far as you know\b",
)
_WE_TALKED = _any(
    r"(?:talk|talked|talking|speak|spoke|spoken|speaking|chat|chatted|chatting|converse|conversed)\b",
    r"(?:discuss|discussed|discussing|mention|mentioned|say|said|saying)\b",
    r"(?:touch|touched) (?:on|upon)\b",
    r"(?:get|got|gotten) into\b",
    r"(?:go|went|gone|been) (?:over|through)\b",
    r"(?:bring|brought) (?:\w+ ){0,5}up\b",
    r"(?:exchange|exchanged) (?:words|messages|thoughts|views|ideas)\b",
    r"(?:have|had) (?:a |any |this |that |our |some )?(?:\w+ )?(?:chat|talk|word|conversation|discussion|exchange)s?\b",
    r"(?:cover|covered|had)\b[^?]*\b(?:last time|before|already|yesterday|as a (?:theme|topic|subject))\b",
    r"(?:leave|left) off\b",
)
_YOU_SAID = _any(
    r"(?:tell|told|advise|advised|warn|warned|remind|reminded|promise|promised) me\b(?! (?:what|who|how|"
    r"where|why|when)\b)",
    r"(?:help|helped|give|gave|given|show|showed|shown) (?:me|us)\b(?! (?:what|who|how|where|why|when|which)\b)",
    r"(?:suggest|suggested|recommend|recommended|propose|proposed)\b",
    r"(?:say|said) (?:to me|about|on|I)\b",
    r"(?:hear|heard|know|known|learn|learned|learnt)\b[^?]*\bfrom me\b",
    r"(?:hear|heard) me (?:mention|talk|speak|say|complain)\b",
    r"(?:been )?(?:told|asked|informed) (?:of|about|by me)\b",
)
_WE = "(?:we|you and i|i and you|the two of us)"
_INVERTED = rf"(?:i {_GAP}{_I_TOLD}|{_WE} {_GAP}{_WE_TALKED}|you {_GAP}{_YOU_SAID})"
_HAVE = r"(?:'ve|'d| have| had| did| might have| may have| was| were)?"
_STRAIGHT = _any(
    rf"i{_HAVE} {_GAP}{_I_TOLD}",
    rf"i{_HAVE} {_GAP}(?:said|mentioned|asked you)\b",
    rf"{_WE}{_HAVE} {_GAP}{_WE_TALKED}",
    rf"you{_HAVE} {_GAP}{_YOU_SAID}",
)
_TAGS = _any(
    r"(?:did|didn't|have|haven't|had|hadn't|wasn't|weren't|right|correct|no|yes|true|am i|is that|is it)",
    r"or (?:not|was|did|am|have|is|has)",
    r"(?:do you |can you )?(?:remember|recall)",
)

# How one asks ----------------------------------------------------------------------------------------------------

_ASKED = r"(?:what|when|where|how|which)(?: \w+){0,5}? (?:did|do|have|had|was it|was it when) (?:that )?"
_COMING_UP = r"(?:come|came|crop|cropped) up"
_RISES = r"(?:sun|moon|seeds?|bulbs|seedlings?|daffodils|crocuses|tulips|stars|tide|prices?|anchor|divers?)"
_PAST = r"(?: (?:at all|ever|here|already|before|yet|in the past|with you|in passing|previously))*(?:, [^?]*)?\?"
_THING = r"(?:something|a thing|anything|a topic|a subject|the topic|one of the things) (?:that |which )?"
_TALKS = r"(?:conversations?|chats?|talks?|discussions?|sessions?|messages?|exchanges?|history|notes|memory|logs?)"
_ALL_OF = r"(?:(?:any|one|some|all|most|of|last|these|those|the|old) )*"
_FORMS = (
    # a telling, turned round
    r"\b(?:was|did|have|had) i ever\b",
    rf"\b(?:did|didn't|have|haven't|had|hadn't|was|wasn't|were|weren't|am|are) (?:it be |it )?(?:that )?{_INVERTED}",
    rf"\b{_ASKED}(?:{_WE} {_GAP}{_WE_TALKED}|i {_GAP}(?:(?:say|said)\b(?! yes\b)|(?:put|call) (?:it|"
    rf"that)\b|{_I_TOLD}))",
    r"\b(?:what|when|which|how) (?:\w+ )?(?:did|had|have) we (?:decide|agree|settle|end up deciding)d?\b",
    r"\bwhat (?:did|have|had) you (?:\w+ )?(?:say|said|answer|reply|advise|told|tell)\b",
    r"\bwhere (?:did|had) we (?:stop|get to)\b",
    r"\bdid i (?:ever )?ask (?:why|whether|if|how|what|when|where|about|for)\b",
    r"\b(?:did|have|had) you (?:ever )?(?:coach|drill|split|scale|word|write|explain|untangle|correct|"
    r"translate|plan|teach|"
    r"taught|written|make|made|find|found|work|call|called|answer|calculate)(?:ed|d)?\b[^?]*\b(?:me|my|mine|us|our)\b",
    r"\b(?:was|is) (?:that|this|it) (?:told to you|you|to you that|with you that|a conversation of ours)\b",
    r"\bwas it (?:with )?you (?:that |who )?(?:i|we) (?:asked|told|spoke|talked|consulted|wrote)\b",
    # what two have between them
    rf"\b(?:in|from|through|among|during|of|do|does|did|have|has|which|any|are|check) {_ALL_OF}(?:our|my|your|earlier|"
    rf"previous|past) (?:\w+ ){{0,2}}{_TALKS}\b",
    r"\b(?:among|of) the things (?:that )?(?:we|i)\b",
    r"\b(?:between (?:us|you and me)|from my side|my words (?:on|about)|on file about (?:my|our|me)|mentioned by me)\b",
    r"\b(?:ever|already|that|it|this) on the table ?\?",
    r"\brings? (?:a|any) bells?\b",
    r"\b(?:by|from) me (?:before|already|yet)\b|\banything from me on\b|\brequest of mine\b",
    r"\b(?:hear|heard|know|known|learnt?|learned|told|quoted?|remember) [^?]*\bfrom me ?\?",
    r"\b(?:what you (?:know|have) (?:about|on)|your (?:notes|records) on) me\b|\byou (?:ever )?heard of ?\?",
    r"\b(?:a topic|a subject|a theme|on my mind) (?:with us|here|of ours)\b|\bwas that (?:with )?you ?\?",
    r"\b(?:are you aware of|think back to|chance you remember) (?:my|our|me)\b",
    # what came up
    rf"\b(?:did|didn't|has|hasn't|have|had) (?!(?:the |my |your )?(?:\w+ )??{_RISES}\b)[^?]*[^? ] (?:ever |already |"
    rf"really |actually |also )*{_COMING_UP}\b",
    r"\bhas cropped up\b|\bcome up (?:already|between|in our|in any of our)\b",
    r"\b(?:was|were|is|are|has|have|had)\b[^?]*\b(?:mentioned|discussed|talked about|spoken about|brought up|raised|"
    rf"touched on|dealt with){_PAST}",
    rf"\b{_THING}(?:ever )?{_COMING_UP}\b",
    rf"\b{_THING}(?:we|i|you and i) (?:\w+ )?(?:talked|spoke|discussed|told|mentioned|asked|brought|raised|covered)\b",
    rf"\b{_THING}(?:we|i|you and i) have (?:ever )?(?:told|brought|raised|asked|mentioned|said|discussed)\b",
    # what was noted
    r"\b(?:is|was|are|were|isn't|wasn't) there (?:\w+ ){0,3}?(?:conversation|chat|discussion|exchange|note|talk|entry|"
    r"mention)s? (?:of|on|about|between us|with you|where|concerning|regarding)\b",
    r"\b(?:any|no|some) (?:memory|memories|recollection|recall|mention) (?:of|about)\b(?!.*\b(?:in|of) the \w+ ?\?)",
    r"\brecord of (?:my|our|me|us)\b|\b(?:date|day) of our (?:\w+ )?(?:talk|chat|conversation|discussion)\b",
    r"\bwhat was (?:that|the thing) about\b|\bwhat was it about (?:my|our|the)\b|\bsince when do you know\b",
    # who the user is
    r"\bwhat (?:all )?(?:do|have) you (?:know|learned|learnt|got|heard|stored|noted|saved|"
    r"have)(?: down)? (?:about|of|on|"
    r"from) (?:me|my|our|us)\b",
    r"\bdo you (?:already |still )?know (?:anything |something |everything )?(?:about |of )?(?:who i am|me\b|what i do|"
    r"where i (?:live|work)|when (?:my|our) |how old i|my (?:name|age|birthday|job|\w+'s name)|about my|of my)",
    r"\bdo you know [^?]* from me\b",
    r"^\W*(?:(?:so|and|but|then|surely|did)[, ]+)*you (?:already |surely |do )?(?:know|knew) (?:about|of) (?:my|our)\b",
    r"\bwhat(?:'s| is| was) (?:my|our) (?:\w+(?:'s)? ){0,2}(?:name|birthday|nickname) ?\?",
    r"\bwhat(?:'s| is| are| was) (?:my|our) \w+(?: \w+)? called ?\?|\bwho am i ?\?|\bwhere do i (?:live|work) ?\?",
    r"\bwhen(?:'s| is) (?:my|our) (?:\w+'s )?(?:birthday|anniversary) ?\?|\bhow old am i ?\?",
)
_HANGS = (
    r"\b(?:what|when|where|which|who|how|why|whether|if|that|times?|date|day|month|things?|anything|"
    r"something|everything|"
    r"all|words|advice|thinking|was it you|was it with you|could it be) ?(?:it was )?(?:that |when |where )?$"
)
"""Stands before a telling that is asked for."""
_ALONE = r"^\W*(?:so|and|but|then|wait)?[, ]*$"
_FOLLOWS = rf"^[^?]*[,;:–-] ?{_TAGS}\b[^?]*\?"
"""Stands after one."""
_BIDS = (
    r"^\W*(?:please |can you |could you |would you |hey,? |so,? )*(?:remind|tell|show|give|read|repeat|"
    r"quote|recall|list|"
    r"find|look up|check|cite|say|fill|summari[sz]e|pin)\b"
)
"""Asks without a question mark."""
_QUOTES = (
    r"\b(?:repeat|quote|recall|give me back|summari[sz]e|list|look up|find|check|cite|read)\b(?: \w+){0,4} "
    r"(?:my (?:own )?words|me (?:back )?on|our (?:\w+ )?(?:talks?|chats?|conversations?|discussions?)|"
    r"the (?:day|date|time) (?:that|when))\b"
)
_UNMARKED = (
    r"\W*(?:(?:hey|so|and|but|ok|okay|hi|well|tell me|say)[, ]+)*(?:did|didn't|have|haven't|was i|were we|had i|"
    r"(?:do|can) (?:you|u) (?:remember|recall)|(?:what|when) did (?:i|we|you)|i wonder|i'm curious|i'd like to know|"
    r"any (?:memory|recollection))\b"
)
"""Begins a question that is written without its mark."""
_REMEMBERS = (
    r"\b(?:do|don't|can|can't|could|would|will|are) (?:you|u) (?:still |even |perhaps |at all |happen to |"
    r"at least |able to )*"
    r"(?:remember|recall|recollect)\b(?P<what>[^?]*)",
    r"^\W*(?:hey |so |and |you )*(?:remember|recall) (?P<bare>(?:my|our|me|us|(?:when|that time|"
    r"the time) (?:i|we))\b[^?]*)\?",
    r"\b(?:what|anything|something|everything|all) (?:(?:do|can) |that )?you (?:still )?(?:remember|"
    r"recall)\b(?P<any>[^?]*)",
)
_GENERAL = (
    r" (?:how|to|who|whom|whose|why|if|whether|which|what|when|where)\b(?! (?:i|we|my|our|me|you and i|"
    r"did (?:i|we))\b)",
    r" (?:the|any|some|every|all)(?: \w+){0,2} (?:names?|words?|title|capital|formula|year|date|rules?|order|lyrics|"
    r"spelling|plot|ending|author|quotes?|lines?|digits|laws?|planets|kings|presidents)\b(?!.*\b(?:i|we|my|our)\b)",
    r" (?:more|many|several|two|ten|things?|faces|names|people|numbers|being|having|learning|living|life|watching)\b",
    r" (?:a|an|one) [^?]*\bif\b",
)
"""What everybody might remember."""
_NOT_TALK = (
    # in passing
    r"\b(?:as|like|since|because) (?:i|we) (?:have |already )*(?:said|told|mentioned|discussed|talked)\b",
    r"\b(?:given|based on|considering|using|following|with) (?:what|everything|all)(?: that)? (?:we|i|you)\b",
    r"\b(?:ones?|everything|all) (?:that )?(?:you|we)(?:'ve)? (?:gave|give|suggested|told|talked|discussed)\b",
    # not in the past
    r"\bhow (?:do|should|can|could|would|to) (?:i|we|you) (?!remember|recall|know)|\bhow come\b",
    r"\b(?:if|when|once|before|after|until|unless) (?:i|we|you) (?:tell|ask|give|show|send|talk|mention|say|bring|put|"
    r"share|go)\b|\bif i (?:gave|showed) you (?:one|it|some|them)\b",
    r"(?<!did )(?<!didn't )(?<!have )\byou (?:suggest|recommend|propose|tell|help|give)\b",
    r"\bare we (?:\w+ )?talking about\b",
    # to others, or no talk at all
    r"\bto (?:my|your|her|his|their) (?:boss|mother|wife|husband|doctor)\b",
    r"\b(?:we|i) (?:\w+ )?(?:go|went|gone) (?:over|through) (?:budget|the (?:limit|edge|bridge|hill|top|"
    r"speed|border|line))",
    r"\b(?:get|got) into (?:debt|trouble|space|university|(?:this|that|the|a) (?:\w+ )?(?:recession|war|mess|crisis|"
    r"situation|car|house|bath|pool|water|university))",
)
"""Sounds like a telling, and is not what is asked for."""


def asks(text: str) -> bool:
    """Return whether a message asks what was said and nothing else; statements may stand beside the question."""
    if len(text) > _LONGEST_MESSAGE:
        return False
    every = [one for one in parted(text) if one.strip()]
    asked = [one for one in every if "?" in one] or every
    return bool(asked) and all(asks_of_talk(one) for one in asked)


def parted(text: str) -> list[str]:
    """Return the sentences and lines of a text, each with the white space after it: joined they are the text."""
    found = {match.end() for mark in (END, _LINES) for match in mark.finditer(text)}
    ends = [0, *sorted(found - {0, len(text)}), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if end > start]


def asks_of_talk(sentence: str) -> bool:
    """Return whether one sentence asks what was said between the user and the assistant, or whether it was."""
    said = " ".join(sentence.replace("’", "'").split())
    if len(said) > _LONGEST:
        return False
    bids = _compiled(_BIDS).search(said) is not None
    if not bids and "?" not in said and (" – " in said or not _compiled(_UNMARKED).match(said)):
        return False  # what goes on after a dash is a statement
    if _compiled(*_NOT_TALK).search(said):
        return False
    asked = said if "?" in said else f"{said.rstrip('.! ')}?"
    if _compiled(*_FORMS).search(asked) or _tells(asked) or (bids and _compiled(_QUOTES).search(asked)):
        return True
    remembered = _compiled(*_REMEMBERS).search(asked)
    if remembered is None:
        return False
    what = remembered["what"] or remembered["bare"] or remembered["any"] or ""
    return _compiled(*_GENERAL).match(" " + " ".join(what.split())) is None


def _tells(asked: str) -> bool:
    """Return whether a telling in plain order is asked for: it hangs on a question, has a tag, or is all there is."""
    for telling in _compiled(rf"\b{_STRAIGHT}").finditer(asked):
        before, after = asked[: telling.start()], asked[telling.end() :]
        if _compiled(_HANGS).search(before) or _compiled(_FOLLOWS).match(after):
            return True
        if _compiled(_ALONE).match(before) and re.fullmatch(r"[^,;:?]*\?", after):
            return True
    return False


@cache
def _compiled(*forms: str) -> re.Pattern[str]:
    """Return a pattern for any of the forms."""
    return re.compile("|".join(forms), re.IGNORECASE)
