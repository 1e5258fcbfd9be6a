"""The rules about operations: undescribed errors, a 422 that no input provokes, security, and unjudged parts.

Each rule is a function of the subject that yields findings.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from contracts.audit.corrections import update
from contracts.audit.finding import Correction, DocumentFinding, ShownAnswer
from contracts.audit.subject import Subject
from contracts.http import Exchange, Request, Response
from contracts.judge import judge
from contracts.openapi import Operation, idle_actions, to_pointer

_OF_KEYS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_OF_RESOURCES: Final = (HTTPStatus.NOT_FOUND,)
_INVALID: Final = str(HTTPStatus.UNPROCESSABLE_ENTITY.value)

_SENDS_A_KEY: Final = re.compile(r"api[_-]?key|authorization|bearer", re.IGNORECASE)
"""What a code sample that sends a key is likely to say."""

_SAMPLES: Final = ("x-codeSamples", "x-code-samples")
"""Where documents keep code samples (https://redocly.com/docs/api-reference-docs/specification-extensions/)."""


def errors_undocumented(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield the operations that do not describe 404 of an unknown resource, or 401 and 403 of a key."""
    for operation in subject.document.operations:
        expected = [*_OF_RESOURCES * bool(operation.parameters), *_OF_KEYS * _takes_key(subject, operation)]
        for status in sorted(expected):
            place = operation.pointer + "/responses"
            answer = _unexpected(operation, status)
            if answer is None:
                continue
            code = str(status.value)
            added = {code: {"description": status.phrase, "content": {"*/*": {}}}}
            correction = Correction(f"describe {code}", ((update(subject.document, place, added),),))
            what = f"{code} is not described, by which most servers answer {_CAUSES[status]}"
            yield subject.finding("document.error-undocumented", what, place, correction, answer)


_CAUSES: Final = {
    HTTPStatus.UNAUTHORIZED: "a missing or wrong key",
    HTTPStatus.FORBIDDEN: "a key that may not see the resource",
    HTTPStatus.NOT_FOUND: "a resource that does not exist",
}


def invalid_input_unprovoked(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield the operations that describe 422 although every input is valid by the document."""
    for operation in subject.document.operations:
        spec = next((spec for spec in operation.responses if spec.status == _INVALID), None)
        if spec is None or any(each.required for each in operation.other_parameters):
            continue
        if all(_takes_any_text(subject, each.schema) for each in (*operation.parameters, *operation.other_parameters)):
            words = "give a parameter the pattern, length or format by which the server refuses it"
            what = f"{_INVALID} is described, and every text is valid for every parameter"
            place = operation.pointer + to_pointer("responses", _INVALID)
            yield subject.finding("document.invalid-input-unprovoked", what, place, Correction(words))


def security_contradicted(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield operations without security beside a client that sends a key."""
    for operation in subject.document.operations:
        place, security = _security(subject, operation)
        if any(security) or not (client := _client_with_key(subject, operation)):
            continue
        names = [name for name, scheme in _schemes(subject) if _is_key(scheme)]
        required: dict[str, Any] = {"security": [{name: []} for name in names[:1]]}
        changes = ((update(subject.document, place.removesuffix("/security"), required),),) if names else ()
        what = f"no security is required, and {client} sends a key"
        words = "require the security scheme of the key"
        words = words if names else "describe the key as a security scheme, and require it"
        yield subject.finding("document.security-contradicted", what, place, Correction(words, changes))


def unjudged(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield what was left out when the document was read."""
    for left_out in subject.document.left_out:
        name = f"GET {left_out.path} {left_out.part}".rstrip()
        for error in left_out.reasons:
            what = f"{name} is not judged, because a place in it {error.problem}"
            yield subject.finding("document.unjudged", what, error.pointer or "#", Correction(error.fix))


def overlay_idle(subject: Subject) -> Iterator[DocumentFinding]:
    """Yield the actions of overlays that change nothing; their places are those of the overlay."""
    for idle in idle_actions(subject.document.path, subject.overlays):
        correction = Correction("correct its target, or remove it")
        found = subject.finding("document.overlay-idle", str(idle), f"#/actions/{idle.index}", correction)
        yield replace(found, overlay=idle.path)


def _unexpected(operation: Operation, status: HTTPStatus) -> ShownAnswer | None:
    """Return the answer with the status as one that fails; None if the document describes it."""
    values = tuple((parameter.name, "x") for parameter in operation.parameters)
    request = Request("http://localhost" + operation.url_path(dict(values)), values)
    response = Response(status.value, (("Content-Type", "application/json"),), b"{}")
    broken = [each.rule for each in judge(operation, Exchange(operation, request, response))]
    if "status.undocumented" not in broken:
        return None
    return ShownAnswer(f"{status.value} {status.phrase}", passes=False, why="it breaks status.undocumented")


def _takes_any_text(subject: Subject, schema: str) -> bool:
    """Return whether it is proved that a parameter's schema accepts every text that can be sent."""
    if not schema:
        return True
    return subject.is_impossible(also={"type": "string", "minLength": 1, "not": {"$ref": schema}})


def _takes_key(subject: Subject, operation: Operation) -> bool:
    return any(_security(subject, operation)[1]) or bool(_client_with_key(subject, operation))


def _security(subject: Subject, operation: Operation) -> tuple[str, list[Any]]:
    """Return the place and the requirements of an operation's security: its own, or else the document's."""
    for place in (operation.pointer + "/security", "#/security"):
        found = subject.written(place)
        if isinstance(found, list):
            return place, found
    return "#/security", []


def _client_with_key(subject: Subject, operation: Operation) -> str:
    """Return what sends a key with the operation's requests; empty if nothing is known to."""
    described: Any = subject.written(operation.pointer)
    samples = [each for name in _SAMPLES for each in described.get(name, ()) if isinstance(described.get(name), list)]
    for sample in samples:
        if isinstance(sample, dict) and _SENDS_A_KEY.search(str(sample.get("source", ""))):
            return f"the code sample in {sample.get('lang', 'any language')}"
    return "every client with a credential" if subject.document.api_key else ""


def _schemes(subject: Subject) -> list[tuple[str, Any]]:
    found = subject.written("#/components/securitySchemes")
    return list(found.items()) if isinstance(found, dict) else []


def _is_key(scheme: Any) -> bool:
    """Return whether a security scheme holds a secret (see `overlay_keywords`)."""
    kinds = ("apiKey", "http", "oauth2")
    return isinstance(scheme, dict) and scheme.get("type") in kinds and scheme.get("x-secret", True) is True
