"""Represent one request and its outcome as values.

Hides nothing but how the values are written as JSON: no value here knows the library that carried it. The JSON form is
made and read here alone; a witness, a line of the recorder and an entry of report.json are views of it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from contracts.openapi import Inputs, Operation, Resource

NEGOTIATED: Final = ("Accept", "Accept-Encoding")
"""The fields by which the representation is chosen."""

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

Pairs = tuple[tuple[str, str], ...]
"""Names and values, such as header fields in the order they were sent."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request without a body: its URL as sent, the path parameters in it, and whether the resource exists.

    `exists` is True for a resource known to exist, False for one known not to exist, and None if neither is known.
    `headers` are the fields that only this request has; the API key is never among them. A method other than GET is one
    that the document does not have for the path. `together` are the other resources that were, on purpose, asked for at
    the same time.
    """

    url: str
    parameters: Pairs
    exists: bool | None = None
    headers: Pairs = ()
    method: str = "GET"
    together: tuple[Resource, ...] = ()
    made_up: bool = False
    """Whether it carries values of parameters beside the path's that need not be sent, or that nobody gave."""
    trace: str = field(default="", compare=False)
    """The `traceparent` that was sent with it (W3C Trace Context), if any: it differs each time."""
    negotiated: Pairs = field(default=(), compare=False)
    """Accept and Accept-Encoding, then the fields of the operation's parameters, as they were sent."""

    @property
    def inputs(self) -> Inputs:
        """Return what the request carried beside its path, to send it again."""
        fields = tuple(each for each in self.negotiated if each[0] not in NEGOTIATED)
        return Inputs(self.url.partition("?")[2], fields, made_up=self.made_up)

    @property
    def is_read(self) -> bool:
        """Return whether the request asks for a response that the document describes."""
        return self.method == "GET"

    @property
    def parameter_values(self) -> tuple[str, ...]:
        """Return the values of the path parameters, decoded, in the path's order."""
        return tuple(value for _, value in self.parameters)

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON values, for `from_json`."""
        return {
            "method": self.method,
            "url": self.url,
            "parameters": dict(self.parameters),
            "headers": list(map(list, self.headers)),
            "negotiated": list(map(list, self.negotiated)),
            "exists": self.exists,
            **({"together": list(map(list, self.together))} if self.together else {}),
            **({"made_up": True} if self.made_up else {}),
            "trace": self.trace,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Request:
        """Return the request that `to_json` wrote; raise LookupError for other values."""
        parameters = tuple(data["parameters"].items())
        together, trace = tuple(map(tuple, data.get("together", ()))), data.get("trace", "")
        headers, negotiated = _pairs(data["headers"]), _pairs(data["negotiated"])
        method, made_up = data["method"], bool(data.get("made_up"))
        return cls(data["url"], parameters, data["exists"], headers, method, together, made_up, trace, negotiated)


@dataclass(frozen=True, slots=True)
class Response:
    """A response: status, header fields in the order they came, and the body's bytes, content coding undone.

    `message` is the response as it came over the connection, and the bytes behind its end; it is empty if it was not
    captured, and it is not part of the JSON form.
    """

    status: int
    headers: Pairs
    body: bytes
    message: bytes = field(default=b"", compare=False, repr=False)

    @property
    def ok(self) -> bool:
        """Return whether the request was received, understood and accepted (2xx: RFC 9110, section 15.3)."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """Return the field's value, or None if it is absent; `name` is in small letters.

        Several fields of one name are joined by commas (RFC 9110, section 5.3).
        """
        values = [value for field_name, value in self.headers if field_name.lower() == name]
        return ", ".join(values) if values else None

    def to_json(self) -> dict[str, Any]:
        """Return the response as JSON values; the body is `body` if it is UTF-8, otherwise `body_base64`."""
        try:
            body = {"body": self.body.decode()}
        except UnicodeDecodeError:
            body = {"body_base64": base64.b64encode(self.body).decode()}
        return {"status": self.status, "headers": list(map(list, self.headers)), **body}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Response:
        """Return the response that `to_json` wrote; raise LookupError for other values."""
        body = data["body"].encode() if "body" in data else base64.b64decode(data["body_base64"])
        return cls(data["status"], _pairs(data["headers"]), body)


@dataclass(frozen=True, slots=True)
class Failure:
    """The outcome of a request without a response: a kind (`refused`, `reset`, `timeout`, ...) and the cause in words.

    The kind `closed` is a kept connection that the server closed before it sent anything; such a request is sent again
    on another connection. `message` holds the bytes that did come; it is not part of the JSON form.
    """

    kind: str
    detail: str
    message: bytes = field(default=b"", compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the failure as JSON values."""
        return {"kind": self.kind, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request of an operation and its outcome.

    `seconds` is the time to the last byte, 0 if that is not known, and `at` the time, in seconds since 1970, at which
    the request was sent (for the last time, if it was sent again). `previous_attempts` are the earlier outcomes of the
    same request, in order.
    """

    operation: Operation
    request: Request
    outcome: Response | Failure
    seconds: float = 0.0
    at: float = 0.0
    previous_attempts: tuple[Response | Failure, ...] = ()
    is_late: bool = False
    """Whether the exchange was observed before, without the bytes that came behind its response."""

    def to_json(self) -> dict[str, Any]:
        """Return the exchange as JSON values, for `from_json`; the operation is named by its path."""
        return {
            "operation": self.operation.path,
            "request": self.request.to_json(),
            "outcome": self.outcome.to_json(),
            "seconds": self.seconds,
            "at": self.at,
            "previous_attempts": [attempt.to_json() for attempt in self.previous_attempts],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], operations: Mapping[str, Operation]) -> Exchange:
        """Return the exchange that `to_json` wrote; raise LookupError for other values, and for an unknown path."""
        return cls(
            operations[data["operation"]],
            Request.from_json(data["request"]),
            outcome_from_json(data["outcome"]),
            data["seconds"],
            data["at"],
            tuple(map(outcome_from_json, data["previous_attempts"])),
        )


def outcome_from_json(data: Mapping[str, Any]) -> Response | Failure:
    """Return the response or failure that its `to_json` wrote; raise LookupError for other values."""
    return Response.from_json(data) if "status" in data else Failure(data["kind"], data["detail"])


def _pairs(data: list[list[str]]) -> Pairs:
    return tuple((name, value) for name, value in data)


_REQUEST_IDS: Final = (
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amz-cf-id",
    "x-amzn-trace-id",
    "x-ms-request-id",
    "x-cloud-trace-context",
    "x-vercel-id",
    "fly-request-id",
    "traceresponse",
    "cf-ray",
)
"""Header fields by which servers and gateways name a request, the most telling first."""


def request_id(response: Response) -> str:
    """Return the field by which the server named the request: `X-Request-Id: 5f3a`; empty if it did not."""
    named = {name.lower(): f"{name}: {value}" for name, value in response.headers if value}
    return next((named[name] for name in _REQUEST_IDS if name in named), "")


PROBED_METHODS: Final = ("TRACE", "POST", "PATCH", "PUT", "DELETE")
"""Methods that are tried where the document does not have them, in this order: DELETE may remove the resource.

HEAD is not among them: a server that answers GET answers HEAD as well (RFC 9110, section 9.1). Neither is OPTIONS,
which asks for the allowed methods (section 9.3.7): gateways answer both, and neither can do harm.
"""


def undocumented_methods(operation: Operation) -> tuple[str, ...]:
    """Return the methods of `PROBED_METHODS`, in order, that the document does not have for the operation's path."""
    return tuple(method for method in PROBED_METHODS if method not in operation.methods)


def carries_no_key(method: str) -> bool:
    """Return whether a request is sent without the API key: a server sends TRACE back (RFC 9110, section 9.3.8)."""
    return method == "TRACE"
