"""The trainers: MLX and torch behind one `base.Trainer`, and what a training takes of memory.

    base.py              the protocol, and what a trainer is given
    pick.py              which one is used here, and why
    memory.py            what training takes, reckoned before a run; threads.py: how many it takes
    mlx_*.py, torch_*.py the two; dense.py: what a dense decoder computes, read off its config
    own_loaders.py       a base with an adapter as mlx-lm and PEFT load it, to hold ours against

Knows nothing of files of ours, of recipes, of text or of the store.
"""
