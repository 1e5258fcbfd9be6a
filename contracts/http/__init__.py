"""Send one guarded request, and keep its answer byte for byte.

Hides requests and urllib3, the API key and its mask, retries, the rate limit, and what the processes of a run share.
Hands out GuardedSession and the values that pass through it (Request, Response, Failure, Exchange), and `download`.
"""

from contracts.http.api_key import Secret, check_api_key, read_api_key
from contracts.http.authorization import Authorization, CredentialValue, KeySource
from contracts.http.content_coding import CODINGS, CodingError, coding_names, decoded
from contracts.http.download import download, plain_url
from contracts.http.exchange import (
    NEGOTIATED,
    NOTHING,
    PROBED_METHODS,
    Exchange,
    Failure,
    Request,
    Response,
    carries_no_key,
    outcome_from_json,
    request_id,
    undocumented_methods,
)
from contracts.http.failures import REACHED, UNREACHABLE
from contracts.http.framing import framing_flaws
from contracts.http.rate_limit import BudgetSpent, Limits, RateLimit, check_rate
from contracts.http.rejection import (
    LET_IN,
    NOT_FOUND,
    REJECTIONS,
    TIMEOUTS,
    AllRejected,
    CallerRejected,
    HangingResources,
    Rejection,
    Rejections,
    all_rejected,
    are_plain,
    example_of,
    label_of,
    share_of,
)
from contracts.http.retries import THROTTLED, Retries, wants_retry
from contracts.http.session import ForbiddenRequest, GuardedSession
from contracts.http.session_options import SessionOptions, check_base_url
from contracts.http.shared_state import SharedState, SharedStateError
