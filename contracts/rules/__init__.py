"""The rules that an answer can break, and what there is to say about each.

Hides where the examples are kept. Hands out RULES, each with its code, meaning, source and URL, and their explanations
as rows, lines and Markdown.
"""

from contracts.rules.explanations import explain, explanation_markdown, explanation_rows, explanations, where_explained
from contracts.rules.table import RULES, Rule
