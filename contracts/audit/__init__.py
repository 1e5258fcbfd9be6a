"""Audit a document: what in it is wrong or vague, with the answer that shows it and the correction.

Hides the rules, the proof of what is shown, and how Overlay actions replace a value. Hands out `audit`, what it
returns, and what that is made of.
"""

from contracts.audit.audit import Audit, audit
from contracts.audit.finding import DocumentFinding, OverlayAction, ShownAnswer
