"""What a text is searched by where blanks do not part its words: each character of such scripts, and each emoji, alone.

SQLite's own tokenizer takes a run of Chinese for one word, splits Hindi at its vowels, and drops emoji. So a text that
holds any of these is indexed by its pieces instead, all of it, with the words of other scripts between them. A text
that holds none has no pieces: words are enough for it. Knows nothing of the index.
"""

from __future__ import annotations

import re
import unicodedata

_SINGLE = (
    "¢-¦©¬®°±×÷"  # symbols among the letters
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1b00-\u1b7f"  # Thai to Balinese
    "\u20a0-\u20cf\u2100-\u214f\u2190-\u2bff"  # currencies, arrows, pictures
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3040-\u30fa\u30fc-\u4dbf\u4e00-\ua4cf"  # Han, kana, Yi
    "\ua980-\ua9ff\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f"  # Javanese, Tai, Hangul
    "\U00010000-\U0010ffff"  # emoji, rarer Han, and whatever is newer than SQLite's tables
)
_VOWELLED = "\u0900-\u0963\u0966-\u0dff"
"""Scripts of India: words, whose vowels are marks."""
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
    "\u200b-\u200f\u2060\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef"
)
"""What is written over, under or between letters and may as well be left out: accents, skin tones, joiners."""
_POINTED = "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670"
_SHAPED = (
    "ªµ²³¹º¼½¾\u0132\u0133\u013f\u0140\u0149\u017f\u01c4-\u01cc\u01f1-\u01f3\u02b0-\u02b8\u02e0-\u02e4\u037a\u03d0-\u03d6"
    "\u03f0-\u03f9\u0587\u0675-\u0678\u10fc\u1cf2\u1cf3\u1d2c-\u1d6a\u1d78\u1d9b-\u1dbf\u1e9a\u1e9b\u2070-\u209c\u2150-\u218f"
    "\u2c7c\u2c7d\u2d6f\u3038-\u303a\ua69c\ua69d\ua770\ua7f2-\ua7f9\uab5c-\uab69\ufb00-\ufdfb\ufe70-\ufefc\uff00-\uffef"
)
"""Letters in another shape: wide ones, ligatures, raised ones."""

_ASK = re.compile(f"[{_SINGLE}{_VOWELLED}{_POINTED}{_SHAPED}]")
_LEFT_OUT = re.compile(f"[{_MARKS}]+")
_BETWEEN = re.compile(rf"[^\w{_VOWELLED}{_SINGLE}]+|_")
_ALONE = re.compile(f"[{_SINGLE}]")


def needs_pieces(text: str) -> bool:
    """Whether a text holds anything that SQLite's words do not find."""
    return not text.isascii() and _ASK.search(text) is not None


def is_single(piece: str) -> bool:
    """Whether a piece is a character that stands alone."""
    return _ALONE.match(piece) is not None


def folded(text: str) -> str:
    """Return a text as it is compared: one form of each character, small letters, without marks."""
    small = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFC", _LEFT_OUT.sub("", unicodedata.normalize("NFKD", small)))


def pieces(text: str) -> str:
    """Return the pieces of a text, parted by blanks: words, and the characters that stand alone."""
    return " ".join(_ALONE.sub(r" \g<0> ", _BETWEEN.sub(" ", folded(text))).split())


def of_message(content: bytes, name: str) -> str | None:
    """Return the pieces of a message; None where words are enough. Whoever spoke is part of what is found.

    SQLite calls it for each message that comes in, with the bytes, which nothing else has looked at.
    """
    text = content.decode(errors="replace")
    return pieces(f"{name}\n{text}") or None if name or needs_pieces(text) else None


def of_title(title: bytes) -> str:
    """Return the pieces of a title; SQLite calls it for each."""
    return pieces(title.decode(errors="replace"))
