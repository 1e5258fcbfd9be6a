"""Audit a document: find its faults and vague parts, each with an answer that shows it and a correction.

Hides the rules, how both validators prove each answer, and how Overlay actions replace a value. Hands out `audit`, the
Audit that it returns, and the findings, answers and actions in that.
"""

from contracts.audit.audit import Audit, audit
from contracts.audit.finding import DocumentFinding, OverlayAction, ShownAnswer
