"""What plum-tiny was trained with of the product's phrases: templates, thesaurus, and how topics are found.

The weights know these words, and the made-up history that they hold depends on each of them. So the recipe reads this
copy, and the product may change its own. **Nothing in here is changed**, but for a training from the beginning. It
leaves out what the recipe does not use, and first of all the phrasings that are kept for evaluation.
"""
