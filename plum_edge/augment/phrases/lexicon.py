"""Everyday noun phrases by theme: what a person might have talked about and, mostly, did not. The stuff of negatives.

Knows nothing of conversations. Each phrase is one to three words, without a determiner, and none contains "and", which
joins two topics in a question. `held_out` splits every phrase, in the list or recombined from it, into a part that
training may name and a part that only held-out questions name.
"""

from __future__ import annotations

from functools import cache

from plum_edge.augment.phrases.lexicon_things import THINGS
from plum_edge.augment.phrases.words import key, stems
from plum_edge.records import draw

HELD_OUT_SHARE = 4
"""One phrase in so many is never named in training."""


def held_out(phrase: str) -> bool:
    """Return whether only held-out questions may name this phrase. Depends on its stems alone."""
    return draw("lexicon", key(phrase)) % HELD_OUT_SHARE == 0


@cache
def by_stem() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return, for each content stem, the (theme, phrase) entries that contain it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for theme, phrases in THEMES.items():
        for phrase in phrases:
            for stem in stems(phrase):
                found.setdefault(stem, []).append((theme, phrase))
    return {stem: tuple(entries) for stem, entries in found.items()}


@cache
def stem_themes() -> dict[str, tuple[str, ...]]:
    """Return the themes that each content stem of the lexicon belongs to, in the order of the list."""
    return {stem: tuple(dict.fromkeys(theme for theme, _ in entries)) for stem, entries in by_stem().items()}


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(","))


THEMES: dict[str, tuple[str, ...]] = {theme: _phrases(text) for theme, text in THINGS.items()}
"""Noun phrases by theme, of things and pastimes."""

SURNAMES = _phrases(
    """Ashworth, Bannister, Calloway, Drummond, Eastwood, Fairclough, Grantham, Holloway, Ibbotson, Jessop, Kettering,
        Lockwood, Merriweather, Norwood, Oakley, Pemberton, Quigley, Rowntree, Sinclair, Thackeray, Underhill,
        Venables, Whitaker, Yardley, Brandt, Castellano, Duval, Eriksen, Fontaine, Grigoriev, Hashimoto, Kaminski,
        Moreau, Nakamura, Novak, Petrov, Rossi, Schneider, Tanaka, Varga"""
)
"""Invented acquaintances, for negatives where a positive names a person by title and surname."""

PEOPLE = _phrases(
    """Alistair, Beatrix, Cedric, Delphine, Edmund, Felicity, Gareth, Harriet, Ignatius, Jocelyn, Kerstin, Lionel,
        Marguerite, Nigel, Ottilie, Percival, Quentin, Rosalind, Sebastian, Tabitha, Ursula, Valentin, Winifred,
        Xavier, Yvette, Zacharias, Anouk, Bogdan, Chiara, Dmitri, Esperanza, Fabrizio, Giselle, Hiroshi, Imani,
        Joaquin, Kofi, Leila, Mateusz, Nadia, Olafur, Pilar, Rashid, Saskia, Thandiwe, Umberto, Vikram, Wanjiru,
        Yusuf, Zofia, Bernard, Clarissa, Desmond, Edith, Fergus, Gwendolyn, Horace, Isolde, Jasper, Leopold"""
)
"""Given names, for negatives where a positive names a person, a pet or a thing with a name."""

PLACES = _phrases(
    """Reykjavik, Marseille, Kyoto, Lima, Zanzibar, Helsinki, Buenos Aires, Vancouver, Marrakesh, Dublin, Vienna,
        Prague, Budapest, Naples, Seville, Oslo, Hanoi, Tasmania, Iceland, Patagonia, Cornwall, Norfolk, Whitby,
        Swansea, Aberdeen, York, Canterbury, Brighton, Inverness, Galway, Bergen, Tallinn, Riga, Krakow, Zagreb,
        Athens, Crete, Cyprus, Cairo, Nairobi, Cape Town, Mumbai, Kathmandu, Bangkok, Singapore, Sydney, Auckland,
        Hawaii, Alaska, Texas, Chicago, Montreal, Havana, Jamaica, Bogota, Santiago, Baltic Street, Castle Road,
        Mill Lane, Station Square, Abbey Park, Queen's Bridge, Elm Grove, Victoria Terrace"""
)
"""Places and streets, for negatives where a positive names a place."""
