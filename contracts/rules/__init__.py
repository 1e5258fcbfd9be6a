"""The rules that an answer or a document can break, and what there is to say about each.

Hides where the examples are kept. Hands out RULES and DOCUMENT_RULES, each with its code, meaning, source and URL, and
their explanations as rows, lines and Markdown.
"""

from contracts.rules.document_table import DOCUMENT_RULES, NOTES, UNDECLARED
from contracts.rules.explanations import explain, explanation_markdown, explanation_rows, explanations, where_explained
from contracts.rules.table import RULES, Rule
