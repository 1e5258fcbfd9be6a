"""Find what changed between two documents, for those who read answers and for those who send requests.

Hides how schemas are taken apart, the exact schema algebra, and how each claim is proved by a witness that both
documents judge. Hands out `compare_documents`, Change, and where documents come from.
"""

from contracts.changes.accepting import accept, waiver_entry
from contracts.changes.change import Change, Classification, Direction, Spot, Witness
from contracts.changes.document_comparison import compare_documents
from contracts.changes.result import DocumentDiff
from contracts.changes.sdk_readings import with_sdk
from contracts.changes.seen import SeenAnswers, SeenTotals, counted_by_features, counted_in_run
from contracts.changes.sources import PINNED_NAME, Source, find_source
