"""Judge one exchange against the document, alone and after earlier ones.

Hides jsonschema, the checks, and the memory of earlier responses. Hands out `judge`, History and Violation.
"""

from contracts.judge.checks import consequences, judge, known_resource, misquoted
from contracts.judge.header_values import scalar
from contracts.judge.history import History, is_settled, reader_of
from contracts.judge.parsed_response import (
    ParsedResponse,
    checked_headers,
    is_bodiless,
    is_judged_text,
    judged_schemas,
    parse_response,
    unread_types,
)
from contracts.judge.refusals import ID_CLASSES, MADE_UP, NOT_UTF8, Refusal, excuse, id_classes
from contracts.judge.validation import LARGE, compiled
from contracts.judge.violation import CHANGES, PlacePattern, Violation
