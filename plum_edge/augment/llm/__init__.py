"""Pairs by a language model: it is asked window by window, and believed pair by pair.

    windows.py prompts.py   what it is shown, and what it is asked
    reading.py              what it wrote, as candidates
    grounding.py support.py sentences.py proofs.py persons.py   whether a candidate rests on what was said
    grammar/                what those know of a language
    judge.py                the same model as a reader, where it can be trusted as one
    augmenter.py            the `Augmenter` that is made of these

Knows nothing of storage, or of how a model is run: it is handed a function that writes.
"""
