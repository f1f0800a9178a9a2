"""What a base reads: chat templates, and text as token ids.

    prompt.py     a chat as control tokens and text, by the base's own template
    rendered.py   whose text is whose in what a template wrote; sandbox.py: where it runs
    tokens.py     messages and pairs as token ids with roles, the same for every backend

Knows nothing of weights, of which bases there are, or of what is done with the ids.
"""
