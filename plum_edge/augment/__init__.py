"""From a conversation to question–answer pairs, and the checks that every pair must pass.

    augmenter.py   the protocol of whoever makes pairs
    llm/           by a language model; phrases/: without one
    pipeline.py    which of them makes a segment's pairs, and what becomes of what the base wrote
    checks.py      what every pair must pass; language.py: which language a text is in

Knows nothing of training.
"""
