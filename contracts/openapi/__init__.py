"""Read OpenAPI documents, from files to a frozen Document.

Hides YAML and JSON, overlays, references, discriminators, formats, the engine of patterns, and the refusal of documents
that could not be judged. Hands out `load`, Document, Operation, ResponseSpec and Credential, JSON pointers, strict JSON
text, and the errors of all wings.
"""

from contracts.errors import ConfigurationError, ContractError, DocumentError, TargetError
from contracts.openapi.closing import open_objects
from contracts.openapi.credential import Credential, is_token
from contracts.openapi.discriminator import Branch, Union, union_at
from contracts.openapi.document import (
    TEMPLATE,
    Document,
    Header,
    LeftOut,
    Operation,
    Resource,
    ResponseSpec,
    operation_at,
)
from contracts.openapi.files import FILES
from contracts.openapi.formats import ASSERTED, HINTS, INTEGERS, STRICTER, STRICTER_FORMATS, format_checker
from contracts.openapi.json_text import UNREADABLE, JsonFlaw, parse_flawless, parse_json, text_of, walk_json
from contracts.openapi.leaving_out import NothingLeft, leave_out, overlay_action
from contracts.openapi.media_types import MediaType, accept_field, documented_key, parse_media_type, sample_type
from contracts.openapi.overlay import PINNED_OVERLAY, idle_actions, overlay_files, shipped_overlays, written_places
from contracts.openapi.overlay_keywords import (
    REFUSES_UNKNOWN,
    Equals,
    Lasting,
    OfficialClient,
    check_overlay_keywords,
    equals,
    lasting,
    official_client,
    refuses_unknown,
)
from contracts.openapi.parameter import Inputs, Parameter, inputs_of
from contracts.openapi.patterns import is_plain, matches_pattern
from contracts.openapi.pointer import (
    follow_references,
    from_pointer,
    pointer_steps,
    resolve_pointer,
    to_json_path,
    to_pointer,
)
from contracts.openapi.reader import PINNED, is_pinned, load, load_contents
from contracts.openapi.schema_check import silent_words
from contracts.openapi.schema_keywords import ANNOTATIONS, IN_PLACE, KNOWN, NAMED, identity, json_type, subschemas
from contracts.openapi.selection import OperationName, Selection
from contracts.openapi.source import line_of, pointer_lines, read_file
