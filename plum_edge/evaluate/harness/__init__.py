"""General benchmarks (MMLU, ARC, …) of the base with an adapter, by EleutherAI's lm-evaluation-harness: its model.

    python -m plum_edge.evaluate.harness --model_args home=…,adapter=… --tasks mmlu,arc_challenge

Needs the extra ``lm-eval``; tasks are downloaded by the harness, but for the two of benchmarks/general_tasks.py. Knows
nothing of tasks and figures.
"""
