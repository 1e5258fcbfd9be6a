"""The rules that an answer or a document can break, what there is to say about each, and the kinds of changes.

Hides where the examples are kept. Hands out RULES and DOCUMENT_RULES, each with its code, meaning, source and URL,
their explanations as rows, lines and Markdown, and CHANGE_KINDS.
"""

from contracts.rules.change_table import CHANGE_KINDS, OF_CHANGES
from contracts.rules.document_table import DOCUMENT_RULES, NOTES, UNDECLARED
from contracts.rules.explanations import explain, explanation_markdown, explanation_rows, explanations, where_explained
from contracts.rules.table import RULES, Rule
