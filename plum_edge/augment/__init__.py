"""From a conversation to question–answer pairs, and the checks that every pair must pass.

Without a language model: `keyphrases` finds what a conversation is about (with the noun phrases of `chunks`, by the
classes of `wordclasses` and the lists of `words`), `phrases` asks about it in the phrasings of `templates`, `negatives`
draws from `lexicon` what it is not about, `checks` refuses what is not grounded. With one: `prompts` asks it, `llm`
believes of what it wrote what `grounding` finds said (`support`, by the `sentences`, `proofs` and `grammars` of a
language, or a reader that `judge` trusts). Both are an `augmenter.Augmenter`; `language` says what either can read.
Knows nothing of storage, tokens or training.
"""

from plum_edge.augment.checks import Checked, Mentions, check, contradicted
from plum_edge.augment.phrases.keyphrases import Phrase, key_phrases
from plum_edge.augment.phrases.pairs import augment

__all__ = ["Checked", "Mentions", "Phrase", "augment", "check", "contradicted", "key_phrases"]
