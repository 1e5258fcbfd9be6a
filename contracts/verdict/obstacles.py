"""Tell whether an answer shows that a violation is fixed, or what keeps it from showing that.

Hides which answers test a promise: one that does not show the violation is evidence only if it is an answer of the same
operation, about the same resource, of the kind that broke the promise.
"""

from collections.abc import Iterator
from typing import Final

from contracts.coverage import features_of
from contracts.http import (
    REJECTIONS,
    UNREACHABLE,
    AllRejected,
    Exchange,
    Failure,
    Rejection,
    Response,
    label_of,
    wants_retry,
)
from contracts.judge import CHANGES, ParsedResponse, Violation, is_settled, parse_response
from contracts.openapi import UNREADABLE, from_pointer, resolve_pointer
from contracts.verdict.replay import Obstacle, Untested
from contracts.verdict.verdict import Finding, explained_by

_NOT_FOUND: Final = (404, 410)

_MISTAKEN: Final = ("overlay.alias", "overlay.equals", "overlay.unknown-resource")
"""Rules that a refusal of an id which is not known to exist keeps: it is mistaken for no other resource."""

_OF_THE_TEXT: Final = ("body.", "content-type.", "content-encoding.", "json.")
"""The beginnings of rules that judge the body before it is read as a value."""


def obstacle_to(finding: Finding, exchange: Exchange, *, exists: bool) -> Untested | None:
    """Return what keeps an exchange that does not show the finding from testing it; None if it tests it.

    `exists` says whether the resource was known to exist when the violation was found: to a refusal that the document
    promises, or that finds nothing, it may be gone by now.
    """
    outcome = exchange.outcome
    if isinstance(outcome, Failure):
        return Untested(Obstacle.UNANSWERED, outcome.kind)
    status, wanted = outcome.status, _status_of(finding)
    if _leads_elsewhere(exchange):
        return Untested(Obstacle.REJECTED, str(label_of(exchange)))
    if status != wanted:
        is_promised = exchange.operation.response_for(status) is not None
        if exists and (status in _NOT_FOUND or (400 <= status < 500 and is_promised and status not in REJECTIONS)):
            return Untested(Obstacle.GONE, str(status))
        return _other_status(finding, outcome, wanted, exists=exists)
    return next(_other_answer(finding.violation, exchange, parse_response(exchange.operation, outcome)), None)


def _status_of(finding: Finding) -> int | None:
    """Return the status of the answers that can show the violation; None if those of every status can."""
    violation, outcome = finding.violation, finding.witness.outcome
    if violation.place in ("status", "transport"):
        return None
    return violation.status or (outcome.status if isinstance(outcome, Response) else None)


def _leads_elsewhere(exchange: Exchange) -> bool:
    """Return whether a redirect or a page came that is not the operation's."""
    label = label_of(exchange) or ""
    return label.startswith("3") or label.endswith("page")


def _other_status(finding: Finding, response: Response, wanted: int | None, *, exists: bool) -> Untested | None:
    status, shown = response.status, str(response.status)
    if status in REJECTIONS:
        return Untested(Obstacle.REJECTED, shown)
    if wants_retry(response):
        return Untested(Obstacle.UNAVAILABLE, shown)
    is_refused = 400 <= status < 500 and not exists
    if wanted is None or (finding.violation.rule in _MISTAKEN and is_refused):
        return None
    return Untested(Obstacle.OTHER_STATUS, shown)


def _other_answer(violation: Violation, exchange: Exchange, parsed: ParsedResponse) -> Iterator[Untested]:
    """Yield what is different in an answer of the status that broke the promise, so that it does not test it."""
    if violation.rule in CHANGES and not is_settled(exchange, violation):
        yield Untested(Obstacle.UNSETTLED)
    if not violation.place.startswith("body") or violation.rule.startswith(_OF_THE_TEXT):
        return
    if parsed.value is UNREADABLE:
        yield Untested(Obstacle.UNREADABLE)
        return
    if violation.branch and not violation.rule.startswith("union."):
        shown = features_of(exchange.operation, parsed, _status(exchange)).promised
        branches = sorted({feature.which for feature in shown if feature.kind == "branch"})
        if violation.branch not in branches:
            yield Untested(Obstacle.OTHER_BRANCH, ", ".join(branches))
    if not _holds_parent(parsed.value, violation.place):
        yield Untested(Obstacle.ABSENT)


def _status(exchange: Exchange) -> int:
    assert isinstance(exchange.outcome, Response)
    return exchange.outcome.status


def _holds_parent(value: object, place: str) -> bool:
    """Return whether what holds the value at the place is there; true of a place in an array, whose items differ."""
    steps = from_pointer(place.removeprefix("body"))
    if any(step.isdigit() for step in steps):
        return True
    try:
        resolve_pointer(value, steps[:-1])
    except (LookupError, ValueError):
        return False
    return True


def explains(untested: Untested, exchange: Exchange, violation: Violation) -> bool:
    """Return whether what keeps an exchange from testing anything explains a violation that it has."""
    outcome = exchange.outcome
    if isinstance(outcome, Failure):
        return violation.rule.removeprefix("transport.") in UNREACHABLE
    if untested.obstacle is Obstacle.GONE:
        return violation.rule in ("status.undocumented", "status.known-resource")
    if untested.obstacle in (Obstacle.REJECTED, Obstacle.UNAVAILABLE):
        is_elsewhere = _leads_elsewhere(exchange) or untested.obstacle is Obstacle.UNAVAILABLE
        rejected = AllRejected((Rejection(outcome.status, is_page=is_elsewhere),))
        return violation.rule == "status.server-error" or explained_by(rejected, violation)
    return False
