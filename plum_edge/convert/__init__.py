"""Conversion between the forms of an adapter and of its base; formats are specified in conversions/README.md.

    lora.py names.py tensors.py   an adapter as numbers, its names in each form
    peft*.py mlx.py gguf.py       the forms; forms.py: all of them by name; ollama.py: what goes beside a GGUF
    weights.py gguf_weights.py gguf_text.py vocabulary.py   the weights and the tokenizer of a base, whatever holds them
    families.py rope.py           what differs by model family (conversions/*.toml)
    gguf_header.py                what a GGUF file says of itself; verify.py: what was written is read back

Knows nothing of which bases there are, of training, or of llama.cpp.
"""
