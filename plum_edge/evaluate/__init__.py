"""How well a memory remembers: questions, scores, baselines, and the gate.

    questions.py marking.py scoring.py   held-out questions, how answers are marked, the figures with their intervals
    baselines.py    the systems that are compared; cost.py: what an answer costs; known.py: nothing is asked twice
    evaluator.py    asks them in llama.cpp; measure.py: for ``evaluate``; ability.py: what has nothing to do with memory
    gate.py         promote the new adapter, or keep the old
    calibration.py  is a p(yes) of 0.8 right eight times in ten?
    runtimes.py     the same questions as trained and in each type of GGUF
    harness/        EleutherAI's lm-evaluation-harness over a base and an adapter
    report/         what an evaluation looks like: terminal, figures, page

Knows nothing of how an adapter was made.
"""
