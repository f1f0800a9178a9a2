"""What docs/results/README.md says around its tables. No figure of ours stands here."""

from __future__ import annotations

HEAD = """# Tables of the experiment on plum-tiny

What [the experiment](../../benchmarks/experiment) gave; [the summary](../RESULTS.md) says what it comes to, and has the
clean table of a real base, whose files begin with `clean-`. This page and its CSV files are written from stored answers
by `python -m benchmarks.experiment --grid tiny --tables`; nothing in them was typed. What has not been run says so; a
field is empty where there is nothing to measure.

**How to read it.** Figures are percent. *Yes asked*: of the questions to be answered yes, the share that was, read
off p(Yes) against p(No) in llama.cpp with the GGUF adapter; *no asked* likewise; *balanced* is the mean of the two,
so that chance, or the same answer to everything, is 50. *Low* and *high* bound 95 % intervals: Wilson's for a share,
for the balanced figure the bootstrap over conversations. Where seeds are pooled, Wilson's interval takes their
questions as independent, which they are not quite: the bootstrap does not. Held-out questions use phrasings, and
negatives name topics, that training never used; *near* negatives are related to what was discussed or share its
words, *far* ones are not. *Rare words*: questions that turn on a word that the base's pre-training never read,
against the same question with a made-up word. *Unseen phrasings*: ten frames that nothing was trained on, the base
included, though it met words of most of them in other frames (which, and what that does, stands in [its
experiment](../experiments/2026-11-21-plum-tiny-topic-ends.md)). *Others' phrasings*: sixty, written by a language
model that was shown neither code nor templates. *Hand-written*: the sample user's own questions.

An *adapter* is asked as `plum-edge ask` and `chat` ask it: in the user's words and in two phrasings that it was trained
on, into which the topic of the question is put without a model; p(yes) is their mean in log-odds, with the odds halved,
so that a yes is claimed from two to one. *Asked once as it stands* is the user's words alone and even odds, as an
adapter that was exported is asked elsewhere. *And the score of BM25*: how well the log matches the topic counts as much
as the adapter, and nothing is read; *and BM25*: the base also reads what was found, and each has a say.

The page of one run, with its figures drawn, is made from where the run keeps its log, for instance
`plum-edge evaluate --home results/cells/main/nora/replay/seed-0/at/0100 --baselines --report DIR`.

**The recipes.** `plum` is the paper's method as far as it is printed: conversation by conversation, ten epochs, no
return to an earlier one. `replay`, our default, also reads a bounded share of earlier pairs with each conversation,
and before an adapter is used, here before it is asked, it reads everything once more in at most 600 batches and takes
the mean of the weights on the way (the *averaging pass*, with which learning does not go on).
**That is not the paper's method**, and its figures are not a reproduction of the paper's.
"""

PAPER = """## Beside the paper

Magister et al., *On the Way to LLM Personalization* ([arXiv 2411.13405](https://arxiv.org/abs/2411.13405)), report
after 100 conversations: PLUM 81.5, the best retrieval 83.5, another retrieval 81.5, chance 50. Balanced, percent:

{rows}

What can be compared: the protocol (100 conversations in order of time, each learned once; held-out yes/no questions
about all of them; balanced; chance 50), and within a row, how near learning comes to retrieval with the same model.
What cannot: the figures themselves. Their base is Llama-3-8B-Instruct, with 8 billion parameters, and it writes its own
question–answer pairs; ours has 2.6 million, and its pairs come from a phrase finder and templates. Their conversations
and questions are others than ours, their negatives are not divided into near and far, and their exact weights and
learning rate are not printed. Only `plum` is their method; `replay` is not. Retrieval here is BM25 over the log with
our model as the reader.
"""

PAPER_ROW = ("*the paper, 8 B parameters*", "81.5", "–", "83.5 (its best retrieval)", "–", "–", "–")
"""PLUM's figure and that of its best retrieval, in the columns of the table beside the paper."""
