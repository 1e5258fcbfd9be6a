"""Break every promise of a document, one at a time, and test that the judge notices.

Hides how the keywords of a schema, JSON text, messages and the overlay's promises are broken. Hands out `faults`,
`self_test`, and the values Fault and AnswerContext.
"""

from strategies.faults.fault_table import faults
from strategies.faults.mutations import AnswerContext, Fault
from strategies.faults.self_test import MAX_FAULTS, self_test
