"""What a question is about: its words without those that any question about the past holds. Knows nothing of logs."""

from __future__ import annotations

import re

_STOPWORD_TEXT = """
    a about above after again against all also am an and any anything are as at back be because been before being
    below between both but by can could did do does doing done down during each either else even ever every few for
    from further had has have having he her here hers him his how i if in into is it its itself just like may me might
    mine more most much must my myself no nor not now of off on once one only or other our ours out over own per quite
    rather right same shall she should since so some something such sure than that the their them then there these they
    thing things this those through to too under until up us very was way we were what when where whether which while
    who whom whose why will with within without would yes yet you your yours
    ll re ve don didn doesn isn wasn weren hasn haven hadn couldn wouldn shouldn won aren ain s d m t
"""
_TALK_TEXT = """
    advice among already answer answered anywhere arise ask asked asking bell bring brought busy came chat chats chatted
    come comes complain concern conversation conversations covered date dates day days describe detail details discuss
    discussed discussing discussion exact far include matter messages recollection side somewhere table theme think
    gave get give go going got hear heard help helped kept knew know known last learn let made make mean memory
    memories mention mentioned mentioning name note part point previous previously put question raise raised recall
    refer regarding remember remembered remind repeat ring said saw say saying session sessions share shared speak
    speaking spoke spoken subject talk talked talking talks tell telling time times told topic topics touch touched true
    wanted went wonder word words wrote
"""
_STOPWORDS = frozenset(_STOPWORD_TEXT.split())
_TALK = frozenset(_TALK_TEXT.split())
"""Words of talking about talk. A topic made of nothing else ("the bell") keeps them."""


def content_words(question: str) -> list[str]:
    """Return the different words that say what a question is about, lower case, in order.

    Question words, function words and the frame ("Did we ever talk about …") are left out. Where nothing would be left,
    the frame's words stay, and where still nothing, all.
    """
    found = list(dict.fromkeys(re.findall(r"[^\W_]+", question.lower())))
    plain = [word for word in found if word not in _STOPWORDS]
    return [word for word in plain if word not in _TALK] or plain or found
