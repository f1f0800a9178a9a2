"""Pairs without a language model: all that is true of English, and what is asked about a conversation by its phrases.

    words.py wordclasses.py chunks.py lexicon.py synonyms.py   word lists, a tagger by word lists, a thesaurus
    lexicon_things.py   the phrases of the lexicon; lexicon_life.py: what nothing is trained on, and a night asks about
    keyphrases.py     what a conversation is about
    wordings.py       the phrasings of questions and answers; noise.py and variants.py put them in other words
    pairs.py          topics and wordings become pairs; negatives.py, undiscussed.py and
                      sampled_negatives.py: what was not discussed, for storage, for each reading, and at large
    teachable.py      what of a conversation may teach; inquiry.py and pastes.py know what may not
    dates.py          dates as English writes them; bids.py and requests.py: what a message wants
    augmenter.py      the `Augmenter` that is made of these

The fallback where no model writes. Knows nothing of models, tokens or storage.
"""
