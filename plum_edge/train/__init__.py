"""From question–answer pairs to an adapter: the left fold over segments, one step for each.

    fold.py       the fold: which step is next, what it is recorded with
    checkpoints.py  which states stay on disk, and which are averaged for use
    dataset.py    what a segment is learned from: its pairs, earlier ones, sampled negatives, general samples
    step.py       the epochs of one segment, a checkpoint after each
    recipes/      which examples a step reads, and in what order; averaging.py: the pass before an adapter is used
    teaching.py   what the base itself says: targets of the KL regulariser, and of the recipe ``distill``
    general.py    everyday samples that keep the base what it was; primer.py: the adapter that a fold starts from

Knows nothing of when it is called, of llama.cpp's adapters, or of whether an adapter is any good.
"""
